"""The planted faults fit the code as it stands; whether the tests notice them is for `make mutants` to say."""

from __future__ import annotations

import ast

import pytest
from command import defines
from mutants.fault import Fault
from mutants.faults import FAULTS, PARTS
from mutants.notice import ROOT


@pytest.mark.parametrize("part", PARTS)
def test_each_fault_is_found_in_its_function(part: str) -> None:
    for fault in PARTS[part].faults:
        code = (ROOT / fault.file).read_text(encoding="utf-8")
        assert ast.dump(ast.parse(fault.planted(code))) != ast.dump(ast.parse(code)), fault


def test_a_fault_does_not_depend_on_how_code_is_laid_out() -> None:
    code = "def f(a):\n    if a:\n        b = max(\n            a,  # é\n            1,\n        )\n    return a <= 1\n"
    fault = Fault("p", "f.py", "f", "least for most", "max(a, 1)", "min(a, 1)")
    assert "b = (min(a, 1))\n" in fault.planted(code)
    with pytest.raises(LookupError, match="is there 0 times"):
        Fault("p", "f.py", "f", "", "max(a, 2)", "0").planted(code)
    with pytest.raises(LookupError, match="is there 3 times"):
        Fault("p", "f.py", "f", "", "a", "0").planted(code)
    assert "    pass\n    return" in Fault("p", "f.py", "f", "", "if a:\n    b = max(a, 1)", "pass").planted(
        code
    )


def test_every_part_has_its_faults_and_its_tests() -> None:
    assert sum(len(part.faults) for part in PARTS.values()) == len(FAULTS)  # no two parts of one name
    assert (
        len({(fault.file, fault.function, fault.right, fault.wrong) for fault in FAULTS})
        == len(FAULTS)
        >= 150
    )
    for name in {name for part in PARTS.values() for name in part.tests}:
        file, _, test = name.partition("::")
        code = (ROOT / "tests" / file).read_text(encoding="utf-8")
        assert not test or defines(code, test), name

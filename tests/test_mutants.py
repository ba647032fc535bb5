"""The planted faults fit the code as it stands: each text once, each fault a program that still compiles."""

from __future__ import annotations

import ast

import pytest
from mutants.__main__ import ROOT
from mutants.fault import Fault
from mutants.faults import FAULTS, PARTS


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault.file}: {fault.what}")
def test_a_fault_can_be_planted(fault: Fault) -> None:
    code = (ROOT / fault.file).read_text(encoding="utf-8")
    assert code.count(fault.right) == 1
    planted = code.replace(fault.right, fault.wrong)
    assert ast.dump(ast.parse(planted)) != ast.dump(ast.parse(code))


def test_every_part_has_its_faults_and_its_tests() -> None:
    assert {fault.part for fault in FAULTS} == set(PARTS)
    assert sum(len(part.faults) for part in PARTS.values()) == len(FAULTS)  # no two parts of one name
    assert len({(fault.file, fault.right, fault.wrong) for fault in FAULTS}) == len(FAULTS) >= 60
    for name in {name for part in PARTS.values() for name in part.tests}:
        file, _, test = name.partition("::")
        code = (ROOT / "tests" / file).read_text(encoding="utf-8")
        assert not test or f"def {test.partition('[')[0]}(" in code, name

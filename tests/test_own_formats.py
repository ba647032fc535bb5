"""Number formats of one's own, from files: what rounds as it declares is diagnosed, all else is refused in a line."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from command import file_of, run

from marginproof import BadInput, Format
from verify.data.families import gaussian
from verify.diagnose import diagnose
from verify.numbers.formats import FORMATS, format_named
from verify.numbers.formats.check_format import require_declared
from verify.optimizers import optimizer

DATA = gaussian(4, 3)

# tf32: float32 with 11 bits, rounded as bfloat16 is, 13 bits higher; and formats that are not what they say.
CODE = """
from dataclasses import replace
import numpy as np
from marginproof import Format
from verify.numbers.formats import FORMATS

def tf32(x):
    if x != x:
        return x
    bits = np.float32(x).view(np.uint32)
    return np.uint32((bits + 0xFFF + ((bits >> 13) & 1)) & 0xFFFFE000).view(np.float32)

def toward_zero(x):
    if x != x:
        return x
    return np.uint32(np.float32(x).view(np.uint32) & 0xFFFFE000).view(np.float32)

def same(x):
    return x

def to_zero(x):
    return x * np.float32(0)

def loses_nan(x):
    return np.float32(0) if x != x else tf32_(x)

def words(x):
    return "one"

TF32 = Format("tf32", 11, -126, np.float32, tf32)
CHOPPED = Format("chopped", 11, -126, np.float32, toward_zero)
FEWER = Format("fewer", 10, -126, np.float32, tf32)
MORE = Format("more", 12, -126, np.float32, tf32)
COARSE = Format("coarse", 11, -14, np.float32, to_zero)
LONGER = Format("longer", 9, -14, np.float32, same)
NOT_COMPILED = Format("not-compiled", 11, -126, np.float32, words)
BORROWED = Format("float16", 11, -126, np.float32, tf32)
AGAIN = FORMATS["float16"]
"""


_file = file_of(CODE)


@pytest.mark.parametrize("name", FORMATS)
def test_formats_that_ship_round_as_they_declare(name: str) -> None:
    require_declared(FORMATS[name])
    assert format_named(name) is FORMATS[name]


@pytest.mark.slow
def test_a_format_of_ones_own_is_diagnosed(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    opt = optimizer("adam", beta2="9/10")
    own, short, long = (diagnose(DATA, opt, form, 3000) for form in (f"{file}:TF32", "bfloat16", "float32"))
    assert own.dtype == "tf32"
    assert short.digits[0][1] < own.digits[0][1] < long.digits[0][1]
    assert own.reach["tf32"].margin is not None
    assert diagnose(DATA, opt, format_named(f"{file}:TF32"), 3000) == own
    arguments = ["diagnose", "gaussian:n=4,d=3", "--optimizer", "adam", "--steps", "100", "--json", "-"]
    assert run([*arguments, "--dtype", f"{file}:CHOPPED"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["dtype"] == "chopped"
    assert "form" not in found
    assert run([*arguments, "--dtype", f"{file}:MORE"]) == 2
    assert len(capsys.readouterr().err.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("FEWER", "more than the 10 bits declared"),
        ("MORE", "bits=12 of the 24 that are held: operations would round twice; 24 or at most 11"),
        ("COARSE", "off by a unit of the last of 11 bits or more"),
        ("LONGER", "more than the 9 bits declared"),
        ("NOT_COMPILED", "format not-compiled: "),
        ("BORROWED", "a format that ships has this name"),
        ("TF23", r"has no TF23, it has .* \(did you mean TF32\?\)"),
        ("tf32", "tf32 in .* is a function, not a Format"),
    ],
)
def test_what_is_wrong_with_a_format_is_said_in_a_line(file: Path, name: str, said: str) -> None:
    with pytest.raises(BadInput, match=said) as refusal:
        format_named(f"{file}:{name}")
    assert "\n" not in str(refusal.value)
    assert format_named(f"{file}:AGAIN") is FORMATS["float16"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("a", 0, -14, np.float32, abs), r"bits=0 is no whole number in \[1, 24\]"),
        (("a", 11, 1, np.float32, abs), "lowest=1 is no whole number"),
        (("a", 11, -14, np.float16, abs), "is neither numpy.float32 nor numpy.float64"),
        (("a", 11, -14, np.float32, 3), "rounded is a int, no function"),
        (("", 11, -14, np.float32, abs), "its name is not a short plain text"),
    ],
)
def test_what_no_format_has_is_refused(arguments: tuple[object, ...], said: str) -> None:
    with pytest.raises(BadInput, match=said):
        Format(*arguments)  # type: ignore[arg-type]
    with pytest.raises(BadInput, match=r"dtype=float61 is none of .*did you mean float64\?"):
        diagnose(DATA, optimizer("gd"), "float61", 10)


@pytest.mark.slow
def test_the_reach_of_a_format_is_not_foretold_where_the_tail_is_no_exponential(tmp_path: Path) -> None:
    """By the formula of exponential tails underflow would begin at a margin of 43, where this loss is barely less."""
    (tmp_path / "slow.py").write_text(
        "from marginproof import Loss\n"
        "def weight(num):\n"
        "    softplus = num.softplus\n"
        "    return lambda z: 1 / ((1 + softplus(z)) * (1 + softplus(z)))\n"
        "def log_weight(num):\n"
        "    softplus, log = num.softplus, num.log\n"
        "    return lambda z: -2 * log(1 + softplus(z))\n"
        "SLOW = Loss('slow', weight, log_weight, None)\n"
    )
    opt = optimizer("adam", beta2="9/10", loss=f"{tmp_path}/slow.py:SLOW")
    assert diagnose(DATA, opt, "float32", 3000).predicted_underflow_margin is None

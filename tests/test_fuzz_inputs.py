"""A short run of fuzz_inputs.py, in a process of its own, for it forks; and that it would notice."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from fuzz_inputs import GOOD, SECONDS, Outcome

SCRIPT = Path(__file__).parent / "fuzz_inputs.py"


@pytest.mark.slow
def test_bad_inputs_of_all_commands_are_refused_in_one_line() -> None:
    run = subprocess.run(
        [sys.executable, str(SCRIPT), "--cases", "60", "--seed", "3"],
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    last = run.stdout.splitlines()[-1]
    assert last.startswith("60 bad inputs, seed 3: 0 not refused as they should be")
    for command in GOOD:
        assert command in last


@pytest.mark.parametrize(
    ("status", "err", "seconds", "megabytes", "fault"),
    [
        (2, "marginproof: why\n", 0.1, 99, None),
        (0, "", 0.1, 99, "status 0"),
        (1, "Traceback (most recent call last):\n", 0.1, 99, "a traceback"),
        (2, "marginproof: why\nand more\n", 0.1, 99, "2 lines"),
        (2, "marginproof: \x1b[31m\n", 0.1, 99, "not printable"),
        (2, "marginproof: " + "9" * 5000, 0.1, 99, "a line of 5013 characters"),
        (2, "marginproof: why\n", SECONDS + 1, 99, "31 s"),
        (2, "marginproof: why\n", 0.1, 3000, "3000 MB"),
    ],
)
def test_what_is_wrong_is_noticed(
    status: int, err: str, seconds: float, megabytes: float, fault: str | None
) -> None:
    found = Outcome(["margin"], status, err, seconds, megabytes).fault()
    assert found is None if fault is None else fault in str(found)

"""The fuzz of ties: a short run finds nothing, and each kind of failure is noticed where it is planted.

The fuzz runs in a process of its own, which forks the ones that run the commands.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from ties.margins import disagreements
from ties.trials import draw_sets, draw_trials

from verify.optimizers.rules import RULES

ROOT = Path(__file__).parent

# About 20 s of processor time for all commands; less than that where compiled kernels are at hand.
SHORT = ("--count", "6", "--seed", "0")

# What the report must say of each fault of `ties/faults.py`.
NOTICED = {
    "traceback": "1 x margin | ValueError | ties/faults.py",
    "hang": "1 x margin | hang | margin > max_margin",
    "memory": "1 x margin | MemoryError",
    "death": "1 x margin | died, exit code -9",
    "warning": "1 x margin | warning",
    "wrong margin": "1 x contradictions | contradiction | margin l2",
    "wrong limit": "1 x contradictions | contradiction | predict gd",
    "two lines": "1 x margin | refusal in 3 lines",
    "status": "1 x margin | status 3",
}


def run(*arguments: str) -> tuple[int, str]:
    """Status and output of Python with these arguments."""
    environment = os.environ | {"PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT.parent}"}
    done = subprocess.run(
        [sys.executable, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environment,
        timeout=600,
        check=False,
    )
    return done.returncode, done.stdout


@pytest.mark.slow
def test_a_short_run_finds_nothing(tmp_path: Path) -> None:
    status, said = run(str(ROOT / "fuzz_ties.py"), *SHORT, "--out", str(tmp_path / "failed"))
    assert status == 0, said
    assert " 0 failed" in said
    for command in ("predict", "margin", "simulate", "diagnose", "check"):
        assert f"  {command} status 0: " in said, said


@pytest.mark.slow
def test_planted_faults_are_noticed(tmp_path: Path) -> None:
    status, said = run("-m", "ties.faults", str(tmp_path))
    assert status == 0, said
    told = json.loads(said.splitlines()[-1])
    assert {fault: told[fault] for fault, kind in NOTICED.items() if kind not in told[fault]} == {}
    assert "1 x check | certificate refused" in told["wrong margin"]
    assert " 0 failed" in told["none"]
    assert told.keys() == {"none", *NOTICED}
    written = sorted((tmp_path / "traceback").glob("*.csv"))
    assert [path.read_text().split() for path in written] == [["1,2,0", "1,2,0", "2,1,0"]]


def test_trials_are_the_same_for_the_same_seed_and_of_every_optimizer() -> None:
    trials = draw_trials(100, 1)
    few = draw_trials(10, 1)
    assert few == draw_trials(10, 1)
    assert few != draw_trials(10, 2)
    assert len({trial.options[1] for trial in trials}) > len(RULES) - 4  # of 100 draws a few may miss one


def test_margins_of_tied_sets_are_those_of_all_vertices_and_supports() -> None:
    found = [(rows, list(disagreements(rows))) for rows in draw_sets(40, 0, (1, 5), (1, 3))]
    assert [(rows, said) for rows, said in found if said] == []

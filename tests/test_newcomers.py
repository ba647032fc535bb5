"""Scripts of three users on their first day, as they wrote them: an engineer, a reviewer, a theorist."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPTS = sorted((Path(__file__).parent / "newcomers").glob("*.py"))


@pytest.mark.slow
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_a_newcomer_s_script_runs(script: Path, tmp_path: Path) -> None:
    path = os.pathsep.join([str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")])
    run = subprocess.run(
        [sys.executable, str(script)],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": path, "MPLBACKEND": "Agg"},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    # Nothing is left where they stood, but what Hypothesis keeps of the code that it reads.
    assert {path.name for path in tmp_path.iterdir()} <= {".hypothesis"}


def test_there_are_three() -> None:
    assert [script.stem for script in SCRIPTS] == ["engineer", "reviewer", "theorist"]

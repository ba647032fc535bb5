"""Each script of notes/gallery runs as it is written, without a warning; what it asserts holds."""

from __future__ import annotations

import runpy
from pathlib import Path

import matplotlib
import pytest

SCRIPTS = sorted((Path(__file__).parent.parent / "notes" / "gallery").glob("*.py"))
# More than about two seconds on a quiet core.
SLOW = {"01", "02", "03", "04", "05", "06", "08", "14"}


@pytest.mark.parametrize(
    "script",
    [pytest.param(s, id=s.stem, marks=[pytest.mark.slow] if s.name[:2] in SLOW else []) for s in SCRIPTS],
)
def test_script_runs(script: Path, capsys: pytest.CaptureFixture[str]) -> None:
    matplotlib.use("Agg")
    from matplotlib import pyplot

    try:
        runpy.run_path(str(script), run_name="__main__")
    finally:
        pyplot.close("all")
    assert capsys.readouterr().out


def test_there_are_ten_or_more_and_each_says_what_it_shows() -> None:
    assert len(SCRIPTS) >= 10
    for script in SCRIPTS:
        title, line = script.read_text(encoding="utf-8").splitlines()[1:3]
        assert line == "=" * len(title), script.name

"""The command line within a test's own process."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from verify.cli import main


def defines(code: str, name: str) -> bool:
    """Whether a file of tests has the test of this name, which may be one of several that one function makes."""
    return re.search(rf"^(def |    ){name.partition('[')[0]}[(,]", code, re.MULTILINE) is not None


def file_of(code: str) -> object:
    """A fixture ``file``: the path of a file of one's own with this code."""

    @pytest.fixture(name="file")
    def written(tmp_path: Path) -> Path:
        path = tmp_path / "mine.py"
        path.write_text(code)
        return path

    return written


def run(arguments: list[str]) -> int:
    """The exit status of ``marginproof`` with these arguments."""
    with pytest.raises(SystemExit) as end:
        main(arguments)
    return int(end.value.code or 0)

"""The command line within a test's own process."""

from __future__ import annotations

import pytest

from verify.cli import main


def run(arguments: list[str]) -> int:
    """The exit status of ``marginproof`` with these arguments."""
    with pytest.raises(SystemExit) as end:
        main(arguments)
    return int(end.value.code or 0)

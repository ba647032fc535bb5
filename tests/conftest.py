"""One profile for all generated cases: the same ones on every run, and no deadline, as compilation takes seconds.

And one thread for sums, as in the command (verify/cli): results are then the same on any number of cores.

A test is slow because it says so, or because it was seen to take more than a second on two cores: ``slow.txt`` has
these, from what ``pytest --durations=0`` tells.
"""

import os
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import pytest
from hypothesis import settings

settings.register_profile("marginproof", derandomize=True, deadline=None)
settings.load_profile("marginproof")

SEEN = frozenset((Path(__file__).parent / "slow.txt").read_text(encoding="utf-8").splitlines())


@pytest.hookimpl(tryfirst=True)  # before pytest looks at marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what was seen to be slow."""
    for item in items:
        if item.nodeid.removeprefix("tests/") in SEEN:
            item.add_marker(pytest.mark.slow)

"""One profile for all generated cases: the same ones on every run, and no deadline, as compilation takes seconds.

And one thread for sums, as in the command (verify/cli): results are then the same on any number of cores.

A test is slow because it says so, or because it was seen to take more than a second on two cores: ``slow.txt`` has
these, from what ``pytest --durations=0`` tells. It is lengthy, and left out of the inner loop, where one of its cases
took more than a fifth of a second: ``lengthy.txt``.
"""

import os
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import pytest
from hypothesis import settings

settings.register_profile("marginproof", derandomize=True, deadline=None)
settings.load_profile("marginproof")

SEEN = {
    mark: frozenset((Path(__file__).parent / f"{mark}.txt").read_text(encoding="utf-8").splitlines())
    for mark in ("slow", "lengthy")
}


@pytest.hookimpl(tryfirst=True)  # before pytest looks at marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what was seen to take long: a case, or a function with all its cases."""
    for item in items:
        case = item.nodeid.removeprefix("tests/")
        for mark, seen in SEEN.items():
            if not seen.isdisjoint((case, case.split("[")[0])):
                item.add_marker(mark)

"""Times that bear being divided by each other on a machine that others use too."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

Row = dict[str, Any]  # a line of a table: column, value


def least(contenders: Mapping[str, Callable[[], Any]], repeats: int) -> dict[str, float]:
    """The least seconds of processor time of each contender over so many rounds, in which they take turns.

    A first round, which compiles and imports, does not count. What else runs on the machine can only add
    time, and adds it to all who take turns.
    """
    best = dict.fromkeys(contenders, float("inf"))
    for round_ in range(repeats + 1):
        for name, run in contenders.items():
            start = time.process_time()
            run()
            if round_:
                best[name] = min(best[name], time.process_time() - start)
    return best

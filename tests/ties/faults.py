"""Faults in the code, planted one after the other, and what the fuzz says of each: python -m ties.faults FOLDER.

What is planted here is what the forked processes run. Prints a JSON object: fault -> the report's text.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
from fuzz_ties import fuzz

from ties import trials
from ties.trials import Trial
from verify import cli
from verify.game import linear
from verify.margins import maximum

RIGHT_MARGIN, RIGHT_LIMITS = maximum.l2_margin, linear.l2_prediction

ROWS = tuple(tuple(map(Fraction, row)) for row in ([1, 2, 0], [1, 2, 0], [2, 1, 0]))


def error(*asked: Any) -> Any:
    raise ValueError("planted")


def hang(*asked: Any) -> Any:
    while True:
        pass


def memory(*asked: Any) -> Any:
    return bytearray(2**32)


def death(*asked: Any) -> Any:
    os.kill(os.getpid(), 9)


def warning(*asked: Any) -> Any:
    _ = np.array([1.0]) / 0
    return RIGHT_MARGIN(*asked)


def wrong_margin(*asked: Any) -> Any:
    found = RIGHT_MARGIN(*asked)
    return replace(found, value=4 * found.value)


def wrong_limit(*asked: Any) -> Any:
    found = RIGHT_LIMITS(*asked)
    turned = tuple(replace(limit, direction=limit.direction * [1, -1, 1]) for limit in found.limits)
    return replace(found, limits=turned)


def two_lines(why: str) -> int:
    print("marginproof:", why, "planted", sep="\n", file=sys.stderr)
    return 2


def status(arguments: Any) -> int:
    return 3


# Fault -> (where it is planted, its name there, what stands there instead; the commands that are run).
FAULTS: dict[str, tuple[Any, str, Callable[..., Any], str]] = {
    "none": (maximum, "l2_margin", RIGHT_MARGIN, "l2"),
    "traceback": (maximum, "l2_margin", error, "margin l2"),
    "hang": (maximum, "l2_margin", hang, "margin l2"),
    "memory": (maximum, "l2_margin", memory, "margin l2"),
    "death": (maximum, "l2_margin", death, "margin l2"),
    "warning": (maximum, "l2_margin", warning, "margin l2"),
    "wrong margin": (maximum, "l2_margin", wrong_margin, "l2"),
    "wrong limit": (linear, "l2_prediction", wrong_limit, "predict without"),
    "two lines": (cli, "_refuse", two_lines, "margin l3"),
    "status": (cli, "_run", status, "margin l2"),
}


def main() -> None:
    """Plant each, run it, print what the reports say."""
    said = {}
    for name, (where, attribute, broken, only) in FAULTS.items():
        with patch.object(where, attribute, broken), patch.object(trials, "NORMS", ("l2", "l3")):
            trial = Trial(ROWS, ("--optimizer", "gd")).only(only)
            said[name] = fuzz([trial], Path(sys.argv[1]) / name, jobs=1, seconds=1.5).text()
    print(json.dumps(said))


if __name__ == "__main__":
    main()

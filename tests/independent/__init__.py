"""What a certificate claims, once more: by fractions, mpmath and NumPy, with nothing of the checker or the engines.

Small data only: vertices, supports and faces are enumerated. Every function answers whether the claim is true.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

from mpmath import mp

from independent.algebra import Claim, Rows, rows_of
from independent.decay import balances, least_in_box
from independent.equilibria import boxes, dominated, exact_point, stable
from independent.levels import levels
from independent.margins import (
    cross,
    cube,
    l2_margin,
    mahalanobis,
    not_separable,
    polyhedral_margin,
    separable,
)
from independent.matrices import matrix_margin
from independent.runs import arrives, carried_run
from independent.signs import signs
from independent.waves import orbits, travels


def is_true(document: Claim) -> bool:
    """Whether the claim of a document holds for its data."""
    before = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(0)
    try:
        rows, classes = rows_of(document["data"])
        with mp.workdps(120):
            return bool(KINDS[document["claim"]["kind"]](rows, document["claim"] | {"classes": classes}))
    finally:
        sys.set_int_max_str_digits(before)


KINDS: dict[str, Callable[[Rows, Claim], bool]] = {
    "separable": separable,
    "not-separable": not_separable,
    "dominated": dominated,
    "max-margin-l2": l2_margin,
    "max-margin-linf": polyhedral_margin(cube),
    "max-margin-l1": polyhedral_margin(cross),
    "max-margin-mahalanobis": mahalanobis,
    "dual-fixed-point-exact": exact_point,
    "equilibrium": boxes,
    "equilibria": boxes,
    "stability": lambda rows, claim: boxes(rows, claim) and all(map(stable(rows, claim), claim["points"])),
    "run": carried_run,
    "arrival": arrives,
    "logit": balances,
    "box-minimum": least_in_box,
    "orbit": orbits,
    "signs": signs,
    "levels": levels,
    "matrix-margin": matrix_margin,
    "wave": travels,
}

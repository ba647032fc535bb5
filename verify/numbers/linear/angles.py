"""Angles between directions in float64, to full relative accuracy also where they are small."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]


def misalignment(u: Vector, v: Vector) -> float:
    """1 - cos of the angle between two vectors, to full relative accuracy also near 0; 1 if one is zero."""
    if not (u.any() and v.any()):
        return 1.0
    units = [x / np.abs(x).max() for x in (u, v)]  # squares of tiny entries underflow
    u, v = (x / np.linalg.norm(x) for x in units)
    return float(np.sum((u - v) ** 2) / 2)


def degrees(u: Vector, v: Vector) -> float:
    """The angle between two vectors."""
    return float(np.degrees(2 * np.arcsin(np.sqrt(misalignment(u, v) / 2))))

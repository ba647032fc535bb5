"""When eps takes over in a run whose numbers are kept in a format, and where that run stands at its end."""

import numpy as np

from verify.ask.margin import margin
from verify.numbers.linear.angles import degrees
from verify.optimizers.trajectory import iterates


def hand_over(data, optimizer, dtype, steps):
    """The first step, to 2 %, with sqrt(v) < eps in at least half of the coordinates, having been above it before; the
    smallest margin there; and degrees of the last w to the l_inf and l2 directions. In a format v may be 0 for good."""
    X, eps = data.floats(), float(optimizer.eps)
    looks = sorted({int(1.02**k) for k in range(int(np.log(steps) / np.log(1.02)) + 1)} | {steps})
    step = least = None
    above = False
    for here in iterates(X, optimizer, looks, dtype=dtype):
        root = np.sqrt(np.asarray(here.states["v"], dtype=float)) * np.exp(here.scale)
        below = 2 * np.sum(root < eps) >= root.size
        if step is None and below and above:
            step, least = here.step, float(np.min(X @ here.w))
        above = above or not below
    w = np.asarray(here.w, dtype=float)
    finite = bool(np.all(np.isfinite(w)) and np.any(w))
    told = {"step": step, "margin": least, "comes": step is not None, "finite": finite}
    for norm in ("linf", "l2"):
        told[norm] = degrees(w, margin(data, norm).found.unit()) if finite else None
    return told

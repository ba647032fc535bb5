"""How far a run is from the max-margin directions after so many steps."""

import numpy as np

from verify.ask.margin import margin
from verify.ask.simulation import simulate
from verify.numbers.linear.angles import degrees


def angles(data, optimizer, steps):
    """Degrees of w, and of its increment over the last half, to the l_inf and the l2 max-margin directions."""
    run = simulate(data, optimizer, steps=steps).to_dict()
    found = {}
    for norm in ("linf", "l2"):
        best = margin(data, norm).found.unit()
        for name, key in (("iterate", "direction"), ("increments", "increment_direction")):
            found[f"{name}_{norm}"] = degrees(np.array(run[key], dtype=float), best)
    return found

"""By how much a limit direction misses the largest l_inf margin."""

import numpy as np

from verify.ask.margin import margin
from verify.ask.prediction import predict


def shortfall(data, optimizer):
    """1 - (margin of the first limit, of unit l_inf norm) / (the l_inf max margin)."""
    found = predict(data, optimizer, steps=0, digits=0, margins="none")
    if not found.limits:
        return {"shortfall": None, "limits": 0, "word": str(found.word)}
    direction = np.asarray(found.limits[0].direction, dtype=float)
    reached = float(np.min(data.floats() @ direction) / np.max(np.abs(direction)))
    return {
        "shortfall": 1 - reached / float(margin(data, "linf")),
        "limits": len(found.limits),
        "word": str(found.word),
    }

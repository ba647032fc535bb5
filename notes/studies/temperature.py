"""The logit equilibria of weight decay: how many there are, and where the first that attracts stands."""

import numpy as np

from verify.ask.margin import margin
from verify.ask.prediction import predict
from verify.numbers.linear.angles import degrees


def temperature(data, optimizer):
    """Counts of the equilibria; of one that attracts the degrees to the l_inf and l2 directions, its smallest margin,
    and lambda max |w|, which is 1 on the boundary of the box of sign descent."""
    found = predict(data, optimizer, steps=0, digits=0, margins="none")
    limits = found.limits
    attracting = [limit for limit in limits if limit.stability == "attracting"]
    counts = {
        "equilibria": len(limits),
        "attracting": len(attracting),
        "several": len(attracting) > 1,
        "complete": found.found.complete,
        "word": str(found.word),
    }
    if not attracting:
        return counts
    first = attracting[0]
    return counts | {
        "linf": degrees(first.direction, margin(data, "linf").found.unit()),
        "l2": degrees(first.direction, margin(data, "l2").found.unit()),
        "margin": float(np.min(data.floats() @ first.iterate)),
        "box": float(optimizer.weight_decay) * float(np.max(np.abs(first.iterate))),
    }

"""
The order of the samples
========================

Per-sample Adam sees the samples in a cyclic order, reshuffled in each epoch, or drawn with replacement. Each order has
limits of its own; for the random ones they come from the mean of the epoch map over all orders.
"""

import numpy as np

import marginproof

rows = [[1, -4, -1], [3, -3, 5], [4, -1, -4]]
found = {}
for order in ("cyclic", "reshuffle", "replacement"):
    answer = marginproof.predict(
        rows, optimizer="adam", beta1=0, beta2="9/10", order=order, steps=0, digits=0, margins="none"
    )
    found[order] = np.asarray(answer.limits[0].direction, float)
    print(f"{order:12} {answer.word:10} {found[order].round(5)}")

cyclic = found["cyclic"]
for order in ("reshuffle", "replacement"):
    print(order, "is", f"{np.degrees(np.arccos(min(1, cyclic @ found[order]))):.3f} degrees from cyclic")

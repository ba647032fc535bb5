"""
Two limits, and which start goes where
======================================

AdamProxy's game on three rows has two attracting equilibria and a saddle between them, and these are all. The flow
from a start is enclosed until it is where it provably cannot leave.
"""

import numpy as np

import marginproof

rows = [[1, -4, -1], [3, -3, 5], [4, -1, -4]]

answer = marginproof.predict(rows, optimizer="adam-proxy", steps=0, digits=8, margins="none")
for limit in answer.limits:
    print(limit.stability, limit.support, np.round(np.asarray(limit.direction, float), 6))
assert answer.word == "certified"
assert answer.complete
assert [limit.stability for limit in answer.limits].count("attracting") == 2

# %%
# Another start, another limit.
other = marginproof.predict(rows, optimizer="adam-proxy", start=[-1, 0, 0], steps=0, digits=8, margins="none")
first, second = (np.asarray(each.limits[0].direction, float) for each in (answer, other))
angle = float(np.degrees(np.arccos(first @ second)))
print(f"from (0, 0, 0) and from (-1, 0, 0): {angle:.2f} degrees apart")
assert 9 < angle < 9.5

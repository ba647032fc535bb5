"""
How the limit moves with beta2
==============================

The paper's characterization needs beta2 -> 1. The game needs no limit: each beta2 has its own equilibria, and they
come to AdamProxy's as beta2 -> 1.
"""

import numpy as np

import marginproof

rows = [[1, -4, -1], [3, -3, 5], [4, -1, -4]]
asked = {"steps": 0, "digits": 8, "margins": "none"}


def first(answer):
    return np.asarray(answer.limits[0].direction, float)


proxy = first(marginproof.predict(rows, optimizer="adam-proxy", **asked))
gaps = []
for beta2 in ("1/2", "9/10", "99/100", "999/1000"):
    answer = marginproof.predict(rows, optimizer="adam", beta1=0, beta2=beta2, **asked)
    gaps.append(float(np.degrees(np.arccos(min(1, first(answer) @ proxy)))))
    print(
        f"beta2 = {beta2:8}  {answer.word:9}  {first(answer).round(6)}  {gaps[-1]:.5f} degrees from AdamProxy's"
    )

assert gaps == sorted(gaps, reverse=True)

"""
Digits that are known
=====================

A run in balls encloses the exact iterate: every digit shown is a digit of it, whatever rounding did on the way. The
precision that this takes is found, not asked for.
"""

import numpy as np

import marginproof

rows = [[1, -4, -1], [3, -3, 5], [4, -1, -4]]
asked = {"optimizer": "adam", "beta1": 0, "beta2": "1/2", "steps": 300}
fine = marginproof.simulate(rows, arithmetic="ball", digits=30, **asked)
rough = marginproof.simulate(rows, arithmetic="float64", **asked)
print(*fine.weights, sep="\n")
print("bits that it took:", fine.bits)
assert np.allclose(np.asarray(fine.weights, float), np.asarray(rough.weights, float), rtol=1e-8)

"""
Weights that go round for ever
==============================

On these three rows the only equilibrium repels: from every other start the weights of the samples go round a limit
cycle, and the direction of the steps converges to nothing.
"""

import matplotlib.pyplot as plt
import numpy as np

import marginproof

rows = [[6, 2, -1], [-1, 5, 2], [1, 1, 6]]

answer = marginproof.predict(rows, optimizer="adam-proxy", steps=0, digits=8, margins="none")
(only,) = answer.limits
print(only.stability, only.weights)
assert only.stability == "repelling"

# %%
# The flow of the weights, dc_i/dtau = -c_i (F_i(c) - sum_j c_j F_j(c)) with F = X U(c), by short steps.
X = np.array(rows, dtype=float)


def cost(c):
    return X @ ((X.T @ c) / np.sqrt((X * X).T @ (c * c)))


c, path = np.array([0.36, 0.33, 0.31]), []
for _ in range(12_000):
    F = cost(c)
    c = c * np.exp(-0.02 * (F - c @ F))
    c /= c.sum()
    path.append(c)
path = np.array(path)
late = path[len(path) // 2 :]
assert np.ptp(late, axis=0).min() > 0.1  # it does not settle

figure, ax = plt.subplots(layout="constrained")
for row in range(3):
    ax.plot(0.02 * np.arange(len(path)), path[:, row], label=f"row {row}")
ax.set_xlabel("time tau")
ax.set_ylabel("weight c of the row")
_ = figure.legend(loc="outside upper center", ncols=3)

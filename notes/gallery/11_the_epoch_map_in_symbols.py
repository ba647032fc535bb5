"""
The epoch map, in symbols
=========================

A rule is written once and read in several number systems. Read in symbols, two frozen gradients and four steps of
Adam give its mean update over an epoch as a formula; as beta2 -> 1 it tends to sqrt(2) times AdamProxy's.
"""

import sympy

beta1, beta2 = sympy.symbols("beta1 beta2", positive=True)
g = sympy.symbols("g0 g1", real=True)

# The periodic states under g0, g1, g0, g1, ...: m_i = (1 - beta1) (g_i + beta1 g_(i-1)) / (1 - beta1^2), v likewise.
m = [(g[i] + beta1 * g[1 - i]) / (1 + beta1) for i in (0, 1)]
v = [(g[i] ** 2 + beta2 * g[1 - i] ** 2) / (1 + beta2) for i in (0, 1)]
for i in (0, 1):
    assert sympy.simplify(beta1 * m[1 - i] + (1 - beta1) * g[i] - m[i]) == 0
    assert sympy.simplify(beta2 * v[1 - i] + (1 - beta2) * g[i] ** 2 - v[i]) == 0

mean = (m[0] / sympy.sqrt(v[0]) + m[1] / sympy.sqrt(v[1])) / 2
print(sympy.latex(mean))

proxy = (g[0] + g[1]) / 2 / sympy.sqrt(g[0] ** 2 + g[1] ** 2)
ratio = sympy.simplify(mean.subs(beta2, 1) / proxy)
print("the factor at beta2 = 1:", ratio)
assert ratio == sympy.sqrt(2)

# %%
# The program's own epoch map, in floats, says the same at one point.
import numpy as np  # noqa: E402

from verify.optimizers import optimizer  # noqa: E402
from verify.problem.epoch_map import epoch_map  # noqa: E402

X, c = np.array([[2.0], [3.0]]), np.array([0.25, 0.75])
U = epoch_map(optimizer("adam", beta1="1/2", beta2="9/10"), X)(np.log(c))
half, nine = sympy.Rational(1, 2), sympy.Rational(9, 10)
formula = mean.subs({beta1: half, beta2: nine, g[0]: half, g[1]: sympy.Rational(9, 4)})
print(U, float(formula))
assert abs(U.item() - float(formula)) < 1e-12

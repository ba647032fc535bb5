"""
An identity on two roads
========================

A step of a derivation is an assertion that is checked twice: symbolically, and, sharing nothing with that, in exact
arithmetic at random points. Here it is the identity behind the exponential moving average, and a false neighbour of it.
"""

import sympy

from marginproof import equality
from verify.derive.points import positive, unit

beta = sympy.Symbol("beta", positive=True)
g = sympy.Symbol("g", positive=True)

# Two steps of an average of a constant: m_2 = beta (beta m_0 + (1 - beta) g) + (1 - beta) g.
m = sympy.Symbol("m_0", positive=True)
domain = {beta: unit, g: positive, m: positive}
twice = beta * (beta * m + (1 - beta) * g) + (1 - beta) * g
right = equality(twice, g + beta**2 * (m - g), domain)
print(right.latex)
for road in (right.check, right.second_road):
    found = road()
    print(found.passed, "|", found.how)
    assert found.passed

# %%
# The exponent wrong by one: both roads must see it, or a road cannot fail.
wrong = equality(twice, g + beta * (m - g), domain)
for road in (wrong.check, wrong.second_road):
    found = road()
    print(found.passed, "|", found.how)
    assert not found.passed

"""
A chain of one's own
====================

A derivation is a chain of steps, each with its assertion and its reason, and with false variants that both roads must
reject. This one says how arithmetic and geometric mean compare.
"""

import tempfile
from pathlib import Path

import marginproof

CHAIN = r"""
import sympy
from marginproof import Chain, Step, Wrong, equality
from verify.derive.points import positive

a, b = sympy.symbols("a b", positive=True)
DOMAIN = {a: positive, b: positive}
SQUARE = equality((a + b) ** 2, a**2 + 2 * a * b + b**2, DOMAIN)
MEAN = equality((a + b) ** 2 - 4 * a * b, (a - b) ** 2, DOMAIN)
FALSE = equality((a + b) ** 2 - 2 * a * b, (a - b) ** 2, DOMAIN)

MEANS = Chain(
    "means", "Arithmetic and geometric mean", "Euclid",
    (
        Step("The square of a sum.", SQUARE, "It is multiplied out.", "square"),
        Step(
            "So $4ab \\le (a + b)^2$, with equality at $a = b$ only.", MEAN, "Less 4ab, it is a square.",
            "mean", ("square",),
        ),
    ),
    (Wrong("2ab for 4ab", FALSE),),
)
"""
folder = Path(tempfile.mkdtemp())
(folder / "means.py").write_text(CHAIN)

(chain,) = marginproof.derive(f"{folder}/means.py:MEANS")
for step in chain.steps:
    print(step.ok, step.latex, "|", step.symbols, "|", step.second_road)
assert chain.ok

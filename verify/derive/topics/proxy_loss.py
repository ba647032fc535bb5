"""AdamProxy drives the loss to 0: a counterexample to an inference, and an argument that holds."""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from typing import Any

import sympy

from verify.derive.chain import Assertion, Chain, Measured
from verify.derive.definitions import rule_output
from verify.derive.hypotheses import SEPARABLE, SHIPPED_LOSS, VANISHING, Under
from verify.derive.joins import follows, together
from verify.derive.letters import N, g, j, k, l, n, over
from verify.derive.measure import DIGITS, agreement, number, weights
from verify.derive.points import Domain, indexed, positive, signed, unit, whole
from verify.derive.prose import told
from verify.derive.roads import by_derivative, equality, induction, inequality, rewriting
from verify.derive.sums import canonical
from verify.numbers.systems.mpf import MPF, digits

E, size, curve, root = sympy.symbols("E S K R", positive=True)
x, y, rest, slack, low, step = sympy.symbols("x y r e kappa eta", nonnegative=True)
age = sympy.Symbol("k", integer=True, nonnegative=True)
loss, other, p_, q_ = sympy.symbols("L L' p q", nonnegative=True)
a, h = sympy.IndexedBase("a", nonnegative=True), sympy.IndexedBase("h", nonnegative=True)

GAIN = sympy.Symbol("A_k")
total, squares = over(g[j], (j, N)), over(g[j] ** 2, (j, N))
GRADIENTS: Domain = {N: whole(1, 5), g: indexed(signed)}


def _bounded(count: Any = N) -> Assertion:
    """(sum g)^2 <= N sum g^2: AdamProxy's update is at most 1/sqrt(N) in size."""
    lagrange = over((g[j] - g[l]) ** 2, (j, N), (l, N)) / 2
    return inequality(total**2, count * squares, lagrange, GRADIENTS, normal=canonical)


def _descent(power: int = 2) -> Assertion:
    """The inner product of gradient and update in one coordinate."""
    update = rule_output("adam-proxy", "u", total / N, seen=squares)
    value = total**power / (N**2 * sympy.sqrt(squares))
    return equality(total / N * update, value, GRADIENTS, kind="definition", called=GAIN)


def _decrease(halves: int = 1) -> Assertion:
    """-eta kappa S + eta^2 K S <= -(halves/2) eta kappa S where eta K = kappa/2 - e."""
    part = sympy.Rational(halves, 2)
    return inequality(
        -step * low * size + step**2 * curve * size,
        -part * step * low * size,
        step * slack * size,
        Under(
            {step: unit, low: positive, curve: positive, size: positive}, step * curve <= low / 2, local=True
        ),
        given=(lambda e: e.subs(curve, (low / 2 - slack) / step),),
    )


def _spike(late: int = 0) -> Assertion:
    """The sum of the steps where the spikes sit, with step sizes 1/(t+1)."""
    return induction(
        sympy.Rational(1, 2) ** k, k, n, 2 - sympy.Rational(1, 2) ** (n - 1 + late), {n: whole(0, 12)}
    )


def _rate() -> Measured:
    """How fast the loss falls on two symmetric rows: both margins grow by 9/(2 sqrt 5) a unit of tau."""
    rows = [[Fraction(2), Fraction(1)], [Fraction(1), Fraction(2)]]
    eta = Fraction(1, 7)
    with digits(DIGITS):
        early, late = weights("adam-proxy", rows, (400, 401), lr=eta)
        losses = [MPF.exp(-(2 * w[0] + w[1])) for w in (early, late)]
        return agreement(
            "-log(L_{t+1}/L_t)/eta of AdamProxy on rows (2, 1), (1, 2): 9/(2 sqrt 5)",
            9 / (2 * MPF.sqrt(number(5))),
            MPF.log(losses[0] / losses[1]) / number(eta),
            number(Fraction(1, 10**100)),
            "step 400 at eta = 1/7",
        )


@cache
def proxy_loss() -> Chain:
    """The inference of the published proof fails; the conclusion holds."""
    block = sympy.Rational(1, 2) ** (age + 1)
    rest_of = rewriting(h, lambda at: over(a[l], (l, N)) - a[at])
    sizes: Domain = {N: whole(1, 5), a: indexed(positive)}
    slope, curvature = 1 / (1 + E), E / (1 + E) ** 2
    moved = 1 / (1 + E / (1 + y))
    return told(
        __file__,
        "proxy-loss",
        steps={
            "spikes": _spike(),
            "blocks": inequality(
                block,
                1 / (sympy.Integer(2) ** age + slack),
                block * rest / (sympy.Integer(2) ** age + slack),
                Under({age: whole(1, 9), slack: whole(0, 600)}, slack <= sympy.Integer(2) ** age, local=True),
                given=(lambda e: e.subs(rest, sympy.Integer(2) ** age - slack),),
            ),
            "bounded": _bounded(),
            "descent": _descent().under(SEPARABLE, SHIPPED_LOSS, VANISHING),
            "denominator": inequality(
                over(a[j] ** 2, (j, N)),
                over(a[j], (j, N)) ** 2,
                over(a[j] * h[j], (j, N)),
                sizes,
                normal=canonical,
                given=(rest_of,),
            ),
            "curvature": inequality(curvature, slope, slope**2, {E: positive}),
            "growth": inequality(moved, (1 + y) * slope, y * slope * moved, {E: positive, y: positive}),
            "decrease": _decrease(),
            "slope": equality(slope, 1 - 1 / (1 + 1 / E), {E: positive}),
            "two-samples": inequality(1 - (1 - p_) * (1 - q_), p_ + q_, p_ * q_, {p_: unit, q_: unit}),
            "tangent": by_derivative(1 + x, sympy.exp(x), x, sympy.exp(x), {x: positive}, order=2),
            "repaired": follows(
                together,
                *("spikes", "blocks", "bounded", "descent", "denominator", "curvature", "growth"),
                *("decrease", "slope", "two-samples", "tangent"),
            ),
        },
        wrong={
            "the ones counted one too few": _spike(late=-1),
            "update bounded by 1/N": _bounded(sympy.Integer(1)),
            "gradient to the first power in the descent": _descent(power=1),
            "the whole descent kept": _decrease(2),
        },
        measurements=(_rate,),
    )


PLACE, CHAINS = 190, {"proxy-loss": proxy_loss}

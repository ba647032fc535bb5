"""Two rows in the plane on which Signum with batch 1 and a fixed beta never decreases the loss."""

from __future__ import annotations

import random
from fractions import Fraction
from functools import cache
from typing import Any

import sympy

from verify.derive.chain import Assertion, Chain, Finding, Measured
from verify.derive.definitions import mean_update_in_balls, mean_update_symbolic
from verify.derive.evaluate import BITS, Point
from verify.derive.letters import b1, n, s
from verify.derive.measure import DIGITS, agreement, number, weights
from verify.derive.points import Domain, indexed, positive, unit, whole
from verify.derive.prose import told
from verify.derive.roads import equality, everywhere, inequality, instances
from verify.derive.signs import nonnegative
from verify.numbers.systems.balls import precision
from verify.numbers.systems.mpf import MPF, digits
from verify.optimizers.interpreted import dot

p, E, y, x, w = sympy.symbols("p E y x w", positive=True)
weight, slack, rest, kappa = sympy.symbols("c h q kappa", nonnegative=True)
eta = sympy.IndexedBase("eta", positive=True)


def _frozen(ratio: Any = 1) -> Assertion:
    """U at equal weights (c_2 = ratio c_1), with p = 1/(1+x) and beta = p/(1+y)."""
    gradients = [[-p.subs(p, 1 / (1 + x)), ratio / (1 + x)], [1 / (1 + x), -ratio * sympy.Integer(1)]]
    gradients[0][0] = sympy.Integer(-1)
    letters = {b1: 1 / (1 + x) / (1 + y)}

    def resolved(argument: Any) -> Any:
        value = sympy.factor(sympy.cancel(sympy.together(argument.subs(letters))))
        return 1 if nonnegative(value) else -1 if nonnegative(-value) else sympy.sign(value)

    def check() -> Finding:
        updates = [mean_update_symbolic("signum", row).replace(sympy.sign, resolved) for row in gradients]
        return Finding(updates == [0, 0], f"with p = 1/(1+x), beta = p/(1+y) the mean update is {updates}")

    def run(point: Point) -> tuple[bool, str]:
        values = [[-1, point[p]], [point[p] * ratio, -ratio]]  # batch by coordinate
        with precision(BITS):
            found = mean_update_in_balls("signum", values, None, point[b1], 0)
        return all(u.is_zero() for u in found), "Signum's rule run for an epoch in balls"

    latex = (
        r"U\bigl(\tfrac12, \tfrac12\bigr) = 0 \quad \text{for } x_1 = (1, -p),\ x_2 = (-p, 1),\ \beta < p < 1"
    )
    domain: Domain = {p: unit, b1: _below_p}
    return instances(latex, [], check, lambda: everywhere(domain, run))


def _below_p(rng: random.Random, point: Point) -> Fraction:
    value: Fraction = point[p] * unit(rng, point)
    return value


def _alternating(sign: int = 1) -> Assertion:
    """Two more terms of the alternating sum of step sizes."""
    term = (-1) ** s * eta[s]
    longer, shorter = sympy.Sum(term, (s, 0, n + 1)), sympy.Sum(term, (s, 0, n - 1))
    right = sign * (-1) ** n * (eta[n] - eta[n + 1])

    def peeled(e: Any) -> Any:
        return e.subs(longer, shorter + term.subs(s, n) + term.subs(s, n + 1))

    return equality(longer - shorter, right, {n: whole(0, 8), eta: indexed(positive)}, given=(peeled,))


def _pair(margin: Any = 0) -> Assertion:
    """Two successive terms of m: the later one wins if the weights' ratio is at most kappa < p/beta."""
    return inequality(
        sympy.Integer(0) + margin,
        (b1 * kappa + rest) * weight - b1 * (kappa * weight - slack),
        rest * weight + b1 * slack,
        {b1: unit, kappa: positive, rest: positive, weight: positive, slack: unit},
        latex=r"0 \le p\, c - \beta\, c' = q\, c + \beta h \quad (p = \beta\kappa + q,\ c' = \kappa c - h)",
    )


SLOPE, BETA, FIRST = Fraction(99, 100), Fraction(9, 10), Fraction(1, 50)


def _run(steps: int) -> tuple[Any, Any]:
    """The largest |w_k| and the smallest loss along a run, at the precision in force."""
    rows = [[Fraction(1), -SLOPE], [-SLOPE, Fraction(1)]]
    exact = [[number(entry) for entry in row] for row in rows]
    seen = weights(
        "signum", rows, range(steps + 1), lr=FIRST, decay=Fraction(1, 2), beta1=BETA, loss="logistic"
    )
    losses = [sum(MPF.softplus(-dot(row, w)) for row in exact) / 2 for w in seen]
    return max(abs(e) for w in seen for e in w), min(losses)


def _measured(of_loss: bool) -> Measured:
    with digits(DIGITS):
        largest, lowest = _run(3000)
        what = f"p = {SLOPE}, beta = {BETA}, eta_t = (t+2)^(-1/2)/50"
        tiny = number(Fraction(1, 10**100))
        if of_loss:
            return agreement(
                f"smallest loss of Signum, {what}: log 2", MPF.log(number(2)), lowest, tiny, "3000 steps"
            )
        return agreement(
            f"largest |w_k| of Signum, {what}: eta_0",
            number(FIRST) / MPF.sqrt(number(2)),
            largest,
            tiny,
            "3000 steps",
        )


@cache
def signum_stalls() -> Chain:
    """X = [[1, -p], [-p, 1]], beta < p < 1: Signum with batch 1 stays within eta_0 of 0."""
    logistic = (1 + E) * (1 + 1 / E)
    return told(
        __file__,
        "signum-stalls",
        universal=False,
        steps={
            "frozen": _frozen(),
            "pair": _pair(),
            "ratio": inequality(
                1 + E * (1 + y),
                (1 + y) * (1 + E),
                y,
                {E: positive, y: positive},
            ),
            "alternating": _alternating(),
            "loss": inequality(sympy.Integer(4), logistic, (1 - E) ** 2 / E, {E: positive}),
        },
        wrong={
            "weights with ratio beyond p/beta": _frozen(ratio=sympy.Integer(10**6)),
            "a pair that wins by its later term at least": _pair(weight),
            "alternating sums with the sign turned": _alternating(-1),
            "loss at least log 8 on the line": inequality(
                sympy.Integer(8), logistic, (1 - E) ** 2 / E, {E: positive}
            ),
        },
        measurements=(lambda: _measured(False), lambda: _measured(True)),
    )


PLACE, CHAINS = 170, {"signum-stalls": signum_stalls}

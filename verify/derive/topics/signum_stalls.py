"""Two rows in the plane on which Signum with batch 1 and a fixed beta never decreases the loss."""

from __future__ import annotations

import random
from fractions import Fraction
from functools import cache
from typing import Any

import sympy

from verify.derive.chain import Chain, Claim, Finding, Measured, Step, Wrong
from verify.derive.definitions import mean_update_in_balls, mean_update_symbolic
from verify.derive.evaluate import BITS, Point
from verify.derive.letters import b1, n, s
from verify.derive.measure import DIGITS, agreement, number, trajectory
from verify.derive.points import Domain, indexed, positive, unit, whole
from verify.derive.roads import equality, everywhere, inequality, instances
from verify.derive.signs import nonnegative
from verify.numbers.systems.balls import precision
from verify.numbers.systems.mpf import MPF, digits

p, E, y, x, w = sympy.symbols("p E y x w", positive=True)
weight, slack, rest, kappa = sympy.symbols("c h q kappa", nonnegative=True)
eta = sympy.IndexedBase("eta", positive=True)


def _frozen(ratio: Any = 1) -> Claim:
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


def _alternating(sign: int = 1) -> Claim:
    """Two more terms of the alternating sum of step sizes."""
    term = (-1) ** s * eta[s]
    longer, shorter = sympy.Sum(term, (s, 0, n + 1)), sympy.Sum(term, (s, 0, n - 1))
    right = sign * (-1) ** n * (eta[n] - eta[n + 1])

    def peeled(e: Any) -> Any:
        return e.subs(longer, shorter + term.subs(s, n) + term.subs(s, n + 1))

    return equality(longer - shorter, right, {n: whole(0, 8), eta: indexed(positive)}, given=(peeled,))


def _pair(margin: Any = 0) -> Claim:
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

    def schedule(time: int) -> Any:
        return number(FIRST) / MPF.sqrt(number(time + 1))

    largest, lowest = number(0), None
    run = trajectory("signum", rows, schedule, start=[0, 0], beta1=BETA, loss="logistic")
    for time, (w_, _) in enumerate(run):
        margins = [sum((number(a) * b for a, b in zip(row, w_, strict=True)), number(0)) for row in rows]
        loss = sum((MPF.softplus(-z) for z in margins), number(0)) / 2
        largest = max(largest, *(abs(e) for e in w_))
        lowest = loss if lowest is None else min(lowest, loss)
        if time == steps:
            return largest, lowest
    raise AssertionError("a trajectory does not end")


def _measured(of_loss: bool) -> Measured:
    with digits(DIGITS):
        largest, lowest = _run(3000)
        what = f"p = {SLOPE}, beta = {BETA}, eta_t = (t+1)^(-1/2)/50"
        tiny = number(Fraction(1, 10**100))
        if of_loss:
            return agreement(
                f"smallest loss of Signum, {what}: log 2", MPF.log(number(2)), lowest, tiny, "3000 steps"
            )
        return agreement(
            f"largest |w_k| of Signum, {what}: eta_0", number(FIRST), largest, tiny, "3000 steps"
        )


@cache
def signum_stalls() -> Chain:
    """X = [[1, -p], [-p, 1]], beta < p < 1: Signum with batch 1 stays within eta_0 of 0."""
    logistic = (1 + E) * (1 + 1 / E)
    return Chain(
        name="signum-stalls",
        title="Signum at a fixed beta may not decrease the loss at all",
        scope="N = d = 2, every beta < 1: rows (1, -p), (-p, 1) with beta < p < 1, batch 1, cyclic, w_0 = 0, "
        "steps that do not increase, exp(2 (1+p) eta_0) < p/beta",
        universal=False,
        source="new; contradicts Signum's l_inf bias at any fixed beta (the v3 abstract of arXiv 2510.26303, as "
        'quoted, has no qualifier; Thm 5.1 has "beta close enough to 1")',
        remarks=(
            "The data are separable: $w = (1, 1)$ has margins $1 - p > 0$, and this is the "
            "l_inf-max-margin direction. Coordinate 1 of the two gradients is $-c_1$ and $p\\, c_2$, "
            "coordinate 2 is $p\\, c_1$ and $-c_2$.",
            "**Claim.** With $w_0 = 0$, $m_{-1} = 0$ and step sizes that do not increase, if "
            "$\\beta e^{2(1+p)\\eta_0} < p$ then for all $t$ the sign of $m_t$ is that of the latest "
            "gradient, so that $w_t = a_t (1, -1)$ with $a_t = \\sum_{s<t} (-1)^s \\eta_s$, $0 \\le a_t "
            "\\le \\eta_0$, and the loss never falls below its value $\\log 2$ at the start (logistic loss).",
            "**Proof** by induction on $t$. As long as it holds, $|z_i| \\le (1+p)\\eta_0$, and any two "
            "weights $c, c'$ that occurred have $c' \\le \\kappa c$, $\\kappa = e^{2(1+p)\\eta_0}$. In "
            "either coordinate $m_t$ is $1 - \\beta$ times the latest gradient, less $\\beta$ times the "
            "size of the one before, and so on with alternating signs. Taken in pairs, each pair has the "
            "sign of its later term since $p c - \\beta c' \\ge 0$ (and $c - \\beta p c' \\ge 0$ all the "
            "more); an unpaired oldest term has it too, as its age is even.",
        ),
        steps=(
            Step(
                "At frozen equal weights Signum does not move",
                _frozen(),
                "Signum's definition over an epoch from the periodic state: after row 1 the momentum's "
                "first coordinate is a positive multiple of $-(1 - \\beta p)$, after row 2 of $p - \\beta$.",
            ),
            Step("A pair of successive terms of $m_t$", _pair(), "The later term wins."),
            Step(
                "How much logistic weights differ",
                inequality(
                    1 + E * (1 + y),
                    (1 + y) * (1 + E),
                    y,
                    {E: positive, y: positive},
                ),
                "$E = e^z$, $1 + y = e^{z' - z} \\ge 1$: the quotient of $1/(1+e^z)$ and $1/(1+e^{z'})$ is "
                "at most $e^{z'-z}$. For the exponential loss it is that.",
            ),
            Step(
                "Partial sums with alternating signs",
                _alternating(),
                "For step sizes that do not increase, even partial sums increase from 0 and odd ones "
                "decrease from $\\eta_0$, and an odd one exceeds the even one before it: all lie in $[0, "
                "\\eta_0]$.",
            ),
            Step(
                "The loss is at least $\\log 2$ on the line $w = a (1, -1)$",
                inequality(sympy.Integer(4), logistic, (1 - E) ** 2 / E, {E: positive}),
                "$z_2 = -z_1$, $E = e^{z_1}$: $l(z) + l(-z) = \\log((1+E)(1+1/E)) \\ge 2 \\log 2$.",
            ),
        ),
        wrong=(
            Wrong("weights with ratio beyond p/beta", _frozen(ratio=sympy.Integer(10**6))),
            Wrong("a pair that wins by its later term at least", _pair(weight)),
            Wrong("alternating sums with the sign turned", _alternating(-1)),
            Wrong(
                "loss at least log 8 on the line",
                inequality(sympy.Integer(8), logistic, (1 - E) ** 2 / E, {E: positive}),
            ),
        ),
        measurements=(lambda: _measured(False), lambda: _measured(True)),
        news=(
            "For every fixed $\\beta < 1$ there are two separable rows in the plane on which Signum with "
            'batch 1 never decreases the loss: "for any batch size" needs $\\beta$ chosen after the data.',
        ),
    )


PLACE, CHAINS = 170, {"signum-stalls": signum_stalls}

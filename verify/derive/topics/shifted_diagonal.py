"""Shifted-diagonal data: when AdamProxy's fixed point has the l_inf-max-margin direction."""

from __future__ import annotations

import random
from fractions import Fraction
from functools import cache
from typing import Any

import sympy

from verify.derive.chain import Chain, Claim, Measured, Step, Wrong
from verify.derive.definitions import rule_output
from verify.derive.evaluate import Point
from verify.derive.letters import c, d, i, j, k, over
from verify.derive.measure import DIGITS, agreement, constant_step, number, state, trajectory
from verify.derive.points import Domain, below, indexed, positive, signed, simplex, unit, whole
from verify.derive.roads import algebraic, equality, inequality
from verify.derive.sums import canonical
from verify.derive.tex import tex
from verify.derive.topics.shifted_unique import only_equilibrium
from verify.numbers.systems.mpf import digits

s, w = sympy.IndexedBase("s", positive=True), sympy.IndexedBase("w", real=True)
U = sympy.IndexedBase("U", real=True)
delta = sympy.Symbol("delta", positive=True)
root_d, spread, others = sympy.symbols("r q n", positive=True)
a, b, slack, rest, more, less, square = sympy.symbols("a b h R e f x", nonnegative=True)

first = sympy.Integer(0)
DATA: Domain = {
    d: whole(2, 5),
    delta: positive,
    s: indexed(positive),
    c: simplex(d),
    k: below(d),
    i: below(d),
}


def entry(row: Any, column: Any) -> Any:
    """x_ik of the data set."""
    return delta + (s[row] - delta) * sympy.KroneckerDelta(row, column)


def collapsed(expression: Any) -> Any:
    """Sums over a Kronecker delta done: only the term at its index is left."""

    def one(total: Any) -> Any:
        ((index, low, high),) = total.limits
        out = sympy.Integer(0)
        for term in sympy.Add.make_args(sympy.expand(total.function)):
            deltas = [e for e in term.atoms(sympy.KroneckerDelta) if e.has(index)]
            if deltas:
                (at,) = (e for e in deltas[0].args if e != index)
                out += term.subs(deltas[0], 1).subs(index, at)
            else:
                out += sympy.Sum(term, (index, low, high))
        return out

    return expression.replace(lambda e: isinstance(e, sympy.Sum), one)


def _simplex(expression: Any) -> Any:
    """sum_j c_j = 1."""
    return sympy.expand(expression).replace(
        lambda e: isinstance(e, sympy.Sum) and e.function.has(c) and not e.function.has(c[j] ** 2),
        lambda e: sympy.simplify(e.function / c[j]),
    )


def _entry_sum(count: Any = d - 1) -> Claim:
    return equality(
        over(entry(i, k), (k, d)), s[i] + count * delta, DATA, given=(collapsed,), normal=canonical
    )


def _moment(power: int = 2) -> Claim:
    """M_k(c)^2."""
    right = delta**2 * (over(c[j] ** 2, (j, d)) - c[k] ** 2) + s[k] ** power * c[k] ** 2
    return equality(
        over(c[j] ** 2 * entry(j, k) ** 2, (j, d)), right, DATA, given=(collapsed,), normal=canonical
    )


def _upper(factor: Any = None) -> Claim:
    """U_k^2 <= d, with a = delta (1 - c_k), b = s_k c_k, n = d - 1 and delta^2 sum_{j != k} c_j^2 = a^2/n + x."""
    return inequality(
        (a + b) ** 2,
        (others + 1 if factor is None else factor) * (a**2 / others + square + b**2),
        (a - others * b) ** 2 / others + (others + 1) * square,
        {others: whole(1, 6), a: positive, b: positive, square: positive},
    )


def _above_one(rng: random.Random, point: Point) -> Fraction:
    return 1 + unit(rng, point)


def _cheapest(stretch: Any = None) -> Claim:
    """F_j - F_1 with q = s_1 - delta > 0, s_j - delta = r q + h, U_1 = r - f, U_j = 1 + e; r = sqrt(d)."""
    gap = ((root_d if stretch is None else stretch) * spread + slack) * (1 + more) - spread * (root_d - less)
    because = root_d * spread * more + slack * (1 + more) + spread * less
    domain: Domain = {root_d: _above_one, spread: positive, slack: unit, more: unit, less: unit}
    return inequality(sympy.Integer(0), gap, because, domain, latex=rf"0 \le F_j - F_1 = {tex(gap)}")


def _limit_from(start: list[Fraction], ratio: Fraction, where: str) -> Measured:
    rows = [[Fraction(1), Fraction(10)], [Fraction(10), Fraction(2)]]
    with digits(DIGITS):
        run = trajectory(
            "adam-proxy", rows, constant_step(number(Fraction(1, 20))), start=start, batches=[[0, 1]]
        )
        early, late = state(run, 4000, 4001)
        return agreement(
            f"first over second coordinate of AdamProxy's increments, s = (1, 2), delta = 10, start {where}",
            number(ratio),
            (late[0] - early[0]) / (late[1] - early[1]),
            number(Fraction(1, 10**20)),
            "step 4000 at eta = 1/20",
        )


@cache
def shifted_diagonal() -> Chain:
    """Where the l_inf direction is a fixed point's, and where it is the only one."""
    margins: Domain = {d: whole(2, 5), delta: positive, s: indexed(positive), w: indexed(signed), i: below(d)}
    one = entry(first, k)
    costs = over(entry(i, k) * U[k], (k, d))
    numbers: Domain = {a: positive, b: positive, slack: positive, rest: positive}
    return Chain(
        name="shifted-diagonal",
        title="Shifted-diagonal data: when AdamProxy's direction is the l_inf one",
        scope="all d, 0 < s_1 < ... < s_d and delta > 0; uniqueness for delta in the stated interval",
        universal=True,
        source="arXiv 2510.26303, corollary on shifted-diagonal data (as reconstructed); ranges of delta: new",
        remarks=(
            "$x_{ik} = s_i$ for $i = k$ and $\\delta$ otherwise, $N = d$. $U$ is AdamProxy's field without "
            "its factor $1/N$, $F_i = x_i \\cdot U$ the costs of the game; indices in the formulas begin "
            "at 0, in the text at 1.",
            "The l_inf-max-margin direction is $(1, \\dots, 1)$ for every $\\delta > 0$, it is unique, and "
            "$e_1$ is always a dual fixed point with that direction, and an attracting one. It is the "
            "*only* fixed point if $(\\sqrt d s_1 - s_2)/(\\sqrt d - 1) \\le \\delta \\le (\\sqrt d s_2 - "
            "s_1)/(\\sqrt d - 1)$. Outside there may be others. A fixed point other than $e_1$ never has "
            "the l_inf direction, since $(s_i - \\delta) U_i$ is then equal on a support of two rows or "
            "more, and the $s_i$ differ. For $d = 2$ the exact range is the chain `shifted-diagonal-range`.",
        ),
        steps=(
            Step("The l1 norm of a row", _entry_sum(), "All entries are positive."),
            Step(
                "Any $w$ in the box loses against the ones by",
                equality(
                    over(one, (k, d)) - over(one * w[k], (k, d)),
                    over(one * (1 - w[k]), (k, d)),
                    margins,
                    given=(collapsed,),
                    normal=canonical,
                ),
                "Row 1 at the ones has margin $s_1 + (d-1)\\delta$, the smallest of all rows. A $w$ with "
                "$\\|w\\|_\\infty \\le 1$ and no smaller margin makes the right side 0, so all $w_k = 1$: "
                "the ones are the unique maximizer, for every $\\delta > 0$.",
            ),
            Step(
                "AdamProxy's update at $c = e_1$",
                equality(
                    rule_output("adam-proxy", "u", -one / d, seen=one**2),
                    -1 / d,
                    {**margins, k: below(d)},
                    normal=lambda e: algebraic(e.subs(one, square + 1)),
                    kind="definition",
                ),
                "Its definition at the gradients $g_1 = -x_1$, $g_j = 0$: $U = (1, \\dots, 1)$.",
            ),
            Step(
                "Costs there",
                equality(
                    over(entry(i, k) - entry(first, k), (k, d)),
                    s[i] - s[0],
                    DATA,
                    given=(collapsed,),
                    normal=canonical,
                ),
                "$F_i - F_1 = s_i - s_1 > 0$: $e_1$ is an equilibrium, strictly, and attracting (chain "
                "`replicator`: eigenvalues $-(s_i - s_1)$).",
            ),
            Step(
                "The numerator of $U_k$",
                equality(
                    over(c[j] * entry(j, k), (j, d)),
                    delta * (1 - c[k]) + s[k] * c[k],
                    DATA,
                    given=(collapsed, _simplex),
                    normal=canonical,
                ),
                "With $\\sum_j c_j = 1$.",
            ),
            Step("Its denominator, squared", _moment(), "Only the term $j = k$ has $s_k$."),
            Step(
                "The costs at any $c$",
                equality(
                    costs,
                    delta * over(U[k], (k, d)) + (s[i] - delta) * U[i],
                    {**margins, U: indexed(signed)},
                    given=(collapsed,),
                    normal=canonical,
                ),
                "So $F_j - F_1 = (s_j - \\delta) U_j - (s_1 - \\delta) U_1$.",
            ),
            Step(
                "$U_k \\ge 1$",
                inequality(a**2 - rest + b**2, (a + b) ** 2, rest + 2 * a * b, numbers),
                "$a = \\delta(1-c_k)$, $b = s_k c_k$; the sum of squares of the other weights is at most "
                "the square of their sum, so the denominator squared is $a^2 - R + b^2$, $R \\ge 0$. "
                "Equality only if $ab = 0$ and one other weight is all.",
            ),
            Step(
                "$U_k \\le \\sqrt d$",
                _upper(),
                "$r = \\sqrt d$; $d - 1$ weights of sum $1 - c_k$ have squares of sum $(1-c_k)^2/(d-1)$ at "
                "least. Both bounds are not attained at once by two coordinates.",
            ),
            Step(
                "$\\delta < s_1$: the first row is the cheapest",
                _cheapest(),
                "$r = \\sqrt d$, $q = s_1 - \\delta$, $s_j - \\delta = r q + h$, $U_j = 1 + e$, $U_1 = r - "
                "f$; $e$ and $f$ are not both 0. For $s_1 \\le \\delta \\le s_2$ it is the cheapest by the "
                "signs alone, and for $\\delta > s_2$ the same line holds with $q = \\delta - s_j$, "
                "$\\delta - s_1 = rq + h$ and the roles of $U_1$ and $U_j$ exchanged (by signs if $s_j "
                "\\ge \\delta$).",
            ),
            Step(
                "So on the interval $e_1$ is the only equilibrium",
                only_equilibrium(),
                "All weight leaves the other rows.",
            ),
        ),
        wrong=(
            Wrong("d for d - 1 entries delta", _entry_sum(d)),
            Wrong("s_k for s_k^2 in the denominator", _moment(1)),
            Wrong("U_k^2 <= d - 1", _upper(others)),
            Wrong("a threshold of 1 for sqrt(d)", _cheapest(sympy.Rational(1, 2))),
            Wrong("1.001 for sqrt(d) in the interval", only_equilibrium(sympy.Rational(1001, 1000))),
        ),
        measurements=(
            lambda: _limit_from([Fraction(0), Fraction(0)], Fraction(1), "(0, 0): the l_inf direction"),
            lambda: _limit_from(
                [Fraction(0), Fraction(1, 2)], Fraction(8, 9), "(0, 1/2): another fixed point"
            ),
        ),
        news=(
            "The l_inf direction is always that of one attracting dual fixed point. But for $\\delta$ far "
            "outside $[s_1, s_2]$ there can be others, attracting too, with other directions: the corollary "
            "needs a condition on $\\delta$, or on the start. The rows $(3.01, 1), (1, 3)$ are of this kind.",
        ),
    )


PLACE, CHAINS = 130, {"shifted-diagonal": shifted_diagonal}

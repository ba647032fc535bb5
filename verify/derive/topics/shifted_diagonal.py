"""Shifted-diagonal data: when AdamProxy's fixed point has the l_inf-max-margin direction."""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from typing import Any

import sympy

from verify.derive.chain import Assertion, Chain, Measured
from verify.derive.definitions import rule_output
from verify.derive.joins import follows, resting, rooted, together
from verify.derive.letters import c, d, i, j, k, over
from verify.derive.measure import DIGITS, agreement, number, weights
from verify.derive.points import Domain, above_one, below, indexed, positive, signed, simplex, unit, whole
from verify.derive.prose import told
from verify.derive.roads import algebraic, equality, inequality
from verify.derive.sums import canonical
from verify.derive.topics.shifted_unique import COST, U, delta, entry, only_equilibrium, s
from verify.numbers.systems.mpf import digits

w = sympy.IndexedBase("w", real=True)
root_d, spread, others = sympy.symbols("r q n", positive=True)
a, b, slack, rest, less, square = sympy.symbols("a b h R f x", nonnegative=True)
more = sympy.Symbol("e", positive=True)  # U_j is 1 at vertices only

first = sympy.Integer(0)
DATA: Domain = {
    d: whole(2, 5),
    delta: positive,
    s: indexed(positive),
    c: simplex(d),
    k: below(d),
    i: below(d),
}


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


def _entry_sum(count: Any = d - 1) -> Assertion:
    return equality(
        over(entry(i, k), (k, d)), s[i] + count * delta, DATA, given=(collapsed,), normal=canonical
    )


def _moment(power: int = 2) -> Assertion:
    """M_k(c)^2."""
    right = delta**2 * (over(c[j] ** 2, (j, d)) - c[k] ** 2) + s[k] ** power * c[k] ** 2
    return equality(
        over(c[j] ** 2 * entry(j, k) ** 2, (j, d)), right, DATA, given=(collapsed,), normal=canonical
    )


def _upper(factor: Any = None) -> Assertion:
    """U_k^2 <= d, with a = delta (1 - c_k), b = s_k c_k, n = d - 1 and delta^2 sum_{j != k} c_j^2 = a^2/n + x."""
    return inequality(
        (a + b) ** 2,
        (others + 1 if factor is None else factor) * (a**2 / others + square + b**2),
        (a - others * b) ** 2 / others + (others + 1) * square,
        {others: whole(1, 6), a: positive, b: positive, square: positive},
    )


entries, U_1, U_j = sympy.symbols("D U_1 U_j", positive=True)  # D is the denominator


def _least(numerator: Assertion) -> Assertion:
    """D <= U D, as U D = a + b and D^2 = a^2 - R + b^2."""
    names = {rest: a**2 + b**2 - entries**2}
    given = (lambda e: e.subs(names).subs(a, U_j * entries - b),)
    domain: Domain = {entries: positive, U_j: above_one}
    return rooted(numerator, entries, U_j * entries, domain, given=given)


def _most(numerator: Assertion) -> Assertion:
    """U D <= r D, as D^2 = a^2/n + x + b^2, r^2 = n + 1 = d."""
    given = (
        lambda e: e.subs(square, entries**2 - a**2 / others - b**2).subs(a, U_1 * entries - b),
        lambda e: e.subs(others, root_d**2 - 1),
    )
    domain: Domain = {entries: positive, root_d: above_one, U_1: lambda rng, at: at[root_d] * unit(rng, at)}
    return rooted(numerator, U_1 * entries, root_d * entries, domain, given=given)


def _cheapest(*bounds: Assertion, stretch: Any = None) -> Assertion:
    """F_j - F_1 with q = s_1 - delta > 0, s_j - delta = r q + h, U_1 = r - f, U_j = 1 + e; r = sqrt(d)."""
    gap = ((root_d if stretch is None else stretch) * spread + slack) * (1 + more) - spread * (root_d - less)
    because = root_d * spread * more + slack * (1 + more) + spread * less
    domain: Domain = {root_d: above_one, spread: positive, slack: unit, more: unit, less: unit}
    made = inequality(sympy.Integer(0), gap, because, domain)
    given = (lambda e: e.subs({U_1: root_d - less, U_j: 1 + more}),)
    return resting(made, *zip(bounds, (more * entries, less * entries), strict=False), given=given)


def _limit_from(start: list[Fraction], ratio: Fraction, where: str) -> Measured:
    rows = [[Fraction(1), Fraction(10)], [Fraction(10), Fraction(2)]]
    with digits(DIGITS):
        early, late = weights("adam-proxy", rows, (4000, 4001), lr=Fraction(1, 20), start=start)
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
    costs_ = equality(
        COST,
        delta * over(U[k], (k, d)) + (s[i] - delta) * U[i],
        {**margins, U: indexed(signed)},
        given=(collapsed,),
        normal=canonical,
    )
    numbers: Domain = {a: positive, b: positive, slack: positive, rest: positive}
    return told(
        __file__,
        "shifted-diagonal",
        steps={
            "row-norm": _entry_sum(),
            "ones": equality(
                over(one, (k, d)) - over(one * w[k], (k, d)),
                over(one * (1 - w[k]), (k, d)),
                margins,
                given=(collapsed,),
                normal=canonical,
            ),
            "vertex": equality(
                rule_output("adam-proxy", "u", -one / d, seen=one**2),
                -1 / d,
                {**margins, k: below(d)},
                normal=lambda e: algebraic(e.subs(one, square + 1)),
                kind="definition",
            ),
            "vertex-costs": equality(
                over(entry(i, k) - entry(first, k), (k, d)),
                s[i] - s[0],
                DATA,
                given=(collapsed,),
                normal=canonical,
            ),
            "numerator": equality(
                over(c[j] * entry(j, k), (j, d)),
                delta * (1 - c[k]) + s[k] * c[k],
                DATA,
                given=(collapsed, _simplex),
                normal=canonical,
            ),
            "denominator": _moment(),
            "costs": costs_,
            "at-least-one": inequality(a**2 - rest + b**2, (a + b) ** 2, rest + 2 * a * b, numbers),
            "at-most-root": _upper(),
            "least": follows(_least, "at-least-one"),
            "most": follows(_most, "at-most-root"),
            "cheapest": follows(_cheapest, "least", "most"),
            "only": follows(only_equilibrium, "costs", "cheapest"),
            "fixed-points": follows(
                together, *("row-norm", "ones", "vertex", "vertex-costs", "numerator", "denominator", "only")
            ),
        },
        wrong={
            "d for d - 1 entries delta": _entry_sum(d),
            "s_k for s_k^2 in the denominator": _moment(1),
            "U_k^2 <= d - 1": _upper(others),
            "a threshold of 1 for sqrt(d)": _cheapest(stretch=sympy.Rational(1, 2)),
            "1.001 for sqrt(d) in the interval": only_equilibrium(
                costs_, _cheapest(), sympy.Rational(1001, 1000)
            ),
        },
        measurements=(
            lambda: _limit_from([Fraction(0), Fraction(0)], Fraction(1), "(0, 0): the l_inf direction"),
            lambda: _limit_from(
                [Fraction(0), Fraction(1, 2)], Fraction(8, 9), "(0, 1/2): another fixed point"
            ),
        ),
    )


PLACE, CHAINS = 130, {"shifted-diagonal": shifted_diagonal}

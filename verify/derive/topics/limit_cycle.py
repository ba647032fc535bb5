"""Rows that are turned into each other: when the middle of the simplex repels, and a limit cycle."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import cache
from typing import Any

import mpmath
import sympy

from verify.certificate import check_document
from verify.data.dataset import Dataset
from verify.derive.analysis import expansion
from verify.derive.chain import Assertion, Chain, Finding, Measured
from verify.derive.definitions import rule_output
from verify.derive.evaluate import BITS, enclosure
from verify.derive.hypotheses import only_at, words
from verify.derive.joins import follows, together
from verify.derive.measure import DIGITS, agreement, number, weights
from verify.derive.points import Domain, signed
from verify.derive.prose import told
from verify.derive.roads import equality, instances
from verify.game.smooth.certify import equilibria_certificate
from verify.numbers.systems.balls import Order, around, ball, compare, precision
from verify.numbers.systems.mpf import MPF, digits
from verify.optimizers.optimizer import optimizer

a = sympy.symbols("a_0:3", real=True)
h = sympy.symbols("h_0:3", real=True)
t, u = sympy.symbols("t u", positive=True)
eps, root = sympy.Symbol("epsilon", real=True), sympy.Symbol("S", positive=True)

ENTRIES: Domain = dict.fromkeys(a, signed)
SUM, SQUARES = sum(a), sum(e**2 for e in a)

TURNED = words("the rows are turned into each other")
INSTANCE = (14, 2, -1)


def turned(first: Sequence[Any]) -> list[list[Any]]:
    """The three rows x_j[k] = a_{k-j}, indices modulo 3."""
    return [[first[(k - j) % 3] for k in range(3)] for j in range(3)]


def drift(rows: Sequence[Sequence[Any]], c: Sequence[Any]) -> list[Any]:
    """AdamProxy's U (its mean gradient's factor 1/N left out) at weights c."""
    return [
        -rule_output(
            "adam-proxy", "u", -sum(w * row[k] for w, row in zip(c, rows, strict=True)),
            seen=sum(w**2 * row[k] ** 2 for w, row in zip(c, rows, strict=True)),
        )
        for k in range(3)
    ]  # fmt: skip


def cost(rows: Sequence[Sequence[Any]], i: int, c: Sequence[Any]) -> Any:
    """F_i = x_i.U."""
    return sum(x * each for x, each in zip(rows[i], drift(rows, c), strict=True))


def slope(m: int) -> Any:
    """E_m = S^3 dF_0/dlog c_m at equal weights, S^2 the sum of squares."""
    return sum(a[k] * (SQUARES * a[(k - m) % 3] - SUM * a[(k - m) % 3] ** 2) for k in range(3))


E = [slope(m) for m in range(3)]
SLOPES = sympy.symbols("E_0:3", real=True)
LETTERS = dict(zip(SLOPES, E, strict=True))
PAIRS = ((0, 1), (1, 2), (2, 0))
GROWTH = sum(a[i] * a[j] * (a[i] - a[j]) ** 2 for i, j in PAIRS)
TURN = SUM * sympy.prod(a[i] - a[j] for i, j in PAIRS)


def _middle(power: int = 3) -> Assertion:
    """F_0 at log c = eps h, to first order."""
    F = cost(turned(a), 0, [sympy.exp(eps * each) for each in h])
    first = sum(each * e for each, e in zip(h, SLOPES, strict=True)) / root**power
    return expansion(
        F,
        eps,
        (SUM**2 / root, first),
        {**ENTRIES, **dict.fromkeys(h, signed)},
        normal=lambda e: sympy.expand(e.subs(SQUARES, root**2)),
        called=sympy.Symbol("F_0"),
        where={root: sympy.sqrt(SQUARES), **LETTERS},
    )


def _growth(halves: int = 3) -> Assertion:
    """The real part of the eigenvalue."""
    real = -(SLOPES[0] - SLOPES[1] / 2 - SLOPES[2] / 2)
    right = sympy.Rational(halves, 2) * GROWTH
    return equality(real, right, ENTRIES, normal=sympy.expand, where=LETTERS)


def _corner(rows: int = 3) -> Assertion:
    """Three times the excess of the corner's own cost over the mean cost there."""
    signs = [sympy.sign(each) for each in a]
    costs = [sum(s * x for s, x in zip(signs, row, strict=True)) for row in turned(a)]
    return equality(
        3 * costs[0] - sum(costs), rows * sum(sympy.Abs(each) for each in a) - SUM * sum(signs), ENTRIES,
        normal=lambda e: sympy.expand(e.replace(sympy.Abs, lambda each: each * sympy.sign(each))),
    )  # fmt: skip


def _only_one(entries: tuple[int, int, int] = INSTANCE) -> Assertion:
    """No other equilibrium: the certificate's checker; and resultants inside, balls on the edges."""
    rows = turned(entries)

    def checked() -> Finding:
        data = Dataset("turned", tuple(tuple(map(Fraction, row)) for row in rows))
        opt = optimizer("adam-proxy")
        found = check_document(equilibria_certificate(data, opt, [[1 / 3] * 3]), data.rows)
        return Finding(found.valid, f"the certificate's checker: {'valid' if found.valid else found.why}")

    def exactly() -> Finding:
        """Inside all costs are equal, so U is a multiple of (1, 1, 1): two quartics in t and u."""
        c = (sympy.Integer(1), t, u)
        sums = [sum(w * row[k] for w, row in zip(c, rows, strict=True)) for k in range(3)]
        squares = [sum(w**2 * row[k] ** 2 for w, row in zip(c, rows, strict=True)) for k in range(3)]
        first, second = (sums[0] ** 2 * squares[k] - sums[k] ** 2 * squares[0] for k in (1, 2))
        for variable, other in ((t, u), (u, t)):
            resultant = sympy.Poly(sympy.resultant(first, second, variable), other)
            roots = {x for x in sympy.real_roots(resultant) if x > 0}
            if roots != {1}:
                return Finding(False, f"inside the simplex: roots {sorted(roots)} of the resultant")
        for k in range(EDGE_PARTS):
            if not _edge_free(rows, k):
                return Finding(False, f"the edge of rows 0 and 1, part {k} of {EDGE_PARTS}")
        return Finding(True, "resultants' positive roots inside; balls on the edge of rows 0 and 1")

    return instances(f"for a = {entries} equal weights are the only equilibrium", checked, exactly)


EDGE_PARTS = 256


def _edge_free(rows: Sequence[Sequence[int]], part: int) -> bool:
    """Whether no equilibrium has weights (1 - s, s, 0) with s in a part of [0, 1]: costs of rows 0 and 1 that differ
    where both have weight, a cheaper row anyhow."""
    s = sympy.Symbol("s")
    with precision(BITS):
        half = ball(Fraction(1, 2 * EDGE_PARTS))
        at = {s: around(ball(Fraction(2 * part + 1, 2 * EDGE_PARTS)), half)}
        F = [enclosure(cost(rows, i, (1 - s, s, sympy.Integer(0))), at) for i in range(3)]
        own = [F[0]] if part == 0 else [F[1]] if part == EDGE_PARTS - 1 else F[:2]
        cheaper = all(any(compare(F[j], f) is Order.LESS for j in range(3)) for f in own)
        return cheaper or compare(F[0], F[1]) in (Order.LESS, Order.GREATER)


def _eigenvalue(imaginary: bool) -> Measured:
    """How the Fourier part of log c grows in a step of a run from beside the middle."""
    eta = Fraction(1, 100)
    rows = [[Fraction(e) for e in row] for row in turned(INSTANCE)]
    with digits(DIGITS):
        turn = mpmath.expjpi(number(Fraction(2, 3)))
        start = [part * Fraction(1, 10**40) for part in (Fraction(1), Fraction(-2), Fraction(1, 3))]

        def part(w: Sequence[Any]) -> Any:
            margins = [sum((number(x) * e for x, e in zip(row, w, strict=True)), number(0)) for row in rows]
            # Left and right parts mix in a real vector; the one below belongs to the eigenvalue of this chain.
            return -sum((margins[i] * turn ** (-i) for i in range(3)), number(0))

        before, after = map(part, weights("adam-proxy", rows, (10, 11), lr=eta, start=start))
        measured = (after / before - 1) / number(eta) * 3
        values = dict(zip(a, INSTANCE, strict=True))
        scale = MPF.sqrt(number(int(SQUARES.subs(values)))) ** 3
        if imaginary:
            name, seen = "imaginary", mpmath.im(measured)
            predicted = -MPF.sqrt(number(3)) / 2 * number(int((E[1] - E[2]).subs(values))) / scale
        else:
            name, seen = "real", mpmath.re(measured)
            predicted = number(Fraction(3, 2)) * number(int(GROWTH.subs(values))) / scale
        # The distance is 1e-39 by then, and the rest of second order in it.
        return agreement(
            f"{name} part of the eigenvalue, a = {INSTANCE}", predicted, seen, number(Fraction(1, 10**30)),
            "steps 10 to 11 at eta = 1/100, 1e-40 from the middle",
        )  # fmt: skip


@cache
def limit_cycle() -> Chain:
    """Circulant rows: lambda in closed form; an instance with a limit cycle."""
    return told(
        __file__,
        "limit-cycle",
        steps={
            "cost": _middle().under(only_at(3, 3), TURNED),
            "slopes": equality(sum(SLOPES), 0, ENTRIES, normal=sympy.expand, where=LETTERS),
            "real-part": _growth(),
            "products": equality(
                GROWTH, SUM * sum(e**3 for e in a) - SQUARES**2, ENTRIES, normal=sympy.expand
            ),
            "imaginary-part": equality(
                SLOPES[1] - SLOPES[2], TURN, ENTRIES, normal=sympy.expand, where=LETTERS
            ),
            "corners": _corner(),
            "instance": _only_one(),
            "repels": follows(
                together,
                *("cost", "slopes", "real-part", "products", "imaginary-part", "corners", "instance"),
            ),
        },
        wrong={
            "S^2 for S^3": _middle(power=2),
            "1 for 3/2": _growth(2),
            "2 for 3 at the corner": _corner(rows=2),
            "positive entries, where the corners are equilibria too": _only_one((5, 2, 1)),
        },
        measurements=(lambda: _eigenvalue(False), lambda: _eigenvalue(True)),
    )


PLACE, CHAINS = 150, {"limit-cycle": limit_cycle}

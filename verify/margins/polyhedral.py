"""The l1 and linf margins: an exact linear program, then the whole face of maximizers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import gcd
from typing import Literal

from flint import fmpq, fmpz, fmpz_mat

from verify.margins.rows import Rows, Vector
from verify.numbers.linear.rational import Scaled, from_flint, integer_rank
from verify.numbers.lp.exact import Status, solve_lp

Polyhedral = Literal["l1", "linf"]


@dataclass(frozen=True)
class Optimum:
    """A primal and a dual optimum: margin, maximizer ``w`` (d) of norm 1, weights ``c`` (N)."""

    margin: Fraction
    w: Scaled
    c: Scaled


def solve(rows: Rows, norm: Polyhedral) -> Optimum:
    """The margin with one maximizer and one dual; margin 0 (and X'c = 0) where the data are not separable."""
    return _solve_linf(rows) if norm == "linf" else _solve_l1(rows)


def _solve_linf(rows: Rows) -> Optimum:
    """Maximize g subject to x_i.w >= g, -1 <= w <= 1; each row in integers, so times its scale."""
    n, d = rows.n, rows.d
    solution = solve_lp(
        c=[0] * d + [-1],
        A=[[*line, -scale] for line, scale in zip(rows.lines, rows.scales, strict=True)],
        row_lower=[0] * n,
        row_upper=[None] * n,
        lower=[-1] * d + [None],
        upper=[1] * d + [None],
    )
    x, y = solution.scaled_x, solution.scaled_y
    margin = from_flint(fmpq(x.numerators[d], x.denominator))
    c = [entry * scale for entry, scale in zip(y.numerators, rows.scales, strict=True)]
    return Optimum(margin, Scaled(x.numerators[:d], x.denominator), Scaled(c, y.denominator))


def _solve_l1(rows: Rows) -> Optimum:
    """Maximize sum(c) subject to |X'c| <= 1, c >= 0: the dual of: minimize ||w||_1 subject to x_i.w >= 1.

    (Splitting w = u - v in the latter would double the matrix.) The row duals are -w, and both optima are
    1/margin. Unbounded: along a c with X'c = 0. The variables are c_i / scale_i, for integer rows.
    """
    n, d = rows.n, rows.d
    solution = solve_lp(
        c=[-scale for scale in rows.scales],
        A=list(zip(*rows.lines, strict=True)),
        row_lower=[-1] * d,
        row_upper=[1] * d,
        lower=[0] * n,
        upper=[None] * n,
    )
    unbounded = solution.status is Status.UNBOUNDED
    found = solution.scaled_ray if unbounded else solution.scaled_x
    c = [entry * scale for entry, scale in zip(found.numerators, rows.scales, strict=True)]
    weights = Scaled(c, sum(c, fmpz(0)))
    if unbounded:
        return Optimum(Fraction(0), Scaled([fmpz(0)] * d, fmpz(1)), weights)
    assert solution.objective is not None
    w = [-entry for entry in solution.scaled_y.numerators]
    return Optimum(-1 / solution.objective, Scaled(w, sum(map(abs, w), fmpz(0))), weights)


def describe_face(rows: Rows, norm: Polyhedral, optimum: Optimum) -> tuple[Optimum, tuple[Vector, ...]]:
    """An optimum whose w lies inside the face of maximizers, and a basis of the directions of that face.

    Every maximizer agrees with w in the columns that the dual holds, and is tight on the rows of positive
    weight. If these equations leave no direction, w is the only one. Otherwise one more linear program pushes
    w off every bound that some maximizer leaves, and its duals put weight on the others: a strictly
    complementary pair, at which the same equations span the face.
    """
    support, free = holding(rows, norm, optimum)
    equations = rows.part(support, free)
    if integer_rank(equations) == len(free):
        return optimum, ()
    optimum = strictly_complementary(rows, norm, optimum)
    support, free = holding(rows, norm, optimum)
    return optimum, null_space(rows.d, free, rows.part(support, free))


def holding(rows: Rows, norm: Polyhedral, optimum: Optimum) -> tuple[list[int], list[int]]:
    """The rows of positive weight, and the columns in which the dual lets maximizers differ."""
    support = [i for i, weight in enumerate(optimum.c.numerators) if weight]
    p = rows.combination(optimum.c).numerators
    if norm == "linf":  # w_k = sign p_k wherever p_k is not 0
        return support, [k for k, entry in enumerate(p) if entry == 0]
    largest = max(map(abs, p))  # it is the margin, and w_k = 0 elsewhere
    return support, [k for k, entry in enumerate(p) if abs(entry) == largest]


def strictly_complementary(rows: Rows, norm: Polyhedral, optimum: Optimum) -> Optimum:
    """A maximizer and a dual of which, in each inequality, one is strict.

    Variables: a direction v in the free columns, and t_j in [0, 1] for each inequality j that is tight at w
    and has multiplier 0. Maximize sum t_j subject to a_j.v >= t_j, and x_i.v = 0 for rows of positive weight.
    Directions form a cone, so each t_j ends at 1 (some maximizer leaves j) or at 0 (none does, and then the
    multiplier of j is at least 1).
    """
    support, free = holding(rows, norm, optimum)
    margins = rows.products(optimum.w)
    tight = [
        i for i, margin in enumerate(margins) if margin == optimum.margin and not optimum.c.numerators[i]
    ]
    inward = bounds_met(rows, norm, optimum, free)
    equations = [[rows.lines[i][k] for k in free] for i in support]
    inequalities = [[rows.lines[i][k] for k in free] for i in tight]
    inequalities += [[inward[k] if k == j else 0 for k in free] for j in inward]
    count = len(inequalities)
    solution = solve_lp(
        c=[0] * len(free) + [-1] * count,
        A=[(*row, *[0] * count) for row in equations]
        + [(*row, *(-int(i == j) for j in range(count))) for i, row in enumerate(inequalities)],
        row_lower=[0] * (len(support) + count),
        row_upper=[0] * len(support) + [None] * count,
        lower=[None] * len(free) + [0] * count,
        upper=[None] * len(free) + [1] * count,
    )
    v = [Fraction(0)] * rows.d
    for k, entry in zip(free, solution.x, strict=False):
        v[k] = entry
    y = [Fraction(0)] * rows.n
    for i, entry in zip([*support, *tight], solution.y, strict=False):
        y[i] = entry * rows.scales[i]
    return shifted(rows, norm, optimum, v, y)


def bounds_met(rows: Rows, norm: Polyhedral, optimum: Optimum, free: Sequence[int]) -> dict[int, int]:
    """The free columns in which w is at a bound, each with the sign of v_k that leads inwards."""
    w, one = optimum.w.numerators, optimum.w.denominator
    if norm == "linf":
        return {k: -1 if w[k] > 0 else 1 for k in free if abs(w[k]) == one}
    p = rows.combination(optimum.c).numerators
    return {k: 1 if p[k] > 0 else -1 for k in free if not w[k]}


def shifted(
    rows: Rows, norm: Polyhedral, optimum: Optimum, v: Sequence[Fraction], y: Sequence[Fraction]
) -> Optimum:
    """The optimum at w + s v and c + t y (normalized), with s, t > 0 small enough to keep what is strict."""
    w, c, margin = optimum.w.fractions(), optimum.c.fractions(), optimum.margin
    before, rate = rows.products(optimum.w), rows.products(Scaled.of(v))
    slack = [(a - margin, b) for a, b in zip(before, rate, strict=True)]
    p, q = rows.combination(optimum.c).fractions(), rows.combination(Scaled.of(y)).fractions()
    if norm == "linf":
        slack += [(1 - sign * a, -sign * b) for a, b in zip(w, v, strict=True) for sign in (1, -1)]
        dual_slack = [(abs(a), b if a > 0 else -b) for a, b in zip(p, q, strict=True) if a]
    else:
        slack += [(abs(a), b if a > 0 else -b) for a, b in zip(w, v, strict=True) if a]
        dual_slack = [(margin - sign * a, -sign * b) for a, b in zip(p, q, strict=True) for sign in (1, -1)]
    dual_slack += list(zip(c, y, strict=True))
    s, t = half_way(slack), half_way(dual_slack)
    weights = [a + t * b for a, b in zip(c, y, strict=True)]
    total = sum(weights, Fraction(0))
    return Optimum(
        margin,
        Scaled.of([a + s * b for a, b in zip(w, v, strict=True)]),
        Scaled.of([weight / total for weight in weights]),
    )


def half_way(slack: Sequence[tuple[Fraction, Fraction]]) -> Fraction:
    """A step, at most 1, that takes at most half of each positive slack whose rate of change is negative."""
    return min([Fraction(1), *(-gap / rate / 2 for gap, rate in slack if gap > 0 > rate)])


def null_space(d: int, free: Sequence[int], equations: fmpz_mat) -> tuple[Vector, ...]:
    """A basis, in coprime integers, of the v in R^d that vanish outside ``free`` and solve equations v = 0 there."""
    columns, dimension = equations.nullspace()
    if not dimension:  # FLINT 3.3 ends the process where it is to reduce nothing
        return ()
    basis = fmpz_mat([[columns[k, j] for k in range(len(free))] for j in range(dimension)]).lll()
    result = []
    for line in basis.tolist():
        leading = next(int(entry) for entry in line if entry)
        content = gcd(*map(int, line)) * (1 if leading > 0 else -1)
        v = [Fraction(0)] * d
        for k, entry in zip(free, line, strict=True):
            v[k] = Fraction(int(entry) // content)
        result.append(tuple(v))
    return tuple(result)

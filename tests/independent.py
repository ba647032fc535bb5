"""What a certificate claims, once more: by fractions, mpmath and NumPy, with nothing of the checker or the engines.

Small data only: vertices, supports and faces are enumerated. Every function answers whether the claim is true.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from itertools import combinations, pairwise
from typing import Any

import numpy as np
from mpmath import exp, log, matrix, mp, mpf, sqrt
from scipy.optimize import linprog

Claim = dict[str, Any]
Vector = list[Fraction]
Rows = list[Vector]


def numbers(texts: Any) -> Any:
    """Rational numbers from text, in whatever lists they stand."""
    return [numbers(text) for text in texts] if isinstance(texts, list) else Fraction(texts)


def is_true(document: Claim) -> bool:
    """Whether the claim of a document holds for its data."""
    before = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(0)
    try:
        rows, classes = rows_of(document["data"])
        with mp.workdps(120):
            return bool(KINDS[document["claim"]["kind"]](rows, document["claim"] | {"classes": classes}))
    finally:
        sys.set_int_max_str_digits(before)


def rows_of(data: Any) -> tuple[Rows, int]:
    """The rows of a document, and how many classes there are: x in the block of its sample's class, and -x in that of
    another one. Rows without samples are of two classes; a sample owns one row less than there are classes."""
    if "rows" in data:
        return numbers(data["rows"]), 2
    k, rows = int(data["classes"]), []
    for x, label in zip(numbers(data["samples"]), map(int, data["labels"]), strict=True):
        for other in range(k):
            if other != label:
                signs = {label: 1, other: -1}
                rows.append([signs.get(block, 0) * entry for block in range(k) for entry in x])
    return rows, k


def dot(a: Sequence[Any], b: Sequence[Any]) -> Any:
    return sum((x * y for x, y in zip(a, b, strict=True)), 0 * a[0])


def solved(A: Rows, b: Vector) -> Vector | None:
    """The solution of a square system, None if it is singular."""
    rows = [[*row, entry] for row, entry in zip(A, b, strict=True)]
    for k in range(len(rows)):
        pivot = next((i for i in range(k, len(rows)) if rows[i][k]), None)
        if pivot is None:
            return None
        rows[k], rows[pivot] = rows[pivot], rows[k]
        rows[k] = [x / rows[k][k] for x in rows[k]]
        for i, row in enumerate(rows):
            if i != k and row[k]:
                rows[i] = [x - row[k] * y for x, y in zip(row, rows[k], strict=True)]
    return [row[-1] for row in rows]


def rank(vectors: Rows) -> int:
    """The dimension of the span."""
    rows, found = [list(v) for v in vectors], 0
    for k in range(len(rows[0]) if rows else 0):
        pivot = next((row for row in rows if row[k]), None)
        if pivot is not None:
            rows.remove(pivot)
            rows = [[x - row[k] / pivot[k] * y for x, y in zip(row, pivot, strict=True)] for row in rows]
            found += 1
    return found


# --- separation and margins ---------------------------------------------------------------------------


def separable(rows: Rows, claim: Claim) -> bool:
    return all(dot(row, numbers(claim["separator"])) > 0 for row in rows)


def not_separable(rows: Rows, claim: Claim) -> bool:
    c = numbers(claim["weights"])
    convex = all(weight >= 0 for weight in c) and sum(c) == 1
    return convex and not any(dot(c, column) for column in zip(*rows, strict=True))


def least_norm(rows: list[list[Any]], solve: Callable[..., Any], slack: Any) -> list[Any] | None:
    """The w of least l2 norm with x_i.w >= 1: from each support in turn, w = A'a with AA'a = 1 and a >= 0."""
    for size in range(1, len(rows) + 1):
        for support in combinations(rows, size):
            a = solve([[dot(x, y) for y in support] for x in support], [1 + 0 * support[0][0]] * size)
            if a is not None and min(a) >= 0:
                w = [dot(a, column) for column in zip(*support, strict=True)]
                if all(dot(row, w) >= 1 - slack for row in rows):
                    return w
    return None


def l2_margin(rows: Rows, claim: Claim) -> bool:
    w = least_norm(rows, solved, Fraction(0))
    return (
        w is not None
        and numbers(claim["maximizer"]) == w
        and Fraction(claim["margin_squared"]) == 1 / dot(w, w)
    )


def corners(facets: Rows, rows: Rows) -> Iterator[Vector]:
    """The vertices (w, t) of {f.w <= 1 for the facets f, x_i.w >= t, t >= 0}."""
    d = len(rows[0])
    walls = [([*f, Fraction(0)], Fraction(1)) for f in facets]
    walls += [([*(-x for x in row), Fraction(1)], Fraction(0)) for row in rows]
    walls.append(([*[Fraction(0)] * d, Fraction(-1)], Fraction(0)))
    for chosen in combinations(walls, d + 1):
        corner = solved([list(a) for a, _ in chosen], [b for _, b in chosen])
        if corner is not None and all(dot(a, corner) <= b for a, b in walls):
            yield corner


def polyhedral_margin(facets: Callable[[int], Rows]) -> Callable[[Rows, Claim], bool]:
    """The margin in a norm whose unit ball has these facets; all of its maximizers from the vertices."""

    def check(rows: Rows, claim: Claim) -> bool:
        ball = facets(len(rows[0]))
        found = list(corners(ball, rows))
        margin = max(corner[-1] for corner in found)
        best = [corner[:-1] for corner in found if corner[-1] == margin]
        w, face = numbers(claim["maximizer"]), numbers(claim["face"])
        attained = all(dot(f, w) <= 1 for f in ball) and min(dot(row, w) for row in rows) == margin
        spread = [[x - y for x, y in zip(v, best[0], strict=True)] for v in best[1:]]
        same_span = rank(spread) == rank(face) == len(face) == rank([*face, *spread])
        return margin > 0 and Fraction(claim["margin"]) == margin and attained and same_span

    return check


def cube(d: int) -> Rows:
    return [[Fraction(sign * (i == k)) for i in range(d)] for k in range(d) for sign in (1, -1)]


def cross(d: int) -> Rows:
    return [[Fraction(-1 if bits >> k & 1 else 1) for k in range(d)] for bits in range(2**d)]


def real(value: Fraction) -> mpf:
    return mpf(value.numerator) / value.denominator


def reals(values: Sequence[Fraction]) -> list[mpf]:
    return [real(value) for value in values]


def solved_reals(A: list[list[mpf]], b: list[mpf]) -> list[mpf] | None:
    try:
        return list(mp.lu_solve(matrix(A), matrix(b)))
    except ZeroDivisionError:
        return None


def mahalanobis(rows: Rows, claim: Claim) -> bool:
    c = numbers(claim["metric"])
    if not (all(weight >= 0 for weight in c) and sum(c) == 1):
        return False
    M = [
        sqrt(real(sum((w * row[k]) ** 2 for w, row in zip(c, rows, strict=True))))
        for k in range(len(rows[0]))
    ]
    if not all(M):
        return False
    scaled = [[real(x) / sqrt(m) for x, m in zip(row, M, strict=True)] for row in rows]
    y = least_norm(scaled, solved_reals, mpf(10) ** -100)
    if y is None:
        return False
    squared = 1 / dot(y, y)
    away = [sqrt(m) * real(w) - v for m, w, v in zip(M, numbers(claim["maximizer"]), y, strict=True)]
    low, high, radius = (
        real(Fraction(claim[name]))
        for name in ("margin_squared_low", "margin_squared_high", "radius_squared")
    )
    # What is computed here is good to a hundred digits; enclosures that are exact to the last are not refuted by that.
    little = mpf(10) ** -95
    return bool(
        low <= squared * (1 + little)
        and squared * (1 - little) <= high
        and dot(away, away) <= radius + little
    )


# --- margins of matrices ------------------------------------------------------------------------------

# A claimed upper bound is confirmed by weights whose bound is at most this share above it, from computations in
# doubles, which are off by some 1e-15; within that share a false one is not noticed.
SLACK, STEPS = 1e-12, 30_000


def matrix_margin(rows: Rows, claim: Claim) -> bool:
    """The maximizer's norm to a hundred digits and its margins exactly; the upper bound by another solution."""
    k, norm = claim["classes"], claim["norm"]
    shape, W = (k, len(rows[0]) // k), numbers(claim["maximizer"])
    low, high = Fraction(claim["margin_low"]), Fraction(claim["margin_high"])
    values = mp.svd_r(
        matrix([reals(W[i : i + shape[1]]) for i in range(0, len(W), shape[1])]), compute_uv=False
    )
    size, margins = max(values) if norm == "spectral" else sum(values), [dot(row, W) for row in rows]
    if size > 1 + mpf(10) ** -100 or not min(margins) >= low > 0:
        return False
    # What bounds the margin of some rows bounds that of all; those that are far from the boundary may be no doubles.
    near = [row for row, margin in zip(rows, margins, strict=True) if margin < 1000 * min(margins)]
    return is_bound(
        np.array([[float(x) for x in row] for row in near]), shape, norm, float(min(high, 10**300))
    )


def is_bound(R: Any, shape: tuple[int, int], norm: str, high: float) -> bool:
    """Whether no W of norm 1 has margins R.W above ``high``: by a game of W against weights of the rows, each of which
    goes along its slope and back into its ball or simplex, until one of them decides."""
    most = high * (1 + SLACK)

    def split(W: Any) -> Any:
        return np.linalg.svd(W.reshape(shape), full_matrices=False)

    def inside(W: Any) -> Any:
        u, s, v = split(W)
        s = np.minimum(s, 1) if norm == "spectral" or s.sum() <= 1 else onto_simplex(s)
        return (u * s @ v).ravel()

    step = 1 / np.linalg.norm(R, 2)
    W, c = np.zeros(R.shape[1]), np.full(len(R), 1 / len(R))
    for _ in range(STEPS):
        ahead = inside(W + step * (c @ R))
        c, W = onto_simplex(c - step * (R @ (2 * ahead - W))), ahead
        dual = split(c @ R)[1]
        if (dual.sum() if norm == "spectral" else dual[0]) <= most:
            return True
        if (R @ W).min() > most:
            return False
    return False


def onto_simplex(v: Any) -> Any:
    """The nearest point of the simplex."""
    falling = np.sort(v)[::-1]
    levels = (np.cumsum(falling) - 1) / np.arange(1, len(v) + 1)
    return np.maximum(v - levels[np.flatnonzero(falling > levels)[-1]], 0)


# --- equilibria ---------------------------------------------------------------------------------------


def drift_of_proxy(rows: list[list[mpf]], c: list[mpf]) -> list[mpf]:
    parts = [[weight * x for x in row] for weight, row in zip(c, rows, strict=True)]
    return [sum(column) / sqrt(dot(column, column)) for column in zip(*parts, strict=True)]


Drift = Callable[[list[list[mpf]], list[mpf]], list[mpf]]


def step_of_rule(rule: Claim) -> Callable[..., tuple[mpf, list[mpf]]]:
    """The carried program: (g, seen, states) to the update and the states after."""
    names = [name for name, _ in rule["states"]]
    hyper = {name: real(Fraction(value)) for name, value in rule["hyper"].items()}
    functions = {
        "+": lambda a, b: a + b,
        "-": lambda a, b=None: -a if b is None else a - b,
        "*": lambda a, b: a * b,
        "/": lambda a, b: (
            mpf(0) if a == b == 0 else a / b if b else mpf("nan")
        ),  # in a line that nothing uses
        "sqrt": sqrt,
        "sign": lambda a: mpf((a > 0) - (a < 0)),
        "abs": abs,
        "max": max,
        "exp": exp,
        "log": log,
        "softplus": lambda a: log(1 + exp(a)),
    }

    def step(g: mpf, seen: mpf, s: list[mpf]) -> tuple[mpf, list[mpf]]:
        given = {"g": g, "z": g, "seen": seen, **hyper, **dict(zip(names, s, strict=True))}
        values: list[mpf] = []
        for op, *args in rule["program"]:
            if op == "input":
                values.append(given[args[0]])
            elif op == "constant":
                values.append(real(Fraction(args[0])))
            else:
                values.append(functions[op](*(values[int(i)] for i in args)))
        return values[int(rule["update"])], [values[int(i)] for i in rule["after"]]

    return step


def updates(step: Callable[..., Any], states: int, batches: list[tuple[mpf, mpf]]) -> list[mpf]:
    """What each step of an epoch does on frozen gradients. Epochs from states of 1 and 2 tell what is kept of a state,
    so the periodic one; once more for each state, so that those that others need are known when these are asked."""

    def epoch(s: list[mpf]) -> tuple[list[mpf], list[mpf]]:
        found = []
        for g, seen in batches:
            u, s = step(g, seen, s)
            found.append(u)
        return found, s

    s = [mpf(1)] * states
    for _ in range(states):
        for i in range(states):
            ends = [epoch([*s[:i], mpf(start), *s[i + 1 :]])[1][i] for start in (1, 2)]
            kept = ends[1] - ends[0]
            s[i] = (ends[0] - kept) / (1 - kept)
    return epoch(s)[0]


def drift_of_rule(claim: Claim) -> Drift:
    """U, by the program itself."""
    rule, size, owned = claim["rule"], int(claim["batch_size"]), claim["classes"] - 1
    step, names = step_of_rule(rule), rule["states"]

    def column(batches: list[tuple[mpf, mpf]]) -> mpf:
        return -sum(updates(step, len(names), batches)) / len(batches)

    def drift(rows: list[list[mpf]], c: list[mpf]) -> list[mpf]:
        moves = [[-weight * x for x in row] for weight, row in zip(c, rows, strict=True)]
        owners = [moves[i : i + owned] for i in range(0, len(rows), owned)]
        terms = [[sum(column) for column in zip(*own, strict=True)] for own in owners]
        parts = [terms[i : i + size] for i in range(0, len(terms), size)]
        means = [[sum(column) / len(part) for column in zip(*part, strict=True)] for part in parts]
        U = []
        for k in range(len(rows[0])):
            seen = {
                "nothing": lambda p: mpf(0),
                "squares": lambda p, k=k: sum(term[k] ** 2 for term in parts[p]),
                "norm": lambda p: sqrt(dot(means[p], means[p])),
            }[rule["reads"]]
            U.append(column([(means[p][k], seen(p)) for p in range(len(parts))]))
        return U

    return drift


def fades(rule: Claim) -> bool:
    """Whether a second step without gradient has a smaller update than the first, from states of 1."""
    step, zero = step_of_rule(rule), mpf(0)
    first, s = step(zero, zero, [mpf(1)] * len(rule["states"]))
    second, _ = step(zero, zero, s)
    return first == 0 or abs(second) < abs(first)


def game(claim: Claim) -> Drift | None:
    """U of the claim's game; None where its update does not fade, so that there is none."""
    return drift_of_rule(claim) if fades(claim["rule"]) else None


def costs(drift: Drift, rows: list[list[mpf]], c: list[mpf]) -> list[mpf]:
    U = drift(rows, c)
    return [dot(row, U) for row in rows]


def exact_point(rows: Rows, claim: Claim) -> bool:
    """Equal costs to a hundred digits; of such small data no two differ by less without being equal."""
    c = numbers(claim["point"])
    if not (all(weight >= 0 for weight in c) and sum(c) == 1):
        return False
    try:
        F = costs(drift_of_proxy, [reals(row) for row in rows], reals(c))
    except ZeroDivisionError:
        return False
    least, little = min(F), mpf(10) ** -100
    return least > 0 and all(cost - least < little for cost, weight in zip(F, c, strict=True) if weight)


def edge_zeros(drift: Drift, rows: list[list[mpf]], i: int, j: int) -> list[mpf]:
    """The ratios r = c_j / c_i at which rows i and j cost the same, from 1e-9 to 1e9: sign changes on a fine grid."""

    def gap(r: mpf) -> mpf:
        c = [mpf(0)] * len(rows)
        c[i], c[j] = mpf(1), r
        F = costs(drift, rows, c)
        return F[j] - F[i]

    if not all(any(column) for column in zip(rows[i], rows[j], strict=True)):
        return []  # U has no value on this edge
    with mp.workdps(25):
        grid = [mpf(10) ** (mpf(k) / 40) for k in range(-360, 361)]
        values = [gap(r) for r in grid]
        brackets = [pair for pair, (a, b) in zip(pairwise(grid), pairwise(values), strict=True) if a * b < 0]
    return [mp.findroot(gap, bracket, solver="anderson", tol=mpf(10) ** -150) for bracket in brackets]


def equilibria(drift: Drift, rows: list[list[mpf]]) -> list[list[mpf]]:
    """All equilibria with one or two rows in the support, of positive cost."""
    n, candidates = len(rows), []
    for i in range(n):
        candidates.append([mpf(k == i) for k in range(n)])
        for j in range(i):
            for r in edge_zeros(drift, rows, i, j):
                total = 1 + r
                candidates.append([{i: 1 / total, j: r / total}.get(k, mpf(0)) for k in range(n)])
    found = []
    for c in candidates:
        try:
            F = costs(drift, rows, c)
        except ZeroDivisionError:  # U has no value there, so no claim speaks of it
            continue
        base = next(F[k] for k in range(n) if c[k])
        if base > 0 and all(F[k] > base - mpf(10) ** -60 for k in range(n)):
            found.append(c)
    return found


def lies_in(point: Claim, c: list[mpf], U: list[mpf]) -> bool:
    """Whether the point's box holds the weights c, with its support, and its direction is U's."""
    center, radius = reals(numbers(point["center"])), real(Fraction(point["radius"]))
    if any((a == 0) != (b == 0) or abs(a - b) > radius for a, b in zip(center, c, strict=True)):
        return False
    return is_along(point, U)


def is_along(point: Claim, U: list[mpf]) -> bool:
    """Whether the point's direction is U's."""
    length = sqrt(dot(U, U))
    gaps = [u / length - v for u, v in zip(U, reals(numbers(point["direction"])), strict=True)]
    return bool(sqrt(dot(gaps, gaps)) <= real(Fraction(point["direction_radius"])))


def boxes(rows: Rows, claim: Claim) -> bool:
    """Each box holds one equilibrium; a list's boxes hold all that there are, in different boxes."""
    drift = game(claim)
    if drift is None:
        return False
    X = [reals(row) for row in rows]
    found = [(c, drift(X, c)) for c in equilibria(drift, X)]
    points = claim.get("points", [claim])
    held = [[k for k, (c, U) in enumerate(found) if lies_in(point, c, U)] for point in points]
    if any(len(inside) != 1 for inside in held):
        return False
    if claim.get("complete") == "no":
        return len({inside[0] for inside in held}) == len(held)
    return "points" not in claim or sorted(inside[0] for inside in held) == list(range(len(found)))


# --- levels -------------------------------------------------------------------------------------------

# Parts of a box's width in which a difference of costs is looked at for changes of sign. Their number is odd: the
# middle, where it may be 0 to the last digit, is no end of a part.
PARTS = 41


def levels(rows: Rows, claim: Claim) -> bool:
    """Each box holds one equilibrium with levels; one or two rows of each level have weight."""
    drift, X = game(claim), [reals(row) for row in rows]
    alone = claim["rule"]["reads"] == "norm"
    return drift is not None and all(
        has_levels(drift, X, point) and (len(point["levels"]) == 1 or not alone) for point in claim["points"]
    )


def has_levels(drift: Drift, X: list[list[mpf]], point: Claim) -> bool:
    """The weights of one level after the other, which decides U in the columns that it is the first to see."""
    n, d = len(X), len(X[0])
    U, owner, weighed, least = [mpf(0)] * d, dict[int, int](), list[int](), [mpf(0)]
    for level, center in enumerate(numbers(point["levels"])):
        support = [i for i, weight in enumerate(center) if weight]
        columns = [k for k in range(d) if k not in owner and any(X[i][k] for i in support)]
        own, before = [[row[k] for k in columns] for row in X], [dot(row, U) for row in X]

        def costs_at(c: list[mpf], own: Any = own, before: Any = before) -> list[mpf]:
            return [a + b for a, b in zip(before, costs(drift, own, c), strict=True)] if own[0] else before

        c = evened(costs_at, center, Fraction(point["radius"]), point["stability"])
        if c is None:
            return False
        for k, u in zip(columns, drift(own, c), strict=True):
            U[k] = u
        owner |= dict.fromkeys(columns, level)
        weighed += support
        least.append(dot(X[support[0]], U))
    seen = [{owner.get(k) for k, entry in enumerate(row) if entry} for row in X]
    if len(set(weighed)) < len(weighed) or any(None in deciding or not deciding for deciding in seen):
        return False
    slack = [dot(X[i], U) - least[level + 1] for i in range(n) if i not in weighed for level in seen[i]]
    return all(a < b for a, b in pairwise(least)) and min(slack, default=mpf(1)) > 0 and is_along(point, U)


def evened(
    costs_at: Callable[[list[mpf]], list[mpf]], center: Vector, radius: Fraction, word: str
) -> list[mpf] | None:
    """The only weights of a level within the radius of its center at which its rows cost the same; None if there are
    none or more, or if deviations from them grow though the word for stability denies it."""
    support = [i for i, weight in enumerate(center) if weight]
    if sum(center) != 1 or not 1 <= len(support) <= 2 or min(center[i] for i in support) <= radius:
        return None
    first, last = support[0], support[-1]

    def weights(r: mpf, rest: mpf) -> list[mpf]:
        return [{first: rest, last: r}.get(i, mpf(0)) for i in range(len(center))]

    def gap(r: mpf, rest: mpf | None = None) -> mpf:
        F = costs_at(weights(r, 1 - r if rest is None else rest))
        return F[last] - F[first]

    if first == last:
        return weights(mpf(1), mpf(1))
    grid = [real(center[last] + radius * Fraction(2 * k - PARTS, PARTS)) for k in range(PARTS + 1)]
    values = [gap(r) for r in grid]
    turns = [ends for ends, (a, b) in zip(pairwise(grid), pairwise(values), strict=True) if a * b < 0]
    if len(turns) != 1:
        return None
    r = mp.findroot(gap, turns[0], solver="anderson", tol=mpf(10) ** -150)
    grows = gap(r * (1 + mpf(10) ** -40), 1 - r) < gap(r)
    return None if grows and word != "open" else weights(r, 1 - r)


# Weights of a level are this much smaller than those of the one before, and weights are varied by this share of them.
SMALLER, VARIED, VARIANTS = mpf(10) ** -80, mpf(10) ** -40, 12


def signs(rows: Rows, claim: Claim) -> bool:
    """Each point is an equilibrium. What a step does is told by the program itself on weights of levels that are very
    small, varied at random: an update that varies is one that switches, and two that vary as one are multiples."""
    with mp.workdps(400):
        return all(is_equilibrium_of_signs(rows, claim, point) for point in claim["points"])


def is_equilibrium_of_signs(rows: Rows, claim: Claim, point: Claim) -> bool:
    step, states, size = step_of_rule(claim["rule"]), len(claim["rule"]["states"]), int(claim["batch_size"])
    n, d, draw = len(rows), len(rows[0]), random.Random(0)
    batches = [range(start, min(start + size, n)) for start in range(0, n, size)]
    levels, X = [numbers(weights) for weights in point["levels"]], [reals(row) for row in rows]
    alone = len(batches) > 1 and len({step(mpf(1), mpf(0), [mpf(s)] * states)[0] for s in (-5, 5)}) == 1
    population = [i // size if alone else 0 for i in range(n)]
    seen: dict[tuple[int, int], list[mpf]] = {}
    for _ in range(VARIANTS):
        c = [
            sum(real(w[i]) * SMALLER**level for level, w in enumerate(levels))
            * (1 + VARIED * draw.randint(-(10**9), 10**9) / 10**9)
            for i in range(n)
        ]
        for k in range(d):
            g = [(-sum(c[j] * X[j][k] for j in batch) / len(batch), mpf(0)) for batch in batches]
            for q, u in enumerate(updates(step, states, g)):
                seen.setdefault((q, k), []).append(-u)
    means = {(int(s["step"]), int(s["column"])): real(Fraction(s["mean"])) for s in point["switches"]}
    if any(abs(mean) > 1 or len(set(map(rounded, seen[place]))) == 1 for place, mean in means.items()):
        return False
    U = [mpf(0)] * d
    for (_, k), values in seen.items():
        size_of = max(map(abs, values))
        if len(set(map(rounded, values))) > 1:
            alike = [
                mean * sense
                for place, mean in means.items()
                for sense in (1, -1)
                if all(abs(a - sense * b) < mpf(10) ** -30 for a, b in zip(seen[place], values, strict=True))
            ]
            if not alike or max(alike) != min(alike):
                return False
            U[k] += size_of * alike[0] / len(batches)
        else:
            U[k] += values[0] / len(batches)
    F = [dot(row, U) for row in X]
    little = mpf(10) ** -30
    for level, weights in enumerate(levels):
        for p in set(population):
            held = [i for i in range(n) if weights[i] and population[i] == p]
            if sum(weights[i] for i in held) != (1 if held else 0) or (not level and not held):
                return False
            least = min((F[i] for i in held), default=mpf(0))
            if any(abs(F[i] - least) > little for i in held):
                return False
            if not level and (
                least <= little or any(F[i] < least - little for i in range(n) if population[i] == p)
            ):
                return False
    return all(abs(a - b) < little for a, b in zip(U, reals(numbers(point["drift"])), strict=True))


def rounded(value: mpf) -> mpf:
    return mp.nint(value * 10**30)


def stable(rows: Rows, claim: Claim) -> Callable[[Claim], bool]:
    """Whether a point's word for stability is right, where at most two rows have weight: by a difference quotient of
    their costs along the logarithm of the ratio of their weights."""
    drift, X, h = game(claim), [reals(row) for row in rows], mpf(10) ** -40
    assert drift is not None

    def right(point: Claim) -> bool:
        c = reals(numbers(point["center"]))
        support = [i for i, weight in enumerate(c) if weight]
        grows = False
        if len(support) == 2:
            i, j = support
            near = [weight * (1 + h) if k == i else weight for k, weight in enumerate(c)]
            before, after = costs(drift, X, c), costs(drift, X, near)
            grows = after[i] - after[j] < before[i] - before[j]
        found = "attracting" if not grows else "repelling" if len(X) == 2 else "saddle"
        return point["stability"] in (found, "open")

    return right


# --- weight decay ---------------------------------------------------------------------------------------


def balances(rows: Rows, claim: Claim) -> bool:
    """Each box holds a solution of lambda w = U(c(w)), in different boxes; of two rows all there are are held."""
    X, decay = [reals(row) for row in rows], real(Fraction(claim["weight_decay"]))
    drift, weight = drift_of_rule(claim), loss_of(claim["loss"])
    if decay <= 0:
        return False

    def flow(*w: mpf) -> list[mpf]:
        c = row_weights(weight, [dot(row, w) for row in X], int(claim["classes"]) - 1)
        return [u - decay * entry for u, entry in zip(drift(X, c), w, strict=True)]

    held: list[list[mpf]] = []
    for point in claim["points"]:
        center, radius = reals(numbers(point["center"])), real(Fraction(point["radius"]))
        try:
            w = list(mp.findroot(flow, tuple(center), tol=mpf(10) ** -80))
        except (ValueError, ZeroDivisionError):
            return False
        length = sqrt(dot(w, w))
        gaps = [entry / length - v for entry, v in zip(w, reals(numbers(point["direction"])), strict=True)]
        near = all(abs(a - b) <= radius for a, b in zip(w, center, strict=True))
        if not near or sqrt(dot(gaps, gaps)) > real(Fraction(point["direction_radius"])):
            return False
        if point["stability"] not in ("open", moves(flow, w)):
            return False
        held.append(w)
    if any(
        max(abs(a - b) for a, b in zip(v, w, strict=True)) < mpf(10) ** -40 for v, w in combinations(held, 2)
    ):
        return False
    return claim["complete"] == "no" or len(held) == ratios(drift, X, decay, weight)


def row_weights(weight: Callable[[mpf], mpf], z: list[mpf], owned: int) -> list[mpf]:
    """The weights of rows with margins z: -l'(s) exp(s - z) at the soft minimum s of a sample's margins."""
    found = []
    for first in range(0, len(z), owned):
        own = z[first : first + owned]
        soft = -log(sum(exp(-each) for each in own))
        found += [exp(weight(soft) + soft - each) for each in own]
    return found


def least_in_box(rows: Rows, claim: Claim) -> bool:
    """At the zero of the free gradients near the center all others push outwards; weights fall between margins."""
    X, decay = [reals(row) for row in rows], Fraction(claim["weight_decay"])
    weight, center = loss_of(claim["loss"]), numbers(claim["center"])
    if decay <= 0 or any(abs(entry) * decay > 1 for entry in center):
        return False
    free = [k for k, entry in enumerate(center) if abs(entry) * decay < 1]

    def push(*entries: mpf) -> list[mpf]:
        w = reals(center)
        for k, entry in zip(free, entries, strict=True):
            w[k] = entry
        c = [exp(weight(dot(row, w))) for row in X]
        return [dot(c, column) / max(c) for column in zip(*X, strict=True)]

    found = reals([center[k] for k in free])
    if free:
        try:
            found = list(
                mp.findroot(lambda *w: [push(*w)[k] for k in free], tuple(found), tol=mpf(10) ** -80)
            )
        except (ValueError, ZeroDivisionError):
            return False
    w = reals(center)
    for k, entry in zip(free, found, strict=True):
        w[k] = entry
    gaps = [
        entry / sqrt(dot(w, w)) - v for entry, v in zip(w, reals(numbers(claim["direction"])), strict=True)
    ]
    reach = max(sum(abs(x) for x in row) for row in rows) / decay
    grid = [weight(real(reach * k / 500)) for k in range(-500, 501)]
    radius = real(Fraction(claim["radius"]))
    return (
        all(abs(a - b) <= radius for a, b in zip(w, reals(center), strict=True))
        and all(abs(entry) * real(decay) < 1 for entry in found)
        and all(push(*found)[k] * center[k] > 0 for k in range(len(w)) if k not in free)
        and sqrt(dot(gaps, gaps)) <= real(Fraction(claim["direction_radius"]))
        and all(a >= b for a, b in pairwise(grid))
    )


def loss_of(program: Any) -> Callable[[mpf], mpf]:
    """A function of z that is carried line by line."""
    rule = {"states": [], "hyper": {}, "program": program, "update": str(len(program) - 1), "after": []}
    step = step_of_rule(rule)
    return lambda z: step(z, mpf(0), [])[0]


def moves(flow: Callable[..., list[mpf]], w: list[mpf]) -> str:
    """The word for the flow's linearization, by difference quotients."""
    h, at = mpf(10) ** -40, flow(*w)
    columns = [
        [(after - before) / h for after, before in zip(flow(*w[:k], w[k] + h, *w[k + 1 :]), at, strict=True)]
        for k in range(len(w))
    ]
    growing = [mp.re(value) > 0 for value in mp.eig(matrix(columns), left=False, right=False)]
    return "attracting" if not any(growing) else "repelling" if all(growing) else "saddle"


def ratios(drift: Drift, rows: list[list[mpf]], decay: mpf, weight: Callable[[mpf], mpf]) -> int:
    """How many log c_1 / c_0 of two rows are what the margins F(c) / lambda make of them: changes of sign."""

    def gap(t: mpf) -> mpf:
        first, second = (weight(cost / decay) for cost in costs(drift, rows, [exp(-t / 2), exp(t / 2)]))
        return t - (second - first)

    with mp.workdps(25):
        most = 2 * max(abs(mpf(t) - gap(mpf(t))) for t in range(-40, 41, 4)) + 5
        values = [gap(most * k / 400) for k in range(-400, 401)]
    return sum(a * b < 0 for a, b in pairwise(values))


# --- constant steps -----------------------------------------------------------------------------------


def travels(rows: Rows, claim: Claim) -> bool:
    """Each box holds a fixed point of the epoch map, which tells of what it says: growth, direction, eigenvalues."""
    if not fades(claim["rule"]):
        return False
    X = [reals(row) for row in rows]
    return all(is_wave(X, claim, wave) for wave in claim["waves"])


Epoch = Callable[..., tuple[list[mpf], list[mpf]]]


def decided(X: list[list[mpf]], levels: list[list[int]]) -> dict[int, int]:
    """Of each column that some level has an entry in, the first such level."""
    sees = {
        k: [depth for depth, rows in enumerate(levels) if any(X[i][k] for i in rows)]
        for k in range(len(X[0]))
    }
    return {k: depths[0] for k, depths in sees.items() if depths}


def epoch_of(X: list[list[mpf]], claim: Claim, levels: list[list[int]]) -> Epoch:
    """From the logarithms of weights over that of their level's first row, and the states, to these after an epoch, and
    what that adds to w; a first row has weight 1 as the epoch begins, and all is divided by powers of its weight."""
    rule, columns, owned = claim["rule"], decided(X, levels), int(claim["classes"]) - 1
    level = {i: depth for depth, rows in enumerate(levels) for i in rows}
    free = [i for rows in levels for i in rows[1:]]
    degrees = [real(Fraction(degree)) for _, degree in rule["states"]]
    step, lr = step_of_rule(rule), real(Fraction(claim["lr"]))
    size, count = int(claim["batch_size"]) * owned, len(degrees)

    def epoch(*z: mpf) -> tuple[list[mpf], list[mpf]]:
        start = {rows[0]: mpf(0) for rows in levels} | dict(zip(free, z, strict=False))
        states = {k: list(z[len(free) + p * count :][:count]) for p, k in enumerate(columns)}
        moved = [mpf(0)] * len(X[0])
        for first in range(0, len(X), size):
            batch = range(first, min(first + size, len(X)))
            weights = {i: exp(start[i] - dot(X[i], moved)) for i in batch if i in start}
            pulls = {
                k: {i: -weights[i] * X[i][k] for i in weights if level[i] == depth}
                for k, depth in columns.items()
            }
            g = {k: sum(pull.values(), mpf(0)) / (len(batch) // owned) for k, pull in pulls.items()}
            length = sqrt(sum(entry**2 for entry in g.values()))
            for k, pull in pulls.items():
                samples = {i // owned: mpf(0) for i in pull}
                for i, entry in pull.items():
                    samples[i // owned] += entry
                squares = sum((entry**2 for entry in samples.values()), mpf(0))
                u, states[k] = step(
                    g[k], {"squares": squares, "norm": length}.get(rule["reads"], mpf(0)), states[k]
                )
                moved[k] -= lr * u
        fallen = {i: log - dot(X[i], moved) for i, log in start.items()}
        base = [fallen[rows[0]] for rows in levels]
        scaled = [
            s / exp(base[depth]) ** p
            for k, depth in columns.items()
            for s, p in zip(states[k], degrees, strict=True)
        ]
        return [*(fallen[i] - base[level[i]] for i in free), *scaled], moved

    return epoch


def is_wave(X: list[list[mpf]], claim: Claim, wave: Claim) -> bool:
    """Whether what a wave's fields say is so at the fixed point that Newton's method finds from the box's middle."""
    center, radii, direction = (reals(numbers(wave[name])) for name in ("center", "radii", "direction"))
    room, low, high, turned = (
        real(Fraction(wave[name]))
        for name in ("growth_radius", "spectral_low", "spectral_high", "direction_radius")
    )
    levels = [[int(i) for i in rows] for rows in wave["levels"]]
    columns, held = decided(X, levels), [i for rows in levels for i in rows]
    if (
        len(set(held)) < len(held)
        or not all(levels)
        or (claim["rule"]["reads"] == "norm" and len(levels) > 1)
    ):
        return False
    epoch = epoch_of(X, claim, levels)
    try:
        fixed = center
        for _ in range(8 if center else 0):
            gaps = [a - b for a, b in zip(epoch(*fixed)[0], fixed, strict=True)]
            slopes = derivative(epoch, fixed) - mp.eye(len(fixed))
            fixed = [a - b for a, b in zip(fixed, mp.lu_solve(slopes, matrix(gaps)), strict=True)]
        moved = epoch(*fixed)[1]
        values = mp.eig(derivative(epoch, fixed))[0] if center else []
    except (ValueError, ZeroDivisionError, IndexError):
        return False
    length, radius = sqrt(dot(moved, moved)), max([abs(value) for value in values], default=mpf(0))
    gaps = [u / length - v for u, v in zip(moved, direction, strict=True)]
    margins = [dot(row, moved) for row in X]
    samples = len(X) // (int(claim["classes"]) - 1)
    steps, least = -(-samples // int(claim["batch_size"])), [margins[rows[0]] for rows in levels]
    sees = [[depth for k, depth in columns.items() if row[k]] for row in X]
    unseen = [k for k in range(len(moved)) if k not in columns and any(row[k] for row in X)]
    return (
        all(abs(a - b) <= c for a, b, c in zip(fixed, center, radii, strict=True))
        and least[0] > 0
        and all(
            abs(m / steps - r) <= room for m, r in zip(least, reals(numbers(wave["growths"])), strict=True)
        )
        and all(a < b for a, b in pairwise(least))
        and all(margins[i] > least[max(sees[i], default=0)] for i in range(len(X)) if i not in held)
        and low <= radius <= high
        and sqrt(dot(gaps, gaps)) <= turned
        and (claim["rule"]["reads"] == "norm" or not unseen)
    )


def derivative(epoch: Epoch, z: list[mpf]) -> Any:
    """Of the epoch map, by differences."""
    h = mpf(10) ** -40
    columns = []
    for k in range(len(z)):
        up, down = (epoch(*(x + (sign * h if i == k else 0) for i, x in enumerate(z)))[0] for sign in (1, -1))
        columns.append([(a - b) / (2 * h) for a, b in zip(up, down, strict=True)])
    return matrix(columns).T


def orbits(rows: Rows, claim: Claim) -> bool:
    """Each box holds a w with states that an epoch leaves as they were, with its direction and spectral radius."""
    X, owned, step = [reals(row) for row in rows], int(claim["classes"]) - 1, step_of_rule(claim["rule"])
    size = int(claim["batch_size"]) * owned
    weight, d, count = loss_of(claim["loss"]), len(rows[0]), len(claim["rule"]["states"])
    lr, decay = (real(Fraction(claim[name])) for name in ("lr", "weight_decay"))

    def epoch(*unknowns: mpf) -> list[mpf]:
        w, states = list(unknowns[:d]), [list(unknowns[d + k * count :][:count]) for k in range(d)]
        for start in range(0, len(X), size):
            batch = X[start : start + size]
            c = row_weights(weight, [dot(row, w) for row in batch], owned)
            pulls = [[-each * x for x in row] for each, row in zip(c, batch, strict=True)]
            samples = (pulls[i : i + owned] for i in range(0, len(pulls), owned))
            parts = [[sum(column) for column in zip(*own, strict=True)] for own in samples]
            g = [sum(column) / len(parts) for column in zip(*parts, strict=True)]
            squares = [dot(column, column) for column in zip(*parts, strict=True)]
            seen = {"nothing": g, "squares": squares, "norm": [sqrt(dot(g, g))] * d}[claim["rule"]["reads"]]
            for k in range(d):
                u, states[k] = step(g[k], seen[k], states[k])
                w[k] = (1 - lr * decay) * w[k] - lr * u
        return [*w, *(s for own in states for s in own)]

    def holds(point: Claim) -> bool:
        center, radii = reals(numbers(point["center"])), reals(numbers(point["radii"]))
        try:
            ends = mp.findroot(
                lambda *x: [a - b for a, b in zip(epoch(*x), x, strict=True)], center, tol=mpf(10) ** -80
            )
        except (ValueError, ZeroDivisionError):
            return False
        found = list(ends)
        near = all(abs(a - b) <= r for a, b, r in zip(found, center, radii, strict=True))
        length, h, columns = sqrt(dot(found[:d], found[:d])), mpf(10) ** -40, []
        gaps = [a / length - v for a, v in zip(found, reals(numbers(point["direction"])), strict=False)]
        for i in range(len(found)):
            moved = epoch(*(x + (h * abs(x) if i == j else 0) for j, x in enumerate(found)))
            columns.append([(a - b) / (h * abs(found[i])) for a, b in zip(moved, found, strict=True)])
        radius = max(abs(value) for value in mp.eig(matrix(columns), left=False, right=False))
        low, high = (real(Fraction(point[name])) for name in ("spectral_low", "spectral_high"))
        close = sqrt(dot(gaps, gaps)) <= real(Fraction(point["direction_radius"]))
        return bool(near and close and low - mpf(10) ** -30 <= radius <= high + mpf(10) ** -30)

    return lr > 0 and decay > 0 and all(map(holds, claim["points"]))


# --- runs ---------------------------------------------------------------------------------------------


def weights_after(rows: Rows, claim: Claim, looks: Sequence[int]) -> Iterator[list[mpf]]:
    """w after so many steps, in increasing order, of the run of a carried rule made again in 120 digits."""
    X, size, step = [reals(row) for row in rows], int(claim["batch_size"]), step_of_rule(claim["rule"])
    loss = loss_of(claim["loss"])
    w, reads = reals(numbers(claim["start"])), claim["rule"]["reads"]
    states = [[mpf(0)] * len(claim["rule"]["states"]) for _ in w]
    starts = list(range(0, len(X), size))
    for t in range(max(looks) + 1):
        if t in looks:
            yield list(w)
        batch = X[starts[t % len(starts)] :][:size]
        parts = [[-loss(dot(row, w)) * x for x in row] for row in batch]
        g = [sum(column) / len(batch) for column in zip(*parts, strict=True)]
        seen = {
            "nothing": [mpf(0)] * len(w),
            "squares": [dot(column, column) for column in zip(*parts, strict=True)],
            "norm": [sqrt(dot(g, g))] * len(w),
        }[reads]
        eta = real(Fraction(claim["lr"])) * mpf(t + 2) ** -real(Fraction(claim["decay"]))
        for k in range(len(w)):
            u, states[k] = step(g[k], seen[k], states[k])
            w[k] -= eta * u


def carried_run(rows: Rows, claim: Claim) -> bool:
    """The run ends where it is said to."""
    (w,) = weights_after(rows, claim, [int(claim["steps"])])
    centers, radii = reals(numbers(claim["center"])), reals(numbers(claim["radius"]))
    return all(abs(a - b) <= r for a, b, r in zip(w, centers, radii, strict=True))


def dominated(rows: Rows, claim: Claim) -> bool:
    """No u makes one of these rows the cheapest at a positive cost; else the game U = u would give it all weight."""
    X = np.array([[float(x) for x in row] for row in rows])
    return all(
        linprog(
            np.zeros(X.shape[1]), A_ub=-X, b_ub=-np.ones(len(X)), A_eq=X[[i]], b_eq=[1.0], bounds=(None, None)
        ).status
        == 2
        for i in map(int, claim["rows"])
    )


def arrives(rows: Rows, claim: Claim) -> bool:
    """The equilibrium is there, and the run in the region after T steps, and still after twice as many, with margins
    that have grown."""
    center, T = reals(numbers(claim["center"])), int(claim["steps"])
    X, support = [reals(row) for row in rows], [i for i, c in enumerate(center) if c]
    first = support[0]
    A = [reals(row) for row in numbers(claim["metric"])]

    def place(w: list[mpf]) -> tuple[mpf, mpf]:
        z = [dot(row, w) for row in X]
        gap = [z[i] - z[first] - log(center[first] / center[i]) for i in support[1:]]
        v = [dot(row, gap) for row in A]
        falling = [exp(z[first] - z[j]) for j in range(len(X)) if j not in support]
        return sqrt(sum((a * a for a in v), mpf(0))), max([*falling, exp(-z[first])])

    with mp.workdps(40):
        places = [place(w) for w in weights_after(rows, claim, [T, 2 * T])]
    rho, late = real(Fraction(claim["rho"])), real(Fraction(claim["late"]))
    inside = all(v < rho and e < late for v, e in places)
    return inside and boxes(rows, claim) and all(b[1] < a[1] for a, b in pairwise(places))


KINDS: dict[str, Callable[[Rows, Claim], bool]] = {
    "separable": separable,
    "not-separable": not_separable,
    "dominated": dominated,
    "max-margin-l2": l2_margin,
    "max-margin-linf": polyhedral_margin(cube),
    "max-margin-l1": polyhedral_margin(cross),
    "max-margin-mahalanobis": mahalanobis,
    "dual-fixed-point-exact": exact_point,
    "equilibrium": boxes,
    "equilibria": boxes,
    "stability": lambda rows, claim: boxes(rows, claim) and all(map(stable(rows, claim), claim["points"])),
    "run": carried_run,
    "arrival": arrives,
    "logit": balances,
    "box-minimum": least_in_box,
    "orbit": orbits,
    "signs": signs,
    "levels": levels,
    "matrix-margin": matrix_margin,
    "wave": travels,
}

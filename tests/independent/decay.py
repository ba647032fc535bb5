"""Limits with weight decay: balances of the loss, and the least loss in a box."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import combinations, pairwise

from mpmath import exp, matrix, mp, mpf, sqrt

from independent.algebra import Claim, Drift, Rows, dot, numbers, real, reals
from independent.drift import costs, drift_of_rule, loss_of, row_weights


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

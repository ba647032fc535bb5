"""Waves and orbits at constant steps."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from mpmath import exp, matrix, mp, mpf, sqrt

from independent.algebra import Claim, Epoch, Rows, dot, numbers, real, reals
from independent.drift import fades, loss_of, step_of_rule


def travels(rows: Rows, claim: Claim) -> bool:
    """Each box holds a fixed point of the epoch map, which tells of what it says: growth, direction, eigenvalues."""
    if not fades(claim["rule"]):
        return False
    X = [reals(row) for row in rows]
    return all(is_wave(X, claim, wave) for wave in claim["waves"])


def epoch_of(X: list[list[mpf]], claim: Claim, wave: Claim) -> Epoch:
    """From the logarithms of weights over the first one's, and the states, to these after an epoch, and what that adds
    to w; the first row of the support has weight 1 as the epoch begins, and all is divided by powers of its weight."""
    support, rule = [int(i) for i in wave["support"]], claim["rule"]
    columns = [k for k in range(len(X[0])) if any(X[i][k] for i in support)]
    degrees = [real(Fraction(degree)) for _, degree in rule["states"]]
    step, lr = step_of_rule(rule), real(Fraction(claim["lr"]))
    size, count = int(claim["batch_size"]), len(degrees)

    def epoch(*z: mpf) -> tuple[list[mpf], list[mpf]]:
        others = len(support) - 1
        start = dict(zip(support, (mpf(0), *z[:others]), strict=True))
        states = {k: list(z[others + p * count :][:count]) for p, k in enumerate(columns)}
        moved = [mpf(0)] * len(X[0])
        for first in range(0, len(X), size):
            batch = range(first, min(first + size, len(X)))
            weights = {i: exp(start[i] - dot(X[i], moved)) for i in batch if i in start}
            terms = [[-weight * x for x in X[i]] for i, weight in weights.items()]
            g = [sum(term[k] for term in terms) / len(batch) for k in range(len(moved))]
            length = sqrt(dot(g, g))
            for k in columns:
                seen = {"squares": sum(term[k] ** 2 for term in terms), "norm": length}.get(
                    rule["reads"], mpf(0)
                )
                u, states[k] = step(g[k], seen, states[k])
                moved[k] -= lr * u
        fallen = {i: log - dot(X[i], moved) for i, log in start.items()}
        unit = exp(fallen[support[0]])
        scaled = [s / unit**p for k in columns for s, p in zip(states[k], degrees, strict=True)]
        return [*(fallen[i] - fallen[support[0]] for i in support[1:]), *scaled], moved

    return epoch


def is_wave(X: list[list[mpf]], claim: Claim, wave: Claim) -> bool:
    """Whether what a wave's fields say is so at the fixed point that Newton's method finds from the box's middle."""
    center, radii, direction = (reals(numbers(wave[name])) for name in ("center", "radii", "direction"))
    r, room, low, high, turned = (
        real(Fraction(wave[name]))
        for name in ("growth", "growth_radius", "spectral_low", "spectral_high", "direction_radius")
    )
    epoch, support = epoch_of(X, claim, wave), [int(i) for i in wave["support"]]
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
    steps, least = -(-len(X) // int(claim["batch_size"])), margins[support[0]]
    unseen = [k for k in range(len(moved)) if not any(X[i][k] for i in support) and any(row[k] for row in X)]
    return (
        all(abs(a - b) <= c for a, b, c in zip(fixed, center, radii, strict=True))
        and least > 0
        and abs(least / steps - r) <= room
        and all(margins[i] > least for i in range(len(X)) if i not in support)
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
    X, size, step = [reals(row) for row in rows], int(claim["batch_size"]), step_of_rule(claim["rule"])
    weight, d, count = loss_of(claim["loss"]), len(rows[0]), len(claim["rule"]["states"])
    lr, decay = (real(Fraction(claim[name])) for name in ("lr", "weight_decay"))

    def epoch(*unknowns: mpf) -> list[mpf]:
        w, states = list(unknowns[:d]), [list(unknowns[d + k * count :][:count]) for k in range(d)]
        for start in range(0, len(X), size):
            batch = X[start : start + size]
            parts = [[-exp(weight(dot(row, w))) * x for x in row] for row in batch]
            g = [sum(column) / len(batch) for column in zip(*parts, strict=True)]
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

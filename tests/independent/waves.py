"""Waves and orbits at constant steps."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from typing import Any

from mpmath import exp, matrix, mp, mpf, sqrt

from independent.algebra import Claim, Epoch, Rows, dot, numbers, real, reals
from independent.drift import fades, loss_of, row_weights, step_of_rule


def travels(rows: Rows, claim: Claim) -> bool:
    """Each box holds a fixed point of the epoch map, which tells of what it says: growth, direction, eigenvalues."""
    if not fades(claim["rule"]):
        return False
    X = [reals(row) for row in rows]
    return all(is_wave(X, claim, wave) for wave in claim["waves"])


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

"""Equilibria of games of signs."""

from __future__ import annotations

import random
from fractions import Fraction

from mpmath import mp, mpf

from independent.algebra import Claim, Rows, dot, numbers, real, reals
from independent.drift import step_of_rule, updates

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

"""Runs, made again in many digits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import pairwise

from mpmath import exp, log, mp, mpf, sqrt

from independent.algebra import Claim, Rows, dot, numbers, real, reals
from independent.drift import loss_of, step_of_rule
from independent.equilibria import boxes


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

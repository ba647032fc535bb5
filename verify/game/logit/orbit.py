"""Weight decay at a constant step: w goes round a periodic orbit, which is exact at any step size.

It is a fixed point of the checker's own map of w and states by an epoch (`verify.certificate.orbit`). As the step
tends to 0 it tends to a balance; from there it is followed up to the step that is asked for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import partial
from typing import Any

import numpy as np

from verify.certificate.effort import UNITS
from verify.certificate.orbit import Decayed, epoch
from verify.certificate.program import read_lines, read_rule
from verify.certificate.waves import jacobian, variables
from verify.certificate.writing import Document, certificate, spell
from verify.data.dataset import Dataset
from verify.errors import Undecided
from verify.game.logit.balance import Balance
from verify.game.logit.certify import fields_of
from verify.game.logit.search import Rest
from verify.game.smooth.field import Floats
from verify.game.waves.fixed_point import Map, direction_fields, followed, polished, spectral_fields
from verify.numbers.systems.arrays import ARRAYS
from verify.numbers.systems.balls import around, ball, precision, sqrt
from verify.optimizers.mean_update import NO_REST, periodic_states
from verify.optimizers.optimizer import Optimizer
from verify.optimizers.tail import in_the_long_run
from verify.optimizers.trajectory import iterates
from verify.problem.frozen import epoch_batches, frozen_gradients

# From a balance Newton's method is tried at the step size itself, then at shares of it that rise in steps of their own
# size, down to SMALLEST.
SMALLEST = Fraction(1, 1 << 6)
# Bits of the search, in which a step of relative size 2^-40 ends it, and evaluations of the map with derivatives.
SEARCH_BITS, SEARCH_CLOSE, EVALUATIONS = 192, 40, 8
# Steps of the run beside it: some tenths of a second.
RUN = 200_000

LOST = "whether there is an orbit at this step"


def problem_of(data: Dataset, opt: Optimizer) -> Decayed:
    """The checker's problem. Raises BadInput for a rule that certificates have no words for."""
    fields = fields_of(data, opt)
    rule, loss = read_rule(spell(fields["rule"]), "rule"), read_lines(spell(fields["loss"]), "loss")
    return Decayed(data.rows, rule, fields["batch_size"], opt.lr, opt.weight_decay, loss, data.owned)


def orbit_certificate(data: Dataset, opt: Optimizer, points: Sequence[Mapping[str, Any]]) -> Document:
    """That there is an orbit in each of these boxes."""
    return certificate(data.carried, "orbit", fields_of(data, opt) | {"lr": opt.lr, "points": list(points)})


def orbit_points(
    data: Dataset, opt: Optimizer, game: Balance, found: Sequence[Rest], w_0: Floats, bits: int
) -> list[dict[str, Any]]:
    """The boxes of the orbits that are found, that to which the run from w_0 (d) comes first, if it comes to one; else
    those that balances become, followed up to the step. Raises Undecided where that would take too long."""
    problem = problem_of(data, opt)
    with precision(SEARCH_BITS):
        if EVALUATIONS * problem.work(problem.length) > UNITS:
            raise Undecided(f"with {data.n} rows and {problem.length} unknowns it would take too long")
        centers: list[list[Fraction]] = []
        for number, start in enumerate([_run(data, opt, w_0), *(_begin(opt, game, each) for each in found)]):
            try:
                find = _newton if centers or not number else _followed
                center = find(problem, start, SEARCH_CLOSE)
            except Undecided:
                continue
            if not any(_same(center, other) for other in centers):
                centers.append(center)
    with precision(5 * bits // 2):
        return [_boxed(problem, _newton(problem, center, bits + 20), bits) for center in centers]


def _same(a: Sequence[Fraction], b: Sequence[Fraction]) -> bool:
    return all(abs(x - y) < Fraction(1, 10**8) * max(abs(x), abs(y)) for x, y in zip(a, b, strict=True))


def _run(data: Dataset, opt: Optimizer, w_0: Floats) -> list[Fraction]:
    """w and the states of the run from w_0 after some whole epochs."""
    epoch_steps = opt.steps_per_epoch(data.n)
    steps = max(1, RUN // epoch_steps) * epoch_steps
    (end,) = iterates(data.floats(), opt, [steps], start=w_0)
    degrees = {state.name: float(state.degree) for state in opt.rule.states}
    states = [held * np.exp(degrees[name] * end.scale) for name, held in end.states.items()]
    entries = [*end.w, *(own[k] for k in range(data.d) for own in states)]
    if not np.all(np.isfinite(entries)):
        raise Undecided("where the run goes")
    return [Fraction(float(entry)) for entry in entries]


def _begin(opt: Optimizer, game: Balance, found: Rest) -> list[Fraction]:
    """w at a balance, and the states that frozen gradients make periodic there."""
    still = in_the_long_run(opt)
    batches = epoch_batches(still, len(game.X))
    G, seen, _ = (
        np.asarray(part)
        # A rule of no degree: its gradients are not taken in units of the largest.
        for part in frozen_gradients(replace(still, rule=replace(still.rule, degree=None)), game.X, batches)(
            game.log_c(found.place)
        )
    )
    h, rests = still.frozen(ARRAYS), [NO_REST] * len(batches)
    _, kept_of, periodic = periodic_states(still.rule, ARRAYS)
    columns = [[part[:, 0, q][None] for q in range(len(batches))] for part in (G, seen)]
    states = periodic(*columns, h, 0, rests, kept_of(len(batches), h, rests))
    values = [found.w, *(np.broadcast_to(s, found.w.shape) for s in states)]
    d = len(found.w)
    return [Fraction(float(w)) for w in found.w] + [
        Fraction(float(values[1 + i][k])) for k in range(d) for i in range(len(states))
    ]


def _followed(problem: Decayed, start: list[Fraction], close: int) -> list[Fraction]:
    """The orbit at the problem's step, from a balance."""

    def at(share: Fraction) -> Map:
        return partial(epoch, replace(problem, lr=problem.lr * share))

    return followed(at, start, SMALLEST, close, 2 * close + 64, LOST)


def _newton(problem: Decayed, center: list[Fraction], close: int) -> list[Fraction]:
    """A fixed point of the map, until no entry moves by more than 2^-close of itself."""
    return polished(partial(epoch, problem), center, close, 2 * close + 64, LOST)


def _boxed(problem: Decayed, center: list[Fraction], bits: int) -> dict[str, Any]:
    """What a certificate says of an orbit: its box of relative size 2^-bits, and what it tells."""
    size = Fraction(1, 1 << bits)
    radii = [size * (abs(c) or 1) for c in center]
    box = [around(ball(c), ball(radius)) for c, radius in zip(center, radii, strict=True)]
    after = epoch(problem, variables(box))
    w = box[: len(problem.rows[0])]
    length = sqrt(sum((entry * entry for entry in w), ball(0)))
    if not length > 0:
        raise Undecided("the direction of w = 0")
    return {
        "center": center,
        "radii": radii,
        **direction_fields([entry / length for entry in w], bits),
        **spectral_fields(jacobian(after, problem.length)),
    }

"""Certificates of waves: float waves as fixed points of the checker's own epoch map, polished in balls, then boxed."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from verify.certificate.effort import UNITS, operation
from verify.certificate.program import read_rule
from verify.certificate.waves import Passage, Setting, epoch, growth, jacobian, unit, variables
from verify.certificate.writing import Document, certificate, spell
from verify.data.dataset import Dataset
from verify.errors import Undecided
from verify.game.smooth.face import Level
from verify.game.smooth.field import Floats
from verify.game.waves.fixed_point import direction_fields, polished, short, spectral_fields
from verify.game.waves.growing import along
from verify.numbers.systems.arrays import ARRAYS
from verify.numbers.systems.balls import Ball, around, ball, bits
from verify.optimizers.carried import carried
from verify.optimizers.mean_update import NO_REST, periodic_states
from verify.optimizers.optimizer import Optimizer

# Epochs with derivatives that the search or the enclosure, and the checker compute together, and products of matrices
# of their size.
EPOCHS, PRODUCTS = 8, 12

# exp(709.78) is the largest double.
LARGEST = 700.0


def require_short(setting: Setting, times: int = 1) -> None:
    """Raise Undecided where so many enclosures at the present precision would take too long."""
    size = setting.length
    units = EPOCHS * (setting.work(size) + PRODUCTS * size**3 * operation(bits()) / 10)
    if times * units > UNITS:
        raise Undecided(f"with {size} unknowns it would take about {times * units / 1e6:.0f} s")


def setting_of(data: Dataset, opt: Optimizer, levels: Sequence[Level]) -> Setting:
    """The checker's problem. Raises BadInput for a rule that certificates have no words for."""
    rule = read_rule(spell(carried(opt.rule, opt.values)), "rule")
    rows = [sorted(map(int, level.rows)) for level in levels]
    return Setting(data.rows, rule, opt.batch(data.n) // data.owned, opt.lr, rows, data.owned)


def waves_certificate(data: Dataset, opt: Optimizer, waves: Sequence[Any]) -> Document:
    """That these waves are there, each as ``boxed`` has it."""
    size = opt.batch(data.n) // data.owned
    game = {"rule": carried(opt.rule, opt.values), "batch_size": size, "order": "cyclic"}
    return certificate(data.carried, "wave", game | {"lr": opt.lr, "waves": list(waves)})


def boxed(setting: Setting, center: Sequence[Fraction], bits: int) -> tuple[dict[str, Any], list[Ball]]:
    """What a certificate says of a wave: its box of relative size 2^-bits, and what it tells. Beside it the weights (N)
    at each sample's own step, of sum 1 on each level."""
    size = Fraction(1, 2**bits)
    radii = [size * (abs(c) or 1) for c in center]
    box = [around(ball(c), ball(radius)) for c, radius in zip(center, radii, strict=True)]
    inside = epoch(setting, variables(box))
    found, direction = [growth(setting, inside.moved, own[0]) for own in setting.levels], unit(inside.moved)
    rooms = [short(r.rad(), 30) for r in found]
    fields = {
        "levels": setting.levels,
        "center": list(center),
        "radii": radii,
        "growths": [short(r, bits + 20) for r in found],
        "growth_radius": 2 * max(rooms) + size,  # exact: the rooms are fractions
        **direction_fields(direction, bits),
        **spectral_fields(jacobian(inside.after, setting.length)),
    }
    return fields, _weights(setting, inside, found)


def _weights(setting: Setting, inside: Passage, found: Sequence[Ball]) -> list[Ball]:
    weights = [ball(0)] * len(setting.rows)
    for q, (_, rows) in enumerate(setting.batches):
        for i in rows:
            weights[i] = (inside.logs[i] + found[setting.level[i]] * q).exp()
    totals = [sum((weights[i] for i in own), ball(0)) for own in setting.levels]
    for i, depth in setting.level.items():
        weights[i] /= totals[depth]
    return weights


def polish(setting: Setting, start: Sequence[float] | Sequence[Fraction], bits: int) -> list[Fraction]:
    """A fixed point of the epoch map by Newton's method, until a step is below 2^-bits by far."""
    return polished(
        lambda z: epoch(setting, z).after,
        [Fraction(x) for x in start],
        close=bits + 20,
        kept=2 * bits,
        lost=f"whether there is a wave near weights on the rows {list(setting.level)}",
    )


def unknowns(setting: Setting, opt: Optimizer, log_c: Floats, growths: Sequence[float]) -> list[float]:
    """The unknowns of the checker's epoch map at a wave in float64: log c (N,), at each sample's own step, and the
    growth of each level. Raises Undecided where states are no floats in units of the weight of a level's first row."""
    X = np.array([[float(x) for x in line] for line in setting.rows])
    live, depths = list(setting.decides), np.array(list(setting.decides.values()))
    G, seen = np.zeros((2, opt.steps_per_epoch(len(X)), 1, len(live)))
    for depth, rows in enumerate(setting.levels):
        own = depths == depth
        G[..., own], seen[..., own] = _frozen(opt, X[:, np.array(live)[own]], log_c, rows)
    runs = [_periodic(along(opt, r), G, seen) for r in growths]
    units = [next(run) for run in runs]  # the states as the epoch begins, as each level has them
    firsts = [[np.broadcast_to(x, len(live)) for x in states] for states in units]
    moved = np.zeros(len(live))  # by the steps before
    logs = log_c.copy()  # of the weights as the epoch begins, in units that shrink by exp(-r) a step
    for q, batch in enumerate(opt.epoch(len(X))):
        for i in setting.level.keys() & set(batch):
            logs[i] -= float(opt.lr) * (X[i, live] @ moved) + growths[setting.level[i]] * q
        updates = [np.broadcast_to(next(run), len(live)) for run in runs]
        moved = moved + np.choose(depths, updates)
    base = [rows[0] for rows in setting.levels]
    y = [logs[i] - logs[base[setting.level[i]]] for i in setting.chart[0]]
    found = [float(value) for value in y]
    for k, depth in enumerate(depths):
        top = max(log_c[i] for i in setting.levels[depth])
        scale = growths[depth] - logs[base[depth]] + top
        for state, value in zip(opt.rule.states, firsts[depth], strict=True):
            if float(state.degree) * scale > LARGEST:
                raise Undecided(f"{state.name} is exp({float(state.degree) * scale:.0f}) of the weight there")
            found.append(float(value[k]) * math.exp(float(state.degree) * scale))
    return found


def _frozen(opt: Optimizer, X: Floats, log_c: Floats, rows: Sequence[int]) -> tuple[Floats, Floats]:
    """The gradients of batches, and what the rule reads beside them, each (batches, 1, d), of some rows alone."""
    c = np.zeros(len(X))
    c[list(rows)] = np.exp(log_c[list(rows)] - np.max(log_c[list(rows)]))
    terms = c[:, None] * X
    sums = [terms[batch].reshape(-1, opt.owned, X.shape[1]).sum(axis=1) for batch in opt.epoch(len(X))]
    G = np.array([-own.mean(axis=0) for own in sums])[:, None]
    if opt.rule.reads == "squares":
        return G, np.array([(own**2).sum(axis=0) for own in sums])[:, None]
    if opt.rule.reads == "norm":
        return G, np.broadcast_to(np.linalg.norm(G, axis=2, keepdims=True), G.shape)
    return G, np.zeros_like(G)


def _periodic(grown: Optimizer, G: Floats, seen: Floats) -> Iterator[Any]:
    """The states as the epoch begins, then the update (d) of each step."""
    h, rests = grown.frozen(ARRAYS), [NO_REST] * len(G)
    advance, kept_of, periodic = periodic_states(grown.rule, ARRAYS)
    states = periodic(G, seen, h, 0, rests, kept_of(len(G), h, rests))
    yield states
    for g, read in zip(G, seen, strict=True):
        u, states = advance(g[0], read[0], states, h, NO_REST)
        yield u

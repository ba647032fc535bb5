"""Certificates of waves: float waves as fixed points of the checker's own epoch map, polished in balls, then boxed."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from verify.certificate.program import read_rule
from verify.certificate.waves import Passage, Setting, epoch, growth, jacobian, unit, variables
from verify.certificate.writing import Document, certificate, spell
from verify.data.dataset import Dataset
from verify.game.smooth.field import Floats
from verify.game.waves.fixed_point import direction_fields, polished, short, spectral_fields
from verify.game.waves.growing import along
from verify.numbers.systems.arrays import ARRAYS
from verify.numbers.systems.balls import Ball, around, ball
from verify.optimizers.carried import carried
from verify.optimizers.mean_update import NO_REST, periodic_states
from verify.optimizers.optimizer import Optimizer


def setting_of(data: Dataset, opt: Optimizer, support: Sequence[int]) -> Setting:
    """The checker's problem. Raises BadInput for a rule that certificates have no words for."""
    rule = read_rule(spell(carried(opt.rule, opt.values)), "rule")
    return Setting(data.rows, rule, opt.batch(data.n) // data.owned, opt.lr, list(support), data.owned)


def waves_certificate(data: Dataset, opt: Optimizer, waves: Sequence[Any]) -> Document:
    """That these waves are there, each as ``boxed`` has it."""
    size = opt.batch(data.n) // data.owned
    game = {"rule": carried(opt.rule, opt.values), "batch_size": size, "order": "cyclic"}
    return certificate(data.carried, "wave", game | {"lr": opt.lr, "waves": list(waves)})


def boxed(setting: Setting, center: Sequence[Fraction], bits: int) -> tuple[dict[str, Any], list[Ball]]:
    """What a certificate says of a wave: its box of relative size 2^-bits, and what it tells. Beside it the weights (N)
    at each sample's own step, of sum 1."""
    size = Fraction(1, 2**bits)
    radii = [size * (abs(c) or 1) for c in center]
    box = [around(ball(c), ball(radius)) for c, radius in zip(center, radii, strict=True)]
    inside = epoch(setting, variables(box))
    r, direction = growth(setting, inside.moved, setting.support[0]), unit(inside.moved)
    fields = {
        "support": list(setting.support),
        "center": list(center),
        "radii": radii,
        "growth": short(r, bits + 20),
        "growth_radius": 2 * short(r.rad(), 30) + size,
        **direction_fields(direction, bits),
        **spectral_fields(jacobian(inside.after, setting.length)),
    }
    return fields, _weights(setting, inside, r)


def _weights(setting: Setting, inside: Passage, r: Ball) -> list[Ball]:
    weights = [ball(0)] * len(setting.rows)
    for q, (_, rows) in enumerate(setting.batches):
        for i in rows:
            weights[i] = (inside.logs[i] + r * q).exp()
    total = sum(weights, ball(0))
    return [weight / total for weight in weights]


def polish(setting: Setting, start: Sequence[float], bits: int) -> list[Fraction]:
    """A fixed point of the epoch map by Newton's method, until a step is below 2^-bits by far."""
    return polished(
        lambda z: epoch(setting, z).after,
        [Fraction(x) for x in start],
        close=bits + 20,
        kept=2 * bits,
        lost=f"whether there is a wave near weights on the rows {list(setting.support)}",
    )


def unknowns(setting: Setting, opt: Optimizer, log_c: Floats, r: float) -> list[float]:
    """The unknowns of the checker's epoch map at a wave in float64: log c (N,), at each sample's own step, and r."""
    X = np.array([[float(x) for x in line] for line in setting.rows])
    n = len(X)
    live, base = setting.live, setting.support[0]
    c = np.exp(log_c - np.max(log_c))
    terms = c[:, None] * X
    batches = [list(batch) for batch in opt.epoch(n)]
    sums = [terms[batch].reshape(-1, opt.owned, X.shape[1]).sum(axis=1) for batch in batches]  # by samples
    G = np.array([-own.mean(axis=0) for own in sums])[:, None, live]
    seen = np.zeros_like(G)
    if opt.rule.reads == "squares":
        seen = np.array([(own**2).sum(axis=0) for own in sums])[:, None, live]
    if opt.rule.reads == "norm":
        seen = np.broadcast_to(np.linalg.norm(G, axis=2, keepdims=True), G.shape)
    grown = along(opt, r)
    h, rests = grown.frozen(ARRAYS), [NO_REST] * len(G)
    advance, kept_of, periodic = periodic_states(grown.rule, ARRAYS)
    first = s = periodic(G, seen, h, 0, rests, kept_of(len(G), h, rests))
    logs = log_c.copy()  # of the weights as the epoch begins, in units that shrink by exp(-r) a step
    for q in range(len(G)):
        after = [i for batch in batches[q + 1 :] for i in batch]
        u, s = advance(G[q][0], seen[q][0], s, h, NO_REST)
        logs[after] -= float(opt.lr) * (X[np.ix_(after, live)] @ u) + r
    y = [logs[i] - logs[base] for i in setting.chart[0]]
    units = [np.exp(float(state.degree) * (r - logs[base] + np.max(log_c))) for state in opt.rule.states]
    states = [np.broadcast_to(x, len(live)) * unit for x, unit in zip(first, units, strict=True)]
    return [float(x) for x in (*y, *(own[k] for k in range(len(live)) for own in states))]

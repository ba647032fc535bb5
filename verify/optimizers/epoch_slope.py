"""The derivative of the epoch map U along every log c_j at once, at the price of a few evaluations of U.

U_k depends on the weights through the frozen gradients of its own coordinate alone. So one pass through an epoch
differentiates each step by the gradient and by the moments before it (complex steps of the rule's own step), and a pass
backwards adds up what a gradient does to all later updates, the moments being periodic. Forwards, each of r directions
would cost an epoch of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from verify.numbers.arrays import ARRAYS
from verify.numbers.floats import STRICT_FLOATS
from verify.numbers.stored import stored
from verify.numbers.system import Numbers
from verify.optimizers.epoch_map import NEGLIGIBLE, _array_mean_update, frozen_hyper, resting
from verify.optimizers.optimizer import Optimizer
from verify.optimizers.order import tables
from verify.optimizers.rules import RULES, Rule
from verify.optimizers.scale import block_count, present

# The complex step is exact to rounding for any h this small, relative to what is moved (see verify.game.field.STEP).
STEP = 1e-30

Floats = NDArray[np.float64]


def mean_slopes(rule: Rule, num: Numbers) -> Callable[..., Any]:
    """A function (G, size, seen, h, by_gradient, rests, nudge) that fills ``by_gradient`` (batches, d), the derivative
    of U_k by G[q][k], where ``size`` (batches, d) is that of the gradient's terms and ``nudge`` is i times ``STEP``. As
    in `mean_update` otherwise, for rules that read nothing beside the gradient."""
    step, ratio = num.build(rule.define(num)), num.ratio

    def fill(G: Any, size: Any, seen: Any, h: Any, by_gradient: Any, rests: Any, nudge: Any) -> None:
        batches = steps = len(G)
        for rest in rests:
            steps += rest[0]
        own = np.empty((batches, 3))  # what the step makes of its gradient: du, dm, dv
        before = np.empty((batches, 2, 3))  # and of the moments before it
        for k in range(G.shape[1]):
            m, v = 0.0, 0.0
            m_slope, v_slope = 1.0, 1.0
            for q in range(batches):
                _, m, v = step(G[q][k], seen[q][k], m, v, h)
                _, m_slope, v_slope = step(0.0, seen[q][k], m_slope, v_slope, h)
                m, v = m * rests[q][2], v * rests[q][3]
                m_slope, v_slope = m_slope * rests[q][2], v_slope * rests[q][3]
            m, v = ratio(m, 1 - m_slope), ratio(v, 1 - v_slope)
            some = 0.0
            for q in range(batches):
                some = max(some, size[q][k])
            if some == 0:
                by_gradient[:, k] = 0.0
                continue
            for q in range(batches):
                echo, fade, decay = 1 + rests[q][1], rests[q][2], rests[q][3]
                moves = (
                    size[q][k] if size[q][k] > 0 else some,
                    abs(m) if m != 0 else some,
                    abs(v) if v != 0 else some * some,
                )
                for i in range(3):
                    turn = nudge * moves[i]
                    one = 1.0 if i == 0 else 0.0
                    two = 1.0 if i == 1 else 0.0
                    three = 1.0 if i == 2 else 0.0
                    u, to_m, to_v = step(
                        G[q][k] + one * turn, seen[q][k] + 0 * turn, m + two * turn, v + three * turn, h
                    )
                    into = own[q] if i == 0 else before[q, i - 1]
                    into[0] = u.imag / STEP / moves[i] * echo
                    into[1] = to_m.imag / STEP / moves[i] * fade
                    into[2] = to_v.imag / STEP / moves[i] * decay
                _, m, v = step(G[q][k], seen[q][k], m, v, h)
                m, v = m * fade, v * decay
            # What the moments at the epoch's end, worth (m, v) to all later updates, are worth at its start: ``here`` +
            # ``carried`` (m, v). At the periodic moments both are the same.
            here_m, here_v = 0.0, 0.0
            mm, mv, vm, vv = 1.0, 0.0, 0.0, 1.0
            for q in range(batches - 1, -1, -1):
                a, b = before[q, 0], before[q, 1]
                here_m, here_v = (
                    a[0] + a[1] * here_m + a[2] * here_v,
                    b[0] + b[1] * here_m + b[2] * here_v,
                )
                mm, vm = a[1] * mm + a[2] * vm, b[1] * mm + b[2] * vm
                mv, vv = a[1] * mv + a[2] * vv, b[1] * mv + b[2] * vv
            # A rule that does not use a moment leaves it as it is, and its worth is nothing.
            left_m = ratio(mv, 1 - vv)
            worth_m = ratio(here_m + left_m * here_v, 1 - mm - left_m * vm)
            worth_v = ratio(here_v + vm * worth_m, 1 - vv)
            for q in range(batches - 1, -1, -1):
                g, a, b = own[q], before[q, 0], before[q, 1]
                by_gradient[q, k] = -(g[0] + g[1] * worth_m + g[2] * worth_v) / steps
                worth_m, worth_v = (
                    a[0] + a[1] * worth_m + a[2] * worth_v,
                    b[0] + b[1] * worth_m + b[2] * worth_v,
                )

    filled: Callable[..., Any] = num.build(fill)
    return filled


@cache
def _float_mean_slopes(name: str) -> Callable[..., Any]:
    filled: Callable[..., Any] = stored(mean_slopes(RULES[name], STRICT_FLOATS))
    return filled


def epoch_slope(
    opt: Optimizer, X: Floats, table: NDArray[np.int64] | None = None
) -> Callable[[Floats], Floats] | None:
    """The derivative of `epoch_map` as a function of log c (N,): the matrix dU_k / dlog c_j, shape (N, d). None for a
    rule that reads the norm of the gradient, by which all coordinates depend on each other."""
    batches = [
        row[row >= 0]
        for row in (next(tables(len(X), opt.batch(len(X)), "cyclic")) if table is None else table)
    ]
    single = len(batches) == 1
    if opt.rule.reads == "norm" or (opt.rule.reads == "squares" and not single):
        return None
    h = frozen_hyper(opt)
    rests = np.array(resting(opt.rule, ARRAYS, h, len(batches)))
    count = np.array([len(batch) for batch in batches])
    entries, owner = np.concatenate(batches), np.repeat(np.arange(len(batches)), count)
    weighs = present(X, block_count(X, opt.rule))
    once = len(np.unique(entries)) == len(entries)

    def slope(log_c: Floats) -> Floats:
        c = _weights(log_c[:, None], weighs, opt.rule)
        held = np.any(c > 0, axis=1)[entries]
        rows = entries[held]
        # A batch's members are neighbours in ``entries``: ``first`` is where those of each batch with weight begin.
        busy, first, at = np.unique(owner[held], return_index=True, return_inverse=True)
        terms = -(X[rows] * c[rows]) / count[owner[held], None]
        G, size = (np.add.reduceat(part, first) for part in (terms, np.abs(terms)))
        after = rests[np.append(busy[1:], busy[0] + len(batches)) - busy - 1]
        if single:
            squares = (terms * count[0]) ** 2
            seen = squares.sum(axis=0, keepdims=True) if opt.rule.reads == "squares" else np.zeros_like(G)
            by_gradient, by_seen = _single(opt.rule, G, size, seen, h, after)
            part = terms * by_gradient + 2 * squares * by_seen
        else:
            by_gradient = np.empty_like(G)
            _float_mean_slopes(opt.rule.name)(G, size, np.zeros_like(G), h, by_gradient, after, 1j * STEP)
            part = terms * by_gradient[at]
        D = np.zeros(X.shape)
        if once:
            D[rows] = part
        else:
            np.add.at(D, rows, part)
        return D

    return slope


def _weights(log_c: Floats, weighs: NDArray[np.bool_], rule: Rule) -> Floats:
    """c (N, 1 or d), in units of the largest weight of a block where the rule has no scale: as `frozen_gradients` takes
    it."""
    seen_by = np.where(weighs, log_c, -np.inf)
    if rule.degree:
        return np.asarray(np.exp(seen_by))
    top = np.max(seen_by, axis=0)
    moved = seen_by - np.where(np.isfinite(top), top, 0)
    return np.asarray(np.exp(np.where(moved <= np.log(NEGLIGIBLE), -np.inf, moved)))


def _single(
    rule: Rule, G: Floats, size: Floats, seen: Floats, h: Any, rests: Floats
) -> tuple[Floats, Floats]:
    """Of the full batch the derivatives of U by its gradient and by what is read beside it, (1, d) each."""
    found = []
    for on_gradient, moves in ((1.0, size), (0.0, seen)):
        turn = 1j * STEP * moves  # 0 in a coordinate without weight, which does not move
        out = np.empty(G.shape[1], dtype=complex)
        _array_mean_update(rule.name)(G + on_gradient * turn, seen + (1 - on_gradient) * turn, h, out, rests)
        found.append(np.divide(out[None].imag / STEP, moves, out=np.zeros(G.shape), where=moves > 0))
    return found[0], found[1]

"""float64 simulation that survives any margin: gradients are kept as exp(s) * ghat.

The moments are stored in units of exp(s) (m) and exp(2s) (v), and rescaled when s moves; the rule, which
is homogeneous, sees ghat only. s follows the largest weight seen, faded as v fades, so that nothing that
matters under- or overflows at any margin.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from verify.errors import BadInput
from verify.numbers.floats import FLOATS
from verify.optimizers.loss import LOSSES
from verify.optimizers.optimizer import Optimizer
from verify.optimizers.order import tables
from verify.optimizers.rules import RULES, Hyper
from verify.optimizers.scale import block_edges

# The unit exp(s) is moved when it is this far (in s) from the moments' size: then squares lie within
# exp(+-120) of 1, and what is lost to underflow is below exp(-700 + 120) of what is kept.
SLACK = 60.0

# Steps between two calls of the progress function.
CHUNK = 1 << 16


@dataclass(frozen=True)
class Trajectory:
    """Iterates at chosen steps: ``weights[q]`` (d,) after ``steps[q]`` steps, at time ``tau[q]`` (the sum
    of the step sizes so far)."""

    steps: tuple[int, ...]
    tau: tuple[float, ...]
    weights: NDArray[np.float64]


def trajectory(
    X: NDArray[np.float64],
    opt: Optimizer,
    snapshots: Sequence[int],
    *,
    start: NDArray[np.float64] | None = None,
    seed: int = 0,
    progress: Callable[[int], None] = lambda step: None,
) -> Trajectory:
    """Run an optimizer on rows X, shape (N, d), and keep the iterates after the given numbers of steps.

    ``start`` is w_0, zero by default; ``seed`` draws the order of samples where it is random. The result
    does not depend on which snapshots are asked for. Raises BadInput where an iterate stops being finite,
    which in this scaling only a step size that is too large for float64 can do.
    """
    n, d = X.shape
    kernel = _kernel(opt.rule.name, opt.loss)
    edges = block_edges(X, opt.rule)
    state = _State.fresh(d, len(edges) - 1, start)
    hyper = Hyper(float(opt.beta1), float(opt.beta2), float(opt.eps))
    fade = _fade(opt)
    batch_tables = tables(n, opt.batch(n), opt.order, seed)
    table, used = next(batch_tables), 0

    t, tau = 0, 0.0
    kept: dict[int, tuple[float, NDArray[np.float64]]] = {}
    for target in sorted(set(snapshots)):
        while t < target:
            count = min(CHUNK, target - t)
            if opt.order != "cyclic":
                if used == len(table):
                    table, used = next(batch_tables), 0
                count = min(count, len(table) - used)
            eta = opt.step_sizes(t, t + count)
            kernel(X, table, used, eta, hyper, edges, fade, *state.arrays())
            used = (used + count) % len(table) if opt.order == "cyclic" else used + count
            t += count
            tau += math.fsum(eta)
            progress(t)
        if not np.all(np.isfinite(state.w)):
            raise BadInput(f"lr={opt.lr}: the iterate overflows float64 before step {t}")
        kept[target] = (tau, state.w.copy())
    return Trajectory(
        tuple(snapshots),
        tuple(kept[s][0] for s in snapshots),
        np.array([kept[s][1] for s in snapshots]),
    )


@dataclass(frozen=True)
class _State:
    """The iterate, the moments in units of exp(scale), and the logarithm ``level`` of their size, a block."""

    w: NDArray[np.float64]
    m: NDArray[np.float64]
    v: NDArray[np.float64]
    scale: NDArray[np.float64]
    level: NDArray[np.float64]

    @classmethod
    def fresh(cls, d: int, blocks: int, start: NDArray[np.float64] | None) -> _State:
        w = np.zeros(d) if start is None else np.array(start, dtype=np.float64)
        return cls(w, np.zeros(d), np.zeros(d), np.zeros(blocks), np.full(blocks, -np.inf))

    def arrays(self) -> tuple[NDArray[np.float64], ...]:
        return self.w, self.m, self.v, self.scale, self.level


def _fade(opt: Optimizer) -> float:
    """How log of the moments' size falls in a step without gradient: by the slowest decay, v at degree 2."""
    rates = {"beta1": float(opt.beta1), "beta2": math.sqrt(opt.beta2)}
    slowest = max((rates[name] for name in opt.rule.betas), default=0.0)
    return math.log(slowest) if slowest > 0 else -math.inf


@cache
def _kernel(rule_name: str, loss: str) -> Any:
    """The compiled loop for a rule and a loss; it updates the state's arrays in place."""
    rule = RULES[rule_name]
    step = FLOATS.build(rule.define(FLOATS))
    log_weight = FLOATS.build(LOSSES[loss](FLOATS))
    squares, norm, degree = rule.reads == "squares", rule.reads == "norm", rule.degree

    def run(
        X: Any, table: Any, first: int, etas: Any, h: Any, edges: Any, fade: float,
        w: Any, m: Any, v: Any, scale: Any, level: Any,
    ) -> None:  # fmt: skip
        d = X.shape[1]
        log_c = np.empty(table.shape[1])
        g, seen = np.zeros(d), np.zeros(d)
        for t in range(len(etas)):
            row = table[(first + t) % len(table)]
            size = 0
            for j in row:
                if j < 0:
                    break
                z = 0.0
                for k in range(d):
                    z += X[j, k] * w[k]
                log_c[size] = log_weight(z)
                size += 1

            for q in range(len(level)):
                low, high = edges[q], edges[q + 1]
                top = -np.inf
                for p in range(size):
                    if X[row[p], low] != 0:
                        top = max(top, log_c[p])
                level[q] = max(top, level[q] + fade)
                if abs(level[q] - scale[q]) > SLACK and level[q] > -np.inf:
                    unit = math.exp(scale[q] - level[q])
                    for k in range(low, high):
                        m[k] *= unit
                        v[k] *= unit * unit
                    scale[q] = level[q]

                g[low:high] = 0.0
                if squares:
                    seen[low:high] = 0.0
                for p in range(size):
                    c = math.exp(log_c[p] - scale[q])
                    share = c / size
                    for k in range(low, high):
                        g[k] -= share * X[row[p], k]
                        if squares:
                            seen[k] += (c * X[row[p], k]) ** 2
                if norm:
                    total = 0.0
                    for k in range(low, high):
                        total += g[k] * g[k]
                    seen[low:high] = math.sqrt(total)

                eta = etas[t] * math.exp(degree * scale[q])
                scaled = Hyper(h.beta1, h.beta2, h.eps * math.exp(-scale[q]) if h.eps > 0 else 0.0)
                for k in range(low, high):
                    u, m[k], v[k] = step(g[k], seen[k], m[k], v[k], scaled)
                    w[k] -= eta * u

    return FLOATS.build(run)

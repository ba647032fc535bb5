"""Running the compiled loop: batches, step sizes, snapshots.

Log-scale float64 survives any margin; a number format shows what a user's run does.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from verify.errors import BadInput
from verify.numbers.floats import FLOATS
from verify.numbers.formats import FORMATS
from verify.optimizers.kernel import Data, State, Steps, kernel
from verify.optimizers.optimizer import Optimizer
from verify.optimizers.order import tables
from verify.optimizers.scale import block_count, present
from verify.optimizers.watch import Watched, fresh_watch, read

# Steps between two calls of the progress function; their step sizes stay in the cache.
CHUNK = 1 << 14


def _silent(step: int) -> None:
    """No progress is shown."""


@dataclass(frozen=True)
class Trajectory:
    """Iterates at chosen steps: ``weights[q]`` (d,) after ``steps[q]`` steps, at time ``tau[q]`` (the sum
    of the step sizes so far)."""

    steps: tuple[int, ...]
    tau: tuple[float, ...]
    weights: NDArray[np.float64]


@dataclass(frozen=True)
class Snapshot:
    """A run after ``step`` steps: time, iterate (d,), moments (d,) in units of exp(scale) and exp(2 scale)."""

    step: int
    tau: float
    w: NDArray[Any]
    m: NDArray[Any]
    v: NDArray[Any]
    scale: NDArray[np.float64]  # by coordinate, (d,)
    watched: Watched  # of a watched run


def iterates(
    X: NDArray[np.float64],
    opt: Optimizer,
    snapshots: Sequence[int],
    *,
    start: NDArray[np.float64] | None = None,
    seed: int = 0,
    dtype: str | None = None,
    log_normal: float | None = None,
    bits: int = 53,
    progress: Callable[[int], None] = _silent,
) -> Iterator[Snapshot]:
    """Run an optimizer on rows X, shape (N, d), and stop after each of the given numbers of steps, ascending.

    ``dtype`` None is float64 in log scale, a name of ``FORMATS`` that format with all its roundings.
    With ``log_normal``, the logarithm of a format's smallest normal number, the run is watched for numbers
    below it, and for states that stand still in ``bits`` bits: the snapshots' ``watched``.
    """
    n, d = X.shape
    form = None if dtype is None else FORMATS[dtype]
    run = kernel(opt.rule.name, opt.loss, dtype, log_normal is not None)
    blocks = block_count(X, opt.rule) if form is None else 1
    shape = (blocks, d // blocks)
    real = np.dtype(np.float64 if form is None else form.real)
    held = np.array if form is None else form.array
    w = np.zeros(d) if start is None else np.asarray(start, dtype=np.float64)
    data = Data(held(X).reshape(n, *shape), present(X, blocks), _fade(opt))
    state = State(
        held(w).reshape(shape), np.zeros(shape, real), np.zeros(shape, real),
        np.zeros(blocks), np.full(blocks, -np.inf),
    )  # fmt: skip
    own = 53 if form is None else form.bits
    watch = fresh_watch(shape, log_normal or 0.0, (X != 0).reshape(n, *shape), bits, own)
    states = tuple(state for state, beta in (("m", "beta1"), ("v", "beta2")) if beta in opt.rule.betas)
    scalars = opt.scalars(FLOATS)
    batch_tables = tables(n, opt.batch(n), opt.order, seed)
    table, used = next(batch_tables), 0

    t, tau = 0, 0.0
    for target in sorted(set(snapshots)):
        while t < target:
            count = min(CHUNK, target - t)
            if opt.order != "cyclic":
                if used == len(table):
                    table, used = next(batch_tables), 0
                count = min(count, len(table) - used)
            made = scalars(np.arange(t, t + count, dtype=np.float64))
            steps = Steps(table, used, *(np.ascontiguousarray(np.broadcast_to(x, count)) for x in made))
            run(data, steps, float(opt.beta1), float(opt.beta2), state, watch._replace(done=t))
            used = (used + count) % len(table) if opt.order == "cyclic" else used + count
            t += count
            tau += float(np.sum(steps.eta))
            progress(t)
        scale = np.repeat(state.scale, d // blocks)
        yield Snapshot(
            t, tau, state.w.flatten(), state.m.flatten(), state.v.flatten(), scale, read(watch, t, states)
        )


def trajectory(
    X: NDArray[np.float64],
    opt: Optimizer,
    snapshots: Sequence[int],
    *,
    start: NDArray[np.float64] | None = None,
    seed: int = 0,
    progress: Callable[[int], None] = _silent,
) -> Trajectory:
    """Run an optimizer in log scale and keep the iterates after the given numbers of steps.

    ``start`` is w_0, zero by default; ``seed`` draws the order of samples where it is random. The result
    does not depend on which snapshots are asked for. Raises BadInput where an iterate stops being finite,
    which in this scaling only a step size that is too large for float64 can do, or m / sqrt(v) with v = 0
    (beta2 = 0 and zero entries in the data).
    """
    kept: dict[int, Snapshot] = {}
    for snapshot in iterates(X, opt, snapshots, start=start, seed=seed, progress=progress):
        if not np.all(np.isfinite(snapshot.w)):
            squares = "beta2" in opt.rule.betas
            named = f"lr={opt.lr}" + (f", beta2={opt.beta2}" if squares else "")
            why = "steps too large for float64" + (", or a division by v = 0" if squares else "")
            raise BadInput(f"{named}: the iterate is not finite after step {snapshot.step} ({why})")
        kept[snapshot.step] = snapshot
    return Trajectory(
        tuple(snapshots),
        tuple(kept[s].tau for s in snapshots),
        np.array([kept[s].w for s in snapshots]),
    )


def elapsed(opt: Optimizer, steps: int) -> float:
    """The sum of the first ``steps`` step sizes, which are made in pieces and not kept."""
    starts = range(0, steps, CHUNK)
    return math.fsum(float(opt.step_sizes(t, min(t + CHUNK, steps)).sum()) for t in starts)


def _fade(opt: Optimizer) -> float:
    """How log of the moments' size falls in a step without gradient: by the slowest decay, v at degree 2."""
    rates = {"beta1": float(opt.beta1), "beta2": math.sqrt(opt.beta2)}
    slowest = max((rates[name] for name in opt.rule.betas), default=0.0)
    return math.log(slowest) if slowest > 0 else -math.inf

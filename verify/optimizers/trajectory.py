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

from verify.errors import BadInput, Undecided
from verify.numbers.formats import BLOCKWISE, Blockwise, Format
from verify.numbers.systems.arrays import ARRAYS
from verify.optimizers.class_kernel import class_kernel, features_and_labels
from verify.optimizers.kernel import Data, Kept, Notes, Run, Steps, kernel
from verify.optimizers.matrices import FADES
from verify.optimizers.optimizer import Optimizer
from verify.optimizers.roles import FIRST_SCALE, Roles
from verify.optimizers.scale import block_count, present
from verify.optimizers.traits import homogeneous, slopes, traits
from verify.optimizers.watch import Limits, Watched, Watcher

# So many steps are made between two calls of the progress function. Their step sizes are computed at once, and are few
# enough to stay in the cache.
CHUNK = 1 << 14

# A watched run notes this many numbers of each kind, and is then looked at: they stay in the cache.
NOTED = 1 << 14


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
    """A run after ``step`` steps: time, iterate (d,), and the states (d,) by name, those of degree d in units of
    exp(d scale)."""

    step: int
    tau: float
    w: NDArray[Any]
    states: dict[str, NDArray[Any]]
    scale: NDArray[np.float64]  # by coordinate, (d,)
    watched: Watched  # of a watched run
    beside: tuple[Watched, ...] = ()


def iterates(
    X: NDArray[np.float64],
    opt: Optimizer,
    snapshots: Sequence[int],
    *,
    start: NDArray[np.float64] | None = None,
    seed: int = 0,
    dtype: str | Format | Roles | None = None,
    watched: Limits | None = None,
    beside: Sequence[Limits] = (),
    progress: Callable[[int], None] = _silent,
) -> Iterator[Snapshot]:
    """Run an optimizer on rows X, shape (N, d), and stop after each of the given numbers of steps, ascending.

    ``dtype`` is a format, its name, or formats by role with all their roundings; None is float64, in log scale where
    the rule has a degree.
    With the limits ``watched`` the run is watched for numbers that are too small for a format, and for states that
    stand still in it; with those ``beside`` for such numbers in other formats too. The snapshots have what was seen
    under the same names.
    """
    n, d = X.shape
    roles = _roles(opt, dtype, watched is not None)
    by_class = roles is None and watched is None and opt.classes > 1
    run, data, state = _begun(X, opt, roles, by_class, watched is not None, start, seed)
    hyper = tuple(float(value) for value in opt.hyper)
    watcher = None
    if watched is not None:
        watcher = Watcher(opt, X != 0, state.w, [watched, *beside], roles)
    longest = CHUNK if watcher is None else max(1, NOTED // d)
    notes = _notes(0 if watcher is None else longest, len(state.s), state.w.shape)
    scalars, step_size = opt.scalars(ARRAYS), opt.step_size(ARRAYS)
    batch_tables = opt.tables(n, seed)
    table, used = next(batch_tables), 0

    t, tau = 0, 0.0
    for target in sorted(set(snapshots)):
        while t < target:
            count = min(CHUNK, target - t)
            if opt.order != "cyclic":
                if used == len(table):
                    table, used = next(batch_tables), 0
                count = min(count, len(table) - used)
            times = np.arange(t, t + count, dtype=np.float64)
            eta, eps, inside = (np.ascontiguousarray(np.broadcast_to(x, count)) for x in scalars(times))
            left = 1 - float(opt.weight_decay) * step_size(times) if opt.weight_decay else times
            rows = _samples(table, opt) if by_class else table
            for done in range(0, count, longest):
                part = slice(done, done + longest)
                steps = Steps(rows, (used + done) % len(rows), eta[part], eps[part], inside[part], left[part])
                untold = run(data, steps, hyper, state, notes)
                if opt.rule.matrix is not None and untold >= 0:
                    raise Undecided(f"{FADES.format('float64')} (in step {t + done + untold + 1})")
                if watcher is not None:
                    watcher.look(notes, steps, t + done)
            used = (used + count) % len(table) if opt.order == "cyclic" else used + count
            t += count
            tau += float(np.sum(step_size(times) if opt.bias_correction else eta))
            progress(t)
        scale = np.repeat(state.scale, d // len(state.scale))
        by_name = {name.name: held.flatten() for name, held in zip(opt.rule.states, state.s, strict=True)}
        seen, *others = [Watched()] if watcher is None else watcher.read(t)
        yield Snapshot(t, tau, state.w.flatten(), by_name, scale, seen, tuple(others))


def _roles(opt: Optimizer, dtype: str | Format | Roles | None, watched: bool) -> Roles | None:
    """The formats of a run by role, None for float64 in log scale. Raises BadInput where it can be made in neither."""
    whole = opt.rule.matrix is not None
    if whole and (dtype is not None or watched):
        raise BadInput(f"optimizer={opt.rule.name}: it reads a matrix, and is not run in number formats")
    if not dtype and not whole and _needs_its_scale(opt):
        dtype = "float64"
    if dtype:
        return Roles.of(dtype)
    reason = homogeneous(opt.rule)
    if reason:
        raise BadInput(
            f"optimizer={opt.rule.name}: float64 in log scale needs the trait degree, and {reason}"
        )
    return None


def _begun(
    X: NDArray[np.float64],
    opt: Optimizer,
    roles: Roles | None,
    by_class: bool,
    watched: bool,
    start: NDArray[np.float64] | None,
    seed: int,
) -> tuple[Any, Data, Run]:
    """The compiled loop of a run, the data that it reads, and the run before its first step."""
    (n, d), whole, decays = X.shape, opt.rule.matrix, opt.weight_decay > 0
    blocks = block_count(X, opt.rule) if roles is None else 1
    shape = (blocks, d // blocks)
    if whole is not None:
        blocks = opt.classes if whole.blocks == "row" else 1
    if by_class and blocks not in (1, opt.classes):
        blocks = d  # features are 0: each entry has a scale of its own
    real = np.dtype(np.float64 if roles is None else roles.real)

    def held(role: str, values: NDArray[np.float64]) -> NDArray[Any]:
        form: Format | None = None if roles is None else getattr(roles, role)
        return np.array(values) if form is None else form.array(values).astype(real)

    run: Any
    if by_class or whole is not None:
        shape = (opt.classes, d // opt.classes)
        run = class_kernel(opt.rule, opt.loss, decays, blocks == d)
        data = Data(*features_and_labels(X, opt), _fade(opt))
    else:
        run = kernel(opt.rule, opt.loss, roles, watched, decays, opt.owned)
        data = Data(held("data", X).reshape(n, *shape), present(X, blocks), _fade(opt))
    w_0 = np.zeros(d) if start is None else np.asarray(start, dtype=np.float64)
    w = held("master", w_0).reshape(shape)
    model = held("weights", w_0).reshape(shape) if roles is not None and roles.has_master else w
    states = tuple(np.zeros(shape, real) for _ in opt.rule.states)
    kept = _kept(opt, roles, np.zeros_like(w), model, seed)
    return run, data, Run(w, states, np.zeros(blocks), np.full(blocks, -np.inf), kept)


def _samples(table: NDArray[np.int64], opt: Optimizer) -> NDArray[np.int64]:
    """A table of batches of samples, from one of all their rows."""
    first = table[:, :: opt.owned]
    return np.where(first < 0, -1, first // opt.owned)


def _kept(opt: Optimizer, roles: Roles | None, lost: NDArray[Any], model: NDArray[Any], seed: int) -> Kept:
    """What a run keeps beside iterate and states; ``seed`` draws the random roundings."""
    first = FIRST_SCALE if roles is None or roles.loss_scale in ("dynamic", 0) else float(roles.loss_scale)
    maps = []
    if roles is not None:
        for role in (roles.of_state(state.degree) for state in opt.rule.states):
            form = getattr(roles, role)
            form = form if isinstance(form, Blockwise) else BLOCKWISE["int8_linear"]  # not used then
            maps.append(form.maps(signed=role == "moments"))
    random, scaler = np.array([seed % 2**64], np.uint64), np.array([first, 0.0])
    return Kept(model, lost, random, scaler, tuple(maps), 1 if roles is None else roles.block)


def _notes(steps: int, states: int, shape: tuple[int, int]) -> Notes:
    """Room for the notes of so many steps."""
    gradient, terms, seen, u, update, w = (np.zeros((steps, *shape)) for _ in range(6))
    kept, scale = np.zeros((steps, states, *shape)), np.zeros((steps, shape[0]))
    return Notes(gradient, terms, seen, u, update, w, kept, scale)


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
            values = "".join(f", {name}={value}" for name, value in opt.values.items())
            named = f"lr={opt.lr}" + (values if opt.rule.uses("eps", "inside") else "")
            why = "steps too large for float64" + (
                ", or a division by a state that is 0" if opt.rule.states else ""
            )
            raise BadInput(f"{named}: the iterate is not finite after step {snapshot.step} ({why})")
        kept[snapshot.step] = snapshot
    return Trajectory(
        tuple(snapshots), tuple(kept[s].tau for s in snapshots), np.array([kept[s].w for s in snapshots])
    )


def _needs_its_scale(opt: Optimizer) -> bool:
    """Whether a run in float64 cannot be kept in units that move: the rule says that it has no degree, or its eps is
    not of the gradient's degree. Such a run ends where its gradients underflow."""
    return opt.rule.degree is None or bool(opt.eps and not traits(opt.rule).eps_scales)


def elapsed(opt: Optimizer, steps: int, first: int = 0) -> float:
    """The sum of the step sizes from the ``first`` one up to ``steps``, which are made in pieces and not kept."""
    starts = range(first, steps, CHUNK)
    return math.fsum(float(opt.step_sizes(t, min(t + CHUNK, steps)).sum()) for t in starts)


def _fade(opt: Optimizer) -> float:
    """How log of the size of gradients that the states remember falls in a step without gradient: by the slowest
    decay, that of a state of degree d taken to the power 1/d; not at all where a state does not forget."""
    rates = slopes(opt.rule, opt.values)
    slowest = max(
        (
            rate ** (1 / float(state.degree))
            for state, rate in zip(opt.rule.states, rates, strict=True)
            if state.degree
        ),
        default=0.0,
    )
    return math.log(slowest) if slowest > 0 else -math.inf

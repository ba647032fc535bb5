"""What formulas say of a run in formats by role: a safe eps, states in 8 bits that vanish or do not move, and how fast
a coordinate then runs away.

A blockwise format keeps v of a coordinate as 0 where its gradient is below sqrt(first code / 2) of its block's largest,
4.03e-4 for int8_dynamic. While the gradient lasts that is a large step, no more. When it falls silent, m does not fade:
beta1 a rounds to a at its code a, and m / (sqrt(0) + eps) moves the coordinate for ever.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from verify.numbers.formats import Blockwise
from verify.numbers.systems.arrays import ARRAYS
from verify.numbers.systems.floats import FLOATS
from verify.optimizers.averages import Average, averages
from verify.optimizers.optimizer import Optimizer
from verify.optimizers.order import tables
from verify.optimizers.roles import Roles
from verify.optimizers.trajectory import Snapshot
from verify.optimizers.watch import has_v, second_degree

# A coordinate whose exact m is below this part of what is stored for it has fallen silent.
SILENT = 0.1

# A steady gradient moves a coordinate by eta, a sudden one by (1 - beta1) / sqrt(1 - beta2) eta, about 3.
RUNS = 10

# The probability of a stall is averaged over this many of the scales that a block may have next.
SCALES = 64

_erf: Any = np.vectorize(math.erf, otypes=[float])


@dataclass(frozen=True)
class Runaway:
    """Coordinates whose v is stored as 0 while their m is not, and which move by more than RUNS eta in the last step,
    in the run and by formula from the log-scale run. ``speed`` is the largest |eta u| among them, and
    ``predicted_speed`` the formula's; None where there are none, or eps is 0 and so is what they are divided by."""

    coordinates: tuple[int, ...]
    speed: float | None
    predicted_coordinates: tuple[int, ...]
    predicted_speed: float | None


@dataclass(frozen=True)
class Stall:
    """The part of the entries of a state, less the largest of each block, whose codes do not change in the next step:
    ``predicted`` for gradients that are normally distributed, ``measured`` over the batches of an epoch."""

    predicted: float
    measured: float


def safe_eps(opt: Optimizer, roles: Roles, reference: list[Snapshot]) -> float | None:
    """The eps from which on a v that is stored as 0 does no harm, the exact root being below eps; None for rules that
    divide by no root.

    A format stores as 0 what is below its smallest number at most; a blockwise format what is below a part of the
    largest entry of the block, here of all exact v of the run.
    """
    if not has_v(opt.rule):
        return None
    form, degree = roles.second_moments, second_degree(opt.rule)
    least = roles.arithmetic if isinstance(form, Blockwise) else form
    smallest = math.exp(least.log_smallest / degree)
    if not isinstance(form, Blockwise):
        return smallest
    largest = max(float(np.max(_logs(snapshot, opt.rule.states[-1].name, degree))) for snapshot in reference)
    return max(smallest, math.exp((math.log(form.vanishing) + largest) / degree))


def vanishing_ratio(opt: Optimizer, roles: Roles) -> float | None:
    """Below this part of its block's largest gradient a coordinate's v is stored as 0; None where no block is kept."""
    form = roles.second_moments
    if not (has_v(opt.rule) and isinstance(form, Blockwise)):
        return None
    return float(form.vanishing ** (1 / second_degree(opt.rule)))


def runaway(opt: Optimizer, roles: Roles, reference: list[Snapshot], run: list[Snapshot]) -> Runaway | None:
    """The coordinates that run away, None where v is not kept blockwise or no m is kept."""
    states = opt.rule.states
    firsts = [k for k, state in enumerate(states) if state.degree == 1]
    if vanishing_ratio(opt, roles) is None or not firsts:
        return None
    m, v, last = states[firsts[0]].name, states[-1].name, run[-1]
    least = RUNS * float(opt.step_size(ARRAYS)(float(last.step - 1)))
    moves = abs(last.watched.update)
    seen = np.flatnonzero((last.states[v] == 0) & (last.states[m] != 0) & ~(moves <= least))
    sizes = moves[seen]
    speed = float(np.max(sizes)) if len(seen) and np.all(np.isfinite(sizes)) else None
    average = averages(opt)[firsts[0]]
    foretold = {} if average is None else _foretold(opt, roles, reference, m, v, average)
    runs = {k: told for k, told in foretold.items() if not told <= least}
    fastest = max(runs.values(), default=math.inf)
    return Runaway(tuple(map(int, seen)), speed, tuple(runs), fastest if math.isfinite(fastest) else None)


def sticking(codes: NDArray[np.float64], keep: float) -> NDArray[np.bool_]:
    """Whether a code a > 0 stays as it is without a gradient: keep a is nearer to a than to the code below it."""
    below = np.concatenate(([-np.inf], codes[:-1]))
    return (codes > 0) & (keep * codes > (codes + below) / 2)


def _foretold(
    opt: Optimizer, roles: Roles, reference: list[Snapshot], m: str, v: str, average: Average
) -> dict[int, float]:
    """From the exact m and v at the snapshots: the coordinates where v vanishes and m, having come down to the first
    code that sticks, is more than the exact one's; with the steps that come of it."""
    form, degree = roles.second_moments, second_degree(opt.rule)
    assert isinstance(form, Blockwise)
    codes = roles.moments.codes(signed=True) if isinstance(roles.moments, Blockwise) else None
    if codes is None:
        return {}  # m fades in a format with exponents
    parts = {
        name: [_within(_logs(s, name, d), roles.block) for s in reference]
        for name, d in ((m, 1.0), (v, degree))
    }
    vanished = np.any([part < math.log(form.vanishing) for part, _ in parts[v]], axis=0)
    most = np.exp(np.max([part for part, _ in parts[m]], axis=0))
    held = np.array([_stuck(codes, average.keep, float(r)) for r in most])
    part, largest = parts[m][-1]
    # -1 is not in every map: a block whose largest entry is negative loses part of it in each step.
    signs = np.sign(np.asarray(reference[-1].states[m], np.float64))
    shrunk = (1 - average.keep) / (1 - average.keep * -codes[0])
    negative = np.repeat(
        [signs[k + np.argmax(part[k : k + roles.block])] < 0 for k in range(0, len(part), roles.block)],
        roles.block,
    )[: len(part)]
    held = np.where(negative, shrunk, 1.0) * held
    there = np.flatnonzero(vanished & (np.exp(part) < SILENT * held))
    t = float(reference[-1].step - 1)
    eta, eps, inside = (float(x) for x in opt.scalars(ARRAYS)(t))
    step, zeros = opt.rule.step(FLOATS), np.zeros(len(opt.rule.states))
    at = [state.name for state in opt.rule.states].index(m)
    speeds = {}
    for k in there:
        s = list(zeros)
        s[at] = held[k] * math.exp(largest[k])
        with np.errstate(divide="ignore", invalid="ignore"):
            u, _ = step(0.0, 0.0, tuple(s), (*map(float, opt.hyper), eps, inside, 0.0, eta))
        speeds[int(k)] = abs(eta * float(u)) if eps + inside else math.inf
    return speeds


def _stuck(codes: NDArray[np.float64], keep: float, part: float) -> float:
    """The code at which an entry of that part of the largest comes to rest without gradient: the nearest, or the first
    below that sticks; 0 where none does."""
    nearest = codes[np.argmin(abs(codes - part))]
    below = codes[sticking(codes, keep) & (codes <= nearest)]
    return float(below[-1]) if len(below) else 0.0


def _logs(snapshot: Snapshot, state: str, degree: float) -> NDArray[np.float64]:
    """The logarithms of the sizes of a state's entries, in units of 1."""
    with np.errstate(divide="ignore"):
        logs = np.log(abs(np.asarray(snapshot.states[state], np.float64))) + degree * snapshot.scale
    return np.asarray(logs)


def _within(logs: NDArray[np.float64], block: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Each entry as a part of its block's largest, and that, both as logarithms."""
    largest = np.repeat([np.max(logs[k : k + block]) for k in range(0, len(logs), block)], block)[: len(logs)]
    return np.where(np.isfinite(largest), logs - largest, -np.inf), largest


def stalls(
    X: NDArray[np.float64], opt: Optimizer, roles: Roles, last: Snapshot, seed: int
) -> dict[str, Stall]:
    """For each average that is kept blockwise, how likely its entries stay as they are in the step after ``last``."""
    G = _gradients(X, opt, np.asarray(last.w, np.float64), seed)
    found = {}
    for state, average in zip(opt.rule.states, averages(opt), strict=True):
        role = roles.of_state(state.degree)
        form = getattr(roles, role)
        if average is None or not isinstance(form, Blockwise):
            continue
        s = np.asarray(last.states[state.name], np.float64)
        if not np.all(np.isfinite(s)) or len(s) < 2:
            continue
        codes = form.codes(signed=role == "moments")
        both = [_stall(s, G, average, codes, k, roles.block) for k in range(0, len(s), roles.block)]
        predicted, measured = (np.concatenate([each[i] for each in both]) for i in (0, 1))
        if len(predicted):
            found[state.name] = Stall(float(predicted.mean()), float(measured.mean()))
    return found


def _stall(
    s: NDArray[np.float64],
    G: NDArray[np.float64],
    average: Average,
    codes: NDArray[np.float64],
    first: int,
    block: int,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Of one block, for each entry but the largest: the probability of staying, and the part of the batches."""
    s, G = s[first : first + block], G[:, first : first + block]
    largest = np.max(abs(s))
    if largest == 0 or len(s) < 2:
        return np.zeros(0), np.zeros(0)
    others = np.arange(len(s)) != np.argmax(abs(s))
    middles = (codes[1:] + codes[:-1]) / 2
    place = np.searchsorted(middles, s / largest, side="right")
    x = abs(G) if average.even else G
    then = average.keep * s + average.gain * x**average.power
    scales = np.max(abs(then), axis=1, keepdims=True)
    stays = np.searchsorted(middles, then / np.where(scales > 0, scales, 1), side="right") == place
    # Each of the scales that the batches lead to, with gradients that do not depend on it.
    cells = np.concatenate(([-np.inf], middles, [np.inf]))
    spread = np.linspace(0, len(scales) - 1, min(SCALES, len(scales))).astype(int)
    low, high = (
        (np.sort(scales, axis=0)[spread] * cells[place + i] - average.keep * s) / average.gain for i in (0, 1)
    )
    mean, deviation = x.mean(axis=0), x.std(axis=0)
    if average.power == 2:
        low, high = (np.sqrt(np.maximum(end, 0)) for end in (low, high))
        likely = _between(low, high, mean, deviation) + _between(-high, -low, mean, deviation)
    else:
        likely = _between(low, high, mean, deviation)
    return likely.mean(axis=0)[others], stays.mean(axis=0)[others]


def _between(low: Any, high: Any, mean: Any, deviation: Any) -> NDArray[np.float64]:
    """The probability that a normal variable lies in (low, high)."""
    width = np.where(deviation > 0, deviation, np.finfo(float).tiny) * math.sqrt(2)
    with np.errstate(over="ignore"):
        ends = [_erf((end - mean) / width) for end in (low, high)]
    return np.asarray((ends[1] - ends[0]) / 2, np.float64)


def _gradients(
    X: NDArray[np.float64], opt: Optimizer, w: NDArray[np.float64], seed: int
) -> NDArray[np.float64]:
    """The gradients of the batches of an epoch at w, (batches, d)."""
    with np.errstate(over="ignore"):
        weights = opt.loss.weight(ARRAYS)(X @ w)
    table = next(iter(tables(len(X), opt.batch(len(X)), opt.order, seed)))
    terms = -weights[:, None] * X
    return np.array([terms[row[row >= 0]].mean(axis=0) for row in table])

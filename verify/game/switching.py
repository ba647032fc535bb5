"""Signum's game at less than the full batch: its epoch map jumps, and its equilibria are decided in rationals.

In an epoch of P steps m_q = sum_j W_qj c_j x_j, with W_qj > 0 from the rule's own step, and U is the mean of
sign(m_q). Where m_q[k] = 0 the sign is any s_qk in [-1, 1] (Filippov: a run with small steps switches there and
takes a mean). So an equilibrium is c in the simplex and s in the box with s_qk in Sign((W_q * c)'x_k) and
x_i.U = lambda on the support of c, and no less off it, U = sum_q s_q / P. All of that is linear once the support
S and the switching pairs K are known: B'c = 0 on K fixes c, equal costs on S fix s on K.

The flow with sign(m) replaced by tanh(m / (delta size)) proposes S and K for smaller and smaller delta; rationals
decide.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from typing import Any

import numpy as np

from verify.data.dataset import Dataset
from verify.evidence import Verdict
from verify.game.convex import exact_direction
from verify.game.field import Field, Floats
from verify.game.flow import from_start, from_weights
from verify.game.result import Limit, Prediction
from verify.game.search import DEPTHS, EVALUATIONS
from verify.numbers.rational import solve_square, times
from verify.numbers.system import Numbers
from verify.optimizers.optimizer import Optimizer
from verify.optimizers.order import tables
from verify.optimizers.rules import Hyper

# Schedules of smoothing. The second is tried where the first leads to nothing: large deltas round off what small
# ones get caught in.
SCHEDULES = ((1e-2, 1e-3, 1e-4), (0.3, 0.1, 0.03, 0.01, 3e-3, 1e-3, 3e-4, 1e-4, 3e-5, 1e-5))

# Pieces of time at each delta, each three times as long as the one before; the first has to come from w = 0.
PIECES, FIRST_PIECES = 12, 40

# Up to this many products in m the game is tried: iris has 112,500 and takes 15 s of processor time; wine, with
# 443,556, was not done after 30.
LARGEST = 200_000

EXACT = Numbers(
    name="rationals",
    number=Fraction,
    sqrt=None,  # type: ignore[arg-type]
    exp=None,  # type: ignore[arg-type]
    log=None,  # type: ignore[arg-type]
    softplus=None,  # type: ignore[arg-type]
    sign=lambda a: (a > 0) - (a < 0),
    ratio=lambda a, b: a / b if b else a * 0,
)

Matrix = list[list[Fraction]]


@dataclass(frozen=True)
class Switching:
    """An exact equilibrium: support S, switching pairs K of step and coordinate, u (d), c (N), cost, and the
    least cost off the support less it."""

    support: tuple[int, ...]
    switches: tuple[tuple[int, int], ...]
    u: tuple[Fraction, ...]
    weights: tuple[Fraction, ...]
    cost: Fraction
    slack: Fraction | None


def memory(opt: Optimizer, n: int) -> Matrix:
    """W (P, N): what a unit gradient of sample j adds to m after step q, once m is periodic; over a common factor."""
    step = opt.rule.define(EXACT)
    h = Hyper(opt.beta1, opt.beta2, Fraction(0), Fraction(0))
    batches = [[j for j in row if j >= 0] for row in next(tables(n, opt.batch(n), "cyclic")).tolist()]
    P, zero = len(batches), Fraction(0)
    # m decays by the same factor in every step without gradient, so one gradient's trace tells all.
    if "beta1" not in opt.rule.betas or P == 1:
        return [[Fraction(j in batch, len(batch)) for j in range(n)] for batch in batches]
    trace = [step(Fraction(1), zero, zero, zero, h)[1]]
    for _ in range(P - 1):
        trace.append(step(zero, zero, trace[-1], zero, h)[1])
    W = [[zero] * n for _ in range(P)]
    for p, batch in enumerate(batches):
        for age, left in enumerate(trace):
            for j in batch:
                W[(p + age) % P][j] = left / trace[0] / len(batch)
    return W


def bound(opt: Optimizer, data: Dataset) -> Fraction:
    """By how much a limit direction's l_inf margin may fall short: 2 (1 - 1/P) (1 - q)/(1 + q) max ||x_i||_1 with
    q = beta^(P-1) (claim signum-bound)."""
    P = -(-data.n // opt.batch(data.n))
    q = opt.beta1 ** (P - 1)
    return 2 * (1 - Fraction(1, P)) * (1 - q) / (1 + q) * max(sum(map(abs, row)) for row in data.rows)


def switching_prediction(data: Dataset, opt: Optimizer, gamma: Fraction, digits: int | None) -> Prediction:
    """The equilibria that smoothed flows lead near, exact; if none, no limit. The note has the proved bound."""
    short = float(bound(opt, data) / gamma)
    known = (
        f"every limit direction has at least {1 - short:.3g} of the l_inf max margin"
        if short < 1
        else "the bound on the loss of l_inf margin says nothing here"
    )
    W = memory(opt, data.n)
    found = _found(data, W) if len(W) * data.n * data.d <= LARGEST else []
    if not found:
        tried = len(W) * data.n * data.d <= LARGEST
        refusal = "U(c) jumps, and no equilibrium of the set-valued game was " + (
            "found" if tried else "looked for on data this large"
        )
        return Prediction(data, opt, (), False, f"{refusal}; {known}")
    limits = tuple(_limit(data, equilibrium, gamma, digits) for equilibrium in found)
    return Prediction(data, opt, limits, False, f"which start leads where is not decided; {known}")


def _limit(data: Dataset, found: Switching, gamma: Fraction, digits: int | None) -> Limit:
    direction, radius, text = exact_direction(found.u, digits)
    share = float(found.cost / max(map(abs, found.u)) / gamma)
    count = len(found.switches)
    where = f"where the sign of m switches for ever in {count} coordinate{'s' * (count != 1)}"
    return Limit(
        direction=direction,
        radius=radius,
        support=found.support,
        weights=np.array([float(c) for c in found.weights]),
        slack=np.inf if found.slack is None else float(found.slack / found.cost),
        stability="undetermined",
        evidence=Verdict.CERTIFIED,
        note=f"an equilibrium {where if count else 'at which no sign switches'}; its l_inf margin is {share:.6g} of "
        "the largest",
        decimals=text,
    )


def _found(data: Dataset, W: Matrix) -> list[Switching]:
    """The distinct equilibria that the flows of the first schedule propose, or else those of the next."""
    X, weights = data.floats(), np.array([[float(w) for w in row] for row in W])
    found: dict[tuple[Fraction, ...], Switching] = {}
    tried: set[tuple[Any, Any]] = set()
    for deltas in SCHEDULES:
        for log_c in _smoothed_flow(X, weights, deltas):
            for S, K in _proposals(X, weights, log_c):
                if (S, K) not in tried:
                    tried.add((S, K))
                    equilibrium = decide(data, W, S, K)
                    if equilibrium is not None:
                        found.setdefault(equilibrium.u + equilibrium.weights, equilibrium)
        if found:
            break
    return list(found.values())


def _smoothed_flow(X: Floats, W: Floats, deltas: Sequence[float]) -> Iterator[Floats]:
    """log c at the ends of pieces of time of the smoothed flow, from w = 0, at each delta in turn."""
    end: Floats | None = None
    for delta in deltas:
        game = Field(X, _smoothed(X, W, delta), one_scale=True)
        first = end is None
        path = (
            from_start(game, "logistic", np.zeros(len(X)), EVALUATIONS)
            if end is None
            else from_weights(game, end, EVALUATIONS)
        )
        for log_c in islice(path, FIRST_PIECES if first else PIECES):
            end = log_c
            yield log_c


def _smoothed(X: Floats, W: Floats, delta: float) -> Any:
    """U at log c (N,) or (N, r), with tanh(m / (delta size)) in place of sign(m)."""
    A = np.abs(X)

    def U(log_c: Any) -> Any:
        c = np.exp(log_c.reshape(len(X), 1, -1))
        shape = (len(X), -1)
        weighted = np.concatenate([(c * part[:, :, None]).reshape(shape) for part in (X, A)], axis=1)
        real = np.ascontiguousarray(weighted).view(np.float64)  # one product of real matrices
        m, size = np.split((W @ real).view(c.dtype), 2, axis=1)
        t = np.divide(m, size, out=np.zeros_like(m), where=size != 0)
        u = np.tanh(t / delta).mean(axis=0)
        return u.reshape(X.shape[1], *log_c.shape[1:])

    return U


def _proposals(X: Floats, W: Floats, log_c: Floats) -> Iterator[tuple[tuple[int, ...], Any]]:
    """Supports of several depths, each with as many switching pairs as equal costs need: those nearest to 0."""
    for depth in DEPTHS:
        S = np.flatnonzero(log_c > np.max(log_c) - depth)
        if len(S) > X.shape[1] + 1:
            continue
        c = np.exp(log_c[S] - np.max(log_c))
        m = (W[:, S] * c) @ X[S]
        size = (W[:, S] * c) @ np.abs(X[S])
        t = np.abs(np.divide(m, size, out=np.ones_like(m), where=size > 0))
        nearest = t.min(axis=0), t.argmin(axis=0)
        coordinates = np.sort(np.argsort(nearest[0], kind="stable")[: len(S) - 1])
        yield tuple(map(int, S)), tuple((int(nearest[1][k]), int(k)) for k in coordinates)


def decide(data: Dataset, W: Matrix, S: tuple[int, ...], K: tuple[tuple[int, int], ...]) -> Switching | None:
    """The equilibrium on support S that switches at the pairs K and nowhere else; None if there is none."""
    X, P, d = data.rows, len(W), data.d
    one, zero = Fraction(1), Fraction(0)
    c = solve_square(
        [[W[q][j] * X[j][k] for j in S] for q, k in K] + [[one] * len(S)], [zero] * len(K) + [one]
    )
    if c is None or min(c) <= 0:
        return None
    columns = [[X[j][k] for j in S] for k in range(d)]
    fixed, together = [zero] * d, [0] * len(K)
    alike = [tuple(W[q][j] / W[q][S[0]] for j in S) for q in range(P)]
    for shape, times_seen in Counter(alike).items():
        held = [w * weight for w, weight in zip(shape, c, strict=True)]
        for k, m in enumerate(times(columns, held)):
            here = [p for p, (q, l) in enumerate(K) if l == k and alike[q] == shape]
            if here:
                together[here[0]] = times_seen
            elif not m:
                return None  # unseen by the support, or it switches too
            else:
                fixed[k] += times_seen if m > 0 else -times_seen
    # sum_K x_ik s_qk - lambda P = -x_i.fixed for i in S, s_qk summed over the steps that switch together
    solution = solve_square(
        [[X[i][k] for _, k in K] + [-one] for i in S], [-value for value in times([X[i] for i in S], fixed)]
    )
    if solution is None or solution[-1] <= 0:
        return None
    for (_, k), s, most in zip(K, solution[:-1], together, strict=True):
        if abs(s) > most:
            return None
        fixed[k] += s
    u = tuple(value / P for value in fixed)
    cost, costs = solution[-1] / P, times(X, u)
    off = [value - cost for i, value in enumerate(costs) if i not in S]
    if off and min(off) < 0:
        return None
    weights = [zero] * data.n
    for i, weight in zip(S, c, strict=True):
        weights[i] = weight
    return Switching(S, K, u, tuple(weights), cost, min(off, default=None))

"""Sign descent by batches, with memory (Signum) or without: its epoch map jumps, and its equilibria are decided in
rationals.

In an epoch of P steps m_q = sum_j W_qj c_j x_j, where W_qj is what the rule's own step leaves of a gradient, and
U is the mean of sign(m_q). Where m_q[k] = 0 the sign is any s_qk in [-1, 1] (Filippov: a run with small steps
switches there and takes a mean). So an equilibrium is c and s in the box with s_qk in Sign((W_q * c)'x_k), and
x_i.U = lambda on the support of c, and no less off it, U = sum_q s_q / P. All of that is linear once the support
S and the switching pairs K are known: m = 0 on K fixes c, equal costs on S fix s on K.

With memory every m_q sees all of c, a point of the simplex. Without it a step sees the weights of its own batch
alone, and only their ratios count: each batch is a population with a simplex and a lambda of its own.

A run with small steps and pivots in floats propose S and K; rationals decide. A limit direction has positive
costs: where lambda <= 0 margins do not grow.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from verify.data.dataset import Dataset
from verify.evidence import Verdict
from verify.game.convex import exact_direction
from verify.game.field import Floats
from verify.game.pivoting import Game, Proposal, along_memory, at, propose
from verify.game.result import Limit, Prediction
from verify.game.settling import REACHED, near, settled
from verify.game.signs import fading, hyper
from verify.numbers.rational import solve_square, times
from verify.optimizers.optimizer import Optimizer
from verify.optimizers.order import tables

# Rows from which pivots start, at most; linear systems of one start and of all: 12,000 take 4 s of processor time
# on random sets of 20 x 15 and on wine.
STARTS, SYSTEMS, ALL_SYSTEMS = 30, 3_000, 12_000
# Systems that pivots from near a run's end may solve: of seven sets of 14 x 12 to 40 x 100 they took at most 52
# where they ended at an equilibrium.
NEARBY = 300
# A run stops where what it moves in a unit of time is rounding: on iris 0, where a sign that does not cancel moves it
# by 1/150.
STOPPED = 1e-9


@dataclass(frozen=True)
class Memory:
    """What m knows: ``trace`` (P) is what is left of a gradient after so many steps of an epoch, once m is
    periodic, over what it brings; step (N) sees each sample, in a batch of size (N)."""

    trace: tuple[Fraction, ...]
    step: tuple[int, ...]
    size: tuple[int, ...]

    def weight(self, q: int, j: int) -> Fraction:
        """W_qj: what a unit gradient of sample j adds to m after step q."""
        return self.trace[(q - self.step[j]) % len(self.trace)] / self.size[j]

    def population(self) -> tuple[int, ...]:
        """For each sample the set whose weights' ratios count: all of them, or its batch where m forgets."""
        return self.step if not any(self.trace[1:]) else (0,) * len(self.step)


def memory(opt: Optimizer, n: int) -> Memory:
    """That of a rule with signs on n samples in cyclic order."""
    batches = cyclic_batches(opt, n)
    return Memory(
        # The full batch leaves nothing to remember, in Adam too.
        tuple(fading(opt.rule, hyper(opt), len(batches) - 1)),
        tuple(q for q, batch in enumerate(batches) for _ in batch),
        tuple(len(batch) for batch in batches for _ in batch),
    )


def cyclic_batches(opt: Optimizer, n: int) -> list[list[int]]:
    """The samples of each step of an epoch in cyclic order."""
    return [[j for j in row if j >= 0] for row in next(tables(n, opt.batch(n), "cyclic")).tolist()]


@dataclass(frozen=True)
class Switching:
    """An exact equilibrium: support S, switching pairs K of step and coordinate, u (d), c (N), and for each
    population the cost; and the least cost off the support less its population's."""

    support: tuple[int, ...]
    switches: tuple[tuple[int, int], ...]
    u: tuple[Fraction, ...]
    weights: tuple[Fraction, ...]
    costs: tuple[Fraction, ...]
    slack: Fraction | None


def bound(opt: Optimizer, data: Dataset) -> Fraction:
    """By how much a limit direction's l_inf margin may fall short: 2 (1 - 1/P) (1 - q)/(1 + q) max ||x_i||_1 with
    q = beta^(P-1) (claim signum-bound)."""
    P = -(-data.n // opt.batch(data.n))
    q = opt.beta1 ** (P - 1)
    return 2 * (1 - Fraction(1, P)) * (1 - q) / (1 + q) * max(sum(map(abs, row)) for row in data.rows)


def switching_prediction(
    data: Dataset, opt: Optimizer, gamma: Fraction, digits: int | None, w_0: Sequence[Fraction]
) -> Prediction:
    """The equilibria that a run and pivots lead to, exact; if none, no limit. The note has the proved bound."""
    kept = memory(opt, data.n)
    log_c, moved = settled(data, opt, np.array(w_0, dtype=float))
    found = equilibria(data, kept, log_c)
    limits = [_limit(data, equilibrium, gamma, digits) for equilibrium in found if min(equilibrium.costs) > 0]
    speed = float(np.linalg.norm(moved))
    stops = speed <= STOPPED
    gaps = [1.0 if stops else float(np.linalg.norm(moved / speed - limit.direction)) for limit in limits]
    reached = min(gaps, default=1.0) < REACHED
    if reached:
        limits.insert(0, limits.pop(int(np.argmin(gaps))))
    notes = []
    if stops:
        notes.append(
            "measured: a run from w_0 with small steps stops, where the signs cancel over an epoch, and its loss does "
            "not go to zero"
        )
    if limits:
        which = "other start" if reached else "start"
        notes.append(f"which {which} leads where is not decided")
    elif found:
        notes.append(
            f"the only equilibria found have a cost of at most {float(max(min(e.costs) for e in found)):.3g}, where "
            "margins do not grow: the loss need not go to zero, and then there is no limit direction"
        )
    else:
        notes.append("U(c) jumps, and no equilibrium of the set-valued game was found")
    if any(kept.trace[1:]):
        short = float(bound(opt, data) / gamma)
        notes.append(
            f"every limit direction has at least {1 - short:.3g} of the l_inf max margin"
            if short < 1
            else "the bound on the loss of l_inf margin says nothing here"
        )
    evidence = Verdict.MEASURED if reached else Verdict.UNDECIDED
    return Prediction(data, opt, tuple(limits), False, "; ".join(notes), from_start=evidence)


def _limit(data: Dataset, found: Switching, gamma: Fraction, digits: int | None) -> Limit:
    direction, radius, text = exact_direction(found.u, digits)
    share = float(min(found.costs) / max(map(abs, found.u)) / gamma)
    count, populations = len(found.switches), len(found.costs)
    where = f"where the sign of m switches for ever in {count} coordinate{'s' * (count != 1)}"
    note = (
        f"an equilibrium {where if count else 'at which no sign switches'}; its l_inf margin is {share:.6g} of "
        "the largest"
    )
    return Limit(
        direction=direction,
        radius=radius,
        support=found.support,
        weights=np.array([float(c / populations) for c in found.weights]),
        slack=np.inf if found.slack is None else float(found.slack / min(found.costs)),
        stability="undetermined",
        evidence=Verdict.CERTIFIED,
        note=note + ("; the weights are shares of each batch" if populations > 1 else ""),
        decimals=text,
    )


def equilibria(data: Dataset, kept: Memory, log_c: Floats | None = None) -> list[Switching]:
    """The distinct equilibria that pivots propose from near log c (N,), and from several rows."""
    X, population = data.floats(), np.array(kept.population())
    game = Game(
        X,
        np.array(kept.step),
        np.array(kept.size, dtype=float),
        np.array([float(left) for left in kept.trace]),
        population,
    )
    rng = np.random.default_rng(0)
    tried: set[Proposal] = set()
    found: dict[tuple[Fraction, ...], Switching] = {}

    def accept(proposal: Proposal | None) -> bool:
        if proposal is None or proposal in tried:
            return False
        tried.add(proposal)
        equilibrium = decide(data, kept, *proposal)
        if equilibrium is not None:
            found.setdefault(equilibrium.u + equilibrium.weights, equilibrium)
        return equilibrium is not None

    if log_c is not None:
        nearby = list(dict.fromkeys(near(game, log_c)))
        if not any(map(accept, nearby)):
            any(accept(propose(game, at(game, proposal), NEARBY, rng)[0]) for proposal in nearby)
    first = [np.flatnonzero(population == p) for p in range(population[-1] + 1)]
    left = ALL_SYSTEMS
    for number in range(min(STARTS, data.n)):
        rows = tuple(int(rng.choice(each)) if number else int(each[0]) for each in first)
        most = min(left, SYSTEMS)
        if number == 0 and len(first) == 1:
            most = left
            reached, unused = along_memory(game, rows[0], most, rng)
        else:
            reached, unused = propose(game, (rows, ()), most, rng, wander=number % 2 == 1)
        left -= most - unused
        accept(reached)
    return list(found.values())


def decide(
    data: Dataset, kept: Memory, S: tuple[int, ...], K: tuple[tuple[int, int], ...]
) -> Switching | None:
    """The equilibrium on support S that switches at the pairs K and nowhere else; None if there is none.

    Steps without a support row after one that sees some repeat its signs: K names the first.
    """
    X, P, d, population = data.rows, len(kept.trace), data.d, kept.population()
    zero = Fraction(0)
    steps = sorted({kept.step[j] for j in S})
    counts = {q: (after - q - 1) % P + 1 for q, after in zip(steps, steps[1:] + steps[:1], strict=True)}
    populations = sorted({population[j] for j in S})
    member = [[Fraction(population[j] == p) for j in S] for p in populations]
    if (
        len(S) != len(K) + len(populations)
        or len(populations) <= population[-1]
        or any(q not in counts for q, _ in K)
    ):
        return None
    c = solve_square(
        [[kept.weight(q, j) * X[j][k] for j in S] for q, k in K] + member,
        [zero] * len(K) + [Fraction(1)] * len(member),
    )
    if c is None or min(c) <= 0:
        return None
    columns, fixed = [[X[j][k] for j in S] for k in range(d)], [zero] * d
    for q in steps:
        held = [kept.weight(q, j) * weight for j, weight in zip(S, c, strict=True)]
        for k, m in enumerate(times(columns, held)):
            if (q, k) not in K:
                if not m:
                    return None  # unseen by the support, or it switches too
                fixed[k] += counts[q] if m > 0 else -counts[q]
    # sum_K x_ik s_qk - lambda P = -x_i.fixed for i in S, s_qk summed over the steps that are alike
    solution = solve_square(
        [[X[i][k] for _, k in K] + [-row[p] for row in member] for p, i in enumerate(S)],
        [-value for value in times([X[i] for i in S], fixed)],
    )
    if solution is None:
        return None
    for (q, k), s in zip(K, solution[: len(K)], strict=True):
        if abs(s) > counts[q]:
            return None
        fixed[k] += s
    u = tuple(value / P for value in fixed)
    costs, least = times(X, u), [value / P for value in solution[len(K) :]]
    off = [costs[i] - least[population[i]] for i in range(data.n) if i not in S]
    if off and min(off) < 0:
        return None
    weights = [zero] * data.n
    for i, weight in zip(S, c, strict=True):
        weights[i] = weight
    return Switching(S, K, u, tuple(weights), tuple(least), min(off, default=None))

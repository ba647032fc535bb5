"""Sign descent by batches, with memory (Signum) or without: its epoch map jumps, and its equilibria are decided in
rationals.

In step q of an epoch of P steps the rule moves by sign(m_q), where m_q = sum_j W_qj c_j x_j and W_qj is what the rule's
own step leaves of a gradient; U is the mean of these signs. Where m_q[k] = 0 the sign may be any s_qk in [-1, 1], since
a run with small steps switches there and takes a mean (Filippov). So an equilibrium is a pair of weights c and signs s:

    s_qk = sign(m_q[k]), any number of [-1, 1] where that is 0;   U = sum_q s_q / P;
    x_i.U = lambda for each row i in the support of c, and x_i.U >= lambda for every other.

Once the support S and the switching pairs K are known this is linear: m = 0 on K fixes c, and equal costs on S fix s on
K. A run with small steps and pivots, both in floats, propose S and K; rationals decide.

With memory every m_q sees all of c, a point of the simplex. Without it a step sees the weights of its own batch
alone, and only their ratios count: each batch is a population with a simplex and a lambda of its own.

A limit direction has positive costs: where lambda <= 0 margins do not grow.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import combinations, pairwise

import numpy as np

from verify.data.dataset import Dataset
from verify.evidence import Verdict
from verify.game.exact_limit import exact_limit
from verify.game.question import Question
from verify.game.result import Limit, Prediction
from verify.game.signs.certify import point_of
from verify.game.signs.columns import Columns, Rows, together
from verify.game.signs.deciding import Chain, Proposal, Switching, decide
from verify.game.signs.memory import Memory, memory
from verify.game.signs.moves import fading, moves_by_signs
from verify.game.signs.pace import sign_pace
from verify.game.signs.pivoting import along_memory, game_of, propose, with_positive_weights
from verify.game.signs.settling import REACHED, end_of_run, near
from verify.game.smooth.field import Floats
from verify.optimizers.optimizer import Optimizer

# Pivots start from this many rows at most. One start may solve SYSTEMS linear systems, and all together ALL_SYSTEMS,
# which take 4 s of processor time on random sets of 20 x 15 and on wine.
STARTS, SYSTEMS, ALL_SYSTEMS = 30, 3_000, 12_000
# Systems that pivots from near a run's end may solve: of seven sets of 14 x 12 to 40 x 100 they took at most 52
# where they ended at an equilibrium.
NEARBY = 300
# A first level of no more rows than this is also tried with one or two of them left out.
FEW = 6
# A run has stopped if it moves by no more than this in a unit of time. On iris that is 0, where one sign that does not
# cancel would make it 1/150.
STOPPED = 1e-9


def takes(opt: Optimizer, n: int) -> bool:
    """Whether the rule moves by signs, in cyclic order."""
    return moves_by_signs(opt) and opt.order == "cyclic"


def bound(opt: Optimizer, data: Dataset) -> Fraction:
    """By how much a limit direction's l_inf margin may fall short of the largest.

    It is 2 (1 - 1/P) (1 - q)/(1 + q) max ||x_i||_1 (claim signum-bound), where an epoch of P steps keeps at least the
    share q of a gradient: beta^(P-1) where it fades by beta a step. Where it fades otherwise the factor 1 - 1/P is not
    shown, and left out: a sum whose weights lie in [q, 1] has the sign of the plain sum s if |s| > (1 - q)/(1 + q)
    times the sum of the absolute values. Where a share is below 0, q = 0 is taken, which bounds any shortfall.
    """
    P = opt.steps_per_epoch(data.n)
    left = fading(opt, P)
    q = max(min(left), Fraction(0))
    geometric = all(b * left[0] == a * left[1] for a, b in pairwise(left)) if P > 1 else True
    factor = 1 - Fraction(1, P) if geometric else Fraction(1)
    return 2 * factor * (1 - q) / (1 + q) * max(sum(map(abs, row)) for row in data.rows)


def answer(question: Question) -> Prediction:
    """The exact equilibria of positive cost that a run and pivots lead to. The note says what they leave open, and has
    the proved bound."""
    data, opt = question.data, question.opt
    gamma = question.margins.sign_limit().margin
    kept = memory(opt, data.n)
    log_c, moved = end_of_run(data, opt, question.w_0)
    found = equilibria(data, kept, log_c)
    limits = [
        _limit(equilibrium, gamma, question.digits) for equilibrium in found if min(equilibrium.costs) > 0
    ]
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
    notes.append(_what_is_open(found, bool(limits), reached))
    if any(kept.trace[1:]):
        short = float(bound(opt, data) / gamma)
        notes.append(
            f"every limit direction has at least {1 - short:.3g} of the l_inf max margin"
            if short < 1
            else "the bound on the loss of l_inf margin says nothing here"
        )
    evidence = Verdict.MEASURED if reached else Verdict.UNDECIDED
    return Prediction(data, opt, tuple(limits), False, "; ".join(notes), from_start=evidence)


def _what_is_open(found: Sequence[Switching], limits: bool, reached: bool) -> str:
    """What the equilibria found leave undecided; whether there are limits among them, and whether a run reached one."""
    if limits:
        return f"which {'other start' if reached else 'start'} leads where is not decided"
    if found:
        cost = float(max(min(equilibrium.costs) for equilibrium in found))
        return (
            f"the only equilibria found have a cost of at most {cost:.3g}, where margins do not grow: the loss need "
            "not go to zero, and then there is no limit direction"
        )
    return "U(c) jumps, and no equilibrium of the set-valued game was found"


def _limit(found: Switching, gamma: Fraction, digits: int | None) -> Limit:
    share = float(min(found.costs) / max(map(abs, found.u)) / gamma)
    count, populations = len(found.switches), len(found.costs)
    where = f"where the sign of m switches for ever in {count} coordinate{'s' * (count != 1)}"
    note = (
        f"an equilibrium {where if count else 'at which no sign switches'}; its l_inf margin is {share:.6g} of "
        "the largest"
    )
    return exact_limit(
        found.u,
        [c / populations for c in found.weights],
        None if found.slack is None else found.slack / min(found.costs),
        "undetermined",
        note + ("; the weights are shares of each batch" if populations > 1 else ""),
        digits,
        point_of(found),
    )


pace = sign_pace


def equilibria(data: Dataset, kept: Memory, log_c: Floats | None = None) -> list[Switching]:
    """The distinct equilibria that pivots propose from near log c (N,), and from several rows.

    Rows that are equal in a population have equal weights and are one row to it; columns that are multiples of each
    other are one column.
    """
    copies, columns = list(kept.copies(data.rows).values()), together(data.rows)
    first = [each[0] for each in copies]
    search = _Search(tuple(columns.rows[j] for j in first), kept.joined(copies))
    if log_c is not None:
        search.from_run(log_c[first])
    search.from_rows()
    return [_spread(e, copies, columns, kept.population) for e in search.found.values()]


def _spread(
    e: Switching, copies: Sequence[Sequence[int]], columns: Columns, population: Sequence[int]
) -> Switching:
    """An equilibrium on rows and columns put together, as one of the data: a row's weight is that of each copy, and all
    of them together have sum 1 in each ``population`` (N)."""
    levels = [[Fraction(0)] * len(population) for _ in e.levels]
    for spread, weights in zip(levels, e.levels, strict=True):
        totals: dict[int, Fraction] = {}
        for each, weight in zip(copies, weights, strict=True):
            p = population[each[0]]
            totals[p] = totals.get(p, Fraction(0)) + len(each) * weight
        for each, weight in zip(copies, weights, strict=True):
            for i in each if weight else ():
                spread[i] = weight / totals[population[i]]
    means = {
        (q, k): columns.sense[k] * mean for (q, together), mean in e.means.items()
        for k, place in enumerate(columns.place) if columns.sense[k] and place == together
    }  # fmt: skip
    switches = [(q, k) for q, k in means if (q, columns.place[k]) in set(e.switches)]
    return replace(
        e, support=tuple(sorted(i for j in e.support for i in copies[j])), switches=tuple(sorted(switches)),
        u=columns.spread(e.u), weights=tuple(levels[0]), levels=tuple(map(tuple, levels)), means=means,
    )  # fmt: skip


@dataclass
class _Search:
    """Proposals for rows of which no two are equal, each tried once; ``found`` are the equilibria among them, by
    direction and weights."""

    rows: Rows
    kept: Memory
    tried: set[Chain] = field(default_factory=set)
    found: dict[tuple[Fraction, ...], Switching] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.game = game_of(np.array([[float(x) for x in row] for row in self.rows]), self.kept)
        self.rng = np.random.default_rng(0)

    def accept(self, chain: Chain) -> bool:
        """Whether the chain is a new proposal and an equilibrium."""
        if chain in self.tried:
            return False
        self.tried.add(chain)
        equilibrium = decide(self.rows, self.kept, *chain)
        if equilibrium is not None:
            self.found.setdefault(equilibrium.u + equilibrium.weights, equilibrium)
        return equilibrium is not None

    def from_run(self, log_c: Floats) -> None:
        """Try the chains near a run's end; if none is an equilibrium, those with fewer rows in the first level; and if
        none of these is, pivots from there."""
        nearby = list(dict.fromkeys(near(self.game, log_c)))
        if any(map(self.accept, nearby)):
            return
        if any(self.accept(less) for chain in nearby for less in fewer(chain, self.game.populations)):
            return
        for chain in nearby:
            if len(chain) == 1:
                start = with_positive_weights(self.game, chain[0])
                reached, _ = propose(self.game, start, NEARBY, self.rng)
                if reached is not None and self.accept((reached,)):
                    return

    def from_rows(self) -> None:
        """Try where pivots lead that start from one row of each population: from the first rows, then from random
        ones."""
        game = self.game
        members = [np.flatnonzero(game.population == p) for p in range(game.populations)]
        left = ALL_SYSTEMS
        for number in range(min(STARTS, len(self.rows))):
            start = tuple(int(self.rng.choice(each)) if number else int(each[0]) for each in members)
            most = min(left, SYSTEMS)
            if number == 0 and len(members) == 1 and len(game.trace) > 1:
                most = left
                reached, unused = along_memory(game, start[0], most, self.rng)
            else:
                wander = number % 2 == 1
                reached, unused = propose(game, Proposal(start, ()), most, self.rng, wander=wander)
            left -= most - unused
            if reached is not None:
                self.accept((reached,))


def fewer(chain: Chain, populations: int) -> Iterator[Chain]:
    """Chains with a support row or two less in the first level. Where rows of least cost depend on each other several c
    hold the same signs, and some of these have fewer rows."""
    (support, pairs), below = chain[0], chain[1:]
    if len(support) > FEW:
        return
    for size in range(1, min(3, len(support))):
        need = len(support) - size - populations
        for rest in combinations(support, len(support) - size) if 0 <= need <= len(pairs) else ():
            for kept in combinations(pairs, need):
                yield (Proposal(rest, kept), *below)

"""Small random data sets: every run ends at a predicted limit; how often there are several."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache

import numpy as np
from scipy.stats import binomtest

from verify.claims.proxy import PROXY
from verify.claims.registry import Profile
from verify.data import Dataset
from verify.data.families import gaussian
from verify.evidence import Evidence, Verdict
from verify.game import Limit, Prediction, predict
from verify.game.companion import AGREES
from verify.game.flows.cycles import limit_cycle
from verify.game.games import pace
from verify.game.pace import Pace, suited_step_size
from verify.game.smooth.field import field
from verify.numbers.linear.angles import Vector, misalignment
from verify.optimizers import Optimizer, optimizer
from verify.optimizers.increments import increments

# Far enough from beta2 = 1 that AdamProxy's limits are not its own.
PER_SAMPLE = optimizer("adam", beta2=Fraction(9, 10))

SETS = {"quick": 8, "standard": 300, "thorough": 1000}
STARTS = 3  # w_0 = 0, and two draws from the normal distribution

# Steps of a run, and by how much the second is longer that a run gets which is not there yet: its time tau is 4
# times as long, so that what is approached like 1/tau comes 16 times nearer, in 1 - cos.
STEPS, LONGER = 1_000_000, 16
# So a run that has come this much nearer is on its way: slow, not wrong.
NEARER = 4.0


@dataclass(frozen=True)
class Tally:
    """What was seen on random data sets: numbers of sets and runs; the farthest 1 - cos of a run that settled;
    runs still on their way to a predicted limit, and runs that went elsewhere, named; sets of whose games (of
    AdamProxy) several equilibria attract, or none does."""

    sets: int
    runs: int
    farthest: float
    slow: tuple[str, ...]
    elsewhere: tuple[str, ...]
    several: int
    none: int


def random_set(number: int) -> Dataset:
    """Gaussian rows (even numbers) or rows of integers from -6 to 6 without 0 (odd), N = 2..5, d = 2..4."""
    n, d = 2 + number // 2 % 4, 4 - number // 8 % 3
    if number % 2 == 0:
        return gaussian(n, d, number)
    rng = np.random.default_rng(number)
    X = rng.integers(1, 7, size=(n, d)) * rng.choice([-1, 1], size=(n, d))
    X *= np.where(X @ rng.standard_normal(d) > 0, 1, -1)[:, None]
    return Dataset(str(X.tolist()), tuple(tuple(map(Fraction, row)) for row in X.tolist()))


@cache
def listed(number: int, opt: Optimizer) -> Prediction:
    """The prediction for a random set, in float64."""
    return predict(random_set(number), opt, prove=False)


@cache
def judged_set(number: int, dropped: bool = False, ignored: bool = False) -> Tally:
    """Simulate on one random set. False variants: with the first limit dropped from each list, and with AdamProxy's
    list used for per-sample Adam."""
    attracting = [x for x in listed(number, PROXY).limits if x.stability == "attracting"]
    none = runs = 0
    farthest, slow, elsewhere = 0.0, list[str](), list[str]()
    data = random_set(number)
    X = data.floats()
    starts = np.random.default_rng(number).standard_normal((STARTS, data.d))
    starts[0] = 0
    for opt in (PROXY, PER_SAMPLE):
        prediction = listed(number, opt)
        if _goes_round(X, prediction):
            none += opt is PROXY
            continue
        known = listed(number, PROXY if ignored else opt).limits[dropped:]
        for start in starts:
            runs += 1
            gap, before = _gap(X, opt, prediction.limits, known, start)
            name = f"{opt.rule.name} on {data.name} from w_0 = {start.round(2).tolist()}: {gap:.0e}"
            if gap < AGREES:
                farthest = max(farthest, gap)
            elif gap * NEARER < before < np.inf:
                slow.append(name)
            else:
                elsewhere.append(name)
    return Tally(1, runs, farthest, tuple(slow), tuple(elsewhere), int(len(attracting) > 1), none)


def together(a: Tally, b: Tally) -> Tally:
    """Two tallies as one."""
    return Tally(
        a.sets + b.sets, a.runs + b.runs, max(a.farthest, b.farthest), a.slow + b.slow, a.elsewhere + b.elsewhere,
        a.several + b.several, a.none + b.none,
    )  # fmt: skip


def _goes_round(X: Vector, prediction: Prediction) -> bool:
    """Whether no limit attracts, and the flow settles on a limit cycle."""
    if any(limit.stability in ("attracting", "undetermined") for limit in prediction.limits):
        return False
    return limit_cycle(field(X, prediction.optimizer), -X @ np.linspace(0.1, 0.2, X.shape[1])) is not None


def _gap(
    X: Vector, opt: Optimizer, limits: tuple[Limit, ...], known: tuple[Limit, ...], start: Vector
) -> tuple[float, float]:
    """1 - cos of a run's increments to the nearest of the known limits, and in a shorter run before (inf if the first
    was near enough)."""
    paces = [pace(limit, X, opt) for limit in limits if limit.stability == "attracting"]
    slowest = min((p.slowest for p in paces), default=0.0) / 2  # half of it: the start is away from the limit
    fastest = max((p.fastest for p in paces), default=float(np.abs(X).sum(axis=1).max()))
    before = np.inf
    # With decay 1/2 the first steps of so long a time are thousands of times the last: they throw the weights far out.
    slow_decay = replace(opt, decay=Fraction(1, 4))
    for longer in (1, LONGER):
        steps, rate = STEPS * longer, slowest / longer**0.5
        suited = suited_step_size(slow_decay, X, steps, Pace(rate, fastest))
        direction = increments(X, suited, steps, start=start).direction
        gap = min((misalignment(direction, limit.direction) for limit in known), default=np.inf)
        if gap < AGREES:
            break
        if longer == 1:
            before = gap
    return gap, before


def runs_end_at_limits(profile: Profile, dropped: bool = False, ignored: bool = False) -> Evidence:
    """All runs of a profile's random sets against the lists, and the share of sets with several attracting
    equilibria, with its exact 95 % confidence interval (Clopper and Pearson)."""
    found = judged_set(0, dropped, ignored)
    for number in range(1, SETS[profile]):
        if found.elsewhere:
            break
        found = together(found, judged_set(number, dropped, ignored))
    share = binomtest(found.several, found.sets).proportion_ci(confidence_level=0.95, method="exact")
    where = (
        f"{found.sets} random sets, N = 2..5, d = 2..4, Gaussian and small integers; AdamProxy and Inc-Adam "
        f"(beta2 = 0.9), {STARTS} starts each: {found.runs} runs"
    )
    if found.elsewhere:
        return Evidence(
            Verdict.REFUTED,
            where,
            f"a run goes elsewhere: 1 - cos to the nearest limit of {found.elsewhere[0]}",
        )
    return Evidence(
        Verdict.TESTED, where,
        f"increments within 1 - cos {found.farthest:.0e} of a predicted limit, but for {len(found.slow)} runs "
        f"still on their way; several equilibria attract in {found.several} sets (95 % interval of the share: "
        f"{share.low:.4f} to {share.high:.4f}), none in {found.none}",
    )  # fmt: skip

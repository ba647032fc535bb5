"""With decoupled weight decay the limits are logit equilibria of the margin game; at constant steps, orbits."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from functools import lru_cache, partial

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from properties import Case, Judgement, clause, stated, trial, vacuous, within, worst
from properties.strategies import separable
from verify.claims.hypotheses import CYCLIC, FULL_BATCH
from verify.claims.instances import SMALL_GAUSSIAN, TWO_ROWS, on
from verify.derive.hypotheses import CONSTANT, EXPONENTIAL, words
from verify.derive.topics.weight_decay import BALANCE
from verify.game import Prediction, predict
from verify.optimizers import optimizer
from verify.problem.epoch_map import epoch_map
from verify.problem.frozen import shares
from verify.simulate import trajectory

ATTRACTS = words("the spectral radius of an epoch's map, linearised at an orbit, is below 1")

# Newton's method ends at a step of 1e-12 of the margins, which weights feel by its size.
NEWTON = 1e-8
# exp(-DECAYS) is left of what the orbit's slowest rate lets vanish; no run takes more than MOST steps.
DECAYS, MOST = 25.0, 2_000_000


@lru_cache(maxsize=300)
def balances(case: Case) -> Prediction:
    """What is predicted, in floats."""
    return predict(case.data, case.optimizer, starts=0, prove=False)


def is_logit(case: Case, factor: float = 1.0) -> Judgement:
    """At each limit c = softmax(-F(c)/T), T the weight decay; for GD that over the mean weight of the samples."""
    X, found = case.X, []
    for limit in balances(case).limits:
        assert limit.temperature is not None
        linear = case.optimizer.rule.degree == 1
        U = limit.weights @ X if linear else epoch_map(case.optimizer, X)(np.log(limit.weights))
        logit = shares(np.asarray(-(X @ U).real) / (factor * limit.temperature))
        found.append(within(float(np.abs(logit - limit.weights).max()), NEWTON, "weights - softmax(-F/T)"))
    return worst(found) if found else vacuous("no balance was found")


def goes_round(case: Case, vanishing: bool = False) -> Judgement:
    """Runs of constant steps end at an orbit, as epochs begin."""
    X, opt = case.X, case.optimizer
    round_, epoch = balances(case).limits, opt.steps_per_epoch(case.data.n)
    if not round_ or round_[0].stability != "attracting" or not round_[0].spectral_radius:
        return vacuous("no orbit that attracts")
    steps = int(DECAYS / -np.log(round_[0].spectral_radius) + 1) * epoch
    if steps > MOST:
        return vacuous("the run would take too long to settle")
    limits = (
        balances(replace(case, optimizer=replace(opt, decay=Fraction(1, 2)))).limits if vanishing else round_
    )
    end = trajectory(X, opt, [steps], start=case.w_0).weights[0]
    gaps = [
        np.max(np.abs(end - limit.iterate)) / np.max(np.abs(end))
        for limit in limits
        if limit.iterate is not None
    ]
    return within(float(min(gaps)), 1e-7, "distance of the run from the nearest orbit, relative")


def comes_to_one_point(case: Case, factor: float = 1.0) -> Judgement:
    """From w_0 = 0, 3 and -3 in all entries runs of full-batch Adam come to lambda w = -g/(|g| + eps), g the mean
    gradient of the logistic loss at w, and to one point; ``factor`` times eps."""
    X, opt = case.X, case.optimizer
    ends = [trajectory(X, opt, [4000], start=np.full(case.data.d, at)).weights[0] for at in (0.0, 3.0, -3.0)]
    gaps = [float(np.abs(end - ends[0]).max()) for end in ends]
    for w in ends:
        g = -(X.T @ (1 / (1 + np.exp(X @ w)))) / len(X)
        rest = -g / (np.abs(g) + factor * float(opt.eps))
        gaps.append(float(np.abs(float(opt.weight_decay) * w - rest).max()))
    return within(max(gaps), 1e-9, "distance of ends from one point and from the equation")


HOT = Fraction(1, 2)
DECAYED = [
    optimizer("adam-proxy", loss="exponential", weight_decay=HOT),
    optimizer("adam", beta2="9/10", loss="exponential", weight_decay=HOT),
    optimizer("adam", beta1="1/2", beta2="99/100", batch_size=2, loss="exponential", weight_decay=HOT),
    optimizer("gd", loss="exponential", weight_decay=HOT),
]
CONSTANTLY = [
    optimizer("adam", beta1="1/2", beta2="9/10", weight_decay=HOT, lr=Fraction(1, 20), decay=Fraction(0)),
    optimizer("adam", beta1=0, beta2="4/5", weight_decay=HOT, lr=Fraction(1, 20), decay=Fraction(0)),
]
WITH_EPS = optimizer("adamw", batch_size="full", beta1="1/2", beta2="9/10", eps=1, weight_decay=HOT,
                     lr=Fraction(1, 50), decay=Fraction(0))  # fmt: skip


@st.composite
def decayed(draw: DrawFn) -> Case:
    """A rule with weight decay on a small set of at least two rows, so that batches of two are in it."""
    return Case(draw(separable((2, 4), (1, 3))), draw(st.sampled_from(DECAYED)))


@st.composite
def constantly(draw: DrawFn) -> Case:
    """Adam by samples with weight decay at a constant step, on at least two rows: else an orbit is a point."""
    return Case(draw(separable((2, 3), (1, 2))), draw(st.sampled_from(CONSTANTLY)))


PLACE = 19
CLAIM = stated(
    "weight-decay-temperature",
    "Weight decay is temperature",
    "this project; logit equilibria: McKelvey, Palfrey 1995",
    clause(
        r"With decoupled weight decay $\lambda$ and the exponential loss $w$ rests where "
        r"$c = \mathrm{softmax}(-F(c)/T)$: at $T = \lambda$ for a rule of degree 0, and at $\lambda$ over the mean "
        "weight of the samples for GD.",
        (EXPONENTIAL, BALANCE),
        trial("balances-are-logit", decayed(), is_logit, {"twice the temperature": partial(is_logit, factor=2.0)},
              named=on(TWO_ROWS, opts=DECAYED), cost=10),
        chains=("weight-decay-temperature:ratio", "weight-decay-temperature:own-temperature",
                "weight-decay-temperature:cold"),
    ),
    clause(
        "At a constant step runs end on an orbit whose period is an epoch, exact at any step size.",
        (CYCLIC, CONSTANT, ATTRACTS),
        trial("runs-go-round-orbits", constantly(), goes_round,
              {"the balance of vanishing steps": partial(goes_round, vanishing=True)}, cost=20),
    ),
    clause(
        r"With $\varepsilon > 0$ and the full batch there is one point where $\lambda w = -g/(|g| + \varepsilon)$: it "
        "minimizes the loss plus a convex function of $w$, and every flow of full-batch Adam goes there.",
        (FULL_BATCH,),
        trial("eps-has-one-point", None, comes_to_one_point, {"twice eps": partial(comes_to_one_point, factor=2.0)},
              named=on("gaussian:n=4,d=3,seed=0", SMALL_GAUSSIAN, opts=[WITH_EPS])),
        chains=tuple(f"weight-decay-temperature:{step}" for step in ("inverse", "convex", "flow")),
    ),
)  # fmt: skip

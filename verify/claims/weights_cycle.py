"""Limit cycles: data on which the weights of AdamProxy and of per-sample Adam have no limit."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from functools import partial

import numpy as np

from properties import Case, Judgement, clause, stated, trial, vacuous, within
from properties.cases import PROXY, with_either
from properties.strategies import cycling
from verify.claims.hypotheses import BELOW, CYCLIC, PLANE
from verify.claims.instances import ROUND, THREE_ROWS, on
from verify.data import Dataset
from verify.evidence import Verdict
from verify.game import predict
from verify.game.flows.cycles import limit_cycle, none_attracts
from verify.game.smooth.field import field
from verify.optimizers import optimizer
from verify.optimizers.trajectory import trajectory
from verify.problem.frozen import shares

PER_SAMPLE = [optimizer("adam", beta2=beta2) for beta2 in (Fraction(95, 100), Fraction(999, 1000))]

# log c at which orbits start, away from any symmetry of the data.
ASIDE = np.array([0.0, -0.3, 0.2])

# Constant steps. A run lags behind the flow by the steps that it remembers (1000 at beta2 = 0.999) times the step
# size times the speed of log c (at most 9): 0.02 for half a step of AdamProxy and for Adam's memory.
LR = {"adam-proxy": Fraction(1, 250), "adam": Fraction(1, 100_000)}


def outward(data: Dataset) -> bool:
    """Whether at every corner of the simplex the row with all the weight costs more than the rows on the
    average; exactly. There U is a multiple of the row's signs, for AdamProxy and per-sample Adam alike."""
    for row in data.rows:
        costs = [sum(x * ((s > 0) - (s < 0)) for x, s in zip(other, row, strict=True)) for other in data.rows]
        if data.n * sum(abs(s) for s in row) <= sum(costs):
            return False
    return True


def repels(case: Case, attracting: int = 0) -> Judgement:
    """One equilibrium, all rows in its support, and it does not attract; certified where it is so that this is the only
    one and repels, and the corners of the simplex repel on the average: on its edges the third row costs less where
    the two others cost the same, as there is no equilibrium."""
    found = predict(case.data, case.optimizer, starts=0)
    if len(found.limits) != 1:
        return vacuous("several equilibria" if found.limits else "no equilibrium found")
    (only,) = found.limits
    wrong = abs((only.stability == "attracting") - attracting) + (len(only.support) != case.data.n)
    kind = Verdict.CERTIFIED if none_attracts(found) and outward(case.data) else Verdict.MEASURED
    return within(wrong, 0.5, f"{only.stability}, the only one; wrong by", kind)


def goes_round(case: Case) -> Judgement:
    """The weights along a run from w_0 = 0 go all round the cycle that the flow has, and stay on it."""
    expected = limit_cycle(field(case.X, case.optimizer), ASIDE)
    if expected is None:
        return within(1.0, 0.01, "the flow settles on no cycle")
    run = replace(case.optimizer, lr=LR[case.optimizer.rule.name], decay=Fraction(0))
    last = int(8 * expected.period / run.lr)
    steps = [int(step) for step in np.linspace(last // 2, last, 241, dtype=int)]
    seen = shares(-trajectory(case.X, run, steps).weights @ case.X.T)
    if (widest := float(np.ptp(seen, axis=0).max())) < 0.3:
        return within(1.0, 0.01, f"a weight swings by {widest:.2f} only")
    gaps = np.abs(seen[:, None] - expected.weights).sum(axis=2) / 2
    return within(
        float(gaps.min(axis=1).max()), 0.01, f"a weight swings by {widest:.2f}; c is off the cycle by"
    )


def elsewhere(case: Case) -> Judgement:
    """On data whose flow converges."""
    return goes_round(replace(case, data=THREE_ROWS))


PLACE = 17
CLAIM = stated(
    "weights-cycle",
    "The weights, and the direction of the steps, need not converge",
    "this project; arXiv 2510.26303, Ass. 4.4 (as reconstructed) assumes that the direction converges",
    clause(
        r"On $X = [[6, 2, -1], [-1, 5, 2], [1, 1, 6]]$ AdamProxy's game, and per-sample Adam's, has one "
        "equilibrium, which repels: so the weights $c$ of the flow tend to a periodic orbit from every other start.",
        (CYCLIC, BELOW, PLANE),
        trial("only-equilibrium-repels", with_either(cycling()), repels,
              {"it attracts": partial(repels, attracting=1)}, cost=20, named=on(ROUND, opts=(PROXY, *PER_SAMPLE))),
    ),
    clause(
        "The weights of runs at small constant steps go round it.",
        (CYCLIC, BELOW),
        trial("runs-go-round", None, goes_round, {"on data whose flow converges": elsewhere},
              named=on(ROUND, opts=(PROXY, PER_SAMPLE[-1]))),
    ),
)  # fmt: skip

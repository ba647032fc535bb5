"""Limit cycles: data on which the weights of AdamProxy and of per-sample Adam have no limit."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from functools import cache

import numpy as np

from verify.claims.instances import (
    ROUND,
    ROUND_AND_CONSTANT,
    THREE_ROWS,
    dataset,
    judged,
    rows,
)
from verify.claims.proxy import PROXY
from verify.claims.registry import Claim, Profile
from verify.data import Dataset
from verify.evidence import Evidence, Verdict
from verify.game import Prediction, predict
from verify.game.flows.cycles import Cycle, limit_cycle, none_attracts
from verify.game.smooth.field import field
from verify.numbers.linear.angles import Vector, degrees
from verify.optimizers import Optimizer, optimizer
from verify.optimizers.trajectory import trajectory

PER_SAMPLE = tuple(optimizer("adam", beta2=beta2) for beta2 in (Fraction(95, 100), Fraction(999, 1000)))

# log c at which orbits start, away from any symmetry of the data.
ASIDE = (0.0, -0.3, 0.2)

# Constant steps. A run lags behind the flow by the steps that it remembers (1000 at beta2 = 0.999) times the step
# size times the speed of log c (at most 9): 0.02 for half a step of AdamProxy and for Adam's memory.
LR = {"adam-proxy": Fraction(1, 250), "adam": Fraction(1, 100_000)}


@cache
def equilibria(spec: str, opt: Optimizer) -> Prediction:
    """All of them, found on the faces: flows that go round would take their time."""
    return predict(dataset(spec), opt, starts=0)


@cache
def cycle(spec: str, opt: Optimizer) -> Cycle | None:
    """The limit cycle of the flow on a data set, from ASIDE."""
    return limit_cycle(field(rows(spec), opt), np.array(ASIDE))


def outward(data: Dataset) -> bool:
    """Whether at every corner of the simplex the row with all the weight costs more than the rows on the
    average; exactly. There U is a multiple of the row's signs, for AdamProxy and per-sample Adam alike."""
    for row in data.rows:
        costs = [sum(x * ((s > 0) - (s < 0)) for x, s in zip(other, row, strict=True)) for other in data.rows]
        if data.n * sum(abs(s) for s in row) <= sum(costs):
            return False
    return True


def _no_limit(profile: Profile, spec: str = ROUND.name) -> Evidence:
    """One equilibrium, inside the simplex and repelling, and corners that repel on the average."""
    opts = (PROXY, *PER_SAMPLE)
    found = [equilibria(spec, opt) for opt in opts]
    ok = all(none_attracts(p) and [len(limit.support) for limit in p.limits] == [3] for p in found)
    where = f"{spec}, AdamProxy and Inc-Adam (beta2 = 0.95, 0.999), flow of the exponential tail"
    if not (ok and outward(dataset(spec))):
        return Evidence(Verdict.REFUTED, where, "some equilibrium is not shown to repel, or a corner to")
    weights = ", ".join(f"{c:.4f}" for c in found[0].limits[0].weights)
    return Evidence(
        Verdict.CERTIFIED, where,
        f"c = ({weights}) for AdamProxy is the only equilibrium, and it repels; that c tends to a periodic orbit from "
        "every other start is then by hand (Poincare and Bendixson, as in notes/limit-cycle.md)",
    )  # fmt: skip


def _runs_go_round(profile: Profile, spec: str = ROUND.name) -> Evidence:
    """Weights along runs of the optimizers from w_0 = 0: on the cycle that the flow has, all round it."""
    farthest, widest = 0.0, np.inf
    for opt in (PROXY, PER_SAMPLE[-1]):
        expected = cycle(spec, opt)
        if expected is None:
            return judged(False, f"{spec}, {opt.rule.name}", "the flow settles on no cycle")
        run = replace(opt, lr=LR[opt.rule.name], decay=Fraction(0))
        steps = int(8 * expected.period / run.lr)
        seen = run_weights(spec, run, np.linspace(steps // 2, steps, 241, dtype=int))
        gaps = np.abs(seen[:, None] - expected.weights).sum(axis=2) / 2
        farthest = max(farthest, float(gaps.min(axis=1).max()))
        widest = min(widest, float(np.ptp(seen, axis=0).max()))
    return judged(
        farthest < 0.01 and widest > 0.3,
        f"{spec}, AdamProxy and Inc-Adam (beta2 = 0.999) from w_0 = 0, logistic loss, periods 4 to 8",
        f"a weight swings by {widest:.2f}; c stays within {farthest:.0e} of the flow's cycle (total variation)",
    )


def run_weights(spec: str, opt: Optimizer, steps: Vector) -> Vector:
    """The weights c (K, N), of sum 1, of a run from w_0 = 0 after each of K numbers of steps."""
    X = rows(spec)
    margins = trajectory(X, opt, [int(step) for step in steps]).weights @ X.T
    c = np.exp(margins.min(axis=1, keepdims=True) - margins)
    return np.asarray(c / c.sum(axis=1, keepdims=True))


def _another_direction(profile: Profile, spec: str = ROUND_AND_CONSTANT.name) -> Evidence:
    """w_T - w_{T/2} of a run that goes round many times, against the one dual fixed point there is."""
    prediction, expected = equilibria(spec, PROXY), cycle(spec, PROXY)
    only = prediction.limits[0].direction
    if not prediction.complete or len(prediction.limits) != 1:
        return judged(True, spec, "more dual fixed points than one, or not all known")
    opt = replace(PROXY, lr=LR["adam-proxy"], decay=Fraction(0))
    # Not from w_0 = 0, where the three weights are equal and, by symmetry, stay so.
    half, last = trajectory(rows(spec), opt, [10**6, 2 * 10**6], start=np.array([0.1, 0.0, 0.0, 0.0])).weights
    apart = degrees(last - half, only)
    mean = "" if expected is None else f", {degrees(last - half, expected.drift):.3f} from the cycle's mean"
    return judged(
        apart < 0.1,
        f"{spec}, AdamProxy, 2 10^6 steps of {float(opt.lr)}",
        f"w goes {apart:.2f} degrees from the direction of the only dual fixed point{mean}",
    )


PLACE = 80
CLAIMS = (
    Claim(
        id="weights-cycle",
        title="The weights, and the direction of the steps, need not converge",
        statement=r"On $X = [[6, 2, -1], [-1, 5, 2], [1, 1, 6]]$ the weights $c$ of AdamProxy's flow, and of "
        r"per-sample Adam's, tend to a periodic orbit from every start but one.",
        source="this project; arXiv 2510.26303, Ass. 4.4 (as reconstructed) assumes that the direction converges",
        checks=(_no_limit, _runs_go_round),
        false_variants={
            "on data with attracting equilibria": lambda profile: _no_limit(profile, THREE_ROWS.name),
            "on data whose flow converges": lambda profile: _runs_go_round(profile, THREE_ROWS.name),
        },
    ),
    Claim(
        id="false-limit-is-fixed-point",
        title="If w/||w|| converges, it does so to the direction of a dual fixed point",
        statement=r"If $w_t / \|w_t\|$ converges under AdamProxy, its limit is proportional to the solution of "
        r"$P(c^*)$ at a dual fixed point $c^*$.",
        source="a reading of arXiv 2510.26303, Ass. 4.4 and Thm 4.8 (as reconstructed)",
        expected="fails",
        checks=(_another_direction,),
        false_variants={},
        remark="On a limit cycle $w/\\tau$ tends to the mean of $U$ over it, so $w/\\|w\\|$ converges, and the steps' "
        "direction does not. If the assumption is about the steps, it is the assumption that fails.",
    ),
)

"""Which optimizers move by signs, and which run away: asked of the rule's own step, in rationals."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import cache
from math import isqrt, nan
from typing import Any

from verify.numbers.system import Numbers
from verify.optimizers.epoch_map import mean_update
from verify.optimizers.optimizer import Optimizer
from verify.optimizers.rules import Hyper, Rule


def _root(a: Fraction) -> Any:
    """The root where it is rational, else nan, which no answer is equal to."""
    top, bottom = isqrt(a.numerator), isqrt(a.denominator)
    square = top * top == a.numerator and bottom * bottom == a.denominator
    return Fraction(top, bottom) if square else nan


def _no_rational(_: Fraction) -> Any:
    return nan


EXACT = Numbers(
    name="rationals",
    number=Fraction,
    sqrt=_root,
    exp=_no_rational,
    log=_no_rational,
    softplus=_no_rational,
    sign=lambda a: Fraction((a > 0) - (a < 0)),
    ratio=lambda a, b: a / b if b else a * 0,
)

# Gradients and moments on which a rule is tried. Of a rule that is not a sign some update among so many is none.
GRADIENTS = tuple(Fraction(p, q) for p, q in ((0, 1), (1, 1), (-2, 1), (3, 7), (-5, 11)))
MOMENTS = tuple((Fraction(m, 3), Fraction(v, 5)) for m, v in ((0, 0), (1, 2), (-4, 7), (13, 1)))


def hyper(opt: Optimizer) -> Hyper:
    """The hyperparameters as rationals, without eps."""
    return Hyper(opt.beta1, opt.beta2, Fraction(0), Fraction(0))


def plays_sign(opt: Optimizer, n: int) -> bool:
    """Whether frozen gradients make every step sign(gradient): sign descent, Signum or Adam, at the full batch.

    There m and v become periodic with period one step, so m = g and sqrt(v) = |g|.
    """
    return opt.full_batch(n) and _tried(_steady, opt)


def moves_by_signs(opt: Optimizer) -> bool:
    """Whether every update is the sign of the gradient or of a moment: sign descent, Signum, and Adam that remembers
    nothing (beta1 = beta2 = 0)."""
    return _tried(_always_signs, opt)


def remembers(opt: Optimizer) -> bool:
    """Whether m keeps something of a gradient in later steps."""
    return bool(fading(opt.rule, hyper(opt), 1)[1])


def fading(rule: Rule, h: Hyper, steps: int) -> list[Fraction]:
    """What is left in m of a gradient after 0, 1, ..., ``steps`` steps without one, over what it brings; where m is
    not kept only the gradient's own step knows of it."""
    step, zero, one = rule.define(EXACT), Fraction(0), Fraction(1)
    brought = step(one, zero, zero, zero, h)[1]
    left = [one]
    for _ in range(steps):
        left.append(step(zero, zero, left[-1] * brought, zero, h)[1] / brought if brought else zero)
    return left


def runs_away(opt: Optimizer) -> bool:
    """Whether m need not fade faster than sqrt(v): beta1^2 >= beta2, beta1 > 0.

    The update m/sqrt(v) is bounded, whatever the gradients do, if and only if sum_j (beta1^2/beta2)^j is finite
    (Cauchy-Schwarz). Else, once gradients fall faster than m, the old ones decide, and the update stays or grows by
    beta1/sqrt(beta2) a step, so that gradients fall the faster: frozen gradients do not tell where w goes.
    """
    return "beta2" in opt.rule.betas and opt.beta1 > 0 and opt.beta1**2 >= opt.beta2


def why_it_runs_away(opt: Optimizer) -> str:
    """In one sentence, for an optimizer that ``runs_away``."""
    growth = "grow" if opt.beta1**2 > opt.beta2 else "stay as large as they were"
    return (
        f"undecided: beta1^2 >= beta2 (beta1={opt.beta1}, beta2={opt.beta2}): m fades no faster than sqrt(v), so that "
        f"where gradients vanish the steps {growth}, in the direction of old gradients, and a run may go there for "
        "ever; equilibria of frozen gradients say nothing about it"
    )


def _tried(question: Callable[[Rule, Hyper], bool], opt: Optimizer) -> bool:
    """False too where an update is no rational number, or needs more than the batch's gradient."""
    if opt.rule.reads != "nothing" or opt.rule.degree != 0:
        return False
    return question(opt.rule, hyper(opt))


@cache
def _steady(rule: Rule, h: Hyper) -> bool:
    update, zero = mean_update(rule, EXACT), Fraction(0)
    for g in GRADIENTS:
        moved = [zero]
        update([[g]], [[zero]], h, moved)
        if moved[0] != -EXACT.sign(g):
            return False
    return True


@cache
def _always_signs(rule: Rule, h: Hyper) -> bool:
    step = rule.define(EXACT)
    updates = {step(g, Fraction(0), m, v, h)[0] for g in GRADIENTS for m, v in MOMENTS}
    return updates <= {-1, 0, 1}

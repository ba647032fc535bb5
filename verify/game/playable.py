"""Which optimizers play the margin game: asked of their traits, which are proved on the rule's own step.

A rule plays if it is homogeneous, of degree 0 or linear, and forgets (the traits ``degree``, ``update``, ``forgets``),
and w does not decay by itself.
"""

from __future__ import annotations

from contextlib import suppress
from fractions import Fraction
from functools import cache

from verify.errors import BadInput, Undecided
from verify.numbers.formula import linear
from verify.numbers.systems.balls import BALLS, Ball, ball, fraction, precision
from verify.optimizers.mean_update import NO_REST, mean_update
from verify.optimizers.optimizer import Optimizer
from verify.optimizers.traits import require, traits

WHO = "the margin game"
BITS = 128


def require_playing(opt: Optimizer, n: int) -> None:
    """Raise BadInput, naming the trait that is missing and what would do, for an optimizer that does not play on n
    samples."""
    rule = opt.rule
    require(rule, opt.values, WHO)
    if rule.degree != 0 and traits(rule).update != "linear":
        raise BadInput(
            f"optimizer={rule.name}: {WHO} needs an update of degree 0, or one that is linear; it declares degree "
            f"{rule.degree}, and its update is {traits(rule).update}"
        )
    if opt.weight_decay:
        raise BadInput(
            f"weight_decay={opt.weight_decay}: with it w stays bounded and {WHO} does not tell its limit; without "
            "--weight-decay, or with 0, it does (simulate runs both)"
        )
    if _begins_with_0(opt):
        raise BadInput(
            f"optimizer={rule.name}: its first step divides by a state that is 0, so that no run comes to a limit"
        )
    if opt.full_batch(n) and rule.states and _divides_by_0(opt):
        raise BadInput(
            f"optimizer={rule.name}, batch-size={n}: the step divides by 0 where the gradient does not change, so "
            "frozen gradients have no mean update at the full batch; smaller batches have one"
        )


def along_gradient(opt: Optimizer, n: int) -> bool:
    """Whether U(c) is a positive multiple of a mean of gradients: where the update is linear; and at the full batch
    where it is linear in a gradient of known norm, and nothing is remembered."""
    rule = opt.rule
    if rule.matrix is not None:
        return False
    if traits(rule).update == "linear":
        return _gain(opt)
    by_norm = rule.reads == "norm" and not rule.states and linear(rule.lean.update, frozenset({"g"}))
    return by_norm and opt.full_batch(n)


@cache
def _gain(opt: Optimizer) -> bool:
    """Whether a constant gradient makes a linear rule go against it in the end."""
    with precision(BITS):
        return bool(steady(opt) < 0)


@cache
def share(opt: Optimizer) -> Fraction:
    """How large an update is at the gradient 1, once the states have settled: a bound from above."""
    with precision(BITS):
        return fraction(steady(opt).abs_upper())


def pulls(opt: Optimizer) -> bool:
    """Whether a constant gradient, of either sign, makes a rule go against it in the end; undecided where a division by
    0 is in the way, as in a sign."""
    try:
        with precision(BITS):
            return all(bool(side * steady(opt, side) < 0) for side in (1, -1))
    except (Undecided, ZeroDivisionError):
        return False


@cache
def _begins_with_0(opt: Optimizer) -> bool:
    """Whether the first step, at which states are 0, divides something other than 0 by 0."""
    zeros = (ball(0),) * len(opt.rule.states)
    try:
        with precision(BITS), suppress(Undecided):
            opt.rule.step(BALLS)(ball(1), ball(1), zeros, opt.frozen(BALLS))
    except ZeroDivisionError:
        return True
    return False


@cache
def _divides_by_0(opt: Optimizer) -> bool:
    """Whether the step divides by 0 once its states have settled at a gradient that does not change."""
    try:
        with precision(BITS):
            return not steady(opt).is_finite()
    except (Undecided, ZeroDivisionError):
        return True


def steady(opt: Optimizer, gradient: int = 1) -> Ball:
    """Minus the update at a gradient that stays, once the states have settled."""
    moved, g = [ball(0)], ball(gradient)
    mean_update(opt.rule, BALLS)([[g]], [[abs(g)]], opt.frozen(BALLS), moved, [NO_REST])
    return moved[0]

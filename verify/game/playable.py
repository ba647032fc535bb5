"""Which optimizers play the margin game: asked of their traits, which are proved on the rule's own step.

A rule plays if it is homogeneous, of degree 0 or linear, and forgets (the traits ``degree``, ``update``, ``forgets``),
and w does not decay by itself.
"""

from __future__ import annotations

from functools import cache

from verify.errors import BadInput
from verify.numbers.balls import BALLS, ball, precision
from verify.numbers.formula import linear
from verify.optimizers.epoch_map import NO_REST, mean_update
from verify.optimizers.optimizer import Optimizer
from verify.optimizers.traits import require, traits

WHO = "the margin game"


def require_playing(opt: Optimizer) -> None:
    """Raise BadInput, naming the trait that is missing and what would do, for an optimizer that does not play."""
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


def along_gradient(opt: Optimizer, n: int) -> bool:
    """Whether U(c) is a positive multiple of a mean of gradients: where the update is linear; and at the full batch
    where it is linear in a gradient of known norm, and nothing is remembered."""
    rule = opt.rule
    if traits(rule).update == "linear":
        return _gain(opt)
    by_norm = rule.reads == "norm" and not rule.states and linear(rule.lean.update, frozenset({"g"}))
    return by_norm and opt.full_batch(n)


@cache
def _gain(opt: Optimizer) -> bool:
    """Whether a constant gradient makes a linear rule go against it in the end."""
    with precision(128):
        moved = [ball(0)]
        mean_update(opt.rule, BALLS)([[ball(1)]], [[ball(0)]], opt.frozen(BALLS), moved, [NO_REST])
        return bool(moved[0] < 0)

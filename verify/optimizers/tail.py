"""The tail of a rule: what its step tends to as gradients vanish, a rule of its own.

R_0 = lim lambda^-p R(lambda .): the leading part of the step, where the gradient and the states are multiplied by
lambda to their degrees. A rule that is no game by itself has the tail play in its place: Adam with eps > 0 that of m /
eps, soft-clipped gradient descent that of gradient descent. A state that does not forget is of degree 0 there: it
stands still, and is a hyperparameter of the tail, in each coordinate one of its own. AdaGrad's tail is g / sqrt(v).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from functools import cache
from typing import Any, cast

from verify.errors import BadInput
from verify.numbers.formula import NoAnswerError, evaluate, short
from verify.numbers.leading import leading
from verify.numbers.program import Node, inputs_of
from verify.optimizers.check_rule import check_rule
from verify.optimizers.optimizer import Optimizer
from verify.optimizers.rule import Number, Positive, Rule
from verify.optimizers.traits import forgetting, homogeneous, input_degrees, remembered, update_kind

# What eps is called where it is a hyperparameter.
EPSILON = "epsilon"


@cache
def _with_eps(rule: Rule, place: str) -> Rule:
    """The rule with eps as a hyperparameter of its own, and of no degree: then nothing scales its gradients. A map of
    matrices to whose norm eps is added is there what it is to small matrices."""
    added = "eps" if place == "outside" else "inside"
    gain = None if rule.matrix is None else rule.matrix.gain

    def define(num: Any) -> Any:
        step = rule.define(num)
        if gain is None:
            return lambda g, seen, s, h: step(g, seen, s, h._replace(**{added: getattr(h, EPSILON)}))

        def small(g: Any, seen: Any, s: Any, h: Any) -> tuple[Any, Any]:
            u, after = step(g, seen, s, h)
            return u * num.number(gain) / getattr(h, EPSILON), after

        return small

    hyper: tuple[Number, ...] = (*rule.hyper, Positive(EPSILON, 1))
    return replace(rule, define=define, hyper=hyper, degree=None, also=(), torch="", matrix=None)


def in_the_long_run(opt: Optimizer) -> Optimizer:
    """The optimizer whose steps a run takes once bias correction is over, without decay of w; eps, if there is one, is
    a hyperparameter of its rule."""
    if opt.eps:
        opt = replace(opt, rule=_with_eps(opt.rule, opt.eps_place), hyper=(*opt.hyper, opt.eps))
    return replace(opt, eps=0 * opt.eps, bias_correction=False, weight_decay=0 * opt.weight_decay)


def _needed(update: Node, after: Mapping[str, Node]) -> list[str]:
    """The states that the update rests on, by way of others too, in order."""
    found: set[str] = set()
    left = set(inputs_of(update) & after.keys())
    while left:
        found |= left
        left = {name for state in left for name in inputs_of(after[state]) & after.keys()} - found
    return [name for name in after if name in found]


def needs_tail(opt: Optimizer) -> bool:
    """Whether the step is said to scale with its gradient, if at all, only where that vanishes. (A rule that declares a
    degree which it has not is refused as it stands.)"""
    return opt.rule.degree is None or bool(opt.eps and not homogeneous(opt.rule))


def tail_of(opt: Optimizer) -> Optimizer:
    """The optimizer of the rule's tail, at the same choices. Raises BadInput, saying why, where none was derived."""
    still = in_the_long_run(opt)
    reason = forgetting(still.rule, still.values)
    if reason:
        raise BadInput(
            f"optimizer={opt.rule.name}: states need not vanish with the gradients, since {reason}"
        )
    return replace(still, rule=tail_rule(still.rule))


def remembering_tail(opt: Optimizer) -> Optimizer:
    """The optimizer of the tail of a rule with states that do not forget. They are hyperparameters of the tail, which
    is linear."""
    still = in_the_long_run(opt)
    kept = remembered(still.rule, still.values)
    rule = tail_rule(still.rule, kept)
    if rule.update != "linear":
        raise BadInput(f"optimizer={opt.rule.name}: its tail is {rule.update}, not linear")
    return replace(still, rule=rule, hyper=(*still.hyper, *(Fraction(1) for _ in kept)))


@cache
def tail_rule(rule: Rule, kept: tuple[str, ...] = ()) -> Rule:
    """The tail, derived from the rule's program at eps = 0 and checked as any rule is; states that are ``kept`` as
    gradients vanish are positive hyperparameters of it."""
    known = {name: degree[0] for name, degree in input_degrees(rule).items() if degree is not None}
    known |= dict.fromkeys(kept, Fraction(0))
    positive = frozenset(number.name for number in rule.hyper if isinstance(number, Positive)) | {*kept}
    try:
        (update, power), *after = leading([rule.lean.update, *rule.lean.after], known, positive)
    except NoAnswerError as reason:
        raise BadInput(f"optimizer={rule.name}: no tail was derived, its step {reason}") from None
    for state, (end, degree) in zip(rule.states, after, strict=True):
        if state.name in kept:
            if (end.op, end.value) != ("input", state.name):
                raise BadInput(
                    f"optimizer={rule.name}: no tail was derived, as gradients vanish {state.name} becomes {short(end)}"
                )
        elif degree not in (None, Fraction(state.degree)):
            raise BadInput(
                f"optimizer={rule.name}: no tail was derived, as gradients vanish {state.name} is of degree {degree}"
            )
    if power is None or power.denominator != 1:
        raise BadInput(f"optimizer={rule.name}: no tail was derived, its update is of degree {power}")
    then = {state.name: end for state, (end, _) in zip(rule.states, after, strict=True)}
    states = tuple(state for state in rule.states if state.name not in kept)
    kind = update_kind(replace(rule, states=states), update)
    names = [name for name in _needed(update, then) if name not in kept]
    ends: list[Node] = [update, *(then[name] for name in names)]

    def define(num: Any) -> Any:
        def step(g: Any, seen: Any, s: Any, h: Any) -> tuple[Any, Any]:
            given = {"g": g, "seen": seen, **s._asdict(), **h._asdict()}
            u, *held = evaluate(ends, given, num)
            return u, type(s)(*held)

        return step

    found = replace(
        rule,
        name=f"tail of {rule.name}",
        define=define,
        states=tuple(state for state in states if state.name in names),
        hyper=(*rule.hyper, *(Positive(name, 1) for name in kept)),
        forgets=rule.forgets or bool(kept),
        update=cast(Any, kind if kind in ("linear", "sign") else "smooth"),
        degree=int(power),
        blocks=None,
        corrects=None,
        also=(),
        torch="",
    )
    if not found.uses("seen"):
        found = replace(found, reads="nothing")
    checked = check_rule(found, whole=False)  # runs are those of the rule itself
    wrong = "; ".join(f"{each.trait}: {each.how}" for each in checked.traits if not each.ok)
    if wrong:
        raise BadInput(f"optimizer={rule.name}: what was derived as its tail is no rule: {wrong}")
    return found

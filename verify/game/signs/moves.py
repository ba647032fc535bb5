"""Which optimizers move by signs, and which run away: asked of the rule's own program, in rationals."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import cache
from math import isqrt, nan
from typing import Any

from verify.numbers.formula import linear
from verify.numbers.program import Node, Program
from verify.numbers.system import Numbers
from verify.numbers.written import compiled_step
from verify.optimizers.at_rest import fades_at_rest
from verify.optimizers.mean_update import NO_REST, mean_update, periodic_states
from verify.optimizers.optimizer import Optimizer
from verify.optimizers.rule import Rule
from verify.optimizers.traits import data_of, forgetting, homogeneous, traits

Values = tuple[Any, ...]


def _root(a: Any) -> Any:
    """The root where it is rational, else nan, which no answer is equal to."""
    if not a >= 0:
        return nan
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
    ratio=lambda a, b: a / b if b else nan if a else a,
)

# A rule is tried on these gradients and states, the latter of odd and of even degree. At one of them a rule whose
# update is not a sign shows that.
GRADIENTS = tuple(Fraction(p, q) for p, q in ((0, 1), (1, 1), (-2, 1), (3, 7), (-5, 11)))
STATES = tuple((Fraction(m, 3), Fraction(v, 5)) for m, v in ((0, 0), (1, 2), (-4, 7), (13, 1)))


def plays_sign(opt: Optimizer, n: int) -> bool:
    """Whether frozen gradients make every step sign(gradient): sign descent, Signum or Adam, at the full batch.

    There the states become periodic with period one step, so in Adam m = g and sqrt(v) = |g|.
    """
    return opt.full_batch(n) and _tried(_steady, opt)


def moves_by_signs(opt: Optimizer) -> bool:
    """Whether every update is the sign of one sum of gradients: sign descent, Signum, Lion, and Adam that remembers
    nothing (beta1 = beta2 = 0). The sum must see the present gradient: where it is 0 at gradients that stay, frozen
    gradients say nothing of its sign."""
    return _signed(opt.rule) is not None and _tried(_always_signs, opt) and bool(_left(opt, 1)[0])


def remembers(opt: Optimizer) -> bool:
    """Whether the sum that is signed keeps something of a gradient in later steps."""
    return any(fading(opt, 2)[1:])


def fading(opt: Optimizer, steps: int) -> list[Fraction]:
    """What is left of a gradient in the sum that is signed, in its own step and in those after it, as signed shares of
    the most. Epochs of so many steps follow each other, and the first step of each alone has a gradient."""
    left = _left(opt, steps)
    most = max(map(abs, left))
    return [each / most for each in left]


def keeps_signs(opt: Optimizer, steps: int) -> bool:
    """Whether the sum that is signed has the gradients' sign in every step where it is not 0, if all gradients of an
    epoch of so many steps have one sign."""
    left = fading(opt, steps)
    return all(each > 0 for each in left) or (left[0] > 0 and not any(left[1:]))


def _left(opt: Optimizer, steps: int) -> list[Fraction]:
    rule, h = opt.rule, opt.frozen(EXACT)
    step, (_, kept_of, periodic) = compiled_step(_sum(rule), EXACT), periodic_states(rule, EXACT)
    G = [[Fraction(q == 0)] for q in range(steps)]
    rests = [NO_REST] * steps
    s = periodic(G, G, h, 0, rests, kept_of(steps, h, rests))
    left = []
    for (g,) in G:
        held, s = step(g, Fraction(0), s, h)
        left.append(held)
    return left


def _sum(rule: Rule) -> Program:
    """The rule's program with the sum, before it is signed, as its update."""
    update = _signed(rule)
    assert update is not None, "moves_by_signs was asked before"
    return Program(rule.lean.states, rule.lean.hyper, update, rule.lean.after)


def _signed(rule: Rule) -> Node | None:
    """The linear form of gradients and states that the update is the sign of; of a rule that is no sign by its program,
    but by its hyperparameters, the gradient. None where signs are put together otherwise."""
    update = rule.lean.update
    turned = update.op == "neg"
    inner = update.args[0] if turned else update
    if inner.op == "sign" and linear(inner.args[0], data_of(rule)):
        return -inner.args[0] if turned else inner.args[0]
    return None if traits(rule).update == "sign" else Node("input", value="g")


def runs_away(opt: Optimizer) -> bool:
    """Whether the update of a rule of degree 0 whose states forget need not fade where gradients vanish; of Adam,
    whether m need not fade faster than sqrt(v): beta1^2 >= beta2, beta1 > 0.

    Adam's update m/sqrt(v) is bounded, whatever the gradients do, if and only if sum_j (beta1^2/beta2)^j is finite
    (Cauchy-Schwarz). Else, once gradients fall faster than m, the old ones decide, and the update stays or grows by
    beta1/sqrt(beta2) a step, so that gradients fall the faster: frozen gradients do not tell where w goes.
    """
    rule = opt.rule
    if (
        rule.degree != 0
        or traits(rule).update == "sign"
        or rule.uses("w", "eta")
        or forgetting(rule, opt.values)
    ):
        return False
    return not moves_by_signs(opt) and not fades_at_rest(opt)


def why_it_runs_away(opt: Optimizer) -> str:
    """In one sentence, for an optimizer that ``runs_away``."""
    values = ", ".join(f"{name}={value}" for name, value in opt.values.items())
    adam = {"beta1", "beta2"} <= opt.values.keys() and opt.beta1**2 >= opt.beta2
    condition = "beta1^2 >= beta2" if adam else "the update need not fade"
    return (
        f"undecided: {condition} ({values}): m fades no faster than what divides it, so that where gradients vanish "
        "the steps stay as large as they were or grow, in the direction of old gradients, and a run may go there for "
        "ever; equilibria of frozen gradients say nothing about it"
    )


def _tried(question: Callable[[Rule, Values], bool], opt: Optimizer) -> bool:
    """False too where an update is no rational number, needs more than the batch's gradient, or is of a rule that plays
    no game."""
    rule = opt.rule
    if rule.reads != "nothing" or rule.degree != 0 or rule.uses("w", "eta"):
        return False
    return not homogeneous(rule) and not forgetting(rule, opt.values) and question(rule, opt.frozen(EXACT))


@cache
def _steady(rule: Rule, h: Values) -> bool:
    update, zero = mean_update(rule, EXACT), Fraction(0)
    for g in GRADIENTS:
        moved = [zero]
        update([[g]], [[zero]], h, moved, [NO_REST])
        if moved[0] != -EXACT.sign(g):
            return False
    return True


@cache
def _always_signs(rule: Rule, h: Values) -> bool:
    step, held = compiled_step(rule.lean, EXACT), compiled_step(_sum(rule), EXACT)
    tried = [tuple(odd if state.degree % 2 else even for state in rule.states) for odd, even in STATES]
    at = [(g, Fraction(0), s, h) for g in GRADIENTS for s in tried]
    return all(step(*point)[0] == EXACT.sign(held(*point)[0]) for point in at)

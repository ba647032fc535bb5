"""Does an implementation compute what a rule says? Sequences are drawn, differences shrunk, and explained.

In a project's own tests::

    from properties.conform import assert_conforms

    def test_my_adam() -> None:
        assert_conforms(MyAdam, "adam")
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from properties.searched import Question, Search
from properties.sequences import Drawn
from verify.conform.case import Case, case
from verify.conform.convention import Convention, convention
from verify.conform.matching import match, parsed
from verify.conform.reference import Difference, Reference
from verify.conform.target import LONGEST, Refused, target
from verify.errors import BadInput
from verify.interrupts import TooLong
from verify.optimizers.load import rule_named
from verify.optimizers.rule import Rule

__all__ = ["Conformance", "assert_conforms", "case", "conform"]


@dataclass(frozen=True)
class Conformance:
    """Whether a target agrees with a rule: ``cases`` compared, ``worst`` the largest distance in units of the bound,
    ``counterexample`` with its ``difference``, ``variant`` the conventions that would agree beside those declared,
    ``states`` the format of the states in which it would where no convention does, ``unjudged`` the share of entries
    that had no bound, ``tried`` what was drawn."""

    target: str
    rule: str
    dtype: str
    agrees: bool
    cases: int
    worst: float
    counterexample: Case | None = None
    difference: Difference | None = None
    variant: tuple[str, ...] = ()
    unjudged: float = 0.0
    tried: tuple[str, ...] = ()
    asked: Mapping[str, Any] = field(default_factory=dict)
    states: str = ""

    @property
    def near(self) -> tuple[str, ...]:
        """The options with which they would agree."""
        return tuple(f"--variant {name}" for name in self.variant) + (f"--states {self.states}",) * bool(
            self.states
        )

    @property
    def test(self) -> str:
        """A Python test that shows the difference again; nothing where there is none."""
        if self.counterexample is None:
            return ""
        asked = "".join(f", {name}={value!r}" for name, value in self.asked.items())
        return (
            "from properties.conform import assert_conforms, case\n\n\n"
            "def test_it_conforms() -> None:\n"
            f"    on = {self.counterexample!r}\n"
            f"    assert_conforms({self.target!r}, {self.rule!r}, on=on{asked})\n"
        )


def conform(
    found: str | Callable[..., Any],
    rule: str | Rule,
    *,
    kwargs: str | Mapping[str, Any] = "",
    set: Mapping[str, Any] | None = None,
    map: Mapping[str, str] | None = None,
    variants: Sequence[str] = (),
    dtype: str = "float32",
    states: str = "",
    device: str = "cpu",
    jit: bool = False,
    accumulate: int = 1,
    cases: int = 200,
    seed: int = 0,
    on: Case | None = None,
    explain: bool = True,
    progress: Callable[[int], None] = lambda count: None,
) -> Conformance:
    """Hold a target (a factory, ``torch.optim:Adam``, ``optax:adam``, ``FILE.py:FACTORY``) against a rule.

    ``kwargs`` go to the target, ``set`` fixes hyperparameters of the rule, ``map`` says which keyword of the target one
    of them is, ``variants`` are the declared conventions, ``dtype`` is the format of weights and gradients and
    ``states``, if it is another, that of states and steps, ``accumulate`` calls make a step of the rule. ``on`` is one
    case instead of drawn ones. Raises BadInput for what cannot be.
    """
    held = rule if isinstance(rule, Rule) else rule_named(rule)
    made, how = target(found, device=device, jit=jit), convention(variants, held)
    fixed = parsed(kwargs) if isinstance(kwargs, str) else dict(kwargs)
    matching = match(held, made.keywords, map or {}, fixed)
    question = Question(made, matching, Reference(held, how, dtype, accumulate, states))
    with _ending(made.name):
        drawn = _drawn(question, set or {}, how)
    asked = {
        name: value
        for name, value, usual in (
            ("kwargs", kwargs, ""), ("map", dict(map or {}), {}), ("variants", tuple(variants), ()),
            ("dtype", dtype, "float32"), ("states", states, ""), ("device", device, "cpu"), ("jit", jit, False),
            ("accumulate", accumulate, 1),
        )
        if value != usual
    }  # fmt: skip
    if on is None and "lr" not in drawn.fixed and "lr" not in drawn.open:
        raise BadInput(
            f"target={made.name}: none of its keywords is a step size: --map lr=KEYWORD names it, --set lr=VALUE says "
            "what it is"
        )
    search = Search(question, drawn, seed)
    with _ending(made.name):
        differs = search.shrunk(cases, progress) if on is None else search.one(on)
        if not search.count:
            raise BadInput(f"target={made.name} refused all that was drawn: {search.refused}")
        other: tuple[tuple[str, ...], str] = ((), "")
        if differs is not None and explain:
            other = search.explained(min(cases, max(50, cases // 4)) if on is None else 0)
    return Conformance(
        made.name, held.name, dtype, differs is None, search.count, search.worst,
        None if differs is None else differs.case,
        None if differs is None else differs.difference,
        other[0], 1 - search.judged / search.entries if search.entries else 1.0, _tried(drawn, question), asked,
        other[1],
    )  # fmt: skip


@contextmanager
def _ending(name: str) -> Iterator[None]:
    try:
        yield
    except TooLong:
        raise BadInput(f"target={name}: a sequence has not ended after {LONGEST} s") from None


def assert_conforms(found: str | Callable[..., Any], rule: str | Rule, **asked: Any) -> Conformance:
    """As :func:`conform`; raises AssertionError, with the shrunk case and the convention that would agree, where the
    target differs."""
    answer = conform(found, rule, **asked)
    if not answer.agrees:
        assert answer.difference is not None
        near = "".join(
            f"; it agrees with the rule {text}"
            for text, there in (
                (f"in the convention {', '.join(answer.variant)}", answer.variant),
                (f"with states in {answer.states}", answer.states),
            )
            if there
        )
        raise AssertionError(
            f"{answer.target} is not {answer.rule}: {answer.difference.text}{near}\n{answer.counterexample!r}"
        )
    return answer


def _drawn(question: Question, given: Mapping[str, Any], how: Convention) -> Drawn:
    """What can be drawn: it is tried whether the target has groups, and takes None."""
    rule, matching = question.reference.rule, question.matching
    fixed = matching.given()
    for name, value in given.items():
        number = next((each for each in rule.hyper if each.name == name), None)
        fixed[name] = float(number.read(value)) if number is not None else _plain(name, value)
    places = frozenset(matching.places)
    matrix = rule.matrix is not None  # whose decay and eps beside the norm are implementations' own
    if not (rule.decay or matrix or how.decay != "decoupled") and "weight_decay" not in fixed:
        fixed["weight_decay"] = 0.0
    if not (rule.uses("eps", "inside") or matrix) and how.eps == "outside":
        fixed.setdefault("eps", 0.0)
    arrays, formats = question.target.arrays, {question.reference.dtype, question.reference.states}
    few, every = arrays == "jax" or question.target.jit, question.reference.every
    of, own = question.reference.precisions
    beyond = -int(math.log2(own.unit)) if own.unit > of.unit else 0
    drawn = Drawn(rule, fixed, places, few=few, narrow="float16" in formats, every=every, beyond=beyond)
    if question.target.stateless:
        return drawn
    if question.target.jit:  # each compilation takes torch seconds: one for a number of parameters
        return replace(drawn, parameters=1)
    values = tuple((name, fixed.get(name, 0.5)) for name in dict.fromkeys([*places, "lr", "weight_decay"]))
    values = tuple((name, 0.0 if name == "dampening" else value) for name, value in values)
    alone = Case((((1.0,), None),), values, (1, 1), (0.0, 0.0), rows=(1, 1) if matrix else ())

    def works(case: Case) -> bool:
        try:
            return not question.trace(case).failed
        except (BadInput, Refused):
            return False

    slower = replace(alone, gradients=(((1.0,), (1.0,)),) * 2, slower=2, groups=True)
    return replace(drawn, missing=works(alone), schedules=works(slower))


def _plain(name: str, value: Any) -> float:
    if name not in ("lr", "eps", "weight_decay"):
        raise BadInput(f"set={name}={value!s:.40}: the rule has no such hyperparameter")
    try:
        return float(value)
    except (TypeError, ValueError):
        raise BadInput(f"set={name}={value!s:.40} is not a number") from None


def _tried(drawn: Drawn, question: Question) -> tuple[str, ...]:
    found = ["zeros, silences, sign changes, scales, tails, weights of 0 and 1"]
    if drawn.parameters > 1:
        found.append("several parameters")
    if drawn.missing:
        found.append("gradients that are None")
    if drawn.schedules:
        found.append("groups, a changed step size")
    one = [f"{name} {drawn.fixed[name]:g}" for name in sorted(drawn.open) if name in drawn.fixed]
    if one:
        found.append(f"alone: {', '.join(one)}")
    matching = question.matching
    taken = {place.partition(".")[0] for place in matching.places.values()} | set(matching.fixed)
    others = [name for name in question.target.keywords if name not in taken]
    if others:
        found.append(f"by default: {', '.join(others)}")
    return tuple(found)

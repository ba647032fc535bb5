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

import hypothesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable

from properties.sequences import Drawn, cases
from verify.conform.bounded import HELD, precision_of
from verify.conform.case import Case, case
from verify.conform.convention import Convention, convention, nearest
from verify.conform.feeding import Trace, feed
from verify.conform.matching import Matching, match, parsed
from verify.conform.reference import Compared, Difference, Reference
from verify.conform.target import LONGEST, Refused, Target, target
from verify.errors import BadInput
from verify.interrupts import TooLong
from verify.numbers.formats import FORMATS
from verify.optimizers.load import rule_named
from verify.optimizers.rule import Rule

__all__ = ["Conformance", "assert_conforms", "case", "conform"]

# A shorter case than the shrunk one is looked for among so many, of each length up to three steps.
SMALLER = 200
# So many traces of each kind are kept, that conventions are tried on: a wrong one is out after few.
KEPT = 40


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


@dataclass
class _Seen:
    """What a search saw."""

    count: int = 0
    worst: float = 0.0
    judged: int = 0
    entries: int = 0
    refused: str = ""
    agreeing: list[tuple[Case, Trace]] = field(default_factory=list)
    differing: list[tuple[Case, Trace]] = field(default_factory=list)


class _Differs(AssertionError):
    def __init__(self, case: Case, difference: Difference) -> None:
        super().__init__(difference.text)
        self.case, self.difference = case, difference


@dataclass(frozen=True)
class _Question:
    """A target, matched, and the reference that it is held against."""

    target: Target
    matching: Matching
    reference: Reference

    def trace(self, case: Case) -> Trace:
        return feed(self.target, case, self.matching.keywords(case.values), self.reference.dtype)

    def compare(self, case: Case) -> tuple[Trace, Compared]:
        trace = self.trace(case)
        return trace, self.reference.compare(case, trace)

    def at(self, **changes: Any) -> _Question:
        """The same of another reference."""
        return replace(self, reference=replace(self.reference, **changes))


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
    question = _Question(made, matching, Reference(held, how, dtype, accumulate, states))
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
    seen = _Seen()
    with _ending(made.name):
        difference = (
            _search(question, drawn, cases, seed, seen, progress) if on is None else _one(question, on, seen)
        )
        if not seen.count:
            raise BadInput(f"target={made.name} refused all that was drawn: {seen.refused}")
        if difference is not None and on is None:
            difference = _smaller(question, drawn, difference, seed, seen)
        other: tuple[tuple[str, ...], str] = ((), "")
        if difference is not None and explain:
            more = min(cases, max(50, cases // 4)) if on is None else 0
            other = _explained(question, drawn, seen, more, seed)
    return Conformance(
        made.name, held.name, dtype, difference is None, seen.count, seen.worst,
        None if difference is None else difference.case,
        None if difference is None else difference.difference,
        other[0], 1 - seen.judged / seen.entries if seen.entries else 1.0, _tried(drawn, question), asked, other[1],
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


def _drawn(question: _Question, given: Mapping[str, Any], how: Convention) -> Drawn:
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


def _tried(drawn: Drawn, question: _Question) -> tuple[str, ...]:
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


def _one(question: _Question, case: Case, seen: _Seen) -> _Differs | None:
    trace, compared = question.compare(case)
    seen.count, seen.worst, seen.judged, seen.entries = 1, compared.worst, compared.judged, compared.entries
    if compared.difference is None:
        return None
    seen.differing.append((case, trace))
    return _Differs(case, compared.difference)


def _search(
    question: _Question,
    drawn: Drawn,
    count: int,
    seed: int,
    seen: _Seen,
    progress: Callable[[int], None] = lambda count: None,
    shrink: bool = True,
) -> _Differs | None:
    found = False

    @hypothesis.seed(seed)
    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=[Phase.generate, *[Phase.shrink] * shrink],
        report_multiple_bugs=False,
        suppress_health_check=list(
            HealthCheck
        ),  # what is slow or rejected is told by the counts, not by a clock
        print_blob=False,
    )
    @given(cases(drawn))
    def judged(case: Case) -> None:
        nonlocal found
        try:
            trace, compared = question.compare(case)
        except Refused as reason:
            seen.refused = str(reason)
            hypothesis.reject()
        if not found:
            seen.count += 1
            seen.judged += compared.judged
            seen.entries += compared.entries
            progress(seen.count)
        kept = seen.agreeing if compared.difference is None else seen.differing
        kept.append((case, trace))
        del kept[:-KEPT]
        if compared.difference is not None:
            found = True
            raise _Differs(case, compared.difference)
        if not found:
            seen.worst = max(seen.worst, compared.worst)

    try:
        judged()
    except _Differs as difference:
        seen.worst = float("inf")
        return difference
    except Unsatisfiable:
        pass
    return None


def _smaller(question: _Question, drawn: Drawn, found: _Differs, seed: int, seen: _Seen) -> _Differs:
    """The shortest case that can be found: shrinking ends where no single change makes a case smaller, and one with
    fewer steps may need other numbers."""

    def size(case: Case) -> tuple[int, ...]:
        return len(case.sizes), len(case.gradients), sum(case.sizes)

    found = _one_entry(question, found)
    for parameters in (1, 2):
        for steps in (1, 2, 3):
            if (parameters, steps * drawn.every, parameters) >= size(found.case):
                return found
            less = replace(drawn, steps=steps, parameters=parameters, tails=False)
            other = _search(question, less, SMALLER, seed, seen_less := _Seen())
            if other is not None and size(other.case) < size(found.case):
                seen.differing += seen_less.differing
                return other
    return found


def _one_entry(question: _Question, found: _Differs) -> _Differs:
    """The case with one entry, that where the difference is, or one of each parameter, if it differs still."""
    case, (parameter, entry) = found.case, found.difference.place
    if case.rows:
        return found
    everywhere = {place: entry if place == parameter else 0 for place in range(len(case.sizes))}
    for kept in ({parameter: entry}, everywhere):
        rows = tuple(
            tuple(None if (part := row[place]) is None else (part[k],) for place, k in kept.items())
            for row in case.gradients
        )
        start = tuple(case.start[place] for place in kept)
        less = replace(
            case, gradients=rows, sizes=(1,) * len(kept), start=start, groups=case.groups and len(kept) > 1
        )
        difference = question.compare(less)[1].difference
        if difference is not None:
            return _Differs(less, difference)
    return found


def _explained(
    question: _Question, drawn: Drawn, seen: _Seen, more: int, seed: int
) -> tuple[tuple[str, ...], str]:
    """The names of the nearest conventions beside the declared ones with which all traces that were kept agree, and
    ``more`` cases that are drawn anew; where there are none, the finest format of states with which they do."""
    asked = question.reference
    traces = [*reversed(seen.differing), *seen.agreeing]

    def agrees(other: _Question, drawn: Drawn) -> bool:
        if any(other.reference.compare(*each).difference is not None for each in traces):
            return False
        anew = _Seen()
        found = _search(other, drawn, more, seed + 1, anew, shrink=False) if more else None
        traces[:0] = anew.differing
        return found is None

    for how in nearest(asked.rule, asked.how.names):
        if agrees(question.at(how=how), drawn):
            return tuple(name for name in how.names if name not in asked.how.names), ""
    # Of matrices no bound tells anything in a short format.
    for form in _coarser(asked) if more and asked.rule.matrix is None else ():
        held = replace(drawn, narrow=drawn.narrow or form == "float16")
        # What has no bound in that format is not explained by it: they must differ where there is one.
        if agrees(question.at(states=form), replace(held, beyond=0)) and (
            held == drawn or _search(question, held, more, seed, _Seen(), shrink=False)
        ):
            return (), form
    return (), ""


def _coarser(asked: Reference) -> list[str]:
    """The formats that round more than that of the states: that of the weights, and then the finest first."""
    unit = asked.precisions[0].unit
    units = {name: precision_of(FORMATS[name]).unit for name in HELD}
    return sorted(
        (name for name in HELD if units[name] > unit), key=lambda name: (name != asked.dtype, units[name])
    )

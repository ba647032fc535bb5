"""What a derivation is: a chain of assertions, each with two ways to be checked.

The first road is symbolic (normal forms, induction, derivatives, sign of a sum of nonnegative terms). The
second shares nothing with it but the statement: exact rationals or balls at random points, or a run of the
optimizer itself. An assertion stands only if both say so.

Steps refer to each other by name, and all lead to the last one: its assertion is the conclusion. The hypotheses of a
chain are those that its steps declare, no more and no less.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import chain
from typing import Any, Literal, TypeGuard

import sympy
from sympy.core.function import AppliedUndef, UndefinedFunction

from verify.derive.hypotheses import Condition, FixedSize
from verify.derive.tex import tex
from verify.evidence import Hypothesis

Kind = Literal[
    "definition",
    "equality",
    "induction",
    "bijection",
    "limit",
    "series",
    "inequality",
    "instances",
    "invariant",
    "together",
]
Relation = Literal["=", "<=", "iff", "implies", "and"]
BETWEEN = r",\quad "
_SIGNS = {"=": "=", "<=": r"\le", "iff": r"\iff", "implies": r"\implies"}


@dataclass(frozen=True)
class Finding:
    """What one road said of an assertion, and how it came to that."""

    passed: bool
    how: str


Road = Callable[[], Finding]
Rewriting = Callable[[Any], Any]


@dataclass(frozen=True)
class Assertion:
    """A mathematical statement, ``left`` in ``relation`` to ``right``, that can be checked in two ways.

    It is printed from these very expressions, or as it is ``shown`` with the letters of ``where``, which must be the
    same when their values are put in; the letter ``called`` stands for a left side that is what a definition gives.
    ``made_for`` is what the roads were made for, which is what is said when they are put in: another statement, or one
    with fewer hypotheses, is a ValueError, as is a float. With the relation "and", ``left`` is a tuple of assertions.
    Of kind "instances" it says nothing beyond the ``cases``, which are words.
    """

    kind: Kind
    left: Any
    relation: Relation
    right: Any
    check: Road
    second_road: Road
    because: Any = None
    hypotheses: tuple[Hypothesis, ...] = ()
    cases: str = ""
    called: Any = None
    where: Mapping[Any, Any] = field(default_factory=dict)
    shown: tuple[Any, Any] | None = None
    made_for: tuple[Any, ...] | None = None

    def __post_init__(self) -> None:
        for road in (
            "check",
            "second_road",
        ):  # each is walked once, though steps that follow from it ask again
            object.__setattr__(self, road, cache(getattr(self, road)))
        statement = (self.left, self.relation, self.right, self.called, self.cases)
        stated, assumed = self.made_for or (statement, self.hypotheses)
        object.__setattr__(self, "made_for", (stated, assumed))
        if stated != statement:
            raise ValueError(
                f"the roads check another statement than {self.left}, {self.right}, {self.cases}"
            )
        if dropped := [each.text for each in assumed if each not in self.hypotheses]:
            raise ValueError(f"the roads assume {dropped[0]}, and the assertion does not")
        for expression in self.expressions:
            if expression.atoms(sympy.Float):
                raise ValueError(f"a float in {expression}")
            for total in expression.atoms(sympy.Sum):
                require_in_range(total)
        if self.called is not None and not _is_letter(self.called):
            raise ValueError(f"{self.called} is no letter to call a side by")
        if self.called is not None and (
            self.relation != "=" or any(e.has(self.called) for e in self.expressions)
        ):
            raise ValueError(f"{self.called} is no new letter for what {self.left} is equal to")
        for shown, checked in zip(self.shown or (), (self.left, self.right), strict=False):
            if opened(shown, self.where) != checked:
                raise ValueError(f"the printed formula is not the one that is checked: {shown}, {checked}")

    @property
    def expressions(self) -> tuple[sympy.Basic, ...]:
        """What is checked: both sides, and the reason of an inequality."""
        if self.relation == "and":
            return tuple(e for part in self.left for e in part.expressions)
        return tuple(sympy.sympify(e) for e in (self.left, self.right, self.because) if e is not None)

    @property
    def latex(self) -> str:
        """The formula, printed from the expressions that are checked."""
        if self.relation == "and":
            return (
                "\\begin{gathered}\n" + " \\\\\n".join(part.latex for part in self.left) + "\n\\end{gathered}"
            )
        if self.left is None:
            return rf"\text{{{self.cases}}}".replace("_", r"\_")
        left, right = self.shown or (self.left, self.right)
        printed = f"{tex(self.called or left)} {_SIGNS[self.relation]} {tex(right)}"
        letters = [f"{tex(letter)} = {tex(value)}" for letter, value in self.where.items()]
        letters += [tex(each.relation) for each in self.hypotheses if is_local(each)]
        return printed + (rf" \qquad ({BETWEEN.join(letters)})" if letters else "")

    def under(self, *hypotheses: Hypothesis) -> Assertion:
        """The assertion where these hold too."""
        both = tuple(dict.fromkeys((*self.hypotheses, *hypotheses)))
        return replace(self, hypotheses=both, made_for=None)

    def right_of(self, left: Any) -> Any:
        """The right side, of what is said of this left one; an assertion about another is a ValueError."""
        if self.left != left:
            raise ValueError(f"what is said of {self.left} is used of {left}")
        return self.right

    def rewriting(self, values: Mapping[Any, Any] | None = None) -> Rewriting:
        """What the assertion, an equality, allows: its left side replaced by its right one, at these values."""
        if self.relation != "=":
            raise ValueError(f"what is no equality rewrites nothing: {self.latex}")
        if ranges := [each.text for each in self.hypotheses if is_local(each)]:
            raise ValueError(f"what holds where {ranges[0]} rewrites nothing beyond: {self.latex}")
        left, right = (_instance(side, values or {}) for side in (self.left, self.right))
        return lambda expression: expression.subs(left, right)


def require_in_range(total: sympy.Sum) -> None:
    """Raise ValueError where an index is assumed to have a sign that its range need not have."""
    for index, low, _ in total.limits:
        if (index.is_positive and not low.is_positive) or (index.is_nonnegative and not low.is_nonnegative):
            raise ValueError(
                f"{index} is assumed to have a sign that it need not have from {low} on, in {total}"
            )


def is_local(hypothesis: Hypothesis) -> TypeGuard[Condition]:
    """Whether it is the range of a letter within one step."""
    return isinstance(hypothesis, Condition) and hypothesis.local


def handed_on(assertions: Iterable[Assertion]) -> tuple[Hypothesis, ...]:
    """The hypotheses of assertions that what follows from them has too."""
    every = (each for one in assertions for each in one.hypotheses)
    return tuple(dict.fromkeys(each for each in every if not is_local(each)))


def opened(side: Any, where: Mapping[Any, Any]) -> Any:
    """A side with the values of its letters put in; a value may have letters that come before its own."""
    side = sympy.sympify(side)
    for letter, value in reversed(list(where.items())):
        free = sympy.sympify(value).free_symbols
        if any(total.has(letter) and free & set(total.variables) for total in side.atoms(sympy.Sum)):
            raise ValueError(f"{letter} stands under a sum over an index of its value {value}")
        side = side.xreplace({letter: value})
    return side


def rewritten(expression: Any, given: Iterable[Rewriting]) -> Any:
    """The expression after the rewritings, one after the other."""
    for rewrite in given:
        expression = rewrite(expression)
    return expression


def _is_letter(expression: Any) -> bool:
    """Whether it is one letter, with indices or arguments, whose name is no formula of its own."""
    if isinstance(expression, sympy.Indexed | AppliedUndef):
        return True
    return isinstance(expression, sympy.Symbol) and bool(re.fullmatch(r"[A-Za-z]+(_\w+)?", expression.name))


def _instance(side: Any, values: Mapping[Any, Any]) -> Any:
    """The side at these values of its letters and of its undefined functions."""
    for letter, value in values.items():
        is_function = isinstance(letter, UndefinedFunction)
        side = side.replace(letter, value) if is_function else side.subs(letter, value)
    return side


@dataclass(frozen=True)
class Step:
    """An assertion and why it is true; ``statement`` says in words, with LaTeX in $...$, what it is there for.

    ``uses`` are the names of the steps before it from which it is made, so that the program knows how it follows from
    them; ``beside`` those of others that it rests on by its reason, which is prose. CHAIN:STEP is a step of another
    chain.
    """

    statement: str
    assertion: Assertion
    reason: str
    name: str = ""
    uses: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()

    @property
    def rests_on(self) -> tuple[str, ...]:
        """The names of all steps that it uses or rests on by its reason."""
        return (*self.uses, *self.beside)


@dataclass(frozen=True)
class Wrong:
    """An assertion that differs from a step's in an exponent, a root or a constant: both roads must reject it."""

    fault: str
    assertion: Assertion


@dataclass(frozen=True)
class Measured:
    """A quantity measured in arbitrary precision, beside what the derivation predicts.

    ``predicted``, ``measured`` and ``uncertainty`` are decimal text; ``agrees`` says whether they differ
    by no more than the uncertainty. ``digits`` is the working precision, ``over`` the range of the measurement.
    """

    quantity: str
    predicted: str
    measured: str
    uncertainty: str
    digits: int
    over: str
    agrees: bool


@dataclass(frozen=True)
class Chain:
    """A derivation.

    source     the statement's place in the literature, or "new";
    news       what here is new or contradicts a published statement; empty if nothing is;
    remarks    paragraphs for the page, before the steps;
    gives      by the name of a step, what other chains assume and this step shows, under the step's own hypotheses;
    others     chains of which steps are used: what these assume is assumed here too.

    Raises ValueError where a step follows from one that is not there, drops a hypothesis of one, or leads nowhere, and
    where what is given is of no step, or is assumed by it.
    """

    name: str
    title: str
    source: str
    steps: tuple[Step, ...]
    wrong: tuple[Wrong, ...]
    measurements: tuple[Callable[[], Measured], ...] = ()
    remarks: tuple[str, ...] = ()
    news: tuple[str, ...] = ()
    gives: Mapping[str, tuple[Hypothesis, ...]] = field(default_factory=dict)
    others: tuple[Chain, ...] = ()

    def __post_init__(self) -> None:
        before = {f"{other.name}:{step.name}": step for other in self.others for step in other.steps}
        for step in self.steps:
            at = f"{self.name}: step {step.name}"
            if missing := [name for name in step.rests_on if name not in before]:
                raise ValueError(f"{at} follows from {missing[0]}, no step before it")
            for each in handed_on(before[name].assertion for name in step.rests_on):
                if each not in step.assertion.hypotheses:
                    raise ValueError(f"{at} drops the hypothesis {each.text}")
            before[step.name] = step
        leading = self.leading_to(self.steps[-1].rests_on) if self.steps else ()
        for step in self.steps[:-1]:
            if step not in leading:
                raise ValueError(f"{self.name}: step {step.name or step.statement} leads nowhere")
        used = {name.partition(":")[0] for step in self.steps for name in step.rests_on if ":" in name}
        if unused := [other.name for other in self.others if other.name not in used]:
            raise ValueError(f"{self.name} uses no step of {unused[0]}")
        for name, given in self.gives.items():
            if name not in before or set(given) & set(before[name].assertion.hypotheses):
                raise ValueError(f"{self.name}: what step {name} gives it does not show")

    def leading_to(self, names: Iterable[str]) -> tuple[Step, ...]:
        """The steps of these names, and all that they rest on, in this chain and in others."""
        wanted = set(names)
        for step in reversed(self.steps):
            if step.name in wanted:
                wanted.update(step.rests_on)
        handed = (
            other.leading_to(name.partition(":")[2] for name in wanted if name.startswith(f"{other.name}:"))
            for other in self.others
        )
        return (*chain.from_iterable(handed), *(step for step in self.steps if step.name in wanted))

    def said(self, name: str) -> Assertion:
        """The assertion of the step of that name."""
        return next(step.assertion for step in self.steps if step.name == name)

    @property
    def conclusion(self) -> Assertion:
        """What the chain proves: the assertion of its last step."""
        return self.steps[-1].assertion

    @property
    def hypotheses(self) -> tuple[Hypothesis, ...]:
        """What it assumes: the union of what its steps declare."""
        return handed_on(step.assertion for step in self.steps)

    @property
    def cases(self) -> tuple[str, ...]:
        """The instances to which some steps are limited."""
        return tuple(step.assertion.cases for step in self.steps if step.assertion.cases)

    @property
    def universal(self) -> bool:
        """Whether it holds for every N and every d, and not for given ones or on instances only."""
        return not self.cases and not any(isinstance(each, FixedSize) for each in self.hypotheses)

    @property
    def scope(self) -> str:
        """For what it holds, in words."""
        texts = [each.text for each in self.hypotheses] or ["all values of the letters"]
        texts += [f"in part on instances: {each}" for each in self.cases]
        assumed = [step.name for step in self.steps if step.beside]
        texts += (
            [f"assumed as their reasons say: how {', '.join(assumed)} follow from others"] if assumed else []
        )
        return "; ".join(texts)

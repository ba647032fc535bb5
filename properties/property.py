"""What a property is: a claim, a strategy for cases, and a judge. The same one serves tests, hunts and users."""

from __future__ import annotations

import math
import numbers
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from fractions import Fraction
from typing import Any, Literal

import numpy as np
from hypothesis.strategies import SearchStrategy
from numpy.typing import NDArray

from verify.data import Dataset
from verify.data.dataset import LARGEST, SMALLEST, float_text
from verify.data.text import NotANumberError, exactly, plain, show
from verify.drawers import said, spelled
from verify.errors import BadInput, Undecided
from verify.evidence import ORDER, Hypothesis, Verdict
from verify.losses import LOSSES, Loss
from verify.optimizers import Optimizer, optimizer
from verify.optimizers.rule import Rule
from verify.optimizers.rules import RULES

Rational = Fraction | int | str

# Badness is cut to this: 20 powers of ten below or above what is allowed says all there is to say.
MOST = 20.0

# A data set made from rows is called by them. A message bears at most this many rows, and characters.
LISTED, LONGEST_NAME = 100, 200


@dataclass(frozen=True, repr=False)
class Case:
    """What one judgement is about. A property uses the parts that its claim speaks of and leaves the rest.

    data       N exact rows in d dimensions;
    optimizer  with all its choices made;
    start      w_0 (d); empty for w_0 = 0;
    weights    c, a point of the simplex (N); empty where none is needed;
    change     what a metamorphic property does to the data (a permutation, factors, a row, ...).

    ``repr`` is the Python text of a call of :func:`case` that makes the same case again.
    """

    data: Dataset
    optimizer: Optimizer
    start: tuple[Fraction, ...] = ()
    weights: tuple[Fraction, ...] = ()
    change: tuple[Fraction, ...] = ()

    @property
    def X(self) -> NDArray[np.float64]:
        """The rows in float64 (N, d)."""
        return self.data.floats()

    @property
    def c(self) -> NDArray[np.float64]:
        """The weights in float64 (N,)."""
        return np.array([float(c) for c in self.weights])

    @property
    def w_0(self) -> NDArray[np.float64]:
        """The start in float64 (d,)."""
        return np.array([float(w) for w in self.start] or [0.0] * self.data.d)

    def arguments(self) -> dict[str, Any]:
        """The arguments of :func:`case` that make this case again; JSON can hold them."""
        vectors = {"start": self.start, "weights": self.weights, "change": self.change}
        return {
            "rows": [[_plain(entry) for entry in row] for row in self.data.rows],
            "name": _spelled(self.optimizer.rule),
            **{name: [_plain(entry) for entry in vector] for name, vector in vectors.items() if vector},
            **_choices(self.optimizer),
        }

    def __repr__(self) -> str:
        rows, name, *others = self.arguments().items()
        return f"case({', '.join([repr(rows[1]), repr(name[1]), *(f'{k}={v!r}' for k, v in others)])})"


def case(
    rows: Sequence[Sequence[Rational]] | NDArray[Any] | Dataset,
    name: str | Rule = "adam",
    *,
    start: Sequence[Rational] | NDArray[Any] = (),
    weights: Sequence[Rational] | NDArray[Any] = (),
    change: Sequence[Rational] | NDArray[Any] = (),
    **choices: Any,
) -> Case:
    """A case from rows (numbers, arrays of them, or text such as "3/7"), an optimizer's name or rule, and its choices
    (as for :func:`verify.optimizer`, rational ones also as text). A binary float is the dyadic rational that it is.

    Raises BadInput, in one line, for what is no finite number, for rows of different lengths, and for what the
    optimizer does not take.
    """
    if not isinstance(rows, Dataset):
        rows = dataset(rows)
    rational = ("beta1", "beta2", "eps", "lr", "decay")
    exact: dict[str, Any] = {k: _number(k, v) if k in rational else v for k, v in choices.items()}
    if isinstance(size := exact.get("batch_size"), numbers.Integral):
        exact["batch_size"] = int(size)
    elif not isinstance(size, str | None):
        raise BadInput(f"batch_size={show(size)} is not a whole number")
    vectors = (_vector("start", start), _vector("weights", weights), _vector("change", change))
    for what, vector, length in zip(("start", "weights"), vectors, (rows.d, rows.n), strict=False):
        if vector and len(vector) != length:
            raise BadInput(f"{what}: {len(vector)} entries, expected {length}")
    try:
        return Case(rows, optimizer(name, **exact), *vectors)
    except TypeError as error:  # a choice that optimizer() does not know, or of a type that it does not take
        raise BadInput(f"optimizer {show(name)}: {' '.join(str(error).split())[:200]}") from None


def dataset(rows: Sequence[Sequence[Rational]] | NDArray[Any]) -> Dataset:
    """A data set named after its rows. Raises BadInput as `case` does."""
    exact = tuple(_vector(f"row {i}", row) for i, row in enumerate(_entries("rows", rows)))
    name = "[" + ", ".join(f"[{', '.join(map(str, row))}]" for row in exact[:LISTED]) + "]"
    return Dataset(plain(name, LONGEST_NAME), exact)


def _vector(what: str, entries: Any) -> tuple[Fraction, ...]:
    """The numbers of a sequence, exactly."""
    return tuple(_number(f"{what}: entry {k}", entry) for k, entry in enumerate(_entries(what, entries)))


def _entries(what: str, values: Any) -> list[Any]:
    """What a sequence or an array holds. Raises BadInput for what is neither, and for text."""
    if isinstance(values, str | bytes | Mapping) or not isinstance(values, Iterable):
        raise BadInput(f"{what}: {show(values)} has type {type(values).__name__}: not a list or an array")
    try:
        return list(values)
    except TypeError as error:  # an array without dimensions
        raise BadInput(f"{what}: {show(values)}: {error}") from None


def _number(what: str, value: Any) -> Fraction:
    """A number exactly, whatever type it comes in. Raises BadInput for what is none, or not of a bearable size."""
    try:
        number = exactly(value)
    except NotANumberError as error:
        raise BadInput(f"{what}: {show(value)} {error}") from None
    if number is None:
        raise BadInput(f"{what}: {show(value)} has type {type(value).__name__}: not a number")
    if number and not SMALLEST <= abs(number) <= LARGEST:
        raise BadInput(
            f"{what}: {float_text(number)} is outside [2^-500, 2^500], where squares fit in float64"
        )
    return number


def _plain(value: Fraction) -> int | str:
    return int(value) if value.denominator == 1 else str(value)


def _spelled(found: Rule | Loss) -> str:
    """The text that names a rule or a loss: its name if it ships, else FILE.py:NAME, if it stands in a file."""
    shipped = RULES if isinstance(found, Rule) else LOSSES
    if shipped.get(found.name) == found:
        return found.name
    parts = (found.define,) if isinstance(found, Rule) else (found.weight, found.log_weight)
    return spelled(found, *parts) or found.name


def _choices(opt: Optimizer) -> dict[str, Any]:
    """The choices that differ from the defaults of ``optimizer``."""
    usual, found = optimizer(opt.rule), {}
    choices = {name.name: (getattr(opt, name.name), getattr(usual, name.name)) for name in fields(opt)}
    del choices["rule"], choices["hyper"]
    choices = {name: (value, usual.values[name]) for name, value in opt.values.items()} | choices
    for name, (value, default) in choices.items():
        if value != default:
            found[name] = _plain(value) if isinstance(value, Fraction) else _text_of(name, value)
    return found


def _text_of(name: str, choice: Any) -> Any:
    """A choice that is no rational, as :func:`case` takes it."""
    return _spelled(choice) if name == "loss" else str(choice) if name == "schedule" else choice


@dataclass(frozen=True)
class Judgement:
    """What a case says about a claim.

    ``badness`` is log10(what was seen / what is allowed), cut to [-20, 20]: the claim is violated just above
    0. ``vacuous``: the hypotheses are not met, or the run cannot have settled, so that nothing was judged.
    ``kind`` is what the judgement rests on: floating point, or an accepted certificate, exact numbers or balls.
    """

    violated: bool
    badness: float
    vacuous: bool
    detail: str
    kind: Verdict = Verdict.MEASURED

    def __post_init__(self) -> None:
        if self.kind not in (Verdict.MEASURED, Verdict.CERTIFIED):
            raise ValueError(f"a judgement is measured or certified, not {self.kind}")


Judge = Callable[[Case], Judgement]


def within(seen: float, allowed: float, what: str, kind: Verdict = Verdict.MEASURED) -> Judgement:
    """``seen`` must be at most ``allowed`` (nan is not)."""
    violated = not seen <= allowed
    ratio = seen / allowed if allowed > 0 else (math.inf if violated else 0.0)
    badness = math.log10(ratio) if 0 < ratio < math.inf else (MOST if violated else -MOST)
    badness = max(-MOST, min(MOST, badness))
    return Judgement(violated, badness, False, f"{what}: {seen:.3g}, allowed {allowed:.3g}", kind)


def worst(judgements: Sequence[Judgement]) -> Judgement:
    """The one nearest to a violation of several, all of which must hold. Where none is violated it rests on floats as
    soon as one of them does; where all are vacuous it is."""
    found = max(judgements, key=lambda each: (not each.vacuous, each.violated, each.badness))
    kinds = [each.kind for each in judgements if not each.vacuous]
    return found if found.violated or found.vacuous else replace(found, kind=max(kinds, key=ORDER))


def named(opt: Optimizer, data: Dataset) -> str:
    """An optimizer on a data set, in words."""
    betas = "".join(f", {beta} = {float(opt.values[beta]):g}" for beta in opt.rule.betas)
    size = opt.batch_size if opt.rule.averages and opt.batch_size else opt.batch(data.n)
    batch = f", batch size {size}" if opt.rule.batches else ""
    return f"{opt.rule.name}{betas}{batch} on {data.name}"


def vacuous(why: str) -> Judgement:
    """Nothing was judged, and why."""
    return Judgement(False, -MOST, True, why)


@dataclass(frozen=True)
class Property:
    """One way in which a claim can be broken. Its judge decides named and generated cases alike.

    claim       the id of the claim; one that stands inside its claim is given it by that;
    name        unique; what the table calls it;
    text        the property in a sentence, with the formula of its tolerance;
    cases       the strategy; a user's own may take its place; None where only the named cases are judged;
    judge       decides one case, deterministically;
    false       name of a false variant -> its judge: near the truth but wrong, and to be caught;
    cost        time of a case relative to others: a profile gives it fewer cases by this factor;
    expected    "fails" for a property that some case must violate;
    named       the named cases of a profile;
    true        of a property that should fail, name of a true variant -> its judge, which must not be violated;
    confirm     verifies a hit again, in exact and ball arithmetic;
    complete    adds to a hit what its search left open;
    hypotheses  those of the clause in which it stands: where one can be tested and fails, the case is vacuous.
    """

    claim: str
    name: str
    text: str
    cases: SearchStrategy[Case] | None
    judge: Judge
    false: dict[str, Judge] = field(default_factory=dict)
    cost: float = 1.0
    expected: Literal["holds", "fails"] = "holds"
    named: Callable[[str], Sequence[Case]] = lambda profile: ()
    true: dict[str, Judge] = field(default_factory=dict)
    confirm: Callable[[Case, Any], None] | None = None
    complete: Callable[[Case], Case] | None = None
    hypotheses: tuple[Hypothesis, ...] = ()

    def with_judge(self, judge: Judge) -> Judge:
        """Another judge, of the cases that meet the hypotheses; where its balls cannot tell, nothing is judged."""

        def guarded(case: Case) -> Judgement:
            failing = [each.text for each in self.hypotheses if each.test is not None and not each.test(case)]
            if failing:
                return vacuous(f"not so: {failing[0]}")
            try:
                return judge(case)
            except Undecided as reason:
                return vacuous(f"undecided: {reason}")

        return guarded


def judged(property: Property, case: Case) -> Judgement:
    """What the property says of a case, if that meets its hypotheses.

    Raises BadInput, in one line, where the judge of a user's file fails.
    """
    try:
        found = property.with_judge(property.judge)(case)
    except Exception as error:
        if isinstance(error, BadInput) or spelled(property, property.judge) is None:
            raise
        raise BadInput(
            f"property {property.name}: its judge failed on {case!r:.200}: {said(error)}"
        ) from error
    if not isinstance(found, Judgement):
        raise BadInput(f"property {property.name}: its judge returned a {type(found).__name__}, no Judgement")
    return found

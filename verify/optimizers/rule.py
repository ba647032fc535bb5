"""What a rule is: a formula for one coordinate, and beside it what the rule declares of itself.

``define(num)`` gives, in a number system, ``step(g, seen, s, h) -> (u, s)`` for one coordinate:

    g     the batch's gradient,
    seen  what the rule reads of the batch beside g (``Rule.reads``),
    s     a named tuple of the rule's states before the step; all are 0 before the first,
    h     a named tuple of the rule's hyperparameters, and of what the engines add (``ADDED``): eps and inside, for a
          sum under which a root may vanish, outside and inside the root; w and eta, the weight and the step size,

and returns the update u, so that w <- w - eta u, and the states after the step. Engines never call it: they take the
program that it makes (`verify.numbers.program`), and ask the traits. What is declared is proved or refuted by
`verify.optimizers.check_rule`.
"""

from __future__ import annotations

import keyword
from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import isfinite
from typing import Any, Literal

from verify.data.dataset import LARGEST, SMALLEST
from verify.data.text import NotANumberError, exact, show
from verify.drawers import require_one_of, said, spelled
from verify.errors import BadInput
from verify.numbers.formula import ZERO, alike, substituted
from verify.numbers.program import (
    MOST_POWER,
    TRACED,
    Node,
    NotTraceable,
    Program,
    highest_power,
    node,
    tracing,
)
from verify.numbers.system import Numbers
from verify.numbers.written import compiled_step
from verify.optimizers.matrices import Map

Step = Callable[[Any, Any, Any, Any], tuple[Any, Any]]

# What a step may ask of h beside its own hyperparameters.
ADDED = ("eps", "inside", "w", "eta")
TAKEN = ("g", "seen", *ADDED)

# No name is longer, that of a function of one's own or of a tail, which is its rule's and a few letters more.
LONGEST = 200

READS = ("nothing", "squares", "norm")
UPDATES = ("smooth", "sign", "linear")


@dataclass(frozen=True)
class State:
    """A number that a coordinate keeps from step to step, 0 before the first. ``degree``: where all gradients are
    multiplied by lambda > 0, the state is by lambda^degree (m: 1, v: 2)."""

    name: str
    degree: int | Fraction = 1


@dataclass(frozen=True)
class Number:
    """A hyperparameter with its default, in [low, high], where None is no bound; ``open`` leaves the ends out."""

    name: str
    default: Fraction | int | str
    low: Fraction | int | None = None
    high: Fraction | int | None = None
    open: bool = False

    @property
    def usual(self) -> Fraction:
        """The default, exactly."""
        return self.read(self.default)

    def read(self, value: Any) -> Fraction:
        """A value for it, from a number or text. Raises BadInput if it is none, or is outside the range."""
        try:
            number = exact(value) if isinstance(value, str) else Fraction(value)
        except NotANumberError as error:
            raise BadInput(f"{self.name}={show(value)} {error}") from None
        except (TypeError, ValueError, OverflowError):
            raise BadInput(f"{self.name}={value!r:.60} is not a number") from None
        if number and not SMALLEST <= abs(number) <= LARGEST:
            raise BadInput(
                f"{self.name}={show(str(value))} is outside [2^-500, 2^500], which float64 can square"
            )
        if not self.holds(number):
            raise BadInput(f"{self.name}={value} is outside {self.range()}")
        return number

    def holds(self, value: Fraction) -> bool:
        """Whether the value is in the range."""
        inside = self.low is None or value > self.low or (value == self.low and not self.open)
        return inside and (self.high is None or value < self.high or (value == self.high and not self.open))

    def range(self) -> str:
        """The range, as text."""
        low, high = ("infinity" if end is None else str(end) for end in (self.low, self.high))
        left = "(" if self.open or self.low is None else "["
        return f"{left}{'-' if self.low is None else ''}{low}, {high}{')' if self.open or self.high is None else ']'}"


@dataclass(frozen=True)
class Decay(Number):
    """A decay rate, in [0, 1): 0 keeps nothing."""

    def holds(self, value: Fraction) -> bool:
        """Whether it is at least 0 and less than 1."""
        return 0 <= value < 1

    def range(self) -> str:
        """Its range, as text."""
        return "[0, 1)"


@dataclass(frozen=True)
class Positive(Number):
    """A number above 0."""

    low: Fraction | int | None = 0
    open: bool = True


@dataclass(frozen=True)
class Switch(Number):
    """true or false: 1 or 0 in the formula."""

    def read(self, value: Any) -> Fraction:
        """1 for true, 0 for false. Raises BadInput for all else."""
        found = {"true": 1, "false": 0, "1": 1, "0": 0}.get(str(value).lower())
        if found is None:
            raise BadInput(f"{self.name}={value!s:.60} is neither true nor false")
        return Fraction(found)


@dataclass(frozen=True)
class Rule:
    """A rule and what it declares; ``check_rule`` checks that.

    states   what a coordinate keeps;
    hyper    the hyperparameters, with ranges and defaults;
    update   ``smooth``: the update has no jumps; ``sign``: it is made of signs, and jumps; ``linear``: it is linear in
             gradient and states;
    degree   if gradients are multiplied by lambda > 0, and each state by lambda to the power of its degree, then the
             update is multiplied by lambda^degree; None: by no power of lambda;
    batch    the default batch size; None: the full batch, and others may be asked for; ``full``: it is defined for the
             full batch only;
    reads    what ``seen`` is: nothing, ``squares`` (the sum over the batch's samples of their squared gradients in
             this coordinate) or ``norm`` (the l2 norm of the batch's gradient);
    forgets  whether the states decay geometrically without gradients, so that what was long ago does not matter;
    blocks   over which part of the gradient the rule divides its scale out: ``coordinate``, ``gradient``, or ``none``;
    corrects the two decay rates (of m and of v) whose bias correction the rule may be asked for;
    decay    the decoupled weight decay that it comes with;
    also     other names that it goes by;
    matrix   a map that takes the updates of all coordinates, as a matrix (k, d) of k classes, to the rule's update. The
             rule is then of degree 0; its ``update`` and ``degree`` speak of the coordinates' updates before the map;
    averages whether the rule is a mean over all batches of the size that is asked for: a step sees every sample, and
             its hyperparameters ``drawn`` and ``samples`` are the sizes of a batch and of the data;
    torch    what ``torch.optim`` calls it, if it has it.
    """

    name: str
    define: Callable[[Numbers], Step]
    source: str = ""
    states: tuple[State, ...] = ()
    hyper: tuple[Number, ...] = ()
    update: Literal["smooth", "sign", "linear"] = "smooth"
    degree: int | None = 0
    batch: int | Literal["full"] | None = None
    reads: Literal["nothing", "squares", "norm"] = "nothing"
    forgets: bool = True
    blocks: Literal["coordinate", "gradient", "none"] | None = None
    corrects: tuple[str, str] | None = None
    decay: Fraction | int | str = 0
    also: tuple[str, ...] = ()
    matrix: Map | None = None
    averages: bool = False
    torch: str = ""

    def __post_init__(self) -> None:
        self._require_types()
        names = [*(state.name for state in self.states), *(number.name for number in self.hyper)]
        for name in names:
            if not name.isidentifier() or name[0] == "_" or keyword.iskeyword(name):
                raise BadInput(f"rule {self.name}: {name!r} is no name for a state or hyperparameter")
            if name in TAKEN:
                raise BadInput(
                    f"rule {self.name}: the name {name} is taken: a step has its own {', '.join(TAKEN)}"
                )
            if names.count(name) > 1:
                raise BadInput(f"rule {self.name}: two parts are named {name}")
        for field, value, known in (("reads", self.reads, READS), ("update", self.update, UPDATES)):
            require_one_of(f"rule {self.name}: {field}", value, known)
        for number in self.hyper:
            try:
                number.read(number.default)
            except BadInput as reason:
                raise BadInput(f"rule {self.name}: the default {reason}") from None

    def _require_types(self) -> None:
        """Raise BadInput for a part that is of another type than it has to be."""
        if not isinstance(self.name, str) or not 0 < len(self.name) <= LONGEST or not self.name.isprintable():
            raise BadInput(f"rule {self.name!r:.60}: its name is not a short plain text")

        def require(holds: bool, part: str, value: Any, wanted: str) -> None:
            if not holds:
                raise BadInput(f"rule {self.name}: {part}={value!r:.60} is not {wanted}")

        require(callable(self.define), "define", self.define, "a function of a number system")
        for part, kind in (("states", State), ("hyper", Number)):
            given = getattr(self, part)
            if isinstance(given, list):  # what is cached by its rule needs parts that do not change
                object.__setattr__(self, part, tuple(given))
            fits = isinstance(given, tuple | list) and all(isinstance(each, kind) for each in given)
            require(fits, part, given, f"a tuple of {kind.__name__}: ({kind.__name__}(...),)")
        for state in self.states:
            require(isinstance(state.name, str), "a state's name", state.name, "a text")
            require(_is_degree(state.degree), f"{state.name}'s degree", state.degree, "a number")
        for number in self.hyper:
            require(isinstance(number.name, str), "a hyperparameter's name", number.name, "a text")
        require(self.degree is None or _is_degree(self.degree), "degree", self.degree, "a number or None")
        whole = isinstance(self.batch, int) and not isinstance(self.batch, bool)
        require(whole or self.batch in (None, "full"), "batch", self.batch, "a whole number, None or 'full'")
        require(isinstance(self.forgets, bool), "forgets", self.forgets, "True or False")

    def __reduce_ex__(self, protocol: Any) -> Any:
        """A rule of a user's file travels between processes by its name: its functions may have none."""
        text = spelled(self)
        if text is None:
            return super().__reduce_ex__(protocol)
        from verify.optimizers.load import rule_named  # late: it looks for rules

        return rule_named, (text,)

    @property
    def power(self) -> int:
        """The declared degree. Raises BadInput if there is none."""
        if self.degree is None:
            raise BadInput(f"optimizer={self.name}: it declares no degree")
        return self.degree

    @property
    def divided(self) -> str:
        """Over which blocks the scale is divided out, as declared or as degree and ``reads`` have it."""
        if self.blocks is not None:
            return self.blocks
        if self.matrix is not None:
            return {"matrix": "gradient", "row": "row"}[self.matrix.blocks]
        return "none" if self.degree != 0 else "gradient" if self.reads == "norm" else "coordinate"

    @property
    def batches(self) -> bool:
        """Whether the rule is defined for batches."""
        return self.batch != "full"

    @property
    def betas(self) -> tuple[str, ...]:
        """The names of the decay rates."""
        return tuple(number.name for number in self.hyper if isinstance(number, Decay))

    @property
    def names(self) -> tuple[str, ...]:
        """The names of what h holds, in order."""
        return (*(number.name for number in self.hyper), *ADDED)

    def hyperparameter(self, name: str, value: Any = None) -> Number:
        """The hyperparameter of that name. Raises BadInput if the rule has none, showing the value that was meant."""
        for number in self.hyper:
            if number.name == name:
                return number
        own = ", ".join(number.name for number in self.hyper)
        shown = name if value is None else f"{name}={value!s:.40}"
        raise BadInput(f"{shown}: {self.name} has no such hyperparameter" + (f", only {own}" if own else ""))

    @cached_property
    def program(self) -> Program:
        """The step, operation by operation. Raises BadInput where the definition cannot be written so."""
        program, again = self._traced(), self._traced()
        ends = zip((program.update, *program.after), (again.update, *again.after), strict=True)
        if not all(alike(*each) for each in ends):
            raise BadInput(
                f"rule {self.name}: its step is another formula each time that it is asked for: what it counts or "
                "remembers has to be one of its states"
            )
        return program

    def _traced(self) -> Program:
        states, names = tuple(state.name for state in self.states), self.names
        s, h = (
            _record(kind, fields)(*(Node("input", value=field) for field in fields))
            for kind, fields in (("States", states), ("Hyper", names))
        )
        try:
            with tracing():
                made = self.define(TRACED)(Node("input", value="g"), Node("input", value="seen"), s, h)
                update, after = made
                program = Program(states, names, node(update), tuple(map(node, after)))
        except NotTraceable as reason:
            raise BadInput(f"rule {self.name}: {reason}") from None
        except Exception as error:
            raise BadInput(f"rule {self.name}: its step failed: {said(error)}") from None
        if len(program.after) != len(states):
            raise BadInput(
                f"rule {self.name}: its step returns {len(program.after)} states, and {len(states)} are declared"
            )
        for each in program.nodes:
            if each.op == "constant" and each.value and not SMALLEST <= abs(each.value) <= LARGEST:
                size = each.value.numerator.bit_length() - each.value.denominator.bit_length()
                raise BadInput(
                    f"rule {self.name}: a number in its step, about 2^{size}, is outside [2^-500, 2^500]"
                )
        if highest_power(program.nodes) > MOST_POWER:
            raise BadInput(f"rule {self.name}: its step takes a number to a power above {MOST_POWER}")
        return program

    @cached_property
    def lean(self) -> Program:
        """The step with eps = 0 and inside = 0, less the operations that these make needless."""
        program = self.program
        update, *after = substituted((program.update, *program.after), {"eps": ZERO, "inside": ZERO})
        return Program(program.states, program.hyper, update, tuple(after))

    def step(self, num: Numbers) -> Callable[..., Any]:
        """step(g, seen, s, h) -> (u, s) in a number system, made from the program: s is a tuple of the states, h one
        of the hyperparameters and ADDED (``values``)."""
        return compiled_step(self.program, num)

    def values(self, given: Mapping[str, Any], zero: Any) -> tuple[Any, ...]:
        """The tuple h, from values by name; what is not given of ADDED is zero."""
        return tuple(given.get(name, zero) if name in ADDED else given[name] for name in self.names)

    def uses(self, *names: str) -> bool:
        """Whether the step depends on one of these inputs."""
        adds = self.matrix is not None and self.matrix.gain is not None and "eps" in names
        return adds or not self.program.inputs.isdisjoint(names)


def _is_degree(value: object) -> bool:
    return isinstance(value, int | float | Fraction) and not isinstance(value, bool) and isfinite(value)


def _record(kind: str, fields: Iterable[str]) -> Any:
    return namedtuple(kind, tuple(fields))

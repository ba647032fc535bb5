"""A step as a straight-line program: what its definition does, operation by operation.

The definition runs once on nodes, which note what is done to them. What comes out is the same for every number system
and can be looked at: a step is compiled from it, and its traits are proved on it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property, lru_cache
from typing import Any

from verify.errors import BadInput
from verify.numbers.system import Numbers

# Where Python interprets a step, a value that is used once has no name of its own but is written where it is used, so
# that it is freed at once. A formula longer than this gets a name all the same: a long step would nest too deep for the
# parser.
LONGEST = 100

# A step of more operations than this is surely a loop that was not meant: the longest rule that ships has 40.
MOST_OPERATIONS = 5_000
# The highest power of an input that a step may contain. It is tried on rationals of some digits, whose powers of this
# height have some thousands.
MOST_POWER = 1_000

# How many nodes a definition that is being traced may yet make; None outside of tracing.
_left: ContextVar[Iterator[int] | None] = ContextVar("left", default=None)


class NotTraceable(BadInput):
    """What a definition may not do with a number, because no formula says it."""


@dataclass(frozen=True, eq=False)
class Node:
    """The result of an operation on earlier nodes, an input by name, or a rational constant."""

    op: str
    args: tuple[Node, ...] = ()
    value: Any = None

    def __post_init__(self) -> None:
        left = _left.get()
        if left is not None and next(left, None) is None:
            raise NotTraceable(f"its step has more than {MOST_OPERATIONS} operations")

    def __add__(self, other: Any) -> Node:
        return Node("+", (self, node(other)))

    def __radd__(self, other: Any) -> Node:
        return Node("+", (node(other), self))

    def __sub__(self, other: Any) -> Node:
        return Node("-", (self, node(other)))

    def __rsub__(self, other: Any) -> Node:
        return Node("-", (node(other), self))

    def __mul__(self, other: Any) -> Node:
        return Node("*", (self, node(other)))

    def __rmul__(self, other: Any) -> Node:
        return Node("*", (node(other), self))

    def __truediv__(self, other: Any) -> Node:
        return _quotient(self, node(other))

    def __rtruediv__(self, other: Any) -> Node:
        return _quotient(node(other), self)

    def __neg__(self) -> Node:
        return Node("neg", (self,))

    def __pos__(self) -> Node:
        return self

    def __abs__(self) -> Node:
        return Node("abs", (self,))

    def __pow__(self, power: Any) -> Node:
        exponent = Fraction(power) if isinstance(power, int | float | Fraction) else Fraction(0)
        if exponent == Fraction(1, 2):
            return Node("sqrt", (self,))
        if exponent.denominator == 1 and 1 <= abs(exponent.numerator) <= 16:
            product = self
            for _ in range(abs(exponent.numerator) - 1):
                product = product * self
            return product if exponent.numerator > 0 else node(1) / product
        raise NotTraceable(
            "a power other than a whole number up to 16, or 1/2: use num.sqrt, num.exp, num.log"
        )

    def __bool__(self) -> bool:
        raise NotTraceable(
            "the step asks whether a number is true or how two compare (if, and, or, max, min): a step has one "
            "formula; use num.max(a, b), num.min(a, b), num.sign(a)"
        )

    def __lt__(self, other: Any) -> bool:
        return self.__bool__()

    __le__ = __gt__ = __ge__ = __lt__

    def __eq__(self, other: object) -> bool:
        return self.__bool__()

    __hash__ = object.__hash__

    def __float__(self) -> float:
        raise NotTraceable(
            "the step takes a number to be a float (math.sqrt, np.sqrt ...): use num.sqrt, num.exp, num.log, num.sign"
        )

    def __int__(self) -> int:
        return int(self.__float__())

    __index__ = __int__


def node(value: Any) -> Node:
    """The value as a node: itself, or a constant, exactly the number that it is."""
    if isinstance(value, Node):
        return value
    try:
        return Node("constant", value=Fraction(value if not isinstance(value, str) else "?"))
    except (TypeError, ValueError, OverflowError):
        raise NotTraceable(f"{value!r:.40} is no number that every number system has") from None


def _quotient(a: Node, b: Node) -> Node:
    """a / b with 0/0 = 0, as ``ratio`` has it: what divides by a state also divides where it has seen no gradient."""
    if b.op == "constant" and not b.value:
        raise NotTraceable("the step divides by the number 0")
    return Node("/" if b.op == "constant" else "ratio", (a, b))


def _call(op: str) -> Callable[..., Node]:
    return lambda *args: Node(op, tuple(map(node, args)))


TRACED = Numbers(
    name="traced",
    number=node,
    sqrt=_call("sqrt"),
    exp=_call("exp"),
    log=_call("log"),
    softplus=_call("softplus"),
    sign=_call("sign"),
    ratio=_call("ratio"),
    abs=_call("abs"),
    max=_call("max"),
)


@dataclass(frozen=True, eq=False)
class Program:
    """A step (g, seen, s, h) -> (u, s): ``update`` and ``after`` (a node a state) from inputs named g, seen,
    ``states`` and ``hyper``."""

    states: tuple[str, ...]
    hyper: tuple[str, ...]
    update: Node
    after: tuple[Node, ...]

    @cached_property
    def nodes(self) -> list[Node]:
        """All that is computed, each after what it needs."""
        return list(ordered((self.update, *self.after)))

    @cached_property
    def inputs(self) -> frozenset[str]:
        """The names of the inputs that anything depends on."""
        return frozenset(each.value for each in self.nodes if each.op == "input")


@contextmanager
def tracing() -> Iterator[None]:
    """Inside, a definition runs on nodes, and may make MOST_OPERATIONS of them: a loop that was not meant ends."""
    token = _left.set(iter(range(MOST_OPERATIONS)))
    try:
        yield
    finally:
        _left.reset(token)


def highest_power(ends: Iterable[Node]) -> int:
    """A bound on the powers of inputs that are multiplied together."""
    found: dict[int, int] = {}
    for each in ordered(ends):
        powers = [found[id(arg)] for arg in each.args]
        together = sum(powers) if each.op in ("*", "/", "ratio") else max(powers, default=0)
        found[id(each)] = 1 if each.op == "input" else together
    return max(found.values(), default=0)


def ordered(ends: Iterable[Node]) -> Iterator[Node]:
    """All nodes that the ends are made of, each once, and after what it needs."""
    seen: set[int] = set()
    stack = [(end, False) for end in reversed(list(ends))]
    while stack:
        each, ready = stack.pop()
        if ready:
            yield each
        elif id(each) not in seen:
            seen.add(id(each))
            stack.append((each, True))
            stack += [(arg, False) for arg in reversed(each.args)]


def inputs_of(*ends: Node) -> frozenset[str]:
    """The names of the inputs that some nodes depend on."""
    return frozenset(each.value for each in ordered(ends) if each.op == "input")


def source(program: Program, num: Numbers, apart: bool = False) -> tuple[str, dict[str, Any]]:
    """The text of ``step(g, seen, s, h)`` in a number system, and what stands in it. ``apart``: that of ``at(h)``,
    which computes what depends on h alone and returns ``steps(g, seen, s, w)``, for all coordinates."""
    space: dict[str, Any] = {
        "sqrt": num.sqrt, "exp": num.exp, "log": num.log, "softplus": num.softplus, "sign": num.sign,
        "ratio": num.ratio, "abs_": num.abs, "max_": num.max,
    }  # fmt: skip
    lines, ahead, text, scalars = list[str](), list[str](), dict[int, str](), set[int]()
    ends = (program.update, *program.after)
    uses = Counter(id(used) for each in program.nodes for used in each.args) + Counter(map(id, ends))
    rounding = num.rounding
    if rounding is not None:
        space |= {"rounded": rounding.rounded, "real": rounding.real}

    def shown(arg: Node, scalar: bool) -> str:
        # A scalar stays float64 until it meets a value of the format, as torch's Python scalars do.
        inner = text[id(arg)]
        return f"real({inner})" if rounding is not None and id(arg) in scalars and not scalar else inner

    for each in program.nodes:
        scalar = all(id(arg) in scalars for arg in each.args)
        if each.op == "input":
            text[id(each)] = _input(each.value, program, apart)
            if each.value in program.hyper and each.value != "w":
                scalars.add(id(each))
            continue
        if each.op == "constant":
            text[id(each)] = _constant(each.value, num, space)
            scalars.add(id(each))
            continue
        args = [shown(arg, scalar) for arg in each.args]
        if rounding is None and (each.op not in _OPERATORS or all(arg.op == "constant" for arg in each.args)):
            # Python's own whole numbers will do beside a number of the system, not in place of one.
            args = [_lifted(arg, plain, num, space) for arg, plain in zip(each.args, args, strict=True)]
        # What divides by hyperparameters alone divides by no 0, and they may be no numbers of the system.
        by_scalar = each.op == "ratio" and id(each.args[1]) in scalars
        formula = _formula("/" if by_scalar else each.op, args)
        if scalar:
            scalars.add(id(each))
        elif rounding is not None:
            formula = f"rounded({formula})"
        if not scalar and apart and uses[id(each)] == 1 and len(formula) < LONGEST:
            text[id(each)] = f"({formula})"
            continue
        name = f"t{len(lines) + len(ahead)}"
        before = ahead if apart and scalar else lines
        before.append(f"{name} = {formula}")
        text[id(each)] = name
    update, *after = (text[id(end)] for end in ends)
    if apart:
        return _for_all_coordinates(ahead, lines, update, after), space
    lines.append(f"return {update}, ({''.join(f'{each}, ' for each in after)})")
    return "def step(g, seen, s, h):\n    " + "\n    ".join(lines), space


def _for_all_coordinates(ahead: list[str], lines: list[str], update: str, after: list[str]) -> str:
    states = [f"s{number}" for number in range(len(after))]
    return "\n".join([
        "def at(h):", *(f"    {line}" for line in ahead),
        "    def steps(g, seen, s, w):",
        f"        u, [{', '.join(states)}] = [None] * len(w), s",
        "        for k in range(len(w)):", *(f"            {line}" for line in lines),
        f"            [{', '.join(f'{target}[k]' for target in ['u', *states])}] = {', '.join([update, *after])},",
        "        return u",
        "    return steps",
    ]) + "\n"  # fmt: skip


def _input(name: str, program: Program, apart: bool) -> str:
    """An input in the text, ``apart`` in coordinate k."""
    if name in program.states:
        number = program.states.index(name)
        return f"s{number}[k]" if apart else f"s[{number}]"
    if apart and name in ("g", "seen", "w"):
        return f"{name}[k]"
    return f"h[{program.hyper.index(name)}]" if name in program.hyper else name


def _constant(value: Fraction, num: Numbers, space: dict[str, Any]) -> str:
    if value.denominator == 1 and num.rounding is None and abs(value) < 1 << 31:
        return f"({value.numerator})" if value < 0 else str(value.numerator)
    if num.rounding is not None:
        return repr(float(value))
    return _named(value, num, space)


def _lifted(arg: Node, plain: str, num: Numbers, space: dict[str, Any]) -> str:
    return _named(arg.value, num, space) if arg.op == "constant" else plain


def _named(value: Fraction, num: Numbers, space: dict[str, Any]) -> str:
    name = f"c{len(space)}"
    space[name] = num.number(value)
    return name


_OPERATORS = {"+", "-", "*", "/"}
_FUNCTIONS = {"abs": "abs_", "max": "max_"}


def _formula(op: str, args: list[str]) -> str:
    if op in _OPERATORS:
        return f" {op} ".join(args)
    if op == "neg":
        return f"-{args[0]}"
    return f"{_FUNCTIONS.get(op, op)}({', '.join(args)})"


@lru_cache(maxsize=256)
def compiled_step(program: Program, num: Numbers) -> Callable[..., Any]:
    """step(g, seen, s, h) -> (u, s) in a number system; s and h are tuples, as long as the program says."""
    text, space = source(program, num)
    exec(text, space)
    made: Callable[..., Any] = num.build(space["step"])
    return made


def step_at(program: Program, num: Numbers) -> Callable[[Any], Callable[..., Any]]:
    """at(h), which gives steps(g, seen, s, w) -> u for all coordinates; s, a list for each state, is changed in place.

    For systems that are not compiled: what depends on h alone, and a call, cost as much there as operations do.
    """
    text, space = source(program, num, apart=True)
    exec(text, space)
    made: Callable[..., Any] = space["at"]
    return made

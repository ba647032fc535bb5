"""A step as a straight-line program: what its definition does, operation by operation.

The definition runs once on nodes, which note what is done to them. What comes out is the same for every number system
and can be looked at: a step is compiled from it (`verify.numbers.written`), and its traits are proved on it
(`verify.optimizers.traits`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

from verify.errors import BadInput
from verify.numbers.system import Numbers

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

"""What can be read off a straight-line program: values, degrees, affine parts. All of it is exact.

Each analysis is a proof where it answers; where it finds no answer it says at which operation, and proves nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any, TypeVar

from verify.numbers.program import Node, inputs_of, ordered
from verify.numbers.system import Numbers

ZERO, ONE = Node("constant", value=Fraction(0)), Node("constant", value=Fraction(1))

T = TypeVar("T")

# The degree of a node in several scales at once; None is that of 0, which has every degree.
Degree = tuple[Fraction, ...] | None


class NoAnswerError(Exception):
    """Why an analysis has no answer, to be read after the name of what was asked about."""


def read_off(ends: Sequence[Node], one: Callable[[Node, list[T]], T]) -> list[T]:
    """What is read off each of the nodes ``ends``: ``one`` takes a node, and what it gave for the node's args."""
    known: dict[int, T] = {}
    for each in ordered(ends):
        known[id(each)] = one(each, [known[id(arg)] for arg in each.args])
    return [known[id(end)] for end in ends]


def evaluate(ends: Sequence[Node], given: Mapping[str, Any], num: Numbers) -> list[Any]:
    """The nodes' values in a number system, from those of the inputs."""

    def value(each: Node, args: list[Any]) -> Any:
        if each.op == "input":
            return given[each.value]
        if each.op == "constant":
            return num.number(each.value)
        if each.op == "neg":
            return -args[0]
        if each.op in _ARITHMETIC:
            return _ARITHMETIC[each.op](*args)
        return getattr(num, each.op)(*args)

    return read_off(ends, value)


_ARITHMETIC: dict[str, Any] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
}


def is_zero(of: Node) -> bool:
    """Whether it is the constant 0."""
    return of.op == "constant" and of.value == 0


def folded(op: str, *args: Node) -> Node:
    """The operation on these nodes, or a simpler one that is the same: x * 1 is x, 0/x is 0 as ``ratio`` has it,
    sqrt(x * x) is |x|, x/|x| is sign(x)."""
    first, last = args[0], args[-1]
    if op in _ARITHMETIC and first.op == last.op == "constant" and not (op == "/" and is_zero(last)):
        return Node("constant", value=_ARITHMETIC[op](first.value, last.value))
    if op in ("*", "/", "ratio") and is_zero(first):
        return ZERO
    if op == "*" and is_zero(last):
        return ZERO
    if op in ("+", "-") and is_zero(last):
        return first
    if op == "+" and is_zero(first):
        return last
    if op == "-" and is_zero(first):
        return folded("neg", last)
    if op == "*" and first.op == "constant" and first.value == 1:
        return last
    if op in ("*", "/", "ratio") and last.op == "constant" and last.value == 1:
        return first
    if op in ("neg", "sqrt", "abs", "sign") and is_zero(first):
        return ZERO
    if op == "neg" and first.op == "constant":
        return Node("constant", value=-first.value)
    if op == "neg" and first.op == "neg":
        return first.args[0]
    if op == "sqrt" and first.op == "*" and alike(*first.args):
        return Node("abs", first.args[:1])
    if op in ("/", "ratio") and last.op == "abs" and alike(first, last.args[0]):
        return Node("sign", (first,))
    return Node(op, args)


def alike(a: Node, b: Node) -> bool:
    """Whether two nodes are the same formula."""
    left, seen = [(a, b)], set()
    while left:
        a, b = left.pop()
        if a is b or (id(a), id(b)) in seen:
            continue
        if (a.op, a.value, len(a.args)) != (b.op, b.value, len(b.args)):
            return False
        seen.add((id(a), id(b)))
        left += zip(a.args, b.args, strict=True)
    return True


def substituted(ends: Sequence[Node], given: Mapping[str, Node]) -> list[Node]:
    """The nodes with inputs replaced, and folded."""

    def made(each: Node, args: list[Node]) -> Node:
        if each.op == "input":
            return given.get(each.value, each)
        return folded(each.op, *args) if args else each

    return read_off(ends, made)


def replaced(end: Node, swaps: Mapping[int, Node]) -> Node:
    """The formula in which nodes, named by their identity, are swapped for others. A node inside a swapped one goes
    with it."""

    def made(each: Node, args: list[Node]) -> Node:
        return swaps[id(each)] if id(each) in swaps else rebuilt(each, args)

    return read_off([end], made)[0]


def rebuilt(each: Node, args: Sequence[Node]) -> Node:
    """The node with other args."""
    return Node(each.op, tuple(args), each.value) if args else each


def degrees(ends: Sequence[Node], given: Mapping[str, Degree], scales: int = 1) -> list[Degree]:
    """The degree of each node, from those of the inputs: where input x is multiplied by lambda^given[x] for any
    lambda > 0 (one for each of ``scales``), the node is by lambda^its degree.

    Raises NoAnswerError where a sum, a maximum or a function takes what scales differently.
    """
    none = (Fraction(0),) * scales
    return read_off(ends, lambda each, args: _degree(each, args, given, none))


def _degree(each: Node, args: list[Degree], given: Mapping[str, Degree], none: Degree) -> Degree:
    op = each.op
    if op == "input":
        return given[each.value]
    if op == "constant":
        return None if each.value == 0 else none
    first, last = args[0], args[-1]
    if op in ("+", "-", "max"):
        if first is not None and last is not None and first != last:
            raise NoAnswerError(f"takes {_shown(first)} and {_shown(last)} together in {short(each)}")
        return last if first is None else first
    if op == "*":
        return None if first is None or last is None else _plus(first, last, 1)
    if op in ("/", "ratio"):
        return None if first is None else first if last is None else _plus(first, last, -1)
    if op == "sqrt":
        return None if first is None else tuple(part / 2 for part in first)
    if op in ("neg", "abs"):
        return first
    if op == "sign":
        return None if first is None else none
    if first != none:
        raise NoAnswerError(f"takes {op} of what scales in {short(each)}")
    return none


def _plus(a: tuple[Fraction, ...], b: tuple[Fraction, ...], sign: int) -> tuple[Fraction, ...]:
    return tuple(x + sign * y for x, y in zip(a, b, strict=True))


def _shown(degree: tuple[Fraction, ...]) -> str:
    return "degree " + ", ".join(map(str, degree))


def affine(of: Node, name: str) -> tuple[Node, Node]:
    """(A, B) with the node = A x + B, where x is the input of that name and neither A nor B depends on it.

    Raises NoAnswerError naming the operation that x goes through.
    """
    return read_off([of], lambda each, args: _affine(each, args, name))[0]


def _affine(each: Node, args: list[tuple[Node, Node]], name: str) -> tuple[Node, Node]:
    if each.op == "input" and each.value == name:
        return ONE, ZERO
    if all(is_zero(slope) for slope, _ in args):  # inputs and constants too
        return ZERO, folded(each.op, *(rest for _, rest in args)) if args else each
    op, (a, b) = each.op, args[0]
    if op == "neg":
        return folded("neg", a), folded("neg", b)
    c, d = args[-1]
    if op in ("+", "-"):
        return folded(op, a, c), folded(op, b, d)
    if op == "*" and is_zero(a):
        return folded("*", b, c), folded("*", b, d)
    if op == "*" and is_zero(c):
        return folded("*", a, d), folded("*", b, d)
    if op in ("/", "ratio") and is_zero(c):
        return folded("/", a, d), folded("/", b, d)
    words = {"max": "a maximum", "*": "a product with itself", "/": "a quotient", "ratio": "a quotient"}
    raise NoAnswerError(f"goes through {words.get(op, op)}: {short(each)}")


def linear(of: Node, data: frozenset[str]) -> bool:
    """Whether the node is linear in the inputs ``data``, with coefficients that do not depend on them."""

    def kind(each: Node, args: list[str]) -> str:
        if each.op in ("input", "constant"):
            return "linear" if each.op == "input" and each.value in data else "scalar"
        if all(arg == "scalar" for arg in args):
            return "scalar"
        if (
            (each.op in ("+", "-", "neg") and all(arg == "linear" for arg in args))
            or (each.op == "*" and sorted(args) == ["linear", "scalar"])
            or (each.op in ("/", "ratio") and args == ["linear", "scalar"])
        ):
            return "linear"
        return "other"

    return read_off([of], kind) == ["linear"]


def made_of_signs(of: Node, data: frozenset[str]) -> bool:
    """Whether the node depends on the inputs ``data`` through signs alone."""
    stack = [of]
    while stack:
        each = stack.pop()
        if each.op == "input" and each.value in data:
            return False
        if each.op != "sign":
            stack += each.args
    return not data.isdisjoint(inputs_of(of))


def signs_in(of: Node) -> list[Node]:
    """The sign operations in a node."""
    return [each for each in ordered([of]) if each.op == "sign"]


def short(of: Node, most: int = 60) -> str:
    """The node as a formula, cut."""
    text = _text(of, 6)
    return text if len(text) <= most else text[:most] + "..."


def _text(of: Node, depth: int) -> str:
    if of.op == "input":
        return str(of.value)
    if of.op == "constant":
        return str(of.value)
    if not depth:
        return "..."
    args = [_text(arg, depth - 1) for arg in of.args]
    if of.op in _ARITHMETIC or of.op == "ratio":
        sign = "/" if of.op == "ratio" else of.op
        return "(" + f" {sign} ".join(args) + ")"
    return f"-{args[0]}" if of.op == "neg" else f"{of.op}({', '.join(args)})"

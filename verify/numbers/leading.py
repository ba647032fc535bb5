"""What a straight-line program tends to where some inputs vanish together: its leading part, node by node.

With each input x multiplied by lambda^(degree of x), a node behaves as lambda^(its degree) times its leading part as
lambda -> 0. A proof where it answers; where leading parts cancel, or a maximum is between things of unknown sign, it
says so and answers nothing.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from fractions import Fraction

from verify.errors import Undecided
from verify.numbers.formula import ONE, ZERO, NoAnswerError, evaluate, folded, is_zero, read_off, short
from verify.numbers.program import Node, inputs_of
from verify.numbers.systems.balls import BALLS, ball, precision

# A leading part and its degree; that of 0 is None.
Part = tuple[Node, Fraction | None]

# Points at which a part is looked at: if it is 0 at all of them, it vanishes.
POINTS, BITS = 6, 256


def leading(ends: Sequence[Node], degrees: Mapping[str, Fraction], positive: frozenset[str]) -> list[Part]:
    """The leading parts of nodes, from the degrees of the inputs; inputs that are ``positive`` are above 0.

    Raises NoAnswerError, naming the operation.
    """
    return read_off(ends, lambda each, args: _part(each, args, degrees, positive))


def _part(each: Node, args: list[Part], degrees: Mapping[str, Fraction], positive: frozenset[str]) -> Part:
    op, none = each.op, Fraction(0)
    if op == "input":
        return each, degrees[each.value]
    if op == "constant":
        return each, None if is_zero(each) else none
    (a, p), (b, q) = args[0], args[-1]
    if op in ("+", "-") and p is not None and p == q:
        return _lasting(folded(op, a, b), f"has leading parts that cancel in {short(each)}"), p
    if op in ("+", "-"):
        if p is None or (q is not None and q < p):
            return (b if op == "+" else folded("neg", b)), q
        return a, p
    if op == "max":
        return _larger(each, args, positive)
    if op in ("*", "/", "ratio"):
        if p is None or q is None:
            return ZERO, None
        return folded(op, a, b), p + q if op == "*" else p - q
    if p is None:
        a, p = ZERO, none
    elif op in ("neg", "abs"):
        return folded(op, a), p
    elif op == "sqrt":
        return folded(op, a), p / 2
    if op == "sign":
        return folded(op, a), none
    if op in ("exp", "softplus") and p > 0:
        return (ONE if op == "exp" else Node(op, (ZERO,))), none
    if p == 0 and not is_zero(a):
        return _lasting(Node(op, (a,)), f"takes {op} of what tends to where that is 0 in {short(each)}"), none
    if op in ("neg", "abs", "sqrt"):
        return ZERO, None
    raise NoAnswerError(f"takes {op} of what vanishes or grows in {short(each)}")


def _lasting(found: Node, reason: str) -> Node:
    """What was found, if it does not vanish everywhere: then terms of higher degree lead."""
    rng, zeros = random.Random(0), 0
    names = sorted(inputs_of(found))
    with precision(BITS):
        for _ in range(POINTS):
            point = {name: ball(Fraction(rng.randint(1, 99), 100)) for name in names}
            try:
                zeros += bool(evaluate([found], point, BALLS)[0].contains(0))
            except (Undecided, ZeroDivisionError):
                continue
    if zeros == POINTS:
        raise NoAnswerError(reason)
    return found


def _larger(each: Node, args: list[Part], positive: frozenset[str]) -> Part:
    """Of two of different degrees the one of lower degree wins, if it is above 0, and loses, if it is below."""
    (a, p), (b, q) = args
    if p == q:
        return folded("max", a, b), p
    low, high = (args[1], args[0]) if p is None or (q is not None and q < p) else (args[0], args[1])
    side = _side(low[0], positive)
    if not side:
        raise NoAnswerError(f"takes a maximum of what scales differently, of unknown sign, in {short(each)}")
    return low if side > 0 else high


def _side(of: Node, positive: frozenset[str]) -> int:
    """1 where the node is above 0, -1 where it is below, 0 where that is not known."""

    def side(each: Node, args: list[int]) -> int:
        if each.op == "constant":
            return int(each.value > 0) - int(each.value < 0)
        if each.op == "input":
            return int(each.value in positive)
        if each.op in ("*", "/", "ratio"):
            return args[0] * args[1]
        if each.op == "+":
            return args[0] if args[0] == args[1] else 0
        if each.op == "neg":
            return -args[0]
        return args[0] if each.op == "sqrt" else int(each.op == "exp")

    return read_off([of], side)[0]

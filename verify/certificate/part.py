"""A carried program, or the part of it that one line is made of, made ready to be evaluated again and again."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

from verify.certificate.duals import BINARY, UNARY, ZERO, Value, applied
from verify.certificate.program import Rule
from verify.certificate.rule import scalars


class Lines:
    """The program of a rule or a loss at the present precision, its constants made balls once."""

    def __init__(self, rule: Rule) -> None:
        self.rule, self.fixed = rule, scalars(rule)
        lines = [(i, rule.lines[i]) for i in rule.needed((rule.update, *rule.after)) if i not in self.fixed]
        self.inputs = [(i, line.name) for i, line in lines if line.op == "input"]
        self.code = [(i, line.op, line.args) for i, line in lines if line.op != "input"]

    def values(self, given: Mapping[str, Value]) -> dict[int, Value]:
        """Those of the lines, from the inputs'."""
        values: dict[int, Value] = dict(self.fixed)
        for i, name in self.inputs:
            values[i] = given[name]
        for i, op, args in self.code:
            values[i] = applied(op, [values[arg] for arg in args])
        return values

    def step(self, g: Value, seen: Value, states: Sequence[Value]) -> tuple[Value, list[Value]]:
        """The update and the states after the step."""
        values = self.values({"g": g, "seen": seen} | dict(zip(self.rule.names, states, strict=True)))
        return values[self.rule.update], [values[end] for end in self.rule.after]


class Part:
    """How to get the value of line ``end`` from lines that are ``known`` and from inputs, where the inputs named in
    ``zero`` are 0. Constants, and what those zeros make 0 or leave as it is, are not computed again: ``code`` is what
    is left to do. (That 0 times something is 0 needs that something to have a value: the rule's degrees say so.)"""

    def __init__(self, rule: Rule, end: int, known: Collection[int], zero: Collection[str]) -> None:
        self.known: list[int] = []
        self.inputs: list[tuple[int, str]] = []
        self.code: list[tuple[int, Callable[..., Value], int, int]] = []
        none, constant, same = set[int](), set[int](), dict[int, int]()
        for i in _lines(rule, end, known):
            line = rule.lines[i]
            args = [same.get(arg, arg) for arg in line.args]
            empty = [arg in none for arg in args]
            if i in known:
                self.known.append(i)
            elif line.op == "constant" or (line.op == "input" and line.name in rule.hyper):
                constant.add(i)
            elif line.op == "input":
                if line.name in zero:
                    none.add(i)
                else:
                    self.inputs.append((i, line.name))
            # By line.args, not args: what a zero input makes constant has no value yet, and is computed like others.
            elif all(arg in constant for arg in line.args):
                constant.add(i)
            elif all(empty) or (line.op == "*" and any(empty)) or (line.op == "/" and empty[0]):
                none.add(i)
            elif line.op in ("+", "-") and len(args) == 2 and empty[1]:
                same[i] = args[0]
            elif line.op == "+" and empty[0]:
                same[i] = args[1]
            elif len(args) == 1:
                self.code.append((i, UNARY[line.op], args[0], -1))
            else:
                self.code.append((i, BINARY[line.op], args[0], args[1]))
        self.end = -1 if end in none else same.get(end, end)

    def value(self, blank: Sequence[Value], inputs: Mapping[str, Value], known: Mapping[int, Value]) -> Value:
        """The value, where ``blank`` holds the lines that are constants, and 0 for all others."""
        if self.end < 0:
            return ZERO
        values = list(blank)
        for i, name in self.inputs:
            values[i] = inputs[name]
        for i in self.known:
            values[i] = known[i]
        for i, of, a, b in self.code:
            values[i] = of(values[a]) if b < 0 else of(values[a], values[b])
        return values[self.end]


def _lines(rule: Rule, end: int, known: Collection[int]) -> list[int]:
    """The lines that a line is made of, down to those that are known, in order."""
    found, stack = set[int](), [end]
    while stack:
        i = stack.pop()
        if i not in found:
            found.add(i)
            stack += () if i in known else rule.lines[i].args
    return sorted(found)

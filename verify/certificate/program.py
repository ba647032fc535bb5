"""The rule that a certificate carries: a straight-line program for one coordinate, read and written out as formulas.

Each line is an input (``g``, ``seen``, a state, a hyperparameter), a constant, or an operation on earlier lines, by
their numbers. After a step ``update`` is u, in w <- w - eta u, and ``after`` are the states. What the checker must show
of a rule before it says anything of it is in `verify.certificate.rule`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from verify.certificate.effort import spend
from verify.certificate.reading import Reader, between, fraction, integer, many, record, text, word
from verify.certificate.refusal import require

# The operations, with the numbers of arguments that they take. 0/0 is 0, and so is sign(0).
ARITIES = {"+": (2,), "-": (1, 2), "*": (2,), "/": (2,), "sqrt": (1,), "sign": (1,), "abs": (1,), "max": (2,)}

# What ``seen`` is, for the statement.
SEEN = {
    "nothing": "",
    "squares": "seen is the sum over the batch's samples of their squared gradients in that coordinate",
    "norm": "seen is the l2 norm of g over all coordinates",
}

LONGEST_NAME = 40
MOST_LINES = 1000  # that are read; fewer are allowed (`verify.certificate.rule`)
MOST_NAMES = 100


@dataclass(frozen=True)
class Line:
    """An operation on the lines ``args``, or an input of that ``name``, or a constant of that ``value``."""

    op: str
    args: tuple[int, ...] = ()
    name: str = ""
    value: Fraction = Fraction(0)


@dataclass(frozen=True)
class Rule:
    """A rule as it is carried: states with their degrees, hyperparameters with their values, and the program."""

    states: tuple[tuple[str, Fraction], ...]
    hyper: Mapping[str, Fraction]
    reads: str
    lines: tuple[Line, ...]
    update: int
    after: tuple[int, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the states."""
        return tuple(name for name, _ in self.states)

    def needed(self, ends: tuple[int, ...]) -> list[int]:
        """The lines that some lines are made of, themselves included, in order."""
        found = set(ends)
        for i in range(len(self.lines) - 1, -1, -1):
            if i in found:
                found.update(self.lines[i].args)
        return sorted(i for i in found if 0 <= i < len(self.lines))


def read_rule(value: object, where: str) -> Rule:
    """The rule, each field of it in its shape; whether it is one is not asked here."""
    index = integer(0, MOST_LINES)
    fields: dict[str, Reader] = {
        "states": many(_state, most=MOST_NAMES),
        "hyper": _hyper,
        "reads": word(*SEEN),
        "program": read_lines,
        "update": index,
        "after": many(index, most=MOST_NAMES),
    }
    found = record(value, where, fields)
    require(len(found["after"]) == len(found["states"]), "shape", f"{where}.after has not one line a state")
    return Rule(
        tuple(found["states"]),
        found["hyper"],
        found["reads"],
        tuple(found["program"]),
        found["update"],
        tuple(found["after"]),
    )


def _name(value: object, where: str) -> str:
    name = text(value, where)
    plain = name.isascii() and name.isidentifier() and len(name) <= LONGEST_NAME
    require(
        plain, "schema", f"{where}={name!a:.60} is not a name of at most {LONGEST_NAME} letters and digits"
    )
    return name


def _state(value: object, where: str) -> tuple[str, Fraction]:
    pair: list[Any] = many(lambda entry, place: entry, 2)(value, where)
    return _name(pair[0], where), between(-100, 100)(pair[1], where)


def _hyper(value: object, where: str) -> dict[str, Fraction]:
    require(isinstance(value, dict), "schema", f"{where} is not an object")
    assert isinstance(value, dict)
    require(len(value) <= MOST_NAMES, "range", f"{where} has {len(value)} entries, more than {MOST_NAMES}")
    spend(2 * len(value), "reading the lists")
    return {_name(name, where): fraction(number, f"{where}.{name}") for name, number in value.items()}


def _line(value: object, where: str) -> Line:
    parts: list[Any] = many(lambda entry, place: entry, most=3)(value, where)
    require(len(parts) >= 2, "shape", f"{where} is no line [operation, argument ...]")
    op, args = text(parts[0], where), parts[1:]
    plain = op.isascii() and op.isprintable() and len(op) <= LONGEST_NAME
    require(
        plain, "schema", f"{where} has an operation {op!a:.60} of more than {LONGEST_NAME} plain characters"
    )
    if op in ("input", "constant"):
        require(len(args) == 1, "shape", f"{where} has not one argument")
        return (
            Line(op, name=_name(args[0], where))
            if op == "input"
            else Line(op, value=fraction(args[0], where))
        )
    return Line(op, tuple(integer(0, MOST_LINES)(arg, where) for arg in args))


def read_lines(value: object, where: str) -> list[Line]:
    """A program, each line of it in its shape."""
    lines: list[Line] = many(_line, most=MOST_LINES)(value, where)
    require(bool(lines), "shape", f"{where} has no line")
    return lines


def loss_alone(lines: Sequence[Line]) -> Rule:
    """The program of a loss's weight as that of a rule without states, whose update it is."""
    return Rule((), {}, "nothing", tuple(lines), len(lines) - 1, ())


def formulas(rule: Rule, exactly: Callable[[Fraction], str], result: str = "u") -> str:
    """The rule in formulas, one for each state after the step (primed), for u, the ``result``, and for what is used
    more than once."""
    needed = rule.needed((rule.update, *rule.after))
    uses = dict.fromkeys(needed, 0)
    for i in needed:
        for arg in rule.lines[i].args:
            if arg in uses:
                uses[arg] += 1
    primed = {line: f"{name}'" for name, line in zip(rule.names, rule.after, strict=True)}
    told, whole = dict[int, str](), dict[int, str]()
    said: list[str] = []
    for i in needed:
        line = rule.lines[i]
        shown = _formula(line, told, exactly)
        leaf = not line.args
        if i in primed:
            names = [f"{name}'" for name, end in zip(rule.names, rule.after, strict=True) if end == i]
            said.append(f"{' = '.join(names)} = {shown}")
            told[i] = primed[i]
        elif uses[i] > 1 and not leaf:
            said.append(f"t{i} = {shown}")
            told[i] = f"t{i}"
        else:
            told[i] = shown if leaf or line.op in ("sqrt", "sign", "abs", "max", "exp") else f"({shown})"
            whole[i] = shown
    final = whole.get(rule.update, told.get(rule.update, f"t{rule.update}"))
    return ", ".join([*said, f"{result} = {final}"])


def _formula(line: Line, told: Mapping[int, str], exactly: Callable[[Fraction], str]) -> str:
    if line.op == "input":
        return line.name
    if line.op == "constant":
        value = exactly(line.value)
        return value if line.value.denominator == 1 and line.value >= 0 else f"({value})"
    args = [told.get(arg, f"t{arg}") for arg in line.args]
    if line.op in ("+", "-", "*", "/"):
        return f" {line.op} ".join(args) if len(args) > 1 else f"{line.op}{args[0]}"
    return f"{line.op}({', '.join(args)})"

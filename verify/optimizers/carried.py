"""A rule as certificates carry it: states, hyperparameters and the step's program, line by line, without its name."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from verify.errors import BadInput
from verify.numbers.program import Node, ordered
from verify.optimizers.rule import Rule

# What certificates call the operations of a program.
OPERATIONS = {op: op for op in ("+", "-", "*", "/", "sqrt", "sign", "abs", "max")} | {
    "neg": "-",
    "ratio": "/",
}


def carried(rule: Rule, values: Mapping[str, Fraction]) -> dict[str, Any]:
    """The rule, at eps = 0, as a claim writes it. Raises BadInput for a step that certificates have no words for."""
    program = rule.lean
    lines: list[list[Any]] = []
    known: dict[tuple[Any, ...], int] = {}
    place: dict[int, int] = {}
    for each in ordered((program.update, *program.after)):
        line = _line(rule, each, [place[id(arg)] for arg in each.args])
        # The same operation on the same lines is one line: x * x is seen to be a square.
        number = known.setdefault(tuple(line), len(lines))
        if number == len(lines):
            lines.append(line)
        place[id(each)] = number
    read = {line[1] for line in lines if line[0] == "input"}
    return {
        "states": [[state.name, Fraction(state.degree)] for state in rule.states],
        "hyper": {name: value for name, value in values.items() if name in read},
        "reads": rule.reads if "seen" in read else "nothing",
        "program": lines,
        "update": place[id(program.update)],
        "after": [place[id(end)] for end in program.after],
    }


def _line(rule: Rule, each: Node, args: list[int]) -> list[Any]:
    if each.op == "constant":
        return ["constant", each.value]
    if each.op == "input":
        if each.value in ("w", "eta"):
            raise BadInput(
                f"optimizer={rule.name}: its step reads {each.value}, and certificates have no word for that"
            )
        return ["input", each.value]
    if each.op not in OPERATIONS:
        raise BadInput(
            f"optimizer={rule.name}: its step takes {each.op}, and certificates have no word for that"
        )
    return [OPERATIONS[each.op], *args]

"""A rule as certificates carry it: states, hyperparameters and the step's program, line by line, without its name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from verify.certificate.rule import taken
from verify.drawers import said
from verify.errors import BadInput
from verify.losses.loss import Function, Loss
from verify.numbers.formula import ZERO, read_off, substituted
from verify.numbers.program import TRACED, Node, Program, node
from verify.optimizers.optimizer import Optimizer
from verify.optimizers.rule import Rule

# What certificates call the operations of a program.
OPERATIONS = {op: op for op in ("+", "-", "*", "/", "sqrt", "sign", "abs", "max")} | {
    "neg": "-",
    "ratio": "/",
}


def carried(rule: Rule, values: Mapping[str, Fraction]) -> dict[str, Any]:
    """The rule, at eps = 0, as a claim writes it. Raises BadInput for a step that certificates have no words for."""
    return _carried(rule, rule.lean, values)


def carried_game(opt: Optimizer, n: int) -> dict[str, Any]:
    """The fields of a claim that carry an optimizer's game on n samples. Raises BadInput, saying why, where
    certificates have no words for it."""
    for option, value, plain in (
        ("eps", opt.eps, not opt.eps),
        ("bias_correction", opt.bias_correction, not opt.bias_correction),
        ("weight_decay", opt.weight_decay, not opt.weight_decay),
        ("order", opt.order, opt.order == "cyclic" or opt.full_batch(n)),
    ):
        if not plain:
            raise BadInput(f"{option}={value}: there is no certificate of equilibria with that")
    return {"rule": carried(opt.rule, opt.values), "batch_size": opt.batch(n) // opt.owned, "order": "cyclic"}


def carried_run(opt: Optimizer) -> dict[str, Any]:
    """An optimizer's rule as the claim of a run writes it: eps, where there is one, as a hyperparameter."""
    if not opt.eps:
        return carried(opt.rule, opt.values)
    place, other = ("eps", "inside") if opt.eps_place == "outside" else ("inside", "eps")
    program = opt.rule.program
    update, *after = substituted((program.update, *program.after), {other: ZERO})
    with_eps = Program(program.states, program.hyper, update, tuple(after))
    return _carried(opt.rule, with_eps, opt.values | {place: opt.eps})


def carried_weight(loss: Loss) -> list[list[Any]]:
    """The weight -l'(z) of a loss, line by line, the last of them its value."""
    return _carried_function(loss, loss.weight, ("exp",))


def carried_log_weight(loss: Loss) -> list[list[Any]]:
    """Its logarithm, likewise."""
    return _carried_function(loss, loss.log_weight, ("exp", "log", "softplus"))


def _carried_function(loss: Loss, function: Function, own: Sequence[str]) -> list[list[Any]]:
    words = {op: op for op in own} | OPERATIONS
    try:
        (lines, _) = _lines((node(function(TRACED)(Node("input", value="z"))),), words)
    except BadInput as reason:
        raise BadInput(f"loss={loss.name}: {reason}") from None
    except Exception as error:  # it may be anyone's code
        raise BadInput(f"loss={loss.name}: its weight failed: {said(error)}") from None
    return lines


def _carried(rule: Rule, program: Program, values: Mapping[str, Fraction]) -> dict[str, Any]:
    if rule.matrix is not None:
        raise BadInput(f"optimizer={rule.name}: it reads a matrix, and certificates have no word for that")
    try:
        lines, (update, *after) = _lines((program.update, *program.after), OPERATIONS)
    except BadInput as reason:
        raise BadInput(f"optimizer={rule.name}: {reason}") from None
    read = {line[1] for line in lines if line[0] == "input"}
    for name in sorted(read & {"w", "eta"}):
        raise BadInput(
            f"optimizer={rule.name}: its step reads {name}, and certificates have no word for that"
        )
    called = _free([*(state.name for state in rule.states), *values])
    lines = [["input", called.get(line[1], line[1])] if line[0] == "input" else line for line in lines]
    return {
        "states": [[called[state.name], Fraction(state.degree)] for state in rule.states],
        "hyper": {called[name]: value for name, value in values.items() if name in read},
        "reads": rule.reads if "seen" in read else "nothing",
        "program": lines,
        "update": update,
        "after": after,
    }


def _free(names: Sequence[str]) -> dict[str, str]:
    """What certificates call states and hyperparameters: their names, with a stroke where a statement's text has
    another use for one."""
    called: dict[str, str] = {}
    for name in names:
        other = name
        while taken(other) or (other != name and other in names):
            other += "_"
        called[name] = other
    return called


def _lines(ends: Sequence[Node], words: Mapping[str, str]) -> tuple[list[list[Any]], list[int]]:
    """A program's lines, and which of them are its ends."""
    lines: list[list[Any]] = []
    known: dict[tuple[Any, ...], int] = {}

    def number(each: Node, args: list[int]) -> int:
        if each.op not in ("constant", "input", *words):
            raise BadInput(f"its formula takes {each.op}, and certificates have no word for that")
        line = [words[each.op], *args] if args else [each.op, each.value]
        # The same operation on the same lines is one line: x * x is seen to be a square.
        found = known.setdefault(tuple(line), len(lines))
        if found == len(lines):
            lines.append(line)
        return found

    return lines, read_off(ends, number)

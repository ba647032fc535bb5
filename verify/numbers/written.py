"""A program written as Python's text in a number system, and the function that this text defines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache
from typing import Any

from verify.numbers.program import Node, Program
from verify.numbers.system import Numbers

# Where Python interprets a step, a value that is used once has no name of its own but is written where it is used, so
# that it is freed at once. A formula longer than this gets a name all the same: a long step would nest too deep for the
# parser.
LONGEST = 100


def source(program: Program, num: Numbers, apart: bool = False) -> tuple[str, dict[str, Any]]:
    """The text of ``step(g, seen, s, h)`` in a number system, and what its names stand for. ``apart``: that of
    ``at(h)``, which computes what depends on h alone and returns ``steps(g, seen, s, w)``, for all coordinates."""
    writer = _Writer(program, num, apart)
    for each in program.nodes:
        writer.write(each)
    update, *after = (writer.text[id(end)] for end in (program.update, *program.after))
    if apart:
        return _for_all_coordinates(writer.ahead, writer.lines, update, after), writer.space
    lines = [*writer.lines, f"return {update}, ({''.join(f'{each}, ' for each in after)})"]
    return "def step(g, seen, s, h):\n    " + "\n    ".join(lines), writer.space


class _Writer:
    """Writes a program's nodes, each after its args.

    text      for each node its name, or its formula where that is written in place;
    lines     what computes the names; ``ahead`` those that depend on h alone, where these are kept ``apart``;
    scalars   the nodes that depend on h alone;
    space     what the names stand for that the lines do not compute.
    """

    def __init__(self, program: Program, num: Numbers, apart: bool) -> None:
        self.program, self.num, self.apart = program, num, apart
        self.text, self.lines, self.ahead, self.scalars = (
            dict[int, str](),
            list[str](),
            list[str](),
            set[int](),
        )
        ends = (program.update, *program.after)
        self.uses = Counter(id(used) for each in program.nodes for used in each.args) + Counter(map(id, ends))
        self.space: dict[str, Any] = {
            "sqrt": num.sqrt, "exp": num.exp, "log": num.log, "softplus": num.softplus, "sign": num.sign,
            "ratio": num.ratio, "abs_": num.abs, "max_": num.max,
        }  # fmt: skip
        if num.rounding is not None:
            self.space |= {"rounded": num.rounding.rounded, "real": num.rounding.real}

    def write(self, each: Node) -> None:
        """Write a node: in place if it is an input, a constant or used once, else on a line of its own."""
        scalar = all(id(arg) in self.scalars for arg in each.args)
        if each.op == "input":
            scalar = each.value in self.program.hyper and each.value != "w"
            formula, named = self._input(each.value), False
        elif each.op == "constant":
            formula, named = self._constant(each.value), False
        else:
            formula = self._operation(each, scalar)
            named = scalar or not self.apart or self.uses[id(each)] != 1 or len(formula) >= LONGEST
            formula = formula if named else f"({formula})"
        if scalar:
            self.scalars.add(id(each))
        if named:
            name = f"t{len(self.lines) + len(self.ahead)}"
            (self.ahead if self.apart and scalar else self.lines).append(f"{name} = {formula}")
            formula = name
        self.text[id(each)] = formula

    def _operation(self, each: Node, scalar: bool) -> str:
        rounding = self.num.rounding
        args = [self._arg(arg, scalar) for arg in each.args]
        if rounding is None and (each.op not in _OPERATORS or all(arg.op == "constant" for arg in each.args)):
            # Python's own whole numbers will do beside a number of the system, not in place of one.
            args = [
                self._named(arg.value) if arg.op == "constant" else plain
                for arg, plain in zip(each.args, args, strict=True)
            ]
        # What divides by hyperparameters alone divides by no 0, and they may be no numbers of the system.
        by_scalar = each.op == "ratio" and id(each.args[1]) in self.scalars
        formula = _formula("/" if by_scalar else each.op, args)
        return formula if scalar or rounding is None else f"rounded({formula})"

    def _arg(self, arg: Node, scalar: bool) -> str:
        # A scalar stays float64 until it meets a value of the format, as torch's Python scalars do.
        meets = self.num.rounding is not None and id(arg) in self.scalars and not scalar
        return f"real({self.text[id(arg)]})" if meets else self.text[id(arg)]

    def _input(self, name: str) -> str:
        """An input; ``apart``, in coordinate k."""
        program = self.program
        if name in program.states:
            number = program.states.index(name)
            return f"s{number}[k]" if self.apart else f"s[{number}]"
        if self.apart and name in ("g", "seen", "w"):
            return f"{name}[k]"
        return f"h[{program.hyper.index(name)}]" if name in program.hyper else name

    def _constant(self, value: Fraction) -> str:
        if value.denominator == 1 and self.num.rounding is None and abs(value) < 1 << 31:
            return f"({value.numerator})" if value < 0 else str(value.numerator)
        return self._named(value) if self.num.rounding is None else repr(float(value))

    def _named(self, value: Fraction) -> str:
        name = f"c{len(self.space)}"
        self.space[name] = self.num.number(value)
        return name


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

"""The rule that a certificate carries, as a program of Rocq's: each line an expression in what stands before it.

|a| is sqrt(a a), sign(a) is a / |a|, and max(a, b) is (a + b + |a - b|) / 2, where x / 0 is 0: so sums, products,
inverses and square roots tell every operation that a rule has.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

from verify.certificate.program import Line, Rule
from verify.certificate.reading import digits, whole
from verify.certificate.refusal import Refused

# ("Unknown", i), ("Ratio", p, q), or a constructor with expressions.
Expression = tuple[Any, ...]


def ratio(value: Fraction) -> Expression:
    """A rational."""
    return ("Ratio", *value.as_integer_ratio())


def _times(a: Expression, b: Expression) -> Expression:
    return ("Times", a, b)


def _minus(a: Expression) -> Expression:
    return _times(ratio(Fraction(-1)), a)


def _size(a: Expression) -> Expression:
    return ("Root", _times(a, a))


def _larger(a: Expression, b: Expression) -> Expression:
    return _times(ratio(Fraction(1, 2)), ("Plus", ("Plus", a, b), _size(("Plus", a, _minus(b)))))


UNARY: Mapping[str, Callable[[Expression], Expression]] = {
    "-": _minus,
    "sqrt": lambda a: ("Root", a),
    "abs": _size,
    "sign": lambda a: _times(a, ("Inverse", _size(a))),
}
BINARY: Mapping[str, Callable[[Expression, Expression], Expression]] = {
    "+": lambda a, b: ("Plus", a, b),
    "-": lambda a, b: ("Plus", a, _minus(b)),
    "*": _times,
    "/": lambda a, b: _times(a, ("Inverse", b)),
    "max": _larger,
}


def lines(rule: Rule) -> list[Expression]:
    """The program's lines; what stands before the first is g, what the rule reads beside it, and the states."""
    before = {name: k for k, name in enumerate(("g", "seen", *rule.names))}
    needed = set(rule.needed((rule.update, *rule.after)))

    def told(line: Line) -> Expression:
        if line.op == "input":
            return ("Unknown", before[line.name]) if line.name in before else ratio(rule.hyper[line.name])
        if line.op == "constant":
            return ratio(line.value)
        args = [("Unknown", len(before) + arg) for arg in line.args]
        return UNARY[line.op](*args) if len(args) == 1 else BINARY[line.op](*args)

    return [told(line) if i in needed else ratio(Fraction(0)) for i, line in enumerate(rule.lines)]


def program(name: str, rule: Rule) -> str:
    """The definition of a rule as a program, read back before it is given."""
    told, first = lines(rule), 2 + len(rule.states)
    degrees, unit = whole([degree for _, degree in rule.states])
    text = "; ".join(map(_text, told))
    if [_read(line) for line in text.split("; ")] != told:
        raise Refused("kernel", "the program in the theorem is not that of the certificate")
    after = "; ".join(str(first + end) for end in rule.after)
    return (
        f"Definition {name} : program K := Build_program K [{text}] {first + rule.update}%nat [{after}]%nat "
        f"{unit} [{'; '.join(map(str, degrees))}] {str(rule.reads == 'norm').lower()}."
    )


def _text(of: Expression) -> str:
    word, *args = of
    if word == "Unknown":
        return f"(Unknown {args[0]}%nat)"
    if word == "Ratio":
        return f"(Ratio (K:=K) ({digits(args[0])}) {digits(args[1])})"
    return f"({word} {' '.join(map(_text, args))})"


def _read(text: str) -> Expression:
    parts = re.findall(r"\(-?\d+\)|[()]|[\w-]+(?:%nat)?", text.replace(" (K:=K)", ""))

    def one() -> Any:
        part = parts.pop(0)
        if part != "(":
            return part if part.isalpha() else int(part.strip("()").removesuffix("%nat"))
        found = []
        while parts[0] != ")":
            found.append(one())
        parts.pop(0)
        return tuple(found)

    found: Expression = one()
    return found

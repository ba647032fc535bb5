"""Reading a certificate: a closed schema, and numbers in the one way of writing them.

An integer is a string of decimal digits, a fraction ``p/q`` in lowest terms with q >= 2. A field that is
unknown, missing or of another shape, or a number written otherwise, makes the certificate invalid.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from fractions import Fraction
from math import gcd, lcm
from typing import Any

Vector = list[Fraction]
Whole = tuple[list[int], int]  # integers over one positive denominator
Reader = Callable[[object, str], Any]

NUMBER = re.compile(r"(?:0|-?[1-9][0-9]*)(?:/[1-9][0-9]*)?", re.ASCII)
CHUNK = 4000  # Python refuses to convert more than 4300 digits at a time


class Refused(Exception):
    """The certificate fails an obligation: which one, and why."""

    def __init__(self, obligation: str, why: str) -> None:
        super().__init__(f"{obligation}: {why}")
        self.obligation = obligation
        self.why = why


def require(holds: bool, obligation: str, why: str) -> None:
    """Raise Refused unless the obligation holds."""
    if not holds:
        raise Refused(obligation, why)


def parse(text: str) -> object:
    """JSON, in which no object names a field twice and no number stands outside a string."""
    try:
        return json.loads(
            text, object_pairs_hook=_object, parse_int=_bare, parse_float=_bare, parse_constant=_bare
        )
    except (json.JSONDecodeError, RecursionError) as error:
        raise Refused("json", f"{type(error).__name__}: {error}") from None


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    fields = dict(pairs)
    require(len(fields) == len(pairs), "schema", "an object names a field twice")
    return fields


def _bare(number: str) -> object:
    raise Refused("schema", f"the number {number[:40]} is not in a string")


def record(value: object, where: str, fields: Mapping[str, Reader]) -> dict[str, Any]:
    """An object with exactly these fields, each read by its reader."""
    require(isinstance(value, dict), "schema", f"{where} is not an object")
    assert isinstance(value, dict)
    for name in value:
        require(name in fields, "schema", f"{where} has the unknown field {name!r:.60}")
    for name in fields:
        require(name in value, "schema", f"{where} lacks the field {name!r}")
    return {name: read(value[name], f"{where}.{name}") for name, read in fields.items()}


def anything(value: object, where: str) -> object:
    """Whatever stands there, to be read later."""
    return value


def text(value: object, where: str) -> str:
    """A string."""
    if not isinstance(value, str):
        raise Refused("schema", f"{where} is not a string")
    return value


def word(*allowed: str) -> Reader:
    """A reader of one of these words."""

    def read(value: object, where: str) -> str:
        require(value in allowed, "schema", f"{where} is not one of {', '.join(allowed)}")
        return text(value, where)

    return read


def ratio(value: object, where: str) -> tuple[int, int]:
    """A rational number in lowest terms, as its numerator and denominator."""
    if not NUMBER.fullmatch(written := text(value, where)):
        raise Refused("number", f"{where}={value!r:.60} is neither an integer nor a fraction p/q")
    top, slash, bottom = written.partition("/")
    numerator, denominator = _whole(top), _whole(bottom) if slash else 1
    if gcd(numerator, denominator) != 1 or bottom == "1":
        raise Refused("lowest-terms", f"{where}={value!r:.60} is not in lowest terms")
    return numerator, denominator


def fraction(value: object, where: str) -> Fraction:
    """A rational number in lowest terms."""
    return Fraction(*ratio(value, where))


def integer(value: object, where: str) -> int:
    """A whole number that is not negative."""
    number = fraction(value, where)
    require(number.denominator == 1 and number >= 0, "number", f"{where} is not an integer >= 0")
    return int(number)


def _whole(digits: str) -> int:
    """int(digits), for any number of digits."""
    if len(digits) <= CHUNK:
        return int(digits)
    if digits[0] == "-":
        return -_whole(digits[1:])
    half = len(digits) // 2
    shift: int = 10**half
    return _whole(digits[:-half]) * shift + _whole(digits[-half:])


def many(read: Reader, length: int | None = None) -> Reader:
    """A reader of a list, of the given length if there is one."""

    def read_all(value: object, where: str) -> list[Any]:
        require(isinstance(value, list), "schema", f"{where} is not a list")
        assert isinstance(value, list)
        if length is not None:
            require(len(value) == length, "shape", f"{where} has {len(value)} entries, not {length}")
        return [read(entry, f"{where}[{i}]") for i, entry in enumerate(value)]

    return read_all


def whole(vector: Vector) -> Whole:
    """Integers v and a common denominator D > 0 with vector = v / D."""
    denominator = lcm(*{entry.denominator for entry in vector})  # a set: often they are few, and long
    return [entry.numerator * (denominator // entry.denominator) for entry in vector], denominator

"""Reading a certificate: a closed schema, and numbers in the one way of writing them.

An integer is a string of decimal digits, a fraction ``p/q`` in lowest terms with q >= 2. A field that is
unknown, missing, of another shape or outside its range, or a number written otherwise, makes the certificate invalid.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from math import gcd, lcm
from typing import Any

from verify.certificate.effort import divisor, kept, product, spelling, spend, within
from verify.certificate.refusal import Refused as Refused
from verify.certificate.refusal import require as require

Vector = list[Fraction]
Whole = tuple[list[int], int]  # integers over one positive denominator
Reader = Callable[[object, str], Any]

NUMBER = re.compile(r"(?:0|-?[1-9][0-9]*)(?:/[1-9][0-9]*)?", re.ASCII)
CHUNK = 4000  # Python refuses to convert more than 4300 digits at a time
# Whoever can use longer numbers can wait for them: exact margins of 2000 x 200 doubles have some 14,000 characters.
CHARACTERS = 100_000
# What is said where a certificate has other fields, or another statement, than this version writes.
EARLIER = "earlier versions wrote others, which must be written anew"


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
        require(name in fields, "schema", f"{where} has the unknown field {name!a:.60} ({EARLIER})")
    for name in fields:
        require(name in value, "schema", f"{where} lacks the field {name!r} ({EARLIER})")
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
    written = text(value, where)
    within(len(written), CHARACTERS, f"{where}: a number of {len(written)} characters")
    spend(spelling(len(written)), "reading the numbers")
    if not NUMBER.fullmatch(written):
        raise Refused("number", f"{where}={value!a:.60} is neither an integer nor a fraction p/q")
    top, slash, bottom = written.partition("/")
    numerator, denominator = _whole(top), _whole(bottom) if slash else 1
    if gcd(numerator, denominator) != 1 or bottom == "1":
        raise Refused("lowest-terms", f"{where}={value:.60} is not in lowest terms")
    return numerator, denominator


def fraction(value: object, where: str) -> Fraction:
    """A rational number in lowest terms."""
    return Fraction(*ratio(value, where))


def integer(least: int, most: int) -> Reader:
    """A reader of a whole number from ``least`` to ``most``."""

    def read(value: object, where: str) -> int:
        number, unit = ratio(value, where)
        require(
            unit == 1 and least <= number <= most,
            "range",
            f"{where}={value!s:.60} is not an integer from {least} to {most}",
        )
        return number

    return read


def between(low: int, high: int | None, ends: str = "[]") -> Reader:
    """A reader of a rational number from ``low`` to ``high`` (None: no bound); ``ends`` as in [0, 1)."""
    interval = f"{ends[0]}{low}, {'infinity' if high is None else high}{ends[1]}"

    def read(value: object, where: str) -> Fraction:
        number = fraction(value, where)
        above = number > low or (number == low and ends[0] == "[")
        below = high is None or number < high or (number == high and ends[1] == "]")
        require(above and below, "range", f"{where}={value!s:.60} is not in {interval}")
        return number

    return read


def _whole(digits: str) -> int:
    """int(digits), for any number of digits."""
    if len(digits) <= CHUNK:
        return int(digits)
    if digits[0] == "-":
        return -_whole(digits[1:])
    half = len(digits) // 2
    shift: int = 10**half
    return _whole(digits[:-half]) * shift + _whole(digits[-half:])


def digits(number: int) -> str:
    """str(number), for any number of digits."""
    if number < 0:
        return "-" + digits(-number)
    size = number.bit_length() * 30103 // 100000  # about the number of digits
    if size <= CHUNK:
        return str(number)
    high, low = divmod(number, 10 ** (size // 2))
    return digits(high) + digits(low).zfill(size // 2)


def many(read: Reader, length: int | None = None, most: int | None = None) -> Reader:
    """A reader of a list, of the given length if there is one, of ``most`` entries if that is given."""

    def read_all(value: object, where: str) -> list[Any]:
        require(isinstance(value, list), "schema", f"{where} is not a list")
        assert isinstance(value, list)
        if length is not None:
            require(len(value) == length, "shape", f"{where} has {len(value)} entries, not {length}")
        if most is not None:
            require(len(value) <= most, "range", f"{where} has {len(value)} entries, more than {most}")
        spend(2 * len(value), "reading the lists")
        return [read(entry, f"{where}[{i}]") for i, entry in enumerate(value)]

    return read_all


def common_denominator(denominators: Iterable[int]) -> int:
    """Their least common multiple."""
    common = 1
    for each in set(denominators):  # often they are few, and long
        spend(divisor(common.bit_length(), each.bit_length()), "a common denominator")
        common = lcm(common, each)
    return common


def whole(vector: Sequence[Fraction]) -> Whole:
    """Integers v and a common denominator D > 0 with vector = v / D."""
    denominator = common_denominator(entry.denominator for entry in vector)
    size = denominator.bit_length()
    lengths = (entry.numerator.bit_length() + entry.denominator.bit_length() for entry in vector)
    spend(sum(1.5 + product(size, length) + kept(size) for length in lengths), "a common denominator")
    return [entry.numerator * (denominator // entry.denominator) for entry in vector], denominator

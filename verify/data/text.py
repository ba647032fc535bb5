"""Numbers as people write them, exactly, and values as error messages show them."""

from __future__ import annotations

import numbers
import re
from fractions import Fraction
from functools import lru_cache
from typing import Any

# More than any data file needs; below Python's own limit of 4300 digits for int(text).
MOST_CHARACTERS = 1000
# Entries end in [2^-500, 2^500], that is 10^(+-150.5); with MOST_CHARACTERS digits in front, an exponent
# beyond this one cannot get there. It keeps 10**exponent small.
LARGEST_EXPONENT = 2000

_DECIMAL = re.compile(r"([+-]?)([0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE]([+-]?[0-9]+))?", re.ASCII)
_FRACTION = re.compile(r"([+-]?[0-9]+)/([0-9]+)", re.ASCII)
_NOT_FINITE = re.compile(r"[+-]?(nan|inf|infinity)", re.IGNORECASE)


class NotANumberError(ValueError):
    """Why a text is not an exact number, to be read after the quoted text: "is empty"."""


@lru_cache(maxsize=1 << 16)
def exact(text: str) -> Fraction:
    """The rational that a decimal (``-1.5e3``) or a fraction (``3/7``) spells; blanks around it are ignored.

    Raises NotANumberError, which holds the reason, for anything else; never builds a number of more than
    about LARGEST_EXPONENT digits.
    """
    text = text.strip()
    if len(text) > MOST_CHARACTERS:
        raise NotANumberError(f"has {len(text)} characters, a number may have {MOST_CHARACTERS}")
    if match := _DECIMAL.fullmatch(text):
        sign, digits, power = match.groups()
        whole, _, decimals = digits.partition(".")
        numerator = int(sign + whole + decimals)
        exponent = int(power or 0) - len(decimals)
        if not numerator:
            return Fraction(0)
        if abs(exponent) > LARGEST_EXPONENT:
            raise NotANumberError("has an exponent outside [2^-500, 2^500], where squares fit in float64")
        return Fraction(numerator * 10**exponent) if exponent >= 0 else Fraction(numerator, 10**-exponent)
    if match := _FRACTION.fullmatch(text):
        numerator, denominator = int(match[1]), int(match[2])
        if not denominator:
            raise NotANumberError("divides by zero")
        return Fraction(numerator, denominator)
    if not text:
        raise NotANumberError("is empty")
    if _NOT_FINITE.fullmatch(text):
        raise NotANumberError("is not finite")
    raise NotANumberError("is not a number")


def exactly(value: Any) -> Fraction | None:
    """A number of any type as the rational that it is, a binary float as a dyadic one, text as what it spells; None for
    what is no number. Raises NotANumberError for text that spells none and for what is not finite."""
    if isinstance(value, str):
        return exact(value)
    if isinstance(value, numbers.Rational):
        return Fraction(int(value.numerator), int(value.denominator))
    if type(value).__name__ in ("bool", "bool_"):
        return Fraction(bool(value))
    if not hasattr(value, "as_integer_ratio"):
        return None
    try:
        numerator, denominator = value.as_integer_ratio()  # floats of any width, and decimals
    except (ValueError, OverflowError):
        raise NotANumberError("is not finite") from None
    return Fraction(int(numerator), int(denominator))


def is_number(text: str) -> bool:
    """Whether the text spells a finite number."""
    try:
        exact(text)
    except NotANumberError:
        return False
    return True


def show(value: object, most: int = 40) -> str:
    """The value, quoted, on one line and cut to about ``most`` characters."""
    text = str(value)
    return repr(text) if len(text) <= most else repr(text[:most]) + f"... ({len(text)} characters)"


def plain(name: str, most: int = 200) -> str:
    """A name for the start of a message: as it is if it is short and printable, else quoted and cut."""
    return name if name.isprintable() and len(name) <= most else show(name, most)


def some(values: list[str], most: int = 4) -> str:
    """The first few values of a list, quoted: ``'a', 'b', ... (7 in all)``."""
    shown = ", ".join(show(value) for value in values[:most])
    return shown if len(values) <= most else f"{shown}, ... ({len(values)} in all)"

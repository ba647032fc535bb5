"""Values as people give them, on a command line or in Python, made exact; what is none is refused by its name."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any

from verify.data.dataset import LARGEST, SMALLEST, float_text
from verify.data.text import NotANumberError, exactly, show
from verify.errors import BadInput

# A whole number as it may be written: no sign but a minus, no blanks, no other digits than these.
_WHOLE = re.compile(r"-?[0-9]+(?:[eE][0-9]+)?", re.ASCII)


def shown(value: Any) -> str:
    """A value as it was written, if that is short and plain; else quoted and cut."""
    text = str(value)
    return text if text.isprintable() and " " not in text and 0 < len(text) <= 40 else show(text)


def path_of(name: str, value: Any) -> str:
    """The path, or the name, that a text or a path is. Raises BadInput for anything else."""
    if not isinstance(value, str | os.PathLike):
        raise BadInput(f"{name}={show(value)} has type {type(value).__name__}: not a path or a name")
    return os.fspath(value)


def several(given: Any) -> list[Any]:
    """What was given as one or as several; whether each is what it should be is seen where it is used."""
    return list(given) if isinstance(given, Iterable) and not isinstance(given, str) else [given]


def pairs(option: str, given: Any) -> dict[str, Any]:
    """NAME and VALUE of each text, or of a mapping."""
    if isinstance(given, Mapping):
        return dict(given)
    found = {}
    for text in [given] if isinstance(given, str) else given or []:
        name, equals, value = str(text).partition("=")
        if not equals or not name.isidentifier() or not value:
            raise BadInput(f"{option}={show(text)} is not NAME=VALUE")
        if name in found:
            raise BadInput(f"{option}={shown(text)}: {name} is given twice")
        found[name] = value
    return found


def rational(name: str, value: Any) -> Fraction:
    """The number that a value is, a float the dyadic that it is, or that a text such as ``0.9``, ``1e-8`` or ``3/7``
    spells. Raises BadInput if there is none."""
    try:
        number = exactly(value)
    except NotANumberError as error:
        raise BadInput(f"{name}={show(value)} {error}") from None
    if number is None:
        raise BadInput(f"{name}={show(value)} has type {type(value).__name__}: not a number")
    if number and not SMALLEST <= abs(number) <= LARGEST:
        text = show(value) if isinstance(value, str) else float_text(number)
        raise BadInput(f"{name}={text} is outside [2^-500, 2^500], which float64 can square")
    return number


def whole(name: str, value: Any, least: int = 0, most: int = 10**12) -> int:
    """The integer in [least, most] that a value is, or that a text spells in digits, ``1e6`` included. Raises BadInput
    if there is none."""
    number = rational(name, value)
    written = _WHOLE.fullmatch(value) if isinstance(value, str) else number.denominator == 1
    if not written:
        raise BadInput(f"{name}={shown(value)} is not a whole number in plain digits, such as 100 or 1e6")
    if not least <= number <= most:
        raise BadInput(f"{name}={shown(value)} is outside [{least}, {most}]")
    return int(number)


def point(name: str, value: Any, d: int) -> tuple[Fraction, ...]:
    """The d numbers of a sequence, or that a text such as ``1,-2/3,0`` spells, none for None. Raises BadInput
    otherwise."""
    if value is None:
        return ()
    parts = value.split(",") if isinstance(value, str) else value
    if not isinstance(parts, Iterable):
        raise BadInput(f"{name}={show(value)} has type {type(value).__name__}: not a list of numbers")
    entries = tuple(rational(name, part) for part in parts)
    if len(entries) != d:
        raise BadInput(f"{name}={show(value)} has {len(entries)} entries, but the data have d={d} features")
    return entries


def batch_size(value: Any) -> int | str | None:
    """A whole number, or one of the words that stand for one. Raises BadInput for anything else."""
    if value in ("default", "full", None):
        return value  # type: ignore[no-any-return]
    if isinstance(value, str) and not _WHOLE.fullmatch(value):
        raise BadInput(f"batch-size={shown(value)} is neither a whole number in plain digits nor full")
    return whole("batch-size", value, least=1)

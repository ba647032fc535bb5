"""The values that a key of a study takes: one, a list, a range or draws; exact numbers stay exact."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Context, Decimal
from fractions import Fraction
from typing import Any

import numpy as np

from verify.ask.values import rational, shown, whole
from verify.data.text import is_number, plain
from verify.drawers import near
from verify.errors import BadInput

# A range or a number of draws has at most this many values.
MOST = 10**7

# Values of a range in logarithms are rounded to this many significant digits, and are exactly these decimals.
DIGITS = 12

# What a range may say; `draw` is uniform or log-uniform.
KEYS = ("from", "to", "step", "count", "log", "draw", "seed", "one_minus")


def canonical(value: Any) -> Any:
    """A number as an integer or as the text p/q in lowest terms, so that 0.9 and 9/10 are one; all else as it is."""
    if isinstance(value, bool) or (isinstance(value, str) and not is_number(value)):
        return value
    number = rational("value", value)
    return int(number) if number.denominator == 1 else str(number)


def values(where: str, given: Any) -> Sequence[Any]:
    """The values that a key takes. Raises BadInput, which begins with ``where``, for what is none."""
    if isinstance(given, list):
        if not given:
            raise BadInput(f"{where}: an empty list has no value")
        return [each for part in given for each in values(where, part)]
    if isinstance(given, Mapping):
        return _range(where, given)
    if not isinstance(given, str | int | float | Fraction):
        raise BadInput(f"{where}={shown(given)} is neither a number nor text, true or false")
    try:
        return [canonical(given)]
    except BadInput as error:
        raise BadInput(f"{where}: {error}") from None


def _range(where: str, given: Mapping[str, Any]) -> Sequence[Any]:
    for key in given:
        if key not in KEYS:
            raise BadInput(f"{where}.{plain(key, 40)}: a range has {', '.join(KEYS)}{near(key, KEYS)}")
    for key in ("from", "to"):
        if key not in given:
            raise BadInput(f"{where}: a range says from and to, and here {key} is missing")
    first, last = (rational(f"{where}.{key}", given[key]) for key in ("from", "to"))
    if last < first:
        raise BadInput(f"{where}: from={first} is more than to={last}")
    found = _draws(where, given, first, last) if "draw" in given else _steps(where, given, first, last)
    if _truth(where, given, "one_minus"):
        found = [Fraction(1 - value) for value in found]
    return found if isinstance(found, range) else [canonical(value) for value in found]


def _steps(
    where: str, given: Mapping[str, Any], first: Fraction, last: Fraction
) -> Sequence[Fraction] | range:
    if "seed" in given:
        raise BadInput(f"{where}.seed: it goes with draw")
    logarithms = _truth(where, given, "log")
    if "count" in given:
        if "step" in given:
            raise BadInput(f"{where}: count and step are given, and one of them says it")
        count = whole(f"{where}.count", given["count"], 1, MOST)
        if count == 1 and first != last:
            raise BadInput(f"{where}.count=1: from and to are two values")
        if logarithms:
            return _logarithmic(where, first, last, count)
        return [first + (last - first) * k / max(1, count - 1) for k in range(count)]
    if logarithms:
        raise BadInput(f"{where}.log: it goes with count")
    step = rational(f"{where}.step", given.get("step", 1))
    if step <= 0:
        raise BadInput(f"{where}.step={shown(given['step'])} is not positive")
    count = int((last - first) / step) + 1
    if count > MOST:
        raise BadInput(f"{where}: {count} values, more than {MOST}")
    if first.denominator == step.denominator == 1:  # in constant memory: seeds may be millions
        return range(int(first), int(last) + 1, int(step))
    return [first + k * step for k in range(count)]


def _logarithmic(where: str, first: Fraction, last: Fraction, count: int) -> list[Fraction]:
    """Values whose logarithms are equally far from each other, both ends as they are given."""
    if first <= 0:
        raise BadInput(f"{where}.from={first} is not positive, and log is asked for")
    wide, short = Context(prec=50), Context(prec=DIGITS)
    low, high = (wide.divide(Decimal(x.numerator), Decimal(x.denominator)).ln(wide) for x in (first, last))
    inner = [
        Fraction(short.plus(wide.exp(wide.add(low, wide.divide(wide.multiply(high - low, k), count - 1)))))
        for k in range(1, count - 1)
    ]
    return [first, *inner, last][:count]


def _draws(where: str, given: Mapping[str, Any], first: Fraction, last: Fraction) -> list[Fraction]:
    """Values drawn by NumPy's PCG64 from a seed: a uniform one is the dyadic rational that float64 holds, of whole
    numbers a whole one."""
    for key in ("step", "log"):
        if key in given:
            raise BadInput(f"{where}.{key}: it does not go with draw")
    if "count" not in given:
        raise BadInput(f"{where}: draw needs count")
    count = whole(f"{where}.count", given["count"], 1, MOST)
    rng = np.random.Generator(np.random.PCG64(whole(f"{where}.seed", given.get("seed", 0))))
    kind = given["draw"]
    if kind == "whole":
        low, high = whole(f"{where}.from", given["from"]), whole(f"{where}.to", given["to"])
        return [Fraction(int(x)) for x in rng.integers(low, high, size=count, endpoint=True)]
    shares = rng.random(count)
    if kind == "uniform":
        return [first + (last - first) * Fraction(share) for share in shares.tolist()]
    if kind == "log-uniform":
        if first <= 0:
            raise BadInput(f"{where}.from={first} is not positive, and draw is log-uniform")
        low, high = np.log(float(first)), np.log(float(last))
        return [Fraction(Decimal(f"{x:.{DIGITS - 1}e}")) for x in np.exp(low + (high - low) * shares)]
    raise BadInput(f"{where}.draw={shown(kind)} is none of uniform, log-uniform, whole")


def _truth(where: str, given: Mapping[str, Any], key: str) -> bool:
    value = given.get(key, False)
    if not isinstance(value, bool):
        raise BadInput(f"{where}.{key}={shown(value)} is neither true nor false")
    return value

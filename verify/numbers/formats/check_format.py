"""Whether a number format rounds to what it declares: so many bits, and normal numbers from so far down on."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np

from verify.drawers import said
from verify.errors import BadInput
from verify.numbers.formats.format import Format

# Values tried at each size: both signs of these significands, and of what a generator with this seed draws.
SIGNIFICANDS = (1.0, 1.25, 1.5, 1.9999)
DRAWN, SEED = 8, 0

# Sizes that every format whose exponents lie about 0 can hold: 2^e from the smallest normal number to its inverse.
SHRINKS = 3  # and so many powers of 2 below the smallest positive number


def require_declared(form: Format) -> None:
    """Raise BadInput, with a value that shows it, for a format that does not round as it declares.

    Between 2^lowest and 2^-lowest a rounded value has ``bits`` of significand and is off by less than one unit of the
    last of them; below it is a multiple of the smallest positive number, and off by less than that. Rounding twice is
    rounding once, -x is rounded as x is, nan stays nan. Which way ties and halves go is the format's own.
    """
    held = np.finfo(form.real).nmant + 1
    if form.bits != held and 2 * form.bits + 2 > held:
        raise BadInput(
            f"format {form.name}: bits={form.bits} of the {held} that are held: operations would round twice; "
            f"{held} or at most {held // 2 - 1} can be had"
        )
    try:
        for x in _values(form):
            if why := _wrong(form, x):
                raise BadInput(
                    f"format {form.name}: {x!r} is rounded to {float(form.rounded(form.real(x)))!r}, {why}"
                )
        if not math.isnan(form.rounded(form.real(math.nan))):
            raise BadInput(f"format {form.name}: nan is rounded to a number")
    except BadInput:
        raise
    except Exception as error:
        raise BadInput(f"format {form.name}: rounded failed: {said(error)}") from None


def _values(form: Format) -> list[float]:
    draw = np.random.Generator(np.random.PCG64(SEED))
    smallest = max(form.lowest - form.bits + 1 - SHRINKS, int(np.finfo(form.real).minexp) - form.bits)
    spread = range(smallest, -form.lowest + 1, max(1, -form.lowest // 64))
    sizes = sorted({*spread, form.lowest - 1, form.lowest, form.lowest + 1, 0})
    return [
        float(form.real(math.ldexp(m, e)))
        for e in sizes
        for m in (*SIGNIFICANDS, *(1 + draw.random(DRAWN)).tolist())
    ]


def _wrong(form: Format, x: float) -> str:
    """What is wrong with how a positive number is rounded, "" if nothing is."""
    found = form.rounded(form.real(x))
    value = float(found)
    if type(found) is not form.real and not isinstance(found, float):
        return f"a {type(found).__name__}"
    if not math.isfinite(value):
        return "although its size is that of a normal number" if x < 2.0**-form.lowest else ""
    exponent = max(math.frexp(x)[1] - 1, form.lowest)
    unit = Fraction(2) ** (exponent - form.bits + 1)
    if Fraction(value) % unit:
        return f"which has more than the {form.bits} bits declared"
    if abs(Fraction(value) - Fraction(x)) >= unit:
        return f"off by a unit of the last of {form.bits} bits or more"
    if float(form.rounded(found)) != value:
        return "and that to another number"
    if float(form.rounded(form.real(-x))) != -value:
        return "and its opposite not to the opposite"
    return ""

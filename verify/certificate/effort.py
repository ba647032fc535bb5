"""How much a certificate may ask of the checker. Each piece of work is counted before it is begun.

A unit is about a microsecond of one core, and leaves at most some hundred bytes behind. So the bound on units is one on
time and on memory too. Formulas for long numbers were fitted to CPython 3.11 and to FLINT 3, within a factor of three.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from math import inf

from verify.certificate.refusal import Refused

UNITS = 10_000_000  # about ten seconds and a gigabyte


@dataclass
class Allowance:
    """``times`` the usual bounds, and the units that were taken."""

    times: float
    taken: float = 0.0


_ALLOWANCE: ContextVar[Allowance | None] = ContextVar("allowance", default=None)


@contextmanager
def allowance(times: float) -> Iterator[None]:
    """Inside the block what goes beyond ``times`` the usual bounds is refused; outside nothing is."""
    token = _ALLOWANCE.set(Allowance(times))
    try:
        yield
    finally:
        _ALLOWANCE.reset(token)


def spend(units: float, on: str) -> None:
    """Count work that is about to be done. Refused if that is more than the certificate may ask for."""
    bound = _ALLOWANCE.get()
    if bound is None:
        return
    most = bound.times * UNITS
    if bound.taken + units > most:
        raise Refused(
            "effort",
            f"with {on} the work comes to {shown(bound.taken + units)} units of about a microsecond, the most is "
            f"{shown(most)} (check --work raises that)",
        )
    bound.taken += units


def within(count: int, most: int, what: str) -> None:
    """Refused unless the count is at most ``most``, or as many times that as the allowance says."""
    bound = _ALLOWANCE.get()
    if bound is not None and count > bound.times * most:
        raise Refused("effort", f"{what}, the most is {int(bound.times * most)} (check --work raises that)")


def shown(units: float) -> str:
    """The number of units in short."""
    return f"{units:.2g}" if units < inf else "too many"


def product(a: int, b: int) -> float:
    """Units of a product of two integers of so many bits, or of an addition or a comparison of theirs."""
    return 0.2 + (a + b) / 10_000 + _squared(a, b) / 900_000


def kept(bits: int) -> float:
    """Units of keeping an integer of so many bits."""
    return bits / 1000


def divisor(a: int, b: int) -> float:
    """Units of a greatest common divisor of two integers of so many bits."""
    return 0.5 + (a + b) / 2000 + _squared(a, b) / 200_000


def spelling(characters: int) -> float:
    """Units of reading a rational number of so many characters, its lowest terms included."""
    return 3 + _squared(characters, characters) / 100_000


def operation(bits: int) -> float:
    """Units of an operation on two balls."""
    return 0.7 + _power(bits / 2500)


def exponential(bits: int) -> float:
    """Units of an exponential or a logarithm of a ball, or of a power."""
    return 4 + 250 * _power(bits / 2500)


def _squared(a: int, b: int) -> float:
    """a * b in floats, which do not overflow for what can be written down in a file."""
    return float(a) * float(b)


def _power(times: float) -> float:
    # FLINT multiplies faster than by the square. Nobody can wait for the result where floats end.
    return times**1.75 if times < 1e100 else inf

"""Square roots of rationals with the standard library: bounds, and the sign of sum_k a_k / sqrt(q_k)."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import ceil, floor, isqrt

from verify.certificate.effort import divisor, product, spend
from verify.certificate.refusal import Refused

FIRST_BITS = 64
# Where 65536 bits do not tell the sign of a sum that is not 0, the certificate is refused, not guessed.
LAST_BITS = 1 << 16


def root_bounds(q: Fraction, bits: int) -> tuple[Fraction, Fraction]:
    """Rationals low <= sqrt(q) <= high for q > 0, with (high - low) / sqrt(q) below 2^(1 - bits)."""
    # q * 4^shift is at least 4^bits, so its root is at least 2^bits and the unit in isqrt is small beside it.
    shift = bits + max(0, q.denominator.bit_length() - q.numerator.bit_length() + 1) // 2 + 1
    size = q.numerator.bit_length() + 2 * shift
    spend(5 * product(size, size), "a square root")
    root = isqrt((q.numerator << (2 * shift)) // q.denominator)
    return Fraction(root, 1 << shift), Fraction(root + 1, 1 << shift)


def rational_root(q: Fraction) -> Fraction | None:
    """sqrt(q) for q >= 0 if that is rational, else None."""
    spend(
        5 * sum(product(x.bit_length(), x.bit_length()) for x in (q.numerator, q.denominator)),
        "a square root",
    )
    numerator, denominator = isqrt(q.numerator), isqrt(q.denominator)
    exact = numerator * numerator == q.numerator and denominator * denominator == q.denominator
    return Fraction(numerator, denominator) if exact else None


def is_zero(a: Sequence[Fraction], q: Sequence[Fraction]) -> bool:
    """Whether sum_k a_k / sqrt(q_k) = 0, for rational a_k and q_k > 0.

    Roots of rationals no two of which have a square for their quotient are linearly independent over the
    rationals (Besicovitch 1940). So the terms are collected by such classes, and each must vanish.
    """
    classes: list[tuple[Fraction, Fraction]] = []  # a representative q, and the sum of a_k sqrt(q / q_k)
    for coefficient, square in zip(a, q, strict=True):
        if coefficient:
            for i, (representative, total) in enumerate(classes):
                spend(4 * divisor(bit_lengths(representative), bit_lengths(square)), "a quotient of squares")
                ratio = rational_root(representative / square)
                if ratio is not None:
                    classes[i] = representative, total + coefficient * ratio
                    break
            else:
                classes.append((square, coefficient))
    return not any(total for _, total in classes)


def sign(a: Sequence[Fraction], q: Sequence[Fraction]) -> int:
    """The sign of sum_k a_k / sqrt(q_k), for rational a_k and q_k > 0; Refused if LAST_BITS do not tell."""
    terms = [(x, square) for x, square in zip(a, q, strict=True) if x]
    bits = FIRST_BITS
    while bits <= LAST_BITS:
        low, high = (
            sum(ends) for ends in zip((0, 0), *(_term(x, square, bits) for x, square in terms), strict=True)
        )
        if low > 0 or high < 0:
            return 1 if low > 0 else -1
        if bits == FIRST_BITS and is_zero(a, q):
            return 0
        bits *= 2
    raise Refused("effort", f"the sign of a sum of square roots is not known at {LAST_BITS} bits")


def _term(x: Fraction, square: Fraction, bits: int) -> tuple[int, int]:
    """x / sqrt(square) between two integers, in units of 2^-bits."""
    low, high = root_bounds(square, bits)
    size = bit_lengths(x) + bit_lengths(high) + bits
    spend(6 * divisor(size, size), "a quotient by a square root")
    ends = sorted((x / low, x / high))
    return floor(ends[0] * (1 << bits)), ceil(ends[1] * (1 << bits))


def bit_lengths(q: Fraction) -> int:
    """The bits of numerator and denominator together."""
    return q.numerator.bit_length() + q.denominator.bit_length()

"""Krawczyk's test, and where an inverse is near enough. If for some matrix Y

    K = -Y H(m) + (I - Y H'(box)) (box - m)   lies inside   box - m,

then H has one zero in the box, whose middle is m, and no other.
"""

from __future__ import annotations

from collections.abc import Sequence

from flint import arb_mat

from verify.certificate.effort import operation, spend
from verify.certificate.refusal import Refused, require
from verify.numbers.systems.balls import Ball, around, ball, bits, identity, middles, times


def require_one_zero(
    values: Sequence[Ball], jacobian: arb_mat, sizes: Sequence[Ball], unknowns: Sequence[str]
) -> None:
    """H has one zero in the box of half-widths ``sizes``, for H(m) = ``values`` and H' over the box; the ``unknowns``
    have names."""
    try:
        inverse = near_inverse(jacobian)
    except ZeroDivisionError:
        raise Refused("one-zero", "the Jacobian at the center is not shown to be regular") from None
    inside = image(inverse, values, jacobian, sizes)
    for name, entry, size in zip(unknowns, inside, sizes, strict=True):
        require(abs(entry) < size, "one-zero", f"Krawczyk's image leaves the box in {name}")


def image(inverse: arb_mat, values: Sequence[Ball], jacobian: arb_mat, sizes: Sequence[Ball]) -> list[Ball]:
    """K, with ``inverse`` for Y."""
    spread = [around(ball(0), size) for size in sizes]
    turned = times(identity(len(sizes)) - inverse * jacobian, spread)
    return [a - b for a, b in zip(turned, times(inverse, values), strict=True)]


def near_inverse(jacobian: arb_mat) -> arb_mat:
    """An inverse of the matrix of the middles, with exact entries. Raises ZeroDivisionError where none is found."""
    return middles(middles(jacobian).inv())


def contracts(jacobian: arb_mat) -> bool:
    """Whether I - Y H' is shown to be below 1 in the largest norm, for the inverse Y of the middles: then H has one
    zero at most where its derivatives are these."""
    spend(jacobian.nrows() ** 3 * operation(bits()), "a region of uniqueness")
    try:
        inverse = middles(jacobian).inv()
    except ZeroDivisionError:
        return False
    left = (inverse * jacobian - identity(jacobian.nrows())).tolist()
    norms = (sum((abs(entry) for entry in row), ball(0)) for row in left)
    return all(norm < 1 for norm in norms)

"""Krawczyk's test that a function H has one zero in a box. If for some matrix Y and the middle m of the box

    K = -Y H(m) + (I - Y H'(box)) (box - m)   lies inside   box - m,

then H has one zero in the box, and no other. If ||I - Y H'(box)|| < 1 it has one at most.
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
    """H has one zero in the box of half-widths ``sizes``, where H(m) is ``values`` and H' over the box ``jacobian``. A
    refusal names the one of the ``unknowns`` in which K leaves the box."""
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
    """Nearly the inverse of the matrix's middles, with exact entries. Raises ZeroDivisionError where none is found."""
    return middles(middles(jacobian).inv())


def contracts(jacobian: arb_mat) -> bool:
    """Whether ||I - Y H'|| < 1 is shown in the norm of row sums, where Y is the inverse of the middles of H'. Then H
    has one zero at most where its derivatives are these."""
    spend(jacobian.nrows() ** 3 * operation(bits()), "a region of uniqueness")
    try:
        inverse = middles(jacobian).inv()
    except ZeroDivisionError:
        return False
    left = (inverse * jacobian - identity(jacobian.nrows())).tolist()
    norms = (sum((abs(entry) for entry in row), ball(0)) for row in left)
    return all(norm < 1 for norm in norms)

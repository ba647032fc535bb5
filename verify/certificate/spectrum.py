"""How many eigenvalues of a matrix of balls have positive real part, with proven signs.

FLINT encloses the eigenvalues; where several are so near each other that it cannot, Routh's criterion needs none:
the first column of Routh's array of the characteristic polynomial changes sign as often as there are roots in the
open right half plane, and no root lies on the imaginary axis, if no entry of the column is 0. (Routh's array of
31 eigenvalues from 1e-10 to 10 takes 900 bits, the eigenvalues 128.)
"""

from __future__ import annotations

from flint import arb_mat

from verify.certificate.effort import operation, spend
from verify.errors import Undecided
from verify.numbers.systems.balls import Ball, Order, ball, bits, compare, real_parts, sign

# Operations for each product of three sides: FLINT's eigenvalues take 2 to 12, Routh's array fewer.
OPERATIONS = 15


def unstable_count(jacobian: arb_mat) -> int:
    """The number of eigenvalues with positive real part, none being imaginary, for every matrix in the balls.

    Raises Undecided where that cannot be told.
    """
    spend(OPERATIONS * jacobian.nrows() ** 3 * operation(bits()), "the eigenvalues")
    try:
        orders = [compare(part, ball(0)) for part in real_parts(jacobian)]
    except Undecided:
        return routh(jacobian)
    if Order.UNDECIDED in orders or Order.EQUAL in orders:
        return routh(jacobian)
    return orders.count(Order.GREATER)


def routh(jacobian: arb_mat) -> int:
    """The same by the changes of sign in Routh's array."""
    coefficients: list[Ball] = jacobian.charpoly().coeffs()[::-1]
    upper, lower = coefficients[::2], coefficients[1::2]
    changes, last = 0, sign(upper[0])
    while lower:
        here = sign(lower[0])
        if here == 0:
            raise Undecided("the stability: Routh's array has a zero")
        changes += here != last
        last = here
        factor = upper[0] / lower[0]
        rest = [*lower[1:], *[ball(0)] * (len(upper) - len(lower))]
        upper, lower = lower, [a - factor * b for a, b in zip(upper[1:], rest, strict=True)]
    return changes

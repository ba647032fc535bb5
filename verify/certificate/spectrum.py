"""How many eigenvalues of a matrix of balls have positive real part, with proven signs.

FLINT encloses the eigenvalues; where several are so near each other that it cannot, Routh's criterion needs none:
the first column of Routh's array of the characteristic polynomial changes sign as often as there are roots in the
open right half plane, and no root lies on the imaginary axis, if no entry of the column is 0. (Routh's array of
31 eigenvalues from 1e-10 to 10 takes 900 bits, the eigenvalues 128.)
"""

from __future__ import annotations

from fractions import Fraction

from flint import arb_mat

from verify.certificate.effort import operation, spend
from verify.errors import Undecided
from verify.numbers.systems.balls import Ball, Order, ball, bits, compare, real_parts, sign, smallest

# Operations for each product of three sides: FLINT's eigenvalues take 2 to 12, Routh's array fewer.
OPERATIONS = 15

# A spectral radius is enclosed by the powers A, A^2, A^4, ..., so many at the most (A^n then tells it to the n-th root
# of a condition number, about 1e-11 of it), and no more once its bounds are so near each other.
SQUARINGS, NEAR = 40, 1 - Fraction(1, 2**36)
# Operations for each product of three sides in a product of matrices: 0.03 to 0.05 from 110 sides on, more below.
PRODUCT = 0.1


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
    """The number of eigenvalues with positive real part, by the changes of sign in Routh's array."""
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


def spectral_radius(of: arb_mat) -> tuple[Ball, Ball]:
    """Bounds on the spectral radius of every matrix in the balls, which close in on it.

    With rho that of A, and n = 2^k: rho^n is at most any norm of A^n, and at least |trace A^n| / dimension, since the
    trace is the sum of the eigenvalues' n-th powers. Each squaring loses a bit; where the bits are gone bounds no
    longer improve, and they hold."""
    size, low, high = of.nrows(), ball(0), ball(0)
    power, n = of, 1
    products = PRODUCT * SQUARINGS * size**3  # exact: integers
    spend(products * operation(bits()), "the spectral radius")
    for k in range(SQUARINGS if size else 0):
        entries = power.tolist()
        norm = -smallest([-sum((abs(entry) for entry in line), ball(0)).abs_upper() for line in entries])
        trace = abs(power.trace()).abs_lower() / size
        above = (norm.log() / n).exp() if norm > 0 else norm  # 0, or nan
        high = above if k == 0 else high.min(above)
        low = low.max((trace.log() / n).exp()) if trace > 0 else low
        known = norm > 0 and norm.is_finite()  # exact: a bound is a point
        if high * ball(NEAR) < low or not known:
            break
        power, n = power * power, 2 * n
    return low, high

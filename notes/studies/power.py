"""Adam on the loss x^k / k of one variable, in float64, compiled."""

import math

import numba


@numba.njit
def run(k, beta1, beta2, lr, steps, upper, lower):
    """The first steps at which |x| is below ``upper``, and below ``lower``; -1 where it never is."""
    x, above, below = 1.0, -1, -1
    m, v = 1.0, 1.0
    for t in range(1, steps + 1):
        x -= lr * m / math.sqrt(v)
        if above < 0 and abs(x) < upper:
            above = t
        if abs(x) < lower:
            below = t
            break
        g = x ** (k - 1)
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g * g
        if v == 0.0:
            break
    return above, below


def power(k, beta1, beta2, lr=0.001, steps=100_000):
    """Whether |x| falls below 1e-30 for good, and at which rate a step from 1e-15 on, beside what theory says.

    Theory (Bai et al., arXiv 2603.09581): Adam converges just if beta1 < beta2^(k / (2 (k - 2))), and then |x_t| falls
    like beta2^(t / (2 (k - 2))).
    """
    b1, b2 = float(beta1), float(beta2)
    above, below = run(int(k), b1, b2, float(lr), int(steps), 1e-15, 1e-30)
    boundary, rate = b2 ** (k / (2 * (k - 2))), b2 ** (1 / (2 * (k - 2)))
    settles, expected = bool(below >= 0), bool(b1 < boundary)
    return {
        "settles": settles,
        "expected": expected,
        "agrees": settles == expected,
        "near_boundary": abs(b1 - boundary) < 0.02,
        "rate": 1e-15 ** (1 / (below - above)) if settles and below > above else None,
        "expected_rate": rate,
    }

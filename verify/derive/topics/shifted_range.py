"""Shifted-diagonal data with two rows: the exact range of delta with one fixed point."""

from __future__ import annotations

import random
from fractions import Fraction
from functools import cache
from typing import Any

import mpmath
import sympy

from verify.derive.chain import Assertion, Chain, Finding, Measured
from verify.derive.evaluate import BITS, enclosure, exact
from verify.derive.measure import DIGITS, agreement, number, weights
from verify.derive.points import Domain, positive
from verify.derive.prose import told
from verify.derive.roads import equality, instances
from verify.numbers.systems.balls import Order, ball, compare, precision
from verify.numbers.systems.mpf import digits

s1, s2, delta, t, lam, y, ell, z = sympy.symbols("s_1 s_2 delta t lambda y ell z", positive=True)
kappa = sympy.Symbol("kappa", positive=True)

POSITIVE: Domain = dict.fromkeys((s1, s2, delta, t, lam, y, ell, z), positive)

# U_k at c_2/c_1 = t, squared.
U1 = (s1 + delta * t) ** 2 / (s1**2 + delta**2 * t**2)
U2 = (delta + s2 * t) ** 2 / (delta**2 + s2**2 * t**2)
quartic = (s1 - delta) ** 2 * (s1 + delta * t) ** 2 * (delta**2 + s2**2 * t**2)
quartic = quartic - (s2 - delta) ** 2 * (delta + s2 * t) ** 2 * (s1**2 + delta**2 * t**2)


def shape(v: Any) -> Any:
    """U^2 as a function of the ratio of the two terms of its numerator."""
    return (1 + v) ** 2 / (1 + v**2)


def threshold(kappa_: Any) -> Any:
    """Phi: the largest U_1^2/U_2^2 over the open simplex, with kappa = ell + 1/ell."""
    root = (kappa_ + sympy.sqrt(kappa_**2 + 16)) / 2
    total, gap = kappa_ * root, sympy.sqrt((kappa_**2 - 4) * (root**2 - 4))
    return (1 + 4 / (total - gap)) / (1 + 4 / (total + gap))


KAPPA = (s1 * s2 + delta**2) / (delta * sympy.sqrt(s1 * s2))


def _critical(middle: Any = 2) -> Assertion:
    """d log (U_1^2/U_2^2) = 0 as a polynomial in y."""
    slope = sympy.diff(sympy.log(shape(y)) - sympy.log(shape(lam * y)), y)
    right = 1 - (1 + lam) * y - middle * lam * y**2 - lam * (1 + lam) * y**3 + lam**2 * y**4
    scale = 2 * (1 - lam) / ((1 + y) * (1 + y**2) * (1 + lam * y) * (1 + lam**2 * y**2))
    return equality(slope, scale * right, {lam: positive, y: positive})


def _criterion(power: Any = 2) -> Assertion:
    """Number of positive roots of the quartic, against Phi, on rational (s_1, s_2, delta)."""

    def cases() -> list[tuple[Fraction, Fraction, Fraction]]:
        rng = random.Random(3)
        found = [(Fraction(3), Fraction(301, 100), Fraction(1)), (Fraction(1), Fraction(2), Fraction(10))]
        while len(found) < 16:
            low = Fraction(rng.randint(1, 30), rng.randint(1, 10))
            high = low * (1 + Fraction(rng.randint(1, 20), rng.choice((8, 20, 60))))
            shift = rng.choice((low, high)) * Fraction(rng.choice((1, 2, 5, 9, 11, 15, 30, 60, 200)), 10)
            if shift < low or shift > high:
                found.append((low, high, shift))
        return found

    def alone(low: Fraction, high: Fraction, shift: Fraction) -> bool:
        """Whether Phi says that e_1 is the only fixed point."""
        near, far = sorted((abs(low - shift), abs(high - shift)))
        with precision(BITS):
            value = enclosure(threshold(kappa), {kappa: enclosure(KAPPA, {s1: low, s2: high, delta: shift})})
            order = compare(ball((far / near) ** power), value)
        if order is Order.UNDECIDED:
            raise ArithmeticError(f"s = ({low}, {high}), delta = {shift}: on the boundary")
        return order is Order.GREATER

    def roots(low: Fraction, high: Fraction, shift: Fraction) -> int:
        values = {s1: sympy.Rational(low), s2: sympy.Rational(high), delta: sympy.Rational(shift)}
        return int(sympy.Poly(quartic.subs(values), t).count_roots(0, sympy.oo))

    def check() -> Finding:
        for case in cases():
            if (roots(*case) == 0) != alone(*case):
                return Finding(False, f"s = ({case[0]}, {case[1]}), delta = {case[2]}: {roots(*case)} roots")
        return Finding(True, "Sturm's count of positive roots in 16 rational cases, against Phi in balls")

    def scan() -> Finding:
        """Does U_1/U_2 (or its inverse) reach far/near? On a grid of t, exactly."""
        for low, high, shift in cases():
            near, far = sorted((abs(low - shift), abs(high - shift)))
            best = Fraction(0)
            for p in range(-40, 41):
                at = {s1: low, s2: high, delta: shift, t: Fraction(2) ** (p // 2) * (2 + p % 2) / 2}
                first, second = (exact(e, at) for e in (U1, U2))
                best = max(best, first / second if shift < low else second / first)
            if (best >= (far / near) ** 2) and alone(low, high, shift):
                return Finding(False, f"s = ({low}, {high}), delta = {shift}: the ratio is reached")
            if best * Fraction(11, 10) < (far / near) ** 2 and not alone(low, high, shift):
                return Finding(
                    False, f"s = ({low}, {high}), delta = {shift}: the ratio is not nearly reached"
                )
        return Finding(True, "U_1^2/U_2^2 on a grid of 81 weights in the same cases, exactly")

    latex = (
        r"e_1 \text{ is the only fixed point} \iff s_1 \le \delta \le s_2 \ \text{ or }\ "
        r"\Bigl(\frac{\max_i |s_i - \delta|}{\min_i |s_i - \delta|}\Bigr)^2 > \Phi(\kappa),"
        r"\quad \kappa = \frac{s_1 s_2 + \delta^2}{\delta \sqrt{s_1 s_2}}"
    )
    return instances(latex, [threshold(kappa), quartic], check, scan)


def _at_one(value: Any = -4) -> Assertion:
    """The critical polynomial where the first argument is 1, and where the second is."""
    polynomial = 1 - (1 + lam) * y - 2 * lam * y**2 - lam * (1 + lam) * y**3 + lam**2 * y**4
    first, second = polynomial.subs(y, 1) / lam, polynomial.subs(y, 1 / lam) * lam
    return equality(first * z + second, value * z + value, {lam: positive, z: positive})


def _weights_at_the_limit() -> Measured:
    rows = [[Fraction(1), Fraction(10)], [Fraction(10), Fraction(2)]]
    values = {s1: 1, s2: 2, delta: 10}
    with digits(DIGITS):
        roots = mpmath.polyroots(
            [number(int(e)) for e in sympy.Poly(quartic.subs(values), t).all_coeffs()], 500, extraprec=500
        )
        predicted = max(mpmath.re(root) for root in roots)
        start = [Fraction(0), Fraction(1, 2)]
        ((first, second),) = weights("adam-proxy", rows, [4000], lr=Fraction(1, 20), start=start)
        log_ratio = (number(1) - 10) * first + (number(10) - 2) * second  # z_1 - z_2 = log(c_2/c_1)
        return agreement(
            "c_2/c_1 at the limit of AdamProxy, s = (1, 2), delta = 10, against the largest root of the "
            "quartic",
            predicted,
            mpmath.exp(log_ratio),
            number(Fraction(1, 10**15)),
            "step 4000 at eta = 1/20, start (0, 1/2)",
        )


@cache
def shifted_range() -> Chain:
    """The number of fixed points for d = 2, exactly."""
    costs = (s1 - delta) ** 2 * U1 - (s2 - delta) ** 2 * U2
    polynomial = 1 - (1 + lam) * y - 2 * lam * y**2 - lam * (1 + lam) * y**3 + lam**2 * y**4
    sum_z, sum_ell = z + 1 / z, ell + 1 / ell
    big, small = ell * z + 1 / (ell * z), ell / z + z / ell
    root = (kappa + sympy.sqrt(kappa**2 + 16)) / 2
    uniform = (s1**2 - delta**2) / sympy.sqrt(s1**2 + delta**2)
    denominators = (s1**2 + delta**2 * t**2) * (delta**2 + s2**2 * t**2)
    return told(
        __file__,
        "shifted-diagonal-range",
        universal=False,
        steps={
            "quartic": equality(costs * denominators, quartic, POSITIVE),
            "one-function": equality(
                U1 + z * U2, shape(delta * t / s1) + z * shape(s2 * t / delta), POSITIVE
            ),
            "critical": _critical(),
            "symmetric": equality(
                polynomial.subs({lam: ell**2, y: z / ell}),
                z**2 * (sum_z**2 - sum_ell * sum_z - 4),
                POSITIVE,
            ),
            "root": equality(root**2 - kappa * root, 4, {kappa: positive}),
            "quotient": equality(shape(z / ell) / shape(ell * z), (1 + 2 / small) / (1 + 2 / big), POSITIVE),
            "sum": equality(big + small, sum_ell * sum_z, POSITIVE),
            "difference": equality((big - small) ** 2, (sum_ell**2 - 4) * (sum_z**2 - 4), POSITIVE),
            "range": _criterion(),
            "equal-weights": equality(
                sympy.diff(uniform, s1),
                s1 * (s1**2 + 3 * delta**2) / (s1**2 + delta**2) ** sympy.Rational(3, 2),
                POSITIVE,
            ),
            "before-one": _at_one(),
        },
        wrong={
            "4 for 2 in the critical polynomial": _critical(4),
            "ratio in place of its square": _criterion(1),
            "8 for 16 under the root": equality(
                root.subs(16, 8) ** 2 - kappa * root.subs(16, 8), 4, {kappa: positive}
            ),
            "critical polynomial at 1 with the sign turned": _at_one(4),
        },
        measurements=(_weights_at_the_limit,),
    )


PLACE, CHAINS = 140, {"shifted-diagonal-range": shifted_range}

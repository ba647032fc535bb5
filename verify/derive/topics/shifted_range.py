"""Shifted-diagonal data with two rows: the exact range of delta with one fixed point."""

from __future__ import annotations

import random
from fractions import Fraction
from functools import cache
from itertools import pairwise
from typing import Any

import mpmath
import sympy

from verify.derive.chain import Assertion, Chain, Finding, Measured
from verify.derive.evaluate import BITS, enclosure
from verify.derive.hypotheses import condition, only_at, words
from verify.derive.joins import follows, together
from verify.derive.measure import DIGITS, agreement, number, weights
from verify.derive.points import Domain, beyond_one, positive
from verify.derive.prose import told
from verify.derive.roads import algebraic, asserted, equality
from verify.derive.signs import nonnegative
from verify.numbers.systems.balls import Order, ball, compare, precision
from verify.numbers.systems.mpf import digits

s1, s2, delta, t, lam, y, ell, z = sympy.symbols("s_1 s_2 delta t lambda y ell z", positive=True)
kappa = sympy.Symbol("kappa", positive=True)

POSITIVE: Domain = dict.fromkeys((s1, s2, delta, t, lam, y, ell, z), positive)

# U_k at c_2/c_1 = t, squared.
U1 = (s1 + delta * t) ** 2 / (s1**2 + delta**2 * t**2)
U2 = (delta + s2 * t) ** 2 / (delta**2 + s2**2 * t**2)
# Of the costs (s_i - delta) U_i the squares are equal where this vanishes.
COSTS = (s1 - delta) ** 2 * U1 - (s2 - delta) ** 2 * U2
DENOMINATORS = (s1**2 + delta**2 * t**2) * (delta**2 + s2**2 * t**2)
quartic = (s1 - delta) ** 2 * (s1 + delta * t) ** 2 * (delta**2 + s2**2 * t**2)
quartic = quartic - (s2 - delta) ** 2 * (delta + s2 * t) ** 2 * (s1**2 + delta**2 * t**2)


def shape(v: Any) -> Any:
    """U^2 as a function of the ratio of the two terms of its numerator."""
    return (1 + v) ** 2 / (1 + v**2)


def threshold(kappa_: Any) -> Any:
    """Phi: the largest U_1^2/U_2^2 over the open simplex, with kappa = ell + 1/ell."""
    root = (kappa_ + sympy.sqrt(kappa_**2 + 16)) / 2
    return phi(kappa_ * root, sympy.sqrt((kappa_**2 - 4) * (root**2 - 4)))


def phi(total: Any, gap: Any) -> Any:
    """The quotient, where big + small = ``total`` and big - small = ``gap``."""
    return (1 + 4 / (total - gap)) / (1 + 4 / (total + gap))


# The slope of the quotient in y = delta t/s_1, up to a factor of one sign.
CRITICAL = 1 - (1 + lam) * y - 2 * lam * y**2 - lam * (1 + lam) * y**3 + lam**2 * y**4
SUM_Z, SUM_ELL = z + 1 / z, ell + 1 / ell
BIG, SMALL = ell * z + 1 / (ell * z), ell / z + z / ell
# The quotient U_1^2/U_2^2 in these letters, and its slope.
QUOTIENT = shape(z / ell) / shape(ell * z)
SLOPE = sympy.diff(sympy.log(shape(y)) - sympy.log(shape(lam * y)), y)
PHI = sympy.Symbol("Phi", positive=True)
u, g = sympy.symbols("u g", positive=True)
IN_ORDER = condition(s1 < s2)
OUTSIDE = words("delta is outside [s_1, s_2]")
KAPPA = (s1 * s2 + delta**2) / (delta * sympy.sqrt(s1 * s2))


LETTERS = {
    kappa: KAPPA,
    u: (kappa + sympy.sqrt(kappa**2 + 16)) / 2,
    g: sympy.sqrt((kappa**2 - 4) * (u**2 - 4)),
    PHI: phi(kappa * u, g),
}


def _critical(middle: Any = 2) -> Assertion:
    """d log (U_1^2/U_2^2) = 0 as a polynomial in y."""
    right = CRITICAL + (2 - middle) * lam * y**2
    scale = 2 * (1 - lam) / ((1 + y) * (1 + y**2) * (1 + lam * y) * (1 + lam**2 * y**2))
    return equality(SLOPE, scale * right, {lam: positive, y: positive})


def _maximum(total: Assertion, gap: Assertion, quotient: Assertion, sign: int = 1) -> Assertion:
    """The quotient at the critical point, by sum and difference of big and small."""
    big, small = BIG, SMALL
    right = phi(SUM_ELL * SUM_Z, sign * sympy.sqrt((SUM_ELL**2 - 4) * (SUM_Z**2 - 4)))

    half_sum, half_gap = sympy.symbols("S D", positive=True)  # ell, z > 1: big > small
    letters = {big: half_sum + half_gap, small: half_sum - half_gap}

    def put_in(e: Any) -> Any:
        e = e.subs(gap.right_of((big - small) ** 2), 4 * half_gap**2)
        e = e.subs(total.right_of(big + small), 2 * half_sum)
        return e.subs(letters)

    above_one: Domain = {ell: beyond_one, z: beyond_one}
    return equality(
        QUOTIENT,
        right,
        above_one,
        given=(quotient.rewriting(), put_in),
        normal=lambda e: sympy.expand(sympy.numer(sympy.together(e))),
    )


@cache
def _cases() -> list[tuple[Fraction, Fraction, Fraction]]:
    """(s_1, s_2, delta) with delta outside [s_1, s_2], a third of them within 1e-6 of the boundary."""
    rng = random.Random(3)
    found = [(Fraction(3), Fraction(301, 100), Fraction(1)), (Fraction(1), Fraction(2), Fraction(10))]
    while len(found) < CASES:
        low = Fraction(rng.randint(1, 30), rng.randint(1, 10))
        high = low * (1 + Fraction(rng.randint(1, 20), rng.choice((8, 20, 60))))
        shift = rng.choice((low, high)) * Fraction(rng.choice((1, 2, 5, 9, 11, 15, 30, 60, 200)), 10)
        if low <= shift <= high:
            continue
        found.append((low, high, shift))
        inside, outside = low, 400 * high  # one fixed point at s_1 and just beyond s_2, more far away
        if alone(low, high, high + (high - low) / 1000) and not alone(low, high, outside):
            for _ in range(30):
                middle = (inside + outside) / 2
                inside, outside = (middle, outside) if alone(low, high, middle) else (inside, middle)
            found += [(low, high, inside - high / 10**6), (low, high, outside + high / 10**6)]
    return [case for case in found if not case[0] <= case[2] <= case[1]]


# Cases that are drawn, before those at the boundary.
CASES = 24


def alone(low: Fraction, high: Fraction, shift: Fraction, power: int = 2) -> bool:
    """Whether Phi says that e_1 is the only fixed point."""
    if low <= shift <= high:
        return True
    near, far = sorted((abs(low - shift), abs(high - shift)))
    with precision(BITS):
        value = enclosure(threshold(kappa), {kappa: enclosure(KAPPA, {s1: low, s2: high, delta: shift})})
        order = compare(ball((far / near) ** power), value)
    if order is Order.UNDECIDED:
        raise ArithmeticError(f"s = ({low}, {high}), delta = {shift}: on the boundary")
    return order is Order.GREATER


RANGE = ("critical", "quartic", "one-function", "symmetric", "root", "maximum")


def _range(
    critical: Assertion,
    costs: Assertion,
    one: Assertion,
    symmetric: Assertion,
    root: Assertion,
    maximum: Assertion,
    *,
    power: int = 2,
) -> Assertion:
    """The number of positive roots of the quartic: the quotient begins and ends at 1 and turns twice between."""
    # what the other steps are taken for: where costs are equal, one function of two ratios, its critical point, and its
    # value there
    sum_, kappa_ = u, kappa
    fits = (
        costs.right_of(COSTS * DENOMINATORS) == quartic,
        (one.left, one.right) == (U1 + z * U2, shape(delta * t / s1) + z * shape(s2 * t / delta)),
        symmetric.left == CRITICAL.subs({lam: ell**2, y: z / ell})
        and symmetric.right.subs({SUM_Z: sum_, SUM_ELL: kappa_}) == z**2 * (sum_**2 - kappa_ * sum_ - 4),
        (root.left, root.right) == (LETTERS[u] ** 2 - kappa * LETTERS[u], 4),
        maximum.right_of(QUOTIENT)
        .subs({SUM_ELL: kappa_, SUM_Z: sum_})
        .subs(sympy.sqrt((kappa_**2 - 4) * (sum_**2 - 4)), g)
        == LETTERS[PHI],
    )
    rho = sympy.Symbol("rho", positive=True)
    sizes = [sympy.Abs(each - delta) for each in (s1, s2)]
    values = {rho: (sympy.Max(*sizes) / sympy.Min(*sizes)) ** power}
    right = sympy.Piecewise((0, rho > PHI), (2, rho < PHI))

    def check(_: Any, __: Any) -> Finding:
        polynomial = sympy.Poly(CRITICAL, y)
        signs = [
            1 if nonnegative(each) else -1 if nonnegative(-each) else 0 for each in polynomial.all_coeffs()
        ]
        turns = sum(1 for a, b in pairwise(signs) if a * b < 0)
        middle = sympy.expand(CRITICAL.subs({lam: ell**2}).subs(y, 1 / ell))
        ends = [sympy.limit(U1 / U2, t, to, side) for to, side in ((0, "+"), (sympy.oo, "-"))]
        known = (
            sympy.expand(critical.right_of(SLOPE).subs(lam, 1)) == 0
        )  # no factor of the slope but 1 - lambda and CRITICAL
        known = known and algebraic(critical.right / CRITICAL).subs({lam: 2, y: 1}) != 0
        passed = (
            known
            and all(fits)
            and 0 not in signs
            and turns == 2
            and nonnegative(-middle)
            and ends == [1, 1]
            and power == 2
        )
        return Finding(
            bool(passed),
            f"the quotient is {ends} at the ends; the critical polynomial has {turns} changes of sign (Descartes) "
            f"and is negative between: two critical points, the largest value and its inverse",
        )

    def sturm() -> Finding:
        cases = _cases()
        for case in cases:
            at = dict(zip((s1, s2, delta), map(sympy.Rational, case), strict=True))
            roots = int(sympy.Poly(quartic.subs(at), t).count_roots(0, sympy.oo))
            if roots != (0 if alone(*case, power) else 2):
                return Finding(False, f"s = ({case[0]}, {case[1]}), delta = {case[2]}: {roots} roots")
        return Finding(
            True, f"Sturm's count of positive roots in {len(cases)} rational cases, against Phi in balls"
        )

    roots, where = sympy.Function("n")(quartic), {**LETTERS, **values}
    made = asserted("equality", roots, "=", right, {}, check, where=where, second_road=sturm)
    return made.under(IN_ORDER, OUTSIDE)


def _at_one(value: Any = -4) -> Assertion:
    """The critical polynomial where the first argument is 1, and where the second is."""
    first, second = CRITICAL.subs(y, 1) / lam, CRITICAL.subs(y, 1 / lam) * lam
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
    sum_z, sum_ell, big, small = SUM_Z, SUM_ELL, BIG, SMALL
    root = (kappa + sympy.sqrt(kappa**2 + 16)) / 2
    symmetric = CRITICAL.subs({lam: ell**2, y: z / ell})
    known = {
        "quartic": equality(COSTS * DENOMINATORS, quartic, POSITIVE),
        "one-function": equality(U1 + z * U2, shape(delta * t / s1) + z * shape(s2 * t / delta), POSITIVE),
        "critical": _critical(),
        "symmetric": equality(symmetric, z**2 * (sum_z**2 - sum_ell * sum_z - 4), POSITIVE),
        "root": equality(root**2 - kappa * root, 4, {kappa: positive}),
        "quotient": equality(QUOTIENT, (1 + 2 / small) / (1 + 2 / big), POSITIVE),
        "sum": equality(big + small, sum_ell * sum_z, POSITIVE),
        "difference": equality((big - small) ** 2, (sum_ell**2 - 4) * (sum_z**2 - 4), POSITIVE),
    }
    largest = _maximum(known["sum"], known["difference"], known["quotient"])
    uniform = (s1**2 - delta**2) / sympy.sqrt(s1**2 + delta**2)
    return told(
        __file__,
        "shifted-diagonal-range",
        steps={
            **known,
            "maximum": follows(_maximum, "sum", "difference", "quotient"),
            "range": follows(_range, *RANGE),
            "equal-weights": equality(
                sympy.diff(uniform, s1),
                s1 * (s1**2 + 3 * delta**2) / (s1**2 + delta**2) ** sympy.Rational(3, 2),
                POSITIVE,
            ),
            "before-one": _at_one(),
            "two-rows": follows(together, "range", "equal-weights", "before-one", under=(only_at(2, 2),)),
        },
        wrong={
            "4 for 2 in the critical polynomial": _critical(4),
            "ratio in place of its square": _range(
                *({**known, "maximum": largest}[name] for name in RANGE), power=1
            ),
            "quotient and inverse exchanged": _maximum(
                known["sum"], known["difference"], known["quotient"], -1
            ),
            "8 for 16 under the root": equality(
                root.subs(16, 8) ** 2 - kappa * root.subs(16, 8), 4, {kappa: positive}
            ),
            "critical polynomial at 1 with the sign turned": _at_one(4),
        },
        measurements=(_weights_at_the_limit,),
    )


PLACE, CHAINS = 140, {"shifted-diagonal-range": shifted_range}

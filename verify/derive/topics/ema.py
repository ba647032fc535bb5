"""The steady state of an exponential moving average whose input is N-periodic."""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from typing import Any

import sympy

from verify.derive.chain import Assertion, Chain, Measured
from verify.derive.definitions import from_rule, hyper, meet, rule_output
from verify.derive.evaluate import BITS, Point, enclosure, exact
from verify.derive.joins import follows, reindexing, together
from verify.derive.letters import N, b1, b2, g, i, j, k, m, n, over, s, t, v
from verify.derive.measure import DIGITS, agreement, formula, number
from verify.derive.points import Domain, below, indexed, positive, signed, unit, whole
from verify.derive.prose import told
from verify.derive.roads import bijection, equality, induction, recursion
from verify.derive.sums import canonical
from verify.numbers.systems.balls import BALLS, ball, precision
from verify.numbers.systems.mpf import MPF, digits
from verify.optimizers.rules import RULES

T = sympy.Function("T", real=True)
m0 = sympy.Symbol("m_0", real=True)

SCALARS: Domain = {b1: unit, b2: unit, m: signed, v: positive, g: indexed(signed), t: whole(1, 9)}
PERIODIC: Domain = {b1: unit, N: whole(1, 7), i: below(N), g: indexed(signed, period=N)}

# The steady state, and the same sum before the factor that makes the weights add up to one.
window = over(b1**k * g[i - k], (k, N))
steady = (1 - b1) / (1 - b1**N) * window
by_sample = over(b1 ** sympy.Mod(i - j, N) * g[j], (j, N))
unrolled = b1**t * m0 + (1 - b1) * sympy.Sum(b1 ** (t - s) * g[s], (s, 1, t))


def _peeled(expression: Any) -> Any:
    """Sums up to t + 1 as sums up to t and the last term."""
    return canonical(
        expression.replace(
            lambda e: isinstance(e, sympy.Sum) and e.limits[0][2] == t + 1,
            lambda e: sympy.Sum(e.function, (s, 1, t)) + e.function.subs(s, t + 1),
        )
    )


def _grows(formula: Any, stepped: Any) -> Assertion:
    """The formula at t + 1 is one step of the optimizer from the formula at t, and at 0 it is m_0."""
    following = stepped.subs(t, t + 1).subs(m, formula)

    def run(point: Point) -> tuple[bool, str]:
        with precision(BITS):
            step, h = RULES["adam"].step(BALLS), hyper("adam", enclosure(b1, point), ball(0), ball(1))
            value, dummy = enclosure(m0, point), ball(1)
            for time in range(1, int(exact(t, point)) + 1):
                _, (value, _) = step(ball(point[g](time)), None, (value, dummy), h)
            return meet(value, enclosure(formula, point)), "the rule run t times in balls"

    domain = {**SCALARS, m0: signed}
    return recursion(sympy.Symbol("m_t"), formula, t, m0, following, domain, normal=_peeled, holds=run)


def _telescoped(size: Any) -> Assertion:
    """The one-step defect of the steady state, summed."""
    defect = steady - b1 * steady.subs(i, i - 1)
    difference = over(b1**k * g[i - k] - b1 ** (k + 1) * g[i - (k + 1)], (k, size))
    return equality(defect, (1 - b1) / (1 - b1**N) * difference, PERIODIC, normal=canonical)


def _solves(defect: Assertion, telescoping: Assertion) -> Assertion:
    """The candidate is one step of the definition from itself, one position earlier."""
    terms = {T: lambda age: b1**age * g[i - age], n: N}
    return equality(
        defect.left,
        (1 - b1) * g[i],
        PERIODIC,
        given=(defect.rewriting(), telescoping.rewriting(terms), _periodic),
    )


def _by_sample(lags: Assertion) -> Assertion:
    """The candidate as a sum over samples: the indices go through the bijection."""
    turned = over(b1**k * g[sympy.Mod(i - k, N)], (k, N))
    factor = (1 - b1) / (1 - b1**N)
    return equality(factor * by_sample, factor * turned, PERIODIC, given=(reindexing(lags),))


def _periodic(expression: Any) -> Any:
    return expression.subs(g[i - N], g[i])


def _forgetting() -> Measured:
    """The factor by which m approaches its steady state in a step, from the optimizer's own rule."""
    steps, rate = 400, Fraction(3, 5)
    values = [Fraction(3), Fraction(-1, 2), Fraction(2, 7)]
    with digits(DIGITS):
        step, h = RULES["adam"].step(MPF), hyper("adam", number(rate), number(rate), number(0))
        wanted = [
            formula(steady, {b1: rate, N: 3, i: phase, g: lambda a: values[int(a) % 3]}) for phase in range(3)
        ]
        value, gaps = number(5), []
        for time in range(steps):
            _, (value, _) = step(number(values[time % 3]), None, (value, number(1)), h)
            gaps.append(abs(value - wanted[time % 3]))
        return agreement(
            "factor by which m approaches its steady state in a step (beta_1 = 3/5, N = 3)",
            number(rate),
            (gaps[-1] / gaps[0]) ** (1 / number(steps - 1)),
            # m is known to DIGITS digits and the last gap is rate^steps of it: so many digits are left
            number(Fraction(1, 10)) ** (DIGITS - 5) / number(rate) ** steps,
            f"steps 1 to {steps}",
        )


@cache
def ema_steady_state() -> Chain:
    """m_i -> (1-b)/(1-b^N) sum_j b^((i-j) mod N) g_j."""
    gt, moment = g[t], rule_output("adam", "m", g[t])
    return told(
        __file__,
        "ema-steady-state",
        steps={
            "first": from_rule("adam", "m", gt, b1 * m + (1 - b1) * gt, SCALARS),
            "second": from_rule("adam", "v", gt, b2 * v + (1 - b2) * gt**2, SCALARS),
            "unrolled": follows(lambda first: _grows(unrolled, first.right_of(moment)), "first"),
            "forgets": follows(
                lambda first: equality(
                    first.right_of(moment).subs(m, m + m0) - first.right, b1 * m0, {**SCALARS, m0: signed}
                ),
                "first",
            ),
            "telescoping": induction(
                T(k) - T(k + 1), k, n, T(0) - T(n), {T: indexed(signed), n: whole(0, 9)}
            ),
            "defect": _telescoped(N),
            "fixed": follows(_solves, "defect", "telescoping"),
            "lags": bijection(
                sympy.Mod(i - j, N), j, sympy.Mod(i - k, N), k, N, {N: whole(1, 12), i: below(N)}
            ),
            "by-sample": follows(_by_sample, "lags"),
            "weights": induction(b1**k, k, n, (1 - b1**n) / (1 - b1), {b1: unit, n: whole(0, 9)}),
            "steady-state": follows(
                together, "second", "unrolled", "forgets", "fixed", "by-sample", "weights"
            ),
        },
        wrong={
            "exponent j - i for i - j": equality(
                over(b1 ** sympy.Mod(j - i, N) * g[j], (j, N)),
                over(b1**k * g[sympy.Mod(i - k, N)], (k, N)),
                PERIODIC,
                normal=canonical,
            ),
            "N - 1 for N in the normalization": equality(
                (1 - b1) / (1 - b1 ** (N - 1)) * (g[i] - b1**N * g[i - N]),
                (1 - b1) * g[i],
                {**PERIODIC, N: whole(2, 7), i: below(N), g: indexed(signed, period=N)},
                given=(_periodic,),
            ),
            "start forgotten one step late": _grows(unrolled.subs(b1**t * m0, b1 ** (t - 1) * m0), moment),
            "weights without the last term": induction(
                b1**k, k, n, (1 - b1 ** (n - 1)) / (1 - b1), {b1: unit, n: whole(0, 9)}
            ),
        },
        measurements=(_forgetting,),
    )


PLACE, CHAINS = 10, {"ema-steady-state": ema_steady_state}

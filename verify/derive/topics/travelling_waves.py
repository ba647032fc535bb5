"""Constant steps: margins grow by r a step for ever, along a wave that is exact at every step size."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import cache
from typing import Any

import mpmath
import sympy

from verify.derive.analysis import limit
from verify.derive.chain import Assertion, Chain, Finding, Measured
from verify.derive.definitions import from_rule, hyper, rule_output
from verify.derive.hypotheses import CONSTANT, CYCLIC, EXPONENTIAL, Under, condition, words
from verify.derive.joins import follows, joined, together
from verify.derive.letters import N, b1, b2, eta, g, m, t, v
from verify.derive.measure import DIGITS, agreement, number, order_of, weights
from verify.derive.points import Domain, indexed, positive, signed, unit, whole
from verify.derive.prose import told
from verify.derive.roads import algebraic, equality
from verify.derive.topics.finite_beta2 import NONSINGULAR, finite_beta2
from verify.derive.topics.growth_steps import in_a_ball
from verify.numbers.systems.mpf import MPF, digits
from verify.optimizers.mean_update import NO_REST, mean_update
from verify.optimizers.rules import RULES

a, f, F, r, rho, V = sympy.symbols("a f F r rho V", positive=True)
M = sympy.Symbol("M", real=True)

GRADIENTS: Domain = {b1: unit, b2: unit, m: signed, v: positive, g: indexed(signed), t: whole(1, 9)}
SEEN = (
    condition(b1 * rho < 1, text="beta_1 exp(r) < 1"),
    condition(b2 * rho**2 < 1, text="beta_2 exp(2 r) < 1"),
)
BETAS = Under({b1: unit, b2: unit, rho: lambda rng, point: 1 + unit(rng, point) / 4}, *SEEN)
BELOW = words("beta_1^2 < beta_2")
STAYS = words(
    "as steps grow the common cost at the rates of a wave, without K, stays above a positive number"
)
COSTS = words("every row of the support has the cost r/eta, and every other row more")

MOMENTS = [rule_output("adam", moment, g[t]) for moment in "mv"]
share_m, share_v = (1 - b1) / (1 - b1 * rho), (1 - b2) / (1 - b2 * rho**2)
K = share_m * sympy.sqrt((1 - b2 * rho**2) / (1 - b2))


def _moment(step: Any, letter: Any, share: Any, mean: Any, unit_of: Any, rate: Any, added: Any) -> Assertion:
    """The moment of a wave is ``share`` times that at the rate ``rate``, whose step is on the right."""
    domain = Under({**GRADIENTS, **BETAS, M: signed, V: positive}, *SEEN)
    return equality(
        step.subs(letter, unit_of * share * mean), share * (rate * mean + (1 - rate) * added), domain
    )


def degree(power: int = 2) -> Assertion:
    """The update is the same where g and m are multiplied by a, and v by a^power."""
    u = rule_output("adam", "u", g[t])
    scaled = u.subs({m: a * m, v: a**power * v, g[t]: a * g[t]}, simultaneous=True)
    return equality(scaled, u, {**GRADIENTS, a: positive})


def factor(K: Any = K) -> Assertion:
    domain = Under({**BETAS, M: signed, V: positive}, *SEEN)

    def positive_parts(side: Any) -> Any:
        A, B = sympy.symbols("A B", positive=True)
        return side.subs({1 - b2: A, 1 - b2 * rho**2: B})

    left, right = share_m * M / sympy.sqrt(share_v * V), K * M / sympy.sqrt(V)
    return equality(left, right, domain, given=(positive_parts,))


# What beta2 exp(2 r) lacks to 1 if and only if K f = r/eta, whose sides are positive; the second moment forgets it.
LACKING = (1 - b2) * ((1 - b1 * rho) * r / ((1 - b1) * eta * f)) ** 2
WAVE = (K * f) ** 2 - (r / eta) ** 2, share_m**2 * f**2 / (1 - b2) * (1 - b2 * rho**2 - LACKING)


def _pace_of(rng: Any, at: Any) -> Any:
    """r of a wave at the step eta."""
    return in_a_ball(K * f * eta, at) if all(each.met(at) for each in SEEN) else at[f]


def _forgets(solved: Assertion) -> Assertion:
    """1 - beta2 exp(2 r) <= (1 - beta2) (r/(eta f))^2 on a wave, where K f = r/eta: its order is that of eta^-2."""
    right = (1 - b2) * (r / (eta * f)) ** 2
    domain = Under({**BETAS, eta: positive, f: positive, r: _pace_of}, *SEEN)

    def check(_: Any, __: Any) -> Finding:
        share = ((1 - b1 * rho) / (1 - b1)) ** 2
        known = solved.right_of(WAVE[0]) == WAVE[1] and algebraic(LACKING - right * share) == 0
        return Finding(known, "at K f = r/eta, with (1 - beta1 rho)/(1 - beta1) at most 1")

    return joined([solved], 1 - b2 * rho**2, right, domain, check)


def _pace() -> Assertion:
    """The logarithm of a weight, in units that shrink by exp(r) a step, is the same after an epoch."""
    domain: Domain = {
        N: whole(1, 9), r: positive, eta: positive, F: lambda rng, point: point[r] / point[eta],
    }  # fmt: skip
    return equality(N * r - eta * N * F, 0, domain, given=(lambda e: e.subs(F, r / eta),)).under(COSTS)


ROWS = [[Fraction(2), Fraction(-1), Fraction(1)], [Fraction(-1, 2), Fraction(3), Fraction(1, 3)]]
BETA1, BETA2 = Fraction(1, 3), Fraction(1, 2)
PAIR = "N = 2, d = 3, beta_1 = 1/3, beta_2 = 1/2"


def _mean(share: Any, rates: Sequence[Any]) -> list[Any]:
    """Adam's U at weights (share, 1 - share), by its rule in mpf."""
    gradients = [
        [-weight * number(e) for e in row] for weight, row in zip([share, 1 - share], ROWS, strict=True)
    ]
    out: list[Any] = [None] * len(ROWS[0])
    moments = hyper("adam", rates[0], rates[1], number(0))
    mean_update(RULES["adam"], MPF)(gradients, [[None] * len(out)] * 2, moments, out, [NO_REST] * 2)
    return out


def _costs(field: Sequence[Any]) -> list[Any]:
    return [sum((number(e) * u for e, u in zip(row, field, strict=True)), number(0)) for row in ROWS]


def _wave(growth: Any) -> tuple[list[Any], Any]:
    """U / K of the wave of growth r, and its step size r / (K f)."""
    up = MPF.exp(growth)
    p, q = number(BETA1) * up, number(BETA2) * up * up

    def apart(share: Any) -> Any:
        one, other = _costs(_mean(share, (p, q)))
        return one - other

    share = mpmath.findroot(apart, (number(Fraction(1, 4)), number(Fraction(3, 4))), solver="anderson")
    field = _mean(share, (p, q))
    factor = (1 - number(BETA1)) / (1 - p) * MPF.sqrt((1 - q) / (1 - number(BETA2)))
    return field, growth / (factor * _costs(field)[0])


def _unit(vector: Sequence[Any]) -> list[Any]:
    size = MPF.sqrt(sum((e * e for e in vector), number(0)))
    return [e / size for e in vector]


def _gap(one: Sequence[Any], other: Sequence[Any]) -> Any:
    pairs = zip(_unit(one), _unit(other), strict=True)
    return MPF.sqrt(sum(((p - q) ** 2 for p, q in pairs), number(0)))


def _run() -> Measured:
    """r of a run at the constant step 1/10 on the exponential loss, beside that of the equations."""
    with digits(DIGITS):
        step = Fraction(1, 10)
        r = mpmath.findroot(
            lambda growth: _wave(growth)[1] - number(step), (number(step), 2 * number(step)), solver="secant"
        )
        betas = {"beta1": BETA1, "beta2": BETA2}
        *_, before, after = weights("adam", ROWS, [1000, 2000], lr=step, batch_size=1, **betas)
        moved = [x - y for x, y in zip(after, before, strict=True)]
        return agreement(
            "r of a run at eta = 1/10, and of the wave", r, _costs(moved)[0] / 1000,
            number(Fraction(1, 10**50)), f"steps 1001 to 2000, {PAIR}",
        )  # fmt: skip


def _large() -> Measured:
    """How fast the direction comes to AdamProxy's, along waves with beta2 exp(2 r) = 1 - 10^-k."""
    with digits(DIGITS):
        still = [(number(1) - gap, gap) for gap in (number(Fraction(1, 10**k)) for k in range(4, 22, 2))]
        waves = [_wave(MPF.log(q / number(BETA2)) / 2) for q, _ in still]
        last = _wave(MPF.log((1 - number(Fraction(1, 10**45))) / number(BETA2)) / 2)[0]
        return order_of(
            "order of the gap to AdamProxy's direction in 1/eta", 2,
            [(1 / step, _gap(field, last)) for field, step in waves], f"eta up to 1e10, {PAIR}",
        )  # fmt: skip


def _small() -> Measured:
    """How fast the direction comes to the game's as steps get small."""
    with digits(DIGITS):
        waves = [_wave(number(Fraction(1, 10**k))) for k in range(3, 13)]
        game = _wave(number(Fraction(1, 10**60)))[0]
        return order_of(
            "order of the gap to the game's direction in eta", 1,
            [(step, _gap(field, game)) for field, step in waves], f"r = 1e-3 .. 1e-12, {PAIR}",
        )  # fmt: skip


@cache
def travelling_waves() -> Chain:
    """F_i = r/eta with U = K times Adam's epoch map at beta1 exp(r), beta2 exp(2 r)."""
    gt = g[t]
    whole_map = ("first-in-units", "second-in-units", "factor")
    return told(
        __file__,
        "travelling-waves",
        steps={
            "degree": degree(),
            "first": from_rule("adam", "m", gt, b1 * m + (1 - b1) * gt, GRADIENTS),
            "second": from_rule("adam", "v", gt, b2 * v + (1 - b2) * gt**2, GRADIENTS),
            "first-in-units": follows(
                lambda first: _moment(first.right_of(MOMENTS[0]), m, share_m, M, rho, b1 * rho, gt), "first"
            ),
            "second-in-units": follows(
                lambda second: _moment(second.right_of(MOMENTS[1]), v, share_v, V, rho**2, b2 * rho**2, gt**2), "second"
            ),
            "factor": factor(),
            "pace": _pace(),
            "exact": follows(together, "degree", *whole_map, "pace", under=(EXPONENTIAL, CYCLIC, CONSTANT)),
            "small-steps": limit(K, rho, 1, 1, {b1: unit, b2: unit}),
            "solved": equality(*WAVE, Under({**BETAS, r: positive, eta: positive, f: positive}, *SEEN)),
            "forgets": follows(_forgets, "solved"),
            "large-steps": follows(
                together, "exact", "small-steps", "forgets", "finite-beta2:moved", under=(BELOW, STAYS, NONSINGULAR)
            ),
        },
        wrong={
            "v of the degree of m": degree(power=1),
            "K = 1": factor(sympy.Integer(1)),
            "v in the units of m": _moment(
                MOMENTS[1], v, share_v, V, rho, b2 * rho**2, gt**2
            ),
        },
        measurements=(_run, _large, _small),
        others=(finite_beta2(),),
    )  # fmt: skip


PLACE, CHAINS = 130, {"travelling-waves": travelling_waves}

"""Scaled-Rademacher data: per-sample Adam becomes weighted normalized GD, and its limit is the l2 one."""

from __future__ import annotations

from fractions import Fraction
from functools import cache, partial

import sympy

from verify.derive.chain import Assertion, Chain, Measured
from verify.derive.definitions import rule_output
from verify.derive.hypotheses import EQUILIBRIUM, RADEMACHER, SEPARABLE, WEIGHTS_CONVERGE
from verify.derive.joins import follows, together
from verify.derive.letters import N, b1, b2, c, i, j, k, l, n, over, v, x
from verify.derive.measure import ADAM, DIGITS, agreement, number, weights
from verify.derive.points import Domain, below, indexed, positive, unit, whole
from verify.derive.prose import told
from verify.derive.roads import algebraic, bijection, equality, inequality
from verify.derive.sums import canonical
from verify.derive.topics.ema import ema_steady_state
from verify.derive.topics.epoch import constant
from verify.derive.topics.epoch_bound import epoch_bound
from verify.derive.topics.rademacher_assertions import (
    CONSTANT,
    SIGNS,
    WEIGHTS,
    C,
    V,
    a,
    euclidean,
    free_of_beta1,
    h,
    lag,
    lagged,
    moment_bound,
    positive_cost,
    random_square,
    replaced,
    sigma,
    signs_squared,
    squares,
    weight,
    weight_bound,
)
from verify.numbers.systems.mpf import digits

# Orthogonal rows, so that the l2-max-margin point is the sum of x_i / ||x_i||^2: (7, 3, 5, 1) / 16.
ROWS = [[Fraction(size * sign) for sign in signs] for size, signs in zip(
    (1, 2, 4), ((1, 1, 1, 1), (1, -1, 1, -1), (1, 1, -1, -1)), strict=True
)]  # fmt: skip


def _direction(name: str, epochs: int) -> Measured:
    steps = 1 if name == "adam-proxy" else len(ROWS)
    start = [Fraction(1, 7), Fraction(0), Fraction(-1, 3), Fraction(0)]
    hyper = ADAM if name == "adam" else {}
    with digits(DIGITS):
        times = (epochs - 1) * steps, epochs * steps
        early, late = weights(name, ROWS, times, lr=Fraction(1, 5), start=start, **hyper)
        found = (late[1] - early[1]) / (late[0] - early[0])
        return agreement(
            f"second over first coordinate of the increments of {name}, where (7, 3, 5, 1) is l2-max-margin",
            number(3) / 7,
            found,
            number(Fraction(1, 10**20)),
            f"epoch {epochs} at eta = 1/5, N = 3, d = 4",
        )


def _published(total: Assertion) -> Assertion:
    """The constant of the epoch map, by sums of powers."""
    powers = {b1: b2, n: N}
    return equality(
        constant(),
        CONSTANT,
        {b1: unit, b2: unit, N: whole(1, 6)},
        given=(total.rewriting({n: N}), total.rewriting(powers)),
    )


@cache
def scaled_rademacher() -> Chain:
    """Weights of weighted normalized GD and their bounds; equilibria are l2-max-margin."""
    g = -c[j] * a[j] * sigma[j, k]
    numerator = over(b1**lag * c[j] * x[j, k], (j, N))
    rows = c[j] * a[j] * sigma[j, k]
    sizes: Domain = {N: whole(1, 5), a: indexed(positive), c: indexed(positive)}
    total = over(a[j] * c[j], (j, N))
    lagrange = over((a[j] * c[j] - a[l] * c[l]) ** 2, (j, N), (l, N)) / 2
    rest = replaced(
        lambda p: isinstance(p, sympy.Indexed) and p.base == h,
        lambda p: over(a[l] * c[l], (l, N)) - a[p.indices[0]] * c[p.indices[0]],
    )
    return told(
        __file__,
        "scaled-rademacher",
        steps={
            "definition": equality(
                rule_output("adam", "v", g),
                b2 * v + (1 - b2) * a[j] ** 2 * c[j] ** 2,
                {**SIGNS, j: below(N)},
                given=(lambda p: sympy.expand(p), signs_squared),
                kind="definition",
            ),
            "frozen": equality(
                over(b2**lag * rows**2, (j, N)), lagged, SIGNS, normal=canonical, given=(signs_squared,)
            ),
            "combination": equality(
                C / N * over(numerator / sympy.sqrt(V[i]), (i, N)),
                over(weight * c[j] * x[j, k], (j, N)),
                {**WEIGHTS, V: indexed(random_square)},
                normal=canonical,
            ),
            "moment-above": moment_bound(True, sympy.Integer(1)),
            "moment-below": moment_bound(False, b2 ** (N - 1)),
            "weight-below": follows(partial(weight_bound, False), "moment-above"),
            "weight-above": follows(partial(weight_bound, True), "moment-below"),
            "constant": follows(_published, "ema-steady-state:weights"),
            "lags": bijection(
                sympy.Mod(i - j, N), i, sympy.Mod(j + k, N), k, N, {N: whole(1, 9), j: below(N)}
            ),
            "at-least": follows(partial(free_of_beta1, False), "lags", "weight-below"),
            "at-most": follows(partial(free_of_beta1, True), "lags", "weight-above"),
            "sums": inequality(
                total**2, N * over(a[j] ** 2 * c[j] ** 2, (j, N)), lagrange, sizes, normal=canonical
            ),
            "squares": inequality(
                squares, total**2, over(a[j] * c[j] * h[j], (j, N)), sizes, normal=canonical, given=(rest,)
            ),
            "proxy": equality(
                rule_output("adam-proxy", "u", over(rows, (j, N)) / N, seen=over(rows**2, (j, N))),
                over(rows, (j, N)) / (N * sympy.sqrt(squares)),
                SIGNS,
                normal=algebraic,
                given=(signs_squared,),
                kind="definition",
            ),
            "cost": positive_cost().under(EQUILIBRIUM, SEPARABLE),
            "equilibrium": euclidean().under(EQUILIBRIUM),
            "direction": follows(
                together,
                *(
                    "definition",
                    "frozen",
                    "combination",
                    "moment-above",
                    "moment-below",
                    "constant",
                    "at-least",
                ),
                *(
                    "at-most",
                    "sums",
                    "squares",
                    "proxy",
                    "cost",
                    "equilibrium",
                    "epoch-residual-bound:update",
                ),
                under=(RADEMACHER, WEIGHTS_CONVERGE),
            ),
        },
        wrong={
            "upper bound of V with beta_2^(N-1)": moment_bound(True, b2 ** (N - 1)),
            "lower bound of V without beta_2^(N-1)": moment_bound(False, sympy.Integer(1)),
            "a bound above a hundred times too small": weight_bound(
                True, moment_bound(False, b2 ** (N - 1)), sympy.Rational(1, 100)
            ),
            "weights squared in the cost": positive_cost(2),
            "no factor 2 at the multipliers": euclidean(factor=1),
            "signs not squared": equality(
                over(b2**lag * rows**2, (j, N)),
                over(b2**lag * c[j] ** 2 * a[j] ** 2 * sigma[j, k], (j, N)),
                SIGNS,
                normal=canonical,
                given=(signs_squared,),
            ),
        },
        measurements=(lambda: _direction("adam", 1000), lambda: _direction("adam-proxy", 1000)),
        others=(ema_steady_state(), epoch_bound()),
    )


PLACE, CHAINS = 100, {"scaled-rademacher": scaled_rademacher}

"""The link between weights that converge and the direction: discrete steps, both losses."""

from __future__ import annotations

import random
from fractions import Fraction
from functools import cache
from typing import Any

import sympy

from verify.derive.analysis import limit
from verify.derive.chain import Assertion, Chain, Finding, Measured
from verify.derive.evaluate import exact
from verify.derive.hypotheses import TAIL, WEIGHTS_CONVERGE, Under, words
from verify.derive.joins import added, chained, follows, in_the_limit, increasing, resting, summed, together
from verify.derive.letters import s, t
from verify.derive.measure import DIGITS, agreement, number, weights
from verify.derive.points import Domain, beyond_one, indexed, positive, signed, unit, whole
from verify.derive.prose import told
from verify.derive.roads import asserted, equality, inequality
from verify.numbers.systems.mpf import MPF, digits

T = sympy.Symbol("T", integer=True, positive=True)
M, small, tau, first = sympy.symbols("M epsilon tau tau_s", positive=True)
E, y = sympy.symbols("E y", positive=True)
below, gap, rest = sympy.symbols("b g q", nonnegative=True)
F_i, F_j, off, log_i, log_j, z_i, z_j, l_i, l_j = sympy.symbols(
    "F_i F_j r a_i a_j z_i z_j l_i l_j", real=True
)
share, other = sympy.symbols("c_i c_j", positive=True)
eta, away = sympy.IndexedBase("eta", positive=True), sympy.IndexedBase("e", nonnegative=True)

UPDATES_CONVERGE = words("the updates tend to U, which is U(c*) where U is continuous at c*")
DIVERGENT = words("the steps are positive and their sum diverges")
RUN: Domain = {
    M: positive,
    small: positive,
    s: whole(1, 4),
    T: lambda rng, at: at[s] + rng.randint(1, 4),
    eta: indexed(positive),
    t: whole(0, 0),
}


def _bounded(letter: Any, low: Any, high: Any) -> Assertion:
    """The updates' distances from U in one part of the run, with the steps as weights."""
    at = {**RUN, t: lambda rng, point: 0, away: lambda rng, point: lambda index: _distance(point, int(index))}
    one = asserted(
        "inequality", away[t], "<=", letter, at, lambda _, __: Finding(True, "what M and epsilon are")
    )
    return summed(one, t, low, high, at, weight=eta[t])


def _distance(point: Any, index: int) -> Fraction:
    """At most M before the step s, and both M and epsilon after it."""
    return Fraction(min(point[M], point[small]) if index >= point[s] else point[M]) / (index + 1)


def _mean() -> Assertion:
    """sum eta_t e_t <= M tau_s + epsilon (tau_T - tau_s)."""
    parts = _bounded(M, 0, s - 1), _bounded(small, s, T - 1)
    at = {**RUN, away: lambda rng, point: lambda index: _distance(point, int(index))}
    both = added(*parts, domain=at)
    sums = sympy.Sum(eta[t], (t, 0, s - 1)), sympy.Sum(eta[t], (t, s, T - 1))
    joined = equality(both.right, M * sums[0] + small * sums[1], at, given=(_factored,))
    return chained(both, joined, domain=at)


def _factored(e: Any) -> Any:
    """Constants in front of sums."""

    def out(total: Any) -> Any:
        inside, outside = total.function.as_independent(t)[::-1], total.limits
        return inside[1] * sympy.Sum(inside[0], *outside)

    return e.replace(lambda a: isinstance(a, sympy.Sum), out)


def _short(rng: random.Random, _: Any) -> Fraction:
    """Between -log 2 and 0."""
    return -unit(rng, {}) * Fraction(69, 100)


def _costs(mean: int = 1) -> Assertion:
    """F_i - F_j = (log c_j - log c_i + l_i - l_j)/tau + (x_i - x_j).(U - w/tau).

    A weight is e^(l - z) times a factor of all, so z_i - z_j = log c_j - log c_i + l_i - l_j.
    """
    left, right = F_i - F_j, (log_j - log_i + l_i - l_j) / tau + off * mean
    given = (lambda e: e.subs(log_j, log_i + z_i - z_j - l_i + l_j).subs(off, F_i - F_j - (z_i - z_j) / tau),)
    domain: Domain = {
        tau: positive, F_i: signed, F_j: signed, z_i: signed, z_j: signed, log_i: signed,
        l_i: _short, l_j: _short,
        log_j: lambda rng, at: at[log_i] + at[z_i] - at[z_j] - at[l_i] + at[l_j],
        off: lambda rng, at: at[F_i] - at[F_j] - (at[z_i] - at[z_j]) / at[tau],
    }  # fmt: skip
    return equality(left, right, domain, given=given)


def _cheapest(costs: Assertion, logs: Assertion) -> Assertion:
    """F_i - F_j <= (log(1/c_i) + log 2)/tau + r."""
    domain: Domain = {
        tau: positive, F_i: signed, F_j: signed, off: signed, l_i: _short, l_j: _short,
        log_j: lambda rng, at: -positive(rng, at),
        log_i: lambda rng, at: at[log_j] + at[l_i] - at[l_j] - at[tau] * (at[F_i] - at[F_j] - at[off]),
    }  # fmt: skip
    known = Under(domain, log_j <= 0, local=True)
    return chained(costs, _support(logs), domain=known)


def _support(logs: Assertion, sign: int = 1) -> Assertion:
    """F_i - F_j <= (log(1/c_i) + log 2)/tau + r, as log c_j <= 0, l_i <= 0 and -l_j <= log 2 by the logarithms."""
    left, right = (log_j - log_i + l_i - l_j) / tau + off, (sympy.log(2) - sign * log_i) / tau + off
    domain: Domain = {
        tau: positive, off: signed, l_i: _short, l_j: _short,
        log_i: lambda rng, at: -positive(rng, at), log_j: lambda rng, at: -positive(rng, at),
    }  # fmt: skip

    def named(e: Any) -> Any:
        return sympy.expand_log(e.subs(sympy.log(1 / (1 + E)), l_j - sympy.log(E)), force=True)

    given = (named, lambda e: e.subs({log_j: -gap, l_i: -below, l_j: rest - sympy.log(2)}))
    made = inequality(left, right, (gap + below + rest) / tau, domain, given=given)
    return resting(made, (logs, rest), given=given)


def _vanishes(support: Assertion, mean: Assertion) -> Assertion:
    """F_i - F_j <= X epsilon in the limit for a row i with weight: log(1/c_i) <= K, and r <= X times the mean."""
    K, width = sympy.symbols("K X", positive=True)
    bound = M * first + small * (tau - first)
    letters = {log_i: below - K, off: (width * (bound - gap)) / tau - rest}
    sums = {sympy.Sum(eta[t], (t, 0, s - 1)): first, sympy.Sum(eta[t], (t, s, T - 1)): tau - first}
    names = {
        sympy.Sum(eta[t] * away[t], (t, 0, s - 1)) + sympy.Sum(eta[t] * away[t], (t, s, T - 1)): bound - gap,
        **sums,
    }
    domain: Domain = {
        K: positive, width: positive, M: positive, small: positive, first: positive, F_j: signed,
        tau: lambda rng, at: at[first] + positive(rng, at),
        off: lambda rng, at: at[width] * exact(bound, at) / at[tau] * unit(rng, at),
        log_i: lambda rng, at: -at[K] * unit(rng, at),
        F_i: lambda rng, at: at[F_j] + at[off] - unit(rng, at) * at[log_i] / at[tau],
    }  # fmt: skip
    two = sympy.log(2)
    last = inequality(
        (two - log_i) / tau + off, (K + two) / tau + width * bound / tau, (below + width * gap) / tau + rest, domain,
        given=(lambda e: e.subs(letters),),
    )  # fmt: skip
    one = chained(support, resting(last, (mean, gap), given=(lambda e: e.subs(names),)), domain=domain)
    late = {**domain, F_i: lambda rng, at: at[F_j] + at[width] * at[small] * unit(rng, at)}
    return in_the_limit(one, tau, F_i - F_j, width * small, late)


def _logistic(half: int = 2) -> Assertion:
    """1/(1 + e^z) is at least e^-z/2 where z >= 0: E = e^z = 1 + y."""
    domain = Under({E: beyond_one}, E >= 1, local=True)
    because = y / (half * (1 + y) * (2 + y))
    return inequality(1 / (half * E), 1 / (1 + E), because, domain, given=(lambda e: e.subs(E, 1 + y),))


def _logarithms(logistic: Assertion) -> Assertion:
    """-log(2 E) <= log of the weight."""
    return increasing(logistic, sympy.log, Under({E: beyond_one}, E >= 1, local=True))


def _measured() -> Measured:
    """w/tau of AdamProxy against U at the limit: two rows that are mirror images, so c* is uniform from the start."""
    rows = [[Fraction(3), Fraction(1)], [Fraction(1), Fraction(3)]]
    with digits(DIGITS):
        (w,) = weights("adam-proxy", rows, [400], lr=Fraction(1, 5), decay=Fraction(1, 2), loss="logistic")
        time = sum((number(Fraction(1, 5)) / MPF.sqrt(number(step + 2)) for step in range(400)), number(0))
        U = number(4) / (2 * MPF.sqrt(number(10)))
        return agreement(
            "w_T/tau of AdamProxy on rows (3, 1), (1, 3), logistic loss: U(1/2, 1/2) in each coordinate",
            U, w[0] / time, number(Fraction(1, 10**100)), "400 steps, eta = (t+2)^(-1/2)/5",
        )  # fmt: skip


@cache
def limit_weights() -> Chain:
    """If the weights converge, the limit is an equilibrium and w_t/tau tends to U there."""
    return told(
        __file__,
        "limit-weights",
        steps={
            "mean": _mean().under(DIVERGENT),
            "tends": limit(
                (M * first + small * (tau - first)) / tau,
                tau,
                sympy.oo,
                small,
                {M: positive, small: positive, first: positive},
            ),
            "costs": _costs(),
            "logistic": _logistic(),
            "logarithms": follows(_logarithms, "logistic"),
            "support": follows(_cheapest, "costs", "logarithms"),
            "limit": follows(_vanishes, "support", "mean"),
            "ratio": limit((1 / (1 + E)) / (1 / E), E, sympy.oo, sympy.Integer(1), {}),
            "limit-weights": follows(
                together,
                *("mean", "tends", "costs", "support", "limit", "ratio"),
                under=(WEIGHTS_CONVERGE, UPDATES_CONVERGE, TAIL),
            ),
        },
        wrong={
            "twice the error of the direction": _costs(2),
            "the sign of the logarithm": _support(_logarithms(_logistic()), -1),
            "the logistic weight at least the exponential one": _logistic(1),
        },
        measurements=(_measured,),
    )


PLACE, CHAINS = 115, {"limit-weights": limit_weights}

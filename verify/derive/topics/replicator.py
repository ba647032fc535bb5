"""The margin game's dynamics: the replicator equation and its Jacobian at an equilibrium."""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from typing import Any

import sympy

from verify.derive.analysis import expansion
from verify.derive.chain import Assertion, Chain
from verify.derive.definitions import rule_output
from verify.derive.evaluate import BITS, Point, enclosure
from verify.derive.hypotheses import EQUILIBRIUM, TAIL, words
from verify.derive.joins import follows, together
from verify.derive.letters import N, c, d, i, j, k, l, over, x
from verify.derive.points import Domain, below, indexed, positive, signed, simplex, whole
from verify.derive.prose import told
from verify.derive.roads import equality, inequality, rewriting
from verify.derive.sums import canonical
from verify.derive.topics.epoch import outside
from verify.derive.topics.replicator_runs import measured_rate
from verify.numbers.systems.balls import Order, ball, compare, precision

tau, eps = sympy.symbols("tau epsilon", real=True)
mu, Q, R = sympy.symbols("mu Q R", positive=True)
z, F_of = sympy.Function("z", real=True), sympy.Function("F", real=True)
F, G, h, S, s = (sympy.IndexedBase(name, real=True) for name in ("F", "G", "h", "S", "s"))

GAME: Domain = {
    N: whole(1, 4),
    i: below(N),
    c: simplex(N),
    F: indexed(signed),
    G: indexed(signed),
    h: indexed(signed),
}

partition = over(sympy.exp(-z(l, tau)), (l, N))
weight = sympy.exp(-z(i, tau)) / partition
mean_cost = over(c[j] * F[j], (j, N))
MARGINS_MOVE = words("the margins move by dz_i/dtau = F_i")


def _replicator(sign: int = -1) -> Assertion:
    """d c_i / d tau for c proportional to exp(-z), dz/dtau = F."""
    shares = over(sympy.exp(-z(j, tau)) * F_of(j), (j, N)) / partition
    share = sympy.Function("c", positive=True)(i, tau)
    right = sign * share * (F_of(i) - shares)
    left = sympy.Derivative(share, tau)

    def driven(expression: Any) -> Any:
        done = expression.doit()
        done = done.replace(lambda e: isinstance(e, sympy.Derivative), lambda e: F_of(e.expr.args[0]))
        return done.subs(partition, Q)

    def near(point: Point) -> tuple[bool, str]:
        """z_j = z_j(0) + F_j tau exactly; a central difference over 2^-100 errs by a multiple of 2^-200."""
        step = Fraction(1, 2**100)

        def at(time: Fraction) -> Any:
            moving = {z: lambda a, when: point[G](a) + point[F](a) * when}
            here = {**point, tau: time, F_of: point[F], **moving}
            return enclosure(weight, here), enclosure(right.xreplace({share: weight}), here)

        with precision(2 * BITS):
            slope = (at(step)[0] - at(-step)[0]) / ball(2 * step)
            gap = abs(slope - at(Fraction(0))[1])
            return compare(gap, ball(Fraction(1, 2**150))) is Order.LESS, "difference quotients in balls"

    domain: Domain = {N: whole(1, 4), i: below(N), F: indexed(signed), G: indexed(signed)}
    return equality(
        left, right, domain, normal=canonical, given=(driven,), holds=near, where={share: weight}
    ).under(TAIL, MARGINS_MOVE)


def _linear(defect: Any = 0) -> Assertion:
    """The replicator field at c + eps h, where the costs are F + eps G."""
    moved = over((c[j] + eps * h[j]) * (F[j] + eps * G[j]), (j, N))
    field = -(c[i] + eps * h[i]) * (F[i] + eps * G[i] - moved)
    first = -h[i] * (F[i] - mean_cost) - c[i] * (G[i] - over(h[j] * F[j] + c[j] * G[j], (j, N)) + defect)
    return expansion(field, eps, (-c[i] * (F[i] - mean_cost), first), GAME, normal=canonical)


def _at_equilibrium(slack_weight: Any = 1) -> Assertion:
    """The linear part where F_j = mu + s_j, c_j s_j = 0, and h sums to 0."""
    first = -h[i] * (F[i] - mean_cost) - c[i] * (G[i] - over(h[j] * F[j] + c[j] * G[j], (j, N)))
    right = -slack_weight * h[i] * s[i] - c[i] * (
        G[i] - over(c[j] * G[j], (j, N)) - over(h[j] * s[j], (j, N))
    )

    def hypotheses(expression: Any) -> Any:
        e = rewriting(F, lambda at: mu + s[at])(expression)
        e = e.replace(lambda a: isinstance(a, sympy.Sum), lambda a: _by_terms(a))
        return sympy.expand(e)

    def point_slack(rng: Any, point: Point) -> Any:
        """Slack for odd rows; weights there vanish (see `weights`)."""
        values = {a: positive(rng, point) for a in range(8)}
        return lambda a: values[int(a)] if int(a) % 2 else Fraction(0)

    def weights(rng: Any, point: Point) -> Any:
        size = point[N]
        parts = [positive(rng, point) if a % 2 == 0 else Fraction(0) for a in range(size)]
        return lambda a: parts[int(a)] / sum(parts)

    def moves(rng: Any, point: Point) -> Any:
        size = point[N]
        parts = [signed(rng, point) for _ in range(size - 1)]
        return lambda a: [*parts, -sum(parts, Fraction(0))][int(a)]

    domain: Domain = {
        N: whole(2, 5),
        i: below(N),
        mu: positive,
        s: point_slack,
        c: weights,
        h: moves,
        G: indexed(signed),
        F: lambda _, point: lambda a: point[mu] + point[s](a),
    }
    return equality(first, right, domain, normal=canonical, given=(hypotheses,))


def _by_terms(total: Any) -> Any:
    """A sum split by terms, with sum c = 1, sum h = 0 and c_j s_j = 0."""
    ((index, low, high),) = total.limits
    out = sympy.Integer(0)
    for term in sympy.Add.make_args(sympy.expand(total.function)):
        free, inner = term.as_independent(index, as_Add=False)
        if inner == c[index]:
            out += free
        elif inner == h[index] or (inner.has(c) and inner.has(s)):
            continue
        else:
            out += free * sympy.Sum(inner, (index, low, high))
    return out


def _field_derivative(cube: int = 3) -> Assertion:
    """AdamProxy's U_k along c + eps h; s_k = (X'c)_k and S_k = sum_j c_j^2 x_jk^2."""
    numerator = over((c[j] + eps * h[j]) * x[j, k], (j, N))
    squares = over((c[j] + eps * h[j]) ** 2 * x[j, k] ** 2, (j, N))
    still = over(c[j] ** 2 * x[j, k] ** 2, (j, N))
    field = -rule_output("adam-proxy", "u", -numerator, seen=squares)
    value = over(c[j] * x[j, k], (j, N)) / sympy.sqrt(still)
    slope = over(h[j] * x[j, k], (j, N)) / sympy.sqrt(still)
    slope = slope - over(c[j] * x[j, k], (j, N)) * over(
        c[j] * h[j] * x[j, k] ** 2, (j, N)
    ) / still ** sympy.Rational(cube, 2)
    domain: Domain = {
        N: whole(1, 4),
        k: whole(0, 2),
        c: indexed(positive),
        h: indexed(signed),
        x: indexed(signed),
    }
    return expansion(field, eps, (value, slope), domain, normal=lambda e: canonical(e.subs(still, Q)))


def _homogeneous(power: int = 1) -> Assertion:
    """AdamProxy's U at q c."""
    numerator, squares = over(c[j] * x[j, k], (j, N)), over(c[j] ** 2 * x[j, k] ** 2, (j, N))
    here = rule_output("adam-proxy", "u", -numerator, seen=squares)
    scaled = over(Q * c[j] * x[j, k], (j, N)), over(Q ** (2 * power) * c[j] ** 2 * x[j, k] ** 2, (j, N))
    there = rule_output("adam-proxy", "u", -scaled[0], seen=scaled[1])
    domain: Domain = {N: whole(1, 4), k: whole(0, 2), c: indexed(positive), x: indexed(signed), Q: positive}
    return equality(there, here, domain, given=(outside,))


def _monotone(power: int = 2) -> Assertion:
    """h'DF h for normalized GD, times |s|^3, with r = X'h and s = X'c."""
    r = sympy.IndexedBase("r", real=True)
    left = over(r[k] * s[k], (k, d)) ** power
    right = over(r[k] ** 2, (k, d)) * over(s[k] ** 2, (k, d))
    lagrange = over((r[k] * s[l] - r[l] * s[k]) ** 2, (k, d), (l, d)) / 2
    return inequality(
        left, right, lagrange, {d: whole(1, 4), r: indexed(signed), s: indexed(signed)}, normal=canonical
    )


@cache
def replicator() -> Chain:
    """dc/dtau = -c (F - mean F) and its linearization."""
    return told(
        __file__,
        "replicator",
        steps={
            "equation": _replicator(),
            "simplex": equality(
                over(c[i] * (F[i] - mean_cost), (i, N)),
                mean_cost * (1 - over(c[i], (i, N))),
                {**GAME, c: indexed(positive)},
                normal=canonical,
            ),
            "linear": _linear(),
            "jacobian": _at_equilibrium().under(EQUILIBRIUM),
            "field-derivative": _field_derivative(),
            "degree": _homogeneous(),
            "monotone": _monotone(),
            "linearized": follows(
                together,
                *("equation", "simplex", "linear", "jacobian", "field-derivative", "degree", "monotone"),
            ),
        },
        wrong={
            "weights that grow with their cost": _replicator(sign=1),
            "the slack's eigenvalue doubled": _at_equilibrium(2),
            "a field that is off by one": _linear(defect=1),
            "M^2 for M^3 in the derivative": _field_derivative(cube=2),
            "degree 1 in place of 0": _homogeneous(power=2),
            "no square in Cauchy and Schwarz": _monotone(power=4),
        },
        measurements=(lambda: measured_rate(False), lambda: measured_rate(True)),
    )


PLACE, CHAINS = 110, {"replicator": replicator}

"""The margin game's dynamics: the replicator equation and its Jacobian at an equilibrium."""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from typing import Any

import sympy

from verify.derive.analysis import expansion
from verify.derive.chain import Chain, Claim, Finding, Step, Wrong
from verify.derive.definitions import rule_output
from verify.derive.evaluate import BITS, Point, enclosure
from verify.derive.letters import N, c, d, i, j, k, l, over, x
from verify.derive.points import Domain, below, indexed, positive, signed, simplex, whole
from verify.derive.roads import equality, everywhere, inequality, rewriting
from verify.derive.sums import canonical
from verify.derive.tex import tex
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

weight = sympy.exp(-z(i, tau)) / over(sympy.exp(-z(j, tau)), (j, N))
mean_cost = over(c[j] * F[j], (j, N))


def _replicator(sign: int = -1) -> Claim:
    """d c_i / d tau for c proportional to exp(-z), dz/dtau = F."""
    partition = over(sympy.exp(-z(j, tau)), (j, N))
    shares = over(sympy.exp(-z(j, tau)) * F_of(j), (j, N)) / partition
    right = sign * weight * (F_of(i) - shares)
    left = sympy.Derivative(weight, tau)

    def driven(expression: Any) -> Any:
        done = expression.doit()
        done = done.replace(lambda e: isinstance(e, sympy.Derivative), lambda e: F_of(e.expr.args[0]))
        return done.subs(partition, Q)

    def difference_quotient() -> Finding:
        """z_j = z_j(0) + F_j tau exactly; a central difference over 2^-100 errs by a multiple of 2^-200."""
        domain: Domain = {N: whole(1, 4), i: below(N), F: indexed(signed), G: indexed(signed)}

        def near(point: Point) -> tuple[bool, str]:
            step = Fraction(1, 2**100)

            def at(time: Fraction) -> Any:
                here = {
                    **point,
                    tau: time,
                    F_of: point[F],
                    z: lambda a, when: point[G](a) + point[F](a) * when,
                }
                return enclosure(weight, here), enclosure(right, here)

            with precision(2 * BITS):
                slope = (at(step)[0] - at(-step)[0]) / ball(2 * step)
                gap = abs(slope - at(Fraction(0))[1])
                return compare(gap, ball(Fraction(1, 2**150))) is Order.LESS, "difference quotients in balls"

        return everywhere(domain, near)

    claim = equality(
        left,
        right,
        {},
        normal=canonical,
        given=(driven,),
        latex=rf"c_i = {tex(weight)} \ \Longrightarrow\ \frac{{dc_i}}{{d\tau}} = -c_i \Bigl(F_i - "
        r"\sum_{j=0}^{N-1} c_j F_j\Bigr) \quad \text{if } \frac{dz_i}{d\tau} = F_i",
        second_road=difference_quotient,
    )
    return claim


def _linear(defect: Any = 0) -> Claim:
    """The replicator field at c + eps h, where the costs are F + eps G."""
    moved = over((c[j] + eps * h[j]) * (F[j] + eps * G[j]), (j, N))
    field = -(c[i] + eps * h[i]) * (F[i] + eps * G[i] - moved)
    first = -h[i] * (F[i] - mean_cost) - c[i] * (G[i] - over(h[j] * F[j] + c[j] * G[j], (j, N)) + defect)
    return expansion(field, eps, (-c[i] * (F[i] - mean_cost), first), GAME, normal=canonical)


def _at_equilibrium(slack_weight: Any = 1) -> Claim:
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


def _field_derivative(cube: int = 3) -> Claim:
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


def _homogeneous(power: int = 1) -> Claim:
    """AdamProxy's U at q c."""
    numerator, squares = over(c[j] * x[j, k], (j, N)), over(c[j] ** 2 * x[j, k] ** 2, (j, N))
    here = rule_output("adam-proxy", "u", -numerator, seen=squares)
    scaled = over(Q * c[j] * x[j, k], (j, N)), over(Q ** (2 * power) * c[j] ** 2 * x[j, k] ** 2, (j, N))
    there = rule_output("adam-proxy", "u", -scaled[0], seen=scaled[1])
    domain: Domain = {N: whole(1, 4), k: whole(0, 2), c: indexed(positive), x: indexed(signed), Q: positive}
    return equality(there, here, domain, given=(outside,))


def _monotone(power: int = 2) -> Claim:
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
    return Chain(
        name="replicator",
        title="The replicator equation of the margin game and its Jacobian",
        scope="all N and d, any field U that is differentiable at the equilibrium",
        universal=True,
        source="new",
        remarks=(
            "With the exponential tail the weights are $c_i \\propto e^{-z_i}$, and in the time $\\tau$ "
            "(the sum of the step sizes) the margins move by $dz_i/d\\tau = F_i(c) = x_i \\cdot U(c)$.",
            "At an equilibrium $F_j = \\mu + s_j$, $s_j \\ge 0$, $c_j s_j = 0$. A row off the support has "
            "the eigenvalue $-s_i$; the support's block is $-c_i (G_i - \\sum_j c_j G_j)$ on directions "
            "$h$ with sum 0, where $G = DF\\, h$. It is attracting if all of these have negative real parts.",
        ),
        steps=(
            Step("The replicator equation", _replicator(), "Quotient rule, with $dz_j/d\\tau = F_j$ put in."),
            Step(
                "It stays on the simplex",
                equality(
                    over(c[i] * (F[i] - mean_cost), (i, N)),
                    mean_cost * (1 - over(c[i], (i, N))),
                    {**GAME, c: indexed(positive)},
                    normal=canonical,
                ),
                "So the sum of $dc_i/d\\tau$ is 0 where $\\sum_i c_i = 1$.",
            ),
            Step(
                "Its linear part at any $c$",
                _linear(),
                "Derivative in $\\epsilon$ at $c + \\epsilon h$, $G = DF\\, h$.",
            ),
            Step(
                "The Jacobian at an equilibrium",
                _at_equilibrium(),
                "$\\sum_j c_j = 1$, $\\sum_j h_j = 0$, $c_j s_j = 0$. In a row off the support only $-h_i "
                "s_i$ is left: the matrix is block triangular.",
            ),
            Step(
                "The derivative of AdamProxy's field",
                _field_derivative(),
                "AdamProxy's definition and the quotient rule; $G_i = x_i \\cdot DU\\, h$.",
            ),
            Step(
                "The field has degree 0",
                _homogeneous(),
                "So its derivative along $c$ itself vanishes (Euler).",
            ),
            Step(
                "Normalized GD's game is monotone",
                _monotone(),
                "$h' DF\\, h = (\\|r\\|^2 \\|s\\|^2 - (r \\cdot s)^2)/\\|s\\|^3 \\ge 0$ with $r = X'h$, $s "
                "= X'c$: its equilibria form a convex set and none repels. AdamProxy's game is not (chain "
                "`shifted-diagonal-range`: a repelling equilibrium).",
            ),
        ),
        wrong=(
            Wrong("weights that grow with their cost", _replicator(sign=1)),
            Wrong("the slack's eigenvalue doubled", _at_equilibrium(2)),
            Wrong("a field that is off by one", _linear(defect=1)),
            Wrong("M^2 for M^3 in the derivative", _field_derivative(cube=2)),
            Wrong("degree 1 in place of 0", _homogeneous(power=2)),
            Wrong("no square in Cauchy and Schwarz", _monotone(power=4)),
        ),
        measurements=(lambda: measured_rate(False), lambda: measured_rate(True)),
    )


PLACE, CHAINS = 110, {"replicator": replicator}

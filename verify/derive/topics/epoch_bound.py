"""The residual of the epoch map tends to 0: a bound by the step size, for both losses and the schedules."""

from __future__ import annotations

import random
from dataclasses import replace
from fractions import Fraction
from functools import cache, partial
from typing import Any

import sympy

from verify.derive.chain import Assertion, Chain, Finding, Measured, handed_on
from verify.derive.evaluate import exact
from verify.derive.hypotheses import CYCLIC, NOT_INCREASING, SHIPPED_LOSS, Under, words
from verify.derive.joins import chained, follows, resting, scaled, summed, together
from verify.derive.letters import N, b1, b2, eta, g, i, j, k, l, n, over, s
from verify.derive.measure import DIGITS, order_of
from verify.derive.points import Domain, below, indexed, positive, signed, unit, whole
from verify.derive.prose import told
from verify.derive.residual_runs import RUNS, residuals, within
from verify.derive.roads import algebraic, asserted, by_derivative, equality, geometric, induction, inequality
from verify.derive.sums import canonical
from verify.derive.topics.epoch_moments import (
    TERMS,
    change,
    frozen,
    kappa,
    mean_bound,
    over_floor,
    over_root,
    root_over_floor,
    size,
    step_bound,
)
from verify.numbers.systems.mpf import digits

root, E, V, r, G, phi, U, d1, d2 = sympy.symbols("sigma E v r G varphi U d_1 d_2", positive=True)
gap, y, z, f, e, h, a, x, D, M, rest = sympy.symbols("gap y z f e h a x D M q", nonnegative=True)
mean, moved, relative = sympy.symbols("m delta epsilon", real=True)
count = sympy.Symbol("n", integer=True, nonnegative=True)
lag = sympy.Mod(i - j, N)

RESIDUAL = sympy.Symbol("e_r")
# 1 - eta_i/eta, and the updates at the positions of the epoch: the run's own, and those of frozen gradients.
SHARE = 1 - sympy.IndexedBase("eta", positive=True)[i] / eta
us, frozen_us = sympy.IndexedBase("u", real=True), sympy.IndexedBase("u^*", real=True)
MEMORY = words(
    "the memory sums of the changes of gradients are at most d_1 eta and d_2 eta, and d_2 eta <= floor/2"
)
BETAS: Domain = Under({b1: unit, b2: unit, n: whole(1, 6), g: indexed(signed)}, b1**2 < b2)


def _below(bound: Any) -> Any:
    """A function of the age with values below that of ``bound`` there."""

    def make(rng: random.Random, point: dict[Any, Any]) -> Any:
        share = indexed(unit)(rng, point)
        return lambda age: exact(bound, {**point, k: int(age)}) * share(age)

    return make


CHANGED: Domain = {G: positive, kappa: indexed(positive), size: _below(G), change: _below(kappa[k] * size[k])}
SIZES: Domain = {
    eta: unit,
    phi: unit,
    d1: positive,
    d2: unit,
    U: positive,
    D: lambda rng, p: p[d1] * p[eta] / p[phi] * unit(rng, p),
    M: lambda rng, p: p[U] * unit(rng, p),
    x: lambda rng, p: p[d2] * p[eta] / p[phi] ** 2 * unit(rng, p),
}


def _above(expression: Any) -> Any:
    """beta_2 = beta_1^2 + e."""
    return expression.subs(b2, b1**2 + r)


def cauchy_schwarz(part: int = 1) -> Assertion:
    """(sum b1^k g_k)^2 <= sum (b1^2/b2)^k sum b2^k g_k^2, with b2 = sigma^2."""
    left = over(b1**k * g[k], (k, n)) ** 2
    right = over((b1**2 / b2) ** k, (k, n)) * over(b2**k * g[k] ** 2, (k, n)) / part
    pair = b1**k * root ** (l - k) * g[l] - b1**l * root ** (k - l) * g[k]
    because = over(pair**2, (k, n), (l, n)) / 2
    return inequality(left, right, because, BETAS, normal=canonical, given=(lambda p: p.subs(b2, root**2),))


def geometric_sum() -> Assertion:
    """sum (b1^2/b2)^k = (1 - q^n)/(1 - q)."""
    q = b1**2 / b2
    return induction(q**k, k, n, (1 - q**n) / (1 - q), BETAS)


def at_most_limit() -> Assertion:
    """(1 - q^n)/(1 - q) <= 1/(1 - q), for q = b1^2/b2 < 1."""
    q, above = b1**2 / b2, b1**2 + r
    because = (b1**2 / above) ** n * above / r
    return inequality((1 - q**n) / (1 - q), 1 / (1 - q), because, BETAS, given=(_above,))


def update_bound(cauchy: Assertion, total: Assertion, limit: Assertion) -> Assertion:
    """m^2 <= U^2 v, from Cauchy and Schwarz and the geometric sum: m and v without their factors on both sides."""
    bounded = chained(total, limit, domain=BETAS)
    squares = over(b2**k * g[k] ** 2, (k, n))
    square = chained(cauchy, scaled(bounded, squares, BETAS), domain=BETAS, normal=canonical)
    return scaled(square, (1 - b1) ** 2, BETAS)


def frozen_floor(bound: Any = b2 ** (N - 1)) -> Assertion:
    """The frozen v is at least beta2^(N-1) times the sum of squares, up to the common factor."""
    lagged, squares = over(b2**lag * g[j] ** 2, (j, N)), over(g[j] ** 2, (j, N))
    return inequality(
        bound * squares,
        lagged,
        over(gap * sympy.Sum(b2**s, (s, lag, N - 2)) * g[j] ** 2, (j, N)),
        {b2: unit, N: whole(1, 5), i: below(N), g: indexed(signed)},
        normal=canonical,
        given=(lambda p: p.subs(gap, 1 - b2), geometric(b2, s)),
    )


def _term(power: int, falls: Assertion, grows: Assertion, factor: int = 1) -> Assertion:
    """A gradient of size a_k <= G that changed by f_k <= kappa_k a_k: its change, and that of its square."""
    left, right = TERMS[power]
    right = right / factor
    # G = a + h and kappa a = f + q
    one, two = kappa[k] * h + rest, (kappa[k] ** 2 + 2 * kappa[k]) * (h**2 + 2 * h * size[k])
    two += 2 * change[k] * rest + rest**2 + 2 * size[k] * rest

    def put_in(expression: Any) -> Any:
        return expression.subs(G, size[k] + h).expand().subs(rest, kappa[k] * size[k] - change[k]).expand()

    made = inequality(left, right, {1: one, 2: two}[power], {k: whole(0, 3), **CHANGED}, given=(put_in,))
    # a weight a_k = 1/(1 + E) that grows by f_k as its margin falls, or falls by f_k as that grows; y is kappa_k
    names = {
        1 / (1 + E / (1 + y)): size[k] + change[k],
        1 / (1 + E * (1 + y)): size[k] - change[k],
        1 / (1 + E): size[k],
        y: kappa[k],
    }
    given = (lambda p: p.subs(names), lambda p: p.subs(rest, kappa[k] * size[k] - change[k]))
    return resting(made, (falls, rest), (grows, rest), given=given)


def _memory(power: int, term: Assertion) -> Assertion:
    """The sum of the changes over all ages, with the weights of the moment."""
    weight = {1: b1, 2: b2}[power] ** k
    return summed(term, k, 0, n - 1, {n: whole(1, 5), b1: unit, b2: unit, **CHANGED}, weight=weight)


# u - u* at one position, and the most that this is where both parts have one sign.
QUOTIENT = (mean + moved) / sympy.sqrt(V * (1 + relative)) - mean / sympy.sqrt(V)
WORST = D / sympy.sqrt(1 - x) + M * (1 / sympy.sqrt(1 - x) - 1)


def _split(halves: int = 1) -> Assertion:
    """(m + delta)/sqrt(v (1 + eps)) less m/sqrt(v)."""
    power = sympy.Rational(halves, 2)
    right = moved / sympy.sqrt(V * (1 + relative)) + mean / sympy.sqrt(V) * ((1 + relative) ** -power - 1)
    return equality(QUOTIENT, right, {mean: signed, moved: signed, V: positive, relative: unit})


def _root(sign: int, factor: int = 1) -> Assertion:
    """|(1 + eps)^(-1/2) - 1| <= |eps| for |eps| <= 1/2; r is the root."""
    half: Domain = Under({x: unit}, x <= sympy.Rational(1, 2), local=True)
    if sign < 0:  # 1/r <= 1 + x, x = 1 - r^2, r = 7/10 + f, 1 - r = e
        because = e * (f**2 + sympy.Rational(12, 5) * f + sympy.Rational(19, 100)) / r
        letters = {e: 1 - r, f: r - sympy.Rational(7, 10), x: 1 - r**2}
        return inequality(
            1 / sympy.sqrt(1 - x), 1 + x / factor, because, half, given=(lambda p: p.subs(letters),)
        )
    letters = {f: r - 1, x: r**2 - 1}
    return inequality(
        1 - x / factor,
        1 / sympy.sqrt(1 + x),
        f * ((1 + f) ** 2 + f) / r,
        half,
        given=(lambda p: p.subs(letters),),
    )


def _position(below_root: Assertion, above_root: Assertion, quotient: Assertion) -> Assertion:
    """|u - u*| at one position: with D = |delta|/sqrt(v*), M = |m*|/sqrt(v*), x = |eps|, both ways.

    The worst is the quotient's at eps = -x; at eps = x both parts are smaller, and so is the bound.
    """
    domain: Domain = Under({x: unit, D: positive, M: positive}, x <= sympy.Rational(1, 2), local=True)
    # 1/sqrt(1 - x) = 1 + x - e by the first root, and x = 1/2 - f
    letters = {below_root.left: below_root.right - e}
    because = e * (D + M) + f * D
    made = inequality(
        WORST,
        sympy.Rational(3, 2) * D + M * x,
        because,
        domain,
        given=(lambda p: p.subs(letters), lambda p: p.subs(f, sympy.Rational(1, 2) - x)),
    )
    sizes = {moved: D * sympy.sqrt(V), mean: M * sympy.sqrt(V)}
    far, near = (quotient.right_of(QUOTIENT).subs(sizes).subs(relative, sign * x) for sign in (-1, 1))
    # at eps = x, with 1/sqrt(1 + x) = 1 - x + e: D (1 - x + e) + M (x - e), where e <= x
    less = near.subs(above_root.right, above_root.left + e)

    def check() -> Finding:
        rests = [algebraic(far - WORST), algebraic(less - (D * (1 - x + e) - M * (x - e)))]
        return Finding(False, f"not the quotient's: {rests}") if rests != [0, 0] else made.check()

    return replace(made, check=check)


def _in_steps(*parts: Assertion, doubled: int = 1) -> Assertion:
    """3/2 D + M x in eta, where D, M and x are the left sides of the parts, the last but for sqrt(v*)."""
    right = eta * (sympy.Rational(3, 2) * d1 / phi + U * d2 / phi**2) / doubled
    # d_1 eta/phi = D + a, d_2 eta/phi^2 = x + h, U = M + e
    because = sympy.Rational(3, 2) * a + M * h + e * x + e * h
    letters = {d1: (D + a) * phi / eta, U: M + e, d2: (x + h) * phi**2 / eta}
    left = sympy.Rational(3, 2) * D + M * x
    moment = sympy.Symbol("Delta", nonnegative=True)
    names = {moment / sympy.sqrt(V): D, moment / V: x}
    given = (lambda p: p.subs(names), lambda p: p.subs(letters, simultaneous=True))
    made = inequality(left, right, because, SIZES, given=given)
    return resting(made, *zip(parts, (a, h, sympy.sqrt(V) * e), strict=False), given=given)


def _of_position(position: Assertion, steps: Assertion) -> Assertion:
    """|u - u*| at one position in eta."""
    return chained(position, steps, domain=Under(SIZES, x <= sympy.Rational(1, 2), local=True))


def _linear(order: int = 2) -> Assertion:
    """Memory sums are at most linear in the step: (1 + y)^t <= 1 + t y for t = 1/(1 + z) <= 1."""
    t = sympy.Symbol("t", positive=True)
    because = z / (1 + z) ** 2 * (1 + y) ** (1 / (1 + z) - 2)
    return by_derivative(
        (1 + y) ** t, 1 + t * y, y, because, {y: positive, z: positive}, order=order, where={t: 1 / (1 + z)}
    )


u, u_frozen, o = (
    sympy.Symbol("u", real=True),
    sympy.Symbol("u^*", real=True),
    sympy.Symbol("o", nonnegative=True),
)
DRIFTED = (1 - o) * u - u_frozen


def _with_drift(position: Assertion, step: Assertion) -> Assertion:
    """(1 - o) u - u* against the bound of u - u* and U o, where o = 1 - eta_i/eta >= 0; u - u* is the quotient's."""
    bound = position.right_of(WORST)

    def put_in(p: Any) -> Any:
        return p.subs(u_frozen, u - WORST + e).subs(u, h - U).subs(f, bound - WORST)

    domain: Domain = {
        **SIZES, u: lambda rng, at: at[U] * rng.choice((-1, 1)) * unit(rng, at), o: unit,
        u_frozen: lambda rng, at: at[u] - exact(bound, at) * rng.choice((-1, 1)) * unit(rng, at),
    }  # fmt: skip
    made = inequality(DRIFTED, bound + U * o, f + e + o * h, domain, given=(put_in,))
    return resting(made, (position, f), (step, sympy.sqrt(V) * h), given=(put_in,))


def _bound(drift: Assertion, divide: int = 1) -> Assertion:
    """|e_r| <= C eta + U sum_i (1 - eta_i/eta): the sum over N positions of what each adds, of either sign."""
    bound = drift.right_of(DRIFTED)
    C, total = sympy.Symbol("C", positive=True), N * bound.subs(o, 0) / eta / divide
    drifts = over(U * SHARE, (i, N))

    def check(left: Any, right: Any) -> Finding:
        added = [canonical(left.args[0] - over(at_position(DRIFTED), (i, N)))]
        added.append(canonical(right - over(at_position(bound), (i, N))))
        return Finding(added == [0, 0], "both sides are the sums over the positions of the line before")

    def at_position(side: Any) -> Any:
        return side.subs({o: SHARE, u: us[i], u_frozen: frozen_us[i]})

    def tried() -> Finding:
        beyond = [run for run in RUNS if not within(run, divide)]
        return Finding(not beyond, f"{len(RUNS) - len(beyond)} of {len(RUNS)} runs in balls, both losses")

    letters = {RESIDUAL: over((1 - SHARE) * us[i] - frozen_us[i], (i, N)), C: total}
    made = asserted(
        "inequality", sympy.Abs(RESIDUAL), "<=", C * eta + drifts, {}, check, where=letters, second_road=tried
    )
    return made.under(*handed_on([drift]), CYCLIC, SHIPPED_LOSS, NOT_INCREASING, MEMORY)


def _order() -> Measured:
    with digits(DIGITS):
        points = [residuals(start=10**p, decay=Fraction(1, 2), loss="logistic") for p in range(4, 17, 2)]
        return order_of(
            "order of e_r in eta_rN, logistic loss, eta_t = (t+2)^(-1/2)",
            1,
            points,
            "runs of 150 epochs that begin at t = 1e4 .. 1e16",
        )


def _weights(sign: int) -> Assertion:
    """How much a logistic weight changes, against y = e^h - 1 times itself, when its margin falls or grows by h."""
    here, there = 1 / (1 + E), 1 / (1 + E / (1 + y)) if sign < 0 else 1 / (1 + E * (1 + y))
    # 1/(1 + 1/b) is b/(1 + b): a falling margin leaves y E/((1 + y + E)(1 + E)) y .., a growing one y (1 + E y)/..
    if sign < 0:
        return inequality(there - here, y * here, y * here * there, {E: positive, y: positive})
    return inequality(here - there, y * here, y * here * there * (1 + E * y), {E: positive, y: positive})


def _thousandth() -> Assertion:
    """The bound with C divided by 1000."""
    position = _of_position(_position(_root(-1), _root(1), _split()), _in_steps())
    bounded = update_bound(cauchy_schwarz(), geometric_sum(), at_most_limit())
    return _bound(_with_drift(position, step_bound(bounded)), 1000)


@cache
def epoch_bound() -> Chain:
    """|e_r| <= C eta_rN."""
    return told(
        __file__,
        "epoch-residual-bound",
        steps={
            "cauchy-schwarz": cauchy_schwarz(),
            "geometric": geometric_sum(),
            "limit": at_most_limit(),
            "update": follows(update_bound, "cauchy-schwarz", "geometric", "limit"),
            "falls": _weights(-1),
            "grows": _weights(1),
            "term": follows(partial(_term, 1), "falls", "grows"),
            "square": follows(partial(_term, 2), "falls", "grows"),
            "memory": follows(partial(_memory, 1), "term"),
            "memory-of-squares": follows(partial(_memory, 2), "square"),
            "floor": frozen_floor(),
            "quotient": _split(),
            "root-below": _root(-1),
            "root-above": _root(1),
            "position": follows(_position, "root-below", "root-above", "quotient"),
            "over-floor": follows(over_floor, "floor"),
            "root-over-floor": follows(root_over_floor, "over-floor"),
            "first": follows(partial(over_root, power=1), "memory", "root-over-floor"),
            "second": follows(partial(over_root, power=2), "memory-of-squares", "over-floor"),
            "frozen": follows(frozen, "update"),
            "mean": follows(mean_bound, "frozen"),
            "in-steps": follows(_in_steps, "first", "second", "mean"),
            "bound-of-position": follows(_of_position, "position", "in-steps"),
            "step": follows(step_bound, "update"),
            "with-drift": follows(_with_drift, "bound-of-position", "step"),
            "linear": _linear(),
            "bound": follows(_bound, "with-drift"),
            "residual": follows(together, "bound", "linear"),
        },
        wrong={
            "half of d_1 over the floor": over_root(
                _memory(1, _term(1, _weights(-1), _weights(1))),
                root_over_floor(over_floor(frozen_floor())),
                1,
                2,
            ),
            "half the bound of the update": cauchy_schwarz(2),
            "a change of half its bound": _term(1, _weights(-1), _weights(1), 2),
            "floor without its power": frozen_floor(sympy.Integer(1)),
            "the root forgotten in the quotient": _split(2),
            "half of x in the bound of the root": _root(-1, 2),
            "half the bound of a position": _in_steps(doubled=2),
            "a thousandth of C": _thousandth(),
        },
        measurements=(_order,),
    )


PLACE, CHAINS = 30, {"epoch-residual-bound": epoch_bound}

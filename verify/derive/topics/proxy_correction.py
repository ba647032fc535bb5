"""The term of first order in 1 - beta2 of per-sample Adam's epoch map, and what the order of samples does."""

from __future__ import annotations

from functools import cache
from itertools import permutations
from typing import Any

import sympy

from verify.derive.analysis import expansion, limit
from verify.derive.chain import Assertion, Chain, Finding
from verify.derive.evaluate import Point, exact
from verify.derive.hypotheses import CYCLIC, FROZEN
from verify.derive.joins import follows, together
from verify.derive.letters import N, b1, delta, g, i, j, k, l, n, over
from verify.derive.points import Domain, below, indexed, signed, unit, whole
from verify.derive.prose import told
from verify.derive.roads import algebraic, asserted, equality, everywhere, induction, instances
from verify.derive.signs import nonnegative
from verify.derive.sums import canonical
from verify.derive.topics.proxy_limit import PERIODIC, gap_order, lag, limit_map, squares, total

r = sympy.Symbol("r", integer=True, nonnegative=True)
S = sympy.Symbol("S", positive=True)


def kappa(lag_: Any, beta: Any = b1) -> Any:
    """The weight of the pair (l, j) with r = (l - j) mod N in the first-order term."""
    return lag_ + beta / (1 - beta) - N * beta ** (N - lag_) / (1 - beta**N)


def first_order(weight: Any = None) -> Any:
    """The coefficient of 1 - beta2 in U, in one coordinate."""
    weight = kappa(sympy.Mod(l - j, N)) if weight is None else weight
    pairs = over(g[l] * g[j] ** 2 * weight, (l, N), (j, N)) / (2 * squares)
    return -(pairs - (N - 1) * total / 4) / sympy.sqrt(N * squares)


def _split_lags(first_high: Any = N - r - 1) -> Assertion:
    """(k + r) mod N is k + r before the turn of the epoch and k + r - N after it."""
    blocks = ((0, first_high, k + r), (first_high + 1, N - 1, k + r - N))
    right = sympy.Add(*(sympy.Sum(b1**k * value, (k, low, high)) for low, high, value in blocks))
    left = over(b1**k * sympy.Mod(k + r, N), (k, N))

    def check(_: Any, __: Any) -> Finding:
        rest = sympy.Symbol("e", integer=True, nonnegative=True)
        for low, high, value in blocks:
            ends = (value.subs(k, low), N - 1 - value.subs(k, high))
            if not all(nonnegative(sympy.expand(sympy.sympify(end).subs(N, r + 1 + rest))) for end in ends):
                return Finding(False, f"{value} leaves 0 .. N-1 on {low} .. {high}")
        return Finding(
            True, "on each block the value increases and stays within 0 .. N-1, for all 0 <= r < N"
        )

    domain: Domain = {b1: unit, N: whole(1, 8), r: below(N)}
    return asserted("equality", left, "=", right, domain, check)


def _mean_over_orders(diagonal: Any) -> Assertion:
    """The first-order pairs averaged over all orders of the samples, by enumeration."""
    other = N / 2 - diagonal / (N - 1)
    pairs = over(g[l] * g[j] ** 2 * kappa(sympy.Mod(l - j, N)), (l, N), (j, N))
    mean = other * total * squares + (diagonal - other) * over(g[j] ** 3, (j, N))

    def gap(size: int, letters: list[Any], beta: Any) -> Any:
        orders = list(permutations(range(size)))
        value = sum(
            letters[a] * letters[b] ** 2 * kappa((order[a] - order[b]) % size, beta).subs(N, size)
            for order in orders
            for a in range(size)
            for b in range(size)
        )
        wanted = mean.subs({N: size, b1: beta}).doit()
        return value / len(orders) - wanted.xreplace({g[a]: letters[a] for a in range(size)})

    def check() -> Finding:
        for size in (2, 3):
            letters = [sympy.Symbol(f"g_{a}") for a in range(size)]
            rest = algebraic(gap(size, letters, b1))
            if rest != 0:
                return Finding(False, f"N = {size}: differs by {rest}")
        return Finding(True, "all orders for N = 2, 3 in symbols")

    def enumerate_orders(point: Point) -> tuple[bool, str]:
        size = int(exact(N, point))
        letters = [sympy.Rational(point[g](a)) for a in range(size)]
        return gap(size, letters, sympy.Rational(point[b1])) == 0, "all orders for N = 2 .. 4, exactly"

    domain: Domain = {b1: unit, N: whole(2, 4), g: indexed(signed)}
    return instances(
        "the mean over all orders of N = 2, 3 samples in symbols, of N <= 4 exactly",
        check,
        lambda: everywhere(domain, enumerate_orders),
        sympy.Function("E")(pairs),
        mean,
    )


def _lag_below(expression: Any) -> Any:
    """N = r + e with an integer e > 0."""
    return expression.subs(N, r + sympy.Symbol("e", integer=True, positive=True))


def unrooted(expression: Any) -> Any:
    """The normal form after sums of powers of integers are done and constants are out of the roots."""
    positive_squares = sympy.Symbol("S", positive=True)
    done = expression.replace(
        lambda e: isinstance(e, sympy.Sum) and not e.has(b1, g), lambda e: sympy.expand(e.doit())
    )
    return canonical(sympy.powsimp(sympy.expand(done.subs(squares, positive_squares), power_base=True)))


@cache
def proxy_correction() -> Chain:
    """U = U_0 + (1 - beta2) U_1 + O((1 - beta2)^2)."""
    decayed, decayed_squares = over((1 - delta) ** k, (k, N)), over((1 - delta) ** lag * g[j] ** 2, (j, N))
    half = sympy.Rational(1, 2)
    momentum = (1 - b1) / (1 - b1**N)
    whole_map = (
        -momentum / N * over(over(b1**lag * g[j], (j, N)) * sympy.sqrt(decayed / decayed_squares), (i, N))
    )
    powers: Domain = {b1: unit, n: whole(0, 9)}
    linear = (b1 - n * b1**n + (n - 1) * b1 ** (n + 1)) / (1 - b1) ** 2
    epoch_sum = over(b1**k, (k, N))
    closed = kappa(r) * (1 - b1**N) / (1 - b1)
    # the two blocks of the split sum, from the closed forms of sum b^k and sum k b^k
    before = linear.subs(n, N) + r * (1 - b1**N) / (1 - b1)
    turned = N * b1 ** (N - r) * (1 - b1**r) / (1 - b1)
    first_lags = n * (n - 1) / 2 + n * b1 / (1 - b1)
    first_lags = first_lags - N * b1 ** (N - n + 1) * (1 - b1**n) / ((1 - b1) * (1 - b1**N))
    all_lags = over(kappa(k), (k, N))
    sizes: Domain = {b1: unit, N: whole(1, 8), r: below(N)}
    by_lag = over(g[l] * g[j] ** 2 * b1**k * sympy.Mod(k + l - j, N), (k, N), (l, N), (j, N))
    return told(
        __file__,
        "proxy-correction",
        steps={
            "first-order": expansion(
                whole_map,
                delta,
                (
                    -momentum * epoch_sum * total / sympy.sqrt(N * S),
                    -momentum * (by_lag / (2 * S) - (N - 1) * epoch_sum * total / 4) / sympy.sqrt(N * S),
                ),
                PERIODIC,
                normal=unrooted,
                called=sympy.Symbol("U"),
                where={S: squares},
            ).under(CYCLIC, FROZEN),
            "split": _split_lags(),
            "parts": induction(k * b1**k, k, n, linear, powers),
            "weight": equality(before - turned, closed, sizes),
            "no-momentum": limit(kappa(r), b1, 0, r, {N: whole(2, 6), r: below(N)}, given=(_lag_below,)),
            "heavy-momentum": limit(kappa(r), b1, 1, half * (N - 1), {N: whole(2, 6), r: below(N)}, side="-"),
            "partial-lags": induction(kappa(k), k, n, first_lags, {b1: unit, N: whole(1, 6), n: whole(0, 6)}),
            "all-lags": follows(
                lambda partial: equality(
                    all_lags / N,
                    half * (N - 1),
                    {b1: unit, N: whole(1, 6)},
                    given=(partial.rewriting({n: N}),),
                ),
                "partial-lags",
            ),
            "mean-order": _mean_over_orders(kappa(sympy.Integer(0))),
            "correction": follows(
                together,
                *("first-order", "split", "parts", "weight", "no-momentum", "heavy-momentum"),
                *("all-lags", "mean-order"),
            ),
        },
        wrong={
            "exponent r for N - r in kappa": equality(
                before - turned, closed.subs(b1 ** (N - r), b1**r), {**sizes, N: whole(3, 8)}
            ),
            "the epoch turned one step late": _split_lags(N - r),
            "the diagonal's weight taken for all": _mean_over_orders(b1 / (1 - b1)),
        },
        measurements=(
            lambda: gap_order(
                "order of U - U_0 - (1 - beta_2) U_1 in 1 - beta_2", 2, limit_map(), first_order()
            ),
        ),
    )


PLACE, CHAINS = 70, {"proxy-correction": proxy_correction}

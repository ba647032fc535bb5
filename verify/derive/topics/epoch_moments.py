"""The moments of an epoch against the frozen ones, in the step size: steps of the chain epoch-residual-bound."""

from __future__ import annotations

import random
from typing import Any

import sympy

from verify.derive.chain import Assertion, Finding
from verify.derive.evaluate import BITS, Point, enclosure
from verify.derive.joins import in_the_limit, resting, rooted
from verify.derive.letters import N, b1, b2, eta, g, i, j, k, n, over
from verify.derive.points import Domain, positive, unit, whole
from verify.derive.roads import algebraic, asserted, inequality
from verify.numbers.systems.balls import ball, precision

second, G, phi, longest, d1, d2, out = sympy.symbols("v G varphi U d_1 d_2 o", positive=True)
M = sympy.Symbol("M", nonnegative=True)
moved, held, room, slack, less, spare = sympy.symbols("Delta C y z h q", nonnegative=True)
update = sympy.Symbol("u", real=True)
lag = sympy.Mod(i - j, N)
kappa, change, size = (sympy.IndexedBase(name, nonnegative=True) for name in ("kappa", "f", "a"))
# How a gradient of size a_k, and its square, changes at most, if it changes by f_k <= kappa_k a_k and a_k <= G.
TERMS = {
    1: (change[k], kappa[k] * G),
    2: (change[k] ** 2 + 2 * size[k] * change[k], (kappa[k] ** 2 + 2 * kappa[k]) * G**2),
}
LONGEST = (1 - b1) / sympy.sqrt((1 - b2) * (1 - b1**2 / b2))
FLOOR: Domain = {G: positive, phi: unit}


def over_floor(floor: Assertion) -> Assertion:
    """varphi^2 G^2 <= v*, for varphi^2 = beta2^(N-1)/C, C the sum of powers, and G^2 at most the sum of squares."""

    def named(e: Any) -> Any:
        e = e.subs({over(b2**lag * g[j] ** 2, (j, N)): held * second, over(g[j] ** 2, (j, N)): G**2 + less})
        return e.subs(b2 ** (N - 1), phi**2 * held).subs(second, phi**2 * (G**2 + less) + room)

    domain: Domain = {**FLOOR, second: lambda rng, at: (at[phi] * at[G]) ** 2 * (1 + unit(rng, at))}
    made = inequality(phi**2 * G**2, second, phi**2 * less + room, domain, given=(named,))
    return resting(made, (floor, held * room), given=(named,))


def root_over_floor(floor: Assertion) -> Assertion:
    """varphi G <= sqrt(v*)."""
    domain: Domain = {**FLOOR, second: lambda rng, at: (at[phi] * at[G]) ** 2 * (1 + unit(rng, at))}
    return rooted(floor, phi * G, sympy.sqrt(second), domain)


def over_root(memory: Assertion, floor: Assertion, power: int, halves: int = 1) -> Assertion:
    """What a moment is off by, at most d eta G^p, over v*^(p/2) >= (varphi G)^p: at most d eta/varphi^p.

    The memory sum has the factor o = 1 - beta, with which its right side is d eta G^p less o q.
    """
    changes, bounds = (over({1: b1, 2: b2}[power] ** k * side, (k, n)) for side in TERMS[power])
    d, size_ = {1: d1, 2: d2}[power], {1: sympy.sqrt(second), 2: second}[power]
    share, base = phi**power, G**power
    right = d * eta / share / halves
    because = (d * eta * room + share * (out * spare + out * slack)) / (share * size_)

    def named(e: Any) -> Any:
        e = e.subs({changes: moved / out, bounds: d * eta * base / out - spare})
        e = e.subs(moved, d * eta * base - out * (spare + slack))
        return e.subs(second, (share * base + room) ** (2 // power))

    domain: Domain = {
        **FLOOR, d: positive, eta: unit,
        moved: lambda rng, at: at[d] * at[eta] * at[G] ** power * unit(rng, at),
        second: lambda rng, at: (at[phi] * at[G] * (1 + unit(rng, at) / 9)) ** 2,
    }  # fmt: skip
    made = inequality(moved / size_, right, because, domain, given=(named,))
    return resting(made, (memory, slack), (floor, room), given=(named,))


def _longest(rng: random.Random, at: Point) -> Any:
    with precision(BITS):
        return enclosure(LONGEST, at)


def _up_to_longest(rng: random.Random, at: Point) -> Any:
    with precision(BITS):
        return _longest(rng, at) * ball(unit(rng, at))


BOUNDED: Domain = {
    b1: unit,
    b2: lambda rng, at: at[b1] ** 2 + (1 - at[b1] ** 2) * unit(rng, at),
    second: positive,
    longest: _longest,
    M: _up_to_longest,
}


def step_bound(bounded: Assertion, factor: int = 1) -> Assertion:
    """-u sqrt(v) <= U sqrt(v) for an update u = m/sqrt(v), whatever its sign."""
    sums = {over(b1**k * g[k], (k, n)): update * sympy.sqrt(second) / (1 - b1)}
    sums[over(b2**k * g[k] ** 2, (k, n))] = second / (1 - b2)

    def named(e: Any) -> Any:
        return e.subs(sums).subs(longest, LONGEST)

    domain: Domain = {**BOUNDED, update: lambda rng, at: rng.choice((-1, 1)) * at[M]}
    sides = -update * sympy.sqrt(second), longest * sympy.sqrt(second) / factor
    return rooted(bounded, *sides, domain, given=(named,))


def frozen(bounded: Assertion) -> Assertion:
    """(m*)^2 <= U^2 v*: the limit of the bound over t steps, t/N epochs of the same gradients."""
    t = sympy.Symbol("t", positive=True)
    sums = {over(b1**k * g[k], (k, n)): M * sympy.sqrt(second) * (1 - b1**t) / (1 - b1)}
    sums[over(b2**k * g[k] ** 2, (k, n))] = second * (1 - b2**t) / (1 - b2)
    sides = M**2 * second * (1 - b1**t) ** 2, LONGEST**2 * second * (1 - b2**t)

    def check(*sides: Any) -> Finding:
        rests = [
            algebraic(e.subs(sums) - f) for e, f in zip((bounded.left, bounded.right), sides, strict=True)
        ]
        return Finding(rests == [0, 0], "the bound at whole epochs of the same gradients")

    domain: Domain = {**BOUNDED, t: whole(400, 500)}
    one = asserted("inequality", sides[0], "<=", sides[1], domain, check).under(*bounded.hypotheses)
    below_one = {beta: 1 / (1 + sympy.Symbol(f"z_{beta}", positive=True)) for beta in (b1, b2)}
    return in_the_limit(
        one, t, M**2 * second, LONGEST**2 * second, BOUNDED, given=(lambda e: e.subs(below_one),)
    )


def mean_bound(frozen: Assertion) -> Assertion:
    """M sqrt(v*) <= U sqrt(v*), M = |m*|/sqrt(v*)."""
    sides = M * sympy.sqrt(second), longest * sympy.sqrt(second)
    return rooted(frozen, *sides, BOUNDED, given=(lambda e: e.subs(longest, LONGEST),))

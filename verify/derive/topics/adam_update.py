"""What full-batch Adam's step gains in one coordinate, where gradients of earlier steps differ from the one now."""

from __future__ import annotations

import random
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import sympy

from verify.derive.cases import by_cases
from verify.derive.chain import Assertion
from verify.derive.evaluate import Point
from verify.derive.hypotheses import Under
from verify.derive.joins import added, resting, rooted
from verify.derive.letters import i, j, k, n, over
from verify.derive.points import Domain, indexed, positive, unit, whole
from verify.derive.roads import equality, inequality, rewriting
from verify.derive.sums import canonical
from verify.derive.topics.epoch_bound import E
from verify.derive.topics.epoch_bound import y as rise
from verify.derive.topics.epoch_moments import longest, second, update

y, A1, A2, E1, E2, C, V, a, m = sympy.symbols("y A_1 A_2 E_1 E_2 C V a m", positive=True)
f, g, h, r, x, less = sympy.symbols("f g h r x p", nonnegative=True)
change, delta = (sympy.IndexedBase(name, real=True) for name in ("d", "delta"))
size, weight, room, low, high, P, M = (
    sympy.IndexedBase(name, nonnegative=True) for name in ("h", "w", "f", "l", "u", "P", "M")
)
part = sympy.Symbol("m", real=True)
# What a gradient's entry that has changed costs: over A_1, A_2 and the bound C of the update.
LOST = E1 * (1 / A2 + C / A1) + E2 * A1 / A2**2


def changed() -> Assertion:
    """1 - e^-s <= e^s - 1, with E = e^s."""
    return inequality(1 - 1 / (1 + y), y, y**2 / (1 + y), {y: positive})


def entry(changed: Assertion, falls: Assertion, grows: Assertion, *, sign: int) -> Assertion:
    """The change of a gradient's entry, of either sign: sum (P_i - M_i) delta_i.

    A weight goes over to 1 + delta_i times itself, and |delta_i| <= y: one of the exponential loss to between 1/(1 + y)
    and 1 + y times, one of the logistic loss as its margin falls or grows.
    """
    left, right = sign * over((P[i] - M[i]) * delta[i], (i, n)), y * over(P[i] + M[i], (i, n))
    toward, against = (P, M) if sign > 0 else (M, P)
    because = over(toward[i] * high[i] + against[i] * low[i], (i, n))
    given = (rewriting(low, lambda at: y + delta[at]), rewriting(high, lambda at: y - delta[at]))
    domain: Domain = {
        y: positive, n: whole(1, 4), P: indexed(positive), M: indexed(positive),
        delta: indexed(lambda rng, at: rng.choice((at[y], 1 / (1 + at[y]) - 1)) * unit(rng, at)),
    }  # fmt: skip
    made = inequality(left, right, because, domain, normal=canonical, given=given)
    here = sympy.Symbol("w", positive=True)  # a logistic weight, before the change
    there = here * (1 + delta[i])
    names = {1 / (1 + E): here, 1 / (1 + E / (1 + rise)): there, 1 / (1 + E * (1 + rise)): there}
    rests = (changed, less), (falls, here * high[i]), (grows, here * low[i])
    return resting(
        made, *rests, given=(lambda e: e.subs(names).subs(rise, y).subs(less, y - 1 + 1 / (1 + y)), *given)
    )


def _of_entry(part: Assertion) -> Callable[[Any], Any]:
    """The change as d_j, j steps ago, at most h_j a in size."""
    drift, sizes = over((P[i] - M[i]) * delta[i], (i, n)), over(P[i] + M[i], (i, n))
    return lambda e: e.subs({drift: change[j], sizes: a}).subs(y, size[j])


def _changes(rng: random.Random, at: Point) -> Any:
    """Changes of one sign, each of size at most h_j a and not much less."""
    sign, shares = rng.choice((-1, 1)), indexed(lambda draw, _: 1 - unit(draw, {}) / 6)(rng, dict(at))
    return lambda i: sign * shares(i) * at[size](i) * at[a]


MEMORY: Domain = {
    n: whole(1, 5),
    a: positive,
    g: positive,
    size: indexed(positive),
    weight: indexed(positive),
    change: _changes,
}
WEIGHTS, MEAN, FAR = (over(weight[j] * e, (j, n)) for e in (1, g + change[j], size[j]))
SQUARE, CROSS, OFF, FAR_SQUARE = (
    over(weight[j] * e, (j, n)) for e in ((g + change[j]) ** 2, change[j], change[j] ** 2, size[j] ** 2)
)


def average(entry: Assertion, factor: Any = 1) -> Assertion:
    """The average of g + d_j, |d_j| <= h_j a, is at least g less a times the average of h_j."""
    given = (rewriting(room, lambda at: a * size[at] + change[at]), _of_entry(entry))
    made = inequality(
        g * WEIGHTS - factor * a * FAR,
        MEAN,
        over(weight[j] * room[j], (j, n)),
        MEMORY,
        normal=canonical,
        given=given,
    )
    return resting(made, (entry, room[j]), given=given)


def far_squares(above: Assertion, below: Assertion) -> Assertion:
    """The average of d_j^2 is at most a^2 times that of h_j^2."""
    given = (
        rewriting(high, lambda at: a * size[at] - change[at]),
        rewriting(low, lambda at: a * size[at] + change[at]),
    )
    because = over(weight[j] * high[j] * low[j], (j, n))
    made = inequality(OFF, a**2 * FAR_SQUARE, because, MEMORY, normal=canonical, given=given)
    return resting(made, (above, high[j]), (below, low[j]), given=(*given, _of_entry(above)))


def cross_term() -> Assertion:
    """(sum w d)^2 <= sum w sum w d^2."""
    because = over(weight[j] * weight[k] * (change[j] - change[k]) ** 2, (j, n), (k, n)) / 2
    return inequality(CROSS**2, WEIGHTS * OFF, because, MEMORY, normal=canonical)


def expanded() -> Assertion:
    """sum w (g + d)^2."""
    return equality(SQUARE, g**2 * WEIGHTS + 2 * g * CROSS + OFF, MEMORY, normal=canonical)


X, Q = sympy.Symbol("X", real=True), sympy.Symbol("Q", positive=True)
TURNED: Domain = {
    A2: unit, g: positive, Q: positive, X: lambda rng, at: at[A2] * at[Q] * rng.choice((-1, 1)) * unit(rng, at),
}  # fmt: skip
NAMES = {WEIGHTS: A2**2, CROSS: X, OFF: Q**2}


def root_above(cross: Assertion, expanded: Assertion, factor: Any = 1) -> Assertion:
    """v = A_2^2 g^2 + 2 g X + Q^2, X <= A_2 Q: at most the square of A_2 g + Q."""
    value, end = expanded.right_of(SQUARE).subs(NAMES), (A2 * g + factor * Q) ** 2
    letters = {X: A2 * Q - x}
    within = rooted(cross, X, A2 * Q, TURNED, given=(lambda e: e.subs(NAMES),))
    given = (lambda e: e.subs(letters),)
    return resting(inequality(value, end, 2 * g * x, TURNED, given=given), (within, x), given=given)


def top(root: Assertion, squares: Assertion) -> Assertion:
    """V + Q <= A_2 g + E_2 a + Q, V = sqrt(v)."""
    domain: Domain = {
        **dict.fromkeys((A2, g, a, E2), positive), Q: lambda rng, at: at[E2] * at[a] * unit(rng, at),
        V: lambda rng, at: (at[A2] * at[g] + at[Q]) * unit(rng, at),
    }  # fmt: skip
    one = rooted(
        root, V, A2 * g + Q, domain, given=(lambda e: e.subs(X, (V**2 - A2**2 * g**2 - Q**2) / (2 * g)),)
    )
    names = {OFF: Q**2, FAR_SQUARE: E2**2}
    return added(one, rooted(squares, Q, E2 * a, domain, given=(lambda e: e.subs(names),)), domain=domain)


def _least(rng: random.Random, at: Point) -> Fraction:
    return Fraction(at[A1] * at[g] - at[E1] * at[a] * unit(rng, at))


UPDATED: Domain = {A1: unit, A2: unit, C: positive, g: positive, a: positive, E1: positive, E2: positive}


def update_where(
    case: str, average: Assertion | None = None, other: Assertion | None = None, factor: int = 1
) -> Assertion:
    """(A_1/A_2) g - a (E_1 (1/A_2 + C/A_1) + E_2 A_1/A_2^2) <= g m/V, in one of three cases.

    m >= A_1 g - E_1 a by the average; V <= A_2 g + E_2 a where the root is larger, |m| <= C V where its sign is.
    """
    left, right = A1 / A2 * g - a * LOST / factor, g * part / V
    where: tuple[Any, ...]
    if case == "larger root":  # V = A_2 g + r, E_2 a = r + h, m = A_1 g - E_1 a + f
        because = (
            g * f / V + a * E1 * r / (A2 * V) + A1 * r**2 / (A2**2 * V) + A1 * h / A2**2 + a * E1 * C / A1
        )
        letters = {part: A1 * g - E1 * a + f, E2: (r + h) / a}
        domain: Domain = {
            **UPDATED, part: _least, V: lambda rng, at: at[A2] * at[g] + at[E2] * at[a] * unit(rng, at),
        }  # fmt: skip
        given = (lambda e: e.subs(letters).subs(r, V - A2 * g),)
        where = (A2 * g <= V,)
    elif case == "smaller root":  # V = A_2 g - r, E_1 a = A_1 g - m + f, m >= 0
        because = m * r / (A2 * V) + f / A2 + a * E1 * C / A1 + a * E2 * A1 / A2**2
        given = (lambda e: e.subs(part, m).subs(f, E1 * a - A1 * g + m).subs(r, A2 * g - V),)
        domain = {
            **UPDATED, part: lambda rng, at: max(_least(rng, at), Fraction(0)),
            V: lambda rng, at: at[A2] * at[g] * unit(rng, at),
        }  # fmt: skip
        where = (A2 * g >= V, part >= 0)
    else:  # m = -x, x = C V - h, E_1 a = A_1 g + x + f
        because = g * h / V + (x + f) / A2 + C * (x + f) / A1 + a * E2 * A1 / A2**2
        domain = {
            **UPDATED, V: positive,
            E1: lambda rng, at: at[A1] * at[g] / at[a] * (1 + unit(rng, at)),
            part: lambda rng, at: -min(at[C] * at[V], at[E1] * at[a] - at[A1] * at[g]) * unit(rng, at),
        }  # fmt: skip
        given = (lambda e: e.subs(part, -x).subs({E1: (A1 * g + x + f) / a}).subs(h, C * V - x),)
        where = (part <= 0,)
    made = inequality(left, right, because, Under(domain, *where, local=True), given=given)
    names = {WEIGHTS: A1, FAR: E1, MEAN: part}
    bound = {update: part / V, longest: C, sympy.sqrt(second): V}
    rests = [(each, slack) for each, slack in ((average, f), (other, h)) if each is not None]
    return resting(made, *rests, given=(lambda e: e.subs(names).subs(bound), *given))


def anywhere(larger: Assertion, smaller: Assertion, other: Assertion) -> Assertion:
    """So in every coordinate."""

    def root(rng: random.Random, at: Point) -> Fraction:
        return Fraction((at[A2] * at[g] + at[E2] * at[a]) * unit(rng, at))

    domain: Domain = {
        **UPDATED, V: root,
        part: lambda rng, at: max(at[A1] * at[g] - at[E1] * at[a], -at[C] * at[V]) + rng.choice((0, 1)) * unit(rng, at),
    }  # fmt: skip
    signs = by_cases(smaller, other, Under(domain, A2 * g >= V, local=True))
    return by_cases(larger, signs, domain)

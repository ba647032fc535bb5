"""Separable rows, sorted by type, on which per-sample Adam has a negative cost at uniform weights, for all betas."""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from itertools import starmap
from typing import Any

import sympy

from verify.derive.chain import Assertion, Chain, Finding, Measured
from verify.derive.definitions import mean_update_in_balls, meet, rule_output
from verify.derive.evaluate import BITS, Point, enclosure
from verify.derive.hypotheses import FROZEN, words
from verify.derive.joins import added, chained, follows, scaled, substituted, summed, together
from verify.derive.letters import b1, b2, j, m, s, v
from verify.derive.measure import DIGITS, agreement, number
from verify.derive.points import Domain, positive, unit, whole
from verify.derive.prose import told
from verify.derive.roads import algebraic, asserted, equality, geometric, inequality, recursion
from verify.derive.topics.signum_stalls import BATCHES
from verify.numbers.systems.balls import precision
from verify.numbers.systems.mpf import MPF, digits
from verify.optimizers.mean_update import NO_REST, mean_update
from verify.optimizers.rules import RULES

K = sympy.Symbol("K", integer=True, positive=True)
a, b, V, x, z = sympy.symbols("a b V x z", nonnegative=True)
y1, y2 = sympy.symbols("y_1 y_2", nonnegative=True)
u = sympy.Symbol("u", real=True)

SORTED = words("the rows are K copies each of (a, -b, -b) and its two turns, sorted by type, a > 2b > 0")

DOMAIN: Domain = {
    b1: unit,
    b2: unit,
    K: whole(1, 4),
    b: positive,
    a: lambda rng, at: 2 * at[b] + positive(rng, at),
}
EACH: Domain = {**DOMAIN, j: lambda rng, at: rng.randint(1, at[K]), y1: positive, y2: positive}


def _share(base: Any, first: bool) -> Any:
    """What of an average one step before a block of the one type comes from the other type."""
    return (1 - base ** ((1 + first) * K)) / (1 - base ** (3 * K))


def _mean(base: Any, first: bool, power: int = 1, sign: int = -1) -> Any:
    """The moving average j steps into the block of the one type, or of the two others."""
    here, there = (a**power, sign * b**power) if first else (sign * b**power, a**power)
    return here + (there - here) * base**j * _share(base, first)


def _along(output: str, first: bool, power: int) -> Any:
    """The letter of the moment j steps into a block."""
    return sympy.Function(f"{output}_{1 if first else 2}")(j)


# The moments along the two blocks, of a power of the gradient.
BLOCKS = {
    f"{output}-{'first' if first else 'second'}": (output, first, power)
    for output, power in (("m", 1), ("v", 2))
    for first in (True, False)
}


def _block(output: str, first: bool, power: int) -> Assertion:
    """A moment along a block, by induction from its end in the block before: so it is periodic."""
    base, sign = (b1, -1) if output == "m" else (b2, 1)
    formula = _mean(base, first, power, sign)
    start = _mean(base, not first, power, sign).subs(j, K if not first else 2 * K)
    letter = {"m": m, "v": v}[output]
    entry = a if first else -b
    stepped = rule_output("adam", output, entry).subs(letter, formula)
    return recursion(_along(output, first, power), formula, j, start, stepped, EACH)


def _updates() -> Any:
    """The sum of the updates over an epoch, in a coordinate."""
    return sum(
        sympy.Sum(_mean(b1, first) / sympy.sqrt(_mean(b2, first, 2, 1)), (j, 1, K if first else 2 * K))
        for first in (True, False)
    )


def _field(*moments: Assertion) -> Assertion:
    """U at uniform weights: every coordinate sees the same cycle, begun elsewhere. The moments are m and v by block."""

    def check(_: Any, total: Any) -> Finding:
        g = sympy.Symbol("g", real=True)
        states = [rule_output("adam", name, g) for name in "mv"]
        found = rule_output("adam", "u", g) - states[0] / sympy.sqrt(states[1])
        m_1, m_2, v_1, v_2 = (
            each.right_of(letter)
            for each, letter in zip(moments, starmap(_along, BLOCKS.values()), strict=True)
        )
        sums = sympy.Sum(m_1 / sympy.sqrt(v_1), (j, 1, K)) + sympy.Sum(m_2 / sympy.sqrt(v_2), (j, 1, 2 * K))
        passed = sympy.simplify(found) == 0 and total == sums / (3 * K)
        return Finding(passed, "a step of the rule is m/sqrt(v), and U their mean over the two blocks")

    def run(at: Point) -> tuple[bool, str]:
        types = [[at[a] if k == t else -at[b] for k in range(3)] for t in range(3)]
        rows = [[-e for e in row] for row in types for _ in range(at[K])]
        with precision(BITS):
            found = mean_update_in_balls("adam", rows, None, at[b1], at[b2])
            wanted = enclosure(_updates() / (3 * K), at)
            return all(meet(entry, wanted) for entry in found), "Adam's rule run for an epoch in balls"

    letter = sympy.IndexedBase("U")[sympy.Symbol("k", integer=True)]
    return asserted("definition", letter, "=", _updates() / (3 * K), DOMAIN, check, run).under(
        SORTED, BATCHES, FROZEN
    )


def _first(rise: int = 1) -> Assertion:
    """An update of the first block: m <= a, and V = sqrt(v) between b and a."""
    left = (a - (a + b) * b1**j / (1 + y1)) / sympy.sqrt(a**2 - (a**2 - b**2) * b2**j / (1 + y2))
    right = 1 + rise * (a - b) / b * b2**j
    # b <= V <= a: V = b + x, a = b + x + z
    rest = (2 * b + x + z) * b1**j / (1 + y1) / (b + x)
    convex = x * z * (3 * b + 2 * x + z) / ((b + x) * b * (2 * b + x + z))
    share = z * (2 * b + 2 * x + z) * y2 / (b * (2 * b + x + z))
    return _letters(left, right, rest + convex + share, a**2 - V**2)


def _second(rise: int = 1) -> Assertion:
    """An update of the second block: V = sqrt(v) is between b and a again."""
    left = (-b + (a + b) * b1**j / (1 + y1)) / sympy.sqrt(b**2 + (a**2 - b**2) * b2**j / (1 + y2))
    right = -1 + rise * (a**2 - b**2) / (2 * b**2) * b2**j + (a + b) / b * b1**j
    rest = (2 * b + x + z) * b1**j * (x + (b + x) * y1) / (b * (b + x) * (1 + y1))
    convex = x**2 * (3 * b + x) / (2 * b**2 * (b + x))
    share = x * (2 * b + x) * y2 / (2 * b**2)
    return _letters(left, right, rest + convex + share, V**2 - b**2)


def _letters(left: Any, right: Any, because: Any, part: Any) -> Assertion:
    """left <= right, with b2^j in terms of the part of v that is the other type's, then V = b + x and a = b + x + z."""

    def put_in(e: Any) -> Any:
        e = e.subs(b2**j, part * (1 + y2) / (a**2 - b**2)).subs({V: b + x, a: b + x + z}, simultaneous=True)
        return sympy.powdenest(sympy.simplify(e), force=True)

    return inequality(left, right, because, EACH, given=(put_in,))


def _total(term: Assertion, first: bool) -> Assertion:
    """The updates of a block, and their bound with the geometric series to its end."""
    last = K if first else 2 * K
    sums = {base: _share_rest(base, first) for base in (b1, b2)}
    at = substituted(term, {y1: sums[b1], y2: sums[b2]}, {**DOMAIN, j: EACH[j]})
    each = summed(at, j, 1, last, DOMAIN)
    slopes = {base: algebraic(term.right.coeff(base**j)) for base in (b1, b2)}
    constant = sympy.simplify(term.right - sum(slopes[q] * q**j for q in (b1, b2)))
    right = constant * last + sum(slopes[base] * base / (1 - base) for base in (b1, b2))
    gap1, gap2 = sympy.symbols("gap_1 gap_2", positive=True)
    gaps = {b1: gap1, b2: gap2}
    over = {a: 2 * b + x}
    because = sum(sympy.expand(slopes[q].subs(over)) * q ** (last + 1) / gaps[q] for q in (b1, b2))

    def opened(e: Any) -> Any:
        spread = constant * last + sum(slopes[q] * sympy.Sum(q**j, (j, 1, last)) for q in (b1, b2))
        e = e.subs(each.right, spread)
        for base in (b1, b2):
            e = geometric(base, j)(e)
        return e.subs({gap1: 1 - b1, gap2: 1 - b2}).subs(over)

    series = inequality(each.right, right, because, DOMAIN, given=(opened,))
    return chained(each, series, domain=DOMAIN)


def _share_rest(base: Any, first: bool) -> Any:
    """y, where the share is 1/(1 + y)."""
    counts = [sympy.Sum(base**s, (s, 0, n * K - 1)) for n in (1, 2)]
    return base ** (2 * K) * counts[0] / counts[1] if first else base**K * counts[1] / counts[0]


def _shares(base: Any, first: bool) -> Assertion:
    """A share is 1/(1 + y)."""
    return equality(
        _share(base, first), 1 / (1 + _share_rest(base, first)), DOMAIN, given=(geometric(base, s),)
    )


def _all(one: Assertion, other: Assertion, *shares: Assertion) -> Assertion:
    """u <= T/(3K) - 1/3."""
    sums = scaled(added(one, other, domain=DOMAIN), 1 / (3 * K), DOMAIN)
    left, right = _updates() / (3 * K), (THRESHOLD / K - 1) / 3

    def check(_: Any, __: Any) -> Finding:
        same = sums.left
        for part in shares:
            same = same.subs(part.right, part.left)
        fits = algebraic(sums.right - right) == 0 and sympy.expand(same - left) == 0
        return Finding(fits and sums.check().passed, "both blocks, with the shares as they are, over 3K")

    return asserted("inequality", left, "<=", right, DOMAIN, check)


THRESHOLD = ((a - b) / b + (a**2 - b**2) / (2 * b**2)) * b2 / (1 - b2) + (a + b) / b * b1 / (1 - b1)


def _costs(minus: int = 2) -> Assertion:
    """Every row has the same cost."""
    return equality(a * u - minus * b * u, (a - 2 * b) * u, {**DOMAIN, u: positive})


def _measured(copies: int, beta1: Fraction, beta2: Fraction, wanted: str) -> Measured:
    """u for K copies each of (4, -3/2, -3/2) and its turns, from Adam's rule."""
    with digits(DIGITS):
        cycle = [Fraction(-4)] * copies + [Fraction(3, 2)] * (2 * copies)
        fill, out = mean_update(RULES["adam"], MPF), [number(0)]
        h = RULES["adam"].values(
            {"beta1": number(beta1), "beta2": number(beta2), "eps": number(0)}, number(0)
        )
        fill([[number(g)] for g in cycle], [[number(0)]] * len(cycle), h, out, [NO_REST] * len(cycle))
        at = {a: Fraction(4), b: Fraction(3, 2), K: copies, b1: beta1, b2: beta2}
        with precision(BITS):
            value = MPF.number(Fraction(str(enclosure(_updates() / (3 * K), at).str(40, radius=False))))
        return agreement(
            f"cost at uniform weights, N = {3 * copies}, beta = ({beta1}, {beta2}): {wanted}",
            value,
            out[0],
            number(Fraction(1, 10**35)),
            "an epoch of Adam's rule from its periodic state",
        )


@cache
def sorted_samples() -> Chain:
    """K copies each of three types, sorted: the cost is negative once K exceeds a threshold in 1/(1 - beta2)."""
    shares = {
        f"share-{n}{'first' if f else 'second'}": (q, f)
        for n, q in (("m-", b1), ("v-", b2))
        for f in (True, False)
    }
    return told(
        __file__,
        "sorted-samples",
        steps={
            **{name: _block(*block) for name, block in BLOCKS.items()},
            "field": follows(_field, *BLOCKS),
            "costs": _costs(),
            **{name: _shares(*which) for name, which in shares.items()},
            "first": _first(),
            "second": _second(),
            "first-block": follows(lambda term: _total(term, True), "first"),
            "second-block": follows(lambda term: _total(term, False), "second"),
            "bound": follows(_all, "first-block", "second-block", *shares),
            "sorted": follows(together, "field", "costs", "bound"),
        },
        wrong={
            "a moment that does not close": _block("v", True, 1),
            "no rise in the block of a": _first(0),
            "none in that of -b": _second(0),
            "three entries of -b in a row": _costs(3),
        },
        measurements=(
            lambda: _measured(15, Fraction(9, 10), Fraction(9, 10), "above 0"),
            lambda: _measured(16, Fraction(9, 10), Fraction(9, 10), "below 0"),
        ),
    )


PLACE, CHAINS = 172, {"sorted-samples": sorted_samples}

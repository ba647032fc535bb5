"""The roads themselves: what each must accept, and what it must not."""

import random
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
import sympy

from verify.derive.analysis import expansion, limit
from verify.derive.chain import Finding, Measured
from verify.derive.evaluate import Irrational, agree, at_most, exact
from verify.derive.letters import N, c, d, g, i, j, k, n, over, x
from verify.derive.measure import agreement, number, order_of, rational
from verify.derive.points import below, draw, indexed, positive, signed, simplex, unit, whole
from verify.derive.roads import bijection, by_derivative, equality, induction, inequality
from verify.derive.run import Derivation, StepResult
from verify.derive.signs import nonnegative
from verify.derive.sums import canonical
from verify.derive.tex import tex
from verify.derive.topics import CHAINS
from verify.numbers.system import Numbers
from verify.numbers.systems.balls import around, ball
from verify.numbers.systems.mpf import digits
from verify.optimizers.rule import Step
from verify.optimizers.rules import RULES
from verify.optimizers.rules.adam import adam

b = sympy.Symbol("beta", positive=True)
h = sympy.Symbol("h", positive=True)
real = sympy.Symbol("a", real=True)
BASE = {b: unit}


def both(claim: Any) -> tuple[bool, bool]:
    return claim.check().passed, claim.second_road().passed


# --- sums with symbolic ranges ---------------------------------------------------------------------------------

SAME_SUMS = {
    "renamed": (over(g[j], (j, N)), over(g[i], (i, N))),
    "order": (over(x[j, k], (j, N), (k, d)), over(x[j, k], (k, d), (j, N))),
    "product": (over(g[j], (j, N)) ** 2, over(g[i] * g[j], (i, N), (j, N))),
    "constant": (over(sympy.Integer(3), (j, N)), 3 * N),
    "cyclic": (
        over(b ** sympy.Mod(i - j, N) * g[j], (i, N), (j, N)),
        over(b**i, (i, N)) * over(g[j], (j, N)),
    ),
    "reflected": (
        over(b ** sympy.Mod(j - i, N) * g[j], (i, N), (j, N)),
        over(b**i, (i, N)) * over(g[j], (j, N)),
    ),
    "lag": (over(b ** sympy.Mod(i - j, N) * g[j], (j, N)), over(b**k * g[sympy.Mod(i - k, N)], (k, N))),
}
OTHER_SUMS = {
    "square of the sum": (over(g[j], (j, N)) ** 2, over(g[j] ** 2, (j, N))),
    "direction of the lag": (
        over(b ** sympy.Mod(j - i, N) * g[j], (j, N)),
        over(b ** sympy.Mod(i - j, N) * g[j], (j, N)),
    ),
    "one index for two": (over(x[j, j], (j, N)), over(x[j, i], (j, N), (i, N))),
    "range": (over(g[j], (j, N)), over(g[j], (j, d))),
}


@pytest.mark.parametrize("name", SAME_SUMS)
def test_normal_form_knows_equal_sums(name: str) -> None:
    left, right = SAME_SUMS[name]
    assert canonical(left - right) == 0


@pytest.mark.parametrize("name", OTHER_SUMS)
def test_normal_form_keeps_different_sums_apart(name: str) -> None:
    left, right = OTHER_SUMS[name]
    assert canonical(left - right) != 0


@pytest.mark.parametrize("drawn", [20, pytest.param(60, marks=pytest.mark.slow)])
def test_normal_form_agrees_with_adding_up(drawn: int) -> None:
    """Random products of sums with lags: whatever the normal form calls equal has equal values."""
    rng = random.Random(7)
    pieces = [g[i], g[j], b ** sympy.Mod(i - j, N), sympy.Mod(j - i, N), g[sympy.Mod(i + j, N)], b**i]
    found = 0
    domain = {b: unit, N: whole(1, 4), g: indexed(signed)}
    for _ in range(drawn):
        summand = sympy.Mul(*rng.choices(pieces, k=2))
        left = over(summand, (i, N), (j, N))
        right = over(summand.subs({i: j, j: i}, simultaneous=True), (i, N), (j, N))
        if rng.random() < 0.5:
            right = over(sympy.Mul(*rng.choices(pieces, k=2)), (i, N), (j, N))
        if canonical(left - right) == 0:
            found += 1
            for seed in range(4):
                assert agree(left, right, draw(domain, random.Random(seed)))[0]
    assert found >= drawn / 3


# --- values ------------------------------------------------------------------------------------------------------


def test_values_are_exact_where_they_can_be() -> None:
    point = {b: Fraction(4, 9), N: 3, g: lambda a: Fraction(int(a) + 1)}
    assert exact(over(g[j] ** 2, (j, N)), point) == 14
    assert exact(sympy.sqrt(b), point) == Fraction(2, 3)
    assert exact(b ** sympy.Mod(-1, N), point) == Fraction(16, 81)
    assert exact(over(g[j], (j, sympy.Integer(0))), point) == 0
    with pytest.raises(Irrational):
        exact(sympy.sqrt(b + 1), point)
    with pytest.raises(Irrational):
        exact(sympy.exp(b), point)


def test_balls_tell_near_numbers_apart() -> None:
    point = {b: Fraction(1, 3)}
    near = sympy.Rational(1, 2**190)
    assert agree(sympy.sqrt(b + 1) ** 2, b + 1, point)[0]
    assert agree(sympy.log(sympy.exp(b)), b, point)[0]
    assert not agree(sympy.exp(b), sympy.exp(b) + near, point)[0]
    assert not at_most(sympy.exp(b) + near, sympy.exp(b), point)[0]
    assert at_most(sympy.exp(b), sympy.exp(b) + near, point)[0]


def test_wide_balls_that_meet_tell_nothing() -> None:
    wide = {b: around(ball(Fraction(1, 3)), ball(Fraction(1, 10)))}
    assert not agree(b, b + sympy.Rational(1, 20), wide)[0]
    assert not at_most(b, b + sympy.Rational(1, 20), wide)[0]


def test_points_are_of_their_domains() -> None:
    domain = {N: whole(2, 5), c: simplex(N), g: indexed(signed, period=N), i: below(N), b: unit, h: positive}
    for seed in range(40):
        point = draw(domain, random.Random(seed))
        size = point[N]
        weights = [point[c](a) for a in range(size)]
        assert sum(weights) == 1
        assert min(weights) > 0
        assert [point[g](a) for a in range(size)] == [point[g](a - size) for a in range(size)]
        assert 0 <= point[i] < size
        assert 0 < point[b] < 1
        assert point[h] > 0
    drawn = [point[g](a) for a in range(20)]
    assert len(set(drawn)) == size
    values = [signed(random.Random(seed), {}) for seed in range(40)]
    assert min(values) < 0 < max(values)
    assert 0 not in values


# --- claims ------------------------------------------------------------------------------------------------------


def test_equality() -> None:
    assert both(equality((1 - b) * (1 + b), 1 - b**2, BASE)) == (True, True)
    assert both(equality((1 - b) ** 2, 1 - b**2, BASE)) == (False, False)


def test_induction_needs_base_and_step() -> None:
    domain = {b: unit, n: whole(0, 6)}
    assert both(induction(b**k, k, n, (1 - b**n) / (1 - b), domain)) == (True, True)
    shifted = (1 - b**n) / (1 - b) + 1  # grows rightly from a wrong start
    assert both(induction(b**k, k, n, shifted, domain)) == (False, False)
    right_at_zero = n * (1 - b**n) / (1 - b)
    assert both(induction(b**k, k, n, right_at_zero, domain)) == (False, False)


def test_inequality_needs_a_nonnegative_reason() -> None:
    domain = {real: signed}
    assert both(inequality(2 * real, real**2 + 1, (real - 1) ** 2, domain)) == (True, True)
    assert both(inequality(3 * real, real**2 + 1, real**2 + 1 - 3 * real, domain)) == (False, False)
    assert not inequality(2 * real, real**2 + 1, real**2, domain).check().passed


@pytest.mark.parametrize(
    "expression", [real, -h, 1 - b, real**3, h - b, h * real, -(real**2), sympy.Sum(real, (k, 0, n))]
)
def test_what_may_be_negative_is_not_called_nonnegative(expression: Any) -> None:
    assert not nonnegative(expression)


def test_by_derivative() -> None:
    y = sympy.Symbol("y", nonnegative=True)
    domain = {y: positive}
    assert both(by_derivative(1 + y, sympy.exp(y), y, sympy.exp(y), domain, order=2)) == (True, True)
    assert both(by_derivative(1 + 2 * y, sympy.exp(y), y, sympy.exp(y), domain, order=2))[0] is False


def test_a_derivative_says_nothing_before_zero_or_beyond_a_pole() -> None:
    """0 <= a^3 and 1 + 2y/1000 <= (1 - y/1000)^-2 at the points that are drawn, and not for all a and y."""
    y = sympy.Symbol("y", positive=True)
    cube = by_derivative(0, real**3, real, 3 * real**2, {real: positive})
    assert both(cube) == (False, True)
    assert "may be negative" in cube.check().how
    assert both(by_derivative(1 + real, sympy.exp(real), real, sympy.exp(real), {real: signed}, order=2)) == (
        True,
        True,
    )
    pole = by_derivative(
        1 + 2 * y / 1000, (1 - y / 1000) ** -2, y, 6 * (1 - y / 1000) ** -4 / 10**6, {y: positive}, order=2
    )
    assert both(pole) == (False, True)
    assert "may vanish on the way" in pole.check().how
    beyond = {y: whole(2000, 9000)}
    assert (
        not by_derivative(1 + 2 * y / 1000, (1 - y / 1000) ** -2, y, 6 * (1 - y / 1000) ** -4, beyond)
        .second_road()
        .passed
    )


def test_bijection() -> None:
    domain = {N: whole(2, 9), i: whole(0, 1)}
    assert both(bijection(sympy.Mod(i - j, N), j, sympy.Mod(i - k, N), k, N, domain)) == (True, True)
    assert both(bijection(sympy.Mod(2 * j, N), j, sympy.Mod(k, N), k, N, domain)) == (False, False)


def test_limit_and_expansion() -> None:
    assert both(limit((1 - b**2) / (1 - b), b, 1, 2, {}, side="-")) == (True, True)
    assert both(limit((1 - b**2) / (1 - b), b, 1, 1, {}, side="-")) == (False, False)
    assert both(limit(1 / h, h, sympy.oo, 0, {})) == (True, True)
    assert both(expansion(sympy.exp(h), h, (1, 1), {})) == (True, True)
    assert both(expansion(sympy.exp(h), h, (1, 2), {})) == (False, False)


def test_orders_are_not_forced_to_agree() -> None:
    with digits(120):
        points = [number(Fraction(1, 10**p)) for p in range(2, 8)]
        right = order_of("h^2", 2, [(e, e**2 + e**3) for e in points], "")
        wrong = order_of("h^2", 2, [(e, e + e**2) for e in points], "")
        assert right.agrees
        assert not wrong.agrees
        assert not agreement("1", number(1), number(1) + number(Fraction(1, 10**9)), number(0), "").agrees
        assert rational(number(Fraction(3, 8))) == Fraction(3, 8)


def test_latex() -> None:
    assert tex(b ** sympy.Mod(i - j, N)) == r"\beta^{(i - j) \bmod N}"
    assert tex(1 - b) == r"1 - \beta"
    assert tex(over(g[j] - 1, (j, N))).startswith(r"\sum_{j=0}^{N - 1} \left(")


# --- the definitions -----------------------------------------------------------------------------------------------


def _swapped(num: Numbers) -> Step:
    step = adam(num)
    return lambda g_, seen, s, h: step(g_, seen, s, h._replace(beta1=h.beta2, beta2=h.beta1))


def _rootless(num: Numbers) -> Step:
    return lambda g_, squares, s, h: (num.ratio(g_, squares), s)


def _unsigned(num: Numbers) -> Step:
    def step(g_: Any, _: Any, s: Any, h: Any) -> tuple[Any, Any]:
        m = h.beta1 * s.m + (1 - h.beta1) * g_
        return m, s._replace(m=m)

    return step


@pytest.mark.parametrize(
    ("optimizer", "define", "name"),
    [
        ("adam", _swapped, "ema-steady-state"),
        ("adam", _swapped, "epoch-map"),
        ("adam", _swapped, "full-batch-sign"),
        ("adam-proxy", _rootless, "proxy-limit"),
        ("adam-proxy", _rootless, "fixed-point-game"),
        ("adam-proxy", _rootless, "replicator"),
        ("adam-proxy", _rootless, "proxy-loss"),
        ("adam-proxy", _rootless, "scaled-rademacher"),
        ("signum", _unsigned, "signum-bound"),
        ("signum", _unsigned, "signum-stalls"),
    ],
)
def test_a_fault_in_the_definition_breaks_the_chain(
    monkeypatch: pytest.MonkeyPatch, optimizer: str, define: Any, name: str
) -> None:
    """Chains start from the one definition: with another one, some step fails on each road."""
    monkeypatch.setitem(RULES, optimizer, replace(RULES[optimizer], define=define))
    steps = CHAINS[name].__wrapped__().steps  # type: ignore[attr-defined]  # functools.cache
    assert not all(step.assertion.check().passed for step in steps)
    assert not all(step.assertion.second_road().passed for step in steps)


def test_a_float_is_no_part_of_a_claim() -> None:
    with pytest.raises(ValueError, match="a float in"):
        equality(sympy.Float(0.5) * b, b / 2, BASE)


def test_a_step_needs_both_roads_and_a_derivation_its_measurements() -> None:
    step = CHAINS["ema-steady-state"]().steps[0]
    stands, falls = Finding(True, ""), Finding(False, "")
    assert StepResult(step, stands, stands).passed
    for check, second_road in ((stands, falls), (falls, stands)):
        assert not StepResult(step, check, second_road).passed
    chain, steps = CHAINS["ema-steady-state"](), (StepResult(step, stands, stands),)
    for agrees in (True, False):
        measured = Measured("q", "1", "2", "0", 100, "", agrees)
        assert Derivation(chain, steps, (measured,), 0.0).passed is agrees

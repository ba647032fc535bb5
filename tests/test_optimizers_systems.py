"""One definition, four number systems: the same steps and the same epoch map in each."""

from __future__ import annotations

import random
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
import pytest
import sympy

from verify.claims.epoch_map import published
from verify.data.families import gaussian
from verify.numbers.system import Numbers
from verify.numbers.systems import balls
from verify.numbers.systems.balls import BALLS, precision
from verify.numbers.systems.floats import FLOATS, STRICT_FLOATS
from verify.numbers.systems.mpf import MPF, digits
from verify.numbers.systems.symbols import SYMBOLS
from verify.optimizers import optimizer
from verify.optimizers.mean_update import NO_REST, mean_update
from verify.optimizers.rule import ADDED, Rule
from verify.optimizers.rules import RULES
from verify.problem.epoch_map import epoch_map

# Digits of the mpf and symbolic results, and the agreement asked for: what is computed here is a few dozen
# roundings of numbers between 1e-2 and 1e3, so four digits are plenty to lose.
DIGITS = 50
NEAR = Fraction(1, 10**46)
# float64 in the same way: a few dozen roundings of 1.1e-16.
FLOAT_NEAR = 1e-13

BETAS = (Fraction(9, 10), Fraction(99, 100))


def rationals(rng: random.Random, *shape: int) -> Any:
    """Nonzero fractions between 1/30 and 30 in nested lists of the given shape."""
    if not shape:
        return Fraction(rng.choice([-1, 1]) * rng.randint(1, 30), rng.randint(1, 30))
    return [rationals(rng, *shape[1:]) for _ in range(shape[0])]


def inside(num: Numbers, values: Any) -> Any:
    """Nested lists of fractions in a number system."""
    return [inside(num, v) for v in values] if isinstance(values, list) else num.number(values)


def exactly(x: Any) -> Fraction:
    """The number that an mpf is, or DIGITS digits of a symbolic constant."""
    x = mpmath.mpf(str(x.evalf(DIGITS))) if isinstance(x, sympy.Basic) else x
    sign, mantissa, exponent, _ = x._mpf_
    return (-1) ** sign * int(mantissa) * Fraction(2) ** exponent


def hyper(num: Numbers, rule: Rule, eps: Fraction) -> Any:
    """The defaults but for the betas, with eps at both places."""
    given = {number.name: number.usual for number in rule.hyper} | dict(
        zip(("beta1", "beta2"), BETAS, strict=True)
    )
    given |= dict.fromkeys(ADDED, eps)
    return rule.values({name: num.number(value) for name, value in given.items()}, num.number(Fraction(0)))


def assert_agree(symbol: Any, in_balls: Any, in_mpf: Any, in_floats: Any) -> None:
    value = exactly(symbol)
    slack = NEAR * max(1, abs(value))
    assert abs(exactly(in_mpf) - value) <= slack
    low, high = balls.bounds(in_balls)
    assert high - low <= slack, "the ball is too wide to say anything"
    assert low - slack <= value <= high + slack
    assert abs(float(in_floats) - float(value)) <= FLOAT_NEAR * max(1.0, abs(float(value)))


def in_all(compute: Any) -> Any:
    """compute(num) in symbols, balls, mpf and floats."""
    with precision(200), digits(DIGITS):
        return [compute(num) for num in (SYMBOLS, BALLS, MPF, FLOATS)]


@pytest.mark.parametrize("eps", [Fraction(0), Fraction(1, 50)])
@pytest.mark.parametrize("name", RULES)
def test_three_steps_agree_in_all_systems(name: str, eps: Fraction) -> None:
    rng = random.Random(f"{name}{eps}")
    gradients, seen = rationals(rng, 3), [abs(s) for s in rationals(rng, 3)]

    def steps(num: Numbers) -> list[Any]:
        rule = RULES[name]
        step, h = rule.step(num), hyper(num, rule, eps)
        s: Any = (num.number(Fraction(0)),) * len(rule.states)
        out = []
        for g, read in zip(inside(num, gradients), inside(num, seen), strict=True):
            u, s = step(g, read, s, h)
            out += [u, *s]
        return out

    with precision(200), digits(DIGITS):
        for values in zip(*in_all(steps), strict=True):
            assert_agree(*values)


# One of each kind of state and of blocks; the others take seconds each.
QUICK = {"adam", "adam-proxy", "signum"}


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[] if name in QUICK else [pytest.mark.slow])
        for name, rule in RULES.items()
        if rule.forgets
    ],
)
def test_epoch_map_agrees_in_all_systems(name: str) -> None:
    rng = random.Random(name)
    G, seen = rationals(rng, 3, 2), [[abs(s) for s in row] for row in rationals(rng, 3, 2)]

    def epoch(num: Numbers) -> list[Any]:
        h = hyper(num, RULES[name], Fraction(0))
        U = [num.number(Fraction(0))] * 2
        arrays = (inside(num, G), inside(num, seen), U)
        if num is FLOATS:
            num, arrays = STRICT_FLOATS, tuple(map(np.array, arrays))
        rests = np.zeros((3, 2)) if num is STRICT_FLOATS else [NO_REST] * 3
        mean_update(RULES[name], num)(arrays[0], arrays[1], h, arrays[2], rests)
        return list(arrays[2])

    with precision(200), digits(DIGITS):
        for values in zip(*in_all(epoch), strict=True):
            assert_agree(*values)


def test_the_direction_of_u_keeps_its_digits_as_beta2_tends_to_1() -> None:
    """1 - beta2^N loses five of its own here, the same for all coordinates: a factor of U, as long as the operations
    are done in order (3e-16; reordered for vector units they lose 3e-12)."""
    data = gaussian(6, 3)
    opt = optimizer("adam", beta2=Fraction(1 - 2.0**-17))
    found = epoch_map(opt, data.floats())(np.zeros(6))
    with digits(DIGITS):
        h = opt.frozen(MPF)
        G = inside(MPF, [[-x for x in row] for row in data.rows])
        U = [MPF.number(Fraction(0))] * 3
        mean_update(opt.rule, MPF)(G, G, h, U, [NO_REST] * len(G))
    wanted = np.array(list(map(float, U)))
    assert found / found[0] == pytest.approx(wanted / wanted[0], rel=2e-15)


@pytest.mark.parametrize("num", [SYMBOLS, BALLS, MPF, FLOATS], ids=lambda num: num.name)
def test_a_coordinate_without_gradient_does_not_move(num: Numbers) -> None:
    zero = num.number(Fraction(0))
    for rule in RULES.values():
        step, h = rule.step(num), hyper(num, rule, Fraction(0))
        assert step(zero, zero, (zero,) * len(rule.states), h)[0] == 0


def test_moments_decay_while_batches_have_no_gradient() -> None:
    """Two of ten rows have weight, two and six steps without gradient between them: the printed closed form."""
    X, c = gaussian(10, 3).floats(), np.zeros(10)
    c[[0, 3]] = 1, 0.25
    opt = optimizer("adam", beta1=Fraction(9, 10), beta2=Fraction(1, 2))
    with np.errstate(divide="ignore"):
        found = epoch_map(opt, X)(np.log(c)).real
    wanted = published(c[:, None] * X, 0.9, 0.5, lambda i, j: i - j) / 10
    assert found == pytest.approx(wanted, rel=1e-14)  # both round some hundred times, by 1e-16

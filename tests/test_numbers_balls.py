"""The one door into balls, and what is read off them."""

from __future__ import annotations

from fractions import Fraction

import mpmath
import numpy as np
import pytest
from flint import arb, ctx
from hypothesis import given
from hypothesis import strategies as st

from verify.numbers.systems import balls
from verify.numbers.systems.balls import Dyadic, Order, Undecided, ball, climb, compare, precision

rationals = st.fractions(max_denominator=10**6)


@given(rationals)
def test_the_door_takes_exact_numbers_and_encloses_them(x: Fraction) -> None:
    with precision(30):
        for spelled in (x, f"{x.numerator}/{x.denominator}"):
            low, high = balls.bounds(ball(spelled))
            assert low <= x <= high
            assert high - low <= abs(x) * Fraction(2) ** -28


def test_decimal_text_is_the_rational_it_spells() -> None:
    low, high = balls.bounds(ball("0.1"))
    assert low < Fraction(1, 10) < high
    with precision(200):
        assert compare(ball("0.1"), ball(Dyadic(0.1))) is Order.LESS


@pytest.mark.parametrize(
    "rounded",
    [
        0.1,
        mpmath.mpf("0.1"),
        np.float64(0.1),
        True,
        None,
        arb(1),
        1j,
        np.int64(3),
        Dyadic(mpmath.mpf(1)),
        Dyadic(np.float64(0.1)),
    ],
)
def test_the_door_refuses_what_may_be_rounded(rounded: object) -> None:
    with pytest.raises(TypeError):
        ball(rounded)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text", ["nan", "inf", "1 +/- 0.1", "[1 +/- 0.1]", "1/0", "", " 1", "1e9999999", "٣"]
)
def test_the_door_refuses_text_that_spells_no_finite_number(text: str) -> None:
    with pytest.raises(ValueError, match="neither a decimal"):
        ball(text)


def test_a_dyadic_must_be_finite() -> None:
    for value in (float("nan"), float("inf")):
        with pytest.raises(ValueError, match="not a finite number"):
            ball(Dyadic(value))


def test_a_matrix_holds_balls_only() -> None:
    assert balls.matrix([[ball(1), ball(2)]]).ncols() == 2
    with pytest.raises(TypeError, match="not a ball"):
        balls.matrix([[ball(1), 0.1]])


@given(rationals, rationals)
def test_comparison_never_contradicts_the_numbers(x: Fraction, y: Fraction) -> None:
    truth = Order.LESS if x < y else Order.GREATER if x > y else Order.EQUAL
    with precision(20):
        assert compare(ball(x), ball(y)) in (truth, Order.UNDECIDED)


def test_an_order_has_no_truth_value() -> None:
    with pytest.raises(TypeError, match="not true or false"):
        bool(compare(ball(1), ball(2)))


def test_what_touches_zero_is_undecided() -> None:
    wide = balls.around(ball(0), ball("0.5"))
    for question in (
        lambda: balls.sign(wide),
        lambda: balls.sqrt(wide),
        lambda: balls.sqrt(balls.around(ball("0.5"), ball("0.5"))),
        lambda: balls.ratio(ball(1), wide),
        lambda: balls.ratio(wide, wide),
        lambda: balls.ratio(wide, ball(0)),
        lambda: balls.fraction(wide),
        lambda: balls.around(ball(0), ball(-1)),
        lambda: balls.sign(arb("nan")),
        lambda: balls.sqrt(arb("nan")),
        lambda: balls.bounds(arb("nan")),
    ):
        with pytest.raises(Undecided):
            question()
    assert balls.sign(ball(0)) == 0
    assert balls.ratio(ball(0), ball(0)).is_zero()
    assert balls.sqrt(ball(0)).is_zero()
    with pytest.raises(ZeroDivisionError):
        balls.ratio(ball(1), ball(0))


@given(rationals)
def test_exact_balls_give_their_number_back(x: Fraction) -> None:
    dyadic = Fraction(x.numerator, 2 ** (x.denominator % 40))
    with precision(dyadic.numerator.bit_length() + 2):
        assert balls.fraction(ball(dyadic)) == dyadic


def test_precision_is_local() -> None:
    before = ctx.prec
    seen: list[int] = []

    def fail() -> None:
        with precision(77):
            seen.append(ctx.prec)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert seen == [77]
    assert ctx.prec == before


def test_the_ladder_climbs_until_it_can_tell_and_stops_at_its_cap() -> None:
    seen: list[int] = []

    def difference(bits: int) -> int:
        seen.append(bits)
        return balls.sign(ball(Fraction(1, 3)) - ball(Fraction(1, 3) - Fraction(1, 10**100)))

    assert climb(difference) == 1
    assert seen == [128, 256, 512]
    with pytest.raises(Undecided, match="at 300 bits"):
        climb(difference, last=300)  # 10^-100 needs 333


@pytest.mark.parametrize("first", [128, 192, 320, 448])
def test_the_last_rung_is_the_same_from_wherever_a_ladder_begins(first: int) -> None:
    """Doubled from 320, the bits would end at 640 and miss what 1000 can tell."""

    def difference(bits: int) -> int:
        return balls.sign(ball(Fraction(1, 3)) - ball(Fraction(1, 3) - Fraction(1, 10**290)))

    assert climb(difference, first=first, last=1000) == 1


@pytest.mark.parametrize("exponent", [10**7, -(10**7), 10**12])
def test_what_would_be_too_long_to_write_out_is_refused(exponent: int) -> None:
    for ask in (balls.fraction, balls.bounds):
        with pytest.raises(Undecided, match="too long to write out"):
            ask(ball(2) ** exponent)
    assert balls.fraction(ball(2) ** 10**6) == 2**10**6


def test_around_covers_the_radius() -> None:
    thick = balls.around(ball(Fraction(1, 3)), ball(Fraction(1, 7)))
    low, high = balls.bounds(thick)
    assert low <= Fraction(1, 3) - Fraction(1, 7)
    assert Fraction(1, 3) + Fraction(1, 7) <= high


def test_equal_is_said_of_exact_balls_only() -> None:
    third = ball(Fraction(1, 3))
    assert compare(third, third) is Order.UNDECIDED
    assert compare(balls.around(ball(0), ball(1)), ball(0)) is Order.UNDECIDED
    assert compare(ball(5), ball(5)) is Order.EQUAL


def test_the_smallest_is_none_of_the_larger_ones() -> None:
    assert compare(balls.smallest([ball(2), ball(-3), ball(5)]), ball(-3)) is Order.EQUAL
    low, _ = balls.bounds(balls.smallest([balls.around(ball(0), ball(2)), ball(-1)]))
    assert low <= -2

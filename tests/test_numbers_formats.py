"""Number formats: rounding bit by bit, and rules traced and rounded at each operation."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from verify.numbers.formats import FORMATS, Format
from verify.numbers.system import Numbers
from verify.numbers.systems.traced import strict
from verify.optimizers.rule import Rule
from verify.optimizers.rules import RULES


def rounded_all(form: Format, values: Any) -> Any:
    rounded = form.rounded

    def loop(given: Any, out: Any) -> None:
        for k in range(len(given)):
            out[k] = rounded(given[k])

    out = np.empty_like(values)
    strict(loop)(values, out)
    return out


def test_float16_is_numpys() -> None:
    # One in 4099 of all float32, a prime apart so that every exponent and many mantissas are met.
    bits = np.arange(0, 2**32, 4099, dtype=np.uint64).astype(np.uint32)
    values = bits.view(np.float32)
    with np.errstate(over="ignore", invalid="ignore"):
        expected = values.astype(np.float16).astype(np.float32)
    np.testing.assert_array_equal(rounded_all(FORMATS["float16"], values), expected)


def nearest(form: Format, x: float) -> float:
    """The nearest number of the format, ties to even, by rational arithmetic."""
    if x == 0 or not math.isfinite(x):
        return x
    exponent = max(math.frexp(x)[1] - form.bits, form.lowest - form.bits + 1)
    unit = Fraction(2) ** exponent
    rounded = float(round(Fraction(x) / unit) * unit)  # Python rounds halves to even
    largest = (2 - 2.0 ** (1 - form.bits)) * 2.0 ** (1 - form.lowest)
    return math.copysign(math.inf, x) if abs(rounded) > largest else rounded


halfway = st.builds(
    lambda m, e, up: float(np.float32((m + 0.5 * up) * 2.0**e)), st.integers(-4096, 4096), st.integers(-140, 20),
    st.sampled_from([0, 1]),
)  # fmt: skip


@given(st.one_of(st.floats(width=32, allow_nan=False), halfway), st.sampled_from(["float16", "bfloat16"]))
def test_rounding_is_to_the_nearest_even(x: float, name: str) -> None:
    form = FORMATS[name]
    assert float(form.rounded(np.float32(x))) == nearest(form, x)


def test_nan_stays_nan() -> None:
    signalling = np.array([0x7FFFFFFF, 0xFFFFFFFF, 0x7F800001], dtype=np.uint32).view(np.float32)
    for name in ("float16", "bfloat16"):
        assert np.isnan(rounded_all(FORMATS[name], signalling)).all()


def test_smallest_numbers() -> None:
    for name in ("float16", "float32", "float64"):
        info = np.finfo(name)
        assert FORMATS[name].log_normal == pytest.approx(math.log(info.tiny))
        assert FORMATS[name].log_smallest == pytest.approx(math.log(info.smallest_subnormal))
        assert FORMATS[name].digits == pytest.approx((info.nmant + 1) * math.log10(2))


# In NumPy's own float16 every operation of a rule is rounded, hyperparameters too; these are exact in it.
# Hyperparameters that every format holds, by name; a step gets those that its rule has.
EXACT = {"beta1": 0.5, "beta2": 0.75, "eps": 2.0**-10, "inside": 2.0**-12}


def numpy_numbers(dtype: Any) -> Numbers:
    def ratio(a: Any, b: Any) -> Any:
        with np.errstate(all="ignore"):
            return a / b

    return Numbers("numpy", dtype, np.sqrt, np.exp, np.log, np.log1p, np.sign, ratio)


def agrees_with_numpy(form: Format, dtype: Any, name: str) -> None:
    rule = RULES[name]
    step, other = rule.step(form.numbers), rule.step(numpy_numbers(dtype))
    given = {number.name: float(number.usual) for number in rule.hyper} | EXACT
    h = rule.values({key: dtype(value) for key, value in given.items()}, dtype(0))
    rng = np.random.default_rng(1)
    for _ in range(300):
        scale = 10.0 ** rng.uniform(-5, 2)
        g, seen, *s = (dtype(x) for x in (rng.normal(size=2 + len(rule.states)) * scale))
        # Even degrees are sums of squares.
        s = [abs(x) if state.degree == 2 else x for x, state in zip(s, rule.states, strict=True)]
        seen = abs(seen)
        with np.errstate(all="ignore"):
            u, after = other(g, seen, tuple(s), h)
        found, then = step(form.real(g), form.real(seen), tuple(map(form.real, s)), rule.values(given, 0.0))
        np.testing.assert_array_equal(np.array([found, *then], dtype), np.array([u, *after], dtype))


@pytest.mark.parametrize("name", RULES)
def test_float16_steps_are_numpys(name: str) -> None:
    agrees_with_numpy(FORMATS["float16"], np.float16, name)


def test_float32_and_float64_steps_are_numpys() -> None:
    agrees_with_numpy(FORMATS["float32"], np.float32, "adam")
    agrees_with_numpy(FORMATS["float64"], np.float64, "adam")


def test_a_rounding_left_out_is_caught() -> None:
    with pytest.raises(AssertionError):
        agrees_with_numpy(
            Format("float16", 11, -14, np.float32, FORMATS["float32"].rounded), np.float16, "adam"
        )


def test_scalars_meet_rounded_values_unrounded() -> None:
    """In bfloat16 0.999 would be 1 and v would never change."""
    form = FORMATS["bfloat16"]
    step = RULES["adam"].step(form.numbers)
    one, zero = np.float32(1), np.float32(0)
    _, (_, v) = step(one, zero, (zero, zero), (0.9, 0.999, 0.0, 0.0, 0.0, 0.0))
    assert v == form.rounded(np.float32(1 - 0.999))


@pytest.mark.parametrize("name", ["float16", "bfloat16", "float32"])
def test_what_is_computed_from_scalars_alone_is_float64(name: str) -> None:
    """1 + 2^-30 is 1 in each of these formats."""
    form = FORMATS[name]
    rule = Rule(
        "scaled",
        lambda num: lambda g, seen, s, h: (((1 + h.eps) - 1) * 2**20 * g, s),
        degree=1,
        update="linear",
    )
    one, zero = form.real(1), form.real(0)
    assert rule.step(form.numbers)(one, zero, (), (2.0**-30, 0.0, 0.0, 0.0))[0] == 2.0**-10


def traced(function: Callable[[Numbers, Any], Any]) -> Any:
    """The function of a gradient in float16, as an update of a rule that closes over its number system."""
    rule = Rule("traced", lambda num: lambda g, seen, s, h: (function(num, g), s), degree=None)
    step = rule.step(FORMATS["float16"].numbers)
    return lambda g: step(g, g, (), (0.0,) * 4)[0]


@pytest.mark.parametrize(
    ("function", "value"),
    [
        (lambda num, g: num.exp(g), 2.718),
        (lambda num, g: num.log(g + 1), 0.693),
        (lambda num, g: num.softplus(g), 1.3135),
        (lambda num, g: num.number(Fraction(1, 2)) - g, -0.5),
        (lambda num, g: 2 / (3 - -g), 0.5),
        (lambda num, g: num.max(g, -2 * g) + abs(g - 3), 3.0),
        (lambda num, g: num.min(g, -(g**2)), -1.0),
    ],
)
def test_all_operations_can_be_traced(function: Any, value: float) -> None:
    assert traced(function)(np.float32(1)) == pytest.approx(value, rel=1e-3)


def test_traced_sign_keeps_nan() -> None:
    step = traced(lambda num, g: num.sign(g))
    signs = [step(np.float32(x)) for x in (-2.0, 0.0, 3.0, math.nan)]
    assert signs[:3] == [-1, 0, 1]
    assert math.isnan(signs[3])


def test_arrays_are_rounded_once() -> None:
    values = np.array([1 / 3, 1e-9, 1e6])
    with np.errstate(over="ignore"):
        expected = values.astype(np.float16).astype(np.float32)
    np.testing.assert_array_equal(FORMATS["float16"].array(values), expected)
    assert FORMATS["float64"].array(values).dtype == np.float64


@pytest.mark.parametrize(
    ("name", "x", "rounded"),
    [
        ("bfloat16", 1 + 2.0**-8, 1.0),
        ("bfloat16", 1 + 3 * 2.0**-8, 1 + 2.0**-6),
        ("float16", 1 + 2.0**-11, 1.0),
        ("float16", 1 + 3 * 2.0**-11, 1 + 2.0**-9),
    ],
)
def test_half_way_is_rounded_to_the_even(name: str, x: float, rounded: float) -> None:
    assert rounded_all(FORMATS[name], np.array([x, -x], dtype=np.float32)).tolist() == [rounded, -rounded]

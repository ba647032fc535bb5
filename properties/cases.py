"""Hypothesis strategies for whole cases: data, an optimizer for them, and a start, weights or a change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from properties.choices import batch_sizes, betas, simplex, starts
from properties.property import Case
from properties.strategies import any_separable, separable
from verify.data import Dataset, gaussian
from verify.optimizers import Optimizer, optimizer

PROXY = optimizer("adam-proxy")

# Decades that weights c are apart at most: far from uniform, and far from where float64 neglects them.
DECADES = 12

Choose = Callable[[DrawFn, int], Optimizer]


def adam(draw: DrawFn, n: int, full: bool = True) -> Optimizer:
    """Adam with some betas and batch size, in cyclic order."""
    beta1, beta2 = draw(betas())
    return optimizer("adam", beta1=beta1, beta2=beta2, batch_size=draw(batch_sizes(n, full=full)))


def per_sample(draw: DrawFn, n: int) -> Optimizer:
    """Per-sample Adam."""
    beta1, beta2 = draw(betas())
    return optimizer("adam", beta1=beta1, beta2=beta2)


def signum(draw: DrawFn, n: int) -> Optimizer:
    """Signum with some beta and batch size."""
    beta = draw(st.sampled_from([Fraction(p, 20) for p in (10, 1, 5, 15, 18, 19)]))
    return optimizer("signum", beta1=beta, batch_size=draw(batch_sizes(n)))


def one_of(*names: str) -> Choose:
    """One of these rules, with its defaults."""
    return lambda draw, n: optimizer(draw(st.sampled_from(names)))


def either(*choices: Choose) -> Choose:
    """What one of these choices draws."""
    return lambda draw, n: draw(st.sampled_from(choices))(draw, n)


@st.composite
def maps(
    draw: DrawFn,
    choose: Choose,
    change: Callable[[DrawFn, Dataset], list[Any]] = lambda draw, data: [],
    data: SearchStrategy[Dataset] | None = None,
    decades: int = DECADES,
) -> Case:
    """Cases for U: data, an optimizer, weights c > 0 in ratios up to 10^decades, and a change."""
    chosen = draw(any_separable((2, 6), (1, 4)) if data is None else data)
    weights = draw(simplex(chosen.n, faces=False, decades=decades))
    altered = tuple(Fraction(x) for x in change(draw, chosen))
    return Case(chosen, choose(draw, chosen.n), weights=weights, change=altered)


def any_order(draw: DrawFn, data: Dataset) -> list[int]:
    """A permutation of the rows."""
    return draw(st.permutations(range(data.n)))


def turn(draw: DrawFn, data: Dataset) -> list[int]:
    """A permutation of the columns, then a sign for each."""
    order = draw(st.permutations(range(data.d)))
    return [*order, *(draw(st.sampled_from([1, -1])) for _ in range(data.d))]


def column_factors(draw: DrawFn, data: Dataset) -> list[Fraction]:
    """A power of two for each column."""
    return [Fraction(2) ** draw(st.integers(-20, 20)) for _ in range(data.d)]


@st.composite
def rotations(draw: DrawFn) -> Case:
    """Per-sample Adam and data whose rows start elsewhere in the cycle."""
    drawn = draw(maps(per_sample))
    first = draw(st.integers(0, drawn.data.n - 1))
    n = drawn.data.n
    return replace(drawn, change=tuple(Fraction((first + i) % n) for i in range(n)))


@st.composite
def with_proxy(draw: DrawFn, data: SearchStrategy[Dataset], faces: bool | None = None) -> Case:
    """AdamProxy on data, with weights c if ``faces`` is given."""
    chosen = draw(data)
    weights = () if faces is None else draw(simplex(chosen.n, faces=faces))
    return Case(chosen, PROXY, weights=weights)


@st.composite
def with_either(draw: DrawFn, data: SearchStrategy[Dataset]) -> Case:
    """AdamProxy, or per-sample Adam at beta2 = 0.95."""
    opt = draw(st.sampled_from([PROXY, optimizer("adam", beta2=Fraction(95, 100))]))
    return Case(draw(data), opt)


@st.composite
def with_adam(draw: DrawFn, data: SearchStrategy[Dataset]) -> Case:
    """Per-sample Adam on data."""
    chosen = draw(data)
    return Case(chosen, per_sample(draw, chosen.n))


@st.composite
def changed(draw: DrawFn, *names: str) -> Case:
    """A rule, data, a row and a factor of at least 2."""
    data = draw(any_separable((2, 4), (1, 3)))
    change = (Fraction(draw(st.integers(0, data.n - 1))), Fraction(draw(st.integers(2, 9))))
    return Case(data, optimizer(draw(st.sampled_from(names))), change=change)


@st.composite
def figures(draw: DrawFn) -> Case:
    """Gaussian data of the paper's size, and Adam at beta2 near 1."""
    data = gaussian(10, 50, draw(st.integers(0, 10**6)))
    return Case(data, optimizer("adam", beta2=Fraction(99, 100)))


SMALL = any_separable((1, 3), (1, 3))


def rule(name: str) -> Choose:
    """This rule."""
    return lambda draw, n: optimizer(name)


def batched_adam(draw: DrawFn, n: int) -> Optimizer:
    """Adam with less than a full batch, if N > 1."""
    beta1, beta2 = draw(betas(beta2=tuple(map(Fraction, ("1/2", "9/10", "19/20", "99/100")))))
    return optimizer("adam", beta1=beta1, beta2=beta2, batch_size=draw(batch_sizes(n, full=False)))


def equal_betas(draw: DrawFn, n: int) -> Optimizer:
    """Full-batch Adam with beta1 = beta2, for which |u| <= 1."""
    beta = Fraction(draw(st.sampled_from(["1/2", "4/5", "9/10"])))
    return optimizer("adam", beta1=beta, beta2=beta, batch_size="full")


def full_adam(draw: DrawFn, n: int) -> Optimizer:
    """Full-batch Adam that forgets within 200 steps: 200 log10(9/10) < -9."""
    beta1, beta2 = draw(betas(beta2=tuple(map(Fraction, ("1/2", "4/5", "9/10")))))
    return optimizer("adam", beta1=beta1, beta2=beta2, batch_size="full", loss="exponential")


def batched_gd(draw: DrawFn, n: int) -> Optimizer:
    """GD and SGD, every sample once an epoch."""
    order = draw(st.sampled_from(["cyclic", "reshuffle"]))
    return optimizer("gd", batch_size=draw(batch_sizes(n)), order=order)


def moderate_signum(draw: DrawFn, n: int) -> Optimizer:
    """Signum at moderate beta, any batch size."""
    beta = Fraction(draw(st.sampled_from(["1/2", "1/5", "4/5", "9/10"])))
    return optimizer("signum", beta1=beta, batch_size=draw(batch_sizes(n)))


def signum_near_one(draw: DrawFn, n: int) -> Optimizer:
    """Signum at beta = 0.99."""
    return optimizer("signum", beta1=Fraction(99, 100), batch_size=draw(batch_sizes(n)))


def scaling_rules(draw: DrawFn, n: int) -> Optimizer:
    """Rules that scale: all but those that step by a sign, which are as free of the scale but not of rounding."""
    name = draw(st.sampled_from(["adam", "adam-proxy", "gd", "ngd"]))
    return optimizer(name, loss="exponential")


@st.composite
def runs(
    draw: DrawFn, choose: Choose, data: SearchStrategy[Dataset], *, start: bool = False, powers: bool = False
) -> Case:
    """An optimizer on data, from w_0 = 0 or any start."""
    chosen = draw(data)
    opt = choose(draw, chosen.n)
    w_0 = draw(starts(chosen.d)) if start else ()
    change = (Fraction(draw(st.integers(-9, 9))),) if powers else ()
    return Case(chosen, opt, start=w_0, change=change)


def tilted(data: Dataset) -> Dataset:
    """The first column twice as large: no longer scaled Rademacher, still separable."""
    rows = tuple((2 * row[0], *row[1:]) for row in data.rows)
    return Dataset("tilted", rows)


DATA = any_separable((2, 4), (1, 3))

PLAIN = any_separable((1, 6), (1, 4))

# The growth bounds tell something sooner where gamma is not much smaller than R.
WIDE = separable((1, 4), (1, 3), margin=6)

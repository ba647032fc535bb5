"""Hypothesis strategies for what goes with the data: betas, batches, orders, schedules, starts, weights c."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from verify.optimizers import Optimizer, optimizer
from verify.optimizers.order import ORDERS
from verify.optimizers.rules import RULES

# The rules that the claims speak of.
NAMES = ("adam", "adam-proxy", "gd", "ngd", "signgd", "signum")

BETAS1 = tuple(map(Fraction, ("0", "1/2", "7/10", "4/5", "9/10", "93/100", "19/20")))
BETAS2 = tuple(map(Fraction, ("1/2", "9/10", "19/20", "99/100", "999/1000")))


@st.composite
def betas(
    draw: DrawFn, beta1: tuple[Fraction, ...] = BETAS1, beta2: tuple[Fraction, ...] = BETAS2
) -> tuple[Fraction, Fraction]:
    """(beta1, beta2) with beta1^2 < beta2, so now and then beta1 > beta2; ``beta1`` and ``beta2`` ascend."""
    second = draw(st.sampled_from(beta2))
    return draw(st.sampled_from([b for b in beta1 if b * b < second] or [Fraction(0)])), second


def batch_sizes(n: int, *, full: bool = True) -> SearchStrategy[int]:
    """Batch sizes for N = n samples, 1 the simplest; whole divisors and others; N itself if ``full``."""
    return st.integers(1, n if full else max(1, n - 1))


def orders() -> SearchStrategy[str]:
    """Orders of samples, cyclic the simplest."""
    return st.sampled_from(ORDERS)


@st.composite
def schedules(draw: DrawFn) -> tuple[Fraction, Fraction]:
    """(lr, decay) of eta_t = lr (t + 2)^(-decay), the sum of which diverges."""
    lr = Fraction(1, 10 ** draw(st.integers(1, 3)))
    return lr, draw(st.sampled_from(tuple(map(Fraction, ("1/2", "0", "1/4", "3/4", "1")))))


def endings(steps: int) -> SearchStrategy[str]:
    """Schedules of so many steps, the sum of which is finite."""
    return st.sampled_from([f"{name}:{steps}" for name in ("linear", "cosine")])


@st.composite
def starts(draw: DrawFn, d: int, largest: int = 3) -> tuple[Fraction, ...]:
    """w_0 with entries in halves of absolute value at most ``largest``, zero the simplest."""
    halves = [Fraction(0)] + [sign * Fraction(p, 2) for p in range(1, 2 * largest + 1) for sign in (1, -1)]
    return tuple(draw(st.sampled_from(halves)) for _ in range(d))


@st.composite
def simplex(draw: DrawFn, n: int, *, faces: bool = True, decades: int = 0) -> tuple[Fraction, ...]:
    """Weights c >= 0 (n) of sum 1, uniform the simplest; zeros if ``faces``; ratios up to 10^decades."""
    sizes = [Fraction(p) for p in range(1, 10)] + [Fraction(1, 10**p) for p in range(1, decades + 1)]
    sure = draw(st.integers(0, n - 1)) if faces else 0  # one weight is positive whatever the others are
    raw = [draw(st.sampled_from([*sizes, Fraction(0)] if faces and i != sure else sizes)) for i in range(n)]
    return tuple(c / sum(raw) for c in raw)


@st.composite
def optimizers(
    draw: DrawFn, n: int, names: tuple[str, ...] = NAMES, order: SearchStrategy[str] | None = None
) -> Optimizer:
    """An optimizer for N = n samples: rule, betas, batch size, order and schedule."""
    name = draw(st.sampled_from(names))
    beta1, beta2 = draw(betas())
    lr, decay = draw(schedules())
    if not RULES[name].batches:
        return optimizer(name, lr=lr, decay=decay)
    batch, order_name = draw(batch_sizes(n)), draw(orders() if order is None else order)
    chosen: dict[str, Any] = {
        beta: value for beta, value in (("beta1", beta1), ("beta2", beta2)) if beta in RULES[name].betas
    }
    return optimizer(name, **chosen, batch_size=batch, order=order_name, lr=lr, decay=decay)

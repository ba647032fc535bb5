"""Random points of a domain: rationals, integers, indexed families, weights on the simplex."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

from verify.derive.evaluate import Point, exact

Draw = Callable[[random.Random, dict[Any, Any]], Any]
Domain = Mapping[Any, Draw]


def draw(domain: Domain, rng: random.Random) -> dict[Any, Any]:
    """A random point; draws see what was drawn before them."""
    point: dict[Any, Any] = {}
    for name, one in domain.items():
        point[name] = one(rng, point)
    return point


def unit(rng: random.Random, _: Point) -> Fraction:
    """A rational in (0, 1)."""
    q = rng.randint(3, 40)
    return Fraction(rng.randint(1, q - 1), q)


def positive(rng: random.Random, _: Point) -> Fraction:
    """A positive rational."""
    return Fraction(rng.randint(1, 60), rng.randint(1, 20))


def above_one(rng: random.Random, at: Point) -> Fraction:
    """A rational in (1, 2)."""
    return 1 + unit(rng, at)


def beyond_one(rng: random.Random, at: Point) -> Fraction:
    """A rational above 1, of any size."""
    return 1 + positive(rng, at)


def signed(rng: random.Random, _: Point) -> Fraction:
    """A nonzero rational."""
    return rng.choice((-1, 1)) * Fraction(rng.randint(1, 60), rng.randint(1, 20))


def whole(low: int, high: int) -> Draw:
    """An integer between low and high, both included."""
    return lambda rng, _: rng.randint(low, high)


def below(bound: Any) -> Draw:
    """An integer from 0 to the value of ``bound`` less one."""
    return lambda rng, point: rng.randrange(int(exact(bound, point)))


def indexed(one: Draw, period: Any = None) -> Draw:
    """A function of integers with random values; ``period`` makes a function of one integer periodic."""

    def make(rng: random.Random, point: dict[Any, Any]) -> Callable[..., Any]:
        seen: dict[Any, Any] = {}
        wrap = None if period is None else int(exact(period, point))

        def value(*index: Any) -> Any:
            key = tuple(int(i) for i in index) if wrap is None else (int(index[0]) % wrap,)
            if key not in seen:
                seen[key] = one(rng, point)
            return seen[key]

        return value

    return make


def simplex(size: Any) -> Draw:
    """Weights c_0, c_1, ... of a sum of one: positive rationals, as a function of the index."""

    def make(rng: random.Random, point: dict[Any, Any]) -> Callable[..., Any]:
        parts = [Fraction(rng.randint(1, 30)) for _ in range(int(exact(size, point)))]
        return lambda i: parts[int(i)] / sum(parts)

    return make

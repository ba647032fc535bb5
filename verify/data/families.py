"""Generated data: Gaussian, scaled Rademacher and shifted-diagonal rows, separable by construction.

Entries are exact: float64 draws are taken as the dyadic rationals they are. The same arguments give the
same rows (NumPy's PCG64 generator).
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from verify.data.bounds import check_shape
from verify.data.dataset import Dataset, float_text
from verify.data.text import NotANumberError, exact, plain, show
from verify.errors import BadInput

_MOST_SEED_DIGITS = 30


def gaussian(n: int, d: int, seed: int = 0) -> Dataset:
    """n rows of standard normal entries in d dimensions, labelled by a planted separator.

    Draw w* ~ N(0, I), then x ~ N(0, I); the label of x is sign(x.w*), so the row y x has a positive margin
    on w*, for every n and d. (If n <= d almost every draw is separable anyhow; the definition stays the
    same.) A row with x.w* = 0 exactly is drawn again. Raises BadInput for n, d < 1, seed < 0, too many
    entries.
    """
    _check_sizes("gaussian", n=n, d=d, seed=seed)
    draw = np.random.Generator(np.random.PCG64(seed))
    name = f"gaussian:n={n},d={d},seed={seed}"
    return Dataset(name, _planted(draw, n, d, lambda: draw.standard_normal(d)))


def scaled_rademacher(n: int, d: int, seed: int = 0) -> Dataset:
    """n rows a_i * (random signs) in d dimensions: within a row all |x_i[k]| equal a_i.

    a_i is one of 1/8, 2/8, ..., 32/8 with equal chance. The label is the side of a planted Gaussian
    separator on which the row lies, as for ``gaussian``; raises BadInput likewise.
    """
    _check_sizes("scaled-rademacher", n=n, d=d, seed=seed)
    draw = np.random.Generator(np.random.PCG64(seed))

    def row() -> NDArray[np.float64]:
        signs = (2 * draw.integers(0, 2, size=d) - 1).astype(np.float64)
        return signs * (float(draw.integers(1, 33)) / 8.0)

    return Dataset(f"scaled-rademacher:n={n},d={d},seed={seed}", _planted(draw, n, d, row))


def shifted_diagonal(d: int, delta: Fraction | int, s: Sequence[Fraction | int] | None = None) -> Dataset:
    """d rows in d dimensions: x_i[i] = s_i and the other entries delta (theory, section 2, claim 9).

    0 < s_1 < ... < s_d, by default s_i = i; delta > 0. All entries are positive, so w = (1, ..., 1)
    separates. Raises BadInput if a condition fails.
    """
    family = "shifted-diagonal"
    _check_sizes(family, n=d, d=d)
    diagonal = [Fraction(i + 1) for i in range(d)] if s is None else [Fraction(value) for value in s]
    delta = Fraction(delta)
    if delta <= 0:
        raise BadInput(f"{family}: delta={float_text(delta)} must be > 0")
    if len(diagonal) != d:
        raise BadInput(f"{family}: s has {len(diagonal)} values, d={d}")
    for i, value in enumerate(diagonal):
        if value <= 0 or (i and value <= diagonal[i - 1]):
            raise BadInput(f"{family}: s[{i}]={float_text(value)} breaks 0 < s_1 < ... < s_d")
    name = f"{family}:d={d},delta={plain(str(delta), 60)}"
    if s is not None:
        name = plain(f"{name},s={':'.join(str(value) for value in diagonal)}", 120)
    rows = tuple(tuple(diagonal[i] if k == i else delta for k in range(d)) for i in range(d))
    return Dataset(name, rows)


FAMILIES: dict[str, Callable[..., Dataset]] = {
    "gaussian": gaussian,
    "scaled-rademacher": scaled_rademacher,
    "shifted-diagonal": shifted_diagonal,
}


def parse_family(spec: str) -> Dataset:
    """The data of ``family:name=value,...``; raises BadInput that names what is wrong.

    n, d and seed are nonnegative integers, delta a decimal or a fraction, s a list like ``1:3/2:4``.
    """
    family, _, text = spec.partition(":")
    make = FAMILIES[family]
    known = inspect.signature(make).parameters
    given: dict[str, object] = {}
    for item in text.split(",") if text else []:
        key, equals, value = item.partition("=")
        key = key.strip()
        if not equals:
            raise BadInput(f"{family}: {show(item)} is not name=value")
        if key not in known:
            raise BadInput(f"{family}: unknown parameter {show(key)}; it has {', '.join(known)}")
        if key in given:
            raise BadInput(f"{family}: parameter {key} is given twice, the second time as {show(value)}")
        given[key] = _parameter(family, key, value.strip())
    missing = [key for key, p in known.items() if p.default is p.empty and key not in given]
    if missing:
        raise BadInput(f"{family}: missing parameter {', '.join(missing)} in {show(spec)}")
    return make(**given)


def _parameter(family: str, key: str, value: str) -> object:
    """The value of one parameter, typed by its name."""
    try:
        if key == "delta":
            return exact(value)
        if key == "s":
            return [exact(part) for part in value.split(":")]
    except NotANumberError as reason:
        raise BadInput(f"{family}: {key}={show(value)} {reason}") from None
    if not (value.isascii() and value.isdigit() and len(value) <= _MOST_SEED_DIGITS):
        raise BadInput(f"{family}: {key}={show(value)} is not a nonnegative integer of reasonable size")
    return int(value)


def _check_sizes(family: str, *, n: int, d: int, seed: int = 0) -> None:
    if n < 1 or d < 1:
        raise BadInput(f"{family}: n={n}, d={d}: both must be at least 1")
    check_shape(family, n, d)
    if seed < 0:
        raise BadInput(f"{family}: seed={seed} must not be negative")


def _planted(
    draw: np.random.Generator, n: int, d: int, row: Callable[[], NDArray[np.float64]]
) -> tuple[tuple[Fraction, ...], ...]:
    """n rows, each turned to the positive side of a planted normal separator w*."""
    w = draw.standard_normal(d)
    rows: list[tuple[Fraction, ...]] = []
    while len(rows) < n:
        x = row()
        if side := _sign_of_dot(x, w):
            rows.append(tuple(Fraction(entry) for entry in (side * x).tolist()))
    return tuple(rows)


def _sign_of_dot(x: NDArray[np.float64], w: NDArray[np.float64]) -> int:
    """sign(x.w), exactly: the rounding error of the float dot product is below (d+1) 2^-52 |x|.|w|."""
    dot, bound = float(x @ w), float(np.abs(x) @ np.abs(w)) * (len(x) + 1) * 2.0**-52
    if abs(dot) <= 2 * bound:
        exact_dot = sum(
            (Fraction(a) * Fraction(b) for a, b in zip(x.tolist(), w.tolist(), strict=True)), Fraction(0)
        )
        return (exact_dot > 0) - (exact_dot < 0)
    return 1 if dot > 0 else -1

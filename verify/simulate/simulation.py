"""A run of an optimizer in the arithmetic of choice: fast, many digits, or enclosed.

float64   the compiled log-scale run;
mpf       ``digits`` digits, without a proof;
ball      enclosures of the exact iterate (exact data and hyperparameters, real roots and exponentials) with
          ``digits`` correct digits, at a precision found by climbing until the radii are small enough.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np

from verify.data.dataset import Dataset
from verify.errors import BadInput, Undecided
from verify.numbers import balls
from verify.numbers.balls import BALLS, Ball, climb
from verify.numbers.decimals import Range, enclosing_decimals, size
from verify.numbers.mpf import MPF
from verify.numbers.mpf import digits as mpf_digits
from verify.optimizers.interpreted import dot, interpreted
from verify.optimizers.optimizer import Optimizer
from verify.optimizers.trajectory import trajectory

ARITHMETICS = ("float64", "mpf", "ball")

# The cap of the ladder is 2^14 bits, of which 4000 digits take 13300.
MOST_DIGITS = 4000

# Digits that mpf computes with beyond those it returns. Rounding errors are forgotten with the gradients they
# were made in: after 10^5 steps of Inc-Adam at 10 x 50 float64 was off by 1e-14. (Radii of balls, which cannot
# know that, grow like exp(c t^(3/4)): by 360 bits in the same run.)
GUARD_DIGITS = 20

# A run in balls is given up at the first of this many points at which it has three digits too few.
LOOKS = 16

Entries = tuple[float, ...] | tuple[str, ...]


@dataclass(frozen=True)
class Simulation:
    """w_T after T = ``steps`` steps, and what is read off it.

    ``direction`` is w_T / ||w_T||_2, ``increment_direction`` that of w_T - w_{T//2} (zeros where there is
    none), ``min_margin`` is min_i x_i.w_T. Entries are floats for float64, decimals for the others; with
    balls the exact w_T[k] lies within ``radius[k]`` of ``weights[k]``, and the other numbers are correct to
    the digits printed, up to one unit of the last. ``bits`` is the precision computed with.
    """

    steps: int
    arithmetic: str
    digits: int | None
    bits: int
    weights: Entries
    radius: tuple[str, ...] | None
    direction: Entries
    increment_direction: Entries
    min_margin: float | str

    def to_json(self) -> dict[str, Any]:
        """The document of ``simulate --json``; ``radius`` is there for balls only."""
        document: dict[str, Any] = {
            "steps": self.steps,
            "arithmetic": self.arithmetic,
            "digits": self.digits,
            "bits": self.bits,
            "weights": list(self.weights),
            "radius": None if self.radius is None else list(self.radius),
            "direction": list(self.direction),
            "increment_direction": list(self.increment_direction),
            "min_margin": self.min_margin,
        }
        return {key: value for key, value in document.items() if value is not None}


def simulate(
    data: Dataset,
    opt: Optimizer,
    steps: int,
    arithmetic: str = "float64",
    digits: int = 30,
    seed: int = 0,
    progress: Callable[[int], None] = lambda step: None,
    start: Sequence[Fraction] = (),
) -> Simulation:
    """Run ``steps`` steps from w_0 = ``start``, 0 if it is empty. ``progress`` is told the step from time to time;
    with balls it may start again.

    Raises BadInput for an unknown arithmetic or numbers out of range, and Undecided where 2^14 bits do not
    make the balls small enough: gradients that cancel exactly, as in symmetric data, never leave 0 out.
    """
    if arithmetic not in ARITHMETICS:
        raise BadInput(f"arithmetic={arithmetic} is none of {', '.join(ARITHMETICS)}")
    if steps < 1:
        raise BadInput(f"steps={steps} is less than 1")
    if not 1 <= digits <= MOST_DIGITS:
        raise BadInput(f"digits={digits} is outside [1, {MOST_DIGITS}]")
    if len(start) not in (0, data.d):
        raise BadInput(
            f"start={[str(entry) for entry in start]} has {len(start)} entries, the rows have {data.d}"
        )
    opt.batch(data.n)  # refuses a batch larger than the data before any work
    if arithmetic == "float64":
        return _in_floats(data, opt, start, steps, seed, progress)
    if arithmetic == "mpf":
        return _in_mpf(data, opt, start, steps, digits, seed, progress)
    return _in_balls(data, opt, start, steps, digits, seed, progress)


def _in_floats(
    data: Dataset,
    opt: Optimizer,
    start: Sequence[Fraction],
    steps: int,
    seed: int,
    progress: Callable[[int], None],
) -> Simulation:
    X = data.floats()
    w_0 = np.array([float(entry) for entry in start]) if start else None
    half, last = trajectory(X, opt, [steps // 2, steps], start=w_0, seed=seed, progress=progress).weights

    def direction(w: Any) -> tuple[float, ...]:
        w = w / (np.abs(w).max() or 1.0)  # squares of GD's increments may underflow
        return tuple((w / (np.linalg.norm(w) or 1.0)).tolist())

    return Simulation(
        steps, "float64", None, 53, tuple(last.tolist()), None, direction(last), direction(last - half),
        float((X @ last).min()),
    )  # fmt: skip


def _in_mpf(
    data: Dataset,
    opt: Optimizer,
    start: Sequence[Fraction],
    steps: int,
    digits: int,
    seed: int,
    progress: Callable[[int], None],
) -> Simulation:
    def text(x: Any) -> str:
        return str(mpmath.nstr(x, digits, strip_zeros=False))

    with mpf_digits(digits + GUARD_DIGITS):
        half, last = _weights(data, opt, start, steps, MPF, seed, progress)
        margins = [dot(row, last) for row in _rows(data, MPF)]

        def direction(w: Sequence[Any]) -> tuple[str, ...]:
            norm = mpmath.sqrt(dot(w, w))
            return tuple(text(MPF.ratio(x, norm)) for x in w)

        increment = [a - b for a, b in zip(last, half, strict=True)]
        return Simulation(
            steps, "mpf", digits, mpmath.mp.prec, tuple(map(text, last)), None, direction(last),
            direction(increment), text(min(margins)),
        )  # fmt: skip


def _in_balls(
    data: Dataset,
    opt: Optimizer,
    start: Sequence[Fraction],
    steps: int,
    digits: int,
    seed: int,
    progress: Callable[[int], None],
) -> Simulation:
    def attempt(bits: int) -> Simulation:
        half, last = _weights(
            data, opt, start, steps, BALLS, seed, progress, lambda w: _hopeful(_ranges(w), digits - 3)
        )
        increment = [a - b for a, b in zip(last, half, strict=True)]
        margin = balls.smallest([dot(row, last) for row in _rows(data, BALLS)])
        weights, radius = zip(*_printed(last, digits), strict=True)
        direction, increment_direction = (
            tuple(middle for middle, _ in _printed(_unit(w), digits)) for w in (last, increment)
        )
        ((min_margin, _),) = _printed([margin], digits)
        return Simulation(
            steps, "ball", digits, bits, weights, radius, direction, increment_direction, min_margin
        )

    first = 64 * -(-(digits * 10 // 3 + 128) // 64)
    return climb(attempt, first=first)


def _rows(data: Dataset, num: Any) -> list[list[Any]]:
    return [[num.number(entry) for entry in row] for row in data.rows]


def _weights(
    data: Dataset,
    opt: Optimizer,
    start: Sequence[Fraction],
    steps: int,
    num: Any,
    seed: int,
    progress: Callable[[int], None],
    look: Callable[[Sequence[Any]], None] = lambda w: None,
) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """(w_{T//2}, w_T); ``look`` sees iterates on the way."""
    kept = {}
    looks = [steps * part // LOOKS for part in range(1, LOOKS)]
    for iterate in interpreted(
        data.rows, opt, [steps // 2, steps, *looks], num, start=start, seed=seed, progress=progress
    ):
        kept[iterate.step] = iterate.w
        look(iterate.w)
    return kept[steps // 2], kept[steps]


def _hopeful(ranges: Sequence[Range], digits: int) -> None:
    """Raise Undecided if the widest range is too wide for that many digits of the largest entry."""
    if max(high - low for low, high in ranges) * 10**digits > max(map(size, ranges)):
        raise Undecided(f"the last of {digits} digits")


def _unit(w: Sequence[Ball]) -> list[Ball]:
    norm = balls.sqrt(dot(w, w))
    return [balls.ratio(x, norm) for x in w]


def _printed(vector: Sequence[Ball], digits: int) -> list[tuple[str, str]]:
    return enclosing_decimals(_ranges(vector), digits)


def _ranges(vector: Sequence[Ball]) -> list[Range]:
    return [balls.bounds(entry) for entry in vector]

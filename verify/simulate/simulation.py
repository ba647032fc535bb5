"""A run of an optimizer in the arithmetic of choice: fast, many digits, or enclosed.

float64   the compiled log-scale run;
mpf       the digits on which runs at two precisions agree, without a proof: both are raised until those are
          ``digits``, or the work is too much;
ball      enclosures of the exact iterate (exact data and hyperparameters, real roots and exponentials) with
          ``digits`` correct digits, at a precision found by climbing until the radii are small enough.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
from numpy.typing import NDArray

from verify.data.dataset import Dataset
from verify.drawers import require_one_of
from verify.errors import BadInput, Undecided
from verify.numbers.ball_decimals import largest_size, printed, widest
from verify.numbers.system import Numbers
from verify.numbers.systems import balls
from verify.numbers.systems.balls import BALLS, LAST_BITS, Ball, Order, climb, compare
from verify.numbers.systems.mpf import MPF
from verify.numbers.systems.mpf import digits as mpf_digits
from verify.optimizers.optimizer import Optimizer
from verify.optimizers.trajectory import trajectory
from verify.problem.interpreted import interpreted
from verify.problem.problem import Batch, dot
from verify.simulate.agreed import UNKNOWN, agreed

ARITHMETICS = ("float64", "mpf", "ball")

# The ladder of balls ends at 2^14 bits at least, of which 4000 digits take 13300.
MOST_DIGITS = 4000

# Short runs in balls climb farther, while the bits times the products of the run are below this: some seconds. (A step
# of size 5000 makes gradients of exp(-5000), beside which an iterate needs 7200 bits to show that it moved.)
BALL_WORK = 1 << 28
MOST_BITS = 1 << 17

# Digits that mpf computes with beyond those it returns, and the second run beyond the first. Rounding errors are mostly
# forgotten with the gradients they were made in: after 10^5 steps of Inc-Adam at 10 x 50 float64 was off by 1e-14.
# (Radii of balls, which cannot know that, grow like exp(c t^(3/4)): by 360 bits in the same run.) A run that wavers,
# though, loses digits at every step.
GUARD_DIGITS = 20

# The digits of mpf are raised while digits times the products of the run are below this, and no farther than to
# MOST_COMPUTED: half a minute a run, about.
MPF_WORK = 10**8
MOST_COMPUTED = 20_000

# A run in balls is given up at the first of this many points at which it has three digits too few.
LOOKS = 16

Entries = tuple[float, ...] | tuple[str, ...]


@dataclass(frozen=True)
class Passed:
    """A run on its way: after so many steps, at its time, the iterate (d,)."""

    step: int
    tau: float
    w: NDArray[np.float64]


@dataclass(frozen=True)
class Simulation:
    """w_T after T = ``steps`` steps, and what is read off it.

    ``direction`` is w_T / ||w_T||_2, ``increment_direction`` that of w_T - w_{T//2} (zeros where there is
    none), ``min_margin`` is min_i x_i.w_T. Entries are floats for float64, decimals for the others; with
    balls the exact w_T[k] lies within ``radius[k]`` of ``weights[k]``, and the other numbers are correct to
    the digits printed, up to one unit of the last. With mpf each number has the digits on which two precisions agree,
    "unknown" if there is none: ``digits_known`` is the least number of them, ``known`` that of each of the four.
    ``bits`` is the precision computed with. ``path``, of float64, holds the iterates after T, T//2, T//4, ... steps, in
    ascending order.
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
    digits_known: int | None = None
    known: dict[str, int] | None = None
    path: tuple[Passed, ...] = field(default=(), repr=False, compare=False)

    def to_json(self) -> dict[str, Any]:
        """The document of ``simulate --json``; ``radius`` is there for balls only, ``digits_known`` for mpf.
        A number of which no digit is known is null."""

        def plain(entry: float | str) -> float | str | None:
            return None if entry == UNKNOWN else entry

        document: dict[str, Any] = {
            "steps": self.steps,
            "arithmetic": self.arithmetic,
            "digits": self.digits,
            "bits": self.bits,
            "digits_known": self.digits_known,
            "digits_known_of": self.known,
            "weights": list(map(plain, self.weights)),
            "radius": None if self.radius is None else list(self.radius),
            "direction": list(map(plain, self.direction)),
            "increment_direction": list(map(plain, self.increment_direction)),
        }
        return {key: value for key, value in document.items() if value is not None} | {
            "min_margin": plain(self.min_margin)
        }


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
    with balls and mpf it may start again.

    Raises BadInput for an unknown arithmetic or numbers out of range, and for a division by v = 0; and Undecided where
    the most bits do not make the balls small enough (gradients that cancel exactly, as in symmetric data, never leave 0
    out), where mpf cannot tell such a gradient from 0, and where numbers outgrow the exponents that can be held.
    """
    asked = _Asked(data, opt.on(data), tuple(start), steps, digits, seed, progress)
    require_one_of("arithmetic", arithmetic, ARITHMETICS)
    if steps < 1:
        raise BadInput(f"steps={steps} is less than 1")
    if not 1 <= digits <= MOST_DIGITS:
        raise BadInput(f"digits={digits} is outside [1, {MOST_DIGITS}]")
    if len(start) not in (0, data.d):
        raise BadInput(
            f"start={[str(entry) for entry in start]} has {len(start)} entries, the rows have {data.d}"
        )
    asked.opt.batch(data.n)  # refuses a batch larger than the data before any work
    if arithmetic == "float64":
        return _in_floats(asked)
    return _in_mpf(asked) if arithmetic == "mpf" else _in_balls(asked)


@dataclass(frozen=True)
class _Asked:
    """The run that is asked for, and to how many digits."""

    data: Dataset
    opt: Optimizer
    start: tuple[Fraction, ...]
    steps: int
    digits: int
    seed: int
    progress: Callable[[int], None]

    @property
    def products(self) -> int:
        """How many products it takes, about."""
        return self.steps * (self.opt.batch(self.data.n) + 1) * (self.data.d + 1)

    def margin(self, w: Sequence[Any], num: Numbers, least: Callable[[list[Any]], Any]) -> Any:
        """The least margin of w."""
        return least([dot([num.number(entry) for entry in row], w) for row in self.data.rows])

    def halves(
        self, num: Numbers, look: Callable[[int, Sequence[Any]], None] = lambda step, w: None, **more: Any
    ) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
        """(w_{T//2}, w_T); ``look`` sees iterates on the way. ``more`` goes to ``interpreted``."""
        opt, steps, kept = self.opt, self.steps, {}
        looks = [steps * part // LOOKS for part in range(1, LOOKS)]
        run = interpreted(
            self.data.rows, opt, [steps // 2, steps, *looks], num, start=self.start, seed=self.seed,
            progress=self.progress, **more,
        )  # fmt: skip
        try:
            for iterate in run:
                if iterate.step in (steps // 2, steps):
                    kept[iterate.step] = iterate.w
                look(iterate.step, iterate.w)
        except ZeroDivisionError:
            betas = ", ".join(f"{name}={opt.values[name]}" for name in opt.rule.betas)
            raise BadInput(
                f"{betas or f'optimizer={opt.rule.name}'}: an update divides by 0, v having vanished where m has not"
            ) from None
        return kept[steps // 2], kept[steps]


def _in_floats(asked: _Asked) -> Simulation:
    X, steps = asked.data.floats(), asked.steps
    w_0 = np.array([float(entry) for entry in asked.start]) if asked.start else None
    at = [steps >> k for k in range(steps.bit_length(), -1, -1)]  # 0 first
    run = trajectory(X, asked.opt, at, start=w_0, seed=asked.seed, progress=asked.progress)
    path = tuple(map(Passed, run.steps, run.tau, run.weights))
    half, last = run.weights[-2:]

    def direction(w: Any) -> tuple[float, ...]:
        w = w / (np.abs(w).max() or 1.0)  # squares of GD's increments may underflow
        return tuple((w / (np.linalg.norm(w) or 1.0)).tolist())

    return Simulation(
        steps, "float64", None, 53, tuple(last.tolist()), None, direction(last), direction(last - half),
        float((X @ last).min()), path=path,
    )  # fmt: skip


def _in_mpf(asked: _Asked) -> Simulation:
    # The first two runs are made whatever they cost.
    digits = asked.digits
    most = max(digits + GUARD_DIGITS, min(MOST_COMPUTED, MPF_WORK // asked.products))
    computed = digits + GUARD_DIGITS
    while True:
        # Under the last precision there is no other to go to, so that those runs go to their end.
        found = _two_runs(asked, computed, computed < most)
        if isinstance(found, Simulation):
            known = found.digits_known or 0
            if known >= digits or computed >= most:
                return found
            computed = min(most, computed - known + digits + GUARD_DIGITS)
        elif computed >= most:
            raise Undecided(f"{found.reason}, at {computed} digits")
        else:
            computed = min(most, max(2 * computed, found.lost + digits + GUARD_DIGITS))


@dataclass(frozen=True)
class _Parted:
    """Two runs that agree on nothing at the end, and why; ``lost`` digits are lost on the way, about."""

    reason: str
    lost: int


def _two_runs(asked: _Asked, computed: int, give_up: bool) -> Simulation | _Parted:
    """What runs at ``computed`` digits and GUARD_DIGITS more agree on; ``give_up`` ends the second where an entry has
    no digit in common with the first."""
    runs, passed = [], list[Sequence[Any]]()

    def keep(step: int, w: Sequence[Any]) -> None:
        passed.append(w)

    def hold(step: int, w: Sequence[Any]) -> None:
        if give_up and agreed(passed.pop(0), w, computed)[1] == 0:
            raise _PartedError(step)

    for precision, look in ((computed, keep), (computed + GUARD_DIGITS, hold)):
        with mpf_digits(precision):
            try:
                half, last = asked.halves(MPF, look, doubt=_doubt(asked.opt, precision))
            except Undecided as reason:
                return _Parted(str(reason), 0)
            except _PartedError as parted:
                # Digits are lost as fast to the end as up to here; a quarter more, since looks are apart.
                lost = computed * asked.steps * 5 // (4 * parted.step)
                return _Parted(
                    f"every digit, which rounding changes from step {parted.step} on at the latest", lost
                )
            increment = [a - b for a, b in zip(last, half, strict=True)]
            units = (_mpf_unit(w) for w in (last, increment))
            runs.append((last, *units, [asked.margin(last, MPF, min)]))
            bits = mpmath.mp.prec
    with mpf_digits(computed + GUARD_DIGITS):
        texts, known = zip(*(agreed(a, b, asked.digits) for a, b in zip(*runs, strict=True)), strict=True)
    weights, direction, increment_direction, (min_margin,) = texts
    names = ("weights", "direction", "increment_direction", "min_margin")
    return Simulation(
        asked.steps, "mpf", asked.digits, bits, weights, None, direction, increment_direction, min_margin,
        min(known), dict(zip(names, known, strict=True)),
    )  # fmt: skip


class _PartedError(Exception):
    """Two runs have no digit in common at this step."""

    def __init__(self, step: int) -> None:
        super().__init__(step)
        self.step = step


def _mpf_unit(w: Sequence[Any]) -> list[Any]:
    norm = mpmath.sqrt(dot(w, w))
    return [MPF.ratio(x, norm) for x in w]


def _doubt(opt: Optimizer, precision: int) -> Callable[[Sequence[Any], Sequence[Any], Batch], None]:
    """A check of each gradient in mpf: a sum that cancels to what rounding may leave is 0, perhaps.

    A rule of degree 0 that takes coordinates one by one would give such a rest the size of any other gradient, and two
    precisions may happen to give it the same sign. What is computed with ``precision`` digits keeps half of
    GUARD_DIGITS at least beyond the noise.
    """
    if opt.rule.degree != 0 or opt.rule.reads == "norm":
        return lambda g, c, batch: None
    noise = mpmath.mpf(10) ** (GUARD_DIGITS // 2 - precision)

    def doubt(g: Sequence[Any], c: Sequence[Any], batch: Batch) -> None:
        if len(batch.rows) == 1:
            return  # one term does not cancel
        for k, entry in enumerate(g):
            terms = sum(abs(weight * row[k]) for weight, row in zip(c, batch.rows, strict=True))
            if entry != 0 and abs(entry) * len(batch.rows) < noise * terms:
                raise Undecided(f"whether the gradient in coordinate {k} is 0")

    return doubt


def _in_balls(asked: _Asked) -> Simulation:
    opt, steps, digits = asked.opt, asked.steps, asked.digits

    def attempt(bits: int) -> Simulation:
        half, last = asked.halves(BALLS, lambda step, w: _hopeful(w, digits - 3))
        # Where a schedule has ended w stands still, which balls with a radius cannot see.
        still = opt.schedule.end is not None and opt.schedule.end <= steps // 2
        increment = [balls.ball(0) if still else a - b for a, b in zip(last, half, strict=True)]
        weights, radius = zip(*_named("w_T", last, digits), strict=True)
        direction, increment_direction = (
            tuple(middle for middle, _ in _named(f"the direction of {name}", _unit(w), digits))
            for name, w in (("w_T", last), ("w_T - w_(T/2)", increment))
        )
        ((min_margin, _),) = _named("the margin", [asked.margin(last, BALLS, balls.smallest)], digits)
        return Simulation(
            steps, "ball", digits, bits, weights, radius, direction, increment_direction, min_margin
        )

    first = 64 * -(-(digits * 10 // 3 + 128) // 64)
    # The top of the ladder depends on the run, not on the digits asked for: fewer digits are never refused where more
    # are given.
    top = min(MOST_BITS, max(LAST_BITS, BALL_WORK // asked.products))
    return climb(attempt, first=first, last=top)


def _hopeful(w: Sequence[Ball], digits: int) -> None:
    """Raise Undecided if the widest ball is too wide for that many digits of the largest entry."""
    if compare(2 * widest(w) * balls.power_of_ten(digits), largest_size(w)) is Order.GREATER:
        raise Undecided(f"the last of {digits} digits of an iterate on the way")


def _unit(w: Sequence[Ball]) -> list[Ball]:
    norm = balls.sqrt(dot(w, w))
    return [balls.ratio(x, norm) for x in w]


def _named(name: str, vector: Sequence[Ball], digits: int) -> list[tuple[str, str]]:
    try:
        return printed(vector, digits)
    except Undecided as reason:
        raise Undecided(f"{reason} of {name}") from None

"""How much of a run's direction survives in a number format, and why not more.

The optimizer runs as a user would run it, every operation rounded to the format, beside the log-scale run
of the same optimizer, which no margin troubles. What the format loses is told twice: predicted by the
log-scale run, which knows the size of m and v at every step, and observed in the rounded one.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from verify.data.dataset import Dataset
from verify.diagnose.recommend import recommendation
from verify.errors import BadInput, Undecided
from verify.numbers.arrays import ARRAYS
from verify.numbers.balls import BALLS, bounds, climb
from verify.numbers.decimals import enclosing_decimals
from verify.numbers.formats import FORMATS, Format
from verify.optimizers.interpreted import interpreted
from verify.optimizers.optimizer import Optimizer
from verify.optimizers.traits import traits
from verify.optimizers.trajectory import Snapshot, iterates
from verify.optimizers.watch import has_second, room

# Steps at which directions are compared: so many each factor of ten.
PER_DECADE = 8

# A run that has hardly moved in this many last steps is called stalled; with fewer it may be chance.
STALLED_STEPS = 100

# The log-scale run is held against balls for so many steps, in balls of so many digits, of so many bits
# at most.
CERTIFIED_STEPS = 500
CERTIFIED_DIGITS = 18
MOST_BITS = 2048


@dataclass(frozen=True)
class Diagnosis:
    """What became of a run in a number format.

    Steps count from 1 and are None for what does not happen. Underflow: the terms of m, v, or all of the
    update fall below the smallest normal number; ``predicted_*`` is the same of the log-scale run, its
    margin min_i x_i.w read off there or, if the run is too short for it, extrapolated from its end.
    ``stalled``: from that step to the last, most coordinates of w do not move, the update being less than half
    a unit of their last digit.
    ``without_gradient`` counts the coordinates that the first step divides 0 by 0 in: zero entries of the data.
    ``eps_step``: sqrt(v) < eps in all coordinates. ``digits`` are correct digits of w / ||w||_2,
    ``wrong_signs`` the coordinates of the update with another sign than the log-scale run's (None for rules
    without sign), ``margins`` the log-scale run's. ``reference_digits`` is to how many digits the log-scale
    run was confirmed by balls at step ``certified_steps``.
    """

    dataset: str
    optimizer: str
    dtype: str
    eps: str
    steps: int
    first_underflow_step: int | None
    first_nonfinite_step: int | None
    first_stalled_step: int | None
    without_gradient: int
    eps_step: int | None
    underflow: dict[str, int]
    predicted_underflow: dict[str, int]
    predicted_underflow_step: int | None
    predicted_underflow_margin: float | None
    digits: tuple[tuple[int, float], ...]
    wrong_signs: tuple[tuple[int, int], ...] | None
    margins: tuple[tuple[int, float], ...]
    certified_steps: int
    reference_digits: float | None
    recommendation: str

    def to_json(self) -> dict[str, Any]:
        """The document of ``diagnose --json``."""
        return {key: _plain(value) for key, value in asdict(self).items()}


def _plain(value: Any) -> Any:
    return [list(pair) for pair in value] if isinstance(value, tuple) else value


def diagnose(
    data: Dataset,
    opt: Optimizer,
    dtype: str,
    steps: int = 100_000,
    seed: int = 0,
    progress: Callable[[int], None] = lambda step: None,
    certified_steps: int = CERTIFIED_STEPS,
) -> Diagnosis:
    """Diagnose ``steps`` steps in the format ``dtype``; ``progress`` is told the step, first of the log-scale
    run, then of the rounded one.

    Raises BadInput for an unknown dtype or a number of steps below 1.
    """
    if dtype not in FORMATS:
        raise BadInput(f"dtype={dtype} is none of {', '.join(FORMATS)}")
    form, X, at = FORMATS[dtype], data.floats(), snapshot_steps(steps)
    reference = list(iterates(X, opt, at, seed=seed, log_normal=form.log_normal, progress=progress))
    rounded = list(
        iterates(X, opt, at, seed=seed, dtype=dtype, log_normal=form.log_normal, progress=progress)
    )
    return compared(data, opt, form, seed, reference, rounded, certified_steps)


def snapshot_steps(steps: int) -> list[int]:
    """Steps 1 to ``steps``, evenly spaced in the logarithm. Raises BadInput if there are none."""
    if steps < 1:
        raise BadInput(f"steps={steps} is less than 1")
    count = max(2, round(PER_DECADE * math.log10(steps)) + 1)
    return sorted({round(float(t)) for t in np.geomspace(1, steps, count)})


def compared(
    data: Dataset,
    opt: Optimizer,
    form: Format,
    seed: int,
    reference: list[Snapshot],
    rounded: list[Snapshot],
    certified_steps: int = CERTIFIED_STEPS,
) -> Diagnosis:
    """The diagnosis from the two runs' snapshots, at the same steps."""
    X = data.floats()
    last = reference[-1]
    predicted, observed = last.watched.events, rounded[-1].watched.events
    names: tuple[str, ...] = ("m", "v", "update")
    underflow, expected = (
        {event: run[event] for event in names if event in run} for run in (observed, predicted)
    )
    step = min(expected.values(), default=None)
    # Where the log-scale run stands still too, the optimizer does so, not the format.
    stalled = last.step if "stalled" in predicted else observed.get("stalled", last.step)
    pairs = list(zip(reference, rounded, strict=True))
    certified, confirmed = _certified(data, opt, seed, reference, certified_steps)
    found = Diagnosis(
        dataset=data.name,
        optimizer=opt.rule.name,
        dtype=form.name,
        eps=str(opt.eps),
        steps=last.step,
        first_underflow_step=min(underflow.values(), default=None),
        first_nonfinite_step=observed.get("nonfinite"),
        first_stalled_step=stalled if last.step - stalled >= STALLED_STEPS else None,
        without_gradient=_without_gradient(opt, reference[0]),
        eps_step=predicted.get("eps"),
        underflow=underflow,
        predicted_underflow=expected,
        predicted_underflow_step=step,
        predicted_underflow_margin=_underflow_margin(X, opt, form, seed, step, last),
        digits=tuple((a.step, correct_digits(b.w, a.w, form)) for a, b in pairs),
        wrong_signs=tuple((a.step, _wrong_signs(a, b)) for a, b in pairs)
        if traits(opt.rule).update == "sign"
        else None,
        margins=tuple((a.step, float((X @ a.w).min())) for a in reference),
        certified_steps=certified,
        reference_digits=confirmed,
        recommendation="",
    )
    return replace(found, recommendation=recommendation(found))


def _without_gradient(opt: Optimizer, first: Snapshot) -> int:
    """In how many coordinates the update is 0/0 after the first step."""
    return 0 if opt.eps or not has_second(opt.rule) else int(np.count_nonzero(first.watched.second == 0))


def correct_digits(w: NDArray[Any], exact: NDArray[np.float64], form: Format) -> float:
    """-log10 of the distance of the directions, from 0 to the digits of the format."""
    u, v = unit(np.asarray(w, dtype=np.float64)), unit(exact)
    if not np.all(np.isfinite(u)):
        return 0.0
    distance = float(np.linalg.norm(u - v))
    return (
        round(min(form.digits, max(0.0, -math.log10(distance))), 2) if distance > 0 else round(form.digits, 2)
    )


def unit(w: NDArray[np.float64]) -> NDArray[np.float64]:
    """w / ||w||_2, or 0 for 0."""
    with np.errstate(invalid="ignore", over="ignore"):
        return np.asarray(w / (np.linalg.norm(w) or 1.0))


def _wrong_signs(exact: Snapshot, rounded: Snapshot) -> int:
    """In how many coordinates the last update has another sign; nan is wrong."""
    with np.errstate(invalid="ignore"):
        return int(np.count_nonzero(np.sign(exact.watched.update) != np.sign(rounded.watched.update)))


def _underflow_margin(
    X: NDArray[np.float64], opt: Optimizer, form: Format, seed: int, step: int | None, last: Snapshot
) -> float | None:
    """The margin of the log-scale run at the first underflow, or the one at its end and the room left there."""
    if step is None:
        size = -float(opt.loss.log_weight(ARRAYS)((X @ last.w).min()))  # the largest weight is exp(-size)
        margin = size + room(opt.rule, last.watched, last.scale, form.log_normal)
    else:
        (there,) = iterates(X, opt, [step], seed=seed)
        margin = float((X @ there.w).min())
    return margin if math.isfinite(margin) else None


def _certified(
    data: Dataset, opt: Optimizer, seed: int, reference: list[Snapshot], steps: int
) -> tuple[int, float | None]:
    """The last snapshot within so many steps, and the digits of its direction that balls confirm.

    (0, None) if there is none, or the balls cannot tell (gradients that cancel exactly).
    """
    within = [snapshot for snapshot in reference if snapshot.step <= steps]
    if not within:
        return 0, None

    def attempt(bits: int) -> NDArray[np.float64]:
        (enclosed,) = interpreted(data.rows, opt, [within[-1].step], BALLS, seed=seed)
        printed = enclosing_decimals([bounds(entry) for entry in enclosed.w], CERTIFIED_DIGITS)
        return np.array([float(entry) for entry, _ in printed])

    try:
        exact = climb(attempt, first=192, last=MOST_BITS)
    except Undecided:
        return 0, None
    return within[-1].step, correct_digits(within[-1].w, exact, FORMATS["float64"])

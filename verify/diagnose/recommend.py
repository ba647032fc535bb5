"""The diagnosis in one sentence: what goes wrong first, and what to do about it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from verify.numbers.formats import FORMATS

if TYPE_CHECKING:
    from verify.diagnose.diagnosis import Diagnosis

# A format is called good enough when it keeps this share of its digits to the end.
KEPT = 0.5


def recommendation(found: Diagnosis) -> str:
    """One sentence. What makes the run useless comes first, what only limits it later."""
    kept = found.digits[-1][1]
    if found.first_nonfinite_step is not None:
        return (
            f"{found.dtype} is not usable here: the run is not finite from step {found.first_nonfinite_step} on; "
            f"{_against_division_by_zero(found)}."
        )
    underflow, stall = found.first_underflow_step, found.first_stalled_step
    if stall is not None and (underflow is None or stall < underflow):
        return (
            f"From step {stall} on most of w stands still, the update being less than half a unit of its last digit "
            f"({_digits(kept)} at the end): keep w in {_more_exact(found.dtype)}."
        )
    if underflow is not None:
        what = min(found.underflow, key=lambda event: found.underflow[event])
        return (
            f"{found.dtype} loses {'the update' if what == 'update' else what} to underflow from step {underflow} "
            f"on ({_digits(kept)} at the end): stop before a margin of "
            f"{_number(found.predicted_underflow_margin)}, or use {_longer_lasting(found)}."
        )
    if found.eps_step is not None:
        return (
            f"From step {found.eps_step} on eps = {_number(float_of(found.eps))} exceeds sqrt(v) and the direction "
            f"is no longer the one without eps: use a smaller eps, or {_longer_lasting(found)} with eps = 0."
        )
    if kept < KEPT * FORMATS[found.dtype].digits:
        return (
            f"Nothing underflows, but rounding leaves {found.dtype} only {_digits(kept)} of the direction: use "
            f"{_more_exact(found.dtype)} for more."
        )
    return (
        f"{found.dtype} keeps {_digits(kept)} of the direction through all {found.steps} steps; underflow is to "
        f"be expected from a margin of {_number(found.predicted_underflow_margin)} on."
    )


def float_of(text: str) -> float:
    """The float nearest to a fraction p/q in text."""
    numerator, _, denominator = text.partition("/")
    return int(numerator) / int(denominator or 1)


def _against_division_by_zero(found: Diagnosis) -> str:
    enough = math.exp(FORMATS[found.dtype].log_smallest / 2)
    if found.without_gradient:
        remedies = [f"an eps of {_number(enough)} or more"] if found.optimizer == "adam" else []
        where = f"{found.without_gradient} coordinate{'s' * (found.without_gradient > 1)} without a gradient"
        return (
            f"the first step divides 0 by 0 in {where}, as it does in every format; use "
            f"{', or '.join([*remedies, 'log scale, which takes it as 0'])}"
        )
    if found.optimizer == "adam" and float_of(found.eps) < enough:
        return (
            f"use an eps of {_number(enough)} or more (below it sqrt(v) cannot be told from 0), or "
            f"{_longer_lasting(found)}"
        )
    return f"use {_longer_lasting(found)}"


def _longer_lasting(found: Diagnosis) -> str:
    """The formats with a wider range than this one, with the margin they last to, or log scale."""
    margin, form = found.predicted_underflow_margin, FORMATS[found.dtype]
    degree = 1 if found.optimizer in ("signum", "signgd", "gd") else 2
    wider = []
    for other in (FORMATS["float32"], FORMATS["float64"]):
        if other.lowest < form.lowest and margin is not None:
            reach = margin + (form.log_normal - other.log_normal) / degree
            wider.append(f"{other.name} (to a margin of about {_number(reach)})")
    return " or ".join([*wider, "log scale (any margin)"])


def _more_exact(dtype: str) -> str:
    return {"float32": "float64", "float64": "mpf or balls"}.get(dtype, "float32")


def _digits(kept: float) -> str:
    return f"{kept:.1f} digits"


def _number(value: float | None) -> str:
    return "unknown size" if value is None else f"{value:.3g}"

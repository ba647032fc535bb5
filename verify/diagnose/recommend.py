"""The diagnosis in words: what goes wrong first, what stands still, and what to do about it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from verify.numbers.formats import FORMATS, Blockwise, Format

if TYPE_CHECKING:
    from verify.diagnose.diagnosis import Diagnosis
    from verify.diagnose.reach import Reach

# A format is called good enough when it keeps this share of its digits to the end.
KEPT = 0.5

# The rest is put down to the rounding of the data where that alone leaves no more than so many digits more.
OF_DATA = 0.5

# A run is called behind when its margin differs from the exact one's by more than this part of it: the digits that
# bfloat16 has leave less than one in a hundred to rounding.
BEHIND = 0.1


def recommendation(found: Diagnosis) -> str:
    """What makes the run useless comes first, then what stands still, then what only limits it later."""
    lost = next((step for step, margin in found.margins if margin is None), None)
    if lost is not None:
        return (
            f"Without {found.dtype}'s rounding the run is not finite in float64 either, by step {lost}: its steps are "
            "too large, or it divides by what is nearly 0. Nothing is said of the format: use a smaller lr."
        )
    if found.first_nonfinite_step is not None:
        return (
            f"{found.dtype} is not usable here: the run is not finite from step {found.first_nonfinite_step} on; "
            f"{_against_division_by_zero(found)}."
        )
    told = [*_running_away(found), *_frozen(found), *_standing(found), *_underflow(found)]
    if not told and found.eps_step is not None:
        told.append(
            f"From step {found.eps_step} on eps = {_number(float_of(found.eps))} exceeds {found.called['root']} and "
            f"the direction is no longer the one without eps: use a smaller eps, or {_longer_lasting(found)} "
            "with eps = 0."
        )
    return " ".join(told or [_sound(found)])


def _running_away(found: Diagnosis) -> list[str]:
    """One sentence on coordinates that run away on a v that is stored as 0."""
    away = found.runaway
    if away is None or not away.predicted_coordinates:
        return []
    many = len(away.predicted_coordinates)
    here = f"{_number(away.speed)} a step at the end" if away.coordinates else "not seen"
    return [
        f"{many} coordinate{'s' * (many > 1)} run{'s' * (many == 1)} away ({here}, predicted: "
        f"{_number(away.predicted_speed)}): {found.called['v']} is stored as 0, its gradients having been below "
        f"{_number(found.vanishing_ratio)} of its block's largest, and {found.called['m']} does not fade in silence. "
        f"Use an eps of {_number(found.safe_eps)} or more, smaller blocks, or keep {found.called['v']} in float32."
    ]


def _frozen(found: Diagnosis) -> list[str]:
    """One sentence a state that stands still, or that the format's bits will not let fall."""
    told = []
    # Two roundings of half a unit, 2^-p s each at most, hold a state that should change by (1 - b) |g - s|: with
    # 1 - b > 2^-(p-2) it comes to rest no farther than s / 4 or s / 2 from what it follows.
    for state, step in found.frozen.items():
        beta, form = found.decays[state], found.form_of(state)
        foreseen = found.predicted_frozen.get(state)
        told.append(
            f"From step {step} on{'' if foreseen is None else f' (predicted: {foreseen})'} {state} stands still: "
            f"{beta} {state} rounds to {state}, the change being less than half a unit of its last place. "
            f"Keep {state} in {_more_exact(form)}"
            + (
                f", or take {beta} below 1 - 2^-{form.bits - 2} = {1 - 2.0 ** (2 - form.bits):.7g}"
                if isinstance(form, Format) and form.bits > 2
                else ""
            )
            + "; keeping w in more digits does not help."
        )
    return told


def _standing(found: Diagnosis) -> list[str]:
    """Whether w stands still, and how far the run is behind the exact one's margin."""
    step = found.first_stalled_step
    behind = _behind(found)
    if step is None:
        return [f"The run is behind: {behind}."] if behind else []
    last = found.last_move
    whole = (
        f"From step {step} on w stands still"
        if last is not None and last < step
        else f"From step {step} on most of w stands still"
    )
    remedy = "" if found.frozen else f": keep w in {_more_exact(found.form)}, or take larger steps"
    why = (
        ", the update being less than half a unit of its last digit"
        if "update" not in found.underflow_since
        else ""
    )
    return [f"{whole}{why} ({'; '.join([*([behind] if behind else []), _kept(found)])}){remedy}."]


def _underflow(found: Diagnosis) -> list[str]:
    """What underflow lasts to the end, and up to where the format and others serve."""
    if not found.underflow_since:
        return []
    what = min(found.underflow_since, key=lambda event: found.underflow_since[event])
    step = found.underflow_since[what]
    stall = found.first_stalled_step
    if stall is not None and stall < step:
        return []  # the run ended there
    margin = found.predicted_underflow_margin
    if margin is None:
        before = "use"
    elif margin > 0:
        before = f"stop before a margin of {_number(margin)}, or use"
    else:
        before = "it does so before all rows are separated: use"
    return [
        f"{found.dtype} loses {found.called[what]} to underflow from step {step} on "
        f"({_kept(found)}): {before} {_longer_lasting(found)}."
    ]


def _sound(found: Diagnosis) -> str:
    if found.digits[-1][1] < KEPT * found.form.digits:
        return (
            f"Nothing lasting underflows, but rounding leaves {found.dtype} only {found.digits[-1][1]:.1f} digits "
            f"of the direction: {_for_more(found)} for more."
        )
    reach = found.reach.get(found.dtype)
    return (
        f"{found.dtype} keeps {found.digits[-1][1]:.1f} digits of the direction through all {found.steps} steps; "
        f"{_serves(reach)}."
    )


def _for_more(found: Diagnosis) -> str:
    """What to keep in a longer format: the rows, if their rounding alone loses most of it; states in 8 bits; or all."""
    if found.roles.uniform is None:
        if found.digits_of_data < found.digits[-1][1] + OF_DATA:
            return (
                f"keep the rows in {_more_exact(found.roles.data)}, whose rounding alone leaves "
                f"{found.digits_of_data:.1f},"
            )
        packed = [state for state in found.state_roles if isinstance(found.form_of(state), Blockwise)]
        if packed:
            return f"keep {' and '.join(packed)} in float32"
    return f"use {_more_exact(found.form)}"


def _serves(reach: Reach | None) -> str:
    if reach is None:
        return "up to which margin it serves is not known"
    if reach.margin is None:
        beyond = f"; no formula tells of larger ones, since {reach.unforgotten}" if reach.unforgotten else ""
        return f"no underflow up to a margin of {_number(reach.tried)}, which {reach.steps} steps come to{beyond}"
    about = "by formula, about " if reach.how == "formula" else ""
    return f"underflow is to be expected from a margin of {about}{_number(reach.margin)} on"


def _behind(found: Diagnosis) -> str | None:
    """The two margins at the end, if they differ by more than rounding."""
    exact, here = found.margins[-1][1], found.run_margins[-1][1]
    if here is None or exact is None or abs(exact - here) <= BEHIND * abs(exact):
        return None
    return f"its margin is {_number(here)} at step {found.steps}, the exact run's {_number(exact)}"


def float_of(text: str) -> float:
    """The float nearest to a fraction p/q in text."""
    numerator, _, denominator = text.partition("/")
    return int(numerator) / int(denominator or 1)


def _against_division_by_zero(found: Diagnosis) -> str:
    enough = math.exp(found.form.log_smallest / 2)
    if found.without_gradient:
        remedies = [f"an eps of {_number(enough)} or more"] if found.roots else []
        where = f"{found.without_gradient} coordinate{'s' * (found.without_gradient > 1)} without a gradient"
        return (
            f"the first step divides 0 by 0 in {where}, as it does in every format; use "
            f"{', or '.join([*remedies, 'log scale, which takes it as 0'])}"
        )
    if found.roots and float_of(found.eps) < enough:
        return (
            f"use an eps of {_number(enough)} or more (below it {found.called['root']} cannot be told from 0), or "
            f"{_longer_lasting(found)}"
        )
    return f"use {_longer_lasting(found)}"


def _longer_lasting(found: Diagnosis) -> str:
    """The formats with a wider range than this one, with the margin that a run says they last to, or log scale."""
    wider = []
    for name, reach in found.reach.items():
        if name == found.dtype or (reach.tried if reach.margin is None else reach.margin) <= 0:
            continue
        lasts = (
            f"to a margin of {'about ' * (reach.how == 'formula')}{_number(reach.margin)}"
            if reach.margin is not None
            else f"to a margin of {_number(reach.tried)} at least"
        )
        wider.append(f"{name} ({lasts})")
    return " or ".join([*wider, "log scale (any margin)"])


def _more_exact(form: Format | Blockwise) -> str:
    if isinstance(form, Blockwise):
        return "float32"
    wider = (name for name in ("float32", "float64") if FORMATS[name].bits > form.bits)
    return next(wider, "mpf or balls")


def _kept(found: Diagnosis) -> str:
    return f"{found.digits[-1][1]:.1f} digits at the end"


def _number(value: float | None) -> str:
    return "unknown size" if value is None else f"{value:.3g}"

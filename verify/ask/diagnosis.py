"""How much of the direction survives in a number format, where it is lost, and what to do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from verify.ask.answer import Answer, own_axes
from verify.ask.values import whole
from verify.ask.words import origin
from verify.asked import asked_of
from verify.console import Page
from verify.data import Dataset, require_separable
from verify.data.quasi import explained
from verify.diagnose import Diagnosis
from verify.diagnose import diagnose as run_of
from verify.numbers.formats import Format
from verify.optimizers import Optimizer


@dataclass(frozen=True, eq=False, repr=False)
class Report(Answer):
    """What became of a run in a number format; ``recommendation`` says what to do."""

    found: Diagnosis
    data: Dataset
    opt: Optimizer
    seed: int

    @property
    def names(self) -> tuple[str, ...]:
        """The features."""
        return self.data.columns

    def to_dict(self) -> dict[str, Any]:
        more = {"dtype": self.found.dtype, "steps": self.found.steps, "seed": self.seed}
        return self.found.to_json() | {"asked": asked_of(self.data, self.opt, **more)}

    def show(self, page: Page) -> None:
        show_diagnosis(page, self.found, self.data)

    def summary(self) -> str:
        found = self.found
        return f"{found.optimizer} in {found.dtype} on {found.dataset}, {found.steps} steps: {found.recommendation}"

    def table(self) -> tuple[Sequence[str], Sequence[Sequence[str]]]:
        return digits_table(self.found)

    def plot(self, ax: Any = None) -> Any:
        """Correct digits by step, with what happens on the way."""
        from verify.diagnose.picture import draw

        return draw(self.found, own_axes(ax))


@explained()
def diagnose(
    data: Dataset,
    opt: Optimizer,
    dtype: str | Format = "float32",
    *,
    steps: Any = 100_000,
    seed: Any = 0,
    progress: Callable[..., None] = lambda step: None,
) -> Report:
    """The diagnosis of a run; options as the command takes them."""
    count, drawn = whole("steps", steps, least=1), whole("seed", seed)
    require_separable(data)
    return Report(run_of(data, opt, dtype, count, drawn, progress), data, opt, drawn)


def show_diagnosis(page: Page, found: Diagnosis, data: Dataset | None = None) -> None:
    """Print what became of a run in a number format: events, correct digits by step, and the advice."""
    eps = "" if found.eps == "0" else f", eps = {found.eps}"
    page.head(found.dataset, f": {found.optimizer} in {found.dtype}{eps}, {found.steps} steps")
    if data is not None:
        origin(page, data)
    ended = found.first_nonfinite_step
    small = found.first_underflow_step
    if small is not None or found.predicted_underflow_step is not None:
        foreseen = found.predicted_underflow_step
        lasting = min(found.underflow_since.values(), default=None)
        if small is not None:
            ends = "" if ended is not None else _until(small, lasting)
            line = f"step {small}{ends}" + ("" if foreseen is None else f" (predicted: step {foreseen})")
        elif ended is not None and foreseen is not None and ended <= foreseen:
            line = f"the run is not finite before it (the exact run's: step {foreseen})"
        else:
            line = f"not seen (predicted: step {foreseen})"
        page.say(f"first underflow of m, v or the update: {line}")
    for state, beta in found.decays.items():
        step, foreseen = found.frozen.get(state), found.predicted_frozen.get(state)
        if step is not None or (foreseen is not None and (ended is None or foreseen < ended)):
            seen = "not seen" if step is None else f"from step {step} on"
            told = "" if foreseen is None else f" (predicted: step {foreseen})"
            page.say(f"{state} stands still: {seen}{told}")
        elif state in found.cannot_fall and ended is None:
            page.say(f"{state} cannot fall: 1 - {beta} is below half a unit of {found.dtype}'s last place")
    for event, seen_step in (
        ("first nan or infinity", ended),
        ("w stands still, or most of it", found.first_stalled_step),
        ("last move of w", found.last_move if found.first_stalled_step is not None else None),
        (f"{found.called['root']} < eps everywhere", found.eps_step),
    ):
        if seen_step is not None:
            page.say(f"{event}: step {seen_step}")
    reach = found.reach.get(found.dtype)
    if reach is not None and reach.margin is not None:
        how = "by formula" if reach.step is None else f"at step {reach.step} of the exact run"
        page.say(f"underflow lasts from margin {reach.margin:.4g} on, {how}")
    headings, rows = digits_table(found)
    page.rows(rows, headings)
    page.say(found.recommendation)


def digits_table(found: Diagnosis) -> tuple[Sequence[str], list[list[str]]]:
    """Correct digits and margins by step, up to where nothing comes back from."""
    signs = dict(found.wrong_signs or ())
    rows = list(zip(found.digits, found.margins, found.run_margins, strict=True))
    shown = rows[::4] if rows[-1] in rows[::4] else [*rows[::4], rows[-1]]
    lines = []
    for (step, digits), (_, exact), (_, here) in shown:
        wrong = [str(signs[step])] if found.wrong_signs else []
        both = ["nan" if margin is None else f"{margin:.4g}" for margin in (exact, here)]
        lines.append([str(step), f"{digits:.1f}", *both, *wrong])
        if here is None:
            break
    headings = ("step", "correct digits", "exact run's margin", "this run's margin")
    return (*headings, *(["wrong signs"] if found.wrong_signs else [])), lines


def _until(first: int, lasting: int | None) -> str:
    """What becomes of an underflow that began in some step."""
    if lasting is None:
        return ", not to the end"
    return ", to the end" if lasting == first else f", and from step {lasting} to the end"

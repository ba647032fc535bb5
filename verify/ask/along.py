"""Where a run stands, as a person reads it: angles by step, as a table and as a picture; its phases."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from verify.ask.bars import COLOURS
from verify.console import Page
from verify.game.phases import Phase
from verify.game.standing import Moved, Settling, Standing

VECTORS: dict[Moved, str] = {"iterate": "w_t", "increments": "w_t - w_(t/2)"}

# Of the steps T, T/2, T/4, ... every second is shown; all with --all.
EVERY = 2

WIDTHS: dict[Moved, float] = {"iterate": 1.0, "increments": 2.2}

# A line to each of these marks has a style of its own, which grey keeps apart.
STYLES = ("-", "--", "-.", ":")


def show_standing(page: Page, at: Sequence[Standing]) -> None:
    """Print the angles of a run: by vector where there is one step, else by step."""
    if not at or not at[0].angles:
        return
    known, last = list(at[0].angles), at[-1]
    if len({each.step for each in at}) == 1:
        time = "" if last.tau is None else f", tau = {last.tau:.4g}"
        after = "" if last.step is None else f" after {last.step} steps{time}"
        page.say(f"degrees of where the run stands{after}, least margin {last.margin:.4g}, from:")
        rows = [[VECTORS[each.of], *map(_angle, each.angles.values())] for each in at]
        page.rows(rows, ["", *known], 4)
        return
    for of, name in VECTORS.items():
        here = [each for each in at if each.of == of]
        rows = [
            [str(each.step), f"{each.margin:.4g}", *map(_angle, each.angles.values())]
            for each in (here if page.whole else here[::-EVERY][::-1])
        ]
        if rows:
            page.say(f"degrees of {name} from:")
            page.rows(rows, ["step t", "margin", *known], 4)


def _angle(angle: float | None) -> str:
    return "-" if angle is None else f"{angle:.4g}"


def phases_text(phases: Sequence[Phase]) -> str:
    """The phases of a run, in a sentence; nothing if none was seen."""
    parts = [
        f"{phase.name} from {'about ' if phase.how == 'foretold' else ''}step {phase.step}, least margin "
        f"{phase.margin:.4g}"
        for phase in phases
    ]
    return f"phases of the run: {'; '.join(parts)}" if parts else ""


def settling_text(settling: Settling) -> str:
    """How long settling takes, in a sentence."""
    near = f"settling near limit {settling.limit}"
    memory = f"states remember {settling.memory:.4g} steps"
    if settling.steps is None:
        return f"{near}: its pace is not known; {memory}"
    pace = f"the slowest rate {settling.rate:.3g} in tau"
    if settling.power:
        pace = f"deviations that vanish like tau^-{settling.power:.3g}"
    return f"{near}: {settling.so_many}, by {pace}; {memory}"


def draw_along(ax: Any, at: Sequence[Standing], phases: Sequence[Phase], title: str) -> Any:
    """Angles by step, iterates beside increments, and where phases begin."""
    for of, width in WIDTHS.items():
        here = [each for each in at if each.of == of and each.step]
        for number, name in enumerate(here[0].angles if here else ()):
            points = [(each.step, angle) for each in here if (angle := each.angles[name]) is not None]
            if points:
                ax.plot(
                    *zip(*points, strict=True), marker="o" if of == "increments" else None, ms=3, lw=width,
                    color=COLOURS[number % len(COLOURS)], ls=STYLES[number % len(STYLES)],
                    label=f"{VECTORS[of]} to {name}",
                )  # fmt: skip
    for phase in phases:
        if phase.step > 0:
            ax.axvline(phase.step, color="black", lw=0.8, ls=":")
            ax.annotate(
                phase.name, (phase.step, 1), xycoords=("data", "axes fraction"), xytext=(2, -10),
                textcoords="offset points", fontsize="small",
            )  # fmt: skip
    ax.set(xscale="log", xlabel="step", ylabel="angle in degrees")
    ax.set_title(title, fontsize="medium", wrap=True)
    ax.set_ylim(bottom=0)
    ax.legend(fontsize="small", loc="upper center", bbox_to_anchor=(0.5, -0.15), ncols=2)
    return ax

"""How much of the direction survives in a number format, where it is lost, and what to do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from verify.ask.answer import Answer, own_axes
from verify.ask.schemas import IN_TABLE
from verify.ask.values import whole
from verify.ask.words import origin
from verify.asked import asked_of
from verify.console import Page
from verify.data import Dataset, require_separable
from verify.data.quasi import explained
from verify.diagnose import Diagnosis
from verify.diagnose import diagnose as run_of
from verify.diagnose.recipes import RECIPES, rounding_roles
from verify.diagnose.recipes import recipe as named_recipe
from verify.errors import BadInput
from verify.numbers.formats import Format
from verify.optimizers import Optimizer
from verify.optimizers.roles import ROLES, Roles, roles_of


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


# The options that give the format of one role, by the role.
FORMAT_OPTIONS = {"data_format" if role == "data" else role: role for role in ROLES}
OPTIONS = ("dtype", "recipe", *FORMAT_OPTIONS, "rounding", "loss_scale", "kahan", "block", "step_format")


def asked_roles(
    dtype: str | Format | None = None,
    recipe: str | None = None,
    *,
    rounding: str | Sequence[str] | None = None,
    loss_scale: Any = None,
    kahan: bool = False,
    block: Any = None,
    step_format: Any = None,
    **formats: Any,
) -> Roles:
    """Formats by role: those of the recipe, or ``dtype`` in all (float32 by default), then what options change."""
    if recipe is not None and dtype is not None:
        raise BadInput(f"recipe={recipe:.60} and dtype={dtype!s:.60}: both say what all roles are in")
    modes = (rounding,) if isinstance(rounding, str) else tuple(rounding or ())
    return roles_of(
        dtype if recipe is None else named_recipe(recipe),
        {FORMAT_OPTIONS[option]: name for option, name in formats.items()},
        rounding=modes,
        loss_scale=loss_scale,
        kahan=kahan or None,
        block=None if block is None else whole("block", block, least=1),
        step=step_format,
    )


@explained()
def diagnose(
    data: Dataset,
    opt: Optimizer,
    dtype: str | Format | None = None,
    *,
    steps: Any = 100_000,
    seed: Any = 0,
    progress: Callable[..., None] = lambda step: None,
    **roles: Any,
) -> Report:
    """The diagnosis of a run; options as the command takes them, ``roles`` those of `asked_roles`."""
    count, drawn, chosen = whole("steps", steps, least=1), whole("seed", seed), asked_roles(dtype, **roles)
    opt = opt.until(count)
    require_separable(data)
    return Report(run_of(data, opt, chosen, count, drawn, progress), data, opt, drawn)


@dataclass(frozen=True, eq=False, repr=False)
class Recipes(Answer):
    """What became of the same run by each recipe."""

    found: dict[str, Diagnosis]
    data: Dataset
    opt: Optimizer
    seed: int

    @property
    def names(self) -> tuple[str, ...]:
        """The recipes."""
        return tuple(self.found)

    def to_dict(self) -> dict[str, Any]:
        steps = next(iter(self.found.values())).steps
        asked = asked_of(self.data, self.opt, steps=steps, seed=self.seed)
        rows = [
            {"recipe": name, "text": RECIPES[name].text, "rounds": rounding_roles(each.roles)}
            | {key: value for key, value in each.to_json().items() if key in IN_TABLE}
            for name, each in self.found.items()
        ]
        return {"dataset": self.data.name, "optimizer": self.opt.rule.name, "recipes": rows, "asked": asked}

    def show(self, page: Page) -> None:
        page.head(self.data.name, f": {self.opt.rule.name} by each recipe")
        origin(page, self.data)
        headings, rows = self.table()
        page.rows(rows, headings)
        for name, each in self.found.items():
            page.say(f"{name}: {RECIPES[name].text} (shorter than float32: {rounding_roles(each.roles)})")

    def summary(self) -> str:
        kept = ", ".join(f"{name} {each.digits[-1][1]:.1f}" for name, each in self.found.items())
        return f"{self.opt.rule.name} on {self.data.name}, digits kept: {kept}"

    def table(self) -> tuple[Sequence[str], Sequence[Sequence[str]]]:
        headings = (
            "recipe", "digits", "of data", "underflow", "first still", "last move", "frozen", "safe eps", "bytes",
        )  # fmt: skip
        return headings, [_row(name, each) for name, each in self.found.items()]


def _row(name: str, found: Diagnosis) -> list[str]:
    frozen = [f"{state} from {step}" for state, step in found.frozen.items()]
    frozen += [f"{state} cannot fall" for state in found.cannot_fall if state not in found.frozen]
    if found.runaway is not None and found.runaway.coordinates:
        frozen.append(f"{len(found.runaway.coordinates)} run away")
    steps = (found.first_underflow_step, found.first_still_step, found.last_move)
    underflow, still, last = ("-" if step is None else str(step) for step in steps)
    digits = "nan" if found.first_nonfinite_step is not None else f"{found.digits[-1][1]:.1f}"
    eps = "-" if found.safe_eps is None else f"{found.safe_eps:.2g}"
    return [
        name, digits, f"{found.digits_of_data:.1f}", underflow, still, last, ", ".join(frozen) or "-", eps,
        f"{found.bytes_per_parameter:.4g}",
    ]  # fmt: skip


@explained()
def diagnose_recipes(
    data: Dataset,
    opt: Optimizer,
    *,
    steps: Any = 20_000,
    seed: Any = 0,
    progress: Callable[..., None] = lambda step: None,
) -> Recipes:
    """What each recipe of formats does to the same run."""
    count, drawn = whole("steps", steps, least=1), whole("seed", seed)
    opt = opt.until(count)
    require_separable(data)
    found = {
        name: run_of(data, opt, each.roles, count, drawn, progress, certified_steps=0, reaching=False)
        for name, each in RECIPES.items()
    }
    return Recipes(found, data, opt, drawn)


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
    show_roles(page, found)
    page.say(found.recommendation)


def show_roles(page: Page, found: Diagnosis) -> None:
    """Print what formats by role cost and lose, what is told by formula beside what was seen."""
    if found.roles.uniform is not None:
        return
    page.say(f"rounded: {rounding_roles(found.roles)}; {found.bytes_per_parameter:.4g} bytes a parameter")
    page.say(f"on the rounded data alone {found.digits_of_data:.1f} digits of the direction are kept")
    if found.moves_told_wrongly is not None and found.predicted_first_still_step is not None:
        page.say(
            f"first step in which no weight moves: {found.first_still_step} (predicted: "
            f"{found.predicted_first_still_step}); last move: step {found.last_move} (predicted: "
            f"{found.predicted_last_move}); |eta u| against half the gap is wrong of {found.moves_told_wrongly} moves"
        )
    if found.safe_eps is not None:
        page.say(f"eps is safe from {found.safe_eps:.3g} on, by formula")
    if found.vanishing_ratio is not None:
        page.say(
            f"{found.called['v']} is stored as 0 where a gradient is below {found.vanishing_ratio:.3g} of the largest "
            "of its block"
        )
    for state, stall in found.stall.items():
        page.say(
            f"{state} stays as it is in the next step: {stall.measured:.3g} of its entries "
            f"(predicted: {stall.predicted:.3g})"
        )


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

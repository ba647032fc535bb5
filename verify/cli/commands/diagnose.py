"""``marginproof diagnose``."""

from __future__ import annotations

from typing import Annotated

from verify.cli.options import Formats, Json, Plot, Seed, expand, option, tell, whole
from verify.console import progress
from verify.data import Dataset
from verify.errors import BadInput
from verify.optimizers import Optimizer


@expand
def command(
    data: Dataset,
    opt: Optimizer,
    formats: Formats,
    recipes: Annotated[bool, option("--recipes", "A table of all recipes.")] = False,
    steps: Annotated[str, option("--steps", "Number of steps T.")] = "100000",
    seed: Seed = "0",
    plot: Plot = None,
    json: Json = None,
) -> None:
    """How much of the direction survives in number formats, where it is lost, and what to do."""
    from verify.ask.diagnosis import diagnose, diagnose_recipes
    from verify.diagnose import plot as draw

    given = {name: value for name, value in formats.given.items() if value}
    if recipes and (given or plot is not None):
        raise BadInput(f"recipes, {next(iter(given), 'plot')}: the table of all recipes takes none of these")
    if not (recipes or given):
        raise BadInput(
            "dtype, recipe: neither is given, nor the format of a role; --recipes shows all recipes"
        )
    with progress("steps, twice", whole("steps", steps, least=1)) as update:
        if recipes:
            table = diagnose_recipes(data, opt, steps=steps, seed=seed, progress=update)
        else:
            found = diagnose(data, opt, steps=steps, seed=seed, progress=update, **given)
    if recipes:
        tell(table, json)
        return
    tell(found, json)
    if plot is not None:
        draw(found.found, plot)

"""``marginproof diagnose``."""

from __future__ import annotations

from typing import Annotated

import typer

from verify.cli.options import Json, Plot, Seed, expand, whole
from verify.console import console, progress, write_json
from verify.data import Dataset
from verify.optimizers import Optimizer


@expand
def command(
    data: Dataset,
    opt: Optimizer,
    dtype: Annotated[
        str, typer.Option("--dtype", help="float16, bfloat16, float32, float64, or FILE.py:NAME.")
    ],
    steps: Annotated[str, typer.Option("--steps", help="Number of steps T.")] = "100000",
    seed: Seed = "0",
    plot: Plot = None,
    json: Json = None,
) -> None:
    """How much of the direction survives in a number format, where it is lost, and what to do."""
    from verify.ask.diagnosis import diagnose
    from verify.diagnose import plot as draw

    with progress("steps, twice", whole("steps", steps, least=1)) as update:
        found = diagnose(data, opt, dtype, steps=steps, seed=seed, progress=update)
    found.show(console(json))
    write_json(found.to_dict(), json)
    if plot is not None:
        draw(found.found, plot)

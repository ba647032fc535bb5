"""``marginproof simulate``."""

from __future__ import annotations

from typing import Annotated

import typer

from verify.cli.options import All, Json, Plot, Seed, Start, expand, whole
from verify.console import console, progress, write_json
from verify.data import Dataset
from verify.optimizers import Optimizer


@expand
def command(
    data: Dataset,
    opt: Optimizer,
    steps: Annotated[str, typer.Option("--steps", help="Number of steps T.")],
    arithmetic: Annotated[str, typer.Option("--arithmetic", help="float64, mpf or ball")] = "float64",
    digits: Annotated[str, typer.Option("--digits", help="Correct digits wanted of mpf and ball.")] = "30",
    start: Start = None,
    seed: Seed = "0",
    angles: Annotated[
        str,
        typer.Option(
            "--angles", help="Those to limits and max margins: auto, where they take seconds; none."
        ),
    ] = "auto",
    plot: Plot = None,
    json: Json = None,
    every: All = False,
) -> None:
    """Run the optimizer from w_0 and show where it is and where it goes."""
    from verify.ask.simulation import simulate

    with progress("steps", whole("steps", steps, least=2)) as update:
        found = simulate(
            data, opt, steps, arithmetic=arithmetic, digits=digits, start=start, seed=seed, angles=angles,
            progress=update,
        )  # fmt: skip
    if angles == "auto":
        with progress("limits and max margins", None):
            _ = found.at
    found.show(console(json, whole=every))
    write_json(found.to_dict(), json)
    if plot is not None:
        from verify.ask.bars import picture

        picture(found, plot)

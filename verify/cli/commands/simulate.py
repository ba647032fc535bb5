"""``marginproof simulate``."""

from __future__ import annotations

from typing import Annotated

from verify.cli.options import All, Json, Plot, Seed, Start, expand, option, tell, whole
from verify.console import progress
from verify.data import Dataset
from verify.optimizers import Optimizer


@expand
def command(
    data: Dataset,
    opt: Optimizer,
    steps: Annotated[str, option("--steps", "Number of steps T.")],
    arithmetic: Annotated[str, option("--arithmetic", "float64, mpf or ball")] = "float64",
    digits: Annotated[str, option("--digits", "Correct digits wanted of mpf and ball.")] = "30",
    start: Start = None,
    seed: Seed = "0",
    angles: Annotated[
        str, option("--angles", "Those to limits and max margins: auto, where they take seconds; none.")
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
    tell(found, json, whole=every)
    if plot is not None:
        from verify.ask.bars import picture

        picture(found, plot)

"""``marginproof locate``."""

from __future__ import annotations

from typing import Annotated

from verify.cli.options import All, Json, Plot, Start, expand, option, tell
from verify.console import progress
from verify.data import Dataset
from verify.optimizers import Optimizer


@expand
def command(
    data: Dataset,
    opt: Optimizer,
    weights: Annotated[
        str, option("--weights", "The logged run: CSV of step and w, or .npy of these or of w alone.", "FILE")
    ],
    steps: Annotated[
        str | None, option("--steps", "The last step, where the file has no steps.", "T")
    ] = None,
    start: Start = None,
    plot: Plot = None,
    json: Json = None,
    every: All = False,
) -> None:
    """Where a logged run stands: its angles to limits and max margins, its phase, and whether it has settled."""
    from verify.ask.location import locate

    with progress("the log", 3) as update:
        found = locate(data, opt, weights, steps=steps, start=start, progress=update)
    tell(found, json, whole=every)
    if plot is not None:
        from verify.ask.bars import picture

        picture(found, plot)

"""``marginproof predict``."""

from __future__ import annotations

from typing import Annotated

import typer

from verify.cli.options import All, Json, Plot, Start, expand, option, shown
from verify.console import console, progress, write_json, write_picture
from verify.data import Dataset, require_separable
from verify.errors import BadInput
from verify.optimizers import Optimizer


@expand
def command(
    data: Dataset,
    opt: Optimizer,
    digits: Annotated[
        str, option("--digits", "Of the direction, certified; 0: none; auto: 30, where that takes seconds.")
    ] = "auto",
    beside: Annotated[
        str,
        option("--margins", "Max margins to hold the limits against: all, none, auto: what takes seconds."),
    ] = "auto",
    steps: Annotated[
        str, option("--steps", "Of the simulation beside it; 0: none; auto: what it needs, or seconds.")
    ] = "auto",
    start: Start = None,
    work: Annotated[
        str, option("--work", "The search for limits may take X times the usual (about a minute).", "X")
    ] = "1",
    path: Annotated[
        str | None,
        option("--path", "How the limits move: by beta2, batch-size, lr (constant) or weight-decay.", "WHAT"),
    ] = None,
    certificate: Annotated[
        str | None, option("--certificate", "Write the proof of the certified limits.", "FILE")
    ] = None,
    run_certificate: Annotated[
        str | None,
        option("--run-certificate", "Write the proof that the run from --start goes to limit 0.", "FILE"),
    ] = None,
    plot: Plot = None,
    json: Json = None,
    whole: All = False,
) -> None:
    """Limit directions from the margin game, beside the max-margin directions and a simulation."""
    if path is not None:
        given = {
            "certificate": certificate,
            "run-certificate": run_certificate,
            "start": start,
            "digits": digits,
            "steps": steps,
            "margins": beside,
        }
        for name, value in (given | {"work": work}).items():
            if value not in (None, "auto") and (name, value) != ("work", "1"):
                raise BadInput(f"{name}={shown(value)}: it goes with one prediction, not with --path")
        _follow(data, opt, path, plot, json, whole)
        return
    from verify.ask.prediction import STAGES, predict

    with progress("separability", STAGES) as update:
        found = predict(
            data, opt, digits=digits, margins=beside, steps=steps, start=start, work=work, progress=update
        )
        proofs, refused = [], None
        for file, made in ((certificate, found.certificate), (run_certificate, found.run_certificate)):
            if file is not None:
                update(STAGES, "certificate")
                try:
                    proofs.append((made(), file))
                except BadInput as reason:
                    refused = reason
    found.show(console(json, certificate, run_certificate, whole=whole))
    for proof, file in proofs:
        write_json(proof, file)
    write_json(found.to_dict(), json)
    if plot is not None:
        from verify.cli.pictures import draw

        with progress("picture", None):
            draw(found.found, plot, found.plot_run if found.at else None)
    if refused is not None:
        raise refused
    if found.contradicted:
        raise typer.Exit(1)


def _follow(
    data: Dataset, opt: Optimizer, kind: str, plot: str | None, json: str | None, whole: bool
) -> None:
    """The limits along beta2 or the batch size, in place of the prediction for one optimizer."""
    from verify.cli.paths import draw_path, path_json, show_path
    from verify.cli.paths import path as follow
    from verify.game.hypotheses import require_game

    require_separable(data)
    require_game(data, opt)
    opt = opt.eventually()
    with progress("following the limits", None):
        found = follow(data, opt, kind)
    show_path(console(json, whole=whole), found)
    write_json(path_json(found), json)
    if plot is not None:
        write_picture(draw_path(found), plot, dpi=160)

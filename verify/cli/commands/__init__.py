"""The commands, one file each, found by looking into this folder: `command` is it, `NAME` its name if it has another.

Each turns text into exact values, asks one question of `verify.ask`, and shows the answer.
"""

from __future__ import annotations

from typing import Annotated

import typer

from verify import console
from verify.cli.logs import LEVELS, USUAL, log_to_standard_error
from verify.cli.options import option
from verify.drawers import in_folder

app = typer.Typer(
    add_completion=True,
    pretty_exceptions_enable=False,
    no_args_is_help=False,
    help="Which direction does this optimizer converge to on separable data, and how do we know?",
    epilog="Compiled loops are kept between runs: `python -m verify.numbers.stored` says where.",
)


def _version(wanted: bool) -> None:
    if wanted:
        from verify.asked import version

        print(f"marginproof {version()}")
        raise typer.Exit


@app.callback()
def marginproof(
    quiet: Annotated[
        bool, option("--quiet", "No tables and no progress: only documents that are asked for.")
    ] = False,
    log_level: Annotated[
        str, option("--log-level", f"Print what is done, to standard error: {', '.join(LEVELS)}.", "LEVEL")
    ] = USUAL,
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_version, help="Print the version.")
    ] = False,
) -> None:
    console.QUIET = quiet
    log_to_standard_error(log_level)


marginproof.__doc__ = app.info.help

for module in in_folder(__name__, __path__):
    app.command(getattr(module, "NAME", None) or module.__name__.rpartition(".")[2])(module.command)

"""``marginproof derive``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from verify.asked import version
from verify.cli.options import Json, option, own_files, shown
from verify.console import check_targets, check_writable, console, progress, write_json
from verify.errors import BadInput


def command(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME]...", help="Chains, or FILE.py:CHAIN; all if none.")
    ] = None,
    notes: Annotated[str | None, option("--notes", "Write the notes, one page a topic.", "DIR")] = None,
    json: Json = None,
) -> None:
    """Derive the formulas step by step, each step checked on two roads and held against simulation."""
    from verify.ask.chains import answer_of
    from verify.derive import chain
    from verify.derive import derive as carry_out
    from verify.derive import names as all_names
    from verify.derive.notes import file_names, write_notes

    if notes is not None and not (notes and Path(notes).is_dir()):
        raise BadInput(f"notes={shown(notes)} is not a folder")
    chosen = list(dict.fromkeys(names or all_names()))
    for name in chosen:
        chain(name)  # refuses a name that is none before any work
    pages = [] if notes is None else [Path(notes) / name for name in file_names(chosen)]
    for page in pages:
        check_writable(str(page))
    check_targets(*own_files(chosen), *(("a page of the notes,", page) for page in pages), json=json)
    results = []
    out = console(json)
    for done, name in enumerate(chosen):
        with progress(f"{name}, {done + 1} of {len(chosen)}", None):  # it is gone before the chain is printed
            results.append(carry_out(name))
        answer_of(results[-1]).show(out)
    if notes is not None:
        write_notes(Path(notes), results)
    passed = all(result.passed for result in results)
    count = "1 derivation" if len(results) == 1 else f"{len(results)} derivations"
    out.say(f"{count}: " + ("all stand" if passed else "NOT all stand"))
    document = {"ok": passed, "derivations": [result.to_json() for result in results], "version": version()}
    write_json(document, json)
    if not passed:
        raise typer.Exit(1)

"""What a person sees: tables on standard output, progress on standard error, JSON where asked for."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from verify.errors import BadInput

STANDARD_OUTPUT = "-"
PICTURES = (".png", ".pdf", ".svg")


def console(*targets: str | None) -> Console:
    """Where tables go: standard output, or nowhere if one of the targets takes that for a document."""
    told = "COLUMNS" in os.environ or (sys.stdout is not None and sys.stdout.isatty())
    width = None if told else 150
    return Console(quiet=STANDARD_OUTPUT in targets, width=width, highlight=False, soft_wrap=False)


@contextmanager
def progress(text: str, total: int | None) -> Iterator[Callable[..., None]]:
    """A progress bar on standard error if that is a terminal; yields update(done, text=...)."""
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    terminal = Console(stderr=True)
    with Progress(*columns, console=terminal, transient=True, disable=not terminal.is_terminal) as bar:
        task = bar.add_task(text, total=total)

        def update(done: int, now: str = text) -> None:
            bar.update(task, completed=done, description=now)

        yield update


def check_writable(target: str | None) -> None:
    """Raise BadInput now if ``target`` cannot be written later, after the work is done."""
    if target in (None, STANDARD_OUTPUT):
        return
    if not target:
        raise BadInput("output file '' is no name")
    path = Path(str(target))
    if path.is_dir():
        raise BadInput(f"output file {target} is a directory")
    folder = path.parent
    if not folder.is_dir():
        raise BadInput(f"output file {target}: no folder {folder}")
    if not os.access(path if path.exists() else folder, os.W_OK):
        raise BadInput(f"output file {target} is not writable")


def check_picture(target: str | None) -> None:
    """Raise BadInput now if no picture can be written to ``target`` later."""
    if target is not None and Path(target).suffix.lower() not in PICTURES:
        raise BadInput(f"plot={target} does not end in {', '.join(PICTURES)}")
    check_writable(target)


def write_json(document: Any, target: str | None) -> None:
    """Write a document to a file, whole or not at all, or to standard output; do nothing for None."""
    if target is None:
        return
    text = json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    if target == STANDARD_OUTPUT:
        sys.stdout.write(text)
        return
    path = Path(target)
    if path.exists() and not path.is_file():  # a device or a pipe is written to, not replaced
        path.write_text(text, encoding="utf-8")
        return
    with tempfile.NamedTemporaryFile(
        "w", dir=path.parent, prefix=path.name, suffix=".part", delete=False, encoding="utf-8"
    ) as part:
        part.write(text)
    umask = os.umask(0)
    os.umask(umask)
    os.chmod(part.name, 0o666 & ~umask)
    os.replace(part.name, path)

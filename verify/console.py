"""What a person sees: tables on standard output, progress on standard error, files where asked for.

Names, labels and texts that strangers chose are shown by `printable` only, so that no terminal obeys them.
"""

from __future__ import annotations

import io
import json
import logging
import os
import stat
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from textwrap import fill
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.segment import Segment

from verify.data.text import plain
from verify.errors import BadInput
from verify.files import identity, write_whole
from verify.interrupts import check_interrupt

log = logging.getLogger(__name__)

STANDARD_OUTPUT = "-"
# Neither tables nor progress, by the option --quiet: only documents that are asked for, and what went wrong.
QUIET = False
PICTURES = (".png", ".pdf", ".svg")


# The most characters of a message, and of a word in it, that a person reads. A longer word is a value or a path, whose
# beginning and end are shown.
LONGEST_MESSAGE, LONGEST_WORD = 1000, 240


def printable(text: str) -> str:
    """The text with all but printable characters and line ends spelled out: an escape becomes ``\\x1b``."""
    if text.isprintable():
        return text
    return "".join(
        c if c.isprintable() or c == "\n" else c.encode("unicode_escape").decode("ascii") for c in text
    )


def say(message: str) -> None:
    """One line on standard error, with the name of the command before it."""
    line = " ".join(map(_cut, printable(" ".join(message.split())).split(" ")))
    if len(line) > LONGEST_MESSAGE:
        line = f"{line[:LONGEST_MESSAGE]}... ({len(line)} characters)"
    print(f"marginproof: {line}", file=sys.stderr)


def _cut(word: str) -> str:
    if len(word) <= LONGEST_WORD:
        return word
    return f"{word[: LONGEST_WORD // 2]}...{word[-LONGEST_WORD // 4 :]} ({len(word)} characters)"


# Where lines do not end: a file or another program has them whole, and finds every text on one.
UNLIMITED = 100_000

# Entries of vectors that are shown of each, the largest first; all with --all.
SHOWN = 12


class Page(Console):
    """What a person reads: no text but printable one, in lines that break between words, never in a word or number.

    What moves the cursor or colours comes from rich alone. ``whole`` asks for all entries of long vectors.
    """

    def __init__(self, *, whole: bool = False, **options: Any) -> None:
        super().__init__(highlight=False, soft_wrap=True, emoji=False, **options)
        self.whole = whole

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        for segment in super().render(renderable, options):
            shown = segment.text if segment.control else printable(segment.text)
            yield Segment(shown, segment.style, segment.control)

    def head(self, name: str, text: str) -> None:
        """A name, in bold, and what is said of it."""
        lines = self._lines(f"{printable(name)}{text}", 0).split("\n")
        bold = escape(lines[0][: len(name)]) if lines[0].startswith(name) else ""
        self.print(f"[bold]{bold}[/bold]" + escape("\n".join(lines)[len(name) if bold else 0 :]))

    def say(self, text: str, indent: int = 0) -> None:
        """A paragraph; its further lines are indented by two more."""
        self.print(self._lines(printable(text), indent), markup=False)

    def _lines(self, text: str, indent: int) -> str:
        return fill(
            text.strip(), self.width, initial_indent=" " * indent, subsequent_indent=" " * (indent + 2),
            break_long_words=False, break_on_hyphens=False,
        )  # fmt: skip

    def rows(self, rows: Sequence[Sequence[str]], headings: Sequence[str] = (), indent: int = 2) -> None:
        """A table without borders, the first column to the left, the others to the right.

        Where a line would be too long, each row is a paragraph instead, a line for each of its cells.
        """
        every = [
            [printable(str(cell)) for cell in row] for row in ([headings] if headings else []) + list(rows)
        ]
        widths = [max(map(len, column)) for column in zip(*every, strict=True)]
        if indent + sum(widths) + 2 * (len(widths) - 1) <= self.width:
            for row in every:
                first, *others = (cell.rjust(width) for cell, width in zip(row, widths, strict=True))
                line = "  ".join([first.strip().ljust(widths[0]), *others]).rstrip()
                self.print(" " * indent + line, markup=False)
            return
        for first, *cells in every[bool(headings) :]:
            self.print(" " * indent + first, markup=False)
            for number, cell in enumerate(cells, 1):
                name = f"{headings[number]}: " if headings else ""
                self.print(" " * (indent + 2) + name + cell, markup=False)

    def entries(self, names: Sequence[str], columns: Mapping[str, Sequence[Any]], sizes: Any) -> None:
        """The entries of vectors beside the names of features, the largest first; the rest with ``--all``."""
        order = sorted(range(len(names)), key=lambda k: -abs(sizes[k]))
        kept = order if self.whole else order[:SHOWN]
        headings = ["feature", *columns] if len(columns) > 1 else []
        self.rows(
            [[names[k], *(str(column[k]) for column in columns.values())] for k in kept], headings, indent=4
        )
        if len(kept) < len(order):
            self.say(f"and {len(order) - len(kept)} smaller entries (--all shows them)", 4)


def console(*targets: str | None, whole: bool = False) -> Page:
    """Where tables go: standard output, or nowhere if one of the targets takes that for a document.

    Lines end at the width of a terminal, and nowhere else.
    """
    told = "COLUMNS" in os.environ or (sys.stdout is not None and sys.stdout.isatty())
    width = None if told else UNLIMITED
    return Page(quiet=QUIET or STANDARD_OUTPUT in targets, width=width, whole=whole)


@contextmanager
def progress(text: str, total: int | None) -> Iterator[Callable[..., None]]:
    """A progress bar on standard error if that is a terminal; yields update(done, text=...). Each text is logged."""
    counted = () if total is None else (MofNCompleteColumn(),)
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), *counted, TimeElapsedColumn())
    terminal = Console(stderr=True)
    shown = terminal.is_terminal and not QUIET
    bar = Progress(*columns, console=terminal, transient=True)
    task = bar.add_task(text, total=total)
    log.info(text)

    def update(done: int, now: str = text) -> None:
        check_interrupt()
        if printable(now) != bar.tasks[0].description:
            log.info(now)
        bar.update(task, completed=done, description=printable(now))

    with (
        bar if shown else nullcontext()
    ):  # rich before 14.3 ends also a bar that is disabled with an empty line
        yield update


def check_writable(target: str | None) -> None:
    """Raise BadInput now if ``target`` cannot be written later, after the work is done."""
    if target is None or target == STANDARD_OUTPUT:
        return
    if not target:
        raise BadInput("output file '' is no name")
    shown = plain(target)
    try:
        kind = os.stat(target).st_mode
    except FileNotFoundError:
        kind = None
    except (OSError, ValueError) as error:  # a name that is too long, a file where a folder should be
        raise BadInput(f"output file {shown}: {getattr(error, 'strerror', None) or error}") from None
    if kind is not None and stat.S_ISDIR(kind):
        raise BadInput(f"output file {shown} is a directory")
    folder = os.path.dirname(os.path.realpath(target))
    if not os.path.isdir(folder):
        raise BadInput(f"output file {shown}: no folder {plain(folder)}")
    if kind is not None and not os.access(target, os.W_OK):
        raise BadInput(f"output file {shown} is not writable")
    # A regular file is written beside the one that it takes the place of; a device or a pipe as it is.
    if (kind is None or stat.S_ISREG(kind)) and not os.access(folder, os.W_OK):
        raise BadInput(f"output file {shown} is not writable: its folder {plain(folder)} is not")


def check_picture(target: str | None) -> None:
    """Raise BadInput now if no picture can be written to ``target`` later."""
    if target and Path(target).suffix.lower() not in PICTURES:
        raise BadInput(f"plot={plain(target)} does not end in {', '.join(PICTURES)}")
    check_writable(target)


def check_targets(*others: tuple[str, str | Path], **targets: str | None) -> None:
    """Raise BadInput now if an option's file cannot be written later, or if it is also that of another.

    ``targets`` are what options of these names write. ``others`` are further files, as (what it is, path): what a
    command reads, or writes under names of its own. Links and other spellings of a path count as the file itself.
    """
    taken = [(f"{what} {plain(str(path))}", identity(path)) for what, path in others]
    out = _standard_output()
    if out is not None and out[1]:  # where tables go; a pipe or a terminal can take a document between them
        taken.append(("the file that standard output goes to", out[0]))
    for name, target in targets.items():
        (check_picture if name == "plot" else check_writable)(target)
        if target is None:
            continue
        here = (STANDARD_OUTPUT,) if target == STANDARD_OUTPUT else identity(target)
        if here == identity(os.devnull):  # it takes everything and keeps nothing
            continue
        if out is not None and here == out[0] and not out[1]:
            here = (STANDARD_OUTPUT,)
        for what, there in taken:
            if here == there:
                raise BadInput(f"{name}={plain(target)} is also {what}: each needs a file of its own")
        taken.append((f"{name}={plain(target)}", here))


def _standard_output() -> tuple[tuple[object, ...], bool] | None:
    """The identity of what standard output goes to, and whether that is a regular file; None if not known."""
    with suppress(OSError, ValueError, AttributeError):
        found = os.fstat(sys.stdout.fileno())
        return (found.st_dev, found.st_ino), stat.S_ISREG(found.st_mode)
    return None


def write_json(document: Any, target: str | None) -> None:
    """Write a document to a file, whole or not at all, or to standard output; do nothing for None."""
    if target is None:
        return
    # A terminal may obey characters that JSON need not escape; a file is for programs and editors.
    ascii_only = target == STANDARD_OUTPUT
    text = json.dumps(document, indent=1, ensure_ascii=ascii_only, allow_nan=False) + "\n"
    if target == STANDARD_OUTPUT:
        sys.stdout.write(text)
    else:
        write_whole(target, text)


def write_picture(figure: Any, path: str, dpi: int) -> None:
    """Write a figure without the time of day and random names: the same picture is the same file."""
    from matplotlib import rc_context  # takes half a second, and is needed here only

    kind = path.rpartition(".")[2].lower()
    undated = {"pdf": {"CreationDate": None}, "svg": {"Date": None}}.get(kind, {})
    drawn = io.BytesIO()
    with rc_context({"svg.hashsalt": "marginproof"}):
        figure.savefig(drawn, format=kind, dpi=dpi, metadata=undated)
    write_whole(path, drawn.getvalue())

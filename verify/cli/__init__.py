"""The command ``marginproof``: exit status 0 done, 1 a claim or certificate failed, 2 bad usage or input."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TextIO, cast

from verify.errors import BadInput, Undecided
from verify.interrupts import check_interrupt, listening

INTERRUPTED = 130  # what typer returns for Control-C
STANDARD_OUTPUT = "standard output"


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command line and exit; whatever is wrong with it is one line on standard error."""
    with listening():
        status = _status(arguments)
    if arguments is None:  # this program ends here: an interrupt of its last cleaning up needs no traceback
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    sys.exit(status)


def _status(arguments: Sequence[str] | None) -> int:
    try:
        try:
            with _named_output():
                status = _run(arguments)
                sys.stdout.flush()  # what cannot be written is said here, not after the last line of this program
                check_interrupt()
                return status
        except Exception:
            check_interrupt()  # what an interrupt was turned into on its way here
            raise
    except BadInput as error:
        return _refuse(str(error))
    except Undecided as error:  # nothing wrong with the input: the evidence bears no answer
        _refuse(f"undecided: {error}")
        return 1
    except KeyboardInterrupt:
        # An interrupt within a text that Python executes would else decide the status at the very end.
        exec("")
        return _refuse("interrupted; nothing of this run is kept beyond what was printed or written")
    except OSError as error:
        return _os_error(error)


def _os_error(error: OSError) -> int:
    """The status for what the system could not do, after a line that names the file."""
    if error.filename is None:
        return _refuse(f"the system refused: {error.strerror or error}")
    if error.filename == STANDARD_OUTPUT:
        _drop_output()
    return _refuse(f"cannot write or read {os.fsdecode(error.filename)}: {error.strerror}")


def _drop_output() -> None:
    """Nothing more goes to standard output: Python would write what is left at its end again, and complain."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.__stdout__.fileno() if sys.__stdout__ else 1)


@contextmanager
def _named_output() -> Iterator[None]:
    """Errors of standard output say that they are its; a character that its encoding lacks is spelled out."""
    stream = sys.stdout
    if stream is None:
        yield
        return
    if hasattr(stream, "reconfigure"):
        stream.reconfigure(errors="backslashreplace")
    sys.stdout = cast(TextIO, _Named(stream))
    try:
        yield
    finally:
        sys.stdout = stream


class _Named:
    """A stream whose errors carry its name. Where nobody reads it any more, as behind `| head`, the rest is dropped:
    the command goes on, since its documents and its status are still asked for."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream

    def write(self, text: str) -> int:
        with _called(STANDARD_OUTPUT):
            self.stream.write(text)
        return len(text)

    def flush(self) -> None:
        with _called(STANDARD_OUTPUT):
            self.stream.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)


@contextmanager
def _called(name: str) -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        _drop_output()
    except OSError as error:
        raise OSError(error.errno, error.strerror, name) from None


def _run(arguments: Sequence[str] | None) -> int:
    """The status of a command line. Imports wait until here, where an interrupt is heard."""
    # OpenBLAS, which looks at this when NumPy is imported, would otherwise sum in as many parts as there are cores;
    # and for matrices as small as ours its threads take twice the processor time.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    import typer

    from verify.cli.commands import app

    try:
        status = app(_words(arguments), prog_name="marginproof", standalone_mode=False) or 0
    except typer.TyperException as error:
        return _refuse(f"{error.format_message()} (marginproof --help)")
    if status == INTERRUPTED:
        raise KeyboardInterrupt
    return int(status)


def _words(arguments: Sequence[str] | None) -> list[str]:
    """The command line with ``--quiet`` and ``--log-level`` first, which may stand anywhere, and ``--intercept free``
    as one word, since a flag takes no value."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    end = words.index("--") if "--" in words else len(words)
    options, rest = words[:end], words[end:]
    first: list[str] = []
    left: list[str] = []
    for word in options:
        anywhere = word == "--quiet" or word.startswith("--log-level") or first[-1:] == ["--log-level"]
        (first if anywhere else left).append(word)
    if first[-1:] == ["--log-level"]:
        raise BadInput("--log-level lacks its level, such as info")
    joined = "\0".join(left)
    for spelled in ("--intercept\0free", "--intercept=free"):
        joined = joined.replace(spelled, "--intercept-free")
    return first + (joined.split("\0") if joined else []) + rest


def _refuse(why: str) -> int:
    from verify.console import say

    say(why)
    return 2

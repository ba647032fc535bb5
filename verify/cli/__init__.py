"""The command ``marginproof``: exit status 0 done, 1 a claim or certificate failed, 2 bad usage or input."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from verify.errors import BadInput, Undecided

INTERRUPTED = 130  # what typer returns for Control-C


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command line and exit; whatever is wrong with it is one line on standard error."""
    try:
        status = _run(arguments)
    except BadInput as error:
        status = _refuse(str(error))
    except Undecided as error:  # nothing wrong with the input: the evidence bears no answer
        _refuse(f"undecided: {error}")
        status = 1
    except KeyboardInterrupt:
        status = _refuse("interrupted; nothing of this run is kept beyond what was printed or written")
    except BrokenPipeError:
        sys.stderr.close()
        status = 0
    except OSError as error:
        status = _refuse(f"cannot write or read {error.filename or 'standard output'}: {error.strerror}")
    sys.exit(status)


def _run(arguments: Sequence[str] | None) -> int:
    """The status of a command line. Imports wait until here, where an interrupt is heard."""
    # OpenBLAS, which looks at this when NumPy is imported, would otherwise sum in as many parts as there are cores;
    # and for matrices as small as ours its threads take twice the processor time.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    import typer

    from verify.cli.commands import app

    try:
        status = app(arguments, standalone_mode=False) or 0
    except typer.TyperException as error:
        return _refuse(f"{error.format_message()} (marginproof --help)")
    if status == INTERRUPTED:
        raise KeyboardInterrupt
    return int(status)


def _refuse(why: str) -> int:
    print("marginproof:", " ".join(why.split()), file=sys.stderr)
    return 2

"""The command ``marginproof``: exit status 0 done, 1 a claim or certificate failed, 2 bad usage or input."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import typer

from verify.errors import BadInput, Undecided

INTERRUPTED = 130  # what typer returns for Control-C


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command line and exit; whatever is wrong with it is one line on standard error."""
    try:
        from verify.cli.commands import app

        status = app(arguments, standalone_mode=False) or 0
        if status == INTERRUPTED:
            raise KeyboardInterrupt
    except typer.TyperException as error:
        status = _refuse(f"{error.format_message()} (marginproof --help)")
    except BadInput as error:
        status = _refuse(str(error))
    except Undecided as error:
        status = (
            _refuse(f"undecided: {error}") - 1
        )  # nothing wrong with the input: the evidence bears no answer
    except KeyboardInterrupt:
        status = _refuse("interrupted; nothing of this run is kept beyond what was printed or written")
    except BrokenPipeError:
        sys.stderr.close()
        status = 0
    except OSError as error:
        status = _refuse(f"cannot write or read {error.filename or 'standard output'}: {error.strerror}")
    sys.exit(status)


def _refuse(why: str) -> int:
    print("marginproof:", " ".join(why.split()), file=sys.stderr)
    return 2

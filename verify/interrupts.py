"""Control-C, heard even where a library drops it.

Python raises KeyboardInterrupt wherever it happens to be. In the start of an extension module that becomes an
ImportError, in a callback of compiled code it is printed and dropped. So what was heard is noted, and
raised again by the next progress of the work until somebody answers.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_unanswered = False


@contextmanager
def listening() -> Iterator[None]:
    """Note interrupts meanwhile, if this is the main thread and it hears them at all."""
    global _unanswered
    _unanswered = False
    if signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield
        return
    try:
        signal.signal(signal.SIGINT, _hear)
    except ValueError:  # not the main thread, which alone hears
        yield
        return
    usual = sys.unraisablehook
    sys.unraisablehook = lambda what: None if what.exc_type is KeyboardInterrupt else usual(what)
    try:
        yield
    finally:
        sys.unraisablehook = usual
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _hear(signum: int, frame: object) -> None:
    global _unanswered
    _unanswered = True
    raise KeyboardInterrupt


def heard() -> bool:
    """Whether an interrupt was heard that nobody has answered."""
    return _unanswered


def answered() -> None:
    """From now on, the interrupt that was heard is taken care of."""
    global _unanswered
    _unanswered = False


def check_interrupt() -> None:
    """Raise KeyboardInterrupt if one was heard and dropped."""
    if _unanswered:
        raise KeyboardInterrupt

"""Control-C, heard even where a library drops it.

Python raises KeyboardInterrupt wherever it happens to be. In the start of an extension module that becomes an
ImportError, or a module that cannot be imported again; so during an import it waits for the import's end. In a callback
of compiled code it is printed and dropped. So what was heard is noted, and raised again by the next progress of the
work until somebody answers.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

# Seconds after which it is looked again whether an import has ended.
AGAIN = 0.02

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
    waits = hasattr(signal, "setitimer") and signal.getsignal(signal.SIGALRM) is signal.SIG_DFL
    if waits:
        signal.signal(signal.SIGALRM, _hear)
    usual = sys.unraisablehook
    sys.unraisablehook = lambda what: None if what.exc_type is KeyboardInterrupt else usual(what)
    try:
        yield
    finally:
        sys.unraisablehook = usual
        if waits:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)


class TooLong(BaseException):
    """What was limited did not end; no error, so that foreign code that catches these does not go on."""


@contextmanager
def limited(seconds: float) -> Iterator[None]:
    """Raise TooLong after so many seconds; in the main thread, where there are alarms, and elsewhere never."""

    def late(signum: int, frame: FrameType | None) -> None:
        raise TooLong

    try:
        before = signal.signal(signal.SIGALRM, late)
    except (ValueError, AttributeError):
        yield
        return
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _hear(signum: int, frame: FrameType | None) -> None:
    """The handler of the interrupt, and of the alarm by which one waits for the end of an import."""
    global _unanswered
    if signum != signal.SIGINT and not _unanswered:
        return
    _unanswered = True
    if _importing(frame) and hasattr(signal, "SIGALRM") and signal.getsignal(signal.SIGALRM) is _hear:
        signal.setitimer(signal.ITIMER_REAL, AGAIN)
        return
    raise KeyboardInterrupt


def _importing(frame: FrameType | None) -> bool:
    """Whether an import is under way in this frame or above it."""
    while frame is not None:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            return True
        frame = frame.f_back
    return False


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

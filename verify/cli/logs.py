"""What the option --log-level prints: records of Python's logging, a line each on standard error.

Every module that has something to say of its work has a logger of its own name; the two packages' loggers are above
these. A script that imports them sets `logging` up as it does for any library, and needs nothing of this.
"""

from __future__ import annotations

import logging

from verify.console import say
from verify.drawers import require_one_of

LEVELS = ("debug", "info", "warning", "error", "critical")
USUAL = "warning"
PACKAGES = ("verify", "properties")


class _Lines(logging.Handler):
    """Each record as one line with its level and the seconds since the program began, above a progress bar."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            say(f"{record.levelname.lower()} at {record.relativeCreated / 1000:.1f} s: {record.getMessage()}")
        except Exception:
            self.handleError(record)


_LINES = _Lines()


def log_to_standard_error(level: str) -> None:
    """From now on records of this level and above are printed. Raises BadInput for a level that there is not."""
    require_one_of("log-level", level, LEVELS)
    for name in PACKAGES:
        logger = logging.getLogger(name)
        logger.setLevel(level.upper())
        logger.addHandler(_LINES)  # once, however often it is added

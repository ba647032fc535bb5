"""What a person did wrong, in one line."""

from __future__ import annotations


class BadInput(ValueError):
    """Unusable input. The message is one line and names the offending value; the command exits with 2."""

"""What a person did wrong, and what the arithmetic could not tell, each in one line."""

from __future__ import annotations


class BadInput(ValueError):
    """Unusable input. The message is one line and names the offending value; the command exits with 2."""


class Undecided(ArithmeticError):
    """The balls are too wide to tell. The message says what could not be told; the command exits with 1."""

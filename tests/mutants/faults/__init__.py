"""Faults that the tests must notice: one wrong sign, exponent, radius or forgotten obligation each."""

from __future__ import annotations

from mutants.fault import Part
from mutants.faults import certificate, conform, game, judges, kernel, margins, newest, words

_MODULES = (certificate, kernel, margins, game, judges, conform, newest, words)
PARTS: dict[str, Part] = {part.name: part for module in _MODULES for part in module.PARTS}
FAULTS = tuple(fault for part in PARTS.values() for fault in part.faults)

"""Faults that the tests must notice: one wrong sign, exponent, radius or forgotten obligation each."""

from __future__ import annotations

from mutants.fault import Part
from mutants.faults import (
    certificate,
    claims,
    cli,
    data,
    derive,
    flows,
    game,
    margins,
    numbers,
    optimizers,
    own,
    properties,
)

_MODULES = (
    data,
    numbers,
    optimizers,
    margins,
    game,
    flows,
    certificate,
    derive,
    claims,
    cli,
    properties,
    own,
)
PARTS: dict[str, Part] = {part.name: part for module in _MODULES for part in module.PARTS}
FAULTS = tuple(fault for module in _MODULES for part in module.PARTS for fault in part.faults)

"""Spectral descent: the polar factor of the gradient."""

from __future__ import annotations

from verify.optimizers.matrices import POLAR
from verify.optimizers.rule import Rule
from verify.optimizers.rules.gd import gd

RULE = Rule(
    "spectral", gd, source="Carlson et al. 2015", update="linear", degree=1, batch="full", matrix=POLAR
)

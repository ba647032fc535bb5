"""Muon as it is run: five steps of Newton and Schulz's quintic polynomial."""

from __future__ import annotations

from verify.optimizers.matrices import NEWTON_SCHULZ
from verify.optimizers.rule import Decay, Rule, State, Switch
from verify.optimizers.rules.muon import averaged

RULE = Rule(
    "muon-ns",
    averaged,
    source="Jordan et al. 2024, with the 1e-7 that is added to the norm as eps",
    states=(State("m", degree=1),),
    hyper=(Decay("beta1", "19/20"), Switch("nesterov", 1)),
    update="linear",
    degree=1,
    matrix=NEWTON_SCHULZ,
)

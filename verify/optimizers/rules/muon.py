"""Muon with the exact polar factor."""

from __future__ import annotations

from typing import Any

from verify.numbers.system import Numbers
from verify.optimizers.matrices import POLAR
from verify.optimizers.rule import Decay, Rule, State, Step, Switch


def averaged(num: Numbers) -> Step:
    """m <- beta1 m + (1 - beta1) g; the update is m, or with ``nesterov`` beta1 m + (1 - beta1) g."""

    def step(g: Any, seen: Any, s: Any, h: Any) -> tuple[Any, Any]:
        m = h.beta1 * s.m + (1 - h.beta1) * g
        return m + h.nesterov * (h.beta1 * m + (1 - h.beta1) * g - m), s._replace(m=m)

    return step


RULE = Rule(
    "muon",
    averaged,
    source="Jordan et al. 2024, with U V' for the polynomial",
    states=(State("m", degree=1),),
    hyper=(Decay("beta1", "19/20"), Switch("nesterov", 1)),
    update="linear",
    degree=1,
    matrix=POLAR,
)

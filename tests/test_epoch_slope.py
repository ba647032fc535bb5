"""The derivative of the epoch map in two passes is that of the complex step, for every rule that has one."""

from __future__ import annotations

import numpy as np
import pytest

from verify.data.families import gaussian
from verify.optimizers import optimizer
from verify.optimizers.rules import RULES
from verify.optimizers.traits import traits
from verify.problem.epoch_map import epoch_map
from verify.problem.epoch_slope import epoch_slope

KNOWN = [
    name for name, rule in RULES.items() if rule.forgets and rule.degree is not None and traits(rule).rests
]


def test_which_rules_it_knows() -> None:
    assert {"adam", "nadam", "rmsprop", "lion", "momentum", "adam-abs"} <= set(KNOWN)
    assert "adabelief" not in KNOWN


@pytest.mark.parametrize("name", KNOWN)
@pytest.mark.parametrize("vanish", [False, True])
def test_both_roads_agree(name: str, vanish: bool) -> None:
    X, opt = gaussian(6, 4).floats(), optimizer(name)
    slope, U = epoch_slope(opt, X), epoch_map(opt, X)
    if slope is None:
        assert opt.rule.reads == "norm"
        return
    log_c = np.random.default_rng(5).uniform(-3, 0, 6)
    if vanish:
        log_c[[1, 2, 4]] = -np.inf  # steps without gradient follow
    h = 1e-30
    forward = np.array([U(log_c + 1j * h * move).imag / h for move in np.eye(6)])
    assert slope(log_c) == pytest.approx(forward, rel=1e-9, abs=1e-12)

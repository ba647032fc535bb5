"""The derivative of the epoch map in two passes is that of the complex step, for every rule that has one."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from verify.data.families import gaussian
from verify.data.given import given
from verify.game.smooth.field import Underflow, field
from verify.optimizers import optimizer
from verify.optimizers.rules import RULES
from verify.optimizers.traits import traits
from verify.problem import epoch_slope as epoch_slope_module
from verify.problem import frozen as frozen_module
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
    by_row = slope(log_c, np.eye(6)).T
    assert by_row == pytest.approx(forward, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("name", ["adam-proxy", "batch-proxy", "rmsprop", "gd", "ngd"])
@pytest.mark.parametrize("wide", [3.0, 2000.0])
def test_samples_of_several_rows_are_made_of_their_features(
    name: str, wide: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As by their rows, with entries that see weights of exp(-1000) of the largest only, and its derivative."""
    data = given(
        [[*((7 * i + 3 * k) % 5 - 2 for k in range(3)), int(i in (4, 6))] for i in range(9)],
        [str(i % 4) for i in range(9)],
        multiclass=True,
    )
    X, rng = data.floats(), np.random.default_rng(2)
    opt = optimizer(name, batch_size="3" if name == "batch-proxy" else None).on(data)
    log_c = rng.uniform(-wide, 0, len(X))
    log_c -= log_c.max()
    log_c[4], V = -np.inf, rng.normal(size=(len(X), 3))

    def found() -> list[NDArray[np.float64]]:
        U, slope = epoch_map(opt, X), epoch_slope(opt, X)
        along = U(log_c[:, None] + 1e-30j * V).imag / 1e-30
        return [U(log_c), along, along if slope is None else slope(log_c, V)]

    quick = found()
    for module in (frozen_module, epoch_slope_module):
        monkeypatch.setattr(module, "by_samples", lambda X, opt, batches: None)
    for one, other in zip(quick, found(), strict=True):
        assert one == pytest.approx(other, rel=1e-11, abs=1e-12)


def test_a_draw_may_miss_every_row_with_weight() -> None:
    """Nothing moves then, and U has no value. A draw of many epochs with replacement may do so."""
    X, opt, table = gaussian(3, 2).floats(), optimizer("adam"), np.array([[0], [1]])
    log_c = np.array([-np.inf, -np.inf, 0.0])
    slope = epoch_slope(opt, X, table)
    assert slope is not None
    assert not slope(log_c, np.eye(3)).any()
    with pytest.raises(Underflow, match="underflows"):
        field(X, opt, table).drift(log_c)

"""torch's own optimizers beside the definitions: the same to float64's last digits. Needs the extra `torch`."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from verify.data import load
from verify.diagnose.torch_run import diagnose_torch
from verify.errors import BadInput
from verify.optimizers import optimizer

pytest.importorskip("torch", reason="torch is not installed: pip install 'marginproof[torch]' to run these")

GAUSSIAN = "gaussian:n=10,d=50,seed=0"


@pytest.mark.parametrize(
    "case",
    [
        {"name": "adam"},
        {"name": "adam", "batch_size": "full", "eps": Fraction(1, 10**8)},
        {"name": "adam", "batch_size": 3, "order": "reshuffle", "loss": "exponential"},
        {"name": "gd"},
        {"name": "signum"},
        {"name": "signgd"},
    ],
    ids=lambda case: "-".join(map(str, case.values())),
)
def test_torch_in_float64_is_the_definition(case: dict[str, Any]) -> None:
    found = diagnose_torch(load(GAUSSIAN), optimizer(**case), "float64", 400)
    assert all(digits > 12.5 for _, digits in found.digits)


def test_adam_without_bias_correction_would_be_noticed() -> None:
    found = diagnose_torch(load(GAUSSIAN), optimizer("adam"), "float32", 300)
    assert 5.5 < found.digits[-1][1] < 7.3


def test_float16_fails_in_torch_as_in_the_definition() -> None:
    eps = optimizer("adam", eps=Fraction(1, 10**8))  # torch's default, 0 in float16
    assert diagnose_torch(load(GAUSSIAN), eps, "float16", 20).first_nonfinite_step == 1


def test_underflow_of_torchs_v_is_predicted() -> None:
    # v may fall fast here, so that float32's margin is reached within seconds.
    opt = optimizer("adam", beta2=Fraction(9, 10), lr=Fraction(1), batch_size="full")
    found = diagnose_torch(load(GAUSSIAN), opt, "float32", 3000)
    assert abs(found.underflow["v"] - found.predicted_underflow["v"]) <= 1


def test_unknown_dtype_and_optimizer_are_named() -> None:
    with pytest.raises(BadInput, match="dtype=float8"):
        diagnose_torch(load(GAUSSIAN), optimizer("adam"), "float8")
    with pytest.raises(BadInput, match="optimizer=ngd"):
        diagnose_torch(load(GAUSSIAN), optimizer("ngd"), "float32")

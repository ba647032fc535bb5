"""What a format does to a run, predicted by the log-scale run and observed in the rounded one."""

from __future__ import annotations

import json
import math
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from verify.data import load
from verify.data.dataset import Dataset
from verify.diagnose import Diagnosis, diagnose, plot
from verify.diagnose.diagnosis import correct_digits
from verify.diagnose.torch_run import diagnose_torch
from verify.errors import BadInput
from verify.numbers.formats import FORMATS
from verify.optimizers import optimizer
from verify.optimizers.trajectory import iterates

GAUSSIAN = "gaussian:n=10,d=50,seed=0"


def run(spec: str, dtype: str, steps: int, **choices: Any) -> Diagnosis:
    name = choices.pop("name", "adam")
    return diagnose(load(spec), optimizer(name, **choices), dtype, steps, certified_steps=0)


@pytest.mark.slow
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("spec", [GAUSSIAN, "iris"])
@pytest.mark.parametrize("batch", ["default", "full"])
def test_the_first_underflow_of_v_is_predicted_within_an_epoch(spec: str, dtype: str, batch: str) -> None:
    # v falls by a factor beta2 a step at most, so that margins of 355 take (1/2) log(1/beta2) T of them: 710,000
    # steps at beta2 = 0.999, 71,000 at 0.99 (of the full batch, as each costs N samples). A large lr is what
    # gets there that soon.
    lr = {GAUSSIAN: Fraction(3), "iris": Fraction(12 if batch == "default" else 11)}[spec]
    beta2, steps = Fraction(999, 1000), 100_000 if dtype == "float32" else 950_000
    if dtype == "float64" and batch == "full":
        beta2, steps = Fraction(99, 100), 100_000
    found = run(spec, dtype, steps, lr=lr, batch_size=batch, beta2=beta2)
    epoch = 1 if batch == "full" else load(spec).n
    assert abs(found.underflow["v"] - found.predicted_underflow["v"]) <= epoch


@pytest.mark.slow
def test_the_margin_of_the_underflow_is_foreseen_by_formula() -> None:
    long = run(GAUSSIAN, "float32", 100_000)
    short = run(GAUSSIAN, "float32", 20_000)
    assert short.predicted_underflow_step is None
    assert long.predicted_underflow_step == long.underflow["v"] - 1 == long.first_underflow_step - 1  # type: ignore
    assert long.predicted_underflow_margin is not None
    assert short.predicted_underflow_margin is not None
    # At margin 14, z + (1/2) log(min_k v_k / smallest normal) foresees what happens at 44. Between them the
    # weights off the support and the lag of v change v by less than a factor exp(2 * 2).
    assert abs(long.predicted_underflow_margin - short.predicted_underflow_margin) < 2
    # The rule of thumb: v ~ exp(-2z), so z is about half the logarithm of the smallest normal number.
    assert abs(long.predicted_underflow_margin + FORMATS["float32"].log_normal / 2) < 3


@pytest.mark.slow
def test_formats_keep_the_digits_they_can() -> None:
    kept = {
        dtype: dict(run(GAUSSIAN, dtype, 300).digits)[300] for dtype in ("bfloat16", "float32", "float64")
    }
    assert 0.5 < kept["bfloat16"] < 2.5
    assert 5.5 < kept["float32"] < 7.3
    assert kept["float64"] > 12.5


@pytest.mark.slow
def test_float16_divides_by_zero_without_eps_and_stalls_with_it() -> None:
    bare = run(GAUSSIAN, "float16", 3000)
    assert bare.first_nonfinite_step == 1
    assert bare.digits[-1][1] == 0
    assert "eps of 0.000244" in bare.recommendation
    reach = bare.reach["float32"].margin
    assert reach is not None
    # A rule of thumb: half the logarithm of the smallest normal number.
    assert abs(reach + FORMATS["float32"].log_normal / 2) < 3
    assert f"float32 (to a margin of {reach:.3g})" in bare.recommendation
    helped = run(GAUSSIAN, "float16", 3000, eps=Fraction(1, 4096))
    assert helped.first_nonfinite_step is None
    assert helped.first_stalled_step is not None
    assert "stands still" in helped.recommendation


@pytest.mark.slow
def test_a_coordinate_without_gradient_is_no_fault_of_the_format() -> None:
    data = Dataset("gap", ((Fraction(3), Fraction(0)),))
    for dtype in ("float16", "float32", "float64"):
        found = diagnose(data, optimizer("adam"), dtype, 200)
        assert found.first_nonfinite_step == found.without_gradient == 1
        assert found.first_underflow_step is None  # what is nan is not small
        assert "0 by 0 in 1 coordinate without a gradient, as it does in every format" in found.recommendation
    helped = diagnose(data, optimizer("adam", eps=Fraction(1, 10**8)), "float32", 200)
    assert helped.without_gradient == 0
    assert helped.first_nonfinite_step is None


@pytest.mark.parametrize("name", ["adam", "ngd"])
def test_one_row_of_one_column_keeps_all_its_digits(name: str) -> None:
    found = diagnose(Dataset("one", ((Fraction(1, 3),),)), optimizer(name), "float32", 200)
    assert found.first_nonfinite_step is None
    assert found.digits[-1][1] == pytest.approx(FORMATS["float32"].digits, abs=0.01)


def test_eps_takes_over_where_the_definition_says() -> None:
    eps = Fraction(1, 10**5)
    found = run(GAUSSIAN, "float64", 20_000, eps=eps)
    step = found.eps_step
    assert step is not None
    assert "eps = 1e-05 exceeds sqrt(v)" in found.recommendation
    X = load(GAUSSIAN).floats()
    before, after = iterates(X, optimizer("adam", eps=eps), [step - 1, step])
    largest = [float(np.max(np.sqrt(s.states["v"]) * np.exp(s.scale))) for s in (before, after)]
    assert largest[1] < float(eps) <= largest[0]


@pytest.mark.slow
def test_sign_methods_have_wrong_signs_after_underflow() -> None:
    found = run(GAUSSIAN, "float16", 3000, name="signum")
    assert found.wrong_signs is not None
    assert found.wrong_signs[0] == (1, 0)
    assert found.wrong_signs[-1][1] > 0
    assert found.predicted_underflow_step is not None
    assert abs(found.underflow["m"] - found.predicted_underflow_step) <= 10
    assert run(GAUSSIAN, "float32", 300).wrong_signs is None


def test_gradients_that_cancel_do_not_underflow() -> None:
    balanced = Dataset("balanced", ((Fraction(1), Fraction(1)), (Fraction(1), Fraction(-1))))
    found = diagnose(balanced, optimizer("signum", batch_size="full"), "float16", 50)
    assert found.underflow == {}
    assert found.certified_steps == 0  # balls cannot tell the sign of what cancels
    assert found.reference_digits is None


def test_a_run_that_stands_still_by_itself_is_not_the_formats_fault() -> None:
    found = run("iris", "float64", 3000, lr=Fraction(30), batch_size="full")
    assert found.first_stalled_step is None


@pytest.mark.slow
def test_the_log_scale_run_is_certified() -> None:
    found = diagnose(load(GAUSSIAN), optimizer("adam"), "float64", 200)
    assert found.certified_steps == 200
    assert found.reference_digits is not None
    assert found.reference_digits > 12


def test_normalized_gd_underflows_at_its_squares() -> None:
    found = run("iris", "float32", 600, name="ngd", lr=Fraction(10))
    assert found.first_underflow_step == found.predicted_underflow_step
    assert found.first_nonfinite_step is not None
    assert found.first_underflow_step < found.first_nonfinite_step  # type: ignore[operator]
    assert "is not usable here" in found.recommendation


def test_json_has_the_promised_fields_and_no_nan() -> None:
    document = run(GAUSSIAN, "float16", 300).to_json()
    assert {
        "dtype", "first_underflow_step", "first_nonfinite_step", "predicted_underflow_margin", "digits",
        "recommendation",
    } <= set(document)  # fmt: skip
    assert document["dtype"] == "float16"
    assert document["first_underflow_step"] == 1  # v = g^2 / 1000 rounds to 0, and 0/0 is the nan of step 1
    assert all(len(pair) == 2 for pair in document["digits"])
    json.dumps(document, allow_nan=False)


def test_a_sound_run_is_called_sound() -> None:
    found = run(GAUSSIAN, "float64", 300)
    assert found.recommendation.startswith("float64 keeps 1")
    assert found.first_underflow_step is found.first_nonfinite_step is found.first_stalled_step is None
    assert found.predicted_underflow_margin == pytest.approx(355, abs=4)


@pytest.mark.slow
def test_a_picture_is_drawn(tmp_path: Path) -> None:
    path = tmp_path / "diagnosis.png"
    plot(run(GAUSSIAN, "float16", 3000, eps=Fraction(1, 4096)), str(path))
    assert path.stat().st_size > 10_000


def test_bad_input_is_named() -> None:
    data, opt = load("iris"), optimizer("adam")
    with pytest.raises(BadInput, match="dtype=float8 is none of"):
        diagnose(data, opt, "float8")
    with pytest.raises(BadInput, match="steps=0"):
        diagnose(data, opt, "float32", 0)


def test_digits_are_finite_numbers() -> None:
    for _, digits in run(GAUSSIAN, "float16", 300).digits:
        assert math.isfinite(digits)


def test_without_torch_its_diagnosis_says_so() -> None:
    try:
        import torch  # noqa: F401
    except ImportError:
        with pytest.raises(BadInput, match=r"torch is not installed: pip install 'marginproof\[torch\]'"):
            diagnose_torch(load("iris"), optimizer("adam"), "float32")
    else:
        with pytest.raises(BadInput, match="optimizer=ngd is none that torch runs"):
            diagnose_torch(load("iris"), optimizer("ngd"), "float32")


def test_what_is_not_finite_has_no_correct_digits() -> None:
    form = FORMATS["float32"]
    assert correct_digits(np.array([1.0, 0.0]), np.array([1.0, 0.0]), form) > 7
    for lost in (np.nan, np.inf):
        assert correct_digits(np.array([1.0, lost]), np.array([1.0, 1e-9]), form) == 0


def test_the_first_of_several_underflows_is_the_one_foreseen() -> None:
    """With a short memory v follows the gradient at once, and m, of degree 1, lasts to twice the margin."""
    found = run(GAUSSIAN, "float16", 100_000, beta2=Fraction(1, 2), batch_size="full")
    assert len(set(found.predicted_underflow.values())) > 1
    assert found.predicted_underflow_step == min(found.predicted_underflow.values())

"""Digits that are known: what two precisions agree on, what balls climb to, numbers too large to write out."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
import pytest
from forging import dataset
from hypothesis import given, settings
from hypothesis import strategies as st

from verify.ask.simulation import Run
from verify.cli import main
from verify.data.dataset import Dataset
from verify.errors import BadInput, Undecided
from verify.numbers import ball_decimals
from verify.numbers.systems import balls
from verify.numbers.systems.balls import BALLS, ball, precision
from verify.numbers.systems.mpf import MPF
from verify.numbers.systems.mpf import digits as mpf_digits
from verify.optimizers import optimizer
from verify.optimizers.trajectory import CHUNK, elapsed
from verify.simulate import simulate
from verify.simulate import simulation as module
from verify.simulate.agreed import UNKNOWN, agreed

HALF, ONE = Fraction(1, 2), Fraction(1)


# Batches of two on three rows: the run that four of two hundred digits were right of, for long enough.
WAVERING = dataset((1, -4, -1), (3, -3, 5), (4, -1, -4))
WAVES: dict[str, Any] = {"batch_size": 2, "beta2": Fraction(95, 100)}

# The gradients of these rows cancel at w = 0, and steps far too long make that a repelling point: a run that begins
# 10^-30 away from it has lost thirty digits when it is far from it.
OPPOSED = dataset((1,), (-3,), (2,))
REPELLED = optimizer("gd", decay=0 * ONE, lr=9 * ONE)
NEAR = (Fraction(1, 10**30),)


@pytest.mark.parametrize("digits", [5, 40])
@pytest.mark.parametrize("steps", [60, 200])
def test_a_run_away_from_a_repelling_point_prints_only_digits_that_are_known(steps: int, digits: int) -> None:
    found = simulate(OPPOSED, REPELLED, steps, "mpf", digits=digits, start=NEAR)
    true = simulate(OPPOSED, REPELLED, steps, "ball", digits=60, start=NEAR)
    assert found.digits_known == digits
    value = Fraction(true.weights[0])
    assert abs(Fraction(found.weights[0]) - value) <= abs(value) / 10 ** (digits - 1)


def test_where_work_ends_before_the_digits_are_known_it_says_how_many_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "MPF_WORK", 0)
    steps = 200
    found = simulate(OPPOSED, REPELLED, steps, "mpf", digits=40, start=NEAR)
    assert found.digits_known is not None
    assert 0 < found.digits_known < 40
    document = found.to_json()
    assert document["digits_known"] == found.digits_known == min(document["digits_known_of"].values())
    true = simulate(OPPOSED, REPELLED, steps, "ball", digits=60, start=NEAR)
    known = found.known["weights"] if found.known else 0
    assert len(str(found.weights[0]).lstrip("-0.").replace(".", "")) == known
    value = Fraction(true.weights[0])
    assert abs(Fraction(found.weights[0]) - value) <= abs(value) / 10 ** (known - 1)
    assert f"{found.digits_known} of 40 digits are known" in Run(found, OPPOSED, REPELLED, 0, NEAR).text(400)


def test_a_run_of_which_nothing_is_known_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MPF_WORK", 0)
    document = simulate(OPPOSED, REPELLED, 60, "mpf", digits=10).to_json()
    assert document["digits_known"] == 0
    assert document["weights"] == [None]


decimals = st.decimals(-1000, 1000, allow_nan=False, places=8).map(str)


@given(decimals, decimals, st.integers(1, 12))
def test_what_is_printed_of_two_numbers_is_the_same_for_both(a: str, b: str, digits: int) -> None:
    with mpf_digits(30):
        x, y = mpmath.mpf(a), mpmath.mpf(b)
        ((text,), known) = agreed([x], [y], digits)
        if text == UNKNOWN:
            assert known == 0
            return
        assert 1 <= known <= digits
        for value in (x, y):
            assert abs(mpmath.mpf(text) - value) <= abs(mpmath.mpf(text)) / mpmath.mpf(10) ** (known - 1)
        assert known == digits or x != y


def test_what_both_round_to_zero_is_zero_to_so_many_decimals() -> None:
    with mpf_digits(50):
        texts, known = agreed([mpmath.mpf(3), mpmath.mpf("2e-40")], [mpmath.mpf(3), mpmath.mpf("-7e-52")], 30)
        assert (texts[1], known) == ("0E-29", 30)
        texts, known = agreed([mpmath.mpf(3), mpmath.mpf(2)], [mpmath.mpf(3), mpmath.mpf(-1)], 30)
        assert (texts[1], known) == (UNKNOWN, 0)


def test_a_rest_of_rounding_is_not_given_a_direction() -> None:
    """1/10 + 7/10 + 1/10 - 9/10 is not 0 in 50 digits, and the sign of the rest would move w by a whole step."""
    parts = dataset(*((1, Fraction(tenths, 10)) for tenths in (1, 7, 1, -9)))
    for name, choices in (
        ("signgd", {}),
        ("adam", {"batch_size": "full"}),
        ("signum", {"batch_size": "full"}),
    ):
        with pytest.raises(Undecided, match="whether the gradient in coordinate 1 is 0 in step 1"):
            simulate(parts, optimizer(name, **choices), 1, "mpf")
    assert simulate(parts, optimizer("gd"), 5, "mpf").digits_known == 30


@pytest.mark.parametrize("steps", [60, 700])
def test_more_digits_are_never_given_where_fewer_are_refused(
    steps: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ladders that double from other rungs ended at other tops."""
    monkeypatch.setattr(module, "LAST_BITS", 400)
    monkeypatch.setattr(module, "BALL_WORK", 0)
    opt = optimizer("adam", **WAVES)

    def answered(digits: int) -> bool:
        try:
            simulate(WAVERING, opt, steps, "ball", digits=digits)
        except Undecided:
            return False
        return True

    answers = [answered(digits) for digits in range(4, 92, 8)]
    assert answers == sorted(answers, reverse=True)
    assert any(answers)


# Losses and steps that make iterates explode at once, vanish at once, or jump between the two.
EXTREMES: list[tuple[Dataset, dict[str, Any], int]] = [
    (dataset((5, 1), (-4, 1)), {"name": "gd", "lr": ONE, "decay": 0 * ONE, "loss": "exponential"}, 8),
    (dataset((7, 2), (-5, 1)), {"name": "gd", "lr": 3 * ONE, "loss": "exponential"}, 30),
    (
        dataset((1, 2, 9), (-8, 1, 1)),
        {"name": "gd", "batch_size": 1, "lr": 9 * ONE, "loss": "exponential"},
        12,
    ),
    (dataset((3, 1), (1, 4)), {"name": "gd", "lr": Fraction(10) ** 40, "loss": "exponential"}, 6),
    (dataset((3, 1), (1, 4)), {"name": "gd", "lr": Fraction(2) ** 500}, 6),
    (dataset((2, 1), (1, -3)), {"name": "adam", "lr": Fraction(2) ** 500, "beta1": 0 * ONE}, 5),
    (dataset((2, 1), (1, -3)), {"name": "adam-proxy", "lr": Fraction(10) ** 9, "decay": 0 * ONE}, 40),
    (dataset((2, 1), (1, -3)), {"name": "signum", "lr": Fraction(10) ** 9, "loss": "exponential"}, 20),
    (dataset((2, 1), (1, -3)), {"name": "ngd", "lr": Fraction(10) ** 9, "loss": "exponential"}, 20),
]


@pytest.mark.parametrize("arithmetic", ["ball", "mpf"])
@pytest.mark.parametrize(
    "number", [pytest.param(k, marks=[pytest.mark.slow] if k in (4, 5) else []) for k in range(len(EXTREMES))]
)
def test_iterates_beyond_all_exponents_end_in_an_answer_or_a_reason(number: int, arithmetic: str) -> None:
    data, choices, steps = EXTREMES[number]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    why = ""
    try:
        json.dumps(
            simulate(data, optimizer(**choices), steps, arithmetic, digits=12).to_json(), allow_nan=False
        )
    except (Undecided, BadInput) as reason:
        why = str(reason)
    assert len(why) < 200
    assert "\n" not in why
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 500_000  # kB


def test_an_iterate_of_ten_to_the_ten_to_the_ten_is_printed() -> None:
    data, choices, _ = EXTREMES[0]
    runs = [simulate(data, optimizer(**choices), 4, arithmetic, digits=20) for arithmetic in ("ball", "mpf")]
    for a, b in zip(*(map(str, run.weights) for run in runs), strict=True):
        assert a.lower() == b.lower()
        assert "e+1380602238" in a.lower()
    assert runs[0].radius is not None
    assert all("E+1380602236" in radius or "E+1380602235" in radius for radius in runs[0].radius)


@settings(max_examples=50)
@given(st.lists(st.tuples(st.integers(-99, 99), st.integers(-(10**12), 10**12)), min_size=1, max_size=3))
def test_balls_of_any_exponent_are_covered_by_what_is_printed(parts: list[tuple[int, int]]) -> None:
    with precision(256):
        vector = [ball(m) * balls.power_of_ten(e) for m, e in parts]
        for a, (text, radius) in zip(vector, ball_decimals.printed(vector, 20), strict=True):
            mantissa, _, exponent = text.partition("E")
            width, _, below = radius.partition("E")
            middle = ball(mantissa) * balls.power_of_ten(int(exponent or 0))
            beside = ball(width) * balls.power_of_ten(int(below or 0))
            assert not abs(a - middle) > beside
            assert a.is_zero() or not abs(a - middle) > abs(a) * balls.power_of_ten(-18)


def test_a_ball_that_contains_zero_beside_a_huge_one_is_measured_by_it() -> None:
    with precision(256):
        huge = BALLS.exp(ball(10**9))
        small = balls.around(ball(0), ball(5))
        (_, (text, radius)) = ball_decimals.printed([huge, small], 20)
        assert text == "0"
        assert 5 <= float(radius) < 5.1
        with pytest.raises(Undecided, match="the last of 20 digits"):
            ball_decimals.printed([huge, balls.around(ball(0), huge)], 20)


def test_exponentials_are_refused_before_they_fill_the_memory() -> None:
    with mpf_digits(20), pytest.raises(Undecided, match=r"the size of exp\(x\)"):
        MPF.exp(mpmath.mpf(2) ** 5000)
    with precision(128), pytest.raises(Undecided, match=r"the size of exp\(") as refused:
        BALLS.exp(ball(2) ** 50000)
    assert len(str(refused.value)) < 100


def test_a_division_by_a_vanished_v_is_one_line(tmp_path: Any, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "zeros.csv"
    path.write_text("1,0\n2,3\n")
    for arithmetic in ("mpf", "ball"):
        with pytest.raises(SystemExit) as ended:
            main(
                [
                    "simulate",
                    str(path),
                    "--optimizer",
                    "adam",
                    "--beta2",
                    "0",
                    "--steps",
                    "4",
                    "--arithmetic",
                    arithmetic,
                ]
            )
        assert ended.value.code == 2
        assert "beta2=0: an update divides by 0" in capsys.readouterr().err


def test_step_sizes_are_summed_in_pieces() -> None:
    opt, steps = optimizer("adam"), 3 * CHUNK + 17
    assert elapsed(opt, steps) == pytest.approx(float(np.sum(opt.step_sizes(0, steps))), rel=1e-12)
    # Ten million step sizes take 80 MB as one array; in a process of its own the peak is to stay below that.
    program = (
        "import resource; from verify.optimizers import optimizer; from verify.optimizers.trajectory import elapsed\n"
        "opt = optimizer('adam'); elapsed(opt, 10); size = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "before = size(); elapsed(opt, 10**7); print(size() - before)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 40_000  # kB

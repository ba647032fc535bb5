"""Schedules of the step size: in every number system, what is predicted under each, what is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction as Q
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from command import run

import marginproof
from marginproof import Schedule
from verify.data.families import gaussian
from verify.errors import BadInput
from verify.game import predict
from verify.game.hypotheses import VANISH
from verify.optimizers import optimizer
from verify.optimizers.load import schedule_named
from verify.optimizers.trajectory import elapsed
from verify.simulate import simulate
from verify.simulate.certify import iterate_certificate

DATA, T = gaussian(4, 3), 60
PIECES = "step,size\n0,1/10\n10,0.05\n25,1/7\n"


def sizes(text: str, t: Any) -> Any:
    """eta_t, written again."""
    return {
        "power": 0.1 / np.sqrt(t + 2.0),
        "constant": 0.1 + 0 * t,
        "warmup:20": 0.1 * np.minimum(1, (t + 1) / 20),
        "cosine": 0.05 * (1 + np.cos(np.pi * t / T)),
        "linear": 0.1 * (1 - t / T),
        "linear:30": 0.1 * np.maximum(0, 1 - t / 30),
        "piecewise": np.where(t < 10, 0.1, np.where(t < 25, 0.05, 1 / 7)),
    }[text]


@pytest.mark.parametrize(
    "text", ["power", "constant", "warmup:20", "cosine", "linear", "linear:30", "piecewise"]
)
def test_runs_take_the_steps_of_the_schedule(text: str, tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text(PIECES)
    named = f"piecewise:{tmp_path}/p.csv" if text == "piecewise" else text
    opt = optimizer("adam", beta2="99/100", schedule=named).until(T)
    X, (w, m, v) = DATA.floats(), np.zeros((3, 3))
    for t, eta in enumerate(sizes(text, np.arange(T))):
        g = -X[t % 4] / (1 + np.exp(X[t % 4] @ w))
        m, v = 0.9 * m + 0.1 * g, 0.99 * v + 0.01 * g * g
        w = w - eta * m / np.sqrt(v)
    found = [simulate(DATA, opt, T, how, digits=18) for how in ("float64", "mpf", "ball")]
    for each in found:
        np.testing.assert_allclose(np.array(each.weights, dtype=float), w, rtol=0, atol=1e-13)
    assert found[1].weights == found[2].weights
    # From step 30 on the run that has ended stands still; the others move.
    assert any(float(entry) for entry in found[2].increment_direction) is (text != "linear:30")
    assert elapsed(opt, T) == pytest.approx(sizes(text, np.arange(T)).sum(), rel=1e-12)


@pytest.mark.parametrize(
    ("named", "choices"),
    [
        ("schedule=cosines is none of constant", {"schedule": "cosines"}),
        ("schedule=warmup needs W", {"schedule": "warmup"}),
        ("'x' is no number of steps", {"schedule": "warmup:x"}),
        ("nothing stands behind the colon", {"schedule": "constant:3"}),
        ("decay=1/2: schedule=cosine takes none", {"schedule": "cosine", "decay": Q(1, 2)}),
        ("schedule=7 is neither", {"schedule": 7}),
        ("nowhere.csv cannot be read", {"schedule": "piecewise:nowhere.csv"}),
    ],
)
def test_what_is_no_schedule_is_named(named: str, choices: dict[str, Any]) -> None:
    with pytest.raises(BadInput, match=named):
        optimizer("adam", **choices)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("0,1\n5,nan\n", "line 2: '5,nan' is not step,size"),
        ("0,1\n5,1\n5,2\n", "line 3: step='5' is no whole number after 5"),
        ("3,1\n", "line 1: step='3' is no whole number 0"),
        ("0,-1\n", "line 1: size='-1' is outside"),
        ("0,0\n", "one of a size above 0"),
        ("", "has 0 pieces"),
    ],
)
def test_what_is_no_file_of_pieces_is_named_by_its_line(text: str, named: str, tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text(text)
    with pytest.raises(BadInput, match=named):
        schedule_named(f"piecewise:{tmp_path}/p.csv")


def test_a_schedule_that_ends_has_to_know_when() -> None:
    with pytest.raises(BadInput, match="schedule=linear: it ends with the run; --steps T says when"):
        optimizer("adam", schedule="linear").step_sizes(0, 1)


@pytest.mark.parametrize("text", ["warmup:20", "piecewise"])
def test_where_the_sum_diverges_the_limits_are_those_of_the_steps_it_comes_to(
    text: str, tmp_path: Path
) -> None:
    (tmp_path / "p.csv").write_text(PIECES)
    named, end = (f"piecewise:{tmp_path}/p.csv", Q(1, 7)) if text == "piecewise" else (text, Q(1, 10))
    opt = optimizer("adam-proxy", schedule=named)
    found, waves = (
        predict(gaussian(2, 2), each, digits=0, starts=0)
        for each in (opt, optimizer("adam-proxy", lr=end, decay=Q(0)))
    )
    assert [limit.growth for limit in found.limits] == [limit.growth for limit in waves.limits]
    assert found.limits[0].growth
    assert (found.optimizer, found.word) == (opt, waves.word)


@pytest.mark.parametrize("more", [{}, {"weight_decay": "1/10"}])
def test_where_the_sum_is_finite_there_is_no_limit(more: dict[str, Any]) -> None:
    found = predict(DATA, optimizer("adam", schedule="cosine:100", **more))
    assert found.limits == ()
    assert "the sum of the steps is finite, so that no limit is reached" in found.note
    assert [each.text for each in found.hypotheses if each.holds is False] == [VANISH]


def test_the_largest_size_of_all_decides_whether_steps_are_small(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("0,1000\n1,1/1000\n")
    gd = {"loss": "exponential", "lr": Q(1)}
    small, large = (
        predict(DATA, optimizer("gd", **gd, schedule=text))
        for text in (f"piecewise:{tmp_path}/p.csv", "constant")
    )
    open_ = [[each.text for each in found.hypotheses if each.holds is None] for found in (small, large)]
    assert open_[0] == ["every step is below 2 over the curvature of the loss"]


@dataclass(frozen=True)
class Stairs(Schedule):
    name: ClassVar[str] = "stairs"
    sign: int = 1

    def factor(self, num: Any) -> Callable[[Any], Any]:
        return lambda t: self.sign * num.min(t + 1, num.number(Q(7))) / 7


def test_a_schedule_of_ones_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [[2, 0], [0, 1]]
    own, shipped = (
        marginproof.simulate(rows, optimizer="adam", steps=20, schedule=each)
        for each in (Stairs(), "warmup:7")
    )
    assert own.to_dict()["asked"]["schedule"] == "stairs"
    np.testing.assert_allclose(np.array(own.weights), np.array(shipped.weights) * 1, rtol=1e-14)
    file = tmp_path / "own.py"
    file.write_text(
        "from marginproof import Schedule\n"
        "class Down(Schedule):\n    name = 'down'\n    def factor(self, num):\n        return lambda t: 1 - t\n"
        "DOWN = Down()\n"
    )
    asked = ["simulate", "iris", "--optimizer", "gd", "--steps", "9", "--schedule", f"{file}:DOWN"]
    assert run(asked) == 2
    assert "schedule=down: the factor of step 2 is -1.0" in capsys.readouterr().err


def test_the_command_says_what_was_asked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "p.csv"
    file.write_text(PIECES)
    asked = ["simulate", "gaussian:n=3,d=2", "--optimizer", "gd", "--steps", "30", "--schedule"]
    assert run([*asked, f"piecewise:{file}", "--json", "-"]) == 0
    said = json.loads(capsys.readouterr().out)["asked"]
    assert (said["lr"], said["decay"]) == ("1", "0")
    assert said["pieces"] == [[0, "1/10"], [10, "1/20"], [25, "1/7"]]
    assert run([*asked, f"piecewise:{file}", "--json", str(file)]) == 2
    assert "is also the schedule" in capsys.readouterr().err
    diagnosed = ["diagnose", "gaussian:n=3,d=2", "--optimizer", "gd", "--dtype", "float32", "--steps", "30"]
    assert run([*diagnosed, "--schedule", "cosine"]) == 0


def test_no_certificate_says_of_other_steps_where_they_go() -> None:
    """A certificate has words for lr (t + 2)^-decay only."""
    opt = optimizer("ngd", schedule="warmup:5", decay=Q(1, 2))
    found = predict(DATA, opt, start=[Q(0)] * 3, starts=0)
    assert found.run is not None
    assert found.run.document is None
    assert "schedules" in found.run.why
    ended = simulate(DATA, opt, 20, "ball", digits=10)
    with pytest.raises(BadInput, match="schedule=warmup:5: there is no certificate"):
        iterate_certificate(DATA, opt, ended)

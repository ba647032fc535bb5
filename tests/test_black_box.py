"""Implementations that predict is given in the place of a rule: what is measured is the rule's, and no more is said."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import implementations as them
import numpy as np
import pytest
from command import run
from implementations import ADAM, SGD, made

import marginproof
from verify.conform.black_box import black_box
from verify.conform.target import target
from verify.game.black_box.epoch import Epochs, map_of, slope_of
from verify.optimizers import optimizer
from verify.optimizers.increments import increments
from verify.problem.epoch_map import epoch_map
from verify.problem.epoch_slope import epoch_slope

ROWS = [[1, -4, -1], [3, -3, 5], [4, -1, -4]]
TELLING = {"betas": (0.5, 0.75), "eps": 0.0}
ADAM_0, LION_0 = made(them.adam, **ADAM), made(them.lion, 1, lr=1e-3, betas=(0.9, 0.99))


def max_margin(norm: str) -> Any:
    """Its direction, of unit l2 norm."""
    direction = np.array(list(map(float, marginproof.max_margin(ROWS, norm=norm).direction)))
    return direction / np.linalg.norm(direction)


def fed(factory: Any, **asked: Any) -> Any:
    return marginproof.predict(ROWS, optimizer=factory, margins="none", **asked)


class Transformation:
    """Adam in optax's style, its state a tuple of tuples."""

    def __init__(self, learning_rate: float = 0.1, betas: Any = (0.9, 0.999), eps: float = 1e-8) -> None:
        self.h = {"lr": learning_rate, "b1": betas[0], "b2": betas[1], "eps": eps}

    def init(self, params: Any) -> Any:
        return 0, tuple((np.zeros_like(p), np.zeros_like(p)) for p in params)

    def update(self, grads: Any, state: Any, params: Any) -> Any:
        t, held = state[0] + 1, [list(each) for each in state[1]]
        moves = tuple(them.adam(0.0, g, s, t, self.h) for g, s in zip(grads, held, strict=True))
        return moves, (t, tuple(map(tuple, held)))


def hidden(params: Any, lr: float = 0.1, betas: Any = (0.9, 0.999), eps: float = 1e-8) -> Any:
    """Adam whose states nobody sees from outside, beside an array that is none."""
    (p,), s, t = params, [0.0, 0.0], [0]
    h = {"lr": lr, "b1": betas[0], "b2": betas[1], "eps": eps}

    def step(self: Any) -> None:
        t[0] += 1
        p.data = np.asarray(them.adam(p.data, p.grad, s, t[0], h))
        self.last = p.grad.copy()

    return type("Hidden", (), {"step": step})()


NADAM_0 = made(them.nadam_corrected, **ADAM)


@pytest.mark.parametrize(
    ("factory", "rule", "batch", "reads"),
    [
        (ADAM_0, "adam", 1, True),
        (NADAM_0, "nadam", 2, True),
        (Transformation, "adam", 2, True),
        (hidden, "adam", 1, False),
    ],
)
def test_the_epoch_map_of_an_implementation_is_that_of_its_rule(
    factory: Any, rule: str, batch: int, reads: bool
) -> None:
    """Its states are read wherever they are; where they cannot be, frozen epochs are fed until the moves repeat."""
    X = np.array(ROWS, dtype=float)
    box = black_box(target(factory), TELLING)
    opt = optimizer(box, batch_size=batch)
    epochs = Epochs(box, opt.steps_per_epoch(len(X)))
    assert (epochs.scalars is not None) == reads
    U = map_of(epochs, X, opt)
    exact = epoch_map(optimizer(rule, beta1="1/2", beta2="3/4", batch_size=batch), X)
    log_c = np.random.default_rng(0).normal(size=(3, 4))
    for column in log_c.T:
        assert U(column) == pytest.approx(exact(column), rel=1e-9)
    assert U(log_c) == pytest.approx(np.array([U(column) for column in log_c.T]).T, rel=1e-12)
    slopes, other = (
        slope_of(U)(log_c[:, 0], np.eye(len(log_c))),
        epoch_slope(optimizer(rule, beta1="1/2", beta2="3/4", batch_size=batch), X),
    )
    assert other is None or slopes == pytest.approx(
        other(log_c[:, 0], np.eye(len(log_c))), rel=1e-6, abs=1e-9
    )


def test_an_epoch_map_that_is_a_known_one_has_its_limit() -> None:
    linear = fed(made(them.sgd, 1, **SGD), kwargs={"momentum": 0.5}, batch_size=1, steps=0)
    assert linear.limits[0].direction == pytest.approx(max_margin("l2"))
    signs = fed(ADAM_0, kwargs=TELLING, steps=0)
    assert signs.limits[0].direction == pytest.approx(max_margin("linf"))
    for found, name in ((linear, "gd"), (signs, "signgd")):
        assert found.word == "measured"
        assert not found.complete
        assert f"its epoch map is that of {name}" in found.note
        assert found.limits[0].radius is None


def test_its_own_run_is_the_rules_run() -> None:
    (run,) = fed(made(them.sgd, 1, **SGD), kwargs={"momentum": 0.5}, batch_size=1, steps=1000).runs
    opt = optimizer("momentum", beta1="1/2", dampening=0, batch_size=1)
    beside = increments(np.array(ROWS, dtype=float), opt, 1000)
    assert run.run is not None
    assert run.run.weights == pytest.approx(beside.weights, rel=1e-9)
    assert (run.steps, run.tau, run.needed) == (1000, pytest.approx(beside.tau), None)


FAR = [90, -90, 90]


@pytest.mark.slow
def test_limits_by_batches_are_those_of_the_rule() -> None:
    rows = [ROWS[0], FAR, ROWS[1], FAR, ROWS[2], FAR]
    asked = {"batch_size": 2, "steps": 0, "margins": "none"}
    found = marginproof.predict(rows, optimizer=Transformation, kwargs=TELLING, **asked)
    rule = marginproof.predict(rows, optimizer="adam", beta1="1/2", beta2="3/4", **asked)
    assert found.word == "measured"
    assert found.limits
    for limit in found.limits:
        near = [other for other in rule.limits if np.allclose(other.direction, limit.direction, atol=1e-8)]
        assert limit.stability in {other.stability for other in near}


def lopsided(w: Any, g: Any, s: Any, t: int, h: Any) -> Any:
    """Twice as fast one way as the other: a gradient that comes once moves w by no constant times its sign."""
    move = them.adam(np.zeros_like(w), g, s, t, h)
    return w + np.where(move > 0, 2 * move, move)


@pytest.mark.slow
@pytest.mark.parametrize(("factory", "there"), [(ADAM_0, True), (made(lopsided, **ADAM), False)])
def test_where_one_batch_sees_a_coordinate_the_limit_is_that_of_signs(factory: Any, there: bool) -> None:
    """No flow comes to it, since the epoch map jumps there."""
    rows = [[2, 1], [1, 3], [3, -1], [1, 2]]
    asked = {"batch_size": 2, "steps": 0, "margins": "none", "work": "1/100"}
    found = marginproof.predict(rows, optimizer=factory, kwargs=TELLING, **asked)
    direction = np.array(list(map(float, marginproof.max_margin(rows, norm="linf").direction)))
    seen = [np.allclose(each.direction, direction / np.linalg.norm(direction)) for each in found.limits]
    assert any(seen) == there
    if there:
        assert [(found.word, each.stability) for each in found.limits] == [("measured", "attracting")]


REFUSED = [
    (ADAM_0, {"betas": (0.5, 0.75), "eps": 1e-8}, "trait degree fails"),
    (made(them.amsgrad, 3, **ADAM), TELLING, "trait forgets fails"),
    (made(them.adamw, **ADAM, weight_decay=0.1), TELLING, "trait reads fails"),
    (ADAM_0, {"betas": (0.9, 0.5), "eps": 0.0}, "do not fade"),
]


@pytest.mark.parametrize(
    ("factory", "kwargs", "why"), REFUSED, ids=lambda part: getattr(part, "__name__", None)
)
def test_what_does_not_play_the_game_is_refused_by_its_trait(factory: Any, kwargs: Any, why: str) -> None:
    found = fed(factory, kwargs=kwargs, batch_size=1)
    assert not found.limits
    assert found.word == "undecided"
    assert why in found.note


def test_signs_by_batches_are_left_to_the_rule() -> None:
    found = fed(LION_0, batch_size=1)
    assert not found.limits
    assert "jumps" in found.note


def test_what_moves_other_coordinates_is_refused() -> None:
    def normed(w: Any, g: Any, s: Any, t: int, h: Any) -> Any:
        return w - h["lr"] * g / np.sqrt((g * g).sum())

    found = fed(made(normed, 0, lr=0.1), batch_size=1)
    assert "trait blocks fails" in found.note


def test_the_step_size_is_the_questions_and_other_keywords_are_the_targets() -> None:
    """alpha is RMSprop's decay rate, although it is a name of step sizes too."""

    def rmsprop(params: Any, lr: float = 0.1, alpha: float = 0.9) -> Any:
        return None

    assert dict(black_box(target(rmsprop), {"alpha": 0.5, "lr": 3.0}).keywords) == {"alpha": 0.5, "lr": 1.0}


FILE = """
import numpy as np


class Descent:
    def __init__(self, params, lr=0.1):
        self.params, self.lr = list(params), lr

    def step(self):
        for p in self.params:
            p.data = p.data - self.lr * p.grad
"""


def test_the_command_takes_a_factory_of_ones_own(tmp_path: Path, capsys: Any) -> None:
    file, data = tmp_path / "mine.py", tmp_path / "rows.csv"
    file.write_text(FILE)
    data.write_text("1,-4,-1\n3,-3,5\n4,-1,-4\n")
    words = ["predict", str(data), "--optimizer", f"{file}:Descent"]
    assert run([*words, "--json", "-"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["word"] == "measured"
    assert [each["how"] for each in document["hypotheses"]].count("measured") >= 5
    for more, why in (
        (["--kwargs", "rate=1"], "failed: TypeError"),
        (["--eps", "1/10"], "its step is code"),
        (["--order", "reshuffle"], "cyclic order"),
        (["--path", "batch-size"], "its step is code"),
    ):
        assert run([*words, *more]) == 2
        assert why in capsys.readouterr().err
    assert run(["simulate", str(data), *words[2:], "--steps", "10"]) == 2
    assert "its step is code" in capsys.readouterr().err
    assert run(["predict", str(data), "--optimizer", "adam", "--kwargs", "lr=1"]) == 2
    assert "adam" in capsys.readouterr().err

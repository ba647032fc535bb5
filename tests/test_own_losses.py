"""Losses of one's own, from files and as objects: what is right goes everywhere, what is wrong is refused in a line."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from command import file_of, run

import marginproof
from marginproof import BadInput
from properties import case
from verify.certificate import check_document
from verify.data.families import gaussian
from verify.diagnose import diagnose
from verify.diagnose.torch_run import diagnose_torch
from verify.game import predict
from verify.losses import LOSSES
from verify.losses.check_loss import check_loss
from verify.losses.load import loss_named
from verify.optimizers import optimizer
from verify.optimizers.carried import carried_weight
from verify.problem.epoch_map import epoch_map
from verify.simulate import simulate
from verify.simulate.certify import iterate_certificate

DATA = gaussian(4, 3)

# Of -l'(z) = 2 / (1 + 2 exp(z)), the logistic loss at z + log 2; and of losses that are not what they say.
CODE = """
from dataclasses import replace
from marginproof import Loss

def weight(num):
    exp = num.exp
    return lambda z: 2 / (1 + 2 * exp(z)) / 2

def log_weight(num):
    log, softplus, two = num.log, num.softplus, num.log(num.number(2))
    return lambda z: -softplus(z + two)

def tail(num):
    return lambda E: 1 / (2 + E)

SHIFTED = Loss("shifted-logistic", weight, log_weight, tail)

def slow(num):
    softplus = num.softplus
    return lambda z: 1 / ((1 + softplus(z)) * (1 + softplus(z)))

def log_slow(num):
    softplus, log = num.softplus, num.log
    return lambda z: -2 * log(1 + softplus(z))

SLOW = Loss("slow", slow, log_slow, None)
LIAR = replace(SLOW, tail=tail)
CLOSES = replace(SHIFTED, name="closes", weight=lambda num: lambda z: 1 / (1 + 2 * num.exp(z)))
LOGS = lambda num: lambda z: -num.softplus(z + num.log(num.number(2)))
CLOSES_LOG = replace(SHIFTED, name="closes-log", log_weight=LOGS)
BRANCHES = replace(SHIFTED, name="branches", log_weight=lambda num: lambda z: -z if z > 10**6 else log_weight(num)(z))
STEEP = replace(SHIFTED, name="steep", weight=lambda num: lambda z: 1 / 0)
BORROWED = replace(SHIFTED, name="logistic")
"""


_file = file_of(CODE)


@pytest.mark.slow
def test_a_loss_of_ones_own_runs_in_every_number_system(file: Path) -> None:
    opt = optimizer("adam", loss=f"{file}:SHIFTED")
    ball, mpf, floats = (simulate(DATA, opt, 40, kind) for kind in ("ball", "mpf", "float64"))
    assert ball.radius is not None
    for a, b, c in zip(ball.weights, mpf.weights, floats.weights, strict=True):
        assert abs(Fraction(a) - Fraction(b)) < Fraction(1, 10**28)
        assert float(c) == pytest.approx(float(a), rel=1e-12)
    found = diagnose(DATA, opt, "float32", 300)
    assert found.digits[0][1] > 6


def test_what_it_says_is_that_of_the_loss_that_it_shifts(file: Path) -> None:
    """With w_0 away by log 2 in margin from where the logistic loss begins; one row shows it."""
    row = case([[1]]).data
    own = simulate(row, optimizer("gd", loss=f"{file}:SHIFTED"), 10, "mpf").weights[0]
    shift = Fraction(np.log(2.0))
    logistic = simulate(row, optimizer("gd"), 10, "mpf", start=(shift,)).weights[0]
    assert float(Fraction(own) + shift - Fraction(logistic)) == pytest.approx(0, abs=1e-15)


@pytest.mark.slow
def test_limits_are_those_of_the_game_where_the_tail_is_exponential(file: Path) -> None:
    opt = optimizer("adam", loss=loss_named(f"{file}:SHIFTED"))
    found, wanted = predict(DATA, opt), predict(DATA, optimizer("adam"))
    assert found.word == "certified"
    assert found.limits[0].direction == pytest.approx(wanted.limits[0].direction, abs=1e-14)
    log_c = np.log(np.full(4, 0.25))
    own, shipped = (epoch_map(each, DATA.floats())(log_c) for each in (opt, optimizer("adam")))
    assert np.array_equal(own, shipped)


@pytest.mark.parametrize("name", ["adam", "gd", "signum", "adam-proxy"])
def test_a_polynomial_tail_is_undecided_by_name(file: Path, name: str) -> None:
    found = predict(DATA, optimizer(name, loss=f"{file}:SLOW"))
    assert found.word == "undecided"
    assert not found.limits
    assert "loss=slow: it declares no exponential tail" in found.note


def test_a_tail_declared_wrongly_is_undecided_where_the_object_is_passed(file: Path) -> None:
    liar = loss_named(f"{file}:LIAR", check=False)
    found = predict(DATA, optimizer("adam", loss=liar))
    assert found.word == "undecided"
    assert "tail: not exponential" in found.note
    assert not check_loss(liar).exponential


IN_PIECES = """
from marginproof import Loss


def weight(num):
    exp, larger = num.exp, num.max
    return lambda z: exp(-z / 2 + larger(-z, -300000) / 2)


def log_weight(num):
    larger = num.max
    return lambda z: -z / 2 + larger(-z, -300000) / 2


def tail(num):
    return lambda E: 1 + 0 * E


PIECES = Loss("pieces", weight, log_weight, tail)
"""


def test_a_tail_that_was_tried_at_some_margins_is_tested_and_no_more(tmp_path: Path, file: Path) -> None:
    """Beyond 300,000 it is exp(-z/2): no margin that is tried shows it, and symbols do not prove the tail."""
    (tmp_path / "pieces.py").write_text(IN_PIECES)
    found = predict(DATA, optimizer("signgd", batch_size="full", loss=f"{tmp_path}/pieces.py:PIECES"))
    (tail,) = [each for each in found.hypotheses if "tail" in each.text]
    assert (tail.holds, tail.how, found.word) == (True, "tested", "tested")
    assert check_loss(loss_named(f"{file}:SHIFTED")).proved


@pytest.mark.parametrize("name", LOSSES)
def test_tails_of_losses_that_ship_are_proved(name: str) -> None:
    assert check_loss(loss_named(name), compiled=False).proved


def test_gradient_descent_is_not_certified_by_the_curvature_of_another_loss(file: Path) -> None:
    """Of a loss of one's own no curvature is known: the steps count as small enough by assumption."""
    (steps,) = [
        each
        for each in predict(DATA, optimizer("gd", loss=f"{file}:SHIFTED"), digits=0).hypotheses
        if "small enough" in each.text
    ]
    assert steps.how == "assumed"
    borrowed = loss_named(f"{file}:BORROWED", check=False)
    assert predict(DATA, optimizer("gd", loss=borrowed), digits=0).word == "measured"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("LIAR", "loss=slow: the trait tail fails: declared exponential, found not exponential"),
        ("CLOSES", "cannot be compiled: the inner function uses num itself; take what it needs before it"),
        ("CLOSES_LOG", "its log_weight cannot be compiled: the inner function uses num itself"),
        ("BRANCHES", "the trait systems fails"),
        ("STEEP", "the trait weight fails: declared positive and decreasing, found ZeroDivisionError"),
        ("BORROWED", "a loss that ships has this name, and another formula"),
        ("SHIFTD", r"has no SHIFTD, it has SHIFTED, .* \(did you mean SHIFTED\?\)"),
        ("weight", "weight in .* is a function, not a Loss"),
    ],
)
def test_what_is_wrong_with_a_loss_is_said_in_a_line(file: Path, name: str, said: str) -> None:
    with pytest.raises(BadInput, match=said) as refusal:
        optimizer("adam", loss=f"{file}:{name}")
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("LOSS = (", "line 1: "),
        ("1 / 0", "failed: ZeroDivisionError"),
        ("raise RuntimeError('two\\nlines')", "failed: RuntimeError: two lines"),
        ("LOSS = 3", "is a int, not a Loss"),
        ("from marginproof import Loss\nLOSS = Loss('a', 1, 2, 3)", "its weight is no function"),
        ("from marginproof import Loss\nLOSS = Loss(7, 1, 2, 3)", "its name is not a short plain text"),
        ("def f():\n return f()\nf()", "failed: RecursionError"),
    ],
)
def test_a_file_that_gives_no_loss_is_refused_in_a_line(tmp_path: Path, code: str, said: str) -> None:
    (tmp_path / "bad.py").write_text(code)
    with pytest.raises(BadInput, match=said) as refusal:
        loss_named(f"{tmp_path}/bad.py:LOSS")
    assert "\n" not in str(refusal.value)
    for text, why in (("logistik", r"did you mean logistic\?"), ("bad.py", "as FILE.py:NAME")):
        with pytest.raises(BadInput, match=why):
            loss_named(text)


def test_an_object_that_cannot_be_compiled_is_refused_where_it_is_run(file: Path) -> None:
    closes = loss_named(f"{file}:CLOSES", check=False)
    assert simulate(DATA, optimizer("gd", loss=closes), 10, "ball").radius
    with pytest.raises(BadInput, match="loss=closes: its weight cannot be compiled"):
        diagnose(DATA, optimizer("gd", loss=closes), "float32", 10)
    with pytest.raises(BadInput, match="is neither a name nor a Loss"):
        optimizer("gd", loss=3)  # type: ignore[arg-type]


def test_certificates_carry_losses_of_ones_own_and_torch_knows_those_that_ship_only(file: Path) -> None:
    for name, why in (("SHIFTED", "loss=shifted-logistic"), ("BORROWED", "loss=logistic")):
        opt = optimizer("gd", loss=loss_named(f"{file}:{name}", check=False))
        checked = check_document(iterate_certificate(DATA, opt, simulate(DATA, opt, 5, "ball")))
        assert checked.valid, checked.line()
        assert "is -q x_i for q = (2 / (1 + (2 * exp(z)))) / 2, batches" in str(checked.statement)
        with pytest.raises(BadInput, match=f"{why}: of torch only|torch is not installed"):
            diagnose_torch(DATA, opt, "float32", 10)
    for name, why in (
        ("SLOW", "its formula takes softplus"),
        ("STEEP", "its weight failed: ZeroDivisionError"),
    ):
        opt = optimizer("gd", loss=loss_named(f"{file}:{name}", check=False))
        with pytest.raises(BadInput, match=why):
            carried_weight(opt.loss)


def test_a_case_with_a_loss_of_ones_own_can_be_made_again(file: Path) -> None:
    made = case([[1, 2], [3, 1]], loss=loss_named(f"{file}:SHIFTED"))
    assert f"loss='{file}:SHIFTED'" in repr(made)
    assert eval(repr(made), {"case": case}) == made
    arguments = json.loads(json.dumps(made.arguments()))
    assert case(**arguments) == made


def test_the_command_checks_losses(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check-loss", "logistic"]) == 0
    assert run(["check-loss", f"{file}:SLOW"]) == 0
    assert "tail: declared not exponential, found not exponential" in capsys.readouterr().out
    assert run(["check-loss", f"{file}:LIAR", "--json", "-"]) == 1
    document = json.loads(capsys.readouterr().out)
    assert document["loss"] == "slow"
    assert not document["ok"]
    (wrong,) = [trait for trait in document["traits"] if not trait["ok"]]
    assert wrong["trait"] == "tail"
    assert set(wrong) == {"trait", "declared", "found", "how", "ok"}
    assert run(["check-loss", f"{file}:NONE"]) == 2
    assert run(["simulate", "iris", "--optimizer", "gd", "--steps", "9", "--loss", f"{file}:SHIFTED"]) == 0


def test_the_public_module_has_what_a_file_of_a_loss_needs() -> None:
    assert marginproof.check_loss(LOSSES["logistic"]).ok
    assert marginproof.Loss is type(LOSSES["logistic"])


def test_whole_numbers_beside_balls_are_balls() -> None:
    """The squared hinge takes a maximum with 0; given Python's own, the balls' maximum ends the process."""
    larger = replace(
        LOSSES["logistic"], name="hinge", weight=lambda num: lambda z: num.max(0, 1 - z) * num.sqrt(4)
    )
    found = {trait.trait: trait for trait in check_loss(larger, compiled=False).traits}
    assert found["weight"].found == "not decreasing or not positive from z = 7/3 on"
    assert found["log_weight"].found == "another function at z = -40"

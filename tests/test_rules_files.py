"""Rules in files and in installed packages, their names and settings on the command line."""

from __future__ import annotations

import json
from importlib.metadata import EntryPoint
from pathlib import Path

import numpy as np
import pytest
from command import file_of, run

from verify.data.families import gaussian
from verify.errors import BadInput
from verify.optimizers import optimizer
from verify.optimizers.load import rule_named
from verify.optimizers.rules import RULES
from verify.optimizers.trajectory import trajectory

ADAM, SIGNUM = RULES["adam"], RULES["signum"]


LION = """
from marginproof import Decay, Rule, State

def lion(num):
    sign = num.sign
    def step(g, seen, s, h):
        return sign(h.beta1 * s.m + (1 - h.beta1) * g), s._replace(m=h.beta2 * s.m + (1 - h.beta2) * g)
    return step

RULE = Rule("lion", lion, source="Chen et al. 2023",
            states=(State("m", degree=1),), hyper=(Decay("beta1", "9/10"), Decay("beta2", "99/100")),
            update="sign", degree=0, batch=1)
CLOSES = Rule("closes", lambda num: lambda g, seen, s, h: (num.sign(g), s), update="sign")
"""


_file = file_of(LION)


def test_a_rule_in_a_file_runs_as_the_one_that_ships(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    outputs = []
    for name in (f"{file}:RULE", "lion"):
        assert run(["simulate", "gaussian:n=5,d=3", "--optimizer", name, "--steps", "50", "--json", "-"]) == 0
        outputs.append(json.loads(capsys.readouterr().out)["weights"])
    assert outputs[0] == outputs[1]
    assert run(["check-rule", f"{file}:RULE", "--json", "-"]) == 0
    assert json.loads(capsys.readouterr().out)["ok"]
    assert list(file.parent.iterdir()) == [file], "nothing is written beside a user's file"


def test_a_step_that_closes_over_its_number_system_runs(file: Path) -> None:
    X = gaussian(4, 3).floats()
    found = trajectory(X, optimizer(f"{file}:CLOSES"), [50]).weights
    assert np.array_equal(found, trajectory(X, optimizer("signgd"), [50]).weights)


@pytest.mark.parametrize(
    ("code", "name", "said"),
    [
        ("RULE = 3", "RULE", "RULE in .* is a int, not a Rule"),
        ("x = 1", "RULE", "has no RULE, and no Rule at all"),
        (LION, "Rule", "is a type, not a Rule"),
        (LION, "rule", "has no rule, it has RULE, CLOSES"),
        ("x = (", "RULE", "line 1: "),
        ("1 / 0", "RULE", "failed: ZeroDivisionError: division by zero"),
        ("import nowhere_at_all", "RULE", "failed: ModuleNotFoundError"),
        ("raise SystemExit(3)", "RULE", "failed: SystemExit: 3"),
        (
            "from marginproof import Rule, Decay\nRule('a', abs, hyper=(Decay('b', 2),))",
            "RULE",
            "the default b=2",
        ),
        ("from marginproof import Rule\nRULE = Rule('a', None)", "RULE", "define=None is not a function"),
        ("x = '\0'", "RULE", "optimizer: "),
        (LION, "", "is no name"),
    ],
)
def test_a_file_that_gives_no_rule_is_refused_in_a_line(
    tmp_path: Path, code: str, name: str, said: str
) -> None:
    path = tmp_path / "mine.py"
    path.write_text(code)
    with pytest.raises(BadInput, match=said) as refusal:
        rule_named(f"{path}:{name}")
    assert "\n" not in str(refusal.value)


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    for text, said in (
        (f"{tmp_path}/absent.py:RULE", "there is no file"),
        ("absent.py", "name the rule in it, as FILE.py:NAME"),
        ("lyon", r"did you mean lion\?"),
        ("no\nsuch", "is none of"),
    ):
        with pytest.raises(BadInput, match=said) as refusal:
            rule_named(text)
        assert "\n" not in str(refusal.value)
    folder = tmp_path / "folder.py"
    folder.mkdir()
    with pytest.raises(BadInput, match="is not a file"):
        rule_named(f"{folder}:RULE")


def test_other_names_and_settings(capsys: pytest.CaptureFixture[str]) -> None:
    assert rule_named("sgd") is RULES["momentum"]
    for options, said in (
        (["gd", "--beta1", ".5"], "beta1=.5: gd has no such hyperparameter"),
        (["signum", "--beta2", ".5"], "beta2=.5: signum has no such hyperparameter, only beta1"),
        (["gd", "--eps", "1"], "eps=1: gd adds none"),
        (["momentum", "--set", "nesterov=perhaps"], "nesterov=perhaps is neither true nor false"),
        (["momentum", "--set", "nesterov"], "set='nesterov' is not NAME=VALUE"),
        (["adam", "--beta1", "0", "--set", "beta1=0"], "beta1 is given twice"),
        (["adam", "--set", "lr=0"], "lr is no hyperparameter of a rule"),
        (["adam", "--set", "radius=1"], "radius=1: adam has no such hyperparameter, only beta1, beta2"),
        (["adam", "--weight-decay", "x"], "weight_decay='x' is not a number"),
    ):
        name, *others = options
        status = run(["simulate", "gaussian:n=4,d=3", "--optimizer", name, "--steps", "9", *others])
        assert status == 2, options
        assert said in capsys.readouterr().err


def test_settings_are_used(capsys: pytest.CaptureFixture[str]) -> None:
    found = []
    for options in ([], ["--set", "nesterov=true"], ["--set", "beta1=0"], ["--weight-decay", "1/2"]):
        command = [
            "simulate",
            "gaussian:n=4,d=3",
            "--optimizer",
            "sgd",
            "--steps",
            "20",
            "--json",
            "-",
            *options,
        ]
        assert run(command) == 0
        found.append(json.loads(capsys.readouterr().out)["weights"])
    assert len({tuple(weights) for weights in found}) == 4


@pytest.mark.parametrize("columns", ["80", "150"])
def test_rules_are_listed(
    columns: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    assert run(["rules", "--json", "-"]) == 0
    listed = json.loads(capsys.readouterr().out)["rules"]
    assert [rule["name"] for rule in listed] == list(RULES)
    assert run(["rules"]) == 0
    shown = capsys.readouterr().out
    assert all(name in shown for name in RULES)
    assert "…" not in shown
    assert run(["check-rule", "adam", "--json", "-"]) == 0


def test_rules_of_installed_packages_are_found_by_their_entry_point(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(file.parent)
    entries = {
        name: EntryPoint(name, value, "marginproof.rules")
        for name, value in (
            ("theirs", "mine:RULE"),
            ("broken", "mine:ABSENT"),
            ("wrong", "mine:lion"),
            ("gd", "mine:RULE"),
        )
    }
    monkeypatch.setattr("verify.drawers.Drawer.installed", lambda drawer: entries)
    assert rule_named("theirs").update == "sign"
    assert rule_named("gd") is RULES["gd"], "what ships goes first"
    for name, said in (
        ("broken", "its package failed: AttributeError"),
        ("wrong", "is a function, not a Rule"),
    ):
        with pytest.raises(BadInput, match=said):
            rule_named(name)

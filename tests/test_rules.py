"""What rules declare of themselves, checked; and each declaration made falsely, and caught."""

from __future__ import annotations

import ast
import json
from dataclasses import replace
from fractions import Fraction
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from marginproof import Decay, Number, Positive, Rule, State, Switch, check_rule
from verify.cli import main
from verify.data.families import gaussian
from verify.errors import BadInput
from verify.evidence import Verdict
from verify.game import predict
from verify.game.playable import require_playing
from verify.game.signs.moves import fading, moves_by_signs
from verify.game.signs.switching import bound
from verify.game.smooth.certify import game_fields
from verify.numbers.system import Numbers
from verify.numbers.systems.mpf import MPF, digits
from verify.optimizers import Optimizer, optimizer
from verify.optimizers.load import rule_named
from verify.optimizers.mean_update import NO_REST, mean_update
from verify.optimizers.rules import RULES
from verify.optimizers.traits import traits
from verify.optimizers.trajectory import trajectory
from verify.problem.epoch_map import epoch_map
from verify.problem.interpreted import interpreted

ADAM, SIGNUM = RULES["adam"], RULES["signum"]


@pytest.mark.parametrize("name", RULES)
def test_every_rule_that_ships_is_what_it_declares(name: str) -> None:
    found = check_rule(RULES[name])
    assert found.ok, [trait for trait in found.traits if not trait.ok]
    assert found.rule == name
    assert RULES[name].source


# --- false declarations ----------------------------------------------------------------------------------------------


def soft(num: Numbers) -> Any:
    """Gradient descent, softly clipped: of degree 1 near 0, of degree 0 far out."""
    return lambda g, seen, s, h: (g / (1 + abs(g)), s)


def squared_mean(num: Numbers) -> Any:
    """Adam with the mean of |g|, kept as its square: it forgets, but not as an affine state does."""

    def step(g: Any, seen: Any, s: Any, h: Any) -> Any:
        m = h.beta1 * s.m + (1 - h.beta1) * g
        size = h.beta2 * num.sqrt(s.v) + (1 - h.beta2) * abs(g)
        return num.ratio(m, size), s._replace(m=m, v=size**2)

    return step


def counting(num: Numbers) -> Any:
    """A step that looks at its number system."""
    factor = 2 if num.name == "mpf" else 1
    return lambda g, seen, s, h: (factor * g, s)


def half_sign(num: Numbers) -> Any:
    """A step with a sign that matters little: half of it jumps."""
    return lambda g, seen, s, h: (num.ratio(g, num.abs(g) + num.abs(s.m)) + num.sign(g) / 2, s._replace(m=g))


def rooted(num: Numbers) -> Any:
    """sign(g) sqrt(|g|): a sign in it, and no jump."""
    return lambda g, seen, s, h: (num.sign(g) * num.sqrt(num.abs(g)), s)


def product(num: Numbers) -> Any:
    """A state that its own gradients multiply."""
    return lambda g, seen, s, h: (num.sign(g), s._replace(p=s.p * g + g))


def coupled(num: Numbers) -> Any:
    """Two states, each made of the other."""

    def step(g: Any, seen: Any, s: Any, h: Any) -> Any:
        return s.a, s._replace(a=h.beta1 * s.b + g, b=h.beta1 * s.a)

    return step


BETA = Decay("beta1", 0)

FALSE = [
    ("degree", Rule("soft", soft, degree=0), "refuted: at g = "),
    ("degree", Rule("soft", soft, degree=1), "refuted: at g = "),
    ("degree", replace(ADAM, degree=1), "proved"),
    ("degree", replace(RULES["gd"], degree=None), "proved"),
    ("m.degree", replace(ADAM, states=(State("m", 2), State("v", 2))), "refuted"),
    ("v.degree", replace(ADAM, states=(State("m", 1), State("v", 1))), "refuted"),
    ("forgets", replace(RULES["adagrad"], forgets=True), "v is a sum without decay"),
    ("forgets", replace(RULES["amsgrad"], forgets=True), "goes through a maximum: max(top"),
    ("forgets", replace(ADAM, define=squared_mean), "v is not affine in itself"),
    ("forgets", Rule("product", product, states=(State("p"),)), "depends on g"),
    ("forgets", Rule("coupled", coupled, states=(State("a"), State("b")), hyper=(BETA,)), "need each other"),
    ("forgets", replace(ADAM, forgets=False), "proved"),
    ("update", replace(SIGNUM, update="smooth"), "signs alone"),
    ("update", replace(ADAM, update="linear"), "no sign in it"),
    ("update", Rule("half", half_sign, states=(State("m"),)), "refuted: from "),
    ("update", replace(ADAM, update="sign"), "no sign in it"),
    ("reads", replace(RULES["ngd"], reads="nothing"), "uses seen"),
    ("reads", replace(ADAM, reads="squares"), "does not use seen"),
    ("batch", replace(ADAM, batch=0), "neither"),
    ("blocks", replace(RULES["ngd"], blocks="coordinate"), "norm of all"),
    ("blocks", replace(ADAM, blocks="none"), "one coordinate"),
    ("systems", Rule("counting", counting, degree=1, update="linear"), "in mpf as it stands it is"),
]  # fmt: skip


@pytest.mark.parametrize(("trait", "rule", "how"), FALSE, ids=lambda part: getattr(part, "name", part))
def test_a_false_declaration_is_caught(trait: str, rule: Rule, how: str) -> None:
    found = check_rule(rule)
    assert not found.ok
    assert not found[trait].ok
    assert how in found[trait].how


def test_what_is_true_stays_true_beside_a_false_declaration() -> None:
    found = check_rule(replace(ADAM, states=(State("m", 1), State("v", 1))))
    assert [trait.trait for trait in found.traits if not trait.ok] == ["degree", "v.degree"]
    assert found["forgets"].ok
    document = json.loads(json.dumps(found.to_json()))
    assert set(document) == {"rule", "ok", "traits"}
    assert document["traits"][2] == {
        "trait": "v.degree",
        "declared": 1,
        "found": None,
        "how": document["traits"][2]["how"],
        "ok": False,
    }


def test_a_sign_that_does_not_matter_is_no_jump() -> None:
    """Its degree is 1/2, which no rule may declare, so it declares none; that is found out."""
    found = check_rule(Rule("rooted", rooted, degree=None))
    assert found["update"].found == "smooth"
    assert found["degree"].found == "1/2"
    assert not found.ok


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (lambda num, g, s, h: (g if g > 0 else -g, s), "how two compare"),
        (lambda num, g, s, h: (max(g, 0), s), "how two compare"),
        (lambda num, g, s, h: (1 if g == 0 else g, s), "how two compare"),
        (lambda num, g, s, h: (np.sqrt(g), s), "failed: TypeError"),
        (lambda num, g, s, h: (float(g), s), "num.sqrt"),
        (lambda num, g, s, h: (g**0.3, s), "a power other than"),
        (lambda num, g, s, h: (g * h.gamma, s), "AttributeError"),
        (lambda num, g, s, h: (g + "1", s), "is no number"),
        (lambda num, g, s, h: g, "failed: TypeError"),
        (lambda num, g, s, h: (g, (g,)), "returns 1 states, and 0 are declared"),
    ],
)
def test_a_step_that_no_formula_says_is_refused_in_a_line(body: Any, said: str) -> None:
    rule = Rule("mine", lambda num: lambda g, seen, s, h: body(num, g, s, h))
    with pytest.raises(BadInput, match="rule mine: ") as refusal:
        optimizer(rule, weight_decay=0).rule.program  # noqa: B018
    assert said in str(refusal.value)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("made", "said"),
    [
        ({"states": (State("g"),)}, "the name g is taken"),
        ({"states": (State("a b"),)}, "'a b' is no name for a state"),
        ({"hyper": (Decay("lambda", 0),)}, "'lambda' is no name for a state"),
        ({"states": (State("m"),), "hyper": (Decay("m", 0),)}, "two parts are named m"),
        ({"hyper": (Decay("beta1", 1),)}, r"the default beta1=1 is outside \[0, 1\)"),
        ({"reads": "everything"}, "reads=everything"),
        ({"update": "wild"}, "update=wild"),
    ],
)
def test_a_rule_that_cannot_be_is_refused(made: dict[str, Any], said: str) -> None:
    with pytest.raises(BadInput, match=said):
        Rule("mine", soft, **made)


@pytest.mark.parametrize("value", ["1e-400", Fraction(1, 10**400)])
def test_a_hyperparameter_that_is_0_in_float64_is_refused(value: object) -> None:
    """It had been run as beta2 = 0, and printed so."""
    with pytest.raises(BadInput, match=r"beta2=.* is outside \[2\^-500, 2\^500\], which float64 can square"):
        optimizer("adam", beta2=value)


def test_hyperparameters_have_ranges() -> None:
    assert Switch("look", 0).read("true") == 1
    assert Number("x", 1, low=0, high=2).read("2") == 2
    for number, value, said in (
        (Switch("look", 0), "maybe", "look=maybe is neither true nor false"),
        (Positive("radius", 1), "0", r"radius=0 is outside \(0, infinity\)"),
        (Number("x", 1, low=0, high=2), "5/2", r"x=5/2 is outside \[0, 2\]"),
        (Decay("beta1", 0), 1, r"beta1=1 is outside \[0, 1\)"),
    ):
        with pytest.raises(BadInput, match=said):
            number.read(value)


# --- what engines make of them ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [name for name, rule in RULES.items() if rule.matrix is None])
def test_runs_in_log_scale_are_those_in_many_digits(name: str) -> None:
    data = gaussian(5, 3)
    opt = optimizer(name, lr=Fraction(1, 3))
    with digits(40):
        (last,) = interpreted(data.rows, opt, [60], MPF)
    found = trajectory(data.floats(), opt, [60]).weights[0]
    assert found == pytest.approx([float(w) for w in last.w], rel=1e-9, abs=1e-11)


@pytest.mark.parametrize("name", [name for name, rule in RULES.items() if rule.forgets and rule.degree == 0])
def test_weights_on_a_face_are_the_limit_of_weights_that_vanish(name: str) -> None:
    """Steps without gradient are left out where the trait ``rests`` allows it; the plain sum over all steps says the
    same. With one weight in five there is a step with a gradient and rests of four."""
    rule = RULES[name]
    opt, X = optimizer(name), gaussian(7, 3).floats()
    if not rule.batches or rule.averages:
        return
    log_c = np.array([0.0, -np.inf, -np.inf, -1.0, -np.inf, -np.inf, -np.inf])
    batches = [[q] for q in range(7)]
    if opt.batch_size is None:
        batches = [list(range(7))]
    c = np.exp(log_c)
    with digits(40):
        num = MPF.number
        G = [
            [num(Fraction(-sum(c[i] * X[i, k] for i in batch) / len(batch))) for k in range(3)]
            for batch in batches
        ]
        norms = [[MPF.sqrt(sum((g * g for g in row), num(Fraction(0))))] * 3 for row in G]
        U: list[Any] = [None] * 3
        mean_update(rule, MPF)(G, norms, opt.frozen(MPF), U, [NO_REST] * len(G))
    assert epoch_map(opt, X)(log_c) == pytest.approx([float(u) for u in U], rel=1e-11)


def test_rests_are_left_out_only_where_they_are_geometric() -> None:
    assert traits(ADAM).rests
    assert traits(RULES["nadam"]).rests
    assert not traits(RULES["adabelief"]).rests  # v forgets towards (g - m)^2, and m moves on


def test_a_rule_that_never_forgets_has_no_epoch_map() -> None:
    with pytest.raises(
        BadInput, match="amsgrad: the epoch map needs the trait forgets, and top is not affine"
    ):
        epoch_map(optimizer("amsgrad"), gaussian(4, 3).floats())


def test_a_rule_that_is_not_homogeneous_is_not_run_in_log_scale() -> None:
    with pytest.raises(BadInput, match="optimizer=soft: float64 in log scale needs the trait degree"):
        trajectory(gaussian(4, 3).floats(), optimizer(Rule("soft", soft)), [10])
    assert np.isfinite(
        trajectory(gaussian(4, 3).floats(), optimizer(Rule("soft", soft, degree=None)), [10]).weights
    ).all()


@pytest.mark.parametrize(
    "name", ["adam", *(pytest.param(name, marks=pytest.mark.slow) for name in ("gd", "signum"))]
)
def test_decoupled_decay_shrinks_weights_by_the_step(name: str) -> None:
    """One step from w_0 with and without: the difference is eta lambda w_0, whatever the rule."""
    X, start = gaussian(4, 3).floats(), np.array([1.0, -2.0, 3.0])
    run = {
        shrink: trajectory(X, optimizer(name, weight_decay=shrink), [1], start=start).weights[0]
        for shrink in (0, Fraction(1, 4))
    }
    eta = 0.1 / np.sqrt(2)
    assert run[0] - run[Fraction(1, 4)] == pytest.approx(eta / 4 * start, rel=1e-12)


def test_adamw_is_adam_with_its_decay() -> None:
    X = gaussian(4, 3).floats()
    first, second = (
        trajectory(X, opt, [200]).weights
        for opt in (optimizer("adamw"), optimizer("adam", weight_decay="1/100"))
    )
    assert np.array_equal(first, second)
    assert not np.array_equal(first, trajectory(X, optimizer("adam"), [200]).weights)


# --- rules of one's own ----------------------------------------------------------------------------------------------

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


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "mine.py"
    path.write_text(LION)
    return path


def test_a_rule_in_a_file_runs_as_the_one_that_ships(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    outputs = []
    for name in (f"{file}:RULE", "lion"):
        assert run(["simulate", "gaussian:n=5,d=3", "--optimizer", name, "--steps", "50", "--json", "-"]) == 0
        outputs.append(json.loads(capsys.readouterr().out)["weights"])
    assert outputs[0] == outputs[1]
    assert run(["check-rule", f"{file}:RULE", "--json", "-"]) == 0
    assert json.loads(capsys.readouterr().out)["ok"]
    assert list(file.parent.iterdir()) == [file], "nothing is written beside a user's file"


def run(arguments: list[str]) -> int:
    """The status that the command exits with."""
    with pytest.raises(SystemExit) as end:
        main(arguments)
    return int(end.value.code or 0)


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
            "from marginproof import Rule, Decay\nRule('a', None, hyper=(Decay('b', 2),))",
            "RULE",
            "the default b=2",
        ),
        ("from marginproof import Rule\nRULE = Rule('a', None)", "RULE", "its step failed: TypeError"),
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


# --- predictions of rules that ship, and of those of one's own --------------------------------------------------------

DATA = gaussian(4, 3)


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("amsgrad", "the margin game needs the trait forgets, and top is not affine in itself"),
        ("adagrad", "the margin game needs the trait forgets, and v is a sum without decay"),
        (replace(RULES["adagrad"], forgets=True), "v is a sum without decay"),
    ],
    ids=["amsgrad", "adagrad", "adagrad that is declared to forget"],
)
def test_what_remembers_is_measured_at_most(rule: str | Rule, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        require_playing(optimizer(rule), DATA.n)
    assert predict(DATA, optimizer(rule)).word in (Verdict.MEASURED, Verdict.UNDECIDED)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("clipped", "the margin game needs the trait degree, and clipped declares no degree"),
        ("norm-clipped", "the margin game needs the trait degree"),
        pytest.param("adamw", "weight_decay=1/100: with it w stays bounded", marks=pytest.mark.slow),
    ],
)
def test_what_plays_another_game_does_not_come_in_by_the_door_of_the_margin_game(
    name: str, said: str
) -> None:
    with pytest.raises(BadInput, match=said):
        require_playing(optimizer(name), DATA.n)
    assert predict(DATA, optimizer(name)).limits


def nothing_is_said(opt: Optimizer, said: str) -> None:
    """Assert that the game's door names the trait, and that a prediction has no limit and a reason."""
    with pytest.raises(BadInput, match=said):
        require_playing(opt, DATA.n)
    found = predict(DATA, opt)
    assert not found.limits
    assert found.word is Verdict.UNDECIDED
    assert any(each.holds is False and each.remedy in found.note for each in found.hypotheses)


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        (Rule("soft", soft, degree=0), "soft is not shown to be homogeneous"),
        (Rule("soft", soft, degree=1), "soft is not shown to be homogeneous"),
        (replace(ADAM, define=squared_mean), "v is not affine in itself"),
        (replace(ADAM, states=(State("m", 1), State("v", 1))), "takes degree 1 and degree 2 together"),
        (
            Rule("pull", lambda num: lambda g, seen, s, h: (g + h.w, s), degree=1),
            "degree 1 and degree 0 together",
        ),
        (
            Rule("aged", lambda num: lambda g, seen, s, h: (num.sign(g) * h.eta, s), update="sign"),
            "neither w nor eta",
        ),
    ],
    ids=lambda part: getattr(part, "name", ""),
)
def test_nothing_is_predicted_for_a_rule_that_is_not_what_it_declares(rule: Rule, said: str) -> None:
    """Taken at its word, such a rule gets certified limits that its runs do not go to."""
    nothing_is_said(optimizer(rule), said)


def test_a_step_that_divides_by_0_at_frozen_gradients_is_refused_at_the_full_batch() -> None:
    with pytest.raises(BadInput, match="optimizer=adabelief, batch-size=4: the step divides by 0"):
        predict(DATA, optimizer("adabelief", batch_size="full"))


@pytest.mark.parametrize("name", ["lion", "rmsprop", "nadam", "adam-abs"])
def test_full_batches_go_to_the_l_inf_max_margin(name: str) -> None:
    wanted = predict(DATA, optimizer("signgd")).limits[0]
    (found,) = predict(DATA, optimizer(name, batch_size="full")).limits
    assert found.direction == pytest.approx(wanted.direction, abs=1e-15)
    assert found.evidence == wanted.evidence


@pytest.mark.parametrize("options", [{}, {"nesterov": 1}, {"dampening": "1/2", "batch_size": 2}])
def test_momentum_goes_to_the_l2_max_margin(options: dict[str, Any]) -> None:
    wanted = predict(DATA, optimizer("gd")).limits[0]
    (found,) = predict(DATA, optimizer("momentum", **options)).limits
    assert found.direction == pytest.approx(wanted.direction, abs=1e-15)


@pytest.mark.parametrize("name", ["nadam", "rmsprop", "adam-abs", "adabelief"])
def test_runs_by_samples_go_to_the_predicted_limit(name: str) -> None:
    """Increments of a run: at steps of 1e-4 they are some 1e-4 radian away, 1 - cos of 1.3e-8 at most was seen."""
    opt = optimizer(name, beta2="9/10", **({"beta1": "1/2"} if name != "rmsprop" else {}))
    limits = predict(DATA, opt, starts=0, prove=False).limits
    half, last = trajectory(DATA.floats(), opt, [1_000_000, 2_000_000]).weights
    moved = (last - half) / np.linalg.norm(last - half)
    assert min(1 - float(moved @ limit.direction) for limit in limits) < 1e-7


def test_a_rule_that_borrows_a_name_carries_its_own_program() -> None:
    def uphill(num: Numbers) -> Any:
        step = ADAM.define(num)

        def against(g: Any, seen: Any, s: Any, h: Any) -> Any:
            u, s = step(g, seen, s, h)
            return 2 * u, s

        return against

    same = replace(ADAM, define=lambda num: ADAM.define(num))
    carried = [
        game_fields(DATA, optimizer(rule))["rule"] for rule in (ADAM, same, replace(ADAM, define=uphill))
    ]
    assert carried[0] == carried[1] != carried[2]


# --- signs -----------------------------------------------------------------------------------------------------------


def minus_sign(num: Numbers) -> Any:
    """Signum, with two signs turned."""

    def step(g: Any, seen: Any, s: Any, h: Any) -> Any:
        m = h.beta1 * s.m + (1 - h.beta1) * g
        return -num.sign(-m), s._replace(m=m)

    return step


def sign_of_signs(num: Numbers) -> Any:
    """A majority of three signs, which is the sign of no linear form."""

    def step(g: Any, seen: Any, s: Any, h: Any) -> Any:
        m = h.beta1 * s.m + (1 - h.beta1) * g
        return num.sign(num.sign(g) + num.sign(m) + num.sign(s.m)), s._replace(m=m)

    return step


def test_a_sign_written_otherwise_has_the_same_memory() -> None:
    opt = optimizer(SIGNUM, beta1="3/4")
    turned = optimizer(replace(SIGNUM, define=minus_sign), beta1="3/4")
    assert moves_by_signs(turned)
    assert fading(turned, 4) == fading(opt, 4) == [1, Fraction(3, 4), Fraction(9, 16), Fraction(27, 64)]


def test_signs_put_together_otherwise_are_no_game_of_signs() -> None:
    opt = optimizer(replace(SIGNUM, define=sign_of_signs))
    assert traits(opt.rule).update == "sign"
    assert not moves_by_signs(opt)


def test_lion_forgets_by_its_second_rate_and_has_a_bound_of_its_own() -> None:
    """In an epoch of P steps over and over, m knows (1 - b2) b2^(a-1) / (1 - b2^P) of a gradient of a steps ago."""
    b1, b2, P = Fraction(1, 2), Fraction(3, 4), 4
    opt = optimizer("lion", beta1=b1, beta2=b2)
    knows = [(1 - b2) * b2 ** (a - 1) / (1 - b2**P) for a in range(1, P + 1)]
    wanted = [1 - b1 + b1 * knows[P - 1], *(b1 * each for each in knows[: P - 1])]
    assert fading(opt, P) == [each / wanted[0] for each in wanted]
    largest = max(sum(map(abs, row)) for row in DATA.rows)
    q = min(wanted) / max(wanted)
    assert bound(opt, DATA) == 2 * (1 - q) / (1 + q) * largest
    signum = optimizer("signum", beta1=b1)
    assert bound(signum, DATA) == 2 * Fraction(3, 4) * (1 - b1**3) / (1 + b1**3) * largest


# --- names -----------------------------------------------------------------------------------------------------------

# Content, which speaks of rules by their names, and the checker, whose earlier certificates name them.
SPEAKS_OF_RULES = ("derive/topics", "claims", "certificate")


def compared_names(source: str) -> list[int]:
    """The lines that compare a rule's name."""
    found = []
    for each in ast.walk(ast.parse(source)):
        if isinstance(each, ast.Compare):
            sides = [each.left, *each.comparators]
            texts = {side.value for side in ast.walk(each) if isinstance(side, ast.Constant)}
            named = any(
                isinstance(side, ast.Attribute) and side.attr in ("name", "optimizer") for side in sides
            )
            if named and texts & set(RULES):
                found.append(each.lineno)
    return found


def test_engines_ask_traits_and_never_names() -> None:
    root = Path(__file__).parent.parent / "verify"
    for path in sorted(root.rglob("*.py")):
        here = path.relative_to(root).as_posix()
        if not here.startswith(SPEAKS_OF_RULES):
            assert not compared_names(path.read_text(encoding="utf-8")), here


def test_a_compared_name_is_noticed() -> None:
    assert compared_names('x = opt.rule.name == "adam"') == [1]
    assert compared_names('\nif opt.rule.name in ("signum", "gd"): pass') == [2]
    assert not compared_names('x = data.name == "iris"')


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

"""Certificates that carry their rule: what the checker shows of its program, and forgeries of each obligation."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import independent
import numpy as np
import pytest
from forging import assert_refused, assert_slopes, dataset, restated, trials
from independent.algebra import real
from independent.drift import drift_of_rule
from mpmath import mp
from test_words import STALE

import verify.certificate.rule
from verify.certificate import certificate, check_document, check_file, statement_of
from verify.certificate.field import costs, game_of
from verify.certificate.writing import spell
from verify.cli import main
from verify.data import load
from verify.errors import BadInput
from verify.evidence import Verdict
from verify.game.limits import equilibria_of
from verify.game.margins import Margins
from verify.game.proof import prediction_certificate, proved
from verify.game.smooth.certify import (
    enclose,
    equilibria_certificate,
    equilibrium_certificate,
    game_fields,
    game_read,
)
from verify.numbers.system import Numbers
from verify.numbers.systems.balls import ball, precision
from verify.optimizers import optimizer
from verify.optimizers.rule import Decay, Rule, State
from verify.optimizers.rules import RULES

Document = dict[str, Any]
MODULES = (verify.certificate.rule,)
LOPSIDED = dataset(("3.01", 1), (1, 3))
# At this vertex every rule here has an equilibrium, with the direction of its row's signs or near it.
VERTEX = (0.0, 1.0)


def mine(num: Numbers) -> Any:
    """A user's rule of six lines: two speeds of momentum, over the mean of |g|."""

    def step(g: Any, seen: Any, s: Any, h: Any) -> Any:
        slow = h.keep * s.slow + (1 - h.keep) * g
        fast = s.fast / 2 + g / 2
        size = h.long * s.size + (1 - h.long) * num.abs(g)
        return num.ratio(slow + 3 * fast, 4 * size + h.eps), s._replace(slow=slow, fast=fast, size=size)

    return step


MINE = Rule(
    "mine",
    mine,
    states=(State("slow"), State("fast"), State("size")),
    hyper=(Decay("keep", "4/5"), Decay("long", "19/20")),
    batch=1,
)


def counted(num: Numbers) -> Any:
    """A state of degree 0, and a root of what is 1 without a gradient: not known before they are computed."""

    def step(g: Any, seen: Any, s: Any, h: Any) -> Any:
        count = (1 + s.count) * h.keep
        m, size = h.keep * s.m + g, h.keep * s.size + num.abs(g)
        wide = num.sqrt(1 + num.ratio(g * g, size * size))
        return num.ratio((count + wide) * m, size), s._replace(count=count, m=m, size=size)

    return step


COUNTED = Rule(
    "counted",
    counted,
    states=(State("count", 0), State("m"), State("size")),
    hyper=(Decay("keep", "4/5"),),
    batch=1,
)

GENUINE = {
    getattr(rule, "name", rule): equilibrium_certificate(LOPSIDED, optimizer(rule), VERTEX, 80)
    for rule in ("adam", "rmsprop", "adam-abs", MINE)
}


@pytest.mark.parametrize("name", GENUINE)
def test_the_genuine_ones_are_valid_and_true(name: str) -> None:
    checked = check_document(GENUINE[name], LOPSIDED.rows)
    assert checked.valid, checked.line()
    assert independent.is_true(GENUINE[name])


def test_a_rule_is_carried_whose_program_does_not_tell_how_it_fades() -> None:
    assert check_document(equilibrium_certificate(LOPSIDED, optimizer(STALE), VERTEX, 80)).valid


def test_a_rule_of_six_lines_gets_a_list_of_all_equilibria() -> None:
    data = load("gaussian:n=3,d=2,seed=0")
    document = equilibria_certificate(data, optimizer(MINE), [(0.7, 0.3, 0.0)], 80)
    checked = check_document(document, data.rows)
    assert checked.valid, checked.line()
    assert "mine" not in str(document)
    for words in (
        "slow' = (keep * slow) + ((1 - keep) * g)",
        "u = (slow' + (3 * fast')) / (4 * size')",
        "keep = 4/5, long = 19/20",
        "fast (of degree 1)",
        "batches of 1",
        "0/0 = 0",
    ):
        assert words in str(checked.statement)


def test_the_certificate_of_one_rule_is_not_one_of_another() -> None:
    """Neither with its statement, nor with one that is made to fit."""
    at = {
        rule: equilibrium_certificate(LOPSIDED, optimizer(rule), (1.0, 1.0), 80)
        for rule in ("adam", "rmsprop", "adam-proxy")
    }
    for name, document in at.items():
        for other, another in at.items():
            if name == other:
                continue
            relabelled = copy.deepcopy(document)
            relabelled["claim"] |= {field: another["claim"][field] for field in ("rule", "batch_size")}
            assert check_document(relabelled).obligation == "statement"
            relabelled["statement"] = statement_of(relabelled)
            assert check_document(relabelled).obligation == "one-zero"


# --- forgeries ----------------------------------------------------------------------------------------


def forged(base: str, **changes: Any) -> Document:
    """The certificate with fields of its rule replaced, and the statement made to fit."""
    return restated(GENUINE[base], "claim", "rule", **changes)


def program(base: str) -> list[list[str]]:
    lines: list[list[str]] = copy.deepcopy(GENUINE[base]["claim"]["rule"]["program"])
    return lines


def renamed(base: str, old: str, new: str) -> Document:
    rule = GENUINE[base]["claim"]["rule"]
    lines = [["input", new] if line == ["input", old] else line for line in rule["program"]]
    hyper = {new if name == old else name: value for name, value in rule["hyper"].items()}
    return forged(base, program=lines, hyper=hyper)


def stepping(
    states: list[list[Any]],
    lines: list[list[Any]],
    update: int,
    after: list[int],
    like: Document | None = None,
    **hyper: Any,
) -> Document:
    """A certificate of a rule that is none, with the box of one that moves ``like`` it, by default by signs."""
    rule = {
        "states": states,
        "hyper": hyper,
        "reads": "nothing",
        "program": lines,
        "update": update,
        "after": after,
    }
    claim = {"rule": rule, "batch_size": 2, "order": "cyclic"}
    box = (
        enclose(LOPSIDED, game_read({"rule": by_signs(), "batch_size": 2}), VERTEX, 80)
        if like is None
        else like
    )
    return certificate(LOPSIDED.rows, "equilibrium", claim | box)


def by_signs() -> Document:
    return {
        "states": [],
        "hyper": {},
        "reads": "nothing",
        "program": [G, ABS, SIGNS],
        "update": 2,
        "after": [],
    }


def downhill() -> Document:
    """The box of u = g, whose equilibrium has weight on both rows."""
    rule = {"states": [], "hyper": {}, "reads": "nothing", "program": [G], "update": 0, "after": []}
    return enclose(LOPSIDED, game_read({"rule": rule, "batch_size": 2}), (1.0, 1.0), 80)


G, ABS, SIGNS = ["input", "g"], ["abs", 0], ["/", 0, 1]

FORGERIES: dict[str, tuple[str, Callable[[], Document]]] = {
    "a program of too many lines": (
        "program-size",
        lambda: forged("adam", program=program("adam") + [["input", "g"]] * 200),
    ),
    "an operation that there is not": (
        "program-op",
        lambda: forged("adam", program=[*program("adam"), ["exp", "0"]]),
    ),
    "an operation of too few numbers": (
        "program-op",
        lambda: forged("adam", program=[*program("adam"), ["*", "0"]]),
    ),
    "a line that looks ahead": (
        "program-index",
        lambda: forged("adam", program=[*program("adam"), ["sqrt", str(len(program("adam")))]]),
    ),
    "a program that reads w": (
        "program-input",
        lambda: forged("adam", program=[*program("adam"), ["input", "w"]]),
    ),
    "a program that reads what it does not say": (
        "program-input",
        lambda: forged("adam", program=[*program("adam"), ["input", "seen"]]),
    ),
    "w as a hyperparameter": ("program-names", lambda: renamed("adam", "beta1", "w")),
    "a hyperparameter of a line's name": ("program-names", lambda: renamed("adam", "beta1", "t7")),
    "v of degree 1": ("homogeneous", lambda: forged("adam", states=[["m", "1"], ["v", "1"]])),
    "|g| of degree 2": ("state-degree", lambda: stepping([["s", 2]], [G, ABS, SIGNS], 2, [1])),
    "u of degree 1": ("update-degree", lambda: stepping([], [G], 0, [], downhill())),
    "g and 1 together": (  # sign(g) g / (|g| + 1 - 1): not to be told from degree 0 by values
        "homogeneous",
        lambda: stepping([], [G, ABS, ["constant", 1], ["+", 1, 2], ["-", 3, 2], ["/", 0, 4]], 5, []),
    ),
    "a slope of 1": (
        "forgets",
        lambda: stepping(
            [["s", 1]], [G, ABS, SIGNS, ["input", "s"], ["input", "k"], ["*", 4, 3]], 2, [5], k=1
        ),
    ),
    "a slope of -2": (
        "forgets",
        lambda: stepping([["s", 1]], [G, ABS, SIGNS, ["input", "s"], ["-", 3], ["-", 4, 3]], 2, [5]),
    ),
    "a state that is its own square root": (
        "affine",
        lambda: stepping([["s", 0]], [G, ABS, SIGNS, ["input", "s"], ["sqrt", 3]], 2, [4]),
    ),
    "a largest gradient so far": (
        "affine",
        lambda: stepping([["s", 1]], [G, ABS, SIGNS, ["input", "s"], ["max", 3, 1]], 2, [4]),
    ),
    "two states that need each other": (
        "levels",
        lambda: stepping([["a", 1], ["b", 1]], [G, ABS, SIGNS, ["input", "a"], ["input", "b"]], 2, [4, 3]),
    ),
    "a state of a hyperparameter's name": (
        "program-names",
        lambda: stepping([["k", 1]], [G, ABS, SIGNS], 2, [1], k=1),
    ),
    "a state divided by 0": (
        "homogeneous",
        lambda: stepping([["s", 1]], [G, ABS, SIGNS, ["constant", 0], ["/", 0, 3]], 2, [4]),
    ),
    "betas without a game": ("fades", lambda: forged("adam", hyper={"beta1": "9/10", "beta2": "81/100"})),
}


@pytest.mark.parametrize("changes", [{"update": 40}, {"after": [40, 14]}])
def test_what_is_beyond_the_programs_end_is_refused(changes: Document) -> None:
    assert_refused(("program-index", lambda: forged("adam", **changes)))


@pytest.mark.parametrize("line", [["*", 3, 3], ["*", 3, 2], ["*", 2, 3], ["/", 2, 3]])
def test_the_factor_of_a_state_depends_on_no_data(line: list[Any]) -> None:
    """Neither on itself nor on the gradient's sign; degrees alone would allow both."""
    lines = [G, ABS, SIGNS, ["input", "s"], line]
    assert_refused(("affine", lambda: stepping([["s", 0]], lines, 2, [4])))


def test_a_rule_has_one_line_for_each_state() -> None:
    document = copy.deepcopy(GENUINE["adam"])
    document["claim"]["rule"]["after"].pop()
    checked = check_document(document)
    assert (checked.obligation, checked.why) == ("shape", "claim.rule.after has not one line a state")


def test_a_statement_names_all_states_that_share_a_line_and_tells_once_what_is_used_twice() -> None:
    lines = [G, ABS, SIGNS, *(["+", i, i] for i in range(2, 22))]
    stated = stepping([["a", 1], ["b", 1]], lines, 22, [1, 1])["statement"]
    assert "a' = b' = abs(g), t2 = g / b', t3 = t2 + t2, t4" in stated
    assert len(stated) < 2000


(
    test_one_obligation_rejects_the_forgery,
    test_only_that_obligation_does,
    test_every_obligation_has_a_forgery,
) = trials(FORGERIES, MODULES)


# --- U, held against programs that share nothing ------------------------------------------------------


@pytest.mark.parametrize("size", [1, 2, 3])
@pytest.mark.parametrize(
    "rule", ["adam", "nadam", "rmsprop", "adam-abs", "adabelief", "adam-proxy", MINE, STALE, COUNTED]
)
def test_costs_are_those_of_the_program_run_for_an_epoch(rule: Any, size: int) -> None:
    """Where some steps have no gradient too, which the checker passes over if the rule rests in them."""
    data = load("gaussian:n=7,d=3,seed=0")
    opt = optimizer(rule, batch_size=7 if rule == "adam-proxy" else size)
    claim = spell(game_fields(data, opt))
    for weights in ([Fraction(i + 1, 28) for i in range(7)], [Fraction(i in (1, 5), 2) for i in range(7)]):
        with mp.workdps(100):
            rows, (c,) = ([[real(x) for x in each] for each in part] for part in (data.rows, [weights]))
            U = drift_of_rule(claim | {"classes": 2})(rows, c)
            texts = [mp.nstr(u, 60) for u in U]
        with precision(200):
            at = costs(
                game_of(game_read(game_fields(data, opt)), data), data.rows, [ball(x) for x in weights]
            )
            for u, text in zip(at.drift, texts, strict=True):
                assert abs(u - ball(text)) < ball(Fraction(1, 10**50))


@pytest.mark.parametrize("rule", ["nadam", "rmsprop", "adam-abs", "adabelief", MINE])
def test_slopes_are_the_derivatives_of_the_costs(rule: Any) -> None:
    data = load("gaussian:n=5,d=3,seed=0")
    game = game_read(game_fields(data, optimizer(rule, batch_size=2)))
    assert_slopes(game, data, [Fraction(1, 5), Fraction(0), Fraction(3, 10), Fraction(1, 2), Fraction(0)])


# --- what has no certificate, and what the checker knows ----------------------------------------------


@pytest.mark.parametrize(
    ("rule", "options", "said"),
    [
        ("gd", {}, "update-degree: u is not of degree 0"),
        ("amsgrad", {}, "affine: line"),
        ("adagrad", {}, "forgets: a step is not shown"),
        ("clipped", {}, "homogeneous: line"),
        ("adam", {"eps": "1/100"}, "eps=1/100"),
        ("adam", {"order": "reshuffle"}, "order=reshuffle"),
        ("adam", {"weight_decay": "1/10"}, "weight_decay=1/10"),
        ("ngd", {"batch_size": 1}, "each batch has weights of its own"),
    ],
)
def test_rules_that_no_certificate_carries_are_refused(rule: str, options: Document, said: str) -> None:
    with pytest.raises(BadInput, match=re.escape(said)):
        equilibrium_certificate(LOPSIDED, optimizer(rule, **options), (0.5, 0.5))


def test_a_step_that_no_line_can_say_is_refused() -> None:
    def soft(num: Numbers) -> Any:
        return lambda g, seen, s, h: (g / num.abs(g) * num.exp(g - g), s)

    with pytest.raises(BadInput, match="optimizer=soft: its formula takes exp"):
        equilibrium_certificate(LOPSIDED, optimizer(Rule("soft", soft)), VERTEX)


def test_the_checker_names_no_optimizer() -> None:
    folder = Path(verify.certificate.rule.__file__).parent
    # Spectral descent is called by a word that norms and radii have too.
    names = re.compile(r"\b(" + "|".join(map(re.escape, {*RULES} - {"spectral"})) + r")\b", re.IGNORECASE)
    assert not [path for path in folder.rglob("*.py") if names.search(path.read_text())]


def test_a_kind_of_version_0_1_is_refused_with_a_word_about_it() -> None:
    claim = {"kind": "adam-equilibrium", "batch_size": "1", "beta1": "9/10", "beta2": "999/1000"}
    checked = check_document(GENUINE["adam"] | {"claim": claim})
    assert checked.obligation == "schema"
    assert "earlier versions wrote others, which must be written anew" in checked.why


# --- predict --certificate ----------------------------------------------------------------------------

USERS = """
from marginproof import Decay, Rule, State

def define(num):
    def step(g, seen, s, h):
        size = h.long * s.size + (1 - h.long) * num.abs(g)
        return num.ratio(g, size + h.eps), s._replace(size=size)
    return step

RULE = Rule("users", define, states=(State("size"),), hyper=(Decay("long", "19/20"),), batch=1)
"""


def predicted(*words: str) -> int:
    with pytest.raises(SystemExit) as stopped:
        main(["predict", "gaussian:n=4,d=3,seed=0", "--steps", "0", "--margins", "none", *words])
    return int(stopped.value.code or 0)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["adam"], "each equilibrium is one of 1"),
        (["adam-proxy"], "point by point: 0 attracting"),
        (["adam", "--batch-size", "2"], "one and only one equilibrium in each of the claim's 1 boxes"),
        (["users.py:RULE"], "size' = (long * size) + ((1 - long) * abs(g)), u = g / size'"),
        (["gd"], "the l2 max margin squared is"),
        (["lion", "--batch-size", "full"], "the linf max margin is"),
        (["lion"], "points is an equilibrium of the game of signs"),
    ],
)
def test_predict_writes_a_certificate_of_what_is_certified(
    words: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("users.py").write_text(USERS)
    assert predicted("--optimizer", *words, "--certificate", "proof.json") == 0
    checked = check_file("proof.json", load("gaussian:n=4,d=3,seed=0").rows)
    assert checked.valid, checked.line()
    assert said in str(checked.statement)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["adam", "--batch-size", "full", "--decay", "0"], "certificate: no limit is certified"),
        (["amsgrad"], "certificate: no limit is certified"),
        (["lion", "--batch-size", "2", "--order", "reshuffle"], "certificate: no limit is certified"),
        (["adam", "--path", "beta2"], "certificate=proof.json: it goes with one prediction, not with --path"),
    ],
)
def test_predict_refuses_a_certificate_in_one_line(
    words: list[str],
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert predicted("--optimizer", *words, "--certificate", "proof.json") == 2
    told = capsys.readouterr()
    (line,) = told.err.strip().splitlines()
    assert said in line
    assert not Path("proof.json").exists()
    assert ("statement" in told.out or "direction" in told.out or "nothing is said" in told.out) == (
        "--path" not in words
    )


# --- the word -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "wrong"),
    [
        ("adam", {"stability": "repelling"}),
        ("adam", {"decimals": ("0.50000", "0.50000")}),
        ("adam", {"direction": np.array([1.0, 0.0])}),
        ("adam", {"weights": np.array([0.9, 0.1])}),
        (
            "signum",
            {"point": {"levels": [[Fraction(1), Fraction(0)]], "switches": [], "drift": [Fraction(1)] * 2}},
        ),
    ],
)
def test_what_an_engine_has_wrong_is_not_called_certified(rule: str, wrong: Document) -> None:
    known = Margins(LOPSIDED)
    found = equilibria_of(LOPSIDED, optimizer(rule), digits=5, starts=0, margins=known)
    assert proved(found, known) == found
    limit = replace(found.limits[0], **wrong)
    assert limit.evidence is Verdict.CERTIFIED
    lowered = proved(replace(found, limits=(limit,)), known)
    assert lowered.limits[0].evidence is Verdict.MEASURED
    assert "no certificate: " in lowered.limits[0].note
    with pytest.raises(BadInput, match="no limit is certified"):
        prediction_certificate(lowered, known)

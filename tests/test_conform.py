"""Implementations held against rules: each planted fault is found, shrunk, explained; nothing right is called so."""

from __future__ import annotations

import json
import sys
import time
from fractions import Fraction
from pathlib import Path
from typing import Any

import implementations as them
import numpy as np
import pytest
from command import run
from implementations import ADAM, ADAMW, MUON, SGD, made

import verify.conform.target as conform_target
from properties.conform import assert_conforms, case, conform
from verify.conform.bounded import HELD, Bounded, bounded, precision_of
from verify.conform.convention import VARIANTS, convention
from verify.conform.formula import formula
from verify.conform.matching import match, parsed
from verify.errors import BadInput
from verify.numbers.formats import FORMATS
from verify.optimizers.matrices import NEWTON_SCHULZ
from verify.optimizers.rules import RULES

LION = {"lr": 1e-3, "betas": (0.9, 0.99)}

# Factory, rule, and the conventions that it is right in; each must be named where it is not declared.
RIGHT: list[tuple[Any, str, tuple[str, ...]]] = [
    (made(them.adam, **ADAM), "adam", ()),
    (made(them.adam_lerp, **ADAM), "adam", ()),
    (made(them.adam_in_double, **ADAM), "adam", ()),
    (made(them.adamw, **ADAMW), "adamw", ()),
    (made(them.amsgrad, 3, **ADAM), "amsgrad", ()),
    (made(them.sgd, 1, **SGD), "momentum", ()),
    (made(them.lion, 1, **LION), "lion", ()),
    (made(them.adam_inside, **ADAM), "adam", ("eps-inside",)),
    (made(them.adam_inside_uncorrected, **ADAM), "adam", ("eps-inside-uncorrected",)),
    (made(them.adam_hat, **ADAM), "adam", ("eps-hat",)),
    (made(them.adam_maximum, **ADAM), "adam", ("eps-maximum",)),
    (made(them.adam_uncorrected, **ADAM), "adam", ("no-correction",)),
    (made(them.adam_half_corrected, **ADAM), "adam", ("correction-of-v",)),
    (made(them.adam_lazy, **ADAM), "adam", ("lazy",)),
    (made(them.adam_from_gradient, **ADAM), "adam", ("m-starts-at-gradient",)),
    (made(them.adamw_after, **ADAMW), "adamw", ("decay-after",)),
    (made(them.adamw_without_lr, **ADAMW), "adamw", ("decay-without-lr",)),
    (made(them.adam_coupled, **ADAMW), "adamw", ("coupled",)),
    (made(them.amsgrad_of_corrected, 3, **ADAM), "amsgrad", ("maximum-of-corrected",)),
    (made(them.nadam_corrected, **ADAM), "nadam", ("nadam-corrected",)),
    (made(them.sgd_undampened, 1, lr=0.1, momentum=0.9, dampening=0.0), "momentum", ("undampened-first",)),
    (made(them.sgd_averaged, 1, lr=0.1, momentum=0.9), "momentum", ("averaged",)),
    (made(them.sgd_of_steps, 1, lr=0.1, momentum=0.9), "momentum", ("lr-in-buffer",)),
    (made(them.adagrad_from_a_tenth, 1, lr=0.1, eps=1e-10), "adagrad", ("v-starts-at-0.1",)),
    (made(them.adam, base=them.NoneIsZero, **ADAM), "adam", ("none-is-zero",)),
    (made(them.adam, base=them.CallCounter, **ADAM), "adam", ("steps-by-calls",)),
    (made(them.adam_inside, base=them.NoneIsZero, **ADAM), "adam", ("eps-inside", "none-is-zero")),
    (made(them.muon, 1, **MUON), "muon-ns", ("factor-of-rows",)),
]  # fmt: skip

# Factory, rule, most steps and parameters that are left of the case, and what it does where that is not a wrong move.
FAULTY: list[tuple[Any, str, int, int, str]] = [
    (made(them.adam_a_step_late, **ADAM), "adam", 1, 1, ""),
    (made(them.adam_swapped, **ADAM), "adam", 2, 1, ""),
    (made(them.adam_square_of_mean, **ADAM), "adam", 2, 1, ""),
    (made(them.adam_stale, **ADAM), "adam", 2, 1, ""),
    (made(them.adam_size_of_gradient, **ADAM), "adam", 1, 1, ""),
    (made(them.adam_half_states, **ADAM), "adam", 3, 1, ""),
    (made(them.adam_in_place, **ADAM), "adam", 1, 1, "changed in place"),
    (made(them.adam_without_tail, **ADAM), "adam", 1, 1, ""),
    (made(them.adam_cut, **ADAM), "adam", 2, 1, ""),
    (made(them.adamw_twice, **ADAMW), "adamw", 1, 1, ""),
    (made(them.amsgrad_forgetful, 3, **ADAM), "amsgrad", 3, 1, ""),
    (made(them.sgd_nesterov_of_the_old, 1, **SGD), "momentum", 2, 1, ""),
    (made(them.lion_after, 1, **LION), "lion", 3, 1, ""),
    (made(them.lion_without_zero, 1, **LION), "lion", 1, 1, ""),
    (made(them.muon_of_four_steps, 1, **MUON), "muon-ns", 1, 1, ""),
    (made(them.muon_of_vectors, 1, **MUON), "muon-ns", 1, 1, ""),
    (made(them.adam, base=them.SharedStates, **ADAM), "adam", 2, 2, ""),
    (made(them.adam, base=them.SharedCounter, **ADAM), "adam", 2, 2, ""),
    (made(them.adam, base=them.FirstRate, **ADAM), "adam", 1, 2, ""),
    (made(them.adam, base=them.FixedRate, **ADAM), "adam", 2, 1, ""),
]  # fmt: skip


def label(part: Any) -> str | None:
    return getattr(part, "__name__", None)


QUICK = 9  # the first rows of the table, which `make test` runs too
ROWS = [pytest.param(*row, marks=[pytest.mark.slow] * (place >= QUICK)) for place, row in enumerate(RIGHT)]


@pytest.mark.parametrize(("factory", "rule", "variants"), ROWS, ids=label)
def test_what_is_right_in_its_convention_agrees(factory: Any, rule: str, variants: tuple[str, ...]) -> None:
    found = conform(factory, rule, variants=variants, cases=15)
    assert found.agrees, (found.difference, found.counterexample)
    assert found.cases == 15
    assert found.worst > 0 or rule == "lion"


@pytest.mark.slow
@pytest.mark.parametrize(("factory", "rule", "variants"), [row for row in RIGHT if row[2]], ids=label)
def test_the_convention_is_named_where_it_is_not_declared(
    factory: Any, rule: str, variants: tuple[str, ...]
) -> None:
    found = conform(factory, rule)
    assert not found.agrees
    assert sorted(found.variant) == sorted(variants)


@pytest.mark.slow
@pytest.mark.parametrize(("factory", "rule", "steps", "parameters", "does"), FAULTY, ids=label)
def test_a_planted_fault_is_found_and_shrunk(
    factory: Any, rule: str, steps: int, parameters: int, does: str
) -> None:
    found = conform(factory, rule)
    assert not found.agrees
    least, away = found.counterexample, found.difference
    assert least is not None
    assert away is not None
    assert len(least.gradients) <= steps
    assert len(least.sizes) == parameters
    assert does in away.does
    assert found.variant == (("overwrites-gradient",) if "in_place" in found.target else ())
    assert found.states == ("float16" if "half" in found.target else "")
    if not any(word in found.target for word in ("tail", "vectors")):
        assert sum(least.sizes) == parameters
    # The test that is printed shows it again.
    assert_text = found.test.replace(f"conforms({found.target!r}", "conforms(factory")
    space: dict[str, Any] = {"factory": factory}
    exec(assert_text, space)
    with pytest.raises(AssertionError, match=f"is not {rule}: step {away.step}"):
        space["test_it_conforms"]()


ONE_STEP = {"lr": 0.5, "beta1": 0.5, "beta2": 0.75, "eps": 0.25}


def test_a_difference_names_the_convention_and_the_test_shows_it_again() -> None:
    """Quick members of the tables above, which are slow as a whole."""
    factory = made(them.adam_inside, **ADAM)
    found = conform(factory, "adam", cases=20)
    assert not found.agrees
    assert found.variant == ("eps-inside",)
    assert found.counterexample is not None
    assert repr(found.counterexample).startswith("case([[[1]]], {")
    with pytest.raises(AssertionError, match="agrees with the rule in the convention eps-inside"):
        assert_conforms(factory, "adam", cases=20)
    faulty = conform(made(them.adam_square_of_mean, **ADAM), "adam", cases=20)
    assert not faulty.agrees
    assert faulty.variant == ()
    changed = conform(made(them.adam_in_place, **ADAM), "adam", cases=20).difference
    assert changed is not None
    assert "changed in place" in changed.text


@pytest.mark.parametrize("form", HELD)
def test_the_bound_holds_what_any_order_of_operations_makes(form: str) -> None:
    """Random sums of products and roots, evaluated in the format in two orders and exactly: both are within the bound,
    and the bound is no more than some dozens of roundings of the size."""
    rng, of = np.random.default_rng(1), precision_of(FORMATS[form])
    numbers, real = bounded(of), FORMATS[form].real

    def rounded(x: Any) -> Any:
        return real(FORMATS[form].rounded(real(x)))

    for _ in range(100):
        values = [Fraction(float(rounded(v))) for v in rng.normal(size=3) * 2.0 ** rng.integers(-3, 4, 3)]
        a, b, c = (numbers.number(v) for v in values)
        x, y, z = (rounded(float(v)) for v in values)
        exact = values[0] * values[1] + values[1] * values[2] + values[2]
        bound = a * b + b * c + c
        first = rounded(rounded(rounded(x * y) + rounded(y * z)) + z)
        second = rounded(rounded(x * y) + rounded(rounded(y * z) + z))
        for seen in (first, second):
            assert abs(Fraction(float(seen)) - exact) <= Fraction(float(bound.e))
        assert bound.e <= 20 * of.unit * bound.s + 20 * of.tiny
        root = numbers.sqrt(b * b)
        assert abs(float(rounded(np.sqrt(rounded(y * y)))) - abs(float(values[1]))) <= root.e
    # What cancels in one order is lost in another.
    large = numbers.number(Fraction(2) ** (FORMATS[form].bits + 1))
    assert rounded(rounded(real(large.x) + real(1)) - real(large.x)) == 0
    assert ((large - large) + numbers.number(Fraction(1))).e >= 1


def test_what_has_no_bound_is_not_judged() -> None:
    """0/0, what overflows, and what divides by nothing but rounding errors; a sign that rounding may turn."""
    numbers = bounded(precision_of(FORMATS["float32"]))
    zero, one, big = (numbers.number(value) for value in (Fraction(0), Fraction(1), Fraction(2) ** 100))
    with np.errstate(all="ignore"):
        nothing = 0.1 * one - 0.1 * one
        for value in (numbers.ratio(zero, zero), big * big, one / nothing, numbers.log(zero)):
            assert not np.isfinite(value.e)
    unsure = Bounded(np.array([1e-9, 1.0, 0.0]), 1.0, np.array([1e-8, 1e-8, 0.0]), one.of)
    assert numbers.sign(unsure).e.tolist() == [2.0, 0.0, 0.0]


@pytest.mark.parametrize("rule", RULES)
def test_every_variant_of_every_rule_makes_a_program(rule: str) -> None:
    if RULES[rule].reads == "squares" or RULES[rule].matrix not in (None, NEWTON_SCHULZ):
        with pytest.raises(BadInput, match=r"it reads (squares|a matrix)"):
            formula(RULES[rule], convention((), RULES[rule]), False)
        return
    for variant in VARIANTS:
        if variant.applies(RULES[rule]):
            program = formula(RULES[rule], convention((variant.name,), RULES[rule]), True)
            assert len(program.after) == len(RULES[rule].states) + (1 if RULES[rule].matrix is None else 2)
        else:
            with pytest.raises(BadInput, match="nothing that it is about"):
                convention((variant.name,), RULES[rule])


@pytest.mark.parametrize("place", [3, 5])
def test_states_may_be_in_a_finer_format_than_weights(place: int) -> None:
    """These keep their states in float32 beside weights in float16."""
    factory, rule, _ = RIGHT[place]
    found = conform(factory, rule, dtype="float16", states="float32", cases=12)
    assert found.agrees, found.difference
    assert found.unjudged == 0


@pytest.mark.slow
def test_states_that_are_no_finer_are_a_difference_that_the_format_explains() -> None:
    """Moments in float16 are within the bound of states that follow the weights; at decay rates that float16 rounds to
    1 they cannot fall. Beside weights in float32 their format explains them, and is declared by its option."""
    half = made(them.adam_half_states, **ADAM)
    assert conform(half, "adam", dtype="float16", cases=30).agrees
    found = conform(half, "adam", dtype="float16", states="float32")
    assert (found.agrees, found.near) == (False, ("--states float16",))
    assert conform(half, "adam", states="float16", cases=30).agrees
    # A fault where float16 has no bound is not explained by it.
    assert conform(made(them.adam_cut_high, **ADAM), "adam").near == ()


@pytest.mark.slow
def test_accumulation_means_what_it_says() -> None:
    mean = made(them.adam, base=them.Accumulating, **ADAM)
    total = made(them.adam, base=them.AccumulatingSums, **ADAM)
    assert conform(mean, "adam", accumulate=2, cases=30).agrees
    assert conform(total, "adam", accumulate=2, cases=30, variants=("accumulate-sum",)).agrees
    found = conform(total, "adam", accumulate=2, cases=30)
    assert not found.agrees
    assert found.variant == ("accumulate-sum",)
    assert not conform(made(them.adam, **ADAM), "adam", accumulate=2, cases=30).agrees


class Transformation:
    """Momentum in optax's style, with NumPy arrays."""

    def __init__(self, learning_rate: float = 0.1, decay: float = 0.9) -> None:
        self.lr, self.decay = np.float32(learning_rate), np.float32(decay)

    def init(self, params: Any) -> Any:
        return tuple(np.zeros_like(p) for p in params)

    def update(self, grads: Any, state: Any, params: Any) -> Any:
        state = tuple(self.decay * m + g for g, m in zip(grads, state, strict=True))
        return tuple(-self.lr * m for m in state), state


def test_what_was_not_varied_is_said() -> None:
    """Momentum as the toolkit has it knows no weight decay: a fault in that is seen where it is declared."""

    def twice(w: Any, g: Any, s: Any, t: int, h: Any) -> Any:
        return them.sgd(w, g + 2 * h["weight_decay"] * w, s, t, h | {"dampening": 0, "nesterov": False})

    factory = made(twice, 1, lr=0.1, momentum=0.9, weight_decay=0.0, maximize=False)
    found = conform(factory, "momentum", cases=10)
    assert found.agrees
    assert found.tried[-2:] == ("alone: weight_decay 0", "by default: maximize")
    assert not conform(factory, "momentum", variants=["coupled"], cases=20, explain=False).agrees


def test_a_transformation_in_optax_style_is_fed_too() -> None:
    assert conform(Transformation, "momentum", map={"beta1": "decay"}, cases=30).agrees
    found = conform(Transformation, "momentum", cases=30)  # the decay rate stays 0.9, and so does the rule's
    assert found.agrees
    assert not conform(Transformation, "gd", cases=30).agrees


FILE = """
import numpy as np


class Descent:
    def __init__(self, params, lr=0.1):
        self.params, self.lr = params, np.float32(lr)

    def step(self):
        for p in self.params:
            if p.grad is not None:
                p.data = p.data SIGN self.lr * p.grad
"""


def test_the_command_says_in_its_status_whether_they_agree(tmp_path: Path, capsys: Any) -> None:
    file = tmp_path / "mine.py"
    file.write_text(FILE.replace("SIGN", "-"))
    assert run(["conform", f"{file}:Descent", "--rule", "gd", "--cases", "20"]) == 0
    assert "they agree" in capsys.readouterr().out
    file.write_text(FILE.replace("SIGN", "+"))
    assert run(["conform", f"{file}:Descent", "--rule", "gd", "--cases", "20", "--json", "-"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["agrees"] is False
    assert found["variant"] == "ascent"
    assert found["worst"] is None
    least = found["counterexample"]
    assert (least["gradients"], least["start"]) == ([[1.0]], [0.0])
    assert (least["differs_at_step"], least["target_update"], least["rule_update"]) == (1, 0.5, -0.5)
    assert 0 < least["bound"] < 1e-6
    assert "assert_conforms" in least["test"]
    assert run(["conform", f"{file}:Descent", "--rule", "gd", "--cases", "20", "--variant", "ascent"]) == 0


BAD = [
    ("adam", "gd", {}, "target='?adam'? is neither"),
    ("optim.py:x", "gd", {}, "there is no file"),
    (made(them.adam, **ADAM), "adam", {"variants": ["eps-insde"]}, "did you mean eps-inside"),
    (made(them.adam, **ADAM), "adam", {"variants": ["averaged"]}, "nothing that it is about"),
    (made(them.adam, **ADAM), "adam", {"variants": ["eps-inside", "eps-hat"]}, "exclude each other"),
    (made(them.adam, **ADAM), "adam", {"map": {"gamma": "lr"}}, "map='gamma': adam has no such"),
    (made(them.adam, **ADAM), "adam", {"set": {"gamma": 1}}, "set=gamma=1: the rule has no such"),
    (made(them.adam, **ADAM), "adam", {"set": {"beta1": 2}}, "beta1=2 is outside"),
    (made(them.adam, **ADAM), "adam", {"kwargs": "lr=open('x')"}, "is not NAME=LITERAL"),
    (made(them.adam, **ADAM), "adam", {"kwargs": "foreach=True"}, "its factory failed: TypeError"),
    (made(them.adam, **ADAM), "adam", {"dtype": "bfloat16"}, "NumPy has"),
    (made(them.adam, **ADAM), "adam", {"dtype": "float8_e4m3"}, "NumPy has|are held in"),
    (made(them.adam, **ADAM), "adam", {"states": "float8_e4m3"}, "states=float8_e4m3: implementations are held in"),
    (made(them.adam, **ADAM), "adam", {"jit": True}, "nothing compiles"),
    (made(them.adam, **ADAM), "adam", {"device": "cuda"}, "only torch"),
    (made(them.adam, **ADAM), "adam-proxy", {}, "reads squares"),
    (lambda params, lr=1.0: 1 / 0, "gd", {}, "its factory failed: ZeroDivisionError"),
    (lambda params, lr=1.0: [][0], "gd", {}, "its factory failed: IndexError"),
    (lambda params, lr=1.0: sys.exit(7), "gd", {}, "its factory failed: SystemExit: 7"),
    (lambda params, lr=1.0: None, "gd", {}, r"made a NoneType, which has no step\(\)"),
    (lambda params, **more: None, "gd", {}, r"none of its keywords is a step size: --map lr="),
    (made(them.muon, 1, **MUON), "muon", {}, "it reads a matrix, and of such rules"),
]  # fmt: skip


@pytest.mark.parametrize(("target", "rule", "asked", "why"), BAD, ids=range(len(BAD)))
def test_what_cannot_be_held_is_refused_in_a_line(target: Any, rule: str, asked: Any, why: str) -> None:
    with pytest.raises(BadInput, match=why):
        conform(target, rule, cases=5, **asked)


def stepping(step: Any) -> Any:
    def factory(params: Any, lr: float = 1.0) -> Any:
        return type("Stepping", (), {"step": lambda self: step(list(params)), "param_groups": ()})()

    return factory


def shorten(params: list[Any]) -> None:
    params[0].data = params[0].data[:0]


def test_whatever_a_step_does_is_a_difference(capsys: pytest.CaptureFixture[str]) -> None:
    for step, does in (
        (shorten, "arrays of the shapes"),
        (lambda params: sys.exit(print("a word")), "SystemExit"),
    ):
        away = conform(stepping(step), "gd", cases=5, explain=False).difference
        assert away is not None
        assert f"it failed: {'ValueError: ' if step is shorten else ''}{does}" in away.text
    assert capsys.readouterr().out == ""


def test_a_step_that_does_not_end_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conform_target, "LONGEST", 0.1)
    with pytest.raises(BadInput, match="has not ended"):
        conform(stepping(lambda params: time.sleep(60)), "gd", cases=5)


@pytest.mark.slow
def test_a_target_that_refuses_every_value_is_bad_input() -> None:
    def picky(params: Any, lr: float = 1.0) -> Any:
        raise ValueError(f"lr={lr} is not for me")

    with pytest.raises(BadInput, match="refused all that was drawn: ValueError: lr="):
        conform(picky, "gd", cases=5)


@pytest.mark.slow
def test_a_step_that_fails_is_a_difference() -> None:
    """A parameter whose first gradient comes late: the step fails, and the shortest such case is shown."""

    class Late(them.Optimizer):
        def one(self, p: Any, group: dict[str, Any]) -> None:
            if self.counts and id(p) not in self.counts:
                raise KeyError("no state")
            super().one(p, group)

    found = conform(made(them.adam, base=Late, **ADAM), "adam", cases=60)
    assert found.difference is not None
    assert "failed: KeyError" in found.difference.text
    assert found.variant == ()


def test_keywords_are_literals_and_are_matched_by_their_synonyms() -> None:
    assert parsed("lr=0.1, betas=(0.9, 0.99), fused=True") == {"lr": 0.1, "betas": (0.9, 0.99), "fused": True}
    for text in ("lr=1+x", "**{}", "print('x')", "lr=", "lr=__import__('os')"):
        with pytest.raises(BadInput, match="is not NAME=LITERAL"):
            parsed(text)
    found = match(RULES["rmsprop"], ["lr", "alpha", "eps", "weight_decay"], {}, {"alpha": 0.5})
    assert found.places["beta2"] == "alpha"
    assert found.given() == {"beta2": 0.5}
    keywords = match(RULES["adam"], ["learning_rate", "b1", "b2"], {}, {}).keywords(ONE_STEP)
    assert keywords == {"learning_rate": 0.5, "b1": 0.5, "b2": 0.75}


def test_a_case_is_made_again_from_its_text() -> None:
    on = case([[[1, 2], None], [None, [0.5]]], ONE_STEP, start=[0, 1], back=True, groups=True, slower=2)
    assert eval(repr(on), {"case": case}) == on
    assert on.flat() == [[1.0, 2.0, None], [None, None, 0.5]]
    assert on.sizes == (2, 1)


def test_a_keyword_is_the_place_of_one_hyperparameter_alone() -> None:
    assert match(RULES["adam"], ["lr", "beta"], {}, {}).places == {"beta1": "beta", "lr": "lr"}

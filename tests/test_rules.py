"""What rules declare of themselves, checked; each declaration made falsely, and caught; engines ask nothing else."""

from __future__ import annotations

import ast
import functools
import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from marginproof import Decay, Number, Positive, Rule, State, Switch, check_rule
from verify.errors import BadInput
from verify.numbers.system import Numbers
from verify.optimizers import optimizer
from verify.optimizers.rules import RULES

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


def long_way(num: Numbers) -> Any:
    """The sign, times exp(log|g| - log|g|) over and over: of degree 0, by more operations than are simplified."""

    def step(g: Any, seen: Any, s: Any, h: Any) -> Any:
        u = num.sign(g)
        for _ in range(15):
            u = u * num.exp(num.log(num.abs(g)) - num.log(num.abs(g)))
        return u, s

    return step


def kept(num: Numbers) -> Any:
    """A sum that decays by any factor up to 2."""
    return lambda g, seen, s, h: (num.sign(g), s._replace(m=h.k * s.m + g))


BETA = Decay("beta1", 0)

FALSE = [
    ("degree", Rule("soft", soft, degree=0), "refuted: at g = "),
    ("degree", Rule("soft", soft, degree=1), "refuted: at g = "),
    ("degree", Rule("long", long_way, batch=1), "no example refutes it"),
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
    ("forgets", Rule("kept", kept, states=(State("m"),), hyper=(Number("k", "1/2", 0, 2),)), "all of it, at k = "),
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


def test_a_maximum_that_fades_is_neither_proved_nor_refuted_to_forget() -> None:
    """AdaMax keeps max(b u, |g|): without gradient it falls, which no affine part shows. Who claims less may do so."""

    def fading_maximum(num: Numbers) -> Any:
        return lambda g, seen, s, h: (num.sign(g), s._replace(u=num.max(h.beta1 * s.u, num.abs(g))))

    rule = Rule("fading", fading_maximum, states=(State("u"),), hyper=(Decay("beta1", "1/2"),), update="sign")
    found = check_rule(rule)["forgets"]
    assert (found.found, found.verdict) == ("undecided", "open")
    assert "it is kept" in found.how
    assert check_rule(replace(rule, forgets=False)).ok
    kept = check_rule(replace(RULES["amsgrad"], forgets=True))["forgets"]
    assert (kept.found, kept.verdict) == (False, "FALSE")
    assert "is 1 after 1000 steps" in kept.how


def test_a_step_that_counts_in_secret_is_refused() -> None:
    calls = iter(range(100))

    def secret(num: Numbers) -> Any:
        return lambda g, seen, s, h: (next(calls) * g, s)

    with pytest.raises(BadInput, match="another formula each time"):
        _ = Rule("secret", secret).program


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
        (lambda num, g, s, h: (sum(g for _ in range(10**9)), s), "more than 5000 operations"),
        (lambda num, g, s, h: (functools.reduce(lambda x, _: x * x, range(40), g), s), "a power above 1000"),
        (lambda num, g, s, h: (g / (3 - 3), s), "divides by the number 0"),
        (lambda num, g, s, h: (g * 10**5000, s), "a number in its step, about 2^16609"),
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
        ({"degree": "1"}, "degree='1' is not a number or None"),
        ({"batch": 2.5}, "batch=2.5 is not a whole number"),
        ({"forgets": "yes"}, "forgets='yes' is not True"),
        ({"states": "m"}, "states='m' is not a tuple of State"),
        ({"states": (State("m", degree="x"),)}, "m's degree='x' is not"),  # type: ignore[arg-type]
        ({"hyper": ("beta1",)}, "is not a tuple of Number"),
        ({"define": 5}, "define=5 is not a function"),
        ({"name": "two\nlines"}, "its name is not a short plain text"),
    ],
)
def test_a_rule_that_cannot_be_is_refused(made: dict[str, Any], said: str) -> None:
    with pytest.raises(BadInput, match=said):
        Rule(**{"name": "mine", "define": soft} | made)


def test_parts_may_be_lists() -> None:
    rule = Rule("mine", soft, states=[State("m")])  # type: ignore[arg-type]
    assert rule.states == (State("m"),)
    assert hash(rule)


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


# --- names -----------------------------------------------------------------------------------------------------------


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
        assert not compared_names(path.read_text(encoding="utf-8")), path


def test_a_compared_name_is_noticed() -> None:
    assert compared_names('x = opt.rule.name == "adam"') == [1]
    assert compared_names('\nif opt.rule.name in ("signum", "gd"): pass') == [2]
    assert not compared_names('x = data.name == "iris"')

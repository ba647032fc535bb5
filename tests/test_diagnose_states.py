"""States that cannot fall, zeros that are 0 by right, and reports whose lines do not contradict each other."""

from __future__ import annotations

import json
from fractions import Fraction
from io import StringIO
from typing import Any

import pytest
from forging import dataset
from hypothesis import given, settings
from hypothesis import strategies as st

from verify.ask.diagnosis import show_diagnosis
from verify.console import Page
from verify.data import load
from verify.data.dataset import Dataset
from verify.diagnose import Diagnosis, diagnose
from verify.diagnose import reach as reaching
from verify.diagnose.diagnosis import cannot_fall
from verify.diagnose.recipes import recipe
from verify.numbers.formats import FORMATS
from verify.optimizers import optimizer
from verify.optimizers.roles import Roles
from verify.optimizers.rule import Decay, Rule, State

FORMAT = "bfloat16"


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reaching, "WORK", 10**5)


def run(data: Dataset, steps: int, dtype: str = FORMAT, **choices: Any) -> Diagnosis:
    return diagnose(data, optimizer("adam", **choices), dtype, steps, certified_steps=0)


def shown(found: Diagnosis) -> str:
    text = StringIO()
    show_diagnosis(Page(file=text, width=300), found)
    return text.getvalue()


@pytest.mark.parametrize("dtype", FORMATS)
def test_a_state_cannot_fall_where_its_decay_rounds_away(dtype: str) -> None:
    """Against the format itself: no number falls, or the largest below 2 does."""
    form = FORMATS[dtype]
    for over in (Fraction(3, 4), Fraction(5, 4)):
        beta = 1 - over / 2 ** (form.bits + 1)
        opt = optimizer("adam", beta1=Fraction(1, 2), beta2=beta)
        assert cannot_fall(opt, Roles.of(form)) == (("v",) if over < 1 else ())
        assert cannot_fall(optimizer("signum", beta1=beta), Roles.of(form)) == (("m",) if over < 1 else ())
        if dtype != "float64":  # 1 - 3/4 2^-54 is no float64
            largest = form.real(2 - 2.0 ** (1 - form.bits))
            fell = form.rounded(form.real(form.real(float(beta)) * largest)) < largest
            assert fell == (over > 1) or dtype == "float32"


@pytest.mark.parametrize("batch", ["full", 1])
def test_a_frozen_v_is_seen_predicted_and_helped_by_a_smaller_beta2(batch: str | int) -> None:
    data = dataset((1, "1/2"), ("3/4", 2), (2, 1))
    found = run(data, 1000, batch_size=batch)
    assert "v" in found.frozen
    assert "v" in found.predicted_frozen
    # Each rounds its own gradients: a step or two of the steps in which v hardly rises any more.
    assert abs(found.frozen["v"] - found.predicted_frozen["v"]) <= 10
    assert "v stands still" in found.recommendation
    assert "take beta2 below" in found.recommendation
    helped = run(data, 1000, batch_size=batch, beta2=Fraction(98, 100))
    assert helped.frozen == helped.predicted_frozen == {}
    assert helped.cannot_fall == ()


def test_a_run_that_stands_still_says_since_when_and_how_far_behind() -> None:
    found = run(dataset(("1/4", 1), ("5/4", "1/4")), 2000, batch_size="full")
    assert found.first_stalled_step is not None
    assert found.last_move is not None
    assert found.last_move + 1 == found.first_stalled_step
    assert found.behind is not None
    assert found.behind > 1
    text = shown(found)
    assert f"From step {found.first_stalled_step} on w stands still" in found.recommendation
    assert f"the exact run's {found.margins[-1][1]:.3g}" in found.recommendation
    assert "exact run's margin" in text
    assert "this run's margin" in text


def test_zeros_by_right_do_not_underflow() -> None:
    zeros = dataset((1, 1, 0), (1, 0, 0), (2, 1, 0))
    found = run(zeros, 300, beta1=Fraction(0), eps=Fraction(1, 1000))
    assert found.underflow == found.predicted_underflow == {}


def test_what_is_too_small_from_the_first_step_on_is_seen() -> None:
    tiny = Fraction(1, 10**25)
    found = run(dataset((tiny, 2 * tiny), (3 * tiny, tiny)), 200, batch_size="full", eps=Fraction(1, 10**8))
    assert found.underflow["v"] == found.predicted_underflow["v"] == 1
    assert "Nothing" not in found.recommendation


def test_a_margin_to_stop_before_is_named_only_where_all_rows_are_separated_there() -> None:
    """Nor is it said that they are not, where nobody asked how far the format reaches."""
    tiny = Fraction(1, 10**25)
    before = run(dataset((3 * tiny, -tiny), (-tiny, 2 * tiny)), 200, eps=Fraction(1, 10**8))
    assert before.predicted_underflow_margin is not None
    assert before.predicted_underflow_margin < 0
    assert "it does so before all rows are separated: use" in before.recommendation
    later = dataset((1, "1/3"), ("1/7", 2), (2, "-1/5"))
    for asked, told in ((True, ": stop before a margin of "), (False, ": use log scale")):
        found = diagnose(later, optimizer("ngd"), "float16", 1000, certified_steps=0, reaching=asked)
        assert found.underflow_since["v"] > 1
        assert f"({found.digits[-1][1]:.1f} digits at the end){told}" in found.recommendation


def test_half_of_the_digits_or_more_are_called_kept() -> None:
    """Rows in bfloat16 leave 2.6 of float32's 7.2 digits, all in float32 more than 6."""
    rows = dataset(("1/3", "-1/7"), ("-2/7", "1/3"))
    for roles, told in ((recipe("bf16-master"), "rounding leaves bf16-master only 2"), ("float32", "keeps ")):
        found = diagnose(rows, optimizer("adam"), roles, 100, certified_steps=0, reaching=False)
        assert told in found.recommendation


def test_what_is_said_of_states_is_what_their_rule_declares() -> None:
    """A largest v so far does not follow g^2, nor does a mean of (g - m)^2: of these nothing is said."""
    data = dataset(("1/4", 1), ("5/4", "1/4"))
    for name, decays in (
        ("amsgrad", {"m": "beta1", "v": "beta2"}),
        ("adabelief", {"m": "beta1"}),
        ("lion", {"m": "beta2"}),
    ):
        opt = optimizer(name, batch_size="full")
        found = diagnose(data, opt, FORMAT, 400, certified_steps=0)
        assert found.decays == decays
        assert {*found.frozen, *found.predicted_frozen, *found.cannot_fall} <= decays.keys()
        assert found.called["v"] == {"amsgrad": "top"}.get(name, "v")
        assert name != "amsgrad" or "take beta2 below" in found.recommendation


def summed(num: Any) -> Any:
    """Divides by a sum that keeps all gradients, beside an average that fades."""

    def step(g: Any, seen: Any, s: Any, h: Any) -> tuple[Any, Any]:
        total, v = s.total + g * g, h.beta2 * s.v + (1 - h.beta2) * g * g
        return num.ratio(g, num.sqrt(total + v + h.inside) + h.eps), s._replace(total=total, v=v)

    return step


SUMMED = Rule(
    "summed",
    summed,
    states=(State("total", 2), State("v", 2)),
    hyper=(Decay("beta2", "9/10"),),
    forgets=False,
)


@pytest.mark.parametrize(("rule", "state"), [(SUMMED, "total"), ("amsgrad", "top"), ("adagrad", "v")])
def test_no_formula_is_used_where_a_state_keeps_old_gradients(rule: str | Rule, state: str) -> None:
    data = load("gaussian:n=4,d=3,seed=0")
    found = diagnose(data, optimizer(rule, lr=Fraction(1)), "float32", 300, certified_steps=0)
    assert all(each.how == "run" for each in found.reach.values())
    assert f"no formula tells of larger ones, since {state} is" in found.recommendation


def test_the_formula_would_be_used_but_for_the_trait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reaching, "forgetting", lambda rule, values: "")
    data = load("gaussian:n=4,d=3,seed=0")
    found = diagnose(data, optimizer(SUMMED, lr=Fraction(1)), "float32", 300, certified_steps=0)
    assert found.reach["float32"].how == "formula"


def test_a_run_that_no_format_can_hold_is_reported_without_numbers() -> None:
    """Of rows 10^6 apart with a v of one step, float64 itself overflows: nan is no JSON."""
    rows = dataset((1,), (-1,), (10**6,))
    found = run(
        rows, 150, "float32", batch_size=1, beta2=Fraction(0), lr=Fraction(1, 10**9), decay=Fraction(1, 2)
    )
    json.dumps(found.to_json(), allow_nan=False)
    assert found.margins[-1][1] is None
    assert found.digits[-1][1] == 0
    assert found.behind is None
    assert "not finite in float64 either" in found.recommendation


entry = st.sampled_from(
    [Fraction(0), Fraction(1), Fraction(-1), Fraction(2), Fraction(1, 3), Fraction(10) ** -12]
)
tables = st.integers(1, 3).flatmap(lambda d: st.lists(st.tuples(*[entry] * d), min_size=1, max_size=4))


@settings(max_examples=40, deadline=None)
@given(
    rows=tables,
    batch=st.sampled_from([1, "full"]),
    eps=st.sampled_from([Fraction(0), Fraction(1, 10**8), Fraction(1, 100)]),
    beta1=st.sampled_from([Fraction(0), Fraction(9, 10)]),
    lr=st.sampled_from([Fraction(1, 10), Fraction(1, 10**9), Fraction(30)]),
)
def test_no_line_of_a_report_contradicts_another(
    rows: Any, batch: Any, eps: Any, beta1: Any, lr: Any
) -> None:
    if not all(map(any, rows)):
        rows = [row if any(row) else tuple(Fraction(1) for _ in row) for row in rows]
    found = run(Dataset("drawn", tuple(rows)), 150, batch_size=batch, eps=eps, beta1=beta1, lr=lr)
    json.dumps(found.to_json(), allow_nan=False)
    text = shown(found)
    assert "before a margin of -" not in text
    assert text.count("nan │") <= 1  # no rows after the first that is not finite
    if found.first_nonfinite_step is not None:
        assert "not seen" not in text
        assert "stands still:" not in text.split("first nan")[0] or found.frozen
    if found.underflow_since:
        assert "Nothing lasting underflows" not in text
        assert "no underflow" not in text
    if found.first_stalled_step is not None and found.last_move is not None:
        assert found.first_still_step is None or found.first_still_step <= found.steps
        assert "stands still" in found.recommendation or found.first_nonfinite_step is not None

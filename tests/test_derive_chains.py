"""Chains say what they prove: a step deleted, a hypothesis dropped or a formula altered is refused; and the joins."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
import sympy
from sympy.utilities.exceptions import SymPyDeprecationWarning

from verify.derive import Chain, Derivation, StepResult, chain, derive, names, page, prose
from verify.derive.cases import all_right, by_cases, one_right, wrong
from verify.derive.chain import Finding, handed_on, is_local
from verify.derive.hypotheses import CYCLIC, Condition, Under, condition, only_at
from verify.derive.invariants import Phase, by_invariant
from verify.derive.joins import (
    Following,
    added,
    chained,
    discharged,
    follows,
    in_the_limit,
    increasing,
    reindexing,
    resting,
    rooted,
    scaled,
    substituted,
    summed,
    together,
)
from verify.derive.letters import N, b1, b2, g, i, j, k, n, over
from verify.derive.points import below, indexed, positive, signed, unit, whole
from verify.derive.prose import _made as made_of
from verify.derive.prose import told
from verify.derive.residual_runs import RUNS, within
from verify.derive.roads import bijection, equality, inequality
from verify.derive.run import _walked
from verify.derive.signs import positive as surely_positive
from verify.derive.topics import CHAINS
from verify.derive.topics.epoch_bound import at_most_limit
from verify.derive.topics.growth_steps import PACE
from verify.derive.topics.signum_stalls import _bounded, _pair, _ratio
from verify.derive.topics.takeover_decay import single_steps

x, y, z = sympy.symbols("x y z", positive=True)
h = sympy.Symbol("h", nonnegative=True)
DOMAIN = {x: positive, y: positive}


def both(assertion: Any) -> tuple[bool, bool]:
    return assertion.check().passed, assertion.second_road().passed


def at_most(left: Any, right: Any, because: Any, domain: Any = None) -> Any:
    return inequality(left, right, because, domain or DOMAIN)


# --- a chain and its steps -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", names())
def test_no_step_can_be_deleted(name: str) -> None:
    made = chain(name)
    *before, last = made.steps
    assert all(step.name for step in made.steps)
    for at in range(len(before)):
        with pytest.raises(ValueError, match=r"no step before it|leads nowhere|drops the hypothesis"):
            replace(made, steps=(*made.steps[:at], *made.steps[at + 1 :]))
    assert last.uses or not before
    with suppress(ValueError):
        # Where all other steps lead to the last but one, what is left is a derivation: of something else.
        assert replace(made, steps=tuple(before)).conclusion != made.conclusion


@pytest.mark.parametrize("name", names())
def test_no_hypothesis_can_be_dropped(name: str) -> None:
    """The conclusion assumes what any step does; and an assertion what its roads were made for."""
    made = chain(name)
    assert set(made.hypotheses) == set(handed_on([made.conclusion]))
    for each in made.hypotheses:
        assert each.text in made.scope
    for step in made.steps:
        if step.assertion.hypotheses and step.assertion.made_for:
            with pytest.raises(ValueError, match="the roads assume"):
                replace(step.assertion, hypotheses=())
    if made.hypotheses:
        freed = replace(made.conclusion, hypotheses=(), made_for=None)
        with pytest.raises(ValueError, match="drops the hypothesis"):
            replace(made, steps=(*made.steps[:-1], replace(made.steps[-1], assertion=freed)))


@pytest.mark.parametrize("name", names())
def test_no_printed_formula_can_be_altered(name: str) -> None:
    other: Any = sympy.Symbol("other")
    for step in chain(name).steps:
        made = step.assertion
        assert made.latex == replace(made).latex
        relation = "implies" if made.relation == "iff" else "iff"
        for change in (
            ("left", other),
            ("right", other),
            ("relation", relation),
            ("called", other),
            ("cases", "all"),
        ):
            with pytest.raises(ValueError, match="the roads check another statement"):
                replace(made, **dict([change]))
        if made.shown is not None:
            left, right = made.shown
            for shown in ((left, sympy.sympify(right) + other), (2 * left + other, right)):
                with pytest.raises(ValueError, match="not the one that is checked"):
                    replace(made, shown=shown)
        with pytest.raises(TypeError):
            replace(made, latex="0 = 1")
        for false in (2 * sympy.Symbol("u"), sympy.Symbol(r"\frac{1}{2} u")):
            with pytest.raises(ValueError, match="no letter"):
                replace(made, called=false, made_for=None)


def test_a_scope_is_no_text() -> None:
    made = chain("scaled-rademacher")
    with pytest.raises(TypeError):
        replace(made, scope="everything")
    with pytest.raises(AttributeError):
        made.scope = "everything"  # type: ignore[misc]
    assert "beta_1^2 < beta_2" in made.scope
    assert "beta_1^2 < beta_2" in chain("epoch-residual-bound").scope
    assert "the bound is not negative" in chain("signum-bound").scope
    assert made.universal
    assert not chain("signum-stalls").universal
    assert not chain("max-margin-kkt").universal


def test_what_a_chain_gives_to_others_is_of_a_step_that_does_not_assume_it() -> None:
    made = chain("adam-growth")
    assert PACE in made.gives["gain"]
    with pytest.raises(ValueError, match="what step of-none gives"):
        replace(made, gives={"of-none": (PACE,)})
    rates = chain("growth-rates")
    with pytest.raises(ValueError, match="what step rate gives it does not show"):
        replace(rates, gives={"rate": (PACE,)})


def test_prose_and_steps_must_be_the_same(tmp_path: Any) -> None:
    place = tmp_path / "small.py"
    place.with_suffix(".md").write_text("# T\n\nSource: new\n\n## Steps\n\n### One {#one}\n\nWhy.\n")
    right = equality((x + 1) ** 2, x**2 + 2 * x + 1, DOMAIN)
    assert told(str(place), "small", steps={"one": right}, wrong={}).steps[0].reason == "Why."
    with pytest.raises(ValueError, match="the prose has the steps"):
        told(str(place), "small", steps={"one": right, "two": right}, wrong={})
    for made in (follows(together, "zero"), follows(lambda: right, beside=("zero",))):
        with pytest.raises(ValueError, match="follows from zero"):
            told(str(place), "small", steps={"one": made}, wrong={})


@pytest.mark.parametrize("name", names())
def test_no_step_follows_by_its_reason_alone(name: str) -> None:
    assert not any(step.beside for step in chain(name).steps)
    assert "assumed" not in chain(name).scope


def test_a_page_tells_what_is_checked_from_what_the_reason_says() -> None:
    made = chain("growth-bounds")
    assert "inequality, from *growth*, *smallest*" in page(derive("growth-bounds", measure=False))
    last = made.steps[-1]
    loose = replace(made, steps=(*made.steps[:-1], replace(last, uses=last.uses[:-1], beside=last.uses[-1:])))
    assert f"assumed as their reasons say: how {last.name} follow" in loose.scope
    text = page(
        Derivation(loose, (StepResult(loose.steps[-1], Finding(True, ""), Finding(True, "")),), (), 0)
    )
    assert "together, from *margin*, *proxy*, *subsets*, by its reason from *counted*" in text
    assert "## What is proved" in text


def test_what_another_chain_hands_on_is_checked_with_its_hypotheses() -> None:
    made = chain("adam-growth")
    at = [step.name for step in made.steps].index("spread")
    assert made.steps[at].uses == ("epoch-residual-bound:step",)
    assert "from *step* of [epoch-residual-bound](epoch-residual-bound.md)" in page(
        derive("adam-growth", measure=False)
    )
    for uses, message in (
        (("epoch-residual-bound:none",), "no step before it"),
        (("signum-bound:sign",), "no step before it"),
        (("epoch-residual-bound:bound",), "drops the hypothesis batches come in cyclic order"),
    ):
        step = replace(made.steps[at], uses=uses)
        with pytest.raises(ValueError, match=message):
            replace(made, steps=(*made.steps[:at], step, *made.steps[at + 1 :]))
    with pytest.raises(ValueError, match="uses no step of signum-bound"):
        replace(made, others=(*made.others, chain("signum-bound")))
    handed = {step.name for step in made.leading_to(["spread"])} - {"spread"}
    assert handed == {"cauchy-schwarz", "geometric", "limit", "update", "step"}


def test_a_derivation_falls_with_what_it_was_handed(monkeypatch: pytest.MonkeyPatch) -> None:
    made, growth = chain("growth-rates"), chain("growth-bounds")
    false = replace(growth.steps[0].assertion, second_road=lambda: Finding(False, "no"))
    assert growth.steps[0].name == "chord"
    broken = replace(growth, steps=(replace(growth.steps[0], assertion=false), *growth.steps[1:]))
    monkeypatch.setitem(CHAINS, made.name, lambda: replace(made, others=(broken,)))
    result = derive(made.name, measure=False)
    assert all(step.passed for step in result.steps)
    assert not result.passed


def test_steps_that_lead_nowhere() -> None:
    right = equality((x + 1) ** 2, x**2 + 2 * x + 1, DOMAIN)
    steps = replace(chain("proxy-loss").steps[0], assertion=right, uses=())
    with pytest.raises(ValueError, match="leads nowhere"):
        Chain("two", "t", "new", (replace(steps, name="a"), replace(steps, name="b")), ())


# --- hypotheses ------------------------------------------------------------------------------------------------------


def test_conditions_are_met_by_every_point_and_needed() -> None:
    """Without beta1^2 < beta2 the bound of the geometric sum is false, and points show it."""
    made = at_most_limit()
    assert both(made) == (True, True)
    free = inequality(made.left, made.right, made.because, {b1: unit, b2: unit, n: whole(1, 6)})
    assert not free.second_road().passed
    assert free.hypotheses != made.hypotheses


def test_conditions() -> None:
    less = condition(b2 > b1**2)
    assert less.text == "beta_1^2 < beta_2"
    assert not less.local
    assert condition(x <= 1, local=True).local
    assert is_local(condition(x <= 1, local=True))
    assert not is_local(CYCLIC)
    third, half = Fraction(1, 3), Fraction(1, 2)
    assert condition(x <= sympy.Rational(1, 2)).met({x: half})
    assert not condition(x < sympy.Rational(1, 2)).met({x: half})
    assert condition(sympy.sqrt(x) < 1).met({x: third})
    assert not isinstance(only_at(2, 2), Condition)
    real = sympy.Symbol("x", real=True)
    never = equality(real, real, Under({real: positive}, real < -1))
    assert not never.second_road().passed


# --- joins -----------------------------------------------------------------------------------------------------------


def test_chained() -> None:
    one, two = at_most(x, x + y, y), at_most(x + y, x + 2 * y, y)
    assert both(chained(one, two, domain=DOMAIN)) == (True, True)
    assert not chained(two, one, domain=DOMAIN).check().passed
    assert not chained(one, at_most(x + 3 * y, x + 4 * y, y), domain=DOMAIN).check().passed
    false = replace(two, right=x - y, made_for=None)
    assert both(chained(one, false, one, domain=DOMAIN))[0] is False


def test_what_is_said_of_another_side_is_refused() -> None:
    one = at_most(x, x + y, y)
    assert one.right_of(x) == x + y
    with pytest.raises(ValueError, match="what is said of x is used of y"):
        one.right_of(y)


def test_scaled_and_added() -> None:
    one = at_most(x, x + y, y)
    assert both(scaled(one, y**2, DOMAIN)) == (True, True)
    assert both(scaled(one, -y, DOMAIN)) == (False, False)
    assert both(added(one, at_most(y, 2 * y, y), domain=DOMAIN)) == (True, True)
    turned = bijection(sympy.Mod(i - j, N), j, sympy.Mod(i - k, N), k, N, {N: whole(2, 5), i: below(N)})
    assert not added(one, replace(turned, left=x, right=y, made_for=None), domain=DOMAIN).check().passed


def test_a_reason_is_made_of_the_slacks_of_others() -> None:
    one = at_most(x, x + y, y)
    made = at_most(x, x + y + z, h + z, {x: positive, y: positive, z: positive, h: positive})
    given = (lambda e: e.subs(y, h),)
    rests = replace(made, made_for=None, check=lambda: Finding(True, ""))
    assert resting(rests, (one, h), given=given).check().passed
    assert not resting(rests, (one, 2 * h), given=given).check().passed
    assert not resting(rests, (one, -h), given=(lambda e: e.subs(y, -h),)).check().passed
    assert not resting(replace(rests, check=lambda: Finding(False, "")), (one, h), given=given).check().passed


def test_increasing_needs_a_positive_left_side() -> None:
    one = at_most(x, x + y, y)
    assert both(increasing(one, sympy.log, DOMAIN)) == (True, True)
    assert both(increasing(one, sympy.sqrt, DOMAIN)) == (True, True)
    assert not increasing(one, sympy.cos, DOMAIN).check().passed
    assert not increasing(at_most(x - y, x + y, 2 * y), sympy.log, {x: positive, y: unit}).check().passed


def test_summed() -> None:
    term = at_most(g[k] * x, g[k] * x + h, h, {g: indexed(signed), x: positive, h: positive, k: whole(0, 3)})
    domain = {g: indexed(signed), x: positive, h: positive, n: whole(0, 5), b1: unit}
    assert both(summed(term, k, 0, n - 1, domain, weight=b1**k)) == (True, True)
    assert not summed(term, k, 0, n - 1, domain, weight=-(b1**k)).check().passed


def test_substituted_stays_in_range() -> None:
    one = at_most(x, x + y, y)
    assert both(substituted(one, {y: z**2}, {x: positive, z: positive})) == (True, True)
    assert both(substituted(one, {y: -z}, {x: positive, z: positive})) == (False, False)
    put_in = substituted(one, {y: b2 - b1**2}, Under({**DOMAIN, b1: unit, b2: unit}, b1**2 < b2))
    assert not put_in.check().passed  # by the look of it that may be negative
    shown = substituted(
        one,
        {y: b2 - b1**2},
        Under({**DOMAIN, b1: unit, b2: unit}, b1**2 < b2),
        given=(lambda e: e.subs(b2, b1**2 + z),),
    )
    assert both(shown) == (True, True)


def test_what_is_assumed_of_a_letter_is_assumed_of_its_value() -> None:
    """x <= 1 where x <= 1, and beta_1 <= 1 where 0 < beta_1 < 1, say nothing of any z > 0."""
    small = inequality(x, 1, h, Under({x: unit}, x <= 1), given=[lambda e: e.subs(x, 1 - h)])
    beta = inequality(b1, 1, h, {b1: unit}, given=[lambda e: e.subs(b1, 1 - h)])
    for part, letter in ((small, x), (beta, b1)):
        assert part.check().passed
        made = substituted(part, {letter: z}, {z: unit, letter: unit})
        assert both(made) == (False, True)
        assert "is not assumed of its value" in made.check().how
    assert both(substituted(small, {x: z}, Under({x: unit, z: unit}, x <= 1, z <= 1))) == (True, True)


def test_discharged_stays_in_range() -> None:
    """0 <= x for an x > 0 that is -5 at least is not 0 <= r for a real r that is -5 at least."""
    real = sympy.Symbol("r", real=True)
    least = sympy.Le(-5, real, evaluate=False)
    part = at_most(0, x, x, Under({x: positive}, condition(sympy.Le(-5, x, evaluate=False), local=True)))
    by = inequality(-5, real, h, Under({real: signed}, least), given=[lambda e: e.subs(real, h - 5)])
    assert by.check().passed
    assert both(discharged(part, by, x, Under({real: positive}, least))) == (False, True)
    above = at_most(-5, y, y + 5, {y: positive})
    assert both(discharged(part, above, x, {y: positive})) == (True, True)


def test_an_index_has_the_sign_that_it_is_assumed_to_have() -> None:
    index = sympy.Symbol("a", integer=True, nonnegative=True)
    term = at_most(0, index, index, {index: whole(0, 9)})
    assert both(summed(term, index, 0, n, {n: whole(0, 4)})) == (True, True)
    with pytest.raises(ValueError, match="a is assumed to have a sign that it need not have from -n on"):
        summed(term, index, -n, 0, {n: whole(0, 0)})


def test_what_holds_where_a_letter_is_in_a_range_rewrites_nothing_beyond() -> None:
    with pytest.raises(ValueError, match="rewrites nothing beyond"):
        equality(x, x + 0 * y, Under(DOMAIN, x <= 1, local=True)).rewriting()


def test_no_variable_grows_where_it_is_bounded() -> None:
    """y/5 <= y/x + z where x <= 5; not in the limit."""
    given = (lambda e: e.subs(x, 5 / (1 + h)),)
    part = inequality(
        y / 5, y / x + z, y * h / 5 + z, Under({x: unit, y: positive, z: positive}, x <= 5), given=given
    )
    made = in_the_limit(part, x, y / 5, z, {y: unit, z: lambda rng, _: 1})
    assert (both(part), both(made)) == ((True, True), (False, True))
    assert "x does not grow where x <= 5" in made.check().how


def test_a_side_is_called_by_a_new_letter_that_it_is_equal_to() -> None:
    """0 <= x with its left side called y would be printed as y <= x, and 2 x = x + x called x as x = x + x."""
    assert equality(x + x, 2 * x, DOMAIN, called=z).latex == "z = 2 x"
    for made in (
        lambda: inequality(0, x, x, DOMAIN, called=y),
        lambda: equality(h + x, x + h, DOMAIN, called=x),
    ):
        with pytest.raises(ValueError, match="is no new letter for what"):
            made()


def test_nothing_is_put_together() -> None:
    with pytest.raises(ValueError, match="nothing is put together"):
        together()


def test_in_the_limit() -> None:
    falling = at_most(x * z / (1 + z), x, x / (1 + z), {x: positive, z: positive})
    assert both(in_the_limit(falling, z, x, x, {x: positive})) == (True, True)
    assert both(in_the_limit(falling, z, 2 * x, x, {x: positive})) == (False, False)


def test_rooted() -> None:
    square = at_most(x**2, (x + y) ** 2, 2 * x * y + y**2)
    assert both(rooted(square, x, x + y, DOMAIN)) == (True, True)
    assert not rooted(square, x, x + 2 * y, DOMAIN).check().passed
    assert not rooted(at_most(x**2, (x - y) ** 2 + 2 * x * y, y**2), x, x - y, DOMAIN).check().passed
    assert not rooted(square, x, -x - y, DOMAIN).check().passed


def test_what_a_step_is_made_of_must_stand() -> None:
    """A piece that is made on the way is no step, so nothing else would look at it."""
    one, false = at_most(x, x + y, y), at_most(x + y, x, y)
    negative = scaled(one, z - y, {**DOMAIN, z: positive})
    for made in (
        chained(one, scaled(false, 1, DOMAIN), domain=DOMAIN),
        added(one, negative, domain=DOMAIN),
        scaled(false, y, DOMAIN),
        increasing(false, sympy.log, DOMAIN),
        resting(at_most(x, x + h, h), (false, -y)),
    ):
        assert not made.check().passed
        assert "does not stand" in made.check().how


def test_by_cases_needs_both() -> None:
    small = inequality(-x, 0, x, Under({x: positive, z: positive}, x <= z, local=True))
    large = inequality(-x, 0, x, Under({x: positive, z: positive}, z < x, local=True))
    strict = inequality(-x, 0, x, Under({x: positive, z: positive}, x < z, local=True))
    domain = {x: positive, z: positive}
    assert both(by_cases(small, large, domain)) == (True, True)
    assert not by_cases(small, large, domain).hypotheses
    assert not by_cases(small, small, domain).check().passed
    assert not by_cases(strict, large, domain).check().passed  # nothing is said of x = z
    assert not by_cases(small, replace(large, left=-2 * x, made_for=None), domain).check().passed


def test_signs_of_the_terms_of_a_sum() -> None:
    term, A, T = sympy.IndexedBase("m", real=True), sympy.Symbol("A", nonnegative=True), sympy.Symbol("T")
    share = wrong(term[i], 1 / N, i, N)
    domain = {N: whole(2, 4), A: positive, T: positive, term: lambda rng, at: lambda n: at[A] - at[T]}
    each = replace(at_most(A - T, 2 * term[i], h), check=lambda: Finding(True, ""))
    known = (term[i], share, A, domain, sympy.Lt(T, A), lambda e: e)
    assert all_right(each, *known).check().passed
    assert not all_right(each, *known[:4], sympy.Lt(2 * T, A), known[5]).check().passed
    assert not all_right(replace(each, right=-term[i], made_for=None), *known).check().passed
    total = replace(at_most(3 * A, over(term[i], (i, N)), h), check=lambda: Finding(True, ""))
    some = (term[i], share, A, 1 / N, domain, sympy.Lt(0, A, evaluate=False), lambda e: e)
    assert one_right(total, *some).check().passed
    assert not one_right(replace(total, left=-A, made_for=None), *some).check().passed
    assert not one_right(replace(total, right=over(-term[i], (i, N)), made_for=None), *some).check().passed


def test_by_invariant_needs_start_and_every_phase() -> None:
    half = Phase({1 - x: False}, {x: x / 2}, (lambda e: e.subs(x, 1 - h),))
    grown = Phase({1 - x: False}, {x: x + h})

    def fine(_: Any) -> tuple[bool, str]:
        return True, ""

    assert by_invariant(x, 1, {x: 1}, (half,), {}, fine).check().passed
    assert not by_invariant(x, 1, {x: 2}, (half,), {}, fine).check().passed
    assert not by_invariant(x, 1, {x: 1}, (half, grown), {}, fine).check().passed
    assert not by_invariant(x, 3, {x: 1}, (half,), {}, fine).check().passed  # that is no invariant


def test_reindexing_and_rewriting_use_what_is_asserted() -> None:
    lags = bijection(sympy.Mod(i - j, N), j, sympy.Mod(i - k, N), k, N, {N: whole(2, 5), i: below(N)})
    moved = reindexing(lags)(over(b1 ** sympy.Mod(i - j, N), (j, N)))
    assert moved == over(b1**k, (k, N))
    with pytest.raises(ValueError, match="no equality"):
        lags.rewriting()
    assert equality(x, y**2, DOMAIN).rewriting({y: z})(x + 1) == z**2 + 1


def test_together_falls_with_a_part() -> None:
    right, false = at_most(x, x + y, y), at_most(x + y, x, y)
    assert both(together(right, right)) == (True, True)
    assert both(together(right, false)) == (False, False)
    assert together(right.under(CYCLIC)).hypotheses == (CYCLIC,)


def test_signs() -> None:
    for expression in (x, x + h, x * y, x**2, over(b1**k, (k, N)), 1 / x):
        assert surely_positive(expression), expression
    for expression in (h, x - y, -x, over(b1**k, (k, n)), x * h):
        assert not surely_positive(expression), expression


# --- what a referee asked for ----------------------------------------------------------------------------------------


def test_the_residual_is_within_its_constant_and_not_within_a_thousandth() -> None:
    assert all(within(run) for run in RUNS)
    assert not any(within(run, 1000) for run in RUNS)


def test_signum_moves_where_beta_is_above_p() -> None:
    pair = _pair(_ratio())
    assert both(_bounded(pair)) == (True, True)
    assert both(_bounded(pair, -1)) == (False, False)


def test_single_steps_of_decay_go_beyond_the_cap() -> None:
    assert both(single_steps()) == (True, True)
    assert both(single_steps(above=False)) == (False, False)


def test_a_road_that_was_walked_is_not_walked_again() -> None:
    walked = []

    def check() -> Finding:
        walked.append(1)
        return Finding(True, "")

    made = replace(at_most(x, x + y, y), check=check)
    assert made.check() is made.check()
    assert len(walked) == 1


# --- what a step is made of -------------------------------------------------------------------------------------------


def altered(made: Any) -> Iterator[Any]:
    """Other assertions: one with another left side and one with another right one; of parts, one of them altered."""
    if made.relation == "and":
        for at, part in enumerate(made.left):
            for other in altered(part):
                yield replace(made, left=(*made.left[:at], other, *made.left[at + 1 :]), made_for=None)
    elif made.left is None:
        yield replace(made, cases=f"not {made.cases}", made_for=None)
    else:
        for side in ("left", "right"):
            yield replace(made, **{side: another(getattr(made, side))}, made_for=None, shown=None, where={})


def another(side: Any) -> Any:
    """Another side: of an equation the same with another right side, of a condition its contrary."""
    other = sympy.Symbol("other", positive=True)
    if isinstance(side, sympy.Eq):
        return sympy.Eq(side.lhs, 2 * side.rhs + other)
    if isinstance(side, sympy.logic.boolalg.Boolean):
        return sympy.Not(side)
    return 2 * sympy.sympify(side) + other


# Chains of a few steps of many kinds, in which this is tried at once.
QUICK = ("attracting-basin", "finite-steps", "growth-rates")


@pytest.mark.parametrize(
    "name", [each if each in QUICK else pytest.param(each, marks=pytest.mark.slow) for each in names()]
)
def test_each_step_rests_on_both_sides_of_every_step_that_it_names(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With another assertion in the place of one of them it cannot be made, says something else, or does not stand."""
    others, steps = chain(name).others, dict[str, Any]()
    monkeypatch.setattr(prose, "_made", lambda *given: steps.update(given[1]) or made_of(*given))
    CHAINS[name].__wrapped__()  # type: ignore[attr-defined]
    made = made_of(name, steps, others)
    for step, each in steps.items():
        for at, used in enumerate(each.uses if isinstance(each, Following) else ()):
            for other in altered(made[used]):
                parts = [made[part] for part in each.uses]
                parts[at] = other
                with suppress(ValueError, TypeError, AttributeError, SymPyDeprecationWarning):
                    found = each.make(*parts)
                    same = (found.left, found.right) == (made[step].left, made[step].right)
                    assert not same or not _walked(found.check).passed, f"{step} does not need {used}"

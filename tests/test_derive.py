"""Every chain stands on both roads, and every false variant falls on both."""

from functools import cache

import pytest
import sympy

from verify.derive import Derivation, chain, derive, names
from verify.derive.evaluate import unit
from verify.derive.roads import equality
from verify.errors import BadInput


@cache
def derived(name: str) -> Derivation:
    return derive(name)


@pytest.mark.parametrize("name", names())
def test_every_step_stands_on_both_roads(name: str) -> None:
    result = derived(name)
    assert result.steps
    for each in result.steps:
        assert each.check.passed, (each.step.statement, each.check.how)
        assert each.second_road.passed, (each.step.statement, each.second_road.how)


@pytest.mark.parametrize("name", names())
def test_measurements_agree_at_100_digits(name: str) -> None:
    result = derived(name)
    assert result.measurements
    for each in result.measurements:
        assert each.agrees, each
        assert each.digits >= 100


@pytest.mark.parametrize("name", names())
def test_both_roads_reject_the_false_variants(name: str) -> None:
    wrong = chain(name).wrong
    assert len(wrong) >= 2
    for each in wrong:
        assert not each.claim.check().passed, (each.fault, "symbols accept it")
        assert not each.claim.second_road().passed, (each.fault, "points accept it")


@pytest.mark.parametrize("name", names())
def test_no_float_in_any_expression(name: str) -> None:
    for step in chain(name).steps:
        for expression in step.claim.expressions:
            assert not expression.atoms(sympy.Float)


def test_a_float_is_refused() -> None:
    b = sympy.Symbol("b")
    with pytest.raises(ValueError, match="a float in"):
        equality(sympy.Float("0.5") * b, b / 2, {b: unit})


def test_unknown_name() -> None:
    with pytest.raises(BadInput, match="derivation=nothing"):
        derive("nothing")

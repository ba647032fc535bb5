"""Every chain stands on both roads, every false variant falls on both, and no page of notes is stale."""

import re
from pathlib import Path

import pytest
import sympy

from verify.derive import chain, derive, names, overviews, page, pages, write_notes
from verify.errors import BadInput

NOTES = Path(__file__).parent.parent / "notes"


# Chains of more than a second and a half on a quiet core.
DEAR = {
    "shifted-diagonal-range",
    "epoch-map",
    "proxy-correction",
    "finite-beta2",
    "replicator",
    "eps-takeover",
}
JUDGED = [pytest.param(name, marks=pytest.mark.slow) if name in DEAR else name for name in names()]


@pytest.mark.parametrize("name", JUDGED)
def test_every_step_stands_and_the_page_is_fresh(name: str) -> None:
    result = derive(name)
    assert result.steps
    for each in result.steps:
        assert each.check.passed, (each.step.statement, each.check.how)
        assert each.second_road.passed, (each.step.statement, each.second_road.how)
    assert result.measurements
    for measured in result.measurements:
        assert measured.agrees, measured
        assert measured.digits >= 100
    assert result.passed
    stale = f"notes/{name}.md is stale: run `make notes`"
    assert (NOTES / f"{name}.md").read_text(encoding="utf-8") == page(result), stale


@pytest.mark.parametrize("name", JUDGED)
def test_both_roads_reject_the_false_variants(name: str) -> None:
    wrong = chain(name).wrong
    assert len(wrong) >= 2
    for each in wrong:
        assert not each.assertion.check().passed, (each.fault, "symbols accept it")
        assert not each.assertion.second_road().passed, (each.fault, "points accept it")


@pytest.mark.parametrize("name", names())
def test_no_step_holds_a_float_or_says_nothing(name: str) -> None:
    for step in chain(name).steps:
        expressions = step.assertion.expressions
        assert not any(e.atoms(sympy.Float) for e in expressions)
        # Both sides of a definition may look alike: one of them is what the optimizer's code returned.
        if step.assertion.kind != "definition" and len(expressions) == 2:
            assert expressions[0] != expressions[1], step.statement
        assert not re.search(r"^(\S.*\S) = \1$", step.assertion.latex), step.assertion.latex


@pytest.mark.parametrize("name", names())
def test_the_mathematics_is_what_github_renders(name: str) -> None:
    found = chain(name)
    prose = [
        *found.remarks,
        *found.news,
        *(s.statement for s in found.steps),
        *(s.reason for s in found.steps),
    ]
    for text in prose:
        assert text.count("$") % 2 == 0, text
    for text in (*prose, *(s.assertion.latex for s in found.steps)):
        assert r"\operatorname" not in text
        assert text.count("{") == text.count("}"), text
        assert text.count(r"\left") - text.count(r"\leftarrow") == text.count(r"\right"), text


def test_overviews_are_fresh_and_lead_to_every_page() -> None:
    texts = overviews()
    for file, text in texts.items():
        assert (NOTES / file).read_text(encoding="utf-8") == text, f"notes/{file} is stale: run `make notes`"
    for each in map(chain, names()):
        assert f"({each.name}.md)" in texts["derivations.md"]
        if each.news:
            assert f"marginproof derive {each.name}" in texts["new-results.md"]


def test_json_and_pages_of_one_chain(tmp_path: Path) -> None:
    result = derive("proxy-loss")
    document = result.to_json()
    assert document["number_of_steps"] == len(document["steps"]) == len(result.steps)
    assert document["check"] is document["second_road"] is document["passed"] is True
    assert document["universal"] is True
    assert len(document["false_variants"]) >= 2
    write_notes(tmp_path / "new", [result])
    assert {path.name for path in (tmp_path / "new").iterdir()} == set(pages([result]))


def test_unknown_name() -> None:
    with pytest.raises(BadInput, match="derivation=nothing"):
        derive("nothing")

"""Claims, properties and chains of one's own, from files: hunted, verified and derived like those that ship."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from command import file_of, run

import marginproof
from marginproof import BadInput
from properties.hunt import hunt
from properties.registry import claim_and_properties, of
from verify.claims import CLAIMS, MODULES, claim_named
from verify.derive import chain, derive, names
from verify.derive.run import PAGES
from verify.derive.topics import CHAINS

CODE = """
from hypothesis import strategies as st
from marginproof import Case, Claim, Evidence, Property, Verdict, separable, within
from properties.claim import Clause
from verify.optimizers import optimizer

def small(profile):
    return Evidence(Verdict.MEASURED, "one number", "2 + 2 = 4")

def sums(case):
    return within(float(abs(case.X).sum()), 30.0, "sum")

CASES = st.builds(lambda data: Case(data, optimizer("gd")), separable())

SUMS = Claim("false-sums", "Entries are small", "$\\\\sum_{ik} |x_{ik}| \\\\le 30$", "nobody", (), {}, expected="fails")
BOUND = Property("false-sums", "sum-at-most-30", "The sizes add up to 30 at most.", CASES, sums, expected="fails")

FINE = Claim("fine", "Sums are no more than a million times a million", "none", "nobody", (small,), {})
PROPERTIES = (
    Property("fine", "finite", "They are finite.", CASES, lambda case: within(0.0, 1.0, "nothing")),
)
TWO = Claim("two", "Two clauses", source="n", clauses=(Clause("The first."), Clause("The second.")))
ABOUT = Property("two", "about-the-first", "t", CASES, lambda case: within(0.0, 1.0, "nothing"))
ALONE = Property("alone", "by-itself", "The sizes add up to 30 at most.", CASES, sums)

RAISES = Property("raises", "division", "A judge that fails.", CASES, lambda case: 1 / 0)
ODD = Property("odd", "odd", "A judge that judges nothing.", CASES, lambda case: 3)
NO_CASES = Property("no-cases", "no-cases", "None.", 3, sums)
NAMELESS = Property("../away", "name", "None.", CASES, sums)
BAD_CHECK = Claim("bad-check", "t", "s", "n", (lambda profile: 1 / 0,), {})
NO_EVIDENCE = Claim("no-evidence", "t", "s", "n", (lambda profile: 3,), {})
BORROWED = Claim("gd-l2", "t", "s", "n", (), {})
BARE = Claim("bare", "t", "s", "n", (), {})
NO_THEOREM = Claim("no-theorem", "t", source="n", clauses=(Clause("All.", theorems=("all-converge",)),))
"""

CHAIN = """
import sympy
from marginproof import Chain, Step, Wrong, equality
from verify.derive.hypotheses import Under, condition
from verify.derive.points import positive

x = sympy.Symbol("x", positive=True)
DOMAIN = {x: positive}
RIGHT = equality((x + 1) ** 2, x**2 + 2 * x + 1, DOMAIN)
FALSE = equality((x + 1) ** 2, x**2 + x + 1, DOMAIN)

def _chain(name, *claims):
    steps = tuple(Step("The square.", claim, "It is multiplied out.") for claim in claims)
    return Chain(name, "A square", "new", steps, (Wrong("x for 2 x", FALSE),))

SQUARE = _chain("square", RIGHT)
WRONG = _chain("wrong", FALSE)
ONE = equality(x, x**2, {x: lambda *_: 1}, given=[lambda e: e.subs(x, 1)])
AT_ONE = _chain("at-one", ONE)
GIVEN = Under(DOMAIN, condition(x <= 1, text="the data are separable"))
NAMED = _chain("named", equality(x + 1, 1 + x + 0, GIVEN))
TRUE_VARIANT = Chain("true-variant", "A square", "new", AT_ONE.steps, (Wrong("nothing", RIGHT),))
EMPTY = _chain("empty")
BORROWED = _chain("replicator", RIGHT)
PAGE = _chain("derivations", RIGHT)
ODD_NAME = _chain("a/b", RIGHT)

FOLLOWING = Step("Likewise.", RIGHT, "As before.", "likewise", ("replicator:",))
FAKE = Chain("fake", "t", "s", (FOLLOWING,), (), others=(BORROWED,))

def made():
    return SQUARE

def fails():
    return 1 / 0
"""


_file = file_of(CODE)


@pytest.fixture(name="derivations")
def _derivations(tmp_path: Path) -> Path:
    path = tmp_path / "steps.py"
    path.write_text(CHAIN)
    return path


def test_a_hunt_for_a_claim_of_ones_own_and_the_command_that_it_prints(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "found"
    command = ["hunt", f"{file}:SUMS", "--cases", "300", "--directory", str(folder), "--json", "-"]
    assert run(command) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["found"]
    assert found["counterexample"]["property"] == "sum-at-most-30"
    assert sorted(path.name for path in (folder / "false-sums").iterdir())[0] == "data.json"
    program, *again = shlex.split(found["command"])
    assert program == "marginproof"
    assert run([*again, "--json", "-"]) == 1
    assert json.loads(capsys.readouterr().out)["counterexample"] == found["counterexample"]
    assert run(again) == 1
    shown = capsys.readouterr().out
    assert "Entries are small" in shown
    assert "refuted (as it should be)" in shown
    assert found["command"] in shown


@pytest.mark.slow
def test_workers_hunt_likewise(file: Path, tmp_path: Path) -> None:
    one, two = (
        hunt(f"{file}:SUMS", cases=300, directory=tmp_path / str(jobs), jobs=jobs).found for jobs in (1, 2)
    )
    assert one is not None
    assert two is not None
    assert one.case == two.case


def test_a_property_by_itself_can_be_hunted(file: Path, tmp_path: Path) -> None:
    claim, properties = claim_and_properties(f"{file}:ALONE")
    assert (claim.id, claim.expected) == ("alone", "holds")
    assert [property.name for property in properties] == ["by-itself"]
    assert hunt(f"{file}:ALONE", cases=300, directory=tmp_path / "found").found is not None


def test_a_claim_of_ones_own_is_verified(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["verify", f"{file}:FINE", f"{file}:SUMS", "--jobs", "1", "--json", "-"]) == 0
    fine, sums = json.loads(capsys.readouterr().out)["claims"]
    assert (fine["id"], fine["verdict"]) == ("fine", "tested")
    assert [e["kind"] for e in fine["evidence"]] == ["measured", "tested"]
    assert fine["evidence"][0]["detail"] == f"2 + 2 = 4 (as {file}:FINE says)"
    assert "finite" in fine["evidence"][1]["scope"]
    assert (sums["id"], sums["verdict"], sums["expected"]) == ("false-sums", "refuted", "fails")


@pytest.mark.slow
def test_processes_find_the_same_evidence(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["verify", f"{file}:SUMS", "full-batch-linf", f"{file}:FINE", "--json", "-", "--jobs"]
    found = []
    for jobs in ("1", "2"):
        assert run([*command, jobs]) == 0
        found.append(json.loads(capsys.readouterr().out)["claims"])
    assert [claim.pop("seconds") > 0 for claims in found for claim in claims] == [True] * 6
    assert found[0] == found[1]
    assert run(["verify", f"{file}:FINE", f"{file}:BAD_CHECK", "--jobs", "2"]) == 2
    assert "a check of" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("RAISES", "property division: its judge failed on case.*: ZeroDivisionError: division by zero"),
        ("ODD", "property odd: its judge returned a int, no Judgement"),
        ("NO_CASES", "property no-cases: cases is a int, not a strategy of Hypothesis"),
        ("NAMELESS", "claim: the name '../away' is not up to 60 letters"),
        ("BORROWED", "claim: the id gd-l2 is that of a claim that ships"),
        ("BARE", "has no property to hunt with"),
        ("small", "small in .* is a function, not a Claim"),
        ("SUMZ", r"has no SUMZ, it has SUMS, .*\(did you mean SUMS\?\)"),
    ],
)
def test_what_cannot_be_hunted_is_refused_in_a_line(
    file: Path, name: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(BadInput, match=said) as refusal:
        hunt(f"{file}:{name}", cases=20, directory=tmp_path / "found")
    assert "\n" not in str(refusal.value)
    assert run(["hunt", f"{file}:{name}", "--cases", "20", "--directory", str(tmp_path / "found")]) == 2
    assert len(capsys.readouterr().err.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("BAD_CHECK", "claim=bad-check: a check of .*:BAD_CHECK failed: ZeroDivisionError"),
        (
            "NO_EVIDENCE",
            "claim=no-evidence: a check of .* failed: TypeError: it returned a int, not Evidence",
        ),
        ("ALONE", "ALONE in .* is a Property, not a Claim"),
        ("BORROWED", "is that of a claim that ships"),
        ("NO_THEOREM", "theorem=all-converge is none of adam_travelling_wave, "),
    ],
)
def test_what_cannot_be_verified_is_refused_in_a_line(
    file: Path, name: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["verify", f"{file}:{name}"]) == 2
    error = capsys.readouterr().err.strip()
    assert len(error.splitlines()) == 1
    assert re.search(said, error)


VARIANTS = """
from marginproof import Evidence, Verdict
UNCAUGHT = Claim("uncaught", "Sums are at most a million times a million", source="n", clauses=(
    Clause("They are.", properties=(Property("", "below", "At most 1e12.", CASES, BELOW, {"factor 1": BELOW}),)),
))
CAUGHT = Claim("caught", "Sums are at most a million times a million", source="n", clauses=(
    Clause("They are.", properties=(Property("", "small-sums", "At most 1e12.", CASES, BELOW, {"30": sums}),)),
))
MANY = Evidence(Verdict.PROVED, "all numbers", "seen")
CHECKED = Claim("checked", "t", "s", "n", (lambda profile: MANY,), {"another": lambda profile: MANY})
FORMAL = Property("fine", "formal", "t", CASES, lambda case: within(0.0, 1.0, "nothing", Verdict.FORMAL))
"""


def test_a_judge_or_check_that_does_not_catch_its_false_variants_tells_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "variants.py"
    below = "BELOW = lambda case: within(float(abs(case.X).sum()), 1e12, 'sum')\n"
    path.write_text(CODE + below + VARIANTS)
    names = [f"{path}:{name}" for name in ("UNCAUGHT", "CAUGHT", "CHECKED")]
    assert run(["verify", *names, "--jobs", "1", "--json", "-"]) == 0
    uncaught, caught, checked = json.loads(capsys.readouterr().out)["claims"]
    assert [claim["verdict"] for claim in (uncaught, caught, checked)] == ["undecided", "tested", "undecided"]
    assert uncaught["evidence"][0]["scope"] == "false variant factor 1 of below"
    assert checked["evidence"][0]["scope"] == "false variant another"
    with pytest.raises(BadInput, match="a judgement is measured or certified, not formal"):
        hunt(f"{path}:FORMAL", cases=3, directory=tmp_path / "found")


def test_a_property_beside_a_claim_is_about_its_first_clause(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["verify", f"{file}:TWO", "--json", "-"]) == 0
    (claim,) = json.loads(capsys.readouterr().out)["claims"]
    assert [clause["verdict"] for clause in claim["clauses"]] == ["tested", "undecided"]


def test_a_claim_without_evidence_is_undecided(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["verify", f"{file}:BARE", "--json", "-"]) == 0
    assert json.loads(capsys.readouterr().out)["claims"][0]["verdict"] == "undecided"


def test_chains_of_ones_own_are_derived(
    derivations: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert derive(f"{derivations}:SQUARE").passed
    assert chain(f"{derivations}:made") is chain(f"{derivations}:SQUARE")
    assert not derive(f"{derivations}:WRONG").passed
    assert run(["derive", f"{derivations}:SQUARE", "--notes", str(tmp_path)]) == 0
    assert f"marginproof derive {derivations}:SQUARE" in (tmp_path / "square.md").read_text()
    assert run(["derive", f"{derivations}:WRONG"]) == 1
    assert "NOT all stand" in capsys.readouterr().out


def test_what_a_chain_of_ones_own_has_on_trust_is_in_its_scope(
    derivations: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """x = x^2 at the one point that its file draws, by a rewriting of its own: no road sees that it is false."""
    assert run(["derive", f"{derivations}:AT_ONE"]) == 0
    trusted = "where x > 0; its own rewritings, roads and draws of points are taken on trust"
    assert trusted in " ".join(capsys.readouterr().out.split())
    citing = tmp_path / "citing.py"
    citing.write_text(
        "from marginproof import Claim\nfrom properties.claim import Clause\n"
        f"ONE = Claim('one', 'One', source='n', clauses=(Clause('x is 1.', chains=('{derivations}:AT_ONE',)),))\n"
    )
    assert run(["verify", f"{citing}:ONE", "--json", "-"]) == 0
    (evidence,) = json.loads(capsys.readouterr().out)["claims"][0]["evidence"]
    assert evidence["kind"] == "proved"
    assert trusted in evidence["scope"]
    assert evidence["detail"].endswith(f"(that the clause says this, {citing}:ONE says)")
    assert "'the data are separable' is x <= 1; its own" in derive(f"{derivations}:NAMED").scope
    assert derive("ema-steady-state", measure=False).trusted == ""


def test_a_false_variant_that_stands_is_no_false_variant(
    derivations: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["derive", f"{derivations}:TRUE_VARIANT"]) == 1
    out = capsys.readouterr().out
    assert "the false variant nothing stands on a road [FAILED]" in out
    assert "NOT established" in out


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("EMPTY", "empty has no steps"),
        ("BORROWED", "replicator is that of a chain or a page that ships"),
        ("PAGE", "derivations is that of a chain or a page that ships"),
        ("FAKE", "fake uses steps of another replicator than the one that ships"),
        ("ODD_NAME", "the name 'a/b' is not"),
        ("fails", "fails in .* failed: ZeroDivisionError"),
        ("x", "x in .* is a Symbol, not a Chain"),
        ("SQUAR", r"did you mean SQUARE\?"),
    ],
)
def test_what_is_no_chain_is_refused_in_a_line(derivations: Path, name: str, said: str) -> None:
    with pytest.raises(BadInput, match=said) as refusal:
        chain(f"{derivations}:{name}")
    assert "\n" not in str(refusal.value)


def test_what_ships_is_found_by_looking_into_folders() -> None:
    """And stands in the order of the paper, the known-false claims last."""
    assert [module.__name__.rpartition(".")[2] for module in MODULES][:3] == [
        "full_batch_sign",
        "epoch_map",
        "scaled_rademacher_l2",
    ]
    assert [claim.expected for claim in CLAIMS.values()] == sorted(
        (claim.expected for claim in CLAIMS.values()), reverse=True
    )
    assert claim_named("gd-l2") is CLAIMS["gd-l2"]
    assert of("gd-l2")
    assert names() == tuple(CHAINS)
    assert names()[0] == "ema-steady-state"
    assert not set(PAGES) & set(names())


@pytest.mark.parametrize("name", marginproof.__all__)
def test_public_names_are_there(name: str) -> None:
    assert getattr(marginproof, name).__doc__
    assert name in dir(marginproof)


RULES = """
from hypothesis import strategies as st
from marginproof import Case, Claim, Property, Rule, case, separable, within
from verify.optimizers import optimizer

STEEP = Rule("steep", lambda num: lambda g, seen, s, h: (3 * g, s), degree=1, update="linear")
CASES = st.builds(lambda data: Case(data, optimizer(STEEP)), separable())
CLAIM = Claim("steep-claim", "t", "s", "n", (), {})
PROPERTY = Property("steep-claim", "small", "t", CASES, lambda case: within(float(abs(case.X).max()), 5.0, "entry"))
"""


@pytest.mark.slow
def test_cases_with_a_rule_of_the_same_file_are_found_stored_and_made_again(tmp_path: Path) -> None:
    file = tmp_path / "own.py"
    file.write_text(RULES)
    done = hunt(f"{file}:CLAIM", cases=100, directory=tmp_path / "found", jobs=2)
    assert done.found is not None
    made = done.found.case
    assert f"'{file}:STEEP'" in repr(made)
    assert marginproof.case(**json.loads(json.dumps(made.arguments()))) == made
    again = hunt(f"{file}:CLAIM", cases=1, directory=tmp_path / "found", resume=True)
    assert again.found is not None
    assert again.found.case == made


@pytest.mark.parametrize(
    "name",
    [
        "Claim",
        *(
            pytest.param(name, marks=pytest.mark.slow)
            for name in ("Chain", "Family", "Format", "Loss", "Property", "Rule")
        ),
    ],
)
def test_each_kind_can_be_imported_first(name: str) -> None:
    code = f"from marginproof import {name}"
    assert not subprocess.run([sys.executable, "-c", code], check=False).returncode

"""Rocq's theorems: the table, what it refuses, and the word that a theorem lends to a clause."""

import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from properties.claim import Clause
from verify.claims import CLAIMS, formalized
from verify.claims import hypotheses as h
from verify.claims.theorems import THEOREMS
from verify.evidence import Verdict, strongest
from verify.formal import evidence, kernel, table
from verify.formal.__main__ import main
from verify.formal.kernel import compile_all, refused_axioms, shipped
from verify.formal.page import page
from verify.formal.theories import FOLDER, faults, source, sources_digest


def changed(tmp_path: Path, file: str, old: str, new: str) -> Path:
    """A copy of the theories with one text, which stands in the file, replaced."""
    folder = tmp_path / "rocq"
    shutil.copytree(FOLDER, folder, ignore=shutil.ignore_patterns("*.vo*", "*.glob", ".*"))
    text = (folder / file).read_text("utf-8")
    assert old in text
    (folder / file).write_text(text.replace(old, new, 1), "utf-8")
    return folder


def test_the_theories_are_what_the_table_says_and_what_was_built() -> None:
    assert list(faults()) == []
    assert list(refused_axioms(shipped())) == []
    assert shipped().sources == sources_digest()
    assert set(shipped().axioms) == set(table())
    named = {claim for theorem in table().values() for claim in theorem.claims}
    assert named <= set(CLAIMS)
    assert len(named) >= 10


@pytest.mark.parametrize(
    ("file", "old", "new", "word"),
    [
        ("Dominance.v", "Qed.", "Admitted.", "Admitted"),
        ("Dominance.v", "Proof.", "Proof. admit.", "admit"),
        ("Base.v", "Open Scope R_scope.", "Open Scope R_scope.\nAxiom luck : False.", "Axiom"),
        (
            "Base.v",
            "Open Scope R_scope.",
            'Open Scope R_scope.\n#[local] Notation "x < y" := True.',
            "Notation",
        ),
        ("Base.v", "Open Scope R_scope.", "Open Scope R_scope.\nUnset Guard Checking.", "Unset"),
    ],
)
def test_a_theory_that_proves_nothing_is_refused(
    tmp_path: Path, file: str, old: str, new: str, word: str
) -> None:
    found = list(faults(changed(tmp_path, file, old, new)))
    assert any(re.match(rf"{re.escape(file)}: .*\b{word}\b stands in it", each) for each in found)


@pytest.mark.parametrize(
    ("file", "old", "new", "theorem"),
    [
        (
            "Rademacher.v",
            "0 <= b1 < 1 -> 0 < b2 < 1 ->",
            "0 <= b1 < 1 -> b1 < b2 < 1 ->",
            "scaled_rademacher_l2",
        ),
        ("Dominance.v", "-> c r = 0.", "-> c r <= 1.", "dominated_row_has_no_weight"),
        ("MaxMargin.v", "norm d w <= 1 /\\", "True /\\", "linf_optimal"),
        ("Base.v", "(forall i, (i < N)%nat -> 0 <= c i) /\\ sum N c = 1", "sum N c = 1", "gordan"),
        ("MaxMargin.v", "Theorem l2_unique :", "Theorem l2_only :", "l2_unique"),
        ("theorems.toml", '["1 < sum N a"', '["0 < sum N a"', "dominated_row_has_no_weight"),
        ("Dominance.v", "(** Claims: none.", "(** Claims none", "dominated_row_has_no_weight"),
    ],
)
def test_a_weakened_statement_is_refused(tmp_path: Path, file: str, old: str, new: str, theorem: str) -> None:
    found = list(faults(changed(tmp_path, file, old, new)))
    assert any(each.startswith(f"{theorem}: ") for each in found)


def test_the_library_has_the_name_that_it_has_since_rocq_9(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    compiler = tmp_path / "coqc"
    compiler.write_text('#!/bin/sh\necho "Warning: old" >&2; grep Require "T.v"\n')
    compiler.chmod(0o755)
    monkeypatch.setattr(kernel, "command", lambda: [str(compiler)])
    theory = tmp_path / "T.v"
    for version, library in (("8.20.1", "Coq"), ("9.1.0", "Stdlib"), ("10.0", "Stdlib")):
        monkeypatch.setattr(kernel, "rocq_version", lambda version=version: version)
        theory.write_text("From Coq Require Import Reals.\n")
        assert kernel.compile_file("T", tmp_path, tmp_path) == f"From {library} Require Import Reals.\n"
    assert capfd.readouterr().err.count("Warning: old") == 3


def test_a_word_has_one_definition(tmp_path: Path) -> None:
    """Else a later one could be read in the place of the one that the statement uses."""
    folder = changed(
        tmp_path,
        "Gordan.v",
        "Theorem gordan :",
        "Definition separable (N : nat) := True.\n\nTheorem gordan :",
    )
    assert "separable: it is defined twice" in list(faults(folder))


def test_a_comment_changes_no_statement(tmp_path: Path) -> None:
    folder = changed(tmp_path, "Base.v", "(** The norms", "(** The (* three *) norms")
    assert list(faults(folder)) == []
    assert sources_digest(folder) != sources_digest()


def test_an_axiom_that_is_not_in_the_list_is_refused() -> None:
    built = shipped()
    more = replace(built, axioms={**built.axioms, "gordan": [*built.axioms["gordan"], "Dominance.luck"]})
    assert list(refused_axioms(more)) == [
        "gordan rests on Dominance.luck, which is not in the list of axioms"
    ]
    less = replace(built, axioms={name: rests for name, rests in built.axioms.items() if name != "gordan"})
    assert list(refused_axioms(less)) == ["gordan: not compiled"]


@pytest.fixture
def absent(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Rocq is not on this machine."""
    monkeypatch.setattr(kernel, "command", lambda: None)
    kernel.established.cache_clear()
    yield kernel.established.cache_clear
    kernel.established.cache_clear()


@pytest.mark.usefixtures("absent")
def test_without_rocq_the_evidence_says_so() -> None:
    found = evidence("scaled_rademacher_l2")
    assert found.kind is Verdict.FORMAL
    assert found.theorem == "scaled_rademacher_l2"
    assert "as built, not re-run here" in found.detail
    assert "sig_forall_dec" in found.detail
    assert strongest((found, replace(found, kind=Verdict.PROVED))) is Verdict.FORMAL


def test_sources_that_were_not_built_bear_no_word(
    absent: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kernel, "shipped", lambda: replace(shipped(), sources="another"))
    found = evidence("gordan")
    assert found.kind is Verdict.UNDECIDED
    assert "not those that were built" in found.detail


def test_what_is_wrong_in_any_file_takes_every_word_back(monkeypatch: pytest.MonkeyPatch) -> None:
    assert evidence("proxy_limit").kind is Verdict.FORMAL
    monkeypatch.setattr("verify.formal.faults", lambda: iter(["Base.v: Axiom stands in it"]))
    found = evidence("proxy_limit")
    assert found.kind is Verdict.UNDECIDED
    assert found.detail == "Base.v: Axiom stands in it"


def test_what_make_rocq_compiled_here_is_said_to_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(kernel, "command", lambda: ["coqc"])
    monkeypatch.setattr(kernel, "rocq_version", lambda: "8.16.1")
    monkeypatch.setattr(kernel, "compile_all", lambda folder, place: shipped())
    monkeypatch.setattr(kernel, "distrusted", lambda path: None)
    for act, said in (
        (lambda: None, "as built, not re-run here"),
        (kernel.build, "compiled on this machine"),
    ):
        act()
        kernel.established.cache_clear()
        assert said in evidence("gordan").detail
    kernel.established.cache_clear()


@pytest.mark.usefixtures("absent")
def test_the_command_says_what_to_install(capsys: pytest.CaptureFixture[str]) -> None:
    assert main() == 2
    assert "apt-get install -y libcoq-coquelicot" in capsys.readouterr().err


def test_a_theorem_proves_no_clause_without_its_hypotheses() -> None:
    fewer = tuple(each for each in THEOREMS["scaled_rademacher_l2"] if each is not h.SCALED_RADEMACHER)
    (found,) = formalized(Clause("t", fewer, theorems=("scaled_rademacher_l2",)))
    assert found.kind is Verdict.UNDECIDED
    assert found.detail == f"it also assumes: {h.SCALED_RADEMACHER.text}"
    whole = Clause("t", THEOREMS["scaled_rademacher_l2"], theorems=("scaled_rademacher_l2",))
    assert [each.kind for each in formalized(whole)] == [Verdict.FORMAL]
    assert [each.kind for each in formalized(replace(whole, expected="fails"))] == [Verdict.REFUTED]


def test_ten_claims_have_clauses_that_are_theorems() -> None:
    named = {
        (claim.id, name) for claim in CLAIMS.values() for clause in claim.clauses for name in clause.theorems
    }
    assert len({claim for claim, _ in named}) >= 10
    assert {name for _, name in named} == set(THEOREMS)
    for claim, name in named:
        assert claim in table()[name].claims
    assert all(
        each.kind in (Verdict.FORMAL, Verdict.REFUTED)
        for claim in CLAIMS.values()
        for clause in claim.clauses
        for each in formalized(clause)
    )


def test_no_theorem_behind_a_clause_is_empty() -> None:
    """Each is applied to an instance that meets its hypotheses; the kernel accepts that."""
    applied = set(re.findall(r"^Example (\w+)_applies\b", source("Examples"), re.M))
    for name in THEOREMS:
        assert not table()[name].hypotheses or name in applied, name


def test_the_page_is_not_stale() -> None:
    assert (FOLDER.parent.parent / "notes" / "kernel.md").read_text("utf-8") == page(shipped())


@pytest.mark.slow
def test_the_kernel_agrees_with_what_is_shipped(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Where Rocq is absent, this cannot be tried; what is shipped is then all there is. Nothing is warned of."""
    if kernel.command() is None:
        pytest.skip(f"Rocq is absent: {kernel.INSTALL}")
    assert replace(compile_all(FOLDER, tmp_path), rocq="") == replace(shipped(), rocq="")
    assert capfd.readouterr().err == "" or kernel.rocq_version() != shipped().rocq


@pytest.mark.slow
def test_the_kernel_sees_an_admitted_theorem(tmp_path: Path) -> None:
    """Also where the texts would not show it, the kernel's list of axioms does."""
    if kernel.command() is None:
        pytest.skip(f"Rocq is absent: {kernel.INSTALL}")
    folder = changed(tmp_path, "Gordan.v", "Proof. exact gordan_exists. Qed.", "Proof. Admitted.")
    (folder / "_CoqProject").write_text("Base.v\nMaxMargin.v\nGordan.v\n", "utf-8")
    place = tmp_path / "place"
    place.mkdir()
    found = list(refused_axioms(compile_all(folder, place), folder))
    assert "gordan_alternative rests on gordan_alternative, which is not in the list of axioms" in found

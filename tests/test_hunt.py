"""Hunts: they find the false claims from nothing, what they find is certified, and they say no more than they know."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from fractions import Fraction as Q
from pathlib import Path

import numpy as np
import pytest

from properties import hunt as hunting
from properties.confirm import Confirmed, confirm
from properties.found import command, sentence, to_json, verdict, write_files
from properties.hunt import hunt, properties_of
from properties.property import Case, Judgement, Property, case, within
from properties.run import kept
from properties.tidy import complexity, neighbours, tidied
from verify.certificate import check_file
from verify.claims import CLAIMS
from verify.claims.false_limit_is_fixed_point import goes_elsewhere
from verify.claims.judges import cycles
from verify.claims.judges.certified import most_margin
from verify.data import load
from verify.errors import BadInput, Undecided
from verify.evidence import Verdict
from verify.game.flows.cycles import Cycle

FALSE = {id: properties_of(id)[0] for id in CLAIMS if id.startswith("false-")}

# The simplest counterexamples there are, found whatever the seed.
TWO_OF_THREE = [[1, 1, 1], [1, -1, 2]]
SIMPLEST = {
    "false-per-sample-l2": [[1, 2]],
    "false-eps-stays-linf": [[1, 2]],
    "false-per-sample-linf": TWO_OF_THREE,
    "false-adam-batch-invariant": TWO_OF_THREE,
}


@pytest.mark.slow
@pytest.mark.parametrize("claim", FALSE)
def test_each_false_claim_is_refuted_from_an_empty_folder(claim: str, tmp_path: Path) -> None:
    """With a certificate of its own beside that of separability, and the data in a file that commands read."""
    done = hunt(claim, cases=3000, seed=0, directory=tmp_path)
    found = done.found
    assert found is not None
    assert Verdict.UNDECIDED not in {e.kind for e in found.confirmed.evidence}, found.confirmed.evidence
    files = write_files(found, tmp_path / claim)
    assert len(files) >= 3
    data = load(str(files[0]))
    assert data.rows == found.case.data.rows
    for certificate in files[1:]:
        assert check_file(certificate, data.rows).valid
    assert found.property.judge(found.case).violated


@pytest.mark.parametrize(
    "claim", [pytest.param(c, marks=pytest.mark.slow) if SIMPLEST[c] is TWO_OF_THREE else c for c in SIMPLEST]
)
@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_the_find_is_the_simplest(claim: str, seed: int, tmp_path: Path) -> None:
    found = hunt(claim, cases=1000, seed=seed, directory=tmp_path).found
    assert found is not None
    assert found.case.arguments()["rows"] == SIMPLEST[claim]


@pytest.mark.slow
def test_same_seed_same_find_on_any_number_of_cores(tmp_path: Path) -> None:
    """A counterexample that takes several rounds to find."""
    first, second = (
        hunt("false-fixed-point-unique", cases=1000, seed=3, directory=tmp_path / str(jobs), jobs=jobs)
        for jobs in (1, 2)
    )
    assert first.rounds > 0
    assert first.found is not None
    assert (first.cases, first.vacuous) == (second.cases, second.vacuous)
    assert to_json(first, [], "") == to_json(second, [], "")


# --- a property made up to see what a hunt does with it


def _made_up(monkeypatch: pytest.MonkeyPatch, judge: object) -> Property:
    made = replace(FALSE["false-per-sample-l2"], name="made-up", judge=judge)  # type: ignore[arg-type]
    monkeypatch.setattr(hunting, "properties_of", lambda claim: [made])
    return made


def _never(case: Case) -> Judgement:
    return within(0.5, 1, "half of what is allowed")


def test_none_found_is_not_none_exists(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    _made_up(monkeypatch, _never)
    done = hunt("false-per-sample-l2", cases=150, directory=tmp_path)
    assert done.found is None
    assert sentence(done) == f"none found among {done.cases} cases ({done.cases} non-vacuous)"
    assert done.rounds == 2  # whole rounds
    document = to_json(done, [], command(done, tmp_path, resumed=False))
    assert (document["found"], document["counterexample"]) == (False, None)


def test_the_time_ends_a_hunt(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    _made_up(monkeypatch, _never)
    done = hunt("false-per-sample-l2", seconds=1e-9, directory=tmp_path)
    assert (done.cases, done.rounds, done.found) == (0, 0, None)


def test_the_time_ends_a_round_which_is_then_begun_anew(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A clock that moves with each judgement stops in the middle of the first round."""
    seen: list[Case] = []

    def judge(case: Case) -> Judgement:
        seen.append(case)
        return _never(case)

    _made_up(monkeypatch, judge)
    monkeypatch.setattr(hunting.time, "monotonic", lambda: float(len(seen)))
    done = hunt("false-per-sample-l2", seconds=30, directory=tmp_path)
    assert done.cases == len(seen) == 31
    assert done.rounds == 0
    assert not (tmp_path / "false-per-sample-l2" / "progress.json").exists()


def test_an_interrupt_keeps_what_was_seen_and_resume_goes_on(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    calls = 0

    def judge(case: Case) -> Judgement:
        nonlocal calls
        calls += 1
        if calls == 230:
            raise KeyboardInterrupt
        return within(2.0 if calls == 229 else 0.5, 1, "the 229th case")

    _made_up(monkeypatch, judge)
    monkeypatch.setattr(hunting, "confirm", lambda case, property: Confirmed())
    calls = 30  # interrupted just after the violation in the second round
    done = hunt("false-per-sample-l2", cases=1000, seed=5, directory=tmp_path)
    assert done.interrupted
    assert done.rounds == 1
    assert done.cases == 199  # those of the round that was interrupted count, but it is begun anew
    (case,) = kept(_made_up(monkeypatch, _never), tmp_path / "false-per-sample-l2")
    assert done.found is None or done.found.case == case

    _made_up(monkeypatch, lambda c: within(2.0 if c == case else 0.5, 1, "the case that was kept"))
    again = hunt("false-per-sample-l2", cases=1000, seed=5, directory=tmp_path, resume=True)
    assert again.found is not None
    assert again.found.case == case
    assert (again.rounds, again.cases) == (1, 100)

    _made_up(monkeypatch, _never)  # the fault was mended: on to the next rounds, numbered on
    later = hunt("false-per-sample-l2", cases=250, seed=5, directory=tmp_path, resume=True)
    assert later.found is None
    assert later.rounds == 3


def test_what_is_no_counterexample_is_not_confirmed() -> None:
    """On [[1, 1]] every optimizer goes along (1, 1), from anywhere near; the l_inf and l2 margins agree."""
    names = dict.fromkeys(FALSE, "adam") | {
        "false-signum-fixed-beta": "signum",
        "false-fixed-point-unique": "adam-proxy",
        "false-start-independent": "adam-proxy",
        "false-limit-is-fixed-point": "adam-proxy",
    }
    for claim, name in names.items():
        eps = {"eps": 1, "batch_size": "full", "decay": 0} if claim == "false-eps-stays-linf" else {}
        kinds = {e.kind for e in confirm(case([[1, 1]], name, start=[1, 0], **eps), FALSE[claim]).evidence}
        assert Verdict.UNDECIDED in kinds, claim


def test_a_stall_is_shown_in_balls_where_it_is_one() -> None:
    """On the first data the signs of m cancel over an epoch; on the second Signum goes on, in a wrong direction."""
    for rows, stalls in (([[1, 1], [-5, -6]], True), ([[1, 1, -1], [1, -7, 8]], False)):
        evidence = confirm(case(rows, "signum"), FALSE["false-signum-fixed-beta"]).evidence
        assert any("exactly 0" in e.detail for e in evidence if e.kind is Verdict.MEASURED) is stalls


@pytest.mark.slow
def test_a_cycle_is_no_counterexample_where_its_mean_is_the_fixed_point_s_direction() -> None:
    """Without the constant feature three independent rows keep w on that direction, though the weights go round."""
    rows = [[14, 2, -1], [-1, 14, 2], [2, -1, 14]]
    round_and_constant = case([[*row, 1] for row in rows], "adam-proxy")
    property = FALSE["false-limit-is-fixed-point"]
    assert property.judge(round_and_constant).violated
    judgement = property.judge(case(rows, "adam-proxy"))
    assert not judgement.violated
    assert not judgement.vacuous
    assert property.judge(case([[5, 1, -1, 1], [-1, 5, 1, 1], [1, -1, 5, 1]], "adam-proxy")).vacuous
    evidence = confirm(case(rows, "adam-proxy"), property).evidence
    assert [e.kind for e in evidence].count(Verdict.UNDECIDED) == 2  # by the cycle's mean and by the run


def test_where_a_fixed_point_attracts_a_cycle_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """No data with both are known, so the cycle is made up."""
    attracted = case([[1, 1], [1, 2]], "adam-proxy")
    made_up = Cycle(1.0, np.array([[0.5, 0.5]]), np.array([1.0, 9.0]), 0.5)
    monkeypatch.setattr(cycles, "cycle_of", lambda X: made_up)
    assert FALSE["false-limit-is-fixed-point"].judge(attracted).vacuous
    with pytest.raises(Undecided, match="whether a dual fixed point attracts"):
        goes_elsewhere(attracted, Confirmed())


def test_a_bound_of_a_margin_holds_over_the_whole_box() -> None:
    """(1 + 1/10) + (1 + 1/10) over 1 - 1/10; where the margin is negative over 1 + 1/10."""
    box = ((Q(1), Q(1)), (Q(1, 10), Q(1, 10)))
    assert most_margin(((Q(1), Q(1)),), *box, "linf") == Q(22, 9)
    assert most_margin(((Q(-1), Q(-1)),), *box, "linf") == Q(-18, 11)


def test_tidying_reaches_what_single_choices_do_not() -> None:
    """A row from the middle, signs, order, and two entries together."""

    def violated(case: Case) -> bool:
        rows = [abs(entry) for row in case.data.rows for entry in row]
        return case.data.n > 1 and rows[0] + 1 == rows[-1] and rows[0] >= 2

    assert tidied(case([[-4, 7], [3, 1], [1, 5]]), violated).arguments()["rows"] == [[2, 1], [1, 3]]
    weighted = case([[2, 1], [1, 2]], weights=["1/2", "1/2"])
    assert list(neighbours(weighted)) == []


def test_simpler_is_a_total_order_on_rows() -> None:
    rows = [[[1, 2]], [[1, -2]], [[2, 1]], [[1, 1], [1, 1]], [[1, "1/2"]], [[1, 1]]]
    ordered = sorted((case(row) for row in rows), key=complexity)
    assert [c.arguments()["rows"] for c in ordered] == [
        [[1, 1]], [[1, "1/2"]], [[1, 2]], [[2, 1]], [[1, -2]], [[1, 1], [1, 1]]
    ]  # fmt: skip


def test_a_start_weighs_more_than_the_entries() -> None:
    assert complexity(case([[2]], start=[1])) < complexity(case([[1]], start=[2]))


def test_verdict_is_that_of_the_weakest_link(tmp_path: Path) -> None:
    some = hunt("false-per-sample-l2", cases=100, directory=tmp_path).found
    assert some is not None
    confirmed = Confirmed()
    for kind, expected in (
        (Verdict.CERTIFIED, Verdict.CERTIFIED),
        (Verdict.MEASURED, Verdict.MEASURED),
        (Verdict.CERTIFIED, Verdict.MEASURED),
    ):
        confirmed.add(kind, "", "")
        assert verdict(replace(some, confirmed=confirmed)) is expected
    assert verdict(replace(some, confirmed=Confirmed())) is Verdict.MEASURED


def test_unknown_claim() -> None:
    with pytest.raises(BadInput, match="claim=no-such"):
        hunt("no-such")


@pytest.mark.slow
def test_the_command(tmp_path: Path) -> None:
    """Exit status 1, JSON alone on standard output, and the printed commands do what they say."""
    run = subprocess.run(
        [sys.executable, "-m", "verify", "hunt", "false-per-sample-l2", "--json", "-", "--directory", "found"],
        capture_output=True, text=True, timeout=300, check=False, cwd=tmp_path,
    )  # fmt: skip
    assert (run.returncode, run.stderr) == (1, "")
    document = json.loads(run.stdout)
    assert {"claim", "found", "cases", "vacuous", "seed", "counterexample", "files", "command"} <= set(
        document
    )
    assert document["counterexample"]["case"] == {"rows": [[1, 2]], "name": "adam"}
    data, *certificates = document["files"]
    for line, status, expected in (
        (["check", *certificates, "--data", data], 0, "valid: "),
        (document["command"].split()[1:], 1, "a counterexample was found"),
    ):
        again = subprocess.run(
            [sys.executable, "-m", "verify", *line],
            capture_output=True, text=True, timeout=300, check=False, cwd=tmp_path,
        )  # fmt: skip
        assert again.returncode == status
        assert expected in again.stdout


@pytest.mark.slow
def test_a_true_claim_by_the_command(tmp_path: Path) -> None:
    """None found: exit status 0, and a sentence that claims no more."""
    run = subprocess.run(
        [sys.executable, "-m", "verify", "hunt", "proxy-limit", "--cases", "1", "--directory", str(tmp_path)],
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert (run.returncode, run.stderr) == (0, "")
    assert "none found among 100 cases (100 non-vacuous), seed 0" in run.stdout
    assert "does not say that there is none" in run.stdout

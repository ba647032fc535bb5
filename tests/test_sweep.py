"""Sweeps: what a study says, its items and their keys, the processes that answer, and the ledger that loses nothing."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import sweep_kills as kills
from command import run

import marginproof
from verify.ask.claims import verify
from verify.errors import BadInput
from verify.executor.cluster import connected
from verify.executor.guarded import Bounds, Guarded
from verify.files import locked
from verify.studies import sources
from verify.studies import sweep as studies
from verify.studies.ledger import reading
from verify.studies.plan import key_of
from verify.studies.spec import read
from verify.studies.sweep import estimate, sweep
from verify.studies.values import values

OWN = """
import os, time
def act(x, how="well", data=None):
    if how == "badly":
        raise ValueError(f"{x} is bad")
    if how == "deadly":
        os._exit(5)
    if how == "late":
        time.sleep(60)
    if how == "large":
        held = bytearray(600_000_000)
        held[::4096] = b"1" * len(held[::4096])
        time.sleep(60)
    return {"square": x * x, "rows": None if data is None else data.n}
"""


@pytest.fixture(scope="module")
def scheduler() -> Iterator[str]:
    """A cluster that is running, with two workers."""
    with connected(2) as client:
        yield client.scheduler.address


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "own.py").write_text(OWN)
    (tmp_path / "rows.csv").write_text("3,1\n1,2\n")
    return tmp_path


def study(folder: Path, text: str) -> Path:
    path = folder / "study.toml"
    path.write_text(text)
    return path


# --- values


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("0.90", ["9/10"]),
        ([1, "9/10", True, "full"], [1, "9/10", True, "full"]),
        ({"from": 2, "to": 8, "step": 3}, [2, 5, 8]),
        ({"from": "0.1", "to": "0.3", "count": 3}, ["1/10", "1/5", "3/10"]),
        ({"from": 0, "to": 1, "step": "1/3"}, [0, "1/3", "2/3", 1]),
        ({"from": "1e-4", "to": "1e-2", "count": 3, "log": True}, ["1/10000", "1/1000", "1/100"]),
        ({"from": "0.1", "to": "0.1", "one_minus": True}, ["9/10"]),
        ([1, {"from": 5, "to": 6}], [1, 5, 6]),
        (0.5, ["1/2"]),
    ],
)  # fmt: skip
def test_values_are_exact_and_spelled_in_one_way(given: Any, expected: list[Any]) -> None:
    assert list(values("k", given)) == expected


def test_draws_come_from_their_seed_and_stay_within_their_range() -> None:
    asked = {"from": "1/3", "to": 2, "count": 50, "draw": "uniform", "seed": 3}
    drawn = [Fraction(value) for value in values("k", asked)]
    assert drawn == [Fraction(value) for value in values("k", asked)]
    assert drawn != [Fraction(value) for value in values("k", asked | {"seed": 4})]
    assert min(drawn) >= Fraction(1, 3)
    assert max(drawn) <= 2
    assert len(set(drawn)) == 50


# --- what is refused, by its key

ADAM = 'ask = "predict"\n[data]\nfamily = "gaussian"\nn = 2\nd = 2\n[optimizer]\nname = "adam"\n'


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("ask = ", "is not TOML"),
        ("title = 3", "title=3 is not text"),
        ("", "ask is missing"),
        ('ask = "predictt"', "did you mean predict"),
        ('ask = "predict"', "data is missing"),
        (ADAM.replace("n = 2\n", ""), "data: gaussian: missing parameter n"),
        (ADAM.replace("n = 2", "n = -1"), "data: gaussian: n='-1'"),
        (ADAM.replace("n = 2", "n = { from = 3 }"), "data.n: a range says from and to"),
        (ADAM.replace("n = 2", "n = { from = 3, too = 4 }"), "data.n.too: a range has"),
        (ADAM.replace("n = 2", "n = { from = 3, to = 1 }"), "data.n: from=3 is more than to=1"),
        (ADAM.replace("n = 2", "n = []"), "data.n: an empty list"),
        (ADAM.replace("n = 2", "n = 1979-05-27"), "data.n=1979-05-27 is neither"),
        (ADAM.replace("n = 2", "m = 2"), "data.m is none of n, d, seed"),
        (ADAM.replace('"gaussian"', '"gausian"'), "did you mean gaussian"),
        (ADAM.replace('family = "gaussian"', 'file = "none.csv"'), "data.n is none of label"),
        ('ask = "margin"\n[data]\nfile = "none.csv"', "data.file='none.csv': there is no such file"),
        (ADAM + "beta2 = [0.9, 1.5]", "optimizer.beta2: beta2=3/2"),
        (ADAM + "beta3 = 0.9", "optimizer.beta3 is none of"),
        (ADAM.replace('"adam"', '"adan"'), "optimizer.name: optimizer=adan is none of"),
        (ADAM.replace('name = "adam"', ""), "optimizer.name is missing"),
        (ADAM + "[options]\nstep = 3", "options.step is none of digits"),
        (ADAM + "[bounds]\nseconds = 0", "bounds.seconds=0 is not positive"),
        (ADAM + '[bounds]\nmemory = "2 XB"', "bounds.memory='2 XB'"),
        ("keep = []\n" + ADAM, "keep=[] is neither"),
        (ADAM + '[[plot]]\nkind = "pie"\nx = "n"\nvalue = "y"', "plot.kind=pie is none of"),
        (ADAM + '[[plot]]\nkind = "map"\nx = "n"\nvalue = "y"', "plot.y is missing"),
        ('ask = "own.py:nothing"', "ask='own.py:nothing': the file has no function nothing"),
        ('ask = "own.py:act"', "options: own.py:act: missing a required argument: 'x'"),
        ('ask = "own.py:act"\n[options]\nx = 1\nz = 2', "options.z is none of x, how"),
        ('ask = "judge"\n[data]\nstrategy = "cases"', "options.property is missing"),
        (
            'ask = "judge"\n[data]\nstrategy = "cases"\n[options]\nproperty = "gd"',
            "property=gd is none of those",
        ),
        ('ask = "margin"\n[data]\nstrategy = "separabel"', "did you mean separable"),
    ],
)
def test_a_bad_study_is_refused_in_a_line_that_names_the_key(
    text: str, why: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["sweep", str(study(folder, text)), "--out", str(folder / "out")]) == 2
    said = capsys.readouterr().err
    assert why in said
    assert said.count("\n") == 1
    assert not (folder / "out").exists()


# --- items and keys


def test_a_million_items_are_planned_lazily_and_have_keys_of_their_content(folder: Path) -> None:
    text = ADAM.replace("n = 2", "n = [2, 3]\nseed = { from = 1, to = 250000 }") + 'beta2 = ["0.9", 0.99]'
    plan = read(study(folder, text)).plan
    assert len(plan) == 10**6
    assert plan[999_999]["data"] == {"family": "gaussian", "n": 3, "seed": 250_000, "d": 2}
    assert plan.varied() == [("data", "n"), ("data", "seed"), ("optimizer", "beta2")]
    same = read(study(folder, text.replace('"0.9"', '"9/10"'))).plan
    assert key_of(plan[0]) == key_of(same[0]) != key_of(plan[1])


def test_a_file_that_changes_makes_other_items(folder: Path) -> None:
    text = 'ask = "margin"\n[data]\nfile = "rows.csv"\n[options]\nnorm = ["l1", "l2"]'
    before = key_of(read(study(folder, text)).plan[0])
    (folder / "rows.csv").write_text("3,1\n1,5\n")
    assert key_of(read(study(folder, text)).plan[0]) != before


@pytest.mark.parametrize(
    "path", sorted((kills.ROOT / "notes" / "studies").glob("*.toml")), ids=lambda path: path.stem
)
def test_the_studies_that_ship_can_be_run(path: Path) -> None:
    spec = read(path)
    assert len(spec.plan) >= 36
    assert spec.about
    assert spec.plots


# --- the process that does the work


@pytest.mark.slow
def test_an_item_that_fails_dies_or_takes_too_much_is_recorded_and_the_next_goes_on(folder: Path) -> None:
    place, bounds = "verify.studies.item:answer", Bounds(4.0, 400_000_000)
    text = 'ask = "own.py:act"\n[options]\nx = "1/3"\nhow = ["badly", "deadly", "late", "large", "well"]'
    plan, guarded = read(study(folder, text)).plan, Guarded()
    own = sources.own_digest(plan[0], folder)
    try:
        found = [guarded.do(place, {"asked": plan[k], "base": folder, "own": own}, bounds) for k in range(5)]
    finally:
        guarded.close()
    assert [each.status for each in found] == ["failed", "killed", "time", "memory", "done"]
    assert found[0].value == "ValueError: 1/3 is bad"
    assert "3 times, at last with status 5" in found[1].value
    assert json.loads(found[4].value["result"]) == {"rows": None, "square": "1/9"}


# --- a run

SOME = """
ask = "own.py:act"
[data]
file = "rows.csv"
[options]
x = { from = 1, to = 30 }
how = "well"
"""


def test_a_second_run_goes_on_and_changed_code_is_computed_again(
    folder: Path, scheduler: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = sweep(study(folder, SOME), folder / "out", scheduler=scheduler)
    assert first.ended == {"done": 30}
    frame = first.frame()
    assert isinstance(frame, pd.DataFrame)
    assert sorted(frame["square"]) == [x * x for x in range(1, 31)]
    assert set(frame["evidence"]) == {"measured"}
    assert set(frame["data.file"]) == {"rows.csv"}

    longer = sweep(study(folder, SOME.replace("to = 30", "to = 32")), folder / "out", scheduler=scheduler)
    assert (longer.there, longer.ended) == (30, {"done": 2})
    with reading(folder / "out") as ledger:
        assert len(list(ledger.rows())) == 32
    alone = sweep(study(folder, SOME), folder / "alone", jobs=1)
    assert alone.ended == {"done": 30}
    assert kills.rows(folder / "alone").items() <= kills.rows(folder / "out").items()  # jobs do not matter

    with (folder / "own.py").open("a") as file:
        file.write("\n# changed\n")
    changed = sweep(study(folder, SOME), folder / "out", scheduler=scheduler)
    assert (changed.stale, changed.there, changed.ended) == (30, 0, {"done": 30})
    assert "30 rows rested on other code" in changed.text()

    monkeypatch.setattr(studies, "code_digest", lambda *modules: "another version of an engine")
    assert sweep(study(folder, SOME), folder / "out", scheduler=scheduler).stale == 30


def test_what_failed_is_kept_and_asked_again_only_if_wanted(
    folder: Path, scheduler: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = str(study(folder, SOME.replace('"well"', '["well", "badly"]').replace("30", "3")))
    out = str(folder / "out")
    assert (
        run(
            [
                "sweep",
                path,
                "--out",
                out,
                "--scheduler",
                scheduler,
                "--export",
                str(folder / "rows.csv.csv"),
                "--json",
                "-",
            ]
        )
        == 0
    )
    document = json.loads(capsys.readouterr().out)
    assert document["ended"] == {"done": 3, "failed": 3}
    table = pd.read_csv(folder / "rows.csv.csv")
    assert sorted(table["error"].dropna()) == [f"ValueError: {x} is bad" for x in (1, 2, 3)]
    assert sweep(path, out).ended == {}
    assert sweep(path, out, retry=True, scheduler=scheduler).ended == {"failed": 3}


def test_engines_are_asked_with_certificates_and_what_is_kept(folder: Path, scheduler: str) -> None:
    text = (
        'certificates = true\nkeep = { margin = "margin_exact", first = "direction.0", beyond = "direction.7" }\n'
        'ask = "margin"\n[data]\nfile = "rows.csv"\n[options]\nnorm = ["l1", "l3"]'
    )
    found = sweep(study(folder, text), folder / "out", scheduler=scheduler)
    assert found.ended == {"done": 1, "failed": 1}
    with reading(folder / "out") as ledger:
        rows = {json.loads(row.asked)["options"]["norm"]: row for row in ledger.rows()}
    done = rows["l1"]
    assert done.evidence == "certified"
    assert json.loads(done.result or "") == {"margin": "5/3", "first": 0.3333333333333333, "beyond": None}
    proof = folder / "out" / "certificates" / f"{done.certificate}.json"
    assert marginproof.check(json.loads(proof.read_text())).valid
    assert "l3" in (rows["l3"].error or "")


def test_a_name_that_the_result_lacks_is_an_error_of_the_item(folder: Path) -> None:
    with pytest.raises(BadInput, match=r"keep.cube: the result has no 'cube' there; it has square, rows"):
        estimate(study(folder, 'keep = { cube = "cube" }\n' + SOME))


def test_time_is_estimated_from_a_sample(folder: Path) -> None:
    found = estimate(study(folder, SOME), jobs=2)
    assert (found.items, found.sampled) == (30, 12)
    assert not (folder / "out").exists()


def test_two_sweeps_do_not_write_one_ledger(folder: Path) -> None:
    (folder / "out").mkdir()
    with locked(folder / "out"), pytest.raises(BadInput, match="another sweep writes there"):
        sweep(study(folder, SOME), folder / "out")


def test_another_file_is_no_ledger(folder: Path) -> None:
    (folder / "out").mkdir()
    (folder / "out" / "ledger.sqlite").write_text("not a database, but long enough to be taken for one" * 99)
    with pytest.raises(BadInput, match="is not a ledger that can be used"):
        sweep(study(folder, SOME), folder / "out")


def test_parquet_without_pyarrow_and_a_scheduler_that_is_not_there_are_refused(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    path, out = str(study(folder, SOME)), str(folder / "out")
    assert run(["sweep", path, "--out", out, "--export", "rows.parquet"]) == 2
    assert "Parquet needs pyarrow" in capsys.readouterr().err
    assert run(["sweep", path]) == 2
    assert "--out DIR" in capsys.readouterr().err
    assert run(["sweep", path, "--out", out, "--scheduler", "nonsense://x"]) == 2
    assert "scheduler=nonsense://x" in capsys.readouterr().err


@pytest.mark.slow
def test_a_hunt_on_a_scheduler_finds_what_it_finds_here(scheduler: str) -> None:
    asked = {"cases": 40, "seed": 2}
    assert marginproof.hunt("false-per-sample-l2", **asked).violation == (
        marginproof.hunt("false-per-sample-l2", scheduler=scheduler, **asked).violation
    )


@pytest.mark.slow
def test_a_scheduler_checks_claims_as_they_are_checked_here(scheduler: str) -> None:
    ids = ["false-signum-fixed-beta", "false-per-sample-l2"]
    there, here = (list(verify(ids, scheduler=each)) for each in (scheduler, None))
    assert [(each.claim.id, each.verdict) for each in there] == [
        (each.claim.id, each.verdict) for each in here
    ]


@pytest.mark.slow
def test_what_is_killed_loses_nothing(tmp_path: Path) -> None:
    assert kills.disturbed(tmp_path, kills.study_in(tmp_path, 300), kills=4, seed=5) == []


@pytest.mark.slow
def test_a_ledger_that_lost_a_row_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = kills.study_in(tmp_path, 30)
    kills.run(path, tmp_path / "disturbed")
    connection = sqlite3.connect(tmp_path / "disturbed" / "ledger.sqlite")
    with connection:
        connection.execute("update items set status = 'done', result = '{}' where status = 'done'")
    connection.close()
    wrong = kills.disturbed(tmp_path, path, kills=0, seed=0)
    assert len(wrong) == 30

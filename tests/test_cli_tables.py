"""Tables, paths and pictures hold the numbers of the results, each in its place."""

from __future__ import annotations

import io
import math
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction as Q
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from verify.claims import CLAIMS, Result
from verify.cli import paths, pictures, views
from verify.data import Dataset
from verify.errors import BadInput
from verify.evidence import Evidence, Verdict
from verify.game import Limit, Prediction, predict
from verify.game.paths import Change
from verify.margins import max_margin
from verify.optimizers import optimizer
from verify.report import check_picture, check_writable, console
from verify.simulate import simulate

ADAM, PROXY = optimizer("adam"), optimizer("adam-proxy")


def rows(*entries: tuple[object, ...]) -> Dataset:
    return Dataset("test", tuple(tuple(Q(str(x)) for x in row) for row in entries))


TWO = rows((3, 1), (0, 2))


def limit(direction: tuple[float, ...], weights: tuple[float, ...], **more: object) -> Limit:
    u, c = np.array(direction), np.array(weights)
    found = Limit(
        u / np.linalg.norm(u),
        None,
        tuple(map(int, np.flatnonzero(c))),
        c,
        0.25,
        "attracting",
        Verdict.MEASURED,
    )
    return replace(found, **more)  # type: ignore[arg-type]


FIRST, SECOND = (
    limit((1, 0), (1, 0)),
    limit((1, 1), (0.5, 0.5), stability="saddle", radius=1e-9, slack=math.inf),
)
FOUND = Prediction(TWO, ADAM, (FIRST, SECOND), complete=False, start=(Q(0), Q(0)))


def shown(show: Callable[[Console], None]) -> str:
    """What a view prints, on lines as long as they need be."""
    page = io.StringIO()
    show(Console(file=page, width=400, highlight=False))
    return page.getvalue()


def cells(text: str) -> list[list[str]]:
    """The body of the table in a text."""
    return [
        [cell.strip() for cell in line.strip("│\n").split("│")] for line in text.splitlines() if "│" in line
    ]


def test_a_prediction_is_shown_limit_by_limit() -> None:
    margins = {"linf": max_margin(TWO, "linf"), "l2": max_margin(TWO, "l2")}
    text = shown(lambda to: views.show_prediction(to, FOUND, margins, None))
    # The l_inf maximizer is (2/3, 1), one of many; the l2 one is that of (1, 3).
    assert cells(text) == [
        ["0", "(+1.000000, +0.000000)", "0", "2.50e-01", "attracting", "measured", "4.45e-01*", "6.84e-01"],
        ["1", "(+0.707107, +0.707107)", "0, 1", "-", "saddle", "measured", "1.94e-02*", "1.06e-01"],
    ]
    for words in (
        "test: 2 rows x 2; adam, batch size 1, cyclic, beta1 = 0.9, beta2 = 0.999",
        "* the maximizer is not unique",
        "limit 1 is within 1.0e-09 of the direction",
        "x_1[0] = 0 (1 such entries)",
        "complete: no",
    ):
        assert words in text
    assert "from w_0" not in text
    assert "limit 0 is within" not in text
    started = replace(FOUND, complete=True, start=(Q(1, 2), Q(0)), from_start=Verdict.MEASURED)
    for found, words in (
        (started, "from w_0 = (1/2, 0) the flow goes to limit 0 (measured"),
        (replace(started, from_start=Verdict.CERTIFIED), "(every start does, certified)"),
        (replace(started, from_start=Verdict.CERTIFIED, enclosed_steps=7), "(certified: enclosed in 7 steps"),
    ):
        text = shown(lambda to, found=found: views.show_prediction(to, found, {"l2": margins["l2"]}, None))
        assert words in text
        assert "complete: these are all" in text
        assert "*" not in text


def test_json_of_a_prediction_holds_each_limit_against_each_margin() -> None:
    document = views.prediction_json(
        FOUND, {"linf": max_margin(TWO, "linf"), "l2": max_margin(TWO, "l2")}, None
    )
    assert document["comparison"]["one_minus_cos"] == {
        "linf": pytest.approx([1 - 2 / 13**0.5, 1 - 5 / 26**0.5]),
        "l2": pytest.approx([1 - 1 / 10**0.5, 1 - 4 / 20**0.5]),
    }
    assert document["comparison"]["max_margin_unique"] == {"linf": False, "l2": True}
    assert len(document["cautions"]) == 1


def test_claims_that_come_out_otherwise_are_named() -> None:
    refuted, proved = (Evidence(kind, "a set", "seen") for kind in (Verdict.REFUTED, Verdict.PROVED))
    results = [
        Result(CLAIMS[id], (e,), 0.5) for id, e in (("gd-l2", proved), ("false-per-sample-l2", refuted))
    ]
    text = shown(lambda to: views.show_claims(results, to))
    assert "2 claims: all as expected" in text
    assert "refuted (as it should be)" in text
    assert "seen [on a set]" in text
    results = [
        Result(CLAIMS[id], (e,), 0.5) for id, e in (("gd-l2", refuted), ("false-per-sample-l2", proved))
    ]
    text = shown(lambda to: views.show_claims(results, to))
    assert "2 claims: not as expected: gd-l2, false-per-sample-l2" in text
    assert text.count("(unexpected)") == 2


def test_margins_and_runs_are_shown_as_they_are() -> None:
    text = shown(lambda to: views.show_margin(to, max_margin(TWO, "linf")))
    assert "linf max margin 2 (exact: 2), certified" in text
    assert "support rows 1" in text
    assert "the maximizers fill a face of dimension 1" in text
    assert "the maximizer is unique" in shown(lambda to: views.show_margin(to, max_margin(TWO, "l2")))
    run = replace(
        simulate(TWO, PROXY, 4),
        weights=(1.0, 2.0),
        direction=(3.0, 4.0),
        increment_direction=(5.0, 6.0),
        min_margin=7.0,
    )
    text = shown(lambda to: views.show_simulation(to, run))
    assert cells(text) == [["0", "1.0", "3.0", "5.0"], ["1", "2.0", "4.0", "6.0"]]
    assert "4 steps in float64; least margin 7.0" in text
    balls = replace(run, arithmetic="balls", digits=9, bits=80, radius=("1e-20", "2e-20"))
    assert cells(shown(lambda to: views.show_simulation(to, balls)))[1] == ["1", "2.0", "2e-20", "4.0", "6.0"]
    long = replace(run, weights=(0.0,) * 21, direction=(0.0,) * 21, increment_direction=(0.0,) * 21)
    assert [row[0] for row in cells(shown(lambda to: views.show_simulation(to, long)))] == [
        *map(str, range(20)),
        "...",
    ]


# --- paths

JOINS = Change(0.0, "support", "row 1 joins the support")
MEET = Change(1.0, "fold", "two equilibria on rows 0 meet")


def test_a_path_in_the_batch_size_has_the_limits_of_each() -> None:
    data = rows(("3.01", 1), (1, 3))
    found = paths.path(data, ADAM, "batch-size")
    limits = {b: predict(data, replace(ADAM, batch_size=b), starts=0, prove=False).limits for b in (1, 2)}
    assert [point.at for point in found.lines[0].points] == [1, 2]
    for point in found.lines[0].points:
        assert np.array_equal(point.direction, limits[int(point.at)][0].direction)
    assert sum(len(line.points) for line in found.lines) == sum(map(len, limits.values()))
    assert np.array_equal(found.targets["l1 max margin"], max_margin(data, "l1").unit())
    only = predict(data, PROXY, starts=0, prove=False).limits[0]
    assert np.array_equal(found.targets["AdamProxy's limit"], only.direction)


def test_a_path_is_written_with_its_angles_and_changes() -> None:
    point = paths.Point(1 / 11, np.array([1.0, 0.0]), (0,), "attracting")
    line = paths.Line(
        (point, replace(point, at=10 / 11, direction=np.array([0.6, 0.8]))), (JOINS,), None, MEET
    )
    targets = {"x": np.array([1.0, 0.0]), "y": np.array([0.0, 1.0])}
    found = paths.Path(TWO, ADAM, "beta2", (line,), targets)
    written = paths.path_json(found)["lines"][0]
    assert [each["degrees"] for each in written["points"]] == [
        {"x": pytest.approx(0), "y": pytest.approx(90)},
        {"x": pytest.approx(math.degrees(math.acos(0.6))), "y": pytest.approx(math.degrees(math.acos(0.8)))},
    ]
    assert (written["begin"], [each["beta2"] for each in written["changes"]]) == (None, [0.5])
    assert written["end"] == {"beta2": pytest.approx(10 / 11), "kind": "fold", "text": MEET.text}
    text = shown(lambda to: paths.show_path(to, found))
    assert cells(text) == [
        ["0", "0.0909091", "0", "attracting", "0.000", "90.000"],
        ["0", "0.909091", "0", "attracting", "53.130", "36.870"],
    ]
    assert "limit 0 at beta2 = 0.500000: row 1 joins the support" in text
    assert "limit 0 ends at beta2 = 0.909091: two equilibria on rows 0 meet" in text
    assert "begins" not in text
    axes = paths.draw_path(found).axes
    drawn = axes[1].get_lines()
    assert list(drawn[0].get_ydata()) == pytest.approx([90, math.degrees(math.acos(0.8))])
    # At beta2 = 1/2, halfway from 1/11 to 10/11 on an axis of log(beta2 / (1 - beta2)); and at the end.
    marks = [(float(mark.get_xdata()[0]), float(mark.get_ydata()[0])) for mark in drawn[1:3]]
    assert marks[0] == pytest.approx((0.5, (90 + 36.8699) / 2))
    assert marks[1] == pytest.approx((10 / 11, 36.8699))


# --- pictures


def test_batch_sizes_are_1_2_5_and_so_on_and_all() -> None:
    assert pictures.batch_sizes(1) == [1]
    assert pictures.batch_sizes(5) == [1, 2, 5]
    assert pictures.batch_sizes(21) == [1, 2, 5, 10, 20, 21]


def test_angles_are_those_to_the_two_margins() -> None:
    axes = pictures.angles(FOUND).axes[0]
    lines = {line.get_label(): line.get_xydata() for line in axes.get_lines()}
    u, l2, linf = np.array([[1, 0], [1, 1]]).T / [1, 2**0.5], [1, 3] / np.sqrt(10), [2, 3] / np.sqrt(13)
    wanted = np.degrees(np.arccos(np.column_stack([l2 @ u, linf @ u])))
    assert lines["predicted for adam"] == pytest.approx(wanted)
    assert lines["gd and sgd: l2 max margin"] == pytest.approx(
        np.array([[0, np.degrees(np.arccos(l2 @ linf))]]), abs=1e-5
    )


def test_places_of_batch_sizes_that_are_one_share_a_label() -> None:
    class Axes:
        found: list[tuple[str, tuple[float, float]]] = []  # noqa: RUF012

        def annotate(self, text: str, point: tuple[float, float], **style: object) -> None:
            self.found.append((text, point))

    points = [(0.0, 0.0), (0.0, 3.9), (3.0, 8.0), (3.0, 9.0)]
    pictures._label_path(Axes(), ["1", "2", "5", "full"], points)
    assert Axes.found == [("1, 2", (0.0, 3.9)), ("5, full", (3.0, 9.0))]


# --- files


def test_where_nothing_can_be_written_is_seen_before_the_work(tmp_path: Path) -> None:
    check_writable(None)
    check_writable("-")
    check_writable(str(tmp_path / "new.json"))
    for target, words in (
        ("", "is no name"),
        (str(tmp_path), "is a directory"),
        (str(tmp_path / "no" / "a"), "no folder"),
    ):
        with pytest.raises(BadInput, match=words):
            check_writable(target)
    check_picture(str(tmp_path / "a.SVG"))
    for target, words in (
        (str(tmp_path / "a.txt"), "does not end in"),
        (str(tmp_path / "no" / "a.svg"), "no folder"),
    ):
        with pytest.raises(BadInput, match=words):
            check_picture(target)


def test_tables_give_way_to_a_document_on_standard_output() -> None:
    assert console("-").quiet
    assert console(None, "-").quiet
    assert not console(None, "a.json").quiet

"""What a person meets says what the results hold: sentences, tables, documents and pictures."""

from __future__ import annotations

import io
import json
import math
import os
import stat
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction as Q
from pathlib import Path

import numpy as np
import pytest
from forging import dataset as rows
from matplotlib.figure import Figure

from properties.claim import Found
from verify.ask.claims import show_claims
from verify.ask.margin import MaxMargin
from verify.ask.prediction import Limits
from verify.ask.prediction_text import show_prediction, simulation_text
from verify.ask.simulation import Run
from verify.ask.words import cautions, decimals, rows_text
from verify.claims import CLAIMS, Claim, Result
from verify.cli import paths, pictures, simplex
from verify.cli.heat_map import heat_maps
from verify.console import SHOWN, Page, check_picture, check_writable, console, write_json
from verify.data import Dataset
from verify.data.given import given
from verify.errors import BadInput
from verify.evidence import Evidence, Verdict
from verify.game import Limit, Prediction, predict
from verify.game.companion import Simulated
from verify.game.flows.paths import Change
from verify.game.smooth.field import field
from verify.margins import max_margin
from verify.optimizers import Optimizer, optimizer
from verify.simulate import Simulation, simulate

ADAM, PROXY = optimizer("adam"), optimizer("adam-proxy")


TWO, CLOSE = rows((3, 1), (0, 2)), rows(("3.01", 1), (1, 3))


def limit(
    direction: tuple[float, ...],
    weights: tuple[float, ...],
    stability: str = "attracting",
    slack: float = 0.25,
    radius: float | None = None,
) -> Limit:
    u, c = np.array(direction), np.array(weights)
    support = tuple(map(int, np.flatnonzero(c)))
    return Limit(u / np.linalg.norm(u), radius, support, c, slack, stability, Verdict.MEASURED)


FIRST = limit((1, 0), (1, 0))
SECOND = limit((1, 1), (0.5, 0.5), "saddle", math.inf, 1e-9)
FOUND = Prediction(TWO, ADAM, (FIRST, SECOND), complete=False, start=(Q(0), Q(0)))


def shown(show: Callable[[Page], None]) -> str:
    """What a view prints, on lines as long as they need be."""
    page = io.StringIO()
    show(Page(file=page, width=400))
    return page.getvalue()


def cells(text: str) -> list[list[str]]:
    """The body of the table in a text."""
    return [
        [cell.strip() for cell in line.strip("│\n").split("│")] for line in text.splitlines() if "│" in line
    ]


# --- predictions


def test_a_prediction_is_shown_limit_by_limit() -> None:
    margins = {"linf": max_margin(TWO, "linf"), "l2": max_margin(TWO, "l2")}
    text = shown(lambda to: show_prediction(to, FOUND, margins))
    first, second = text.split("limit 1: ")
    # The l_inf maximizer is (2/3, 1), one of many; the l2 one is that of (1, 3).
    for part, lines in (
        (
            first,
            (
                "limit 0: attracting, measured; support row 0, slack 2.50e-01",
                "x0  +1.000000",
                "x1  +0.000000",
            ),
        ),
        (first, ("from the linf max margin: 56.31 degrees*, 1 - cos = 4.45e-01",)),
        (first, ("from the l2 max margin: 71.57 degrees, 1 - cos = 6.84e-01",)),
        (second, ("saddle, measured; support rows 0, 1\n", "within 1.0e-09 in l2 norm", "x0  +0.707107")),
        (
            second,
            ("linf max margin: 11.31 degrees*, 1 - cos = 1.94e-02", "l2 max margin: 26.57 degrees, 1 -"),
        ),
    ):
        for line in lines:
            assert line in part
    for words in (
        "hand-made: 2 rows x 2; adam, batch size 1, cyclic, beta1 = 0.9, beta2 = 0.999",
        "* the maximizer is not unique",
        "x_1[0] = 0 (1 such entries)",
        "complete: no",
    ):
        assert words in text
    assert "from w_0" not in text
    assert "within" not in first
    without = shown(lambda to: show_prediction(to, FOUND, {"l2": margins["l2"]}))
    assert "*" not in without


def test_entries_stand_beside_their_names_the_largest_first() -> None:
    names = ("age", "dose", *(f"gene {k}" for k in range(20)))
    u = np.array([0.6, -0.8, *(0.001 * k for k in range(20))])
    data = Dataset("genes", ((Q(1),) * 22,), names)
    found = replace(FOUND, dataset=data, limits=(replace(FIRST, direction=u),))
    lines = [line.split() for line in shown(lambda to: show_prediction(to, found, {})).splitlines()]
    start = lines.index(["dose", "-0.800000"])
    assert lines[start + 1] == ["age", "+0.600000"]
    assert lines[start + 2] == ["gene", "19", "+0.019000"]
    assert lines[start + SHOWN][:5] == ["and", str(22 - SHOWN), "smaller", "entries", "(--all"]
    every = io.StringIO()
    show_prediction(Page(file=every, width=400, whole=True), found, {})
    assert "gene 0" in every.getvalue()
    assert "smaller entries" not in every.getvalue()


@pytest.mark.parametrize("width", [20, 40, 80])
def test_no_line_breaks_within_a_word_or_a_number(width: int) -> None:
    """What is wider than the terminal stands whole on a line of its own; all else fits."""
    decimals = tuple(str(u) for u in ("0.123456789012345678901234567890", "-0.5"))
    wide = replace(FOUND, dataset=replace(TWO, columns=("a feature of long name", "b")))
    wide = replace(wide, limits=(replace(FIRST, decimals=decimals),), note="a note of several words")
    wanted = shown(lambda to: show_prediction(to, wide, {"l2": max_margin(TWO, "l2")})).split()
    page = io.StringIO()
    show_prediction(Page(file=page, width=width), wide, {"l2": max_margin(TWO, "l2")})
    assert [word.strip(":") for word in page.getvalue().split()] == [word.strip(":") for word in wanted]
    if width == 80:
        assert max(map(len, page.getvalue().splitlines())) <= 80


def test_the_limit_from_a_start_is_said_with_its_evidence() -> None:
    started = replace(FOUND, complete=True, start=(Q(1, 2), Q(0)))
    text = shown(lambda to: show_prediction(to, started, {}))
    assert "complete: these are all" in text
    assert "goes to limit 0" not in text
    for kind, steps, words in (
        (Verdict.MEASURED, None, "(measured: the flow"),
        (Verdict.CERTIFIED, None, "(every start does, certified)"),
        (Verdict.MEASURED, 7, "(measured: enclosed in balls, in 7 steps"),
    ):
        found = replace(started, from_start=kind, enclosed_steps=steps)
        text = shown(lambda to, found=found: show_prediction(to, found, {}))
        flow = "the flow (vanishing steps, moments that have settled)"
        assert f"from w_0 = (1/2, 0) {flow} goes to limit 0 {words}" in text


def test_json_of_a_prediction_holds_each_limit_against_each_margin() -> None:
    margins = {"linf": max_margin(TWO, "linf"), "l2": max_margin(TWO, "l2")}
    document = Limits(FOUND, margins).to_dict()
    assert document["comparison"]["one_minus_cos"] == {
        "linf": pytest.approx([1 - 2 / 13**0.5, 1 - 5 / 26**0.5]),
        "l2": pytest.approx([1 - 1 / 10**0.5, 1 - 4 / 20**0.5]),
    }
    assert document["comparison"]["degrees"]["l2"] == pytest.approx(
        [math.degrees(math.acos(1 / 10**0.5)), math.degrees(math.acos(4 / 20**0.5))]
    )
    assert document["comparison"]["max_margin_unique"] == {"linf": False, "l2": True}
    assert len(document["cautions"]) == 1


def test_what_is_said_of_a_run() -> None:
    run = Simulated(1000, 10.0, 0, 1e-3, 1e-6, agrees=False, needed=1000)
    assert "(agrees: below 1e-06)" in simulation_text(replace(run, agrees=True), FOUND)
    assert simulation_text(run, FOUND).endswith("which is not agreement")
    assert "would need about 1e+03 steps" in simulation_text(replace(run, steps=999), FOUND)
    assert simulation_text(replace(run, needed=None), FOUND).endswith("not there yet, or not agreement")
    assert "slower than exponentially" in simulation_text(replace(run, nearest=1), FOUND)
    moved = replace(FOUND, start=(Q(0), Q(1, 2)))
    assert "from w_0 = (0, 1/2)" in simulation_text(run, moved)


def test_entries_rows_and_zeros_are_named() -> None:
    assert decimals(np.array([1.0, -0.5])) == ["+1.000000", "-0.500000"]
    assert rows_text((0, 2, 5), most=3) == "0, 2, 5"
    assert rows_text((0, 2, 5), most=2) == "0, 2, ... (3)"
    assert cautions(CLOSE, False) == []
    (caution,) = cautions(rows((1, 0), (2, 1), (0, 1)), False)
    assert caution.startswith("x_0[1] = 0 (2 such entries)")
    assert "may be missed" in caution
    assert "may be missed" not in cautions(rows((1, 0), (2, 1), (0, 1)), True)[0]  # beside "these are all"


# --- claims, margins and runs


def result(claim: Claim, evidence: Evidence) -> Result:
    return Result(claim, tuple(Found(clause, (evidence,)) for clause in claim.clauses), 0.5)


def test_claims_that_come_out_otherwise_are_named() -> None:
    refuted, proved = (Evidence(kind, "a set", "seen") for kind in (Verdict.REFUTED, Verdict.PROVED))
    results = [result(CLAIMS[id], e) for id, e in (("gd-l2", proved), ("false-per-sample-l2", refuted))]
    text = shown(lambda to: show_claims(results, 2, to))
    assert "2 claims: all as expected" in text
    assert "refuted (as it should be)" in text
    assert "seen [on a set]" in text
    results = [result(CLAIMS[id], e) for id, e in (("gd-l2", refuted), ("false-per-sample-l2", proved))]
    text = shown(lambda to: show_claims(results, 2, to))
    assert "2 claims: not as expected: gd-l2, false-per-sample-l2" in text
    assert text.count("(unexpected)") == 2
    assert "1 of 2 claims checked: not as expected: gd-l2" in shown(
        lambda to: show_claims(results[:1], 2, to)
    )
    nothing = shown(lambda to: show_claims([], 2, to))
    assert "0 of 2 claims checked" in nothing
    assert "as expected" not in nothing


def test_margins_and_runs_are_shown_as_they_are() -> None:
    text = str(MaxMargin(max_margin(TWO, "linf")))
    assert "linf max margin 2 (exact: 2), certified" in text
    assert "support rows 1" in text
    assert "the maximizers fill a face of dimension 1" in text
    assert "the maximizer is unique" in str(MaxMargin(max_margin(TWO, "l2")))
    run = replace(
        simulate(TWO, PROXY, 4),
        weights=(1.0, 2.0),
        direction=(3.0, 4.0),
        increment_direction=(5.0, 6.0),
        min_margin=7.0,
    )

    def lines(run: Simulation) -> list[list[str]]:
        return [line.split() for line in str(Run(run, TWO, PROXY, 0, (), angles=False)).splitlines()]

    assert lines(run)[-2:] == [["x1", "2.0", "4.0", "6.0"], ["x0", "1.0", "3.0", "5.0"]]
    assert "4 steps in float64; least margin 7.0" in str(Run(run, TWO, PROXY, 0, ()))
    balls = replace(run, arithmetic="balls", digits=9, bits=80, radius=("1e-20", "2e-20"))
    assert lines(balls)[-2] == ["x1", "2.0", "2e-20", "4.0", "6.0"]


# --- paths

JOINS = Change(0.0, "support", "row 1 joins the support")
MEET = Change(1.0, "fold", "two equilibria on rows 0 meet")
BRANCH = paths.Branch(
    tuple(
        paths.Point(at, np.array(u), (0,), "attracting")
        for at, u in ((1 / 11, (1.0, 0.0)), (0.4, (1.0, 1.0)), (10 / 11, (0.6, 0.8)))
    ),
    (JOINS,),
    None,
    MEET,
)
PATH = paths.Path(TWO, ADAM, "beta2", (BRANCH,), {"x": np.array([1.0, 0.0]), "y": np.array([0.0, 2.0])})


def test_a_path_in_the_batch_size_has_the_limits_of_each() -> None:
    found = paths.path(CLOSE, ADAM, "batch-size")
    limits = {b: predict(CLOSE, replace(ADAM, batch_size=b), starts=0, prove=False).limits for b in (1, 2)}
    assert [point.at for point in found.lines[0].points] == [1, 2]
    for point in found.lines[0].points:
        assert np.array_equal(point.direction, limits[int(point.at)][0].direction)
    assert sum(len(line.points) for line in found.lines) == sum(map(len, limits.values()))
    assert np.array_equal(found.targets["l1 max margin"], max_margin(CLOSE, "l1").unit())
    only = predict(CLOSE, PROXY, starts=0, prove=False).limits[0]
    assert np.array_equal(found.targets["AdamProxy's limit"], only.direction)


def test_only_the_limit_from_the_start_makes_a_line_over_batch_sizes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the flow from w_0 = 0 reached nothing, the first limit of the list is another's."""

    def found(data: Dataset, opt: Optimizer, **_: object) -> Prediction:
        return replace(FOUND, note="" if opt.batch(data.n) == 1 else "the flow reached no equilibrium")

    monkeypatch.setattr(paths, "predict", found)
    sizes = [[point.at for point in line.points] for line in paths._by_batch_size(TWO, ADAM)]
    assert sizes == [[1], [1], [2], [2]]


def test_a_path_is_written_with_its_angles_and_changes() -> None:
    (line,) = paths.path_json(PATH)["lines"]
    acute = math.degrees(math.acos(0.8))
    for name, degrees in (("x", [0, 45, 90 - acute]), ("y", [90, 45, acute])):
        assert [point["degrees"][name] for point in line["points"]] == pytest.approx(degrees)
    assert (line["begin"], [change["beta2"] for change in line["changes"]]) == (None, [0.5])
    assert line["end"] == {"beta2": pytest.approx(10 / 11), "kind": "fold", "text": MEET.text}


def test_a_path_is_shown_by_its_ends_or_batch_by_batch() -> None:
    begin, middle, end = (
        ["0", "0.0909091", "0", "attracting", "0.000", "90.000"],
        ["0", "0.4", "0", "attracting", "45.000", "45.000"],
        ["0", "0.909091", "0", "attracting", "53.130", "36.870"],
    )
    for kind, table in (("beta2", [begin, end]), ("batch-size", [begin, middle, end])):
        text = shown(lambda to, kind=kind: paths.show_path(to, replace(PATH, kind=kind)))
        assert [line.split(maxsplit=5) for line in text.splitlines()[2 : 2 + len(table)]] == table
        assert "limit 0 at beta2 = 0.500000: row 1 joins the support" in text
        assert "limit 0 ends at beta2 = 0.909091: two equilibria on rows 0 meet" in text
        assert "begins" not in text


def test_a_path_is_drawn_with_its_changes_on_it() -> None:
    drawn = paths.draw_path(PATH).axes[1].get_lines()
    acute = math.degrees(math.acos(0.8))
    assert drawn[0].get_ydata() == pytest.approx((90, 45, acute))
    marks = [(float(mark.get_xdata()[0]), float(mark.get_ydata()[0])) for mark in drawn[1:3]]
    # On an axis of log(beta2 / (1 - beta2)), which is 0 at the change at 1/2.
    part = math.log(1.5) / math.log(15)
    assert marks[0] == pytest.approx((0.5, 45 + part * (acute - 45)))
    assert marks[1] == pytest.approx((10 / 11, acute))


# --- pictures


def test_batch_sizes_are_1_2_5_and_so_on_and_all() -> None:
    assert pictures.batch_sizes(1) == [1]
    assert pictures.batch_sizes(5) == [1, 2, 5]
    assert pictures.batch_sizes(21) == [1, 2, 5, 10, 20, 21]


def test_angles_are_those_to_the_two_margins() -> None:
    figure = Figure()
    pictures.angles(FOUND, figure)
    axes = figure.axes[0]
    lines = {line.get_label(): line.get_xydata() for line in axes.get_lines()}
    u, l2, linf = np.array([[1, 0], [1, 1]]).T / [1, 2**0.5], [1, 3] / np.sqrt(10), [2, 3] / np.sqrt(13)
    wanted = np.degrees(np.arccos(np.column_stack([l2 @ u, linf @ u])))
    assert lines["predicted for adam"] == pytest.approx(wanted)
    assert lines["gd and sgd: l2 max margin"] == pytest.approx(
        np.array([[0, np.degrees(np.arccos(l2 @ linf))]]), abs=1e-5
    )


def test_places_of_batch_sizes_that_are_one_share_a_label() -> None:
    axes = Figure().subplots()
    points = [(0.0, 0.0), (0.0, 3.9), (3.0, 8.0), (3.0, 9.0)]
    pictures._label_path(axes, ["1", "2", "5", "full"], points)
    assert [(label.get_text(), label.xy) for label in axes.texts] == [
        ("1, 2", (0.0, 3.9)),
        ("5, full", (3.0, 9.0)),
    ]


def test_arrows_are_the_way_that_the_weights_of_a_short_step_go() -> None:
    game = field(rows((1, -4, -1), (3, -3, 5), (4, -1, -4)).floats(), PROXY)
    x, y, u, v = simplex._arrows(game, 12)
    inside = np.argwhere(np.isfinite(u))
    assert len(inside) >= 50
    for p, q in inside:
        ones = np.column_stack([simplex.CORNERS, np.ones(3)])
        c = np.linalg.solve(ones.T, [x[q], y[p], 1.0])
        after = c * np.exp(-1e-6 * game.X @ game.drift(np.log(c)))
        moved = (after / after.sum() - c) @ simplex.CORNERS / 1e-6
        # A step of 1e-6 is off by half of it times squares of costs, which are at most 12 here.
        assert [u[p, q], v[p, q]] == pytest.approx(moved, abs=1e-4)


def test_two_rows_weights_are_drawn_fleeing_what_repels(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simplex, "intervals", lambda *_: [])
    middle = limit((1, 1), (0.5, 0.5), "repelling")
    figure = Figure()
    simplex.simplex(Prediction(rows((4, 1), (1, 4)), PROXY, (middle,), complete=False), figure)
    ratios, speed = figure.axes[0].lines[0].get_data()
    near = (ratios > 0.5) & (ratios < 2) & (np.abs(ratios - 1) > 1e-3)
    assert np.all(np.sign(speed[near]) == np.sign(ratios[near] - 1))


def test_limits_are_named_with_their_angle_from_the_first() -> None:
    limits = (FIRST, limit((0, 1), (1, 0)), SECOND)
    assert simplex.named(0, limits) == "limit 0: attracting, support row 0"
    assert simplex.named(1, limits).endswith("90.0° from limit 0")
    assert simplex.named(2, limits).endswith("45.0° from limit 0")


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
    for name in ("a.SVG", "PICTURE.PNG"):
        check_picture(str(tmp_path / name))
    for target, words in (
        (str(tmp_path / "a.txt"), "does not end in"),
        (str(tmp_path / "no" / "a.svg"), "no folder"),
    ):
        with pytest.raises(BadInput, match=words):
            check_picture(target)


def test_a_document_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    target = tmp_path / "found.json"
    write_json({"a": [1, 2]}, str(target))
    assert json.loads(target.read_text()) == {"a": [1, 2]}
    umask = os.umask(0)
    os.umask(umask)
    assert stat.S_IMODE(target.stat().st_mode) == 0o666 & ~umask
    with pytest.raises(ValueError, match="JSON"):
        write_json({"a": float("nan")}, str(target))
    assert json.loads(target.read_text()) == {"a": [1, 2]}
    assert [path.name for path in tmp_path.iterdir()] == ["found.json"]


def test_tables_give_way_to_a_document_on_standard_output() -> None:
    assert console("-").quiet
    assert console(None, "-").quiet
    assert not console(None, "a.json").quiet


def test_several_classes_are_a_heat_map_with_their_names() -> None:
    """Classes down, features across. False variant: rows and columns the other way round."""
    data = given([[3, 1], [-1, 2], [1, -4]], ["b", "a", "c"], multiclass=True)
    assert data.classes is not None
    found = predict(data, optimizer("gd"), digits=0)
    figure = Figure()
    heat_maps(found, figure)
    axes, _ = figure.axes
    drawn = np.asarray(axes.images[0].get_array())
    assert drawn.shape == (3, 2)
    assert np.array_equal(drawn.ravel(), found.limits[0].direction)
    assert [text.get_text() for text in axes.get_yticklabels()] == ["a", "b", "c"]
    assert [text.get_text() for text in axes.get_xticklabels()] == list(data.classes.features)
    nothing = Figure()
    heat_maps(replace(found, limits=(), note="why not"), nothing)
    assert "why not" in nothing.axes[0].texts[0].get_text()

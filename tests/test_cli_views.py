"""What a person reads and sees: sentences, tables and pictures say what the results hold."""

from __future__ import annotations

import io
import json
import os
import stat
from dataclasses import replace
from fractions import Fraction as Q
from pathlib import Path as File

import numpy as np
import pytest
from rich.console import Console

from verify.cli import paths, simplex
from verify.cli.paths import Line, Path, Point, path_json, show_path
from verify.cli.views import cautions, rows_text, show_prediction, simulation_text, vector
from verify.compare import Simulated
from verify.data import Dataset
from verify.evidence import Verdict
from verify.game import Limit, Prediction
from verify.game.field import field
from verify.game.paths import Change
from verify.optimizers import Optimizer, optimizer
from verify.report import check_picture, write_json

PROXY, ADAM = optimizer("adam-proxy"), optimizer("adam")
THREE = Dataset("three", ((Q(1), Q(-4), Q(-1)), (Q(3), Q(-3), Q(5)), (Q(4), Q(-1), Q(-4))))


def limit(*direction: float, stability: str = "attracting") -> Limit:
    u = np.array(direction) / np.linalg.norm(direction)
    return Limit(u, None, (0,), np.array([1.0, 0.0]), np.inf, stability, Verdict.MEASURED)  # type: ignore[arg-type]


TWO = Dataset("two", ((Q("3.01"), Q(1)), (Q(1), Q(3))))
FOUND = Prediction(TWO, PROXY, (limit(1, 0), limit(1, 1, stability="saddle")), complete=False)
RUN = Simulated(1000, 10.0, 0, 1e-3, 1e-6, agrees=False, needed=1000)


def test_what_is_said_of_a_run() -> None:
    assert "(agrees: below 1e-06)" in simulation_text(replace(RUN, agrees=True), FOUND)
    assert simulation_text(RUN, FOUND).endswith("which is not agreement")
    assert "would need about 1e+03 steps" in simulation_text(replace(RUN, steps=999), FOUND)
    assert "is not known" in simulation_text(replace(RUN, needed=None), FOUND)
    assert "slower than exponentially" in simulation_text(replace(RUN, nearest=1), FOUND)
    assert "from w_0 = (0, 1/2)" in simulation_text(RUN, replace(FOUND, start=(Q(0), Q(1, 2))))


def shown(found: Prediction) -> str:
    page = io.StringIO()
    show_prediction(Console(file=page, width=200), found, {}, None)
    return page.getvalue()


def test_what_is_said_of_a_prediction() -> None:
    assert "complete: no" in shown(FOUND)
    assert "complete: these are all" in shown(replace(FOUND, complete=True))
    moved = replace(FOUND, start=(Q(1), Q(0)))
    assert "goes to limit 0" not in shown(moved)
    assert "measured: the flow" in shown(replace(moved, from_start=Verdict.MEASURED))
    assert "every start does" in shown(replace(moved, from_start=Verdict.CERTIFIED))
    enclosed = replace(moved, from_start=Verdict.CERTIFIED, enclosed_steps=7)
    assert "enclosed in 7 steps" in shown(enclosed)


def test_entries_rows_and_zeros_are_named() -> None:
    assert vector(np.array([1.0, -0.5])) == "(+1.000000, -0.500000)"
    assert vector(np.ones(3), 2) == "(+1.000000, +1.000000, ...)"
    assert rows_text((0, 2, 5), 3) == "0, 2, 5"
    assert rows_text((0, 2, 5), 2) == "0, 2, ... (3)"
    assert cautions(TWO) == []
    (caution,) = cautions(Dataset("zeros", ((Q(1), Q(0)), (Q(2), Q(1)), (Q(0), Q(1)))))
    assert caution.startswith("x_0[1] = 0 (2 such entries)")


MET = Change(1.0, "fold", "two equilibria meet")
TURNING = ((0.1, (0.0, 1.0)), (0.5, (1.0, 1.0)), (0.9, (1.0, 0.0)))
BRANCH = Line(tuple(Point(at, np.array(u), (0,), "attracting") for at, u in TURNING), end=MET)
PATH = Path(TWO, ADAM, "beta2", (BRANCH,), {"first": np.array([1.0, 0.0]), "second": np.array([0.0, 2.0])})


def test_a_path_is_written_with_its_angles_and_ends() -> None:
    (line,) = path_json(PATH)["lines"]
    angles = [[point["degrees"][name] for point in line["points"]] for name in ("first", "second")]
    assert angles[0] == pytest.approx([90, 45, 0], abs=1e-9)
    assert angles[1] == pytest.approx([0, 45, 90], abs=1e-9)
    assert line["begin"] is None
    assert line["end"] == {"beta2": pytest.approx(10 / 11), "kind": "fold", "text": "two equilibria meet"}


def test_a_path_is_shown_by_its_ends_or_batch_by_batch() -> None:
    for kind, count in (("beta2", 2), ("batch-size", 3)):
        page = io.StringIO()
        show_path(Console(file=page, width=200), replace(PATH, kind=kind))
        text = page.getvalue()
        assert text.count("attracting") == count
        assert "limit 0 ends at beta2 = 0.909091: two equilibria meet" in text
        assert "begins" not in text


def test_only_the_limit_from_the_start_makes_a_line_over_batch_sizes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the flow from w_0 = 0 reached nothing, the first limit of the list is another's."""

    def found(data: Dataset, opt: Optimizer, **_: object) -> Prediction:
        return replace(FOUND, note="" if opt.batch(data.n) == 1 else "the flow reached no equilibrium")

    monkeypatch.setattr(paths, "predict", found)
    sizes = [[point.at for point in line.points] for line in paths._by_batch_size(TWO, ADAM)]
    assert sizes == [[1], [1], [2], [2]]


def test_arrows_are_the_way_that_the_weights_of_a_short_step_go() -> None:
    game = field(THREE.floats(), PROXY)
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
    middle = replace(limit(1, 1, stability="repelling"), weights=np.array([0.5, 0.5]))
    figure = simplex.simplex(
        replace(FOUND, dataset=Dataset("alike", ((Q(4), Q(1)), (Q(1), Q(4)))), limits=(middle,))
    )
    ratios, speed = figure.axes[0].lines[0].get_data()
    near = (ratios > 0.5) & (ratios < 2) & (np.abs(ratios - 1) > 1e-3)
    assert np.all(np.sign(speed[near]) == np.sign(ratios[near] - 1))


def test_limits_are_named_with_their_angle_from_the_first() -> None:
    limits = (limit(1, 0), limit(0, 1), limit(1, 1, stability="saddle"))
    assert simplex.named(0, limits) == "limit 0: attracting, support row 0"
    assert simplex.named(1, limits).endswith("90.0° from limit 0")
    assert simplex.named(2, limits).endswith("45.0° from limit 0")


def test_a_document_is_written_whole_or_not_at_all(tmp_path: File) -> None:
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
    check_picture(str(tmp_path / "PICTURE.PNG"))

"""Paths of the limits in beta2, in the batch size, in a constant step size or in weight decay: table, JSON, picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np

from verify.ask.words import rows_text
from verify.cli.pictures import batch_sizes
from verify.cli.simplex import COLOURS
from verify.console import Page
from verify.data import Dataset
from verify.drawers import require_one_of
from verify.errors import BadInput
from verify.game import predict
from verify.game.branch import Branch, Change, Point
from verify.game.flows.paths import beta2_path
from verify.game.logit.path import decay_path
from verify.game.margins import Margins
from verify.game.question import Question
from verify.game.waves.path import lr_path
from verify.margins import NORMS, max_margin
from verify.numbers.linear.angles import Vector, degrees
from verify.optimizers import Optimizer, optimizer
from verify.optimizers.traits import traits

# What happens at the critical places of a branch.
PASSED = {"lr": "a spectral radius passes 1 at lr", "weight-decay": "the branch turns at weight-decay"}
KINDS = ("beta2", "batch-size", "lr", "weight-decay")


@dataclass(frozen=True)
class Path:
    """What is drawn and written: a line for each branch, and the directions that it is measured against."""

    data: Dataset
    opt: Optimizer
    kind: str
    lines: Sequence[Branch[Point]]
    targets: dict[str, Vector]


def path(data: Dataset, opt: Optimizer, kind: str) -> Path:
    """Follow the limits. Raises BadInput for an unknown kind, or an optimizer without such a path."""
    require_one_of("path", kind, KINDS)
    question, lines = Question(data, opt, (Fraction(0),) * data.d, Margins(data)), list[Branch[Point]]()
    if kind == "beta2":
        lines += beta2_path(data, opt)
    elif kind == "lr":
        lines += lr_path(question)
    elif kind == "weight-decay":
        lines += decay_path(question)
    else:
        lines += _by_batch_size(data, opt)
    targets = {f"{norm} max margin": max_margin(data, norm).unit() for norm in NORMS}
    if kind == "weight-decay":
        found = predict(data, replace(opt, weight_decay=Fraction(0)), prove=False).limits
    else:
        found = predict(data, optimizer("adam-proxy"), starts=0, prove=False).limits
    if found and kind == "weight-decay":  # as decay vanishes the principal branch comes to one of them
        number = min(
            range(len(found)), key=lambda k: degrees(found[k].direction, lines[0].points[-1].direction)
        )
        targets[f"limit {number} of the game without decay"] = found[number].direction
    elif found:
        targets["AdamProxy's limit"] = found[0].direction
    return Path(data, opt, kind, lines, targets)


def _by_batch_size(data: Dataset, opt: Optimizer) -> list[Branch[Point]]:
    """A line for the limit from w_0 = 0, and one for each other limit, which has one point only."""
    if traits(opt.rule).update != "smooth" or not opt.rule.batches or opt.order != "cyclic":
        raise BadInput(
            f"optimizer={opt.rule.name}, order={opt.order}: the path in the batch size is that of a smooth rule, such "
            "as adam, in cyclic order"
        )
    lines: list[list[Point]] = [[]]
    for b in batch_sizes(data.n):
        found = predict(data, replace(opt, batch_size=b), starts=0, prove=False)
        for number, limit in enumerate(found.limits):
            point = Point(b, limit.direction, limit.support, limit.stability)
            if number == 0 and not found.note:
                lines[0].append(point)
            else:
                lines.append([point])
    return [Branch(tuple(points)) for points in lines if points]


def path_json(found: Path) -> dict[str, Any]:
    """All points with their angles in degrees, and all changes."""

    def change(what: Change | None) -> dict[str, Any] | None:
        return None if what is None else {"beta2": what.beta2, "kind": what.kind, "text": what.text}

    return {
        "dataset": found.data.name,
        "optimizer": found.opt.rule.name,
        "path": found.kind,
        "lines": [
            {
                "points": [
                    {
                        "at": point.at,
                        "direction": point.direction.tolist(),
                        "support": list(point.support),
                        "stability": point.stability,
                        "degrees": {name: degrees(point.direction, u) for name, u in found.targets.items()},
                    }
                    for point in line.points
                ],
                "changes": [change(each) for each in line.changes],
                "begin": change(line.begin),
                "end": change(line.end),
            }
            | ({"critical": list(line.critical)} if found.kind in PASSED else {})
            for line in found.lines
        ],
    }


def show_path(page: Page, found: Path) -> None:
    """Print each line: where it begins and ends, what happens to it, and how far it is from each target."""
    headings = (
        "limit",
        found.kind,
        "support rows",
        "stability",
        *(f"degrees from {t}" for t in found.targets),
    )
    rows = []
    for number, line in enumerate(found.lines):
        ends = (line.points[0], line.points[-1]) if len(line.points) > 1 else line.points
        for point in line.points if found.kind == "batch-size" else ends:
            angles = (f"{degrees(point.direction, u):.3f}" for u in found.targets.values())
            rows.append((str(number), f"{point.at:.6g}", rows_text(point.support), point.stability, *angles))
    page.head(found.data.name, f": limits of {found.opt.rule.name} by {found.kind}, in float64")
    page.rows(rows, headings)
    if found.kind == "beta2" and found.opt.beta1:
        page.say(
            f"beta2 is followed above beta1^2 = {float(found.opt.beta1**2):.6g} only: where beta1^2 >= beta2, m fades "
            "no faster than sqrt(v), and the game says nothing of runs"
        )
    for number, line in enumerate(found.lines):
        for step in line.critical:
            page.say(f"limit {number}: {PASSED[found.kind]} = {step:.6g}")
        for what, word in (
            (line.begin, " begins"),
            *((each, "") for each in line.changes),
            (line.end, " ends"),
        ):
            if what is not None:
                page.say(f"limit {number}{word} at beta2 = {what.beta2:.6f}: {what.text}")


def draw_path(found: Path) -> Any:
    """The angle to each target along the lines: full where the equilibrium attracts, else dashed."""
    from matplotlib.figure import Figure  # takes half a second, and is needed here only

    figure = Figure(figsize=(8.0, 6.4), layout="constrained")
    panels = figure.subplots(2, 2, sharex=True).flat
    for axes, (name, target) in zip(panels, found.targets.items(), strict=False):
        for number, line in enumerate(found.lines):
            _draw_line(axes, found.kind, line, target, number)
        axes.set_title(f"degrees from the {name}" if "max" in name else f"degrees from {name}", fontsize=10)
        axes.margins(0.05, 0.1)
        if found.kind == "beta2":
            # Equal parts for equal factors of beta2 / (1 - beta2).
            axes.set_xscale("function", functions=(_to_p, lambda p: 1 / (1 + 10.0**-p)))
            axes.set_xticks(
                [0.01, 0.1, 0.5, 0.9, 0.99, 0.999], ["0.01", "0.1", "0.5", "0.9", "0.99", "0.999"]
            )
        else:
            axes.set_xscale("log")
        if found.kind == "batch-size":
            sizes = batch_sizes(found.data.n)
            axes.set_xticks(sizes, list(map(str, sizes)), minor=False)
            axes.set_xticks([], minor=True)
    for axes in list(figure.axes)[-2:]:
        axes.set_xlabel(found.kind)
    beta1 = f", beta1 = {float(found.opt.beta1):g}" if "beta1" in found.opt.values else ""
    figure.suptitle(f"Limits of {found.opt.rule.name} on {found.data.name}{beta1}", fontsize=11)
    for label, style in _LEGEND[found.kind].items():
        figure.axes[0].plot([], [], color="black", label=label, **style)
    figure.legend(loc="outside lower center", fontsize=9, frameon=False, ncols=len(_LEGEND[found.kind]))
    return figure


def _to_p(beta2: Vector) -> Vector:
    """log10(beta2 / (1 - beta2)); margins of the axis may lie beyond 0 and 1."""
    inside = np.clip(beta2, 1e-9, 1 - 1e-9)
    return np.asarray(np.log10(inside / (1 - inside)))


_STYLES: dict[str, dict[str, Any]] = {
    "fold": {"marker": "X", "ms": 9, "mec": "white"},
    "lost": {"marker": "X", "ms": 9, "mfc": "white"},
    "support": {"marker": "|", "ms": 12, "mew": 1.5},
    "stability": {"marker": "*", "ms": 12, "mec": "white"},
}
_LEGEND: dict[str, dict[str, dict[str, Any]]] = {
    "beta2": {
        "attracting": {"ls": "-"},
        "not attracting": {"ls": "--"},
        "fold": _STYLES["fold"] | {"ls": "none"},
        "change of support": _STYLES["support"] | {"ls": "none"},
        "change of stability": _STYLES["stability"] | {"ls": "none"},
    },
    "weight-decay": {"attracting": {"ls": "-"}, "not attracting": {"ls": "--"}},
    "lr": {
        "attracting": {"ls": "-"},
        "not attracting": {"ls": "--"},
        "critical step": _STYLES["stability"] | {"ls": "none"},
    },
    "batch-size": {
        "attracting": {"marker": "o", "ls": "none"},
        "not attracting": {"marker": "o", "ls": "none", "mfc": "white"},
    },
}


def _draw_line(axes: Any, kind: str, line: Branch[Point], target: Vector, number: int) -> None:
    colour = COLOURS[number % len(COLOURS)]
    x = np.array([point.at for point in line.points])
    y = np.array([degrees(point.direction, target) for point in line.points])
    attracting = np.array([point.stability == "attracting" for point in line.points])
    if kind == "batch-size":
        axes.plot(x, y, color=colour, lw=1)
        axes.plot(x[attracting], y[attracting], "o", color=colour)
        axes.plot(x[~attracting], y[~attracting], "o", color=colour, mfc="white")
        return
    full = attracting[1:] & attracting[:-1]  # by pieces between two points
    ends = [0, *(np.flatnonzero(full[1:] != full[:-1]) + 1).tolist(), len(full)]
    for a, b in pairwise(ends):
        axes.plot(x[a : b + 1], y[a : b + 1], color=colour, lw=1.6, ls="-" if full[a : a + 1].all() else "--")
    if line.critical and kind == "lr":
        axes.plot(
            line.critical, np.interp(line.critical, x, y), color=colour, ls="none", **_STYLES["stability"]
        )
    for change in (line.begin, *line.changes, line.end):
        if change is not None:
            height = float(np.interp(change.p, _to_p(x), y))
            axes.plot(change.beta2, height, color=colour, ls="none", **_STYLES[change.kind])

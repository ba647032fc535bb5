"""The picture of a prediction: heat maps of several classes, basins in the simplex of two or three rows, else angles of
each optimizer's limit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from verify.cli.heat_map import LIMITS, heat_maps
from verify.cli.simplex import simplex, size
from verify.console import write_picture
from verify.data import Dataset
from verify.game import Prediction, predict
from verify.game.flows.basins import drawable
from verify.margins import max_margin
from verify.numbers.linear.angles import Vector, degrees
from verify.optimizers import Optimizer, optimizer

# Okabe and Ito's colours, told apart by everybody.
_BLUE, _GREEN, _ORANGE = "#0072B2", "#009E73", "#D55E00"

# Inches of the run's angles, with their legend.
BELOW = 4.8


def batch_sizes(n: int) -> list[int]:
    """1, 2, 5, 10, 20, 50, ... below n, and n."""
    steps = [digit * 10**power for power in range(len(str(n))) for digit in (1, 2, 5)]
    return [*(b for b in steps if b < n), n]


def draw(prediction: Prediction, path: str, along: Callable[[Any], Any] | None = None) -> None:
    """Heat maps of several classes, the simplex where it can be drawn, the angles otherwise; below it what ``along``
    draws into axes of its own."""
    from matplotlib.figure import Figure  # takes half a second, and is needed here only

    if prediction.dataset.classes is not None:
        above_all, width, height = heat_maps, 6.4, 2.6 * max(1, min(LIMITS, len(prediction.limits)))
    elif drawable(prediction):
        above_all, (width, height) = simplex, size(prediction)
    else:
        above_all, width, height = angles, 6.4, 5.2
    figure = Figure(figsize=(width, height + (0 if along is None else BELOW)), layout="constrained")
    above: Any = figure
    if along is not None:
        parts: Any = figure.subfigures(2, 1, height_ratios=(height, BELOW))
        above, below = parts
        along(below.subplots())
    above_all(prediction, above)
    write_picture(figure, path, dpi=160)


def angles(prediction: Prediction, figure: Any) -> None:
    """The angle of each optimizer's limit to the l2 and to the l_inf max-margin direction.

    The betas are those of the prediction; its own limits are circled.
    """
    data, opt = prediction.dataset, prediction.optimizer
    l2, linf = (max_margin(data, norm).unit() for norm in ("l2", "linf"))

    def place(direction: Vector) -> tuple[float, float]:
        return degrees(direction, l2), degrees(direction, linf)

    axes = figure.subplots()
    adam = _by_batch_size(data, opt)
    points = [place(direction) for direction in adam.values()]
    if points:
        axes.plot(*zip(*points, strict=True), "o-", color=_BLUE, ms=5, lw=1, label="adam, by batch size")
    _label_path(axes, ["full batch" if b == data.n else str(b) for b in adam], points)
    for name, found, style, colour in (
        ("adam-proxy", _first(data, optimizer("adam-proxy")), "D", _GREEN),
        ("gd and sgd: l2 max margin", l2, "s", _ORANGE),
        ("signgd: l_inf max margin", linf, "^", _ORANGE),
    ):
        if found is not None:
            axes.plot(*place(found), style, color=colour, ms=8, zorder=1, label=name)
    circled = [place(limit.direction) for limit in prediction.limits]
    if circled:
        ring: dict[str, Any] = {"ls": "none", "marker": "o", "ms": 16, "mfc": "none", "mec": "black"}
        axes.plot(*zip(*circled, strict=True), label=f"predicted for {opt.rule.name}", **ring)
    axes.legend(fontsize=8, markerscale=0.6)
    axes.set(
        xlabel="degrees from the l2 max-margin direction",
        ylabel="degrees from the l_inf max-margin direction",
        title=f"Limit directions on {data.name}",
    )
    axes.margins(x=0.25, y=0.15)  # room for the label of the last place


def _by_batch_size(data: Dataset, opt: Optimizer) -> dict[int, Vector]:
    """The limit from w_0 = 0 of Adam with the same betas, for each batch size that has one."""
    betas: dict[str, Any] = {key: opt.values[key] for key in ("beta1", "beta2") if key in opt.values}
    adam = optimizer("adam", **betas)
    found = {b: _first(data, replace(adam, batch_size=b)) for b in batch_sizes(data.n)}
    return {b: direction for b, direction in found.items() if direction is not None}


def _first(data: Dataset, opt: Optimizer) -> Vector | None:
    return next((limit.direction for limit in predict(data, opt, starts=0).limits), None)


def _label_path(axes: Any, texts: list[str], points: list[tuple[float, float]]) -> None:
    """A label for each place: consecutive points nearer than a few degrees share theirs."""
    shared: list[str] = []
    for number, (text, point) in enumerate(zip(texts, points, strict=True)):
        shared.append(text)
        if number + 1 == len(points) or np.hypot(*np.subtract(points[number + 1], point)) > 4:
            axes.annotate(", ".join(shared), point, xytext=(10, 8), textcoords="offset points", color=_BLUE)
            shared.clear()

"""The simplex of two or three rows: the replicator flow, its equilibria and their basins."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from verify.game import Limit, Prediction
from verify.game.flows.basins import intervals, triangles
from verify.game.flows.cycles import limit_cycle
from verify.game.smooth.field import Field, field
from verify.numbers.linear.angles import Vector, degrees

# Okabe and Ito's colours, told apart by everybody; basins are tinted.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
GREY = "#BBBBBB"

# Corners of the triangle: rows 0, 1, 2.
CORNERS = np.array([[0.0, 0.0], [1.0, 0.0], [0.5, np.sqrt(0.75)]])


def size(prediction: Prediction) -> tuple[float, float]:
    """Width and height, in inches."""
    return 6.4, 6.4 if prediction.dataset.n == 3 else 5.0


def simplex(prediction: Prediction, figure: Any) -> None:
    """Draw a prediction that ``verify.game.flows.basins.drawable`` lets through into a figure."""
    data, opt = prediction.dataset, prediction.optimizer
    game = field(data.floats(), opt)
    colours = basin_colours(prediction)
    (_triangle if data.n == 3 else _lines)(figure, prediction, game, colours)
    betas = "".join(f", {name} = {float(opt.values[name]):g}" for name in opt.rule.betas)
    figure.suptitle(f"Margin game of {opt.rule.name}{betas} on {data.name}", fontsize=11)


def basin_colours(prediction: Prediction) -> dict[int | None, str]:
    """A colour for each attracting limit, grey for what goes to none."""
    attracting = [i for i, limit in enumerate(prediction.limits) if limit.stability == "attracting"]
    return {None: GREY} | {i: COLOURS[n % len(COLOURS)] for n, i in enumerate(attracting)}


def marker(limit: Limit, colour: str) -> dict[str, Any]:
    """How an equilibrium is drawn: attracting filled, a saddle half, repelling open, else a diamond."""
    style: dict[str, Any] = {"ls": "none", "ms": 10, "mec": "black", "mew": 1.2, "color": colour, "zorder": 5}
    shapes: dict[str, dict[str, Any]] = {
        "attracting": {"marker": "o"},
        "saddle": {"marker": "o", "fillstyle": "left", "color": "black", "markerfacecoloralt": "white"},
        "repelling": {"marker": "o", "mfc": "white"},
        "undetermined": {"marker": "D", "mfc": "white"},
    }
    return style | shapes[limit.stability]


def named(number: int, limits: Sequence[Limit]) -> str:
    """An equilibrium in the legend."""
    limit = limits[number]
    rows = ", ".join(map(str, limit.support))
    apart = f"; {degrees(limit.direction, limits[0].direction):.1f}° from limit 0" if number else ""
    return f"limit {number}: {limit.stability}, support row{'s' * (len(limit.support) > 1)} {rows}{apart}"


def _legend(figure: Any, axes: Any, lost: bool) -> None:
    if lost:
        axes.plot([], [], "s", ms=10, color=_tint(GREY), label="the flow reached no limit of the list")
    figure.legend(loc="outside lower center", fontsize=9, frameon=False)


def _triangle(figure: Any, prediction: Prediction, game: Field, colours: dict[int | None, str]) -> None:
    from matplotlib.collections import PolyCollection

    axes, limits = figure.subplots(), prediction.limits
    pieces = triangles(prediction)
    faces = [_tint(colours[piece.limit]) for piece in pieces]
    # Edges in the colour of the face close the seams between pieces.
    axes.add_collection(
        PolyCollection([p.corners @ CORNERS for p in pieces], facecolors=faces, edgecolors=faces, lw=0.4)
    )
    x, y, u, v = _arrows(game)
    axes.streamplot(x, y, u, v, density=1.2, color="#555555", linewidth=0.6, arrowsize=0.8)
    axes.plot(*np.vstack([CORNERS, CORNERS[:1]]).T, color="black", lw=1)
    lost = [piece.corners.mean(axis=0) for piece in pieces if piece.limit is None]
    # From beside the middle, which symmetric data leave where it is.
    orbit = limit_cycle(game, np.log(lost[0] + [0.0, 0.05, 0.1])) if lost else None
    if orbit is not None:
        around = np.vstack([orbit.weights, orbit.weights[:1]]) @ CORNERS
        axes.plot(*around.T, color="black", lw=2.5, label="limit cycle")
    for number, limit in enumerate(limits):
        at = limit.weights @ CORNERS
        axes.plot(
            *at, clip_on=False, label=named(number, limits), **marker(limit, colours.get(number, "white"))
        )
    for i, (corner, align) in enumerate(zip(CORNERS, ("top", "top", "bottom"), strict=True)):
        axes.annotate(
            f"all weight on row {i}", corner, xytext=(0, -8 if align == "top" else 8),
            textcoords="offset points", ha="center", va=align,
        )  # fmt: skip
    axes.set(aspect="equal", xlim=(-0.1, 1.1), ylim=(-0.07, 0.93))
    axes.axis("off")
    _legend(figure, axes, bool(lost))


def _arrows(game: Field, count: int = 180) -> tuple[Vector, Vector, Vector, Vector]:
    """The replicator field dc_i/dtau = -c_i (F_i - c.F) on a grid over the triangle, nan outside."""
    x, y = np.linspace(0, 1, count), np.linspace(0, CORNERS[2, 1], count)
    u, v = np.full((count, count), np.nan), np.full((count, count), np.nan)
    to_weights = np.linalg.inv(np.column_stack([CORNERS, np.ones(3)]))
    for p, q in np.ndindex(count, count):
        c = np.array([x[q], y[p], 1.0]) @ to_weights
        if np.min(c) > 1e-6:
            F = game.X @ game.drift(np.log(c)).real
            u[p, q], v[p, q] = (-c * (F - c @ F)) @ CORNERS
    return x, y, u, v


def _lines(figure: Any, prediction: Prediction, game: Field, colours: dict[int | None, str]) -> None:
    """Two rows: the velocity of log(c_1 / c_0) above, the simplex below."""
    limits = prediction.limits
    with np.errstate(divide="ignore"):
        places = [float(np.log(limit.weights[1]) - np.log(limit.weights[0])) for limit in limits]
    inside = [place for place in places if np.isfinite(place)]
    low, high = min([*inside, 0.0]) - 4, max([*inside, 0.0]) + 4
    upper, lower = figure.subplots(2, height_ratios=(4, 1))
    ratios = np.linspace(low, high, 801)
    difference = game.X[0] - game.X[1]
    speed = [float(difference @ game.drift(np.array([0.0, s])).real) for s in ratios]
    upper.plot(np.exp(ratios), speed, color="black", lw=1.2)
    upper.axhline(0, color="black", lw=0.8)
    pieces = intervals(prediction, low, high)
    for piece in pieces:
        a, b = np.exp(piece.corners[:, 0])
        upper.axvspan(a, b, color=_tint(colours[piece.limit]), lw=0)
        ends = [0.0 if a == np.exp(low) else a / (1 + a), 1.0 if b == np.exp(high) else b / (1 + b)]
        lower.axvspan(*ends, color=_tint(colours[piece.limit]), lw=0)
    for s, velocity in list(zip(ratios, speed, strict=True))[40::60]:
        style = {"marker": ">" if velocity > 0 else "<", "color": "#555555", "ms": 6, "zorder": 4}
        upper.plot(np.exp(s), 0, **style)
    for number, (limit, place) in enumerate(zip(limits, places, strict=True)):
        style = marker(limit, colours.get(number, "white")) | {"clip_on": False}
        upper.plot(np.exp(np.clip(place, low, high)), 0, label=named(number, limits), **style)
        lower.plot(limit.weights[1], 0, **style)
    upper.set(xscale="log", xlim=(np.exp(low), np.exp(high)), xlabel="ratio of weights, row 1 to row 0")
    upper.set_ylabel("velocity of its logarithm")
    _legend(figure, upper, any(piece.limit is None for piece in pieces))
    lower.axhline(0, color="black", lw=0.8)
    lower.set(xlim=(0, 1), ylim=(-1, 1), yticks=[], xlabel="share of row 1 in the weights")


def _tint(colour: str) -> tuple[float, float, float]:
    """The colour mixed with white."""
    from matplotlib.colors import to_rgb

    red, green, blue = (0.35 * part + 0.65 for part in to_rgb(colour))
    return red, green, blue

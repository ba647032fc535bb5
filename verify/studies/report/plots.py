"""Plots: curves with intervals, maps of two keys, bars. Line styles, markers and lightness tell apart, not colour
alone; each plot has a text alternative, and each point a link."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from verify.data.text import is_number
from verify.studies.report.page import Html
from verify.studies.report.svg import (
    BOTTOM,
    HEIGHT,
    LEFT,
    RIGHT,
    STYLES,
    TOP,
    WIDTH,
    axis_along,
    axis_up,
    cut,
    figure,
    grey,
    label,
    marker,
    some,
    tag,
)

# More lines than these are not told apart; between the points of two lines at one place are this many units.
LINES, APART = len(STYLES), 6

# Cells of a map as large as this hold their values.
WIDE, TALL = 30, 14

# A value below this share of the largest is rounding, and is shown as 0 in a cell.
ROUNDING = 1e-12


@dataclass(frozen=True)
class Point:
    """A value at a place, with an interval around it, and where its link leads."""

    x: str
    y: float
    low: float
    high: float
    to: str

    def words(self, *place: str) -> Html:
        """What a pointer over it shows."""
        return tag(
            "title", f"{', '.join(filter(None, place))}: {self.y:.4g} [{self.low:.4g}, {self.high:.4g}]"
        )


def ticks(low: float, high: float) -> list[float]:
    """Round numbers from at or below ``low`` to at or above ``high``."""
    if not low < high:
        low, high = low - max(abs(low), 1) / 2, high + max(abs(high), 1) / 2
    raw = (high - low) / 5
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(k * power for k in (1, 2, 5, 10, 20) if k * power >= raw)
    return [k * step for k in range(math.floor(low / step), math.ceil(high / step) + 1)]


def curves(lines: Mapping[str, Sequence[Point]], places: Sequence[str], x: str, y: str, text: str) -> Html:
    """Lines over places in their order, at equal distances, since hyperparameters such as 0.9, 0.99, 0.999 crowd on a
    scale; ``text`` is the alternative."""
    scale = ticks(
        min(p.low for points in lines.values() for p in points),
        max(p.high for points in lines.values() for p in points),
    )
    numbers = all(map(is_number, places))  # between words, such as true and false, there is no line
    room, order = WIDTH - LEFT - RIGHT, {place: k for k, place in enumerate(places)}
    apart = min(APART, 0.8 * room / len(places) / len(lines))

    def across(k: int) -> float:
        return LEFT + (k + 0.5) * room / len(places)

    def up(value: float) -> float:
        return HEIGHT - BOTTOM - (value - scale[0]) / (scale[-1] - scale[0]) * (HEIGHT - BOTTOM - TOP)

    parts = axis_up([(up(value), f"{value:.6g}") for value in scale], y) + axis_along(places, across, x)
    for number, ((name, points), style) in enumerate(zip(lines.items(), STYLES, strict=False)):
        colour, dash, form = style
        aside = (number - (len(lines) - 1) / 2) * apart  # intervals at one place stand beside each other
        at = [(across(order[point.x]) + aside, up(point.y)) for point in points]
        path = " ".join(f"{a:.1f},{b:.1f}" for a, b in at if numbers)
        parts.append(
            tag("polyline", points=path, fill="none", stroke=colour, stroke_width=1.5, stroke_dasharray=dash)
        )
        for point, (a, b) in zip(points, at, strict=True):
            interval = tag("path", d=f"M{a:.1f} {up(point.low):.1f}V{up(point.high):.1f}", stroke=colour)
            words = point.words(name, f"{x} = {point.x}")
            parts.append(tag("a", words, interval, marker(form, a, b, colour), href=point.to))
    return figure(parts, text, list(lines) if len(lines) > 1 else ())


def grid(
    cells: Mapping[tuple[str, str], Point], across: Sequence[str], up: Sequence[str], x: str, y: str, text: str
) -> Html:  # fmt: skip
    """A map: the darker a cell, the larger its value, which stands in it where there is room."""
    low, high = min(point.y for point in cells.values()), max(point.y for point in cells.values())
    largest = max(abs(low), abs(high))
    wide, tall = (WIDTH - LEFT - RIGHT) / len(across), (HEIGHT - BOTTOM - TOP) / len(up)
    heights = [(HEIGHT - BOTTOM - (k + 0.5) * tall, name) for k, name in some(up, 10)]
    parts = axis_up(heights, y, lines=False) + axis_along(across, lambda k: LEFT + (k + 0.5) * wide, x)
    for (i, j), point in cells.items():
        level = 250 - 215 * ((point.y - low) / (high - low) if high > low else 0.5)
        a, b = LEFT + across.index(i) * wide, HEIGHT - BOTTOM - (up.index(j) + 1) * tall
        inside = [
            point.words(f"{x} = {i}", f"{y} = {j}"),
            tag("rect", x=a, y=b, width=wide, height=tall, fill=grey(level)),
        ]
        if wide >= WIDE and tall >= TALL:
            ink = "#fff" if level < 140 else "#000"
            inside.append(
                label(
                    a + wide / 2,
                    b + tall / 2 + 4,
                    f"{0 if abs(point.y) < ROUNDING * largest else point.y:.3g}",
                    size=11,
                    fill=ink,
                )
            )
        parts.append(tag("a", *inside, href=point.to))
    return figure(parts, text, note=f"light: {low:.4g}, dark: {high:.4g}")


def bars(names: Sequence[str], columns: Mapping[str, Sequence[float]], text: str) -> Html:
    """Groups of bars below each other, a group for each name."""
    tall, left = 9, 100
    group, right = (len(columns) + 1) * tall, WIDTH - RIGHT
    bottom, middle, half = len(names) * group, (left + right) / 2, (right - left) / 2
    largest = max((abs(value) for column in columns.values() for value in column), default=0) or 1.0
    parts = [tag("path", d=f"M{middle} 0V{bottom}", stroke="#888")]
    for k, name in enumerate(names):
        parts.append(label(left - 6, k * group + group / 2 + 1, cut(name, 12), "end"))
        for number, (column, entries) in enumerate(columns.items()):
            length = abs(entries[k]) / largest * half
            shade = grey(30 + 190 * number / max(1, len(columns) - 1))
            parts.append(
                tag(
                    "rect",
                    tag("title", f"{name}, {column}: {entries[k]:.4g}"),
                    x=middle if entries[k] >= 0 else middle - length,
                    y=k * group + number * tall,
                    width=length,
                    height=tall - 1,
                    fill=shade,
                    stroke="#000",
                    stroke_width=0.4,
                )
            )
    for place, value, anchor in ((left, -largest, "start"), (middle, 0.0, "middle"), (right, largest, "end")):
        parts.append(label(place, bottom + 20, f"{value:.3g}", anchor))
    return figure(
        parts, text, note=f"in each group, from the darkest down: {', '.join(columns)}", height=bottom + 30
    )

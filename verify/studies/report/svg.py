"""Elements of SVG, axes and markers, and the figure that holds them with its text alternative."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from typing import Any

from verify.studies.report.page import Html, html

# The drawing's own units; on a phone of 360 pixels text is 11 pixels high.
WIDTH, HEIGHT, LEFT, BOTTOM, TOP, RIGHT = 420, 300, 84, 64, 12, 10
SIZE = 14

# Okabe and Ito's colours, from dark to light in grey too, with dashes and markers.
STYLES = (
    ("#000000", "", "circle"),
    ("#0072b2", "6 3", "square"),
    ("#d55e00", "2 3", "up"),
    ("#009e73", "8 3 2 3", "diamond"),
    ("#cc79a7", "4 2", "cross"),
    ("#e69f00", "1 2", "circle"),
    ("#56b4e9", "10 4", "square"),
)

# Labels along an axis, and characters of one and of all together where they stand upright.
MOST, LONGEST, UPRIGHT = 12, 11, 40


def tag(name: str, *inside: Any, **attributes: Any) -> Html:
    """An element; an attribute's name has _ for -, numbers are rounded to a tenth."""
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(_plain(value), quote=True)}"'
        for key, value in attributes.items()
    )
    return Html(f"<{name}{written}>{''.join(map(html, inside))}</{name}>")


def _plain(value: Any) -> str:
    return f"{value:.1f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)


def label(a: float, b: float, text: str, anchor: str = "middle", **more: Any) -> Html:
    """Text at a place."""
    return tag(
        "text", text, x=float(a), y=float(b), text_anchor=anchor, font_size=more.pop("size", SIZE), **more
    )


def grey(level: float) -> str:
    """A grey from 0, black, to 255, white."""
    return "rgb({0},{0},{0})".format(round(level))


def cut(text: str, most: int) -> str:
    """The text, or its beginning."""
    return text if len(text) <= most else text[: most - 1] + "…"


def axis_up(marks: Sequence[tuple[float, str]], name: str, lines: bool = True) -> list[Html]:
    """Labels at heights, with lines across, and what they are of."""
    parts = [tag("path", d=f"M{LEFT} {b:.1f}H{WIDTH - RIGHT}", stroke="#ddd") for b, _ in marks if lines]
    parts += [label(LEFT - 5, b + 5, cut(text, 7), "end") for b, text in marks]
    middle = (HEIGHT - BOTTOM + TOP) / 2
    return [*parts, label(0, 0, cut(name, 34), transform=f"translate(13 {middle}) rotate(-90)")]


def axis_along(names: Sequence[str], across: Callable[[int], float], title: str) -> list[Html]:
    """Labels below, turned where they are long, and what they are of."""
    shown, base = some(names, MOST), HEIGHT - BOTTOM
    turned = len(shown) * max(len(name) for _, name in shown) > UPRIGHT
    parts = [tag("path", d=f"M{LEFT} {base}H{WIDTH - RIGHT}", stroke="#000")]
    for k, name in shown:
        turn = {"transform": f"rotate(-35 {across(k):.1f} {base + 12})"} if turned else {}
        parts.append(label(across(k), base + 17, cut(name, LONGEST), "end" if turned else "middle", **turn))
    return [*parts, label((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 5, cut(title, 44))]


def some(names: Sequence[str], most: int) -> list[tuple[int, str]]:
    """At most so many of the names, evenly, with their places."""
    step = -(-len(names) // most)
    return [(k, name) for k, name in enumerate(names) if k % step == 0]


def marker(kind: str, a: float, b: float, colour: str) -> Html:
    """A mark whose form tells it from the others."""
    if kind == "circle":
        return tag("circle", cx=a, cy=b, r=4, fill=colour)
    if kind == "square":
        return tag("rect", x=a - 3.5, y=b - 3.5, width=7, height=7, fill=colour)
    if kind == "cross":
        return tag("path", d=f"M{a - 4:.1f} {b - 4:.1f}l8 8m0-8l-8 8", stroke=colour, stroke_width=2)
    shape = "l5 9h-10z" if kind == "up" else "l5 5l-5 5l-5-5z"
    return tag("path", d=f"M{a:.1f} {b - 5:.1f}{shape}", fill="#fff", stroke=colour, stroke_width=1.5)


def figure(
    parts: Sequence[Html], text: str, names: Sequence[str] = (), note: str = "", height: float = HEIGHT
) -> Html:
    """The drawing with its alternative, and below it which line is which."""
    view = {"viewBox": f"0 0 {WIDTH} {height:g}", "font_family": "system-ui, sans-serif"}
    drawing = tag("svg", *parts, role="img", aria_label=text, **view)
    legend = [
        tag("span", tag("svg", tag("path", d="M0 6H34", stroke=colour, stroke_width=1.5, stroke_dasharray=dash),
                        marker(form, 17, 6, colour), viewBox="0 0 34 12", aria_hidden="true"), f" {name} ")
        for name, (colour, dash, form) in zip(names, STYLES, strict=False)
    ]  # fmt: skip
    return tag("figure", drawing, tag("figcaption", *legend, note))

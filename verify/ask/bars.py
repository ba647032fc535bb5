"""Vectors as bars, a group for each feature, the largest entries first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

# Okabe and Ito's colours, told apart by everybody, and hatches that grey keeps apart.
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00")
HATCHES = ("", "//", "..", "xx", "\\\\", "++")
# More features than these are not told apart; the title says how many are left out.
MOST = 20


def bars(axes: Any, names: Sequence[str], columns: Mapping[str, Any], title: str) -> Any:
    """Draw the columns of entries into the axes, and return these."""
    values = {label: np.asarray(column, dtype=float) for label, column in columns.items()}
    sizes = np.max([np.abs(column) for column in values.values()] or [np.zeros(len(names))], axis=0)
    order = np.argsort(-sizes, kind="stable")[:MOST]
    places, height = np.arange(len(order)), 0.8 / max(1, len(values))
    for number, (label, column) in enumerate(values.items()):
        style = {"color": COLOURS[number % len(COLOURS)], "hatch": HATCHES[number % len(HATCHES)]}
        at = places + (number - (len(values) - 1) / 2) * height
        axes.barh(at, column[order], height, label=label, edgecolor="white", **style)
    axes.set_yticks(places, [names[k] for k in order])
    axes.invert_yaxis()
    axes.axvline(0, color="black", linewidth=0.8)
    left = f"; {len(names) - len(order)} smaller left out" if len(names) > len(order) else ""
    axes.set_xlabel(f"entry of the direction, unit l2 norm{left}")
    axes.set_title(title, fontsize="medium", wrap=True)
    if len(values) > 1:
        axes.legend(fontsize="small", loc="upper center", bbox_to_anchor=(0.5, -0.18))
    return axes


def picture(answer: Any, path: str) -> None:
    """Draw an answer to a file."""
    from matplotlib.figure import Figure

    from verify.console import write_picture

    figure = Figure(figsize=(6.4, 4.8), layout="constrained")
    answer.plot(figure.subplots())
    write_picture(figure, path, dpi=160)

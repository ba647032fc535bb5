"""The picture of a prediction on several classes: each limit's matrix W as a heat map of classes and features."""

from __future__ import annotations

from typing import Any

import numpy as np

from verify.game import Prediction

# More limits than this are not drawn; and a name is drawn for this many rows or columns at most, evenly chosen.
LIMITS, NAMES = 4, 40


def heat_maps(prediction: Prediction, figure: Any) -> None:
    """One below the other, blue above 0 and red below, of unit norm; what the prediction says where it has no limit."""
    classes = prediction.dataset.classes
    assert classes is not None
    drawn = prediction.limits[:LIMITS]
    panels = figure.subplots(max(len(drawn), 1), 1, squeeze=False)[:, 0]
    if not drawn:
        panels[0].text(0.5, 0.5, f"no limit: {prediction.note}", ha="center", va="center", wrap=True)
        panels[0].set_axis_off()
        return
    for number, (limit, axes) in enumerate(zip(drawn, panels, strict=True)):
        W = limit.direction.reshape(classes.shape)
        size = np.abs(W).max()
        image = axes.imshow(W, cmap="RdBu", vmin=-size, vmax=size, aspect="auto", interpolation="nearest")
        for axis, names in ((axes.yaxis, classes.names), (axes.xaxis, classes.features)):
            places = range(0, len(names), -(-len(names) // NAMES))
            axis.set_ticks(list(places), [names[place] for place in places], fontsize=7)
        axes.tick_params(axis="x", rotation=90)
        named = f"{prediction.optimizer.rule.name} on {prediction.dataset.name}: limit {number}"
        axes.set(ylabel="class", title=f"{named} of {len(prediction.limits)}, {limit.stability}")
        figure.colorbar(image, ax=axes)
    panels[-1].set_xlabel("feature")

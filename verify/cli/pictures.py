"""The picture of the README: where each optimizer goes on one data set."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from verify.compare import Vector, misalignment
from verify.data import Dataset
from verify.errors import BadInput
from verify.game import Prediction, predict
from verify.margins import max_margin
from verify.optimizers import Optimizer, optimizer

# Okabe and Ito's colours, told apart by everybody.
_COLOURS = {"adam": "#0072B2", "adam-proxy": "#009E73", "other": "#D55E00"}


def degrees(u: Vector, v: Vector) -> float:
    """The angle between two vectors."""
    return float(np.degrees(2 * np.arcsin(np.sqrt(misalignment(u, v) / 2))))


def batch_sizes(n: int) -> list[int]:
    """1, 2, 5, 10, 20, 50, ... below n, and n."""
    steps = [digit * 10**power for power in range(len(str(n))) for digit in (1, 2, 5)]
    return [*(b for b in steps if b < n), n]


def angles(prediction: Prediction, path: str) -> None:
    """Draw the angle of each optimizer's limit to the l2 and to the l_inf max-margin direction.

    The betas are those of the prediction; its own limits are drawn large. Raises BadInput where the
    picture cannot be written.
    """
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    data, opt = prediction.dataset, prediction.optimizer
    l2, linf = (max_margin(data, norm).unit() for norm in ("l2", "linf"))

    def place(direction: Vector) -> tuple[float, float]:
        return degrees(direction, l2), degrees(direction, linf)

    figure, axes = plt.subplots(figsize=(6.4, 5.2), layout="constrained")
    adam = [place(direction) for direction in _adam_path(data, opt)]
    axes.plot(*zip(*adam, strict=True), "o-", color=_COLOURS["adam"], ms=5, lw=1, zorder=2)
    for b, point in zip(batch_sizes(data.n), adam, strict=True):
        name = "adam, full batch" if b == data.n else f"adam, batch {b}"
        _label(axes, name, point, _COLOURS["adam"])
    proxy = place(_first(data, optimizer("adam-proxy")))
    axes.plot(*proxy, "D", color=_COLOURS["adam-proxy"], ms=7, zorder=1)
    _label(axes, "adam-proxy", proxy, _COLOURS["adam-proxy"], below=True)
    for name, direction in (("gd, sgd (l2 max margin)", l2), ("signgd (l_inf max margin)", linf)):
        axes.plot(*place(direction), "s", color=_COLOURS["other"], ms=7, zorder=1)
        _label(axes, name, place(direction), _COLOURS["other"], below=True)
    for limit in prediction.limits:
        axes.plot(*place(limit.direction), "o", ms=16, mfc="none", mec="black", zorder=3)
    axes.set(
        xlabel="degrees from the l2 max-margin direction",
        ylabel="degrees from the l_inf max-margin direction",
        title=f"Limit directions on {data.name} (circled: {opt.rule.name})",
    )
    axes.margins(0.18)
    try:
        figure.savefig(path, dpi=160, metadata=_undated(path))
    except (OSError, ValueError) as error:
        raise BadInput(f"plot={path}: {error}") from None
    finally:
        plt.close(figure)


def _adam_path(data: Dataset, opt: Optimizer) -> list[Vector]:
    adam = optimizer("adam", beta1=opt.beta1, beta2=opt.beta2)
    return [_first(data, replace(adam, batch_size=b)) for b in batch_sizes(data.n)]


def _first(data: Dataset, opt: Optimizer) -> Vector:
    return predict(data, opt, starts=0).limits[0].direction


def _label(axes: Any, text: str, point: tuple[float, float], colour: str, below: bool = False) -> None:
    offset = (6, -14) if below else (6, 6)
    axes.annotate(text, point, xytext=offset, textcoords="offset points", fontsize=8, color=colour)


def _undated(path: str) -> dict[str, None]:
    """Metadata without the time of day, so that the same picture is the same file."""
    kind = path.rpartition(".")[2].lower()
    return {"pdf": {"CreationDate": None}, "svg": {"Date": None}}.get(kind, {})

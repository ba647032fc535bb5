"""Correct digits by step, with what happens on the way."""

from __future__ import annotations

from typing import Any

from verify.console import write_picture
from verify.diagnose.diagnosis import Diagnosis


def plot(found: Diagnosis, path: str) -> None:
    """Draw the diagnosis to a file (png, pdf or svg, by its name)."""
    from matplotlib.figure import Figure  # takes half a second, and is needed here only

    figure = Figure(figsize=(7, 4.5), layout="constrained")
    draw(found, figure.subplots())
    write_picture(figure, path, dpi=150)


def draw(found: Diagnosis, axes: Any) -> Any:
    """Draw the diagnosis into axes, and return these."""
    steps, digits = zip(*found.digits, strict=True)
    axes.plot(steps, digits, color="black", marker=".", label="correct digits of the direction")
    axes.set_xscale("log")
    axes.set_xlabel("step")
    axes.set_ylabel("correct digits of $w/\\|w\\|_2$")
    axes.set_ylim(bottom=0)
    events = {
        "underflow": (found.first_underflow_step, "tab:red", "-"),
        "underflow, predicted": (found.predicted_underflow_step, "tab:red", ":"),
        "not finite": (found.first_nonfinite_step, "tab:purple", "-"),
        "w stalls": (found.first_stalled_step, "tab:orange", "-"),
        f"{found.called['root']} < eps": (found.eps_step, "tab:blue", "--"),
    }
    for label, (step, color, line) in events.items():
        if step is not None:
            axes.axvline(step, color=color, linestyle=line, label=f"{label}: step {step}")
    margin = axes.twinx()
    finite = [(step, exact) for step, exact in found.margins if exact is not None]
    margin.plot([step for step, _ in finite], [exact for _, exact in finite], color="tab:gray", linewidth=1)
    margin.set_ylabel("margin $\\min_i x_i^\\top w$ (gray)")
    axes.legend(loc="lower left", fontsize="small")
    eps = "" if found.eps == "0" else f", eps = {found.eps}"
    axes.set_title(f"{found.optimizer} in {found.dtype}{eps} on {found.dataset}", fontsize="medium")
    return axes

"""Rows, vectors, angles and origins of data as a person reads them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from verify.console import Page
from verify.data import Classes, Dataset
from verify.data.facts import zero_entries
from verify.numbers.linear.angles import Vector, degrees, misalignment
from verify.optimizers import Optimizer


def rows_text(support: Sequence[int], data: Dataset | None = None, most: int = 12) -> str:
    """Row numbers, the first few; of several classes each is a sample and the class that it is held against."""
    names = None if data is None or data.classes is None else data.classes
    shown = [str(i) if names is None else _pair(names, i) for i in support[:most]]
    return ", ".join(shown) + (f", ... ({len(support)})" if len(support) > most else "")


def _pair(classes: Classes, row: int) -> str:
    sample, against = classes.pair(row)
    return f"{sample} against {classes.names[against]}"


def shape(data: Dataset) -> str:
    """The shape of a data set, after its name."""
    if data.classes is not None:
        k, d = data.classes.shape
        return f": {data.samples} sample{'s' * (data.samples != 1)} x {d}, {k} classes"
    return f": {data.n} row{'s' * (data.n != 1)} x {data.d}"


def origin(page: Page, data: Dataset) -> None:
    """Say how a file was read, and by what its features were scaled."""
    if data.origin.notes:
        page.say(f"read: {'; '.join(data.origin.notes)}", 2)
    if data.origin.factors:
        page.say("each feature is (x - shift) / factor:", 2)
        scaling = zip(data.columns, data.origin.shifts, data.origin.factors, strict=False)
        page.rows([[name, str(s), str(f)] for name, s, f in scaling], ("feature", "shift", "factor"), 4)


def settings(opt: Optimizer, data: Dataset) -> str:
    """The optimizer with its batches and hyperparameters."""
    opt = opt.on(data)
    batch = (
        "full batch"
        if opt.full_batch(data.n)
        else f"batch size {opt.batch(data.n) // opt.owned}, {opt.order}"
    )
    return f"{opt.rule.name}, {batch}" + "".join(
        f", {name} = {float(x):.6g}" for name, x in opt.values.items()
    )


def apart(u: Vector, v: Vector, star: str = "") -> str:
    """How far a direction is from another: the angle, and one less its cosine."""
    return f"{degrees(u, v):.4g} degrees{star}, 1 - cos = {misalignment(u, v):.2e}"


def decimals(u: Vector) -> list[str]:
    """The entries of a vector to six decimals."""
    return [f"{entry:+.6f}" for entry in np.asarray(u, dtype=float)]


def cautions(data: Dataset, complete: bool) -> list[str]:
    """Which hypotheses of the theory the data violate, and what still holds of a list of limits."""
    zeros = zero_entries(data)
    if not zeros:
        return []
    if data.classes is not None:
        return [
            "rows of several classes are 0 in every class but two: where the support has no entry in a coordinate, the "
            "level below it decides"
            + ("" if complete else "; equilibria with such levels are looked for from flows alone")
        ]
    i, k = zeros[0]
    return [
        f"x_{i}[{k}] = 0 ({len(zeros)} such entries): the paper assumes none. A coordinate that sees no gradient "
        "does not move, each coordinate keeps its own scale, and U(c) jumps where all weights on one vanish"
        + ("" if complete else ": equilibria there are not searched for, and a limit on a face may be missed")
    ]

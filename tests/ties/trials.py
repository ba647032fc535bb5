"""What is run: a set with ties, an optimizer's options, and the command lines."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from random import Random
from typing import TypeVar

import hypothesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from properties.choices import batch_sizes, orders
from properties.strategies import Sizes, degenerate
from verify.optimizers.order import ORDERS
from verify.optimizers.rules import RULES

T = TypeVar("T")
Rows = tuple[tuple[Fraction, ...], ...]

NORMS = ("l1", "l2", "linf")
ARITHMETICS = ("float64", "mpf", "ball")
FORMATS = ("float64", "float32", "float16", "bfloat16")

# Of a run, where nothing else is asked: enough for an epoch of each batch size, a few for the slow arithmetics.
STEPS, FEW_STEPS, DIAGNOSED = 200, 12, 500

BETAS1 = ("0", "1/2", "9/10", "99/100")
BETAS2 = ("0", "1/10", "1/2", "9/10", "999/1000")


@dataclass(frozen=True)
class Trial:
    """Rows, the options of an optimizer and a number format. ``commands``: name -> arguments after the name, files as
    they are called in the trial's folder."""

    rows: Rows
    options: tuple[str, ...]
    dtype: str = "float32"
    kinds: tuple[str, ...] = ()

    @property
    def commands(self) -> dict[str, list[str]]:
        """Every command on these rows, in the order in which they are run, a certificate before its check."""
        opt = list(self.options)
        every: dict[str, list[str]] = {}
        for norm in NORMS:
            files = ["--certificate", f"{norm}.json", "--json", f"margin-{norm}.json"]
            every[f"margin {norm}"] = ["margin", "data.csv", "--norm", norm, *files]
            every[f"check {norm}"] = ["check", f"{norm}.json", "--data", "data.csv"]
        every["predict without a run"] = [
            "predict",
            "data.csv",
            *opt,
            "--steps",
            "0",
            "--json",
            "predicted.json",
        ]
        every["predict"] = ["predict", "data.csv", *opt, "--json", "beside.json"]
        for arithmetic in ARITHMETICS:
            count = STEPS if arithmetic == "float64" else FEW_STEPS
            chosen = ["--steps", str(count), "--arithmetic", arithmetic, "--json", f"{arithmetic}.json"]
            every[f"simulate {arithmetic}"] = ["simulate", "data.csv", *opt, *chosen]
        chosen = ["--dtype", self.dtype, "--steps", str(DIAGNOSED), "--json", "diagnosed.json"]
        every["diagnose"] = ["diagnose", "data.csv", *opt, *chosen]
        every["contradictions"] = ["contradictions"]
        return {name: line for name, line in every.items() if not self.kinds or name in self.kinds}

    def only(self, part: str) -> Trial:
        """The same with only the commands whose name contains this, and what is compared afterwards."""
        if not part:
            return self
        return replace(self, kinds=(*(name for name in self.commands if part in name), "contradictions"))

    def write(self, path: Path) -> None:
        """The rows as CSV."""
        with path.open("w", newline="") as stream:
            csv.writer(stream).writerows([[str(entry) for entry in row] for row in self.rows])


@st.composite
def options(draw: DrawFn, n: int) -> tuple[str, ...]:
    """One of the optimizers for N = n samples, with choices of all that it has: any pair of betas, 0 and
    beta1 > beta2 included."""
    name = draw(st.sampled_from(tuple(RULES)))
    rule = RULES[name]
    chosen = ["--optimizer", name]
    for beta, values in (("beta1", BETAS1), ("beta2", BETAS2)):
        if beta in rule.betas:
            chosen += [f"--{beta}", draw(st.sampled_from(values))]
    if rule.batches:
        size = draw(st.just("full") | batch_sizes(n).map(str))
        chosen += ["--batch-size", size, "--order", draw(orders())]
    if draw(st.booleans()):
        chosen += ["--loss", "exponential"]
    if draw(st.booleans()):
        chosen += [
            "--lr",
            draw(st.sampled_from(("1", "1/100"))),
            "--decay",
            draw(st.sampled_from(("0", "1/2", "1"))),
        ]
    return tuple(chosen)


@st.composite
def trial(draw: DrawFn) -> Trial:
    """A set of up to six rows and five columns, and an optimizer for it."""
    data = draw(degenerate((1, 6), (1, 5)))
    return Trial(data.rows, draw(options(data.n)), draw(st.sampled_from(FORMATS)))


def drawn(strategy: SearchStrategy[T], count: int, seed: int) -> list[T]:
    """So many draws, no two alike; the same for the same seed.

    Hypothesis makes many a draw from parts of one before. So four times as many are drawn, and taken in random order.
    """
    found: list[T] = []

    @hypothesis.seed(seed)
    @settings(
        max_examples=max(100, 4 * count),
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def collect(draw: T) -> None:
        found.append(draw)

    collect()
    unlike = list(dict.fromkeys(found))
    Random(seed).shuffle(unlike)
    return unlike[:count]


def draw_trials(count: int, seed: int) -> list[Trial]:
    """So many trials; the same for the same seed."""
    return drawn(trial(), count, seed)


def draw_sets(count: int, seed: int, rows: Sizes = (1, 6), columns: Sizes = (1, 5)) -> list[Rows]:
    """So many sets alone."""
    return [data.rows for data in drawn(degenerate(rows, columns), count, seed)]


def every_choice(trials: Sequence[Trial]) -> list[Trial]:
    """The rows of each trial with every optimizer, every batch size and order that it has, at its default betas.

    Only predictions with their runs, and simulations: margins do not differ, and draws try the other commands. At the
    full batch every order is the same.
    """
    return [
        Trial(
            one.rows,
            ("--optimizer", rule.name, *choice),
            kinds=("predict", "simulate float64", "contradictions"),
        )
        for one in trials
        for rule in RULES.values()
        for choice in (_batches_and_orders(len(one.rows)) if rule.batches else [()])
    ]


def _batches_and_orders(n: int) -> list[tuple[str, ...]]:
    """Every batch size with every order, as options."""
    sizes = map(str, range(1, n))
    several = [("--batch-size", size, "--order", order) for size in sizes for order in ORDERS]
    return [("--batch-size", "full"), *several]


def replayed(folder: Path) -> list[Trial]:
    """The trials that a report wrote to a folder."""
    found = []
    for path in sorted(folder.glob("*.json")):
        kept = json.loads(path.read_text())
        rows = tuple(tuple(Fraction(entry) for entry in row) for row in kept["rows"])
        found.append(Trial(rows, tuple(kept["options"]), kept["dtype"], tuple(kept["kinds"])))
    return found

"""notes/implementations.md, from comparisons: `python -m libraries.page FILE` in tests/ writes it."""

from __future__ import annotations

import sys
from importlib.metadata import version
from pathlib import Path

from libraries.table import ALL, MUON, SEEN, Implementation
from properties.conform import Conformance, conform

TOP = """# What torch and optax compute

Each optimizer of these libraries, held against a rule of the toolkit by [conform](howto/conform.md): sequences
of gradients are drawn with telling hyperparameters, updates are compared with a bound that follows from the
rounding of each operation, and what differs is shrunk and explained. Written by `make implementations` with
{versions}, on a CPU; `make test-libraries` finds it stale.

## The conventions in which they are the rules

Without a variant the rule has its bias correction by powers, eps outside the root, and decoupled decay. The
last column is the shortest sequence in which target and rule differ without the variants; hyperparameters that
are 0 are left out.

| implementation | rule | agrees with the variants | shortest difference without |
|---|---|---|---|
"""
FAULTS = """
## What else differs

An update that is not made, a step that fails, a gradient that is written over, a scalar in float32 beside
float64.

| implementation | format | rule | what is seen |
|---|---|---|---|
"""
END = """
But for these rows, plain, foreach and fused loops of torch and compiled ones (XLA, torch.compile) are within the
bound in the formats that `make test-libraries` runs them in. On a CPU foreach is the plain loop bit for bit in
float32, for Adam, AdamW, AMSGrad, RMSprop and Adagrad. `torch.optim.Muon` multiplies matrices in bfloat16 in
every format: with the variant its roundings are part of the rule, and it agrees to the bit where these are told
at all. In bfloat16, where nothing tells them, most of its entries have no bound, and all of optax's Muon.
"""


def page() -> str:
    """The text of the page. Raises AssertionError where a row is not as the table has it."""
    names = ", ".join(f"{name} {version(name).partition('+')[0]}" for name in ("torch", "optax", "jax"))
    rows = [row(each) for each in (*ALL, *MUON)]
    faults = [fault(each, dtype) for each, dtype, _ in SEEN]
    return TOP.format(versions=names) + "".join(rows) + FAULTS + "".join(faults) + END


def row(each: Implementation) -> str:
    """An implementation, with the variants that are found for it."""
    found = conform(each.target, each.rule, kwargs=each.kwargs, cases=each.cases)
    assert sorted(found.variant) == sorted(each.variants), (each, found.variant)
    variants = ", ".join(f"`{name}`" for name in found.variant) or "none needed"
    return f"| `{each.text}` | {each.rule} | {variants} | {shortest(found)} |\n"


def fault(each: Implementation, dtype: str) -> str:
    """A fault that is seen in a format."""
    found = conform(
        each.target, each.rule, kwargs=each.kwargs, variants=each.variants, dtype=dtype, cases=each.cases
    )
    assert not found.agrees, each
    near = f"; with `{', '.join(found.variant)}` they agree" if found.variant else ""
    return f"| `{each.text}` | {dtype} | {each.rule} | {shortest(found)}{near} |\n"


def shortest(found: Conformance) -> str:
    """The shrunk case and its difference, in a table's cell."""
    case, away = found.counterexample, found.difference
    if case is None or away is None:
        return ""
    values = ", ".join(f"{name} {value:g}" for name, value in case.values.items() if value)
    if max(case.sizes) > 3:
        gradients = f"a parameter of {max(case.sizes)} entries"
    else:
        gradients = "g = " + ", ".join(
            "; ".join("none" if part is None else " ".join(f"{x:g}" for x in part) for part in row)
            for row in case.gradients
        )
    # As many digits as are the same on all processors.
    digits = 10 if found.dtype == "float64" else 6
    seen = away.does or f"{away.target:.{digits}g}, the rule {away.rule:.{digits}g}"
    text = f"step {away.step}: {seen}"
    return f"{values}; {gradients}; {text}".replace("|", "/")


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(page(), encoding="utf-8")

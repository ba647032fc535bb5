"""``python tests/bench [--large] [NAME ...]``: the tables of every module here that has TABLES, or of those named.

Prints them and writes bench.json, with the machine that they were measured on.
"""

from __future__ import annotations

import argparse
import importlib
import json
import platform
from pathlib import Path
from typing import Any

import numba
import numpy as np
from rich.console import Console
from rich.table import Table

HERE = Path(__file__).parent


def machine() -> dict[str, Any]:
    """What the times depend on."""
    model = "unknown"
    if (info := Path("/proc/cpuinfo")).exists():
        names = [line.split(":")[1].strip() for line in info.read_text().splitlines() if "model name" in line]
        model = names[0] if names else model
    return {
        "processor": model,
        "target": numba.core.registry.cpu_target.target_context.codegen().magic_tuple()[1],
        "python": platform.python_version(),
        "numba": numba.__version__,
        "numpy": np.__version__,
    }


def table(title: str, rows: list[dict[str, Any]]) -> Table:
    """The rows, by the columns of the first."""
    shown = Table(title=title, title_justify="left")
    for column in rows[0]:
        shown.add_column(column, justify="right")
    for row in rows:
        shown.add_row(*(f"{value:.3g}" if isinstance(value, float) else str(value) for value in row.values()))
    return shown


def main() -> None:
    """Run, print, write."""
    modules = {path.stem: path for path in sorted(HERE.glob("*.py"))}
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--large", action="store_true", help="larger sizes, more repetitions")
    parser.add_argument("names", nargs="*", help=f"some of {', '.join(modules)}; all by default")
    chosen = parser.parse_args()
    console = Console(width=max(Console().width, 120))
    measured: dict[str, Any] = {"machine": machine(), "large": chosen.large, "tables": {}}
    console.print_json(data=measured["machine"])
    for name in chosen.names or modules:
        if name == "__main__":
            continue
        for title, measure in getattr(importlib.import_module(name), "TABLES", {}).items():
            measured["tables"][title] = measure(chosen.large)
            console.print(table(title, measured["tables"][title]))
    Path("bench.json").write_text(json.dumps(measured, indent=1) + "\n")


if __name__ == "__main__":
    main()

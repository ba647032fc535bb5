"""The page of a sweep: what was asked, its plots with their numbers, what went wrong, and the items with their
certificates."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import beta

from verify.data.text import exact, is_number
from verify.errors import BadInput
from verify.studies.ledger import reading
from verify.studies.report.page import Html, document, folded, html, link, paragraph, section, table, terms
from verify.studies.report.plots import LINES, Point, curves, grid
from verify.studies.swept import MEANING, OWN, certificate_of, duration, record

# Items in the table of a page; all are in the ledger.
MOST = 1000
# The digits of an item's key that tell it from others on a page.
ID = 12
# Items that a row of a plot's numbers links to.
LINKED = 3
CONFIDENCE = 0.95


def clopper_pearson(hits: int, count: int) -> tuple[float, float]:
    """The exact interval of confidence ``CONFIDENCE`` for a share of which ``hits`` of ``count`` were seen."""
    tail = (1 - CONFIDENCE) / 2
    low = float(beta.ppf(tail, hits, count - hits + 1)) if hits else 0.0
    high = float(beta.ppf(1 - tail, hits + 1, count - hits)) if hits < count else 1.0
    return low, high


@dataclass
class Cell:
    """The items at one place of a plot: their values, and the keys of the first."""

    values: list[float] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)

    def add(self, value: float, key: str) -> None:
        self.values.append(value)
        if len(self.keys) < LINKED:
            self.keys.append(key)


class Plot:
    """A plot as its study declares it, collecting values from the rows as these pass by."""

    def __init__(self, number: int, asked: Mapping[str, str]) -> None:
        self.number, self.kind = number, asked.get("kind", "curve")
        self.share = self.kind.startswith("share")
        self.x, self.y = asked["x"], asked["y"] if self.kind.endswith("map") else asked.get("by", "")
        self.value, self.where = asked["value"], asked.get("where", "")
        self.title = asked.get("title", f"{self.value} by {self.x}" + (f" and {self.y}" if self.y else ""))
        self.cells: dict[tuple[str, str], Cell] = {}

    def see(self, row: Mapping[str, Any]) -> None:
        """Take the value of a row. Raises BadInput for a column that a row that is done does not have."""
        if row["status"] != "done":
            return
        column, _, wanted = self.value.partition("=")
        chosen, _, only = self.where.partition("=")
        if chosen and chosen in row and _text(row[chosen]) != only:
            return
        for name in filter(None, (self.x, self.y, column, chosen)):
            if name not in row:
                raise BadInput(f"plot: a row has no column {name}; it has {', '.join(row)}")
        value = row[column]
        if value is not None and self.share:
            value = float(_text(value) == wanted if wanted else bool(value))
        if (number := _number(value)) is not None:
            place = _text(row[self.x]), _text(row[self.y]) if self.y else ""
            self.cells.setdefault(place, Cell()).add(number, row["key"])

    def section(self, shown: set[str]) -> Html:
        """The plot and its numbers."""
        if not self.cells:
            return section(self.title, paragraph("No item that is done has this value."))
        along, other = (_ordered({place[k] for place in self.cells}) for k in (0, 1))
        points = {place: self.point(place, cell) for place, cell in self.cells.items()}
        what = f"share of {self.value}" if self.share else f"median of {self.value}"
        ends = f"from {_extreme(points, min)} to {_extreme(points, max)}"
        text = f"{self.title}: {what} {ends}; the numbers are in the table below"
        if self.kind.endswith("map"):
            drawn = grid(points, along, other, self.x, self.y, text)
        else:
            lines = {
                name: [points[place, name] for place in along if (place, name) in points]
                for name in other[:LINES]
            }
            drawn = curves(lines, along, self.x, what, text)
        interval = f"{CONFIDENCE:.0%} interval of Clopper and Pearson" if self.share else "quartiles"
        left = (
            f"; {len(other) - LINES} more lines are in the table"
            if len(other) > LINES and not self.kind.endswith("map")
            else ""
        )
        return section(
            self.title,
            drawn,
            paragraph(f"{what[0].upper()}{what[1:]}, with {interval}{left}."),
            folded("the numbers", self.numbers(along, other, points, what, interval, shown)),
        )

    def point(self, place: tuple[str, str], cell: Cell) -> Point:
        to = f"#{self.row(place)}"
        if self.share:
            hits, count = int(sum(cell.values)), len(cell.values)
            return Point(place[0], hits / count, *clopper_pearson(hits, count), to)
        low, middle, high = np.quantile(cell.values, [0.25, 0.5, 0.75])
        return Point(place[0], float(middle), float(low), float(high), to)

    def row(self, place: tuple[str, str]) -> str:
        return f"p{self.number}-{list(self.cells).index(place)}"

    def numbers(
        self, along: Sequence[str], other: Sequence[str], points: Mapping[tuple[str, str], Point], what: str,
        interval: str, shown: set[str],
    ) -> Html:  # fmt: skip
        places = [(a, b) for b in other for a in along if (a, b) in points]
        headings = [self.x, *([self.y] if self.y else []), what, interval, "items", "among them"]
        rows = []
        for place in places:
            point, cell = points[place], self.cells[place]
            links = Html(" ".join(link(f"#i-{key[:ID]}", key[:8]) for key in cell.keys if key in shown))
            rows.append(
                [*((name, _sort_key(name)) for name in place[: 1 + bool(self.y)]), point.y,
                 (f"{point.low:.4g} to {point.high:.4g}", point.low), len(cell.values), links]
            )  # fmt: skip
        return table(headings, rows, [self.row(place) for place in places])


def _extreme(points: Mapping[tuple[str, str], Point], which: Any) -> str:
    place, point = which(points.items(), key=lambda pair: pair[1].y)
    return f"{point.y:.4g} at {', '.join(filter(None, place))}"


def _text(value: Any) -> str:
    """A value as it is read: a fraction as the decimal that it is, if that is short."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str) and "/" in value and is_number(value):
        number = Fraction(value)
        decimal = f"{float(number):.8g}"
        return decimal if Fraction(decimal) == number else value
    return str(value)


def _number(value: Any) -> float | None:
    """A value as a float, None where it is no number."""
    if isinstance(value, str):
        return float(exact(value)) if is_number(value) else None
    return None if value is None else float(value)


def _sort_key(name: str) -> Any:
    number = _number(name)
    return name if number is None else number


def _ordered(names: Iterable[str]) -> list[str]:
    """Numbers by size, then texts."""
    return sorted(names, key=lambda name: (isinstance(key := _sort_key(name), str), key))


def sweep_page(folder: Path, beside: Path) -> str:
    """The page of the ledger in a folder, whose certificates are linked to from the folder ``beside``."""
    with reading(folder) as ledger:
        about = ledger.about()
        plots = [Plot(number, asked) for number, asked in enumerate(about["plots"])]
        status, words, versions, seconds = Counter[str](), Counter[str](), Counter[str](), 0.0
        kept: list[tuple[dict[str, Any], str | None]] = []
        wrong: list[dict[str, Any]] = []
        for row in ledger.rows():
            flat = record(row)
            status[row.status] += 1
            words[row.evidence or "none"] += 1
            versions[f"{row.version}, code {row.code[:12]}"] += 1
            seconds += row.seconds
            for plot in plots:
                plot.see(flat)
            if len(kept) < MOST:
                kept.append((flat, certificate_of(row)))
            if row.error is not None and len(wrong) < MOST:
                wrong.append(flat)
    shown = {flat["key"] for flat, _ in kept}
    total = sum(status.values())
    left = about["items"] - total
    facts: list[tuple[str, Any]] = [
        ("items", f"{total} of {about['items']}" + (f"; {left} are still to be asked" if left else "")),
        *((name, f"{count} {MEANING[name]}") for name, count in sorted(status.items())),
        ("evidence", ", ".join(f"{word}: {count}" for word, count in words.most_common())),
        ("computed by marginproof", "; ".join(versions)),
        ("time of all items", duration(seconds)),
    ]
    return document(
        about["title"],
        *(paragraph(text) for text in about["about"].split("\n\n") if text),
        terms(facts),
        *(plot.section(shown) for plot in plots),
        *([section("What did not end as done", _errors(wrong))] if wrong else []),
        section("Items", *_items(kept, total, os.path.relpath(folder, beside))),
    )


def _errors(wrong: Sequence[Mapping[str, Any]]) -> Html:
    counts = Counter((flat["status"], flat["error"]) for flat in wrong)
    first = {(flat["status"], flat["error"]): flat["key"] for flat in reversed(wrong)}
    rows = [
        [status, error, count, first[status, error][:8]] for (status, error), count in counts.most_common(100)
    ]
    return table(["status", "what was said", "items", "for example"], rows)


def _items(kept: Sequence[tuple[Mapping[str, Any], str | None]], total: int, to: str) -> list[Html]:
    """The table of the items; what all of them have in common is said before."""
    names: dict[str, None] = {}
    for flat, _ in kept:
        names |= dict.fromkeys(flat)
    columns = [name for name in names if name not in OWN and name != "data.sha256"]
    values = {name: {repr(flat.get(name)) for flat, _ in kept} for name in columns}
    varied = [name for name in columns if len(values[name]) > 1 or len(kept) == 1]
    common = [f"{name} = {_text(kept[0][0].get(name))}" for name in columns if name not in varied]
    proofs = any(proof for _, proof in kept)
    rows = [
        [
            flat["key"][:8],
            *(_shown(flat.get(name)) for name in varied),
            flat["evidence"],
            float(f"{flat['seconds']:.3g}"),
            flat["status"],
            *([link(f"{to}/{proof}", "certificate") if proof else ""] if proofs else []),
        ]
        for flat, proof in kept
    ]
    headings = ["key", *varied, "evidence", "seconds", "status", *(["certificate"] if proofs else [])]
    note = f"The first {len(kept)} of {total}; the ledger has all." if total > len(kept) else f"All {total}."
    if common:
        note += f" In all of them: {'; '.join(common)}."
    what = table(headings, rows, [f"i-{flat['key'][:ID]}" for flat, _ in kept])
    return [paragraph(note), folded("the items", what)]


def _shown(value: Any) -> Any:
    if isinstance(value, str):
        short = value if len(value) <= 120 else value[:119] + "…"
        return (html(short), _sort_key(value) if len(value) <= 60 else short)
    return _text(value) if isinstance(value, bool) else value

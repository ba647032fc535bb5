"""What a run of a study says of itself, and its rows as tables: a data frame, CSV, Parquet."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from verify.ask.answer import Answer
from verify.asked import version
from verify.console import Page
from verify.errors import BadInput
from verify.files import write_whole
from verify.studies.ledger import CERTIFICATES, NAME, Row, reading

# The columns of a row that are not those of its question or its result.
OWN = ("key", "task", "evidence", "seconds", "status", "error", "certificate")
FORMATS = (".csv", ".parquet")


@dataclass(frozen=True)
class Ran:
    """A run of a study: how many items it has; how many were there; rows that rested on other code, or had not ended as
    done, and were asked again; how many items ended in which way."""

    title: str
    out: str
    items: int
    there: int
    stale: int
    again: int
    ended: dict[str, int]
    interrupted: bool
    seconds: float

    def to_json(self) -> dict[str, Any]:
        """The document of the command `sweep`."""
        return {**asdict(self), "version": version()}


@dataclass(frozen=True)
class Planned:
    """A study that was counted, with the mean of a sample's times, from which ``seconds`` is computed."""

    title: str
    items: int
    sampled: int
    failed: int
    error: str | None
    seconds_an_item: float
    jobs: int
    seconds: float

    def to_json(self) -> dict[str, Any]:
        """The document of the command `sweep --dry-run`."""
        return {**asdict(self), "version": version()}


@dataclass(frozen=True, eq=False, repr=False)
class Swept(Answer):
    """A study that was run, or interrupted: ``frame()`` has its rows."""

    found: Ran

    @property
    def folder(self) -> Path:
        """Where the ledger is."""
        return Path(self.found.out)

    def frame(self) -> Any:
        """The rows as a pandas data frame: a column for each key of the question (``data.n``), each part that is kept
        of the result, and ``key``, ``task``, ``evidence``, ``seconds``, ``status``, ``error``, ``certificate``; a part
        of the result with one of these names is ``result.NAME``.
        Numbers that are exact and not whole are text."""
        try:
            import pandas as pd  # a user's, not ours
        except ImportError:
            raise BadInput("frame: it needs pandas (pip install pandas)") from None
        return pd.DataFrame(records(self.folder))

    def show(self, page: Page) -> None:
        found = self.found
        page.head(found.title, f": {found.items} items")
        if found.there:
            page.say(f"{found.there} were there")
        if found.stale:
            page.say(f"{found.stale} rows rested on other code, and were computed again")
        if found.again:
            page.say(f"{found.again} had not ended as done, and were asked again")
        for status, count in found.ended.items():
            page.say(f"{count} {MEANING[status]}")
        page.say(f"ledger: {self.folder / NAME}, {found.seconds:.1f} s")
        if found.interrupted:
            page.say("interrupted: what is in the ledger is kept, and the same command goes on there")

    def summary(self) -> str:
        found = self.found
        done = found.there + sum(found.ended.values())
        return f"{found.title}: {done} of {found.items} items in {self.folder / NAME}"

    def table(self) -> tuple[Sequence[str], Sequence[Sequence[str]]]:
        ended = [[MEANING[status], str(count)] for status, count in self.found.ended.items()]
        return ("items", str(self.found.items)), [["were there", str(self.found.there)], *ended]


MEANING = {
    "done": "done",
    "failed": "failed: the ledger says why",
    "time": "took more time than the study allows",
    "memory": "took more memory than the study allows",
    "killed": "ended their process three times",
}


@dataclass(frozen=True, eq=False, repr=False)
class Estimate(Answer):
    """How long a study would take, by a sample of its items."""

    found: Planned

    def show(self, page: Page) -> None:
        found = self.found
        page.head(found.title, f": {found.items} items")
        page.say(self.summary().partition(": ")[2])
        if found.failed:
            page.say(f"{found.failed} of the sample failed: {found.error}")

    def summary(self) -> str:
        found = self.found
        return (
            f"{found.title}: about {duration(found.seconds)} with jobs={found.jobs}, since an item takes "
            f"{found.seconds_an_item:.3g} s, the mean of {found.sampled} of {found.items} drawn at random"
        )

    def table(self) -> tuple[Sequence[str], Sequence[Sequence[str]]]:
        return ("items", str(self.found.items)), [["estimate", duration(self.found.seconds)]]


def duration(seconds: float) -> str:
    """Seconds, minutes or hours."""
    for unit, size in (("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.1f} s"


def records(folder: Path) -> Iterator[dict[str, Any]]:
    """The rows of a ledger as flat records."""
    with reading(folder) as ledger:
        for row in ledger.rows():
            yield record(row)


def record(row: Row) -> dict[str, Any]:
    """A row with the keys of its question and its result as columns; lists are JSON. A part of the result that is named
    as one of the ledger's own columns is result.NAME."""
    asked = json.loads(row.asked)
    flat: dict[str, Any] = {"key": row.key, "task": row.task}
    for part in ("data", "optimizer", "options"):
        flat |= {f"{part}.{name}": value for name, value in asked.get(part, {}).items()}
    result = None if row.result is None else json.loads(row.result)
    parts = (
        _flat(result) if isinstance(result, Mapping) else {} if result is None else {"result": _cell(result)}
    )
    flat |= {f"result.{name}" if name in OWN else name: value for name, value in parts.items()}
    return flat | {name: getattr(row, name) for name in OWN[2:]}


def _flat(document: Mapping[str, Any], before: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in document.items():
        found |= (
            _flat(value, f"{before}{name}.")
            if isinstance(value, Mapping)
            else {f"{before}{name}": _cell(value)}
        )
    return found


def _cell(value: Any) -> Any:
    return json.dumps(value) if isinstance(value, list) else value


def columns(folder: Path) -> list[str]:
    """The columns of all records, in the order in which they are met."""
    seen: dict[str, None] = {}
    for each in records(folder):
        seen |= dict.fromkeys(each)
    return [*(name for name in seen if name not in OWN[2:]), *(name for name in OWN[2:] if name in seen)]


def check_export(target: str) -> None:
    """BadInput for a table that cannot be written: of another format, or Parquet without pyarrow."""
    if Path(target).suffix not in FORMATS:
        raise BadInput(f"export={target} is none of {', '.join(FORMATS)}")
    if target.endswith(".parquet"):
        try:
            import pyarrow.parquet  # noqa: F401
        except ImportError:
            raise BadInput(f"export={target}: Parquet needs pyarrow (pip install pyarrow)") from None


def export(folder: Path, target: str) -> None:
    """Write the rows as CSV or Parquet."""
    check_export(target)
    names, stream = columns(folder), io.StringIO()
    if target.endswith(".csv"):
        writer = csv.DictWriter(stream, names, lineterminator="\n")
        writer.writeheader()
        writer.writerows(records(folder))
        write_whole(target, stream.getvalue())
        return
    import pyarrow as pa
    import pyarrow.parquet as parquet

    rows = list(records(folder))
    sink = io.BytesIO()
    parquet.write_table(pa.table({name: _typed([row.get(name) for row in rows]) for name in names}), sink)
    write_whole(target, sink.getvalue())


def _typed(values: list[Any]) -> list[Any]:
    """Values of one type, as a column has: where there are several, all are text."""
    kinds = {type(value) for value in values if value is not None}
    if kinds <= {int, float} or len(kinds) < 2:
        return [float(value) if value is not None and kinds == {int, float} else value for value in values]
    return [None if value is None else str(value) for value in values]


def certificate_of(row: Row) -> str | None:
    """The path of a row's certificate from the folder of its ledger."""
    return None if row.certificate is None else f"{CERTIFICATES}/{row.certificate}.json"

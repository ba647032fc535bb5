"""The ledger of a study: a database of SQLite with a row an item, and certificates beside it by their digests.

One process writes it. A row is there once it is reported, whatever becomes of the process then: rows are written in
transactions, and a certificate before the row that names it.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from verify.errors import BadInput
from verify.files import locked, write_whole

NAME, CERTIFICATES = "ledger.sqlite", "certificates"
# The form of the tables; a ledger of another form is refused.
FORM = "1"

_TABLES = """
create table if not exists items(
    key text primary key, task text not null, asked text not null, result text, evidence text, seconds real not null,
    status text not null, error text, version text not null, code text not null, source text not null,
    certificate text, study text not null
) without rowid;
create table if not exists about(name text primary key, value text not null) without rowid;
"""


class Row(NamedTuple):
    """An item and what became of it.

    ``asked`` and ``result`` are JSON; ``status`` is done, failed, time, memory or killed; ``code`` and ``source`` are
    digests of the code of this package that the result rests on, and of the rule's source with files of one's own;
    ``certificate`` names a file; ``study`` is the digest of the study that asked for it last.
    """

    key: str
    task: str
    asked: str
    result: str | None
    evidence: str | None
    seconds: float
    status: str
    error: str | None
    version: str
    code: str
    source: str
    certificate: str | None
    study: str


class Ledger:
    """A ledger that is open; `rows` are those of the study that was asked for last."""

    def __init__(self, folder: Path, connection: sqlite3.Connection) -> None:
        self.folder, self.connection = folder, connection

    def find(self, key: str) -> Row | None:
        """The row of an item."""
        found = self.connection.execute("select * from items where key = ?", (key,)).fetchone()
        return None if found is None else Row(*found)

    def write(self, rows: Sequence[tuple[Row, str | None]]) -> None:
        """Keep rows, in one transaction, after the texts of their certificates."""
        kept = []
        for row, certificate in rows:
            if certificate is not None:
                digest = hashlib.sha256(certificate.encode()).hexdigest()
                place = self.folder / CERTIFICATES / f"{digest}.json"
                if not place.exists():
                    place.parent.mkdir(exist_ok=True)
                    write_whole(place, certificate)
                row = row._replace(certificate=digest)
            kept.append(row)
        with self.connection:
            marks = ", ".join("?" * len(Row._fields))
            self.connection.executemany(f"insert or replace into items values({marks})", kept)

    def adopt(self, keys: Sequence[str], study: str) -> None:
        """Note that a study asks for rows that are there."""
        with self.connection:
            self.connection.executemany(
                "update items set study = ? where key = ?", [(study, key) for key in keys]
            )

    def say(self, **about: Any) -> None:
        """Keep what is known of the whole, as JSON."""
        with self.connection:
            self.connection.executemany(
                "insert or replace into about values(?, ?)", [(k, json.dumps(v)) for k, v in about.items()]
            )

    def about(self) -> dict[str, Any]:
        """What is known of the whole."""
        return {
            name: json.loads(value)
            for name, value in self.connection.execute("select name, value from about")
        }

    def rows(self, study: str | None = None) -> Iterator[Row]:
        """The rows of a study, by default of that which was run last, in the order of their keys."""
        study = self.about()["study"] if study is None else study
        found = self.connection.execute("select * from items where study = ? order by key", (study,))
        return (Row(*row) for row in found)


@contextmanager
def writing(folder: Path) -> Iterator[Ledger]:
    """The ledger in a folder, made where there is none. Raises BadInput where another process writes it."""
    if folder.exists() and not folder.is_dir():
        raise BadInput(f"out={folder} is not a folder")
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        try:
            stack.enter_context(locked(folder, wait=False))
        except BlockingIOError:
            raise BadInput(f"out={folder}: another sweep writes there") from None
        yield stack.enter_context(_opened(folder, new=True))


@contextmanager
def reading(folder: Path) -> Iterator[Ledger]:
    """The ledger in a folder, which may be written meanwhile. Raises BadInput where there is none."""
    if not (folder / NAME).is_file():
        raise BadInput(f"{folder}: there is no {NAME}, which `marginproof sweep --out {folder}` writes")
    with _opened(folder, new=False) as ledger:
        yield ledger


@contextmanager
def _opened(folder: Path, new: bool) -> Iterator[Ledger]:
    connection = sqlite3.connect(folder / NAME, timeout=30)
    try:
        if new:
            connection.execute("pragma journal_mode = wal")
            connection.execute("pragma synchronous = normal")
            connection.executescript(_TABLES)
            with connection:
                connection.execute("insert or ignore into about values('form', ?)", (json.dumps(FORM),))
        ledger = Ledger(folder, connection)
        if ledger.about().get("form") != FORM:
            raise BadInput(f"{folder / NAME} is a ledger of another form; give another folder")
        yield ledger
    except sqlite3.DatabaseError as error:
        raise BadInput(f"{folder / NAME} is not a ledger that can be used: {error}") from None
    finally:
        connection.close()

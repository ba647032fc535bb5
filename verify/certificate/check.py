"""Checking a certificate: every obligation is shown here, from the document alone, or it is invalid."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, TextIO

from verify.certificate.data import Data, name_of, read_texts
from verify.certificate.effort import allowance
from verify.certificate.files import content_of
from verify.certificate.kind import Kind
from verify.certificate.kinds import NAMES, kind_of
from verify.certificate.reading import EARLIER, anything, digits, parse, record, text, word
from verify.certificate.refusal import Refused, Unread, require

FORMAT = "marginproof-certificate-1"

Rows = Sequence[Sequence[Fraction]]


@dataclass(frozen=True)
class Checked:
    """The outcome for one certificate: its statement if valid, else the obligation that failed, and why."""

    statement: str | None
    obligation: str = ""
    why: str = ""

    @property
    def valid(self) -> bool:
        """Whether every obligation was shown."""
        return self.statement is not None

    def line(self) -> str:
        """``valid: STATEMENT`` or ``invalid: OBLIGATION: why``."""
        return f"valid: {self.statement}" if self.valid else f"invalid: {self.obligation}: {self.why}"


def check_document(
    document: object, rows: Rows | None = None, work: float = 1, owned: int | None = None
) -> Checked:
    """Check a parsed certificate; with ``rows`` also that it speaks of exactly these rows, in this order, and with
    ``owned`` that so many are a sample's.

    ``work`` multiplies the usual bounds on what a certificate may ask for. Raises Unread if it is about balls and
    python-flint is missing; nothing else, whatever the document holds.
    """
    try:
        with allowance(work):
            data, kind, claim, fields = read_stated(document, rows, owned)
            kind.check(data, claim, fields["witness"])
    except Refused as refusal:
        return Checked(None, refusal.obligation, refusal.why)
    except MemoryError:
        return Checked(None, "effort", "the memory of this machine does not suffice")
    except Unread:
        raise
    except Exception as error:  # a fault of the checker, of which a certificate must not profit
        return Checked(None, "unforeseen", f"{type(error).__name__} in the checker, which is a fault of it")
    return Checked(fields["statement"])


def check_file(
    path: str | Path, rows: Rows | None = None, work: float = 1, owned: int | None = None
) -> Checked:
    """Check the certificate in a file. Raises Unread if nothing can be said of it, since it cannot be read."""
    content = content_of(path, work)
    try:
        return check_text(content.decode(), rows, work, owned)
    except UnicodeDecodeError as error:
        return Checked(None, "json", f"not UTF-8: {error.reason}")


def check_text(text: str, rows: Rows | None = None, work: float = 1, owned: int | None = None) -> Checked:
    """Check the certificate that a text in JSON is."""
    try:
        document = parse(text)
    except Refused as refusal:
        return Checked(None, refusal.obligation, refusal.why)
    except MemoryError:
        raise Unread("the memory of this machine does not suffice") from None
    return check_document(document, rows, work, owned)


def check_files(
    paths: Sequence[str], check: Callable[[str], Checked] = check_file, quiet: bool = False
) -> tuple[list[tuple[str, Checked | Unread]], int]:
    """Check one file after the other, and print a line for each, unless ``quiet``, where it can be read. Returns what
    was found of each, and 0 if all are valid, 1 if one is not, 2 if one cannot be read."""
    found: list[tuple[str, Checked | Unread]] = []
    status = 0
    for path in paths:
        try:
            checked = check(path)
        except Unread as reason:
            say(f"marginproof: certificate {path}: {reason}", sys.stderr)
            found.append((path, reason))
            status = 2
            continue
        if not quiet:
            say(checked.line(), sys.stdout)
        found.append((path, checked))
        status = max(status, 0 if checked.valid else 1)
    return found, status


def say(line: str, stream: TextIO) -> None:
    """Print one line. What does not print, or is not in the stream's encoding, is escaped."""
    printable = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in line)
    encoding = stream.encoding or "ascii"
    print(printable.encode(encoding, "backslashreplace").decode(encoding), file=stream, flush=True)


def require_rows(data: Data, rows: Rows, owned: int | None = None) -> None:
    """The certificate's data are these rows, and so many are a sample's; where not, the reason says where."""
    same = owned in (None, data.owned)
    require(same, "data", f"a sample has {data.owned} rows in the certificate, and {owned} in the data set")
    given = [[entry.as_integer_ratio() for entry in row] for row in rows]
    if given == data.ratios:
        return
    n, d = len(given), len(given[0]) if given else 0
    if (n, d) != (data.n, data.d):
        raise Refused(
            "data", f"the certificate is about {data.n} x {data.d} entries, the data set has {n} x {d}"
        )
    differ = [
        (i, k) for i, row in enumerate(given) for k, entry in enumerate(row) if entry != data.ratios[i][k]
    ]
    i, k = differ[0]
    mine, other = (short(*entries[i][k]) for entries in (data.ratios, given))
    order = "; the rows are the same in another order" if sorted(given) == sorted(data.ratios) else ""
    raise Refused(
        "data",
        f"the certificate is about another data set: row {i}, column {k} (counted from 0) is {mine} in the certificate "
        f"and {other} in the data; {len(differ)} of {n * d} entries differ{order}",
    )


def short(numerator: int, denominator: int) -> str:
    """A number as messages show it."""
    spelled = digits(numerator) + ("" if denominator == 1 else f"/{digits(denominator)}")
    return spelled if len(spelled) <= 60 else f"{spelled[:60]}... ({len(spelled)} characters)"


def statement_of(document: dict[str, Any]) -> str:
    """The statement that a document with these data and this claim must carry; Refused if malformed."""
    outer = read_outer(document | {"statement": ""})
    texts, labels, k = read_texts(outer["data"])  # not yet read as numbers
    n, d = len(texts), len(texts[0])
    kind, claim, _ = read_inner(outer, n if labels is None else n * (k - 1), d if labels is None else k * d)
    return state(name_of(texts, labels, k), kind, claim, outer["claim"])


def state(name: str, kind: Kind, claim: dict[str, Any], spelled: object) -> str:
    """The statement of a claim about the data set of this name.

    The claim has one spelling but for the order of its fields, so its digest says which claim it is.
    """
    digest = hashlib.sha256(json.dumps(spelled, sort_keys=True).encode()).hexdigest()
    return f"{name}: {kind.statement(claim)}; the claim has SHA-256 {digest}"


def read_stated(
    document: object, rows: Rows | None, owned: int | None = None
) -> tuple[Data, Kind, dict[str, Any], dict[str, Any]]:
    """What ``read`` gives; Refused where the document does not state what it claims, or is not about these rows, if any
    are given."""
    data, kind, claim, fields = read(document)
    if rows is not None:
        require_rows(data, rows, owned)
    stated = state(data.name, kind, claim, fields["claim"])
    require(fields["statement"] == stated, "statement", f"it is not what the claim says ({EARLIER})")
    return data, kind, claim, fields


def read(document: object) -> tuple[Data, Kind, dict[str, Any], dict[str, Any]]:
    """Data, kind, claim and all fields of a document whose schema holds."""
    outer = read_outer(document)
    data = Data.read(outer["data"])
    kind, claim, witness = read_inner(outer, data.n, data.d)
    return data, kind, claim, outer | {"witness": witness}


def read_outer(document: object) -> dict[str, Any]:
    """The fields of a document, those of data, claim and witness still unread."""
    unread = dict.fromkeys(("data", "claim", "witness"), anything)
    return record(document, "certificate", {"format": word(FORMAT), "statement": text} | unread)


def read_inner(outer: dict[str, Any], n: int, d: int) -> tuple[Kind, dict[str, Any], dict[str, Any]]:
    """The kind, and the fields of claim and witness, about n rows of d entries."""
    require(isinstance(outer["claim"], dict), "schema", "claim is not an object")
    name = outer["claim"].get("kind")
    require(name in NAMES, "schema", f"claim.kind is not one of {', '.join(NAMES)} ({EARLIER})")
    kind = kind_of(name)
    claim = record(outer["claim"], "claim", {"kind": text} | dict(kind.claim(n, d)))
    return kind, claim, record(outer["witness"], "witness", kind.witness(n, d))

"""Checking a certificate: every obligation is shown here, from the document alone, or it is invalid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from verify.certificate.data import Data, name_of
from verify.certificate.kinds import KINDS, Kind
from verify.certificate.reading import Refused, anything, many, parse, record, require, text, word

FORMAT = "marginproof-certificate-1"


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


def check_document(document: object, rows: Sequence[Sequence[Fraction]] | None = None) -> Checked:
    """Check a parsed certificate; with ``rows`` also that it speaks of exactly these rows, in this order."""
    try:
        data, kind, claim, fields = read(document)
        if rows is not None:
            given = [[entry.as_integer_ratio() for entry in row] for row in rows]
            require(given == data.ratios, "data", "the certificate is about another data set")
        require(
            fields["statement"] == state(data.name, kind, claim), "statement", "it is not what the claim says"
        )
        kind.check(data, claim, fields["witness"])
    except Refused as refusal:
        return Checked(None, refusal.obligation, refusal.why)
    return Checked(fields["statement"])


def check_file(path: str | Path, rows: Sequence[Sequence[Fraction]] | None = None) -> Checked:
    """Check the certificate in a file. OSError if it cannot be read."""
    content = Path(path).read_bytes()
    try:
        document = parse(content.decode())
    except UnicodeDecodeError as error:
        return Checked(None, "json", f"not UTF-8: {error.reason}")
    except Refused as refusal:
        return Checked(None, refusal.obligation, refusal.why)
    return check_document(document, rows)


def statement_of(document: dict[str, Any]) -> str:
    """The statement that a document with these data and this claim must carry; Refused if malformed."""
    outer = read_outer(document | {"statement": ""})
    texts = record(outer["data"], "data", {"rows": many(many(text))})["rows"]  # not yet read as numbers
    name = name_of(texts, "data.rows")
    kind, claim, _ = read_inner(outer, len(texts), len(texts[0]))
    return state(name, kind, claim)


def state(name: str, kind: Kind, claim: dict[str, Any]) -> str:
    """The statement of a claim about the data set of this name."""
    return f"{name}: {kind.statement(claim)}"


def read(document: object) -> tuple[Data, Kind, dict[str, Any], dict[str, Any]]:
    """Data, kind, claim and all fields of a document whose schema holds."""
    outer = read_outer(document)
    data: Data = record(outer["data"], "data", {"rows": Data.read})["rows"]
    kind, claim, witness = read_inner(outer, data.n, data.d)
    return data, kind, claim, outer | {"witness": witness}


def read_outer(document: object) -> dict[str, Any]:
    """The fields of a document, those of data, claim and witness still unread."""
    fields = {
        "format": word(FORMAT),
        "statement": text,
        "data": anything,
        "claim": anything,
        "witness": anything,
    }
    return record(document, "certificate", fields)


def read_inner(outer: dict[str, Any], n: int, d: int) -> tuple[Kind, dict[str, Any], dict[str, Any]]:
    """The kind, and the fields of claim and witness, about n rows of d entries."""
    require(isinstance(outer["claim"], dict), "schema", "claim is not an object")
    name = word(*KINDS)(outer["claim"].get("kind"), "claim.kind")
    kind = KINDS[name]
    claim = record(outer["claim"], "claim", {"kind": text} | dict(kind.claim(n, d)))
    return kind, claim, record(outer["witness"], "witness", kind.witness(n, d))

"""Checking a certificate: every obligation is shown here, from the document alone, or it is invalid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from verify.certificate.data import Data
from verify.certificate.kinds import KINDS, Kind
from verify.certificate.reading import Refused, anything, parse, record, require, text, word

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
            require(
                [list(row) for row in rows] == data.rows, "data", "the certificate is about another data set"
            )
        require(fields["statement"] == state(kind, claim, data), "statement", "it is not what the claim says")
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
    data, kind, claim, _ = read(document | {"statement": ""})
    return state(kind, claim, data)


def state(kind: Kind, claim: dict[str, Any], data: Data) -> str:
    """The statement of a claim about data."""
    return f"{data.name()}: {kind.statement(claim)}"


def read(document: object) -> tuple[Data, Kind, dict[str, Any], dict[str, Any]]:
    """Data, kind, claim and all fields of a document whose schema holds."""
    outer = record(
        document,
        "certificate",
        {"format": word(FORMAT), "statement": text, "data": anything, "claim": anything, "witness": anything},
    )
    data: Data = record(outer["data"], "data", {"rows": Data.read})["rows"]
    require(isinstance(outer["claim"], dict), "schema", "claim is not an object")
    name = word(*KINDS)(outer["claim"].get("kind"), "claim.kind")
    kind = KINDS[name]
    claim = record(outer["claim"], "claim", {"kind": text} | dict(kind.claim(data.n, data.d)))
    witness = record(outer["witness"], "witness", kind.witness(data.n, data.d))
    return data, kind, claim, outer | {"witness": witness}

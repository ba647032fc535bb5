"""Writing certificates: numbers spelled as the checker wants them, and the statement it derives."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

from verify.certificate.check import FORMAT, statement_of
from verify.certificate.reading import digits
from verify.files import write_whole

Document = dict[str, Any]
Rows = Sequence[Sequence[Fraction]]


def certificate(
    data: Rows | Mapping[str, Any],
    kind: str,
    claim: Mapping[str, Any],
    witness: Mapping[str, Any] | None = None,
) -> Document:
    """The document of a claim about data with these rows, or with these samples, labels and number of classes.

    Numbers in claim and witness are ints or Fractions, alone or in lists and mappings; they are spelled here. Raises
    verify.certificate.reading.Refused if a field is missing, unknown or of a wrong shape.
    """
    document: Document = {
        "format": FORMAT,
        "statement": "",
        "claim": {"kind": kind} | spell(claim),
        "witness": spell(witness or {}),
        "data": spell(data if isinstance(data, Mapping) else {"rows": data}),
    }
    return document | {"statement": statement_of(document)}


def write(document: Document, path: str | Path) -> None:
    """Write a certificate as JSON, one field a line, whole or not at all. OSError if that fails."""
    fields = ",\n".join(f"{json.dumps(name)}: {json.dumps(value)}" for name, value in document.items())
    write_whole(path, f"{{\n{fields}\n}}\n")


def spell(value: object) -> Any:
    """A number as the text that the checker reads, a list or mapping of such, a word as it is."""
    if isinstance(value, Fraction | int):
        try:
            return str(value)
        except ValueError:  # Python prints so many digits only
            tail = "" if value.denominator == 1 else f"/{digits(value.denominator)}"
            return digits(value.numerator) + tail
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        return {name: spell(entry) for name, entry in value.items()}
    if isinstance(value, Sequence):
        return [spell(entry) for entry in value]
    raise TypeError(f"{value!r} is a {type(value).__name__}: no exact number, list, mapping or word")

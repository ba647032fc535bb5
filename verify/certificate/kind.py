"""What a kind of certificate is, and the fields that several kinds share, with their ranges.

Each kind is one file of `verify.certificate.kinds`: its fields, its statement and its obligations.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from verify.certificate.data import Data
from verify.certificate.program import read_rule
from verify.certificate.reading import Reader, between, fraction, integer, many, record, word

Fields = Mapping[str, Any]
Readers = dict[str, Reader]

MOST_POINTS = 10_000


@dataclass(frozen=True)
class Kind:
    """One kind: the fields of claim and witness for N rows and d columns, statement, obligations."""

    claim: Callable[[int, int], Readers]
    statement: Callable[[Fields], str]
    check: Callable[[Data, Fields, Fields], None]
    witness: Callable[[int, int], Readers] = lambda n, d: {}


def game_fields(n: int) -> Readers:
    """A rule, carried as a program, and the batches that it sees."""
    return {"rule": read_rule, "batch_size": integer(1, n), "order": word("cyclic")}


def listed(fields: Readers, most: int = MOST_POINTS) -> Reader:
    """A reader of a list of objects with these fields."""
    return many(lambda value, where: record(value, where, fields), most=most)


def direction_fields(d: int) -> Readers:
    """A direction at l2 norm 1, and how far from it the claim's is at most."""
    return {"direction": many(between(-2, 2), d), "direction_radius": between(0, 2, "(]")}


def spectral_fields() -> Readers:
    """Bounds on a spectral radius."""
    return {"spectral_low": between(0, None, "[)"), "spectral_high": between(0, None, "[)")}


def box_fields(n: int, d: int) -> Readers:
    """An equilibrium in a box, and its direction."""
    return {"center": many(between(0, 1), n), "radius": between(0, 1, "(]")} | direction_fields(d)


def list_fields(n: int, d: int, more: Readers | None = None) -> Readers:
    """A list of such boxes, each with ``more`` fields, and whether it is said to be complete."""
    return {"complete": word("yes", "no"), "points": listed(box_fields(n, d) | (more or {}))}


def dominance_fields(n: int, d: int) -> Readers:
    """Rows that no equilibrium gives weight, each with its proof."""
    row = integer(0, n - 1)
    return {"dominated": listed({"row": row, "by": many(row, most=n), "factors": many(fraction, most=n)}, n)}


def weights_field(n: int, d: int) -> Readers:
    """The dual weights of a margin."""
    return {"weights": many(fraction, n)}

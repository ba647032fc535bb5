"""The kinds of certificate: the fields of each claim and witness with their ranges, statement, and obligations."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from verify.certificate import earlier, margins, metric, statements
from verify.certificate.data import Data
from verify.certificate.program import read_lines, read_rule
from verify.certificate.reading import Reader, between, fraction, integer, many, record, word
from verify.certificate.refusal import Unread

Fields = Mapping[str, Any]
Readers = dict[str, Reader]


@dataclass(frozen=True)
class Kind:
    """One kind: the fields of claim and witness for N rows and d columns, statement, obligations."""

    claim: Callable[[int, int], Readers]
    witness: Callable[[int, int], Readers]
    statement: Callable[[Fields], str]
    check: Callable[[Data, Fields, Fields], None]


def margin_kind(norm: str, value: str, check: Callable[[Data, Fields, Fields], None]) -> Kind:
    """The kind of the max margin in one norm; ``value`` names the claim's field that holds it."""
    return Kind(
        claim=lambda n, d: (
            {value: between(0, None, "[)"), "maximizer": many(fraction, d)}
            | ({} if norm == "l2" else {"face": many(many(fraction, d), most=d)})
        ),
        witness=lambda n, d: {"weights": many(fraction, n)},
        statement=lambda claim: statements.margin_statement(norm, value, claim),
        check=check,
    )


def no_fields(n: int, d: int) -> Readers:
    """No fields at all."""
    return {}


MOST_STEPS = 10**12
MOST_BITS = 1 << 20
MOST_POINTS = 10_000
UNIT = between(0, 1)
BETA = between(0, 1, "[)")


def named_fields(n: int) -> Readers:
    """The parameters of rules that are named."""
    return {"batch_size": integer(1, n), "beta1": BETA, "beta2": BETA}


def game_fields(n: int) -> Readers:
    """A rule, carried as a program, and the batches that it sees."""
    return {"rule": read_rule, "batch_size": integer(1, n), "order": word("cyclic")}


def box_fields(n: int, d: int) -> Readers:
    """An equilibrium in a box, and its direction."""
    return {
        "center": many(UNIT, n),
        "radius": between(0, 1, "(]"),
        "direction": many(between(-2, 2), d),
        "direction_radius": between(0, 2, "(]"),
    }


def list_fields(n: int, d: int) -> Readers:
    """A list of such boxes."""
    fields = box_fields(n, d)
    return {"points": many(lambda value, where: record(value, where, fields), most=MOST_POINTS)}


def dominance_fields(n: int, d: int) -> Readers:
    """Rows that no equilibrium gives weight, each with its proof."""
    row = integer(0, n - 1)
    fields: Readers = {"row": row, "by": many(row, most=n), "factors": many(fraction, most=n)}
    return {"dominated": many(lambda value, where: record(value, where, fields), most=n)}


def iterate_fields(n: int, d: int) -> Readers:
    """A named optimizer with all its parameters, and a box for the iterate."""
    return (
        named_fields(n)
        | {"optimizer": word(*earlier.UPDATES), "loss": word(*earlier.WEIGHTS)}
        | path_fields(d)
    )


def run_fields(n: int, d: int) -> Readers:
    """A rule and a loss that are carried, and a box for the iterate."""
    return game_fields(n) | {"loss": read_lines} | path_fields(d)


def path_fields(d: int) -> Readers:
    """Step sizes and start of a run, and where it ends."""
    return {
        "lr": between(0, None, "()"),
        "decay": between(0, 1000),
        "start": many(fraction, d),
        "steps": integer(0, MOST_STEPS),
        "center": many(fraction, d),
        "radius": many(between(0, None, "[)"), d),
    }


def _later(module: str, name: str) -> Callable[[Data, Fields, Fields], None]:
    """A check that needs python-flint, imported only when such a certificate is met; Unread where it is missing."""

    def check(data: Data, claim: Fields, witness: Fields) -> None:
        try:
            found = getattr(import_module(f"verify.certificate.{module}"), name)
        except ModuleNotFoundError as error:
            raise Unread(f"certificates about balls need python-flint ({error})") from None
        found(data, claim, witness)

    return check


KINDS: dict[str, Kind] = {
    "separable": Kind(
        claim=lambda n, d: {"separator": many(fraction, d)},
        witness=lambda n, d: {},
        statement=lambda claim: "separable: the claim's separator w has x_i.w > 0 for every row",
        check=margins.separable,
    ),
    "not-separable": Kind(
        claim=lambda n, d: {"weights": many(fraction, n)},
        witness=lambda n, d: {},
        statement=lambda claim: "not separable: the claim's convex combination of rows vanishes",
        check=margins.not_separable,
    ),
    "max-margin-l1": margin_kind("l1", "margin", margins.l1_margin),
    "max-margin-l2": margin_kind("l2", "margin_squared", margins.l2_margin),
    "max-margin-linf": margin_kind("linf", "margin", margins.linf_margin),
    "max-margin-mahalanobis": Kind(
        claim=lambda n, d: {
            "metric": many(fraction, n),
            "margin_squared_low": fraction,
            "margin_squared_high": fraction,
            "maximizer": many(fraction, d),
            "radius_squared": between(0, None, "[)"),
        },
        witness=lambda n, d: {"weights": many(fraction, n)},
        statement=statements.mahalanobis_statement,
        check=metric.mahalanobis_margin,
    ),
    "dual-fixed-point-exact": Kind(
        claim=lambda n, d: {"point": many(fraction, n)},
        witness=lambda n, d: {},
        statement=statements.exact_statement,
        check=metric.exact_fixed_point,
    ),
    "equilibrium": Kind(
        claim=lambda n, d: game_fields(n) | box_fields(n, d),
        witness=no_fields,
        statement=statements.box_statement,
        check=_later("boxes", "equilibrium_in_box"),
    ),
    "equilibria": Kind(
        claim=lambda n, d: game_fields(n) | {"complete": word("yes", "no")} | list_fields(n, d),
        witness=dominance_fields,
        statement=statements.list_statement,
        check=_later("complete", "all_equilibria"),
    ),
    "run": Kind(
        run_fields,
        lambda n, d: {"bits": integer(8, MOST_BITS)},
        statements.run_statement,
        _later("iterate", "iterate"),
    ),
    # Those that follow named their rule (`verify.certificate.earlier`).
    "dual-fixed-point": Kind(box_fields, no_fields, earlier.named_box, _later("boxes", "equilibrium_in_box")),
    "dual-fixed-points": Kind(
        list_fields, dominance_fields, earlier.named_list, _later("complete", "all_equilibria")
    ),
    "adam-equilibrium": Kind(
        claim=lambda n, d: named_fields(n) | box_fields(n, d),
        witness=no_fields,
        statement=earlier.named_box,
        check=_later("boxes", "equilibrium_in_box"),
    ),
    "adam-equilibria": Kind(
        claim=lambda n, d: named_fields(n) | list_fields(n, d),
        witness=dominance_fields,
        statement=earlier.named_list,
        check=_later("complete", "all_equilibria"),
    ),
    "iterate": Kind(
        iterate_fields,
        lambda n, d: {"bits": integer(8, MOST_BITS)},
        earlier.iterate_statement,
        _later("iterate", "iterate"),
    ),
}

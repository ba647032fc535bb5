"""All properties by name, and those of one claim."""

from __future__ import annotations

from properties import (
    epoch_maps,
    equilibria,
    fixed_points,
    growth,
    increments,
    max_margin_limits,
    metamorphic,
    steps,
)
from properties.false_claims import FALSE_PROPERTIES
from properties.property import Property
from verify.claims import CLAIMS

# The tables of properties, by what they judge: evidence says it, since no finite run is a limit.
TABLES: dict[str, tuple[Property, ...]] = {
    "epochs": epoch_maps.PROPERTIES,
    "equilibria of the margin game": (
        *equilibria.PROPERTIES,
        *fixed_points.PROPERTIES,
        *max_margin_limits.PROPERTIES,
    ),
    "changes of the data": metamorphic.PROPERTIES,
    "finite runs": (*increments.PROPERTIES, *growth.PROPERTIES, *steps.PROPERTIES),
}
JUDGED: dict[str, str] = {property.name: kind for kind, table in TABLES.items() for property in table}
PROPERTIES: dict[str, Property] = {property.name: property for table in TABLES.values() for property in table}


def of(claim: str) -> list[Property]:
    """The properties of a claim; of a known-false one those that some case must violate."""
    return [property for property in (*PROPERTIES.values(), *FALSE_PROPERTIES) if property.claim == claim]


assert all(property.claim in CLAIMS for property in PROPERTIES.values())

"""All properties by name, and those of one claim."""

from __future__ import annotations

from properties import epochs, games, runs
from properties.property import Property
from verify.claims import CLAIMS

PROPERTIES: dict[str, Property] = {
    property.name: property for module in (epochs, games, runs) for property in module.PROPERTIES
}


def of(claim: str) -> list[Property]:
    """The properties of a claim; of a known-false one, none here."""
    return [property for property in PROPERTIES.values() if property.claim == claim]


assert all(property.claim in CLAIMS for property in PROPERTIES.values())

"""All properties by name, and those of one claim."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import entry_points
from types import ModuleType
from typing import Any

from hypothesis.strategies import SearchStrategy

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
from verify.claims import CLAIMS, MODULES, claim_named
from verify.claims.registry import Claim
from verify.drawers import home, module_of, require_plain, said, split
from verify.errors import BadInput

# Those that stand beside their claims.
BESIDE = tuple(property for module in MODULES for property in getattr(module, "PROPERTIES", ()))

# The tables of properties, by what they judge: evidence says it, since no finite run is a limit.
TABLES: dict[str, tuple[Property, ...]] = {
    "epochs": epoch_maps.PROPERTIES,
    "equilibria of the margin game": (
        *equilibria.PROPERTIES,
        *fixed_points.PROPERTIES,
        *max_margin_limits.PROPERTIES,
    ),
    "changes of the data": metamorphic.PROPERTIES,
    "finite runs": (
        *increments.PROPERTIES,
        *growth.PROPERTIES,
        *steps.PROPERTIES,
        *(property for property in BESIDE if property.expected == "holds"),
    ),
}
JUDGED: dict[str, str] = {property.name: kind for kind, table in TABLES.items() for property in table}
PROPERTIES: dict[str, Property] = {property.name: property for table in TABLES.values() for property in table}
FALSE = (*FALSE_PROPERTIES, *(property for property in BESIDE if property.expected == "fails"))

# Packages name properties under this group of entry points, beside their claims in marginproof.claims.
GROUP = "marginproof.properties"


def of(claim: str) -> list[Property]:
    """The properties of a claim; of a known-false one those that some case must violate. Raises BadInput for an
    unknown claim."""
    return claim_and_properties(claim)[1]


def claim_and_properties(text: str) -> tuple[Claim, list[Property]]:
    """The claim that a text names, and its properties: of a claim that ships those that ship, of one in a user's file
    those of the same file, of a package's those that packages name. ``FILE.py:NAME`` may name a property: then it
    alone, and the claim that it is of, which need not stand anywhere else.

    Raises BadInput, in one line, where there is none.
    """
    file, name = split(text)
    module = None if file is None or not name.isidentifier() else module_of(file, "claim")
    if module is not None and isinstance(found := getattr(module, name, None), Property):
        return _claim_of(found, module), [_usable(found)]
    claim = claim_named(text)
    if claim.id in CLAIMS:
        return claim, [property for property in (*PROPERTIES.values(), *FALSE) if property.claim == claim.id]
    place = home(claim)
    properties = _packaged() if place is None else _held(place[0])
    return claim, [_usable(property) for property in properties if property.claim == claim.id]


def _claim_of(property: Property, module: ModuleType) -> Claim:
    for claim in (*vars(module).values(), *CLAIMS.values()):
        if isinstance(claim, Claim) and claim.id == property.claim:
            return claim
    return Claim(property.claim, property.text, property.text, "", (), {}, expected=property.expected)


def _held(module: ModuleType) -> Iterator[Property]:
    """The properties at the top of a module, each once, by itself or in a tuple."""
    seen: list[Property] = []
    for value in vars(module).values():
        for each in value if isinstance(value, tuple | list) else (value,):
            if isinstance(each, Property) and not any(each is other for other in seen):
                seen.append(each)
                yield each


def _packaged() -> Iterator[Property]:
    for entry in entry_points(group=GROUP):
        try:
            found = entry.load()
        except Exception as error:
            raise BadInput(f"property={entry.name}: its package failed: {said(error)}") from None
        if not isinstance(found, Property):
            raise BadInput(
                f"property={entry.name}: {entry.value} is a {type(found).__name__}, not a Property"
            )
        yield found


def _usable(property: Property) -> Property:
    """The property, if it can be run and stored. Raises BadInput else."""
    require_plain("claim", property.claim)
    require_plain("property", property.name)
    wrong: dict[str, Any] = {}
    if not isinstance(property.cases, SearchStrategy):
        wrong["cases"] = "a strategy of Hypothesis"
    if not callable(property.judge):
        wrong["judge"] = "a function of a case"
    for part, wanted in wrong.items():
        raise BadInput(
            f"property {property.name}: {part} is a {type(getattr(property, part)).__name__}, not {wanted}"
        )
    return property


assert all(property.claim in CLAIMS for property in PROPERTIES.values())

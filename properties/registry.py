"""Claims and their properties by name: those that ship, which stand in a folder that this package looks into when it is
asked for one, those of a user's file, and those of packages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from importlib.metadata import entry_points
from types import ModuleType
from typing import Any, cast

from hypothesis.strategies import SearchStrategy

from properties.claim import Claim
from properties.property import Property
from verify.drawers import Drawer, home, module_of, require_plain, said, split
from verify.errors import BadInput

# The package whose modules hold the claims that ship.
FOLDER = "verify.claims"

# Packages name properties under this group of entry points, beside their claims in marginproof.claims.
GROUP = "marginproof.properties"


def shipped() -> Mapping[str, Claim]:
    """The claims that ship, by id."""
    return cast(Mapping[str, Claim], import_module(FOLDER).CLAIMS)


def all_properties() -> dict[str, Property]:
    """The properties of the claims that ship, by name."""
    return {property.name: property for claim in shipped().values() for property in claim.properties}


def _require_usable(claim: Claim) -> None:
    require_plain("claim", claim.id)
    if shipped().get(claim.id, claim) is not claim:
        raise BadInput(f"claim: the id {claim.id} is that of a claim that ships")


DRAWER = Drawer("claim", Claim, "marginproof.claims", shipped, check=_require_usable)


def claim_named(text: str) -> Claim:
    """The claim with that id, in ``FILE.py:NAME``, or of an entry point of the group marginproof.claims. Raises
    BadInput where there is none."""
    return DRAWER.named(text)


def of(claim: str) -> list[Property]:
    """The properties of a claim that have a strategy for cases; of a known-false one those that some case must violate.
    Raises BadInput for an unknown claim."""
    return [property for property in claim_and_properties(claim)[1] if property.cases is not None]


def claim_and_properties(text: str) -> tuple[Claim, list[Property]]:
    """The claim that a text names, and its properties: of a claim that ships those that ship, of one in a user's file
    those of the same file, of a package's those that packages name. ``FILE.py:NAME`` may name a property: then it
    alone, and the claim that it is of, which need not stand anywhere else.

    Raises BadInput, in one line, where there is none.
    """
    file, name = split(text, "claim")
    module = None if file is None or not name.isidentifier() else module_of(file, "claim")
    if module is not None and isinstance(found := getattr(module, name, None), Property):
        return _claim_of(found, module), [_usable(found)]
    claim = claim_named(text)
    if claim.id in shipped():
        return claim, list(claim.properties)
    place = home(claim)
    properties = _packaged() if place is None else _held(place[0])
    beside = [_usable(property) for property in properties if property.claim == claim.id]
    return claim, [*map(_usable, claim.properties), *beside]


def _claim_of(property: Property, module: ModuleType) -> Claim:
    for claim in (*vars(module).values(), *shipped().values()):
        if isinstance(claim, Claim) and claim.id == property.claim:
            return claim
    return Claim(property.claim, property.text, property.text, "", expected=property.expected)


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
    if not isinstance(property.cases, SearchStrategy | None):
        wrong["cases"] = "a strategy of Hypothesis"
    if not callable(property.judge):
        wrong["judge"] = "a function of a case"
    for part, wanted in wrong.items():
        raise BadInput(
            f"property {property.name}: {part} is a {type(getattr(property, part)).__name__}, not {wanted}"
        )
    return property

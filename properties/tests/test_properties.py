"""Every property at the profile asked for."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from properties.property import Property
from properties.registry import all_properties

PROPERTIES = {
    name: property
    for name, property in all_properties().items()
    if property.cases is not None and property.expected == "holds"
}
# A property that costs this many times the usual takes seconds for its cases; `make verify` judges it too.
SLOW = 2


@pytest.mark.parametrize(
    "property",
    [
        pytest.param(p, id=f"{p.claim}:{p.name}", marks=[pytest.mark.slow] if p.cost >= SLOW else [])
        for p in PROPERTIES.values()
    ],
)
def test_property(property: Property, judged: Callable[[Property], None]) -> None:
    """No case violates it, and some case says something."""
    judged(property)

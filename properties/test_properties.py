"""Every property at the profile asked for."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from properties.property import Property
from properties.registry import all_properties
from properties.run import STORE, count, run

PROPERTIES = {
    name: property
    for name, property in all_properties().items()
    if property.cases is not None and property.expected == "holds"
}


@pytest.mark.parametrize(
    "property", PROPERTIES.values(), ids=[f"{p.claim}:{p.name}" for p in PROPERTIES.values()]
)
def test_property(
    property: Property, request: pytest.FixtureRequest, record_property: Callable[[str, object], None]
) -> None:
    """No case violates it, or some case does if it should fail; and some case says something.

    A violation is kept and judged first the next time; not in the quick profile, whose cases depend on nothing but
    the seed."""
    profile: str = request.config.getoption("properties_profile")
    outcome = run(
        property,
        cases=count(property, profile),
        seed=request.config.getoption("properties_seed"),
        store=None if profile == "quick" or property.expected == "fails" else STORE,
        shrink=property.expected == "holds",
    )
    tally = outcome.tally
    record_property(
        "property", (property.claim, property.name, tally.cases, tally.judged, round(tally.worst, 2))
    )
    if property.expected == "fails":
        assert outcome.violation, "what should fail was not seen to"
    elif outcome.violation:
        raise outcome.violation
    assert tally.judged > 0, "every case was vacuous"

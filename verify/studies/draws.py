"""Data and cases that strategies of Hypothesis draw by a seed."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded

import properties.strategies as shipped
from verify.data.text import show
from verify.drawers import module_of, near, split
from verify.errors import BadInput
from verify.studies.asks import property_named

# The name of a strategy that stands for the property's own cases.
CASES = "cases"


def strategy_at(name: str, property: str | None, keys: Mapping[str, Any]) -> Any:
    """The strategy of this name in `properties.strategies`, or in a file of one's own, with its parameters."""
    if name == CASES:
        found = None if property is None else property_named(property).cases
        if found is None or keys:
            raise BadInput(
                f"data.strategy={CASES}: it is for a judge whose property has a strategy, and takes seed alone"
            )
        return found
    file, attribute = split(name)
    module = shipped if file is None else module_of(file, "strategy")
    found = getattr(module, attribute, None)
    if not callable(found):
        raise BadInput(
            f"data.strategy={show(name)} is no strategy{near(name, [n for n in dir(shipped) if n[0] != '_'])}"
        )
    try:
        inspect.signature(found).bind(**keys)
    except TypeError as error:
        raise BadInput(f"data.strategy={show(name)}: {error}") from None
    return found(**keys)


def drawn(strategy: Any, seed: int) -> Any:
    """What Hypothesis draws from a strategy by a seed."""
    found: list[Any] = []

    @seeded(seed)
    @settings(
        max_examples=2,  # the first is always the simplest
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def draw(value: Any) -> None:
        found.append(value)

    draw()
    return found[-1]

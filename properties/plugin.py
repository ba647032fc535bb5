"""The plugin for pytest, which an installed marginproof brings: properties of claims in a project's own tests.

    def test_mine(judged):
        judged(MY_PROPERTY)

    pytest --properties-profile standard --properties-seed 1

``judged`` generates as many cases as the profile says, the same ones for the same seed, and fails with the simplest
that violates the property, or if each is vacuous. A table of all stands at the end. The profile may also come from
the environment variable MARGINPROOF_PROPERTIES.

Every run of pytest in the environment loads this module, so that it imports nothing of the toolkit before a test asks.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from properties.property import Property

USUAL = "quick"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Profile and seed."""
    group = parser.getgroup("properties", "properties of claims (marginproof)")
    profile = os.environ.get("MARGINPROOF_PROPERTIES", USUAL)
    group.addoption(
        "--properties-profile", metavar="PROFILE", default=profile, help="quick, standard or thorough"
    )
    group.addoption(
        "--properties-seed", metavar="S", type=int, default=0, help="the same seed, the same cases"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Refuse an unknown profile before anything is run."""
    profile = config.getoption("properties_profile")
    if profile == USUAL:
        return
    from properties.run import PROFILES

    if profile not in PROFILES:
        raise pytest.UsageError(f"--properties-profile {profile} is none of {', '.join(PROFILES)}")


@pytest.fixture
def judged(
    request: pytest.FixtureRequest, record_property: Callable[[str, object], None]
) -> Callable[[Property], None]:
    """A function that runs a property, and fails where some case violates it (or none does, where one should), or where
    no case says something.

    A violation is kept and judged first the next time; not in the quick profile, whose cases depend on nothing but the
    seed."""
    from properties.run import STORE, count, run

    profile, seed = (request.config.getoption(f"properties_{name}") for name in ("profile", "seed"))

    def judge(property: Property) -> None:
        holds = property.expected == "holds"
        store = STORE if profile != USUAL and holds else None
        outcome = run(property, cases=count(property, profile), seed=seed, store=store, shrink=holds)
        tally = outcome.tally
        seen = (property.claim, property.name, tally.cases, tally.judged, round(tally.worst, 2))
        record_property("property", seen)
        if not holds:
            assert outcome.violation, f"{property.name}: what should fail was not seen to"
        elif outcome.violation:
            raise outcome.violation
        assert tally.judged > 0, f"{property.name}: every case was vacuous"

    return judge


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """The table: cases, non-vacuous share, worst margin, from all processes; and what repeats it."""
    reports = [r for outcome in ("passed", "failed") for r in terminalreporter.stats.get(outcome, [])]
    rows = [row for r in reports for name, row in r.user_properties if name == "property"]
    if not rows:
        return
    profile, seed = (config.getoption(f"properties_{name}") for name in ("profile", "seed"))
    terminalreporter.section("properties: log10(seen / allowed) at worst, violated above 0")
    terminalreporter.write_line(f"--properties-profile {profile} --properties-seed {seed}")
    terminalreporter.write_line(f"{'claim':22} {'property':26} {'cases':>6} {'judged':>7} {'worst':>7}")
    for claim, name, cases, judged, worst in sorted(rows):
        share = f"{100 * judged / cases:.0f} %" if cases else "-"
        terminalreporter.write_line(f"{claim:22} {name:26} {cases:6} {share:>7} {worst:7.2f}")

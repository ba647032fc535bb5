"""`pytest properties`: the options, and the table at the end.

    pytest properties --properties-profile standard --properties-seed 1 -k gd-l2

The profile may also come from the environment variable MARGINPROOF_PROPERTIES.
"""

from __future__ import annotations

import os
from typing import Any

import pytest

from properties.run import PROFILES


def pytest_addoption(parser: pytest.Parser) -> None:
    """Profile and seed."""
    group = parser.getgroup("properties")
    usual = os.environ.get("MARGINPROOF_PROPERTIES", "quick")
    group.addoption("--properties-profile", choices=list(PROFILES), default=usual, help="how many cases")
    group.addoption("--properties-seed", type=int, default=0, help="the same seed gives the same cases")


def pytest_report_header(config: pytest.Config) -> str:
    """What repeats this run."""
    profile, seed = config.getoption("properties_profile"), config.getoption("properties_seed")
    return f"properties: --properties-profile {profile} --properties-seed {seed}"


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """The table: cases, non-vacuous share, worst margin, from all processes."""
    reports = [r for outcome in ("passed", "failed") for r in terminalreporter.stats.get(outcome, [])]
    rows = [row for r in reports for name, row in r.user_properties if name == "property"]
    if not rows:
        return
    terminalreporter.section("properties: log10(seen / allowed) at worst, violated above 0")
    terminalreporter.write_line(f"{'claim':22} {'property':26} {'cases':>6} {'judged':>7} {'worst':>7}")
    for claim, name, cases, judged, worst in sorted(rows):
        share = f"{100 * judged / cases:.0f} %" if cases else "-"
        terminalreporter.write_line(f"{claim:22} {name:26} {cases:6} {share:>7} {worst:7.2f}")

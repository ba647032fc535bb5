"""Rules and schedules by name: those that ship, a user's own in a file, and those of installed packages."""

from __future__ import annotations

from verify.drawers import Drawer
from verify.optimizers.rule import Rule
from verify.optimizers.rules import RULES
from verify.optimizers.schedule import Schedule, require_sizes
from verify.optimizers.schedules import SCHEDULES

DRAWER = Drawer(
    "optimizer",
    Rule,
    "marginproof.rules",
    shipped=lambda: {name: rule for rule in RULES.values() for name in (rule.name, *rule.also)},
    listed=lambda: list(RULES),
    check=lambda rule: rule.program,  # raises BadInput where the step cannot be written as a program
)


def rule_named(text: str) -> Rule:
    """The rule that a text names: one that ships, ``FILE.py:NAME`` (whose code is run), or an entry point of the group
    marginproof.rules. Raises BadInput, in one line, for every way in which there is none."""
    return DRAWER.named(text)


STEP_SIZES = Drawer(
    "schedule", Schedule, "marginproof.schedules", shipped=lambda: SCHEDULES, check=require_sizes
)


def schedule_named(text: str) -> Schedule:
    """The schedule that a text names: ``NAME`` or ``NAME:ARGUMENT`` of one that ships or of an entry point of the group
    marginproof.schedules, or ``FILE.py:NAME``, whose code is run. Raises BadInput where there is none."""
    if ".py:" in text:
        return STEP_SIZES.named(text)
    name, colon, argument = text.partition(":")
    found = STEP_SIZES.named(name)
    return found.read(argument) if argument or found.wants or not colon else found.read(colon)

"""Rules by name: those that ship, a user's own in a file, and those of installed packages."""

from __future__ import annotations

from verify.drawers import Drawer
from verify.optimizers.rule import Rule
from verify.optimizers.rules import RULES

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

"""The rules that ship: one file each, a formula and ``RULE``, found by looking into this folder."""

from __future__ import annotations

from verify.drawers import in_folder
from verify.optimizers.rule import Rule

RULES: dict[str, Rule] = {module.RULE.name: module.RULE for module in in_folder(__name__, __path__)}

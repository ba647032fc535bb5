"""The rules that ship: one file each, a formula and ``RULE``, found by looking into this folder."""

from __future__ import annotations

import importlib
import pkgutil

from verify.optimizers.rule import Rule


def _found() -> dict[str, Rule]:
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    rules = [importlib.import_module(f"{__name__}.{name}").RULE for name in names]
    return {rule.name: rule for rule in rules}


RULES: dict[str, Rule] = _found()

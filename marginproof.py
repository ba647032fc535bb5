"""The public names, each imported when it is first asked for.

``Rule``, ``State``, ``Decay`` and the like make a rule of one's own, ``check_rule`` says whether it is what it
declares.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from verify.errors import BadInput, Undecided
    from verify.optimizers.check_rule import check_rule
    from verify.optimizers.rule import Decay, Number, Positive, Rule, State, Switch

# Where each name stands.
_PLACES = {
    "BadInput": "verify.errors",
    "Decay": "verify.optimizers.rule",
    "Number": "verify.optimizers.rule",
    "Positive": "verify.optimizers.rule",
    "Rule": "verify.optimizers.rule",
    "State": "verify.optimizers.rule",
    "Switch": "verify.optimizers.rule",
    "Undecided": "verify.errors",
    "check_rule": "verify.optimizers.check_rule",
}

__all__ = [
    "BadInput",
    "Decay",
    "Number",
    "Positive",
    "Rule",
    "State",
    "Switch",
    "Undecided",
    "check_rule",
]


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module marginproof has no {name}")
    return getattr(importlib.import_module(_PLACES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)

"""The public names, each imported when it is first asked for.

They are what a file with objects of one's own needs, which commands take as ``FILE.py:NAME``:

- a rule: ``Rule``, ``State``, and for its hyperparameters ``Number``, ``Positive``, ``Decay``, ``Switch``;
  ``check_rule`` says whether it is what it declares;
- a loss: ``Loss`` and ``check_loss``;
- a number format: ``Format``; a data family: ``Family``;
- a claim: ``Claim``, with checks that return ``Evidence`` with a ``Verdict``, and properties of cases: ``Property``,
  ``Case``, ``case``, strategies such as ``separable``, and for its judge ``Judgement``, ``within``, ``vacuous``;
- a chain: ``Chain``, ``Step``, ``Wrong``, ``Assertion`` and ``equality``, which makes one with its two roads,
  ``Finding``, ``Measured``;
- ``BadInput`` and ``Undecided``, which everything raises.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from properties.property import Case, Judgement, Property, case, vacuous, within
    from properties.strategies import separable
    from verify.claims.registry import Claim
    from verify.data.dataset import Dataset
    from verify.data.families.family import Family
    from verify.derive.chain import Assertion, Chain, Finding, Measured, Step, Wrong
    from verify.derive.roads import equality
    from verify.errors import BadInput, Undecided
    from verify.evidence import Evidence, Verdict
    from verify.losses.check_loss import check_loss
    from verify.losses.loss import Loss
    from verify.numbers.formats.format import Format
    from verify.optimizers.check_rule import check_rule
    from verify.optimizers.rule import Decay, Number, Positive, Rule, State, Switch

# Where each name stands, and under which one if it is another.
_PLACES = {
    "Assertion": "verify.derive.chain",
    "BadInput": "verify.errors",
    "Case": "properties.property",
    "Chain": "verify.derive.chain",
    "Claim": "verify.claims.registry",
    "Dataset": "verify.data.dataset",
    "Decay": "verify.optimizers.rule",
    "Evidence": "verify.evidence",
    "Family": "verify.data.families.family",
    "Finding": "verify.derive.chain",
    "Format": "verify.numbers.formats.format",
    "Judgement": "properties.property",
    "Loss": "verify.losses.loss",
    "Measured": "verify.derive.chain",
    "Number": "verify.optimizers.rule",
    "Positive": "verify.optimizers.rule",
    "Property": "properties.property",
    "Rule": "verify.optimizers.rule",
    "State": "verify.optimizers.rule",
    "Step": "verify.derive.chain",
    "Switch": "verify.optimizers.rule",
    "Undecided": "verify.errors",
    "Verdict": "verify.evidence",
    "Wrong": "verify.derive.chain",
    "case": "properties.property",
    "check_loss": "verify.losses.check_loss",
    "check_rule": "verify.optimizers.check_rule",
    "equality": "verify.derive.roads",
    "separable": "properties.strategies",
    "vacuous": "properties.property",
    "within": "properties.property",
}

__all__ = [
    "Assertion",
    "BadInput",
    "Case",
    "Chain",
    "Claim",
    "Dataset",
    "Decay",
    "Evidence",
    "Family",
    "Finding",
    "Format",
    "Judgement",
    "Loss",
    "Measured",
    "Number",
    "Positive",
    "Property",
    "Rule",
    "State",
    "Step",
    "Switch",
    "Undecided",
    "Verdict",
    "Wrong",
    "case",
    "check_loss",
    "check_rule",
    "equality",
    "separable",
    "vacuous",
    "within",
]


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module marginproof has no {name}")
    place, _, attribute = _PLACES[name].partition(":")
    return getattr(importlib.import_module(place), attribute or name)


def __dir__() -> list[str]:
    return sorted(__all__)

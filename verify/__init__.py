"""marginproof: where does this optimizer go on separable data, and how do we know?

The public names (and the packages verify.simulate and verify.derive). Each is imported when it is first asked
for, so that ``python -m verify.certificate`` needs nothing but the standard library.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from verify.certificate import check_document, check_file
    from verify.claims import CLAIMS, check_claims
    from verify.data import Dataset, Facts, NotSeparable, facts, load
    from verify.errors import BadInput, Undecided
    from verify.evidence import Evidence, Verdict
    from verify.game import Limit, Prediction, predict
    from verify.margins import Margin, max_margin
    from verify.optimizers import Optimizer, optimizer

_NAMES = {
    "certificate": "check_document check_file",
    "claims": "CLAIMS check_claims",
    "data": "Dataset Facts NotSeparable facts load",
    "errors": "BadInput Undecided",
    "evidence": "Evidence Verdict",
    "game": "Limit Prediction predict",
    "margins": "Margin max_margin",
    "optimizers": "Optimizer optimizer",
}
_HOME = {name: home for home, names in _NAMES.items() for name in names.split()}

__all__ = [
    "CLAIMS", "BadInput", "Dataset", "Evidence", "Facts", "Limit", "Margin", "NotSeparable", "Optimizer",
    "Prediction", "Undecided", "Verdict", "check_claims", "check_document", "check_file", "facts", "load",
    "max_margin", "optimizer", "predict",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(f"verify.{_HOME[name]}"), name)
    raise AttributeError(f"module 'verify' has no attribute {name!r}")

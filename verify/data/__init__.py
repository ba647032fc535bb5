"""Exact data sets: reading them, generating them, and the facts about one that theorems assume."""

from verify.data.dataset import Classes, Dataset
from verify.data.facts import Facts, facts
from verify.data.families import gaussian, scaled_rademacher, shifted_diagonal
from verify.data.read import load
from verify.data.separability import NotSeparable, require_separable

__all__ = [
    "Classes", "Dataset", "Facts", "NotSeparable", "facts", "gaussian", "load", "require_separable",
    "scaled_rademacher", "shifted_diagonal",
]  # fmt: skip

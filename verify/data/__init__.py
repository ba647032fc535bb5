"""Exact data sets: reading them, generating them, and the facts about one that theorems assume."""

from verify.data.dataset import Dataset
from verify.data.families import gaussian, scaled_rademacher, shifted_diagonal
from verify.data.read import load

__all__ = [
    "Dataset",
    "gaussian",
    "load",
    "scaled_rademacher",
    "shifted_diagonal",
]

"""Exact margins: propose in floats, decide in rationals."""

from verify.margins.maximum import max_margin
from verify.margins.result import NORMS, Margin, Norm, NotSeparable

__all__ = ["NORMS", "Margin", "Norm", "NotSeparable", "max_margin"]

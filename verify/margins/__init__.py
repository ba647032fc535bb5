"""Exact margins: propose in floats, decide in rationals."""

from verify.margins.certify import (
    mahalanobis_certificate,
    margin_certificate,
    not_separable_certificate,
    separability_certificate,
)
from verify.margins.mahalanobis import MahalanobisMargin, mahalanobis_margin
from verify.margins.maximum import max_margin
from verify.margins.result import NORMS, Margin, Norm, NotSeparable

__all__ = [
    "NORMS", "MahalanobisMargin", "Margin", "Norm", "NotSeparable", "mahalanobis_certificate",
    "mahalanobis_margin", "margin_certificate", "max_margin", "not_separable_certificate",
    "separability_certificate",
]  # fmt: skip

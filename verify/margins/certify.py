"""Certificates of what this folder computes, in the format of verify.certificate."""

from __future__ import annotations

from verify.certificate.writing import Document, certificate
from verify.data.dataset import Dataset
from verify.data.separability import separate
from verify.margins.mahalanobis import MahalanobisMargin
from verify.margins.matrix import MatrixMargin
from verify.margins.result import Margin, NotSeparable


def margin_certificate(margin: Margin) -> Document:
    """That the margin is what it is, and where it is attained."""
    claim: Document = {"maximizer": margin.direction}
    if margin.norm == "l2":
        claim |= {"margin_squared": margin.value}
    else:
        claim |= {"margin": margin.value, "face": margin.face}
    return certificate(margin.data.carried, f"max-margin-{margin.norm}", claim, {"weights": margin.weights})


def not_separable_certificate(refusal: NotSeparable) -> Document:
    """That no w separates the data."""
    return certificate(refusal.data.carried, "not-separable", {"weights": refusal.weights})


def separability_certificate(data: Dataset) -> Document:
    """That some w separates the data, or that none does, whichever is true."""
    separator, weights = separate(data)
    if separator is not None:
        return certificate(data.carried, "separable", {"separator": separator})
    return certificate(data.carried, "not-separable", {"weights": weights})


def matrix_certificate(margin: MatrixMargin) -> Document:
    """That the margin in a norm of matrices lies where the result says."""
    claim: Document = {
        "norm": margin.norm,
        "margin_low": margin.low,
        "margin_high": margin.high,
        "maximizer": margin.direction,
    }
    witness = {"weights": margin.weights, "root": margin.root}
    return certificate(margin.data.carried, "matrix-margin", claim, witness)


def mahalanobis_certificate(margin: MahalanobisMargin) -> Document:
    """That the margin and its maximizer lie where the result says."""
    claim: Document = {
        "metric": margin.metric,
        "margin_squared_low": margin.low,
        "margin_squared_high": margin.high,
        "maximizer": margin.direction,
        "radius_squared": margin.radius_squared,
    }
    return certificate(margin.data.carried, "max-margin-mahalanobis", claim, {"weights": margin.weights})

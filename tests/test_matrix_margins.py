"""Max margins over matrices, in the spectral and the nuclear norm: enclosures, certificates and their forgeries."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np
import pytest
from forging import restated

from verify.certificate.check import check_document
from verify.certificate.writing import spell
from verify.data import Dataset, load
from verify.data.given import given
from verify.errors import BadInput
from verify.margins import max_margin
from verify.margins.certify import matrix_certificate
from verify.margins.matrix import MatrixMargin, matrix_margin

Document = dict[str, Any]


@cache
def enclosed(norm: Any, name: str = "gaussian:n=6,d=4,classes=3,seed=1") -> tuple[Dataset, MatrixMargin]:
    data = load(name)
    return data, matrix_margin(data, norm)


@pytest.mark.parametrize("norm", ["spectral", "nuclear"])
def test_the_margin_is_enclosed(norm: Any) -> None:
    data, found = enclosed(norm)
    assert 0 < found.low <= found.high < found.low * (1 + Fraction(1, 10**9))
    W = np.array([float(w) for w in found.direction]).reshape(data.shape)
    sigma = np.linalg.svd(W, compute_uv=False)
    assert np.isclose(sigma[0] if norm == "spectral" else sigma.sum(), 1, rtol=1e-9)
    assert np.isclose((data.floats() @ W.ravel()).min(), float(found.low), rtol=1e-12)
    assert check_document(matrix_certificate(found), data.rows).valid


@pytest.mark.parametrize("norm", ["spectral", "nuclear"])
def test_of_two_classes_it_is_the_euclidean_one(norm: Any) -> None:
    data = given([[2, 1], [-1, 1], [1, 0], [3, 4], [-2, -5]], [1, 0, 1, 1, 0], multiclass=True)
    found, square = matrix_margin(data, norm), max_margin(data, "l2").value
    assert found.low**2 <= square <= found.high**2
    assert found.dual_rank == 1


def test_more_classes_than_features() -> None:
    data, found = enclosed("nuclear", "gaussian:n=7,d=2,classes=4,seed=1")
    assert check_document(matrix_certificate(found), data.rows).valid


def test_rows_without_classes_have_no_matrix() -> None:
    with pytest.raises(BadInput, match="--multiclass"):
        matrix_margin(load("gaussian:n=4,d=3"), "spectral")
    data, found = enclosed("spectral")
    rows = restated(matrix_certificate(found) | {"data": {"rows": spell(data.rows)}})
    assert check_document(rows).obligation == "classes"


def _changed(part: str, change: Callable[[Document], Document], norm: Any = "spectral") -> Document:
    """A certificate with claim or witness changed, and the statement that goes with it."""
    document = matrix_certificate(enclosed(norm)[1])
    return restated(document, part, **change(document[part]))


def _longer(field: Document) -> Document:
    """W with its largest singular value a millionth above 1: margins only grow."""
    return {"maximizer": [Fraction(w) * Fraction(1_000_001, 1_000_000) for w in field["maximizer"]]}


def _times(name: str, factor: Fraction) -> Callable[[Document], Document]:
    return lambda field: {name: Fraction(field[name]) * factor}


def _larger(field: Document) -> Document:
    return {name: Fraction(field[name]) * factor for name, factor in (("margin_low", 2), ("margin_high", 3))}


def _other_weights(field: Document) -> Document:
    return {"weights": [Fraction(1), *[Fraction(0)] * (len(field["weights"]) - 1)]}


def _lopsided(field: Document) -> Document:
    root = [[Fraction(entry) for entry in row] for row in field["root"]]
    root[0][1] += 1
    return {"root": root}


def _negative(field: Document) -> Document:
    return {"root": [[-Fraction(entry) for entry in row] for row in field["root"]]}


FORGERIES: dict[str, tuple[str, str, Callable[[Document], Document], str]] = {
    "a singular value above 1": ("maximizer-norm", "claim", _longer, "spectral"),
    "a nuclear norm above 1": ("maximizer-norm", "claim", _longer, "nuclear"),
    "a larger margin": ("feasible", "claim", _larger, "spectral"),
    "bounds in the wrong order": ("bounds", "claim", _times("margin_high", Fraction(1, 2)), "spectral"),
    "weights that bound less": ("dual-norm", "witness", _other_weights, "nuclear"),
    "a root that is not symmetric": ("root", "witness", _lopsided, "spectral"),
    "a root that is not positive": ("root", "witness", _negative, "spectral"),
    "a root of another size": ("shape", "witness", lambda field: {"root": field["root"][:1]}, "spectral"),
}


@pytest.mark.parametrize("name", FORGERIES)
def test_forgeries_are_refused(name: str) -> None:
    obligation, part, change, norm = FORGERIES[name]
    checked = check_document(_changed(part, change, norm))
    assert not checked.valid
    assert checked.obligation == obligation, checked.line()

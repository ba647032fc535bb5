"""The exact max margin, who attains it, and whether alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from verify.ask.answer import Answer, own_axes
from verify.ask.values import rational, shown
from verify.ask.words import decimals, origin, rows_text, shape
from verify.asked import asked_of, shaped
from verify.certificate import check_document
from verify.certificate.writing import Document
from verify.console import Page
from verify.data import Dataset
from verify.data.quasi import explained
from verify.errors import BadInput
from verify.evidence import Verdict
from verify.margins import MahalanobisMargin, Margin, Norm, mahalanobis_margin, max_margin
from verify.margins.certify import mahalanobis_certificate, margin_certificate, matrix_certificate
from verify.margins.free import FreeMargin, free_margin
from verify.margins.matrix import MATRIX_NORMS, MatrixMargin, matrix_margin


@dataclass(frozen=True, eq=False, repr=False)
class MaxMargin(Answer):
    """The margin, which this converts to as a float, and an exact maximizer, ``direction`` (d).

    The word is *certified* if the checker accepted the certificate; else ``refused`` says why it did not.
    """

    found: Margin | MahalanobisMargin | MatrixMargin
    refused: str = ""

    def __float__(self) -> float:
        return self.found.margin

    @property
    def names(self) -> tuple[str, ...]:
        """The features; a free intercept is none of them."""
        columns = self.found.data.columns
        return columns[:-1] if isinstance(self.found, FreeMargin) else columns

    def certificate(self) -> Document:
        """The proof, for the checker; with a free intercept it is about the half differences of unlike samples."""
        found = self.found
        if isinstance(found, MahalanobisMargin):
            proof = mahalanobis_certificate(found)
        elif isinstance(found, MatrixMargin):
            proof = matrix_certificate(found)
        else:
            proof = margin_certificate(found.pairs if isinstance(found, FreeMargin) else found)
        return proof

    def to_dict(self) -> dict[str, Any]:
        return (
            self.found.to_json()
            | shaped(self.found.data)
            | {"asked": asked_of(self.found.data, norm=self.found.norm)}
        )

    def show(self, page: Page) -> None:
        found = self.found
        page.head(found.data.name, shape(found.data))
        origin(page, found.data)
        page.say(f"{found.norm} max margin {found.margin:.15g} ({found.exactness()}), {found.evidence}")
        if self.refused:
            page.say(f"no certificate: {self.refused}")
        page.say(
            f"attained on support rows {rows_text(found.support, found.data)} by the direction, of unit l2 norm:"
        )
        page.entries(self.names, {"entry": decimals(found.unit())}, found.unit())
        if isinstance(found, FreeMargin):
            page.say("the intercept is free: the norm does not count it, and optimizers know no such thing")
        if isinstance(found, MatrixMargin):
            page.say(_how_far_fixed(found))
            return
        page.say(
            "the maximizer is unique"
            if found.unique
            else f"the maximizer is not unique: the maximizers fill a face of dimension {len(found.face)}"
        )

    def summary(self) -> str:
        return f"{self.found.norm} max margin {self.found.margin:.15g} of {self.found.data.name}"

    def table(self) -> tuple[Sequence[str], Sequence[Sequence[str]]]:
        return ("feature", "entry"), list(zip(self.names, decimals(self.found.unit()), strict=True))

    def plot(self, ax: Any = None) -> Any:
        """The direction, by features."""
        from verify.ask.bars import bars

        return bars(own_axes(ax), self.names, {"direction": self.found.unit()}, self.summary())


def _how_far_fixed(found: MatrixMargin) -> str:
    k, _ = found.data.shape
    if found.norm == "spectral":
        what, enough = f"the dual matrix has rank {found.dual_rank}", k - 1
    else:
        what, enough = f"the dual matrix has its largest singular value {found.dual_rank} times", 1
    fixed = (
        "one W attains the margin, up to a row that is added to all classes"
        if found.dual_rank == enough
        else "more than one W may attain the margin"
    )
    return f"{what}, to rounding: {fixed}"


@explained()
def margin(data: Dataset, norm: Any = "l2", weights: Any = None) -> MaxMargin:
    """The margin in a norm, or with ``weights`` c in that of M(c), mahalanobis."""
    free = data.origin.asked.get("intercept") == "free"
    if norm == "mahalanobis" and weights is None:
        raise BadInput("norm=mahalanobis needs --weights c_1,...,c_N")
    if norm != "mahalanobis" and weights is not None:
        raise BadInput(f"weights: they go with norm=mahalanobis, not with norm={shown(norm)}")
    if weights is not None:
        parts = weights.split(",") if isinstance(weights, str) else list(weights)
        if free:
            raise BadInput("intercept='free' goes with norm=l1, l2 or linf")
        return _checked(mahalanobis_margin(data, [rational("weights", part) for part in parts]))
    if norm in MATRIX_NORMS:
        return _checked(matrix_margin(data, norm))
    if free:
        return _checked(free_margin(data, cast(Norm, norm)))
    return _checked(max_margin(data, cast(Norm, norm)))  # any other norm is refused there


def _checked(found: Margin | MahalanobisMargin | MatrixMargin) -> MaxMargin:
    """What the checker makes of the certificate."""
    answer = MaxMargin(found)
    checked = check_document(answer.certificate())
    if checked.valid:
        return answer
    return MaxMargin(replace(found, evidence=Verdict.MEASURED), f"{checked.obligation}: {checked.why}")

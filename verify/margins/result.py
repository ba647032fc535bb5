"""What a margin computation returns: the exact value, a maximizer, the dual weights, and uniqueness."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import MAX_EMAX, MIN_EMIN, Decimal, localcontext
from fractions import Fraction
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from verify.certificate.writing import spell
from verify.data.dataset import Dataset
from verify.data.separability import NotSeparable
from verify.evidence import Verdict

__all__ = ["NORMS", "Margin", "Norm", "NotSeparable"]

Norm = Literal["l1", "l2", "linf"]
NORMS: tuple[Norm, ...] = ("l1", "l2", "linf")


class Attained:
    """What every margin tells of the exact maximizer that attains it, and of the dual weights beside it."""

    data: Dataset
    direction: tuple[Fraction, ...]
    weights: tuple[Fraction, ...]
    evidence: Verdict

    @property
    def support(self) -> tuple[int, ...]:
        """The rows of positive weight, from 0."""
        return tuple(i for i, c in enumerate(self.weights) if c)

    def unit(self) -> NDArray[np.float64]:
        """The maximizer scaled to l2 norm 1, as floats (d)."""
        largest = max(abs(w) for w in self.direction)
        w = np.array([float(entry / largest) for entry in self.direction])
        unit: NDArray[np.float64] = w / np.sqrt(w @ w)
        return unit

    def told(self, **own: Any) -> dict[str, Any]:
        """The document of the command `margin`, with what is a margin's ``own``."""
        return own | {
            "direction_exact": spell(self.direction),
            "support": [self.data.called(i) for i in self.support],
            "weights": spell(self.weights),
            "evidence": str(self.evidence),
        }


@dataclass(frozen=True)
class Margin(Attained):
    """The exact margin max over w of min_i x_i.w / ||w||, and who attains it.

    ``value`` is the margin for l1 and linf and the margin squared for l2. ``direction`` (d) is an exact
    maximizer: of norm 1 for l1 and linf; for l2, where that may be irrational, the one with min_i x_i.w = 1,
    so of norm 1/margin. ``weights`` (N) is the dual optimum c in the simplex: the dual norm of X'c is the
    margin. The maximizers of norm 1 are one if ``face`` is empty. Otherwise their affine hull is
    direction + span(face), with ``direction`` inside and the members of ``face`` (d each) independent.
    """

    data: Dataset
    norm: Norm
    value: Fraction
    direction: tuple[Fraction, ...]
    weights: tuple[Fraction, ...]
    face: tuple[tuple[Fraction, ...], ...]
    evidence: Verdict = Verdict.CERTIFIED

    @property
    def unique(self) -> bool:
        """Whether there is only one maximizer of norm 1."""
        return not self.face

    @property
    def margin_exact(self) -> Fraction | None:
        """The margin, where it is known to be rational (l1, linf)."""
        return None if self.norm == "l2" else self.value

    @property
    def margin_squared(self) -> Fraction:
        """The margin squared."""
        return self.value if self.norm == "l2" else self.value * self.value

    @cached_property
    def margin(self) -> float:
        """The margin in floating point (0.0 if it is below the range of float64)."""
        return float(self.margin_decimal())

    def exactness(self) -> str:
        """The exact value, in so many words as fit on a line."""
        bits = self.value.denominator.bit_length()
        short = bits <= 40
        text = str(self.value) if short else f"a fraction, with a denominator of {bits} bits; --json has it"
        return f"exact{' squared' if self.norm == 'l2' else ''}: {text}"

    def margin_decimal(self, digits: int = 30) -> Decimal:
        """The margin to that many significant digits."""
        return decimal(self.value, 1 if self.norm == "l2" else 0, digits)

    def to_json(self) -> dict[str, Any]:
        """As the command `margin` prints it; ``direction`` has norm 1."""
        scale = self.margin_decimal(40) if self.norm == "l2" else Decimal(1)
        exact = "margin_squared_exact" if self.norm == "l2" else "margin_exact"
        return self.told(
            norm=self.norm,
            margin=str(self.margin_decimal()),
            direction=[float(decimal(w, 0, 40) * scale) for w in self.direction],
            unique=self.unique,
            face_dimension=len(self.face),
            **{exact: spell(self.value)},
        )


def decimal(value: Fraction, root: int, digits: int) -> Decimal:
    """value^(1/2^root) to that many significant digits, of any size."""
    with localcontext(prec=digits + 5, Emax=MAX_EMAX, Emin=MIN_EMIN) as context:
        result = Decimal(value.numerator) / Decimal(value.denominator)
        for _ in range(root):
            result = result.sqrt()
        context.prec = digits
        return +result

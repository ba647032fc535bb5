"""The max margin in the norm sqrt(w'M(c)w), M(c) = diag_k sqrt(sum_j c_j^2 x_j[k]^2), enclosed.

The roots are irrational, so the exact problem is solved with rational roots near them, and its two vectors
bound the true margin from both sides: any w with x_i.w >= 1 from below, any weights in the simplex from
above. The gap between the bounds also encloses the maximizer (see ``radius_squared``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor
from typing import Any, ClassVar

from verify.certificate.roots import root_bounds
from verify.certificate.writing import spell
from verify.data.dataset import Dataset
from verify.errors import BadInput
from verify.evidence import Verdict
from verify.margins.euclidean import least_norm
from verify.margins.result import Attained, NotSeparable, decimal
from verify.margins.rows import Rows, Vector
from verify.numbers.linear.rational import Scaled, over_common

BITS = 128


@dataclass(frozen=True)
class MahalanobisMargin(Attained):
    """The margin squared in the norm sqrt(w'Mw), M = M(metric), lies in [``low``, ``high``].

    ``direction`` (d) has x_i.w >= 1 for every row. The minimizer v of v'Mv among such vectors has
    (v - direction)'M(v - direction) <= ``radius_squared``. ``weights`` (N) is a dual vector in the simplex.
    """

    data: Dataset
    metric: Vector
    low: Fraction
    high: Fraction
    direction: Vector
    radius_squared: Fraction
    weights: Vector
    evidence: Verdict = Verdict.CERTIFIED
    norm: ClassVar[str] = "mahalanobis"
    unique: ClassVar[bool] = True  # the norm is strictly convex
    face: ClassVar[tuple[Vector, ...]] = ()

    @property
    def margin(self) -> float:
        """The margin in floating point."""
        return float(decimal(self.low, 1, 20))

    def exactness(self) -> str:
        """How near the margin is known, in so many words as fit on a line."""
        gap = float((self.high - self.low) / self.low)
        return f"its square enclosed to a relative {gap:.0e}; --json has the bounds"

    def to_json(self) -> dict[str, Any]:
        """As the command `margin` prints it; ``direction`` has norm 1."""
        scale = decimal(self.low, 1, 40)
        return self.told(
            norm=self.norm,
            margin=str(decimal(self.low, 1, 30)),
            margin_squared_low=spell(self.low),
            margin_squared_high=spell(self.high),
            direction=[float(decimal(w, 0, 40) * scale) for w in self.direction],
            radius_squared=spell(self.radius_squared),
            unique=self.unique,
            metric=spell(self.metric),
        )


def mahalanobis_margin(data: Dataset, metric: Sequence[Fraction], bits: int = BITS) -> MahalanobisMargin:
    """Enclose the max margin in the norm sqrt(w'M(metric)w), and its maximizer, to about ``bits`` bits.

    ``metric`` (N) is a point c of the simplex, exactly. Raises NotSeparable, and BadInput if the metric is
    not in the simplex or M(c) is singular.
    """
    if len(metric) != data.n:
        raise BadInput(f"weights: {len(metric)} of them, one is needed for each of N={data.n} rows")
    for row, c in enumerate(metric):
        if c < 0:
            raise BadInput(f"weights: c_{row}={c} is negative")
    if sum(metric) != 1:
        raise BadInput(f"weights: their sum is {sum(metric)}, not 1")
    columns = zip(*data.rows, strict=True)
    squares = [sum((c * x) ** 2 for c, x in zip(metric, column, strict=True)) for column in columns]
    for name, square in zip(data.columns, squares, strict=True):
        if square == 0:
            raise BadInput(
                f"weights: column {name} vanishes in every row of positive weight, so M(c) is singular"
            )
    roots = [root_bounds(Fraction(square), bits) for square in squares]
    inverse, _ = over_common([rounded(1 / low, bits) for low, _ in roots])
    rows = Rows.of(data)
    least = least_norm(rows, inverse)
    if least.square == 0:
        raise NotSeparable(data, least.weights.fractions())
    # w is a multiple of M^-1 p in short numbers, scaled to a margin of exactly 1; likewise the weights.
    p = [int(entry) for entry in least.point.numerators]
    w = [rounded(Fraction(entry * factor), bits) for entry, factor in zip(p, inverse, strict=True)]
    margin = min(rows.products(Scaled.of(w)))
    if margin <= 0:  # the rounding was coarser than the margin
        return mahalanobis_margin(data, metric, 2 * bits)
    w = [entry / margin for entry in w]
    weights = [rounded(weight, bits) for weight in least.weights.fractions()]
    total = sum(weights, Fraction(0))
    weights = [weight / total for weight in weights]
    length = sum((entry**2 * above for entry, (_, above) in zip(w, roots, strict=True)), Fraction(0))
    bound = rows.combination(Scaled.of(weights)).fractions()
    dual = sum((entry**2 / below for entry, (below, _) in zip(bound, roots, strict=True)), Fraction(0))
    low, high = rounded(1 / length, bits, floor), rounded(dual, bits, ceil)
    radius_squared = rounded(length - 1 / high, 32, ceil)
    return MahalanobisMargin(data, tuple(metric), low, high, tuple(w), radius_squared, tuple(weights))


def rounded(value: Fraction, bits: int, to_integer: Callable[[Fraction], int] = round) -> Fraction:
    """The value with about ``bits`` significant binary digits, rounded by the given function."""
    exponent = bits - value.numerator.bit_length() + value.denominator.bit_length()
    return to_integer(value * Fraction(2) ** exponent) / Fraction(2) ** exponent

"""Three types of rows, sorted by type: separable data that an order can defeat."""

from __future__ import annotations

from fractions import Fraction

from verify.data.dataset import Dataset, float_text
from verify.data.families.family import Family, rational
from verify.data.families.planted import check_sizes
from verify.data.text import plain
from verify.errors import BadInput


def sorted_types(k: int, a: Fraction | int = 4, b: Fraction | int = Fraction(3, 2)) -> Dataset:
    """k copies of (a, -b, -b), then k of (-b, a, -b), then k of (-b, -b, a): separable by (1, 1, 1), as a > 2b > 0.

    Sorted by type: in cyclic order per-sample Adam's cost at uniform weights is negative for large k (chain
    sorted-samples). Raises BadInput if a condition fails.
    """
    family = "sorted-types"
    check_sizes(family, n=3 * k, d=3)
    a, b = Fraction(a), Fraction(b)
    if not 0 < 2 * b < a:
        raise BadInput(f"{family}: a={float_text(a)}, b={float_text(b)} break a > 2b > 0")
    types = [tuple(a if at == kind else -b for at in range(3)) for kind in range(3)]
    name = f"{family}:k={k}" + ("" if a == 4 and b == Fraction(3, 2) else plain(f",a={a},b={b}", 120))
    return Dataset(name, tuple(row for row in types for _ in range(k)))


FAMILY = Family("sorted-types", sorted_types, {"a": rational, "b": rational})

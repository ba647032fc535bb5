"""What two runs at different precisions agree on, as decimal text.

A run in mpf knows nothing of its own errors. The same run with more digits has other rounding errors, so the digits
on which both agree are known, as far as a second run can tell; they are no proof, as a ball is.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import mpmath

# An entry of which no digit is known.
UNKNOWN = "unknown"


def agreed(vector: Sequence[Any], other: Sequence[Any], digits: int) -> tuple[tuple[str, ...], int]:
    """Each entry to the digits on which both vectors agree, ``digits`` at most, and the least number of them.

    An entry that is small in both beside the largest, and has no digit in common, is known to be 0 to as many decimals
    below the largest: it is printed as 0E-k.
    """
    largest = max(map(abs, [*vector, *other]))
    entries = [_entry(a, b, largest, digits) for a, b in zip(vector, other, strict=True)]
    return tuple(text for text, _ in entries), min(known for _, known in entries)


def text(x: Any, digits: int) -> str:
    """The number to that many significant digits, zeros at the end included."""
    spelled = str(mpmath.nstr(x, digits, strip_zeros=False))
    return spelled.replace(".e", "e").removesuffix(".")  # mpmath writes 4. for 4


def _entry(a: Any, b: Any, largest: Any, digits: int) -> tuple[str, int]:
    if not (mpmath.isfinite(a) and mpmath.isfinite(b)):
        return UNKNOWN, 0
    if a == b:
        return text(b, digits), digits
    # At most one digit more than this can be the same after rounding.
    common = int(mpmath.floor(-mpmath.log10(abs(a - b) / max(abs(a), abs(b))))) + 1
    for known in range(min(common, digits), 0, -1):
        if text(a, known) == text(b, known):
            return text(b, known), known
    # 0 to the decimals where both are 0: their sizes are below 10^-zeros of the largest.
    zeros = int(mpmath.floor(-mpmath.log10(max(abs(a), abs(b)) / largest)))
    if zeros < 1:
        return UNKNOWN, 0
    known = min(zeros, digits)
    return f"0E{int(mpmath.floor(mpmath.log10(largest))) + 1 - known:+d}", known

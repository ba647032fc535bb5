"""float8 e4m3 of the Open Compute Project: 4 bits, and normal numbers from 2^-6 to 448, without infinities.

What is too large becomes nan, as torch converts it; the definition lets an implementation give 448 instead.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from verify.numbers.formats.format import Format


def rounded(x: Any) -> Any:
    """A float32 to the nearest float8 e4m3, ties to even."""
    if x != x:
        return x
    bits = np.float32(x).view(np.uint32)
    normal = np.uint32((bits + 0x7FFFF + ((bits >> 20) & 1)) & 0xFFF00000).view(np.float32)
    # Subnormal numbers are the multiples of 2^-9, as are float32 between 2^14 and 2^15.
    tiny = (x + np.float32(24576)) - np.float32(24576)
    if abs(x) < np.float32(2**-6):
        return tiny
    return normal if abs(normal) <= np.float32(448) else np.float32(np.nan)


FORMAT = Format("float8_e4m3", 4, -6, np.float32, rounded)

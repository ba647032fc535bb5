"""float8 e5m2 of the Open Compute Project: 3 bits, and normal numbers from 2^-14 to 57344, then infinity."""

from __future__ import annotations

from typing import Any

import numpy as np

from verify.numbers.formats.format import Format


def rounded(x: Any) -> Any:
    """A float32 to the nearest float8 e5m2, ties to even."""
    if x != x:
        return x
    bits = np.float32(x).view(np.uint32)
    normal = np.uint32((bits + 0xFFFFF + ((bits >> 21) & 1)) & 0xFFE00000).view(np.float32)
    # Subnormal numbers are the multiples of 2^-16, as are float32 between 2^7 and 2^8.
    tiny = (x + np.float32(192)) - np.float32(192)
    if abs(x) < np.float32(2**-14):
        return tiny
    return normal if abs(normal) <= np.float32(57344) else x * np.float32(np.inf)


FORMAT = Format("float8_e5m2", 3, -14, np.float32, rounded)

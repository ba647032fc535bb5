"""float16: 11 bits, and normal numbers from 2^-14 to 65504."""

from __future__ import annotations

from typing import Any

import numpy as np

from verify.numbers.formats.format import Format


def rounded(x: Any) -> Any:
    """A float32 to the nearest float16, ties to even."""
    if x != x:
        return x
    bits = np.float32(x).view(np.uint32)
    normal = np.uint32((bits + 0xFFF + ((bits >> 13) & 1)) & 0xFFFFE000).view(np.float32)
    # Subnormal float16 are the multiples of 2^-24, as are float32 between 1/2 and 1.
    tiny = (x + np.float32(0.75)) - np.float32(0.75)
    if abs(x) < np.float32(2**-14):
        return tiny
    return normal if abs(normal) <= np.float32(65504) else x * np.float32(np.inf)


FORMAT = Format("float16", 11, -14, np.float32, rounded)

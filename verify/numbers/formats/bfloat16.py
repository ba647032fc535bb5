"""bfloat16: the exponents of float32 with 8 bits."""

from __future__ import annotations

from typing import Any

import numpy as np

from verify.numbers.formats.format import Format


def rounded(x: Any) -> Any:
    """A float32 to the nearest with 8 bits, ties to even: the upper half of its bits, rounded."""
    if x != x:
        return x
    bits = np.float32(x).view(np.uint32)
    return np.uint32((bits + 0x7FFF + ((bits >> 16) & 1)) & 0xFFFF0000).view(np.float32)


FORMAT = Format("bfloat16", 8, -126, np.float32, rounded)

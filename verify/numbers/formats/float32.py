"""float32: what NumPy holds it in is the format itself."""

from __future__ import annotations

from typing import Any

import numpy as np

from verify.numbers.formats.format import Format


def rounded(x: Any) -> Any:
    """The value as it is."""
    return x


FORMAT = Format("float32", 24, -126, np.float32, rounded)

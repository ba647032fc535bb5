"""8 bits a block, linear: k / 127 with signs, k / 255 without."""

from __future__ import annotations

from verify.numbers.formats.blockwise import Blockwise

FORMAT = Blockwise(
    "int8_linear",
    signed=tuple(k / 127 for k in range(-127, 128)),
    unsigned=tuple(k / 255 for k in range(256)),
)

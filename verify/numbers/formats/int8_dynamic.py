"""8 bits a block, dynamic: as many digits for the small as for the large, in the map of the public 8-bit optimizers.

The numbers between 10^(i-7) and 10^(i-6), i = 0 ... 6, are the middles of 2^i equal parts of that range (of 2^(i+1)
without signs); 0 and 1 are added, and -1 is not in it (Dettmers 2016; Dettmers et al. 2022).
"""

from __future__ import annotations

from verify.numbers.formats.blockwise import Blockwise

DECADES = 7


def middles(parts: int) -> list[float]:
    """The middles of so many equal parts of [1/10, 1]."""
    return [0.1 + 0.9 * (2 * k + 1) / (2 * parts) for k in range(parts)]


def positive(parts: int) -> tuple[float, ...]:
    """The positive numbers below 1, with so many parts in the lowest decade."""
    return tuple(10.0 ** (i + 1 - DECADES) * middle for i in range(DECADES) for middle in middles(parts << i))


FORMAT = Blockwise(
    "int8_dynamic",
    signed=(*(-x for x in reversed(positive(1))), 0.0, *positive(1), 1.0),
    unsigned=(0.0, *positive(2), 1.0),
)

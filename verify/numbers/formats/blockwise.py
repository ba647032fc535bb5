"""Blockwise formats of optimizer states: a block of entries keeps its largest size, and each entry a code of 8 bits.

An entry is held as (the nearest number of a map) * (the block's largest size). The map of a state with signs (m) has
numbers of both signs, that of a state without (v) is twice as fine. Such a format stores; nothing is computed in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from verify.errors import BadInput

CODES = 256


@dataclass(frozen=True)
class Blockwise:
    """A format by its two maps, each up to 256 numbers in ascending order, 0 and 1 among them: ``signed`` in [-1, 1],
    ``unsigned`` in [0, 1]. Raises BadInput for others."""

    name: str
    signed: tuple[float, ...]
    unsigned: tuple[float, ...]

    def __post_init__(self) -> None:
        for kind, least in (("signed", -1), ("unsigned", 0)):
            codes = getattr(self, kind)
            ascending = all(a < b for a, b in pairwise(codes))
            if not (
                ascending
                and len(codes) <= CODES
                and {0, 1} <= set(codes)
                and codes[0] >= least
                and codes[-1] == 1
            ):
                raise BadInput(
                    f"format {self.name}: its {kind} map is not up to {CODES} ascending numbers of [{least}, 1] with 0 "
                    "and 1 among them"
                )

    def codes(self, signed: bool) -> NDArray[np.float64]:
        """The map, for a state with signs or one without."""
        return np.array(self.signed if signed else self.unsigned)

    def maps(self, signed: bool) -> NDArray[np.float64]:
        """(2, 256): the map, its last number repeated, and beside each number the middle between it and the one below;
        infinite past the end."""
        codes = self.codes(signed)
        more = CODES - len(codes)
        bounds = [-np.inf, *((codes[1:] + codes[:-1]) / 2), *[np.inf] * more]
        return np.array([[*codes, *[codes[-1]] * more], bounds])

    @cached_property
    def vanishing(self) -> float:
        """An entry without sign below this part of its block's largest is stored as 0."""
        return self.unsigned[1] / 2

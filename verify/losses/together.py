"""The weights of samples that own several rows, from the margins of these, in float64 arrays.

The loss of a sample is l(s) at the soft minimum s of its margins, exp(-s) = sum_c exp(-z_c): for the logistic loss the
cross-entropy of softmax. The weight of its row c is -l'(s) exp(s - z_c).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from verify.losses.loss import Loss
from verify.numbers.systems.arrays import ARRAYS

Floats = NDArray[np.float64]

# The difference quotient of a function of one number: 1e-10 of truncation, 1e-11 of rounding.
H = 1e-5


class Weights:
    """The weights as functions of the margins z (N,), each ``owned`` of which are one sample's."""

    def __init__(self, loss: Loss, owned: int) -> None:
        self.owned, self.log_weight = owned, loss.log_weight(ARRAYS)

    def soft(self, z: Floats) -> Floats:
        """The soft minimum of each sample's margins."""
        return z if self.owned == 1 else _soft(z.reshape(-1, self.owned))

    def logarithms(self, z: Floats) -> Floats:
        """log of the weights (N,)."""
        if self.owned == 1:
            return np.asarray(self.log_weight(z))
        soft = self.soft(z)
        return np.repeat(np.asarray(self.log_weight(soft)) + soft, self.owned) - z

    def slope(self, z: Floats, V: Floats) -> Floats:
        """The derivative of the logarithms along the columns of V (N, r)."""
        soft = self.soft(z)
        by_soft: Any = (self.log_weight(soft + H) - self.log_weight(soft - H)) / (2 * H)
        if self.owned == 1:
            return np.asarray(by_soft[:, None] * V)
        share = np.exp(np.repeat(soft, self.owned) - z)[:, None]
        moved = (share * V).reshape(len(soft), self.owned, -1).sum(axis=1)
        return np.repeat((by_soft + 1)[:, None] * moved, self.owned, axis=0) - V


def _soft(z: Floats) -> Floats:
    least = z.min(axis=1)
    return np.asarray(least - np.log(np.exp(least[:, None] - z).sum(axis=1)))

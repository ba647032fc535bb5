"""What a prediction says."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from verify.data.dataset import Dataset
from verify.evidence import Verdict
from verify.optimizers.optimizer import Optimizer

Stability = Literal["attracting", "repelling", "saddle", "undetermined"]


@dataclass(frozen=True)
class Limit:
    """One equilibrium c* of the margin game and the direction U(c*) that it gives w.

    direction  (d,), unit l2 norm; ``radius`` bounds its error in l2 norm, None where nothing is proved;
    support    the rows with c*_i > 0, counted from 0; ``weights`` is c* (N,), of sum 1;
    slack      the least F_j(c*) - lambda over the rows off the support, as a share of lambda, the support's
               common cost; inf if there is no such row, 0 where complementarity is not strict;
    stability  of c* under the replicator flow, among the weights that some w can produce;
    evidence   how well all this is known;
    note       what is special about it, in one sentence, or nothing.
    """

    direction: NDArray[np.float64]
    radius: float | None
    support: tuple[int, ...]
    weights: NDArray[np.float64]
    slack: float
    stability: Stability
    evidence: Verdict
    note: str = ""

    def to_json(self) -> dict[str, Any]:
        """As the command `predict` prints it."""
        return {
            "direction": [float(u) for u in self.direction],
            "radius": self.radius,
            "support": list(self.support),
            "weights": [float(c) for c in self.weights],
            "stability": self.stability,
            "evidence": str(self.evidence),
            "slack": self.slack if math.isfinite(self.slack) else None,
            "note": self.note,
        }


@dataclass(frozen=True)
class Prediction:
    """Limit directions of an optimizer on a data set: the one from w_0 = 0 first, where it was found.

    ``complete`` only where it is proved that there is no other equilibrium; ``note`` says what could not
    be decided.
    """

    dataset: Dataset
    optimizer: Optimizer
    limits: tuple[Limit, ...]
    complete: bool
    note: str = ""

    def to_json(self) -> dict[str, Any]:
        """As the command `predict` prints it."""
        return {
            "dataset": self.dataset.name,
            "optimizer": self.optimizer.rule.name,
            "limits": [limit.to_json() for limit in self.limits],
            "complete": self.complete,
            "note": self.note,
        }

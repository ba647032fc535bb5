"""Where weight decay balances the mean update: lambda w = U(c(w)), in float64.

With w <- w - eta (u + lambda w) and vanishing steps w follows the mean flow dw/dtau = U(c(w)) - lambda w, where c_i =
-l'(x_i.w) and U is minus the mean update at frozen gradients. Its rest points are the limits. Here c is not scaled: a
rule that is not homogeneous, with eps > 0 say, or of degree 1, sees how large the weights are.

Only the margins z = X w enter c. They are z = Q p, with Q (N, r) an orthonormal basis of the columns of X, and in p
(r,) the flow is dp/dtau = V(p) - lambda p with V(p) = Q'X U(c(Q p)).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from verify.game.smooth.field import Floats, span
from verify.losses.together import Weights
from verify.optimizers.optimizer import Optimizer
from verify.optimizers.tail import in_the_long_run
from verify.problem.epoch_map import epoch_map
from verify.problem.epoch_slope import STEP, epoch_slope

# Newton's method takes no step longer than LONGEST in any margin, ends where a step is shorter than CLOSE of the
# largest margin, or of 1, and gives up after ITERATIONS.
LONGEST, CLOSE, ITERATIONS = 5.0, 1e-12, 60


@dataclass(frozen=True)
class Balance:
    """Rows X (N, d) with their basis, U as a function of log c (N,), its derivative along columns V (N, r), and
    the loss's weights of the rows. (Their derivative is by differences: Newton's method needs no more, and a
    certificate derives them exactly.)"""

    X: Floats
    basis: Floats
    U: Callable[[Any], Any]
    along: Callable[[Floats, Floats], Floats]
    weights: Weights

    def log_c(self, place: Floats) -> Floats:
        """The logarithms of the weights (N,) at p (r,)."""
        return self.weights.logarithms(self.basis @ place)

    def drift(self, place: Floats) -> Floats:
        """U (d) at p."""
        return np.asarray(self.U(self.log_c(place)))

    def velocity(self, place: Floats) -> Floats:
        """V (r) at p."""
        return np.asarray(self.basis.T @ (self.X @ self.drift(place)))

    def drift_turn(self, place: Floats) -> Floats:
        """dU/dp (d, r)."""
        z = self.basis @ place
        return np.asarray(self.along(self.weights.logarithms(z), self.weights.slope(z, self.basis)))

    def turn(self, place: Floats) -> Floats:
        """dV/dp (r, r)."""
        return np.asarray(self.basis.T @ (self.X @ self.drift_turn(place)))

    def place(self, w: Floats) -> Floats:
        """p (r,) of weights w (d)."""
        return np.asarray(self.basis.T @ (self.X @ w))

    def newton(self, place: Floats, decay: float) -> Floats | None:
        """A solution of lambda p = V(p), from a guess; None where it finds none."""
        try:
            for _ in range(ITERATIONS):
                gap = decay * place - self.velocity(place)
                step = np.linalg.solve(decay * np.eye(len(place)) - self.turn(place), gap)
                longest = float(np.max(np.abs(self.basis @ step), initial=0.0))
                if not np.isfinite(longest):
                    return None
                place = place - step * min(1.0, LONGEST / longest if longest else 1.0)
                if longest < CLOSE * max(1.0, float(np.max(np.abs(place), initial=0.0))):
                    return place
        except (ZeroDivisionError, np.linalg.LinAlgError):
            pass
        return None


def balance(X: Floats, opt: Optimizer) -> Balance:
    """The equation of an optimizer on rows X (N, d), which must be in cyclic order or one batch."""
    still = in_the_long_run(opt)
    U = epoch_map(still, X)

    def along(log_c: Floats, V: Floats) -> Floats:
        return np.asarray(U(log_c[:, None] + 1j * STEP * V).imag / STEP)

    return Balance(X, span(X), U, epoch_slope(still, X) or along, Weights(opt.loss, opt.owned))

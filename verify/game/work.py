"""How much work a search for limits may do: counted, not timed, so that the same question gets the same answer."""

from __future__ import annotations

from dataclasses import dataclass

from verify.errors import Undecided

# What the flows of a search for limits may take, and how many times as much the branch of logit equilibria where they
# are given up (it needs fewer evaluations of U than they do): together about a minute of one core.
USUAL, BRANCH = 20e9, 2.5

# Nanoseconds of one core for an entry of the data, by which work is counted: in an evaluation of U where an epoch is
# one step (measured: 4 without zeros, 23 with them; of samples with several rows 4 for a feature and class) and where
# it is several (70 to 90), and for the derivative along all rows in units of an evaluation (3 to 8).
ONE_STEP, OF_SAMPLES, SEVERAL_STEPS, DERIVATIVE = 15.0, 4.0, 80.0, 4.0
# The same for each product of the three sides of a matrix: an orthonormal basis of its columns (0.3 to 1.2), a singular
# value decomposition (0.5 to 2.8; Newton's method and the stability take about two), a product (0.02 to 0.06).
BASIS, DECOMPOSITION, PRODUCT = 0.5, 1.0, 0.05


class OutOfWork(Undecided):
    """The search has used up its work."""


@dataclass
class Work:
    """What is left of the work, in nominal nanoseconds."""

    left: float = USUAL

    def spend(self, amount: float) -> None:
        """Take so much of it, before it is done. Raises OutOfWork if there is not so much left, and then there is none
        for anything else either: what comes later would depend on what happened to be cheap."""
        if amount > self.left:
            self.left = 0.0
            raise OutOfWork("the work that a search for limits may take is used up")
        self.left -= amount

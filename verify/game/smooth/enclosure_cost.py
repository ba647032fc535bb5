"""What an enclosure would take, estimated before it is begun."""

from __future__ import annotations

from dataclasses import dataclass

from verify.data.dataset import Dataset
from verify.game.smooth.face import Equilibrium
from verify.optimizers.optimizer import Optimizer

# Seconds of an enclosure that is made without being asked for, and of one that the command makes by itself.
WITHOUT_ASKING = 1.5
BY_ITSELF = 30.0
# No enclosure is begun that would take more memory than this, asked for or not.
MOST_MEGABYTES = 1500.0

# Microseconds for each row of a level, feature and derivative, of rules without moments and with them; and for each
# entry of the data. Measured at 20 to 80 support vectors, 230 bits.
BARE, MOMENTS, ENTRY = 4.0, 20.0, 3.0
# Bytes for each row of a level, feature and derivative.
BYTES = 70


@dataclass(frozen=True)
class Cost:
    """Seconds of processor time and megabytes, each to a factor of 2 or so."""

    seconds: float
    megabytes: float

    def __str__(self) -> str:
        return f"about {self.seconds:.1g} s and {self.megabytes:.0f} MB"


def enclosure_cost(data: Dataset, opt: Optimizer, e: Equilibrium) -> Cost:
    """Of enclosing an equilibrium: derivatives of a drift over the rows of its levels, by as many variables as these
    have independent differences; and a cost for each row of the data."""
    rows = sum(len(level.rows) for level in e.levels)
    variables = min(rows, data.d)
    steps = min(rows, -(-data.n // opt.batch(data.n)))
    work = max(steps, 1) * data.d * variables
    dense = rows * data.d * variables
    seconds = (BARE * dense + (MOMENTS * work if opt.rule.betas else 0) + ENTRY * data.n * data.d) / 1e6
    return Cost(seconds, BYTES * dense / 1e6)

"""Running the optimizers."""

from verify.simulate.floats import Trajectory, trajectory

__all__ = ["Trajectory", "trajectory"]

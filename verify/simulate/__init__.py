"""Running the optimizers."""

from verify.optimizers.trajectory import Trajectory, trajectory

__all__ = ["Trajectory", "trajectory"]

"""Running the optimizers."""

from verify.optimizers.trajectory import Trajectory, trajectory
from verify.simulate.simulation import ARITHMETICS, Simulation, simulate

__all__ = ["ARITHMETICS", "Simulation", "Trajectory", "simulate", "trajectory"]

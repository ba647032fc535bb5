"""One definition an optimizer; orders of samples, losses, step sizes; the epoch map."""

from verify.optimizers.optimizer import Optimizer, optimizer

__all__ = ["Optimizer", "optimizer"]

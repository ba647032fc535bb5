"""The losses, one file each: whatever module of this folder has a `LOSS` is one of them."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from verify.losses.loss import Loss


def _shipped() -> dict[str, Loss]:
    modules = (import_module(f"{__name__}.{found.name}") for found in iter_modules(__path__))
    losses = [module.LOSS for module in modules if hasattr(module, "LOSS")]
    return {loss.name: loss for loss in losses}


LOSSES = _shipped()

__all__ = ["LOSSES", "Loss"]

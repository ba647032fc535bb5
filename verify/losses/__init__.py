"""The losses, one file each: whatever module of this folder has a `LOSS` is one of them."""

from __future__ import annotations

from verify.drawers import in_folder
from verify.losses.loss import Loss

LOSSES: dict[str, Loss] = {
    module.LOSS.name: module.LOSS for module in in_folder(__name__, __path__) if hasattr(module, "LOSS")
}

__all__ = ["LOSSES", "Loss"]

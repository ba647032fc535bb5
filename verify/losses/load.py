"""Losses by name: those that ship, a user's own in a file, and those of installed packages."""

from __future__ import annotations

from collections.abc import Mapping

from verify.drawers import Drawer
from verify.errors import BadInput
from verify.losses.loss import Loss


def _shipped() -> Mapping[str, Loss]:
    from verify.losses import LOSSES  # late: it is made by looking into this folder

    return LOSSES


def is_shipped(loss: Loss, name: str | None = None) -> bool:
    """Whether a loss is one of those that ship, or the one of that name: its functions too, whatever it is called."""
    shipped = _shipped()
    return shipped.get(loss.name) == loss and name in (None, loss.name)


def require_declared(loss: Loss) -> None:
    """Raise BadInput, naming the trait, for a loss that is not what it declares, or that borrows a name."""
    from verify.losses.check_loss import (
        check_loss,
    )  # late: it imports balls, which no shipped loss needs here

    if is_shipped(loss):
        return
    if loss.name in _shipped():
        raise BadInput(f"loss={loss.name}: a loss that ships has this name, and another formula")
    for trait in check_loss(loss).traits:
        if not trait.ok:
            raise BadInput(
                f"loss={loss.name}: the trait {trait.trait} fails: declared {trait.declared}, found {trait.found}"
            )


DRAWER = Drawer("loss", Loss, "marginproof.losses", _shipped, check=require_declared)
DECLARED = Drawer("loss", Loss, "marginproof.losses", _shipped)


def loss_named(text: str, check: bool = True) -> Loss:
    """The loss that a text names: one that ships, ``FILE.py:NAME`` (whose code is run), or an entry point of the group
    marginproof.losses; ``check``: it has passed ``check_loss``. Raises BadInput, in one line, where there is none."""
    return (DRAWER if check else DECLARED).named(text)

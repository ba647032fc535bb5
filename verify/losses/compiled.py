"""A loss's weight, compiled for the loop of steps."""

from __future__ import annotations

import inspect
from typing import Any

from verify.drawers import said
from verify.errors import BadInput
from verify.losses.load import is_shipped
from verify.losses.loss import Loss
from verify.numbers.system import Numbers


def compiled_weight(loss: Loss, log: bool) -> Any:
    """The compiled function z -> -l'(z) of a float64 margin, or its logarithm.

    Raises BadInput, in one line, where a user's function cannot be compiled.
    """
    from verify.numbers.systems.floats import (
        FLOATS,  # late: it imports numba, which takes a third of a second
    )

    part = "log_weight" if log else "weight"
    try:
        function = getattr(loss, part)(FLOATS)
        if _holds_numbers(function):
            raise BadInput(
                f"loss={loss.name}: its {part} cannot be compiled: the inner function uses num itself; take what it "
                "needs before it, as in exp = num.exp"
            )
        compiled = FLOATS.build(function)
        if not is_shipped(loss):
            float(compiled(0.0))  # what numba cannot compile is found out when it is first called
    except BadInput:
        raise
    except Exception as error:
        raise BadInput(f"loss={loss.name}: its {part} cannot be compiled: {said(error)}") from None
    return compiled


def _holds_numbers(function: Any) -> bool:
    outside = inspect.getclosurevars(function)
    return any(
        isinstance(value, Numbers) for value in (*outside.nonlocals.values(), *outside.globals.values())
    )

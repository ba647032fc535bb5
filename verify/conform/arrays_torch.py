"""torch's tensors."""

from __future__ import annotations

from typing import Any

import numpy as np

from verify.conform.feeding import Arrays
from verify.conform.target import imported
from verify.data.text import show
from verify.errors import BadInput


def arrays(dtype: str, device: str) -> Arrays:
    """Raises BadInput for a format that torch has not, and for a device that is not there."""
    torch: Any = imported("torch", "torch")
    real = getattr(torch, dtype, None)
    if not isinstance(real, torch.dtype):
        raise BadInput(f"dtype={show(dtype)}: torch has no such format")
    try:
        torch.zeros(1, device=device)
    except (RuntimeError, AssertionError) as error:
        raise BadInput(f"device={show(device)}: {' '.join(str(error).split()):.120}") from None

    def assign(parameter: Any, value: Any) -> None:
        parameter.data.copy_(value)

    def compiled(step: Any) -> Any:
        # Beyond some recompilations torch goes on uncompiled, and says so in its log alone.
        torch._dynamo.reset()
        torch._dynamo.config.fail_on_recompile_limit_hit = True
        return torch.compile(step)

    return Arrays(
        make=lambda entries: torch.tensor(entries, dtype=torch.float64).to(real).to(device),
        read=lambda a: np.array(a.detach().to("cpu", torch.float64).numpy(), copy=True),
        parameter=lambda data: torch.nn.Parameter(data),
        assign=assign,
        compiled=compiled,
    )

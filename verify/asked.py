"""What was asked, in full, as every answer states it: optimizer, data and version."""

from __future__ import annotations

from functools import cache
from typing import Any

from verify.data.dataset import Dataset
from verify.optimizers.optimizer import Optimizer


@cache
def version() -> str:
    """The version of the installed distribution."""
    from importlib.metadata import PackageNotFoundError, version  # late: it takes a tenth of a start

    try:
        return version("marginproof")
    except PackageNotFoundError:
        return "unknown"


def asked_of(data: Dataset, opt: Optimizer | None = None, **more: Any) -> dict[str, Any]:
    """Every choice of the optimizer, the digest, shape and names of the data and how they were read, and ``more``."""
    return {
        **({} if opt is None else opt.to_json(data.n)),
        "shape": [data.d],
        "samples": data.n,
        "names": list(data.columns),
        "data": data.digest(),
        "reading": data.origin.to_json(),
        "version": version(),
        **more,
    }

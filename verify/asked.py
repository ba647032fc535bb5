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
        **({} if opt is None else opt.on(data).to_json(data.n)),
        "shape": list(data.shape),
        "samples": data.samples,
        "names": list(data.columns),
        "data": data.digest(),
        "reading": data.origin.to_json(),
        "version": version(),
        **({} if data.classes is None else {"classes": list(data.classes.names)}),
        **more,
    }


def shaped(data: Dataset) -> dict[str, Any]:
    """What a document on several classes says of its vectors: they are matrices of this shape, row by row."""
    return {} if data.classes is None else {"shape": list(data.shape)}

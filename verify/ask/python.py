"""The questions as Python asks them: rows or a path, an optimizer, and the command line's options as keywords."""

from __future__ import annotations

from typing import Any

from verify.ask.optimizers import optimizer_of
from verify.data import Dataset
from verify.data.given import given
from verify.data.reading import OPTIONS, without_free_intercept
from verify.optimizers import Optimizer


def question(
    X: Any, y: Any, optimizer: Any, asked: dict[str, Any], own: tuple[str, ...]
) -> tuple[Dataset, Optimizer, dict[str, Any]]:
    """The data, the optimizer, and the options of the question's ``own``, from all keywords."""
    options = {name: asked.pop(name) for name in own if name in asked}
    data = without_free_intercept(given(X, y, **{name: asked.pop(name) for name in OPTIONS if name in asked}))
    opt = optimizer_of(optimizer, **asked).on(data)
    opt.batch(data.n)  # refuses a batch larger than the data
    return data, opt, options

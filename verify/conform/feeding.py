"""A target fed a case: what its weights are before and after each call, and what it did to its gradients."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from verify.conform.case import Case
from verify.conform.target import Refused, Target, foreign
from verify.drawers import said
from verify.errors import BadInput

Floats = NDArray[np.float64]


@dataclass
class Call:
    """One call: for each parameter the gradient as it was fed (None: none), the weights ``before`` and what is read,
    the weights ``after``, or the ``move`` where the target returns that."""

    gradients: list[Floats | None]
    before: list[Floats]
    after: list[Floats]
    changed: bool = False


@dataclass
class Trace:
    """All calls; ``moves``: what is read is the move itself; ``failed``: how the call after the last one failed."""

    calls: list[Call] = field(default_factory=list)
    moves: bool = False
    failed: str = ""


class Parameter:
    """What a target with NumPy arrays is given in torch's style: ``data``, ``grad``, and ``shape``."""

    def __init__(self, data: NDArray[Any]) -> None:
        self.data, self.grad = data, None

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the array."""
        return self.data.shape


@dataclass(frozen=True)
class Arrays:
    """How arrays of a library are made in a format, read, and written over."""

    make: Callable[[Sequence[float] | Floats], Any]
    read: Callable[[Any], Floats]
    parameter: Callable[[Any], Any]
    assign: Callable[[Any, Any], None]
    compiled: Callable[[Any], Any] = lambda function: function


def feed(target: Target, case: Case, keywords: dict[str, Any], dtype: str) -> Trace:
    """The target's trace. Raises Refused where it does not take these values, and BadInput where its factory fails."""
    arrays = arrays_of(target.arrays)(dtype, target.device)
    made, trace = _built(target, case, keywords, arrays), Trace(moves=target.stateless)
    feeding = _feed_stateless if target.stateless else _feed_stateful
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # a library's own, and of overflows, are no differences
        try:
            with foreign():
                feeding(target, case, made, arrays, trace)
        except (Exception, SystemExit) as error:  # it may be anyone's code
            trace.failed = said(error)
    return trace


def arrays_of(name: str) -> Callable[[str, str], Arrays]:
    """The library's arrays by format and device; it is imported when it is first asked for."""
    if name == "numpy":
        from verify.conform.arrays_numpy import arrays
    elif name == "torch":
        from verify.conform.arrays_torch import arrays
    else:
        from verify.conform.arrays_jax import arrays
    return arrays


@dataclass(frozen=True)
class _Made:
    """What the factory made, and the parameters that it was given in torch's style."""

    optimizer: Any
    parameters: list[Any]
    start: list[Any]


def _built(target: Target, case: Case, keywords: dict[str, Any], arrays: Arrays) -> _Made:
    start, given = (
        [_shaped(arrays, case, k, [w] * case.sizes[k]) for k, w in enumerate(case.start)] for _ in "ab"
    )
    parameters = [] if target.stateless else list(map(arrays.parameter, given))
    try:
        with foreign():
            made = (
                target.factory(**keywords)
                if target.stateless
                else target.factory(_groups(case, parameters), **keywords)
            )
    except ValueError as error:
        raise Refused(said(error)) from None
    except (Exception, SystemExit) as error:
        raise BadInput(f"target={target.name}: its factory failed: {said(error)}") from None
    for name in ("init", "update") if target.stateless else ("step",):
        if not callable(getattr(made, name, None)):
            raise BadInput(
                f"target={target.name}: its factory made a {type(made).__name__}, which has no {name}()"
            )
    return _Made(made, parameters, start)


def _feed_stateful(target: Target, case: Case, made: _Made, arrays: Arrays, trace: Trace) -> None:
    parameters = made.parameters
    step = arrays.compiled(made.optimizer.step) if target.jit else made.optimizer.step
    for number, row in enumerate(case.gradients, 1):
        _set_step_sizes(made.optimizer, case, number)
        fed = [None if part is None else _shaped(arrays, case, k, part) for k, part in enumerate(row)]
        for parameter, gradient, first in zip(parameters, fed, made.start, strict=True):
            if case.back:
                arrays.assign(parameter, first)
            parameter.grad = gradient
        before = _weights(arrays, case, parameters)
        was = [None if part is None else _flat(arrays, part) for part in fed]
        step()
        after = _weights(arrays, case, parameters)
        changed = any(
            old is not None and not _same(_flat(arrays, part), old)
            for part, old in zip(fed, was, strict=True)
        )
        trace.calls.append(Call(was, before, after, changed))


def _groups(case: Case, parameters: list[Any]) -> list[Any]:
    if not case.groups:
        return parameters
    first, second, *others = parameters
    return [{"params": [first, *others]}, {"params": [second], "lr": case.lr(1, 1)}]


def _set_step_sizes(made: Any, case: Case, number: int) -> None:
    if case.slower == number:
        for place, group in enumerate(made.param_groups):
            group["lr"] = case.lr(place if case.groups else 0, number)


def _feed_stateless(target: Target, case: Case, made: _Made, arrays: Arrays, trace: Trace) -> None:
    update = arrays.compiled(made.optimizer.update) if target.jit else made.optimizer.update
    weights = tuple(made.start)
    state = made.optimizer.init(weights)
    for row in case.gradients:
        fed = tuple(
            _shaped(arrays, case, k, [0.0] * case.sizes[k] if part is None else part)
            for k, part in enumerate(row)
        )
        if case.back:
            weights = tuple(made.start)
        before, was = _weights(arrays, case, weights), [_flat(arrays, part) for part in fed]
        moves, state = update(fed, state, weights)
        changed = any(not _same(_flat(arrays, part), old) for part, old in zip(fed, was, strict=True))
        trace.calls.append(Call(list(was), before, _weights(arrays, case, moves), changed))
        weights = tuple(w + move for w, move in zip(weights, moves, strict=True))


def _shaped(arrays: Arrays, case: Case, place: int, entries: Any) -> Any:
    made = arrays.make(entries)
    return made.reshape(case.shape(place)) if case.rows else made


def _weights(arrays: Arrays, case: Case, found: Sequence[Any]) -> list[Floats]:
    """The entries of each parameter, or of what moves it. Raises ValueError where these are other arrays."""
    shapes = [case.shape(place) for place in range(len(case.sizes))]
    if (seen := [tuple(each.shape) for each in found]) != shapes:
        raise ValueError(f"arrays of the shapes {seen} instead of {shapes}")
    return [_flat(arrays, each) for each in found]


def _flat(arrays: Arrays, array: Any) -> Floats:
    return arrays.read(array).ravel()


def _same(a: Floats, b: Floats) -> bool:
    return np.array_equal(a, b, equal_nan=True)

"""The implementation that is held against a rule: where it is found, and how it is fed.

A target in torch's style is ``factory(params, **kwargs)`` and has ``step()``; its parameters have ``data`` and
``grad``. One in optax's style is ``factory(**kwargs)`` and has ``init(params)`` and ``update(grads, state, params)``,
which returns the move and the state. Its arrays are torch's, jax's or NumPy's.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from verify.data.text import show
from verify.drawers import module_of, said, split
from verify.errors import BadInput
from verify.interrupts import limited

LIBRARIES = {"torch": "torch", "optax": "optax"}
# Seconds: a sequence takes milliseconds, but for its compilation, which on a busy machine takes minutes.
LONGEST = 600
PARAMS = ("params", "parameters", "param_groups", "weights")


class Refused(Exception):
    """The target does not take these values."""


@dataclass(frozen=True)
class Target:
    """``arrays`` is numpy, torch or jax; ``stateless``: it is of optax's style."""

    name: str
    factory: Callable[..., Any]
    stateless: bool
    arrays: str
    device: str = "cpu"
    jit: bool = False

    @property
    def keywords(self) -> list[str]:
        """The names of what the factory takes beside parameters."""
        return [
            name for name in _signature(self.factory) if name not in PARAMS[: 0 if self.stateless else None]
        ]


def target(found: str | Callable[..., Any], *, device: str = "cpu", jit: bool = False) -> Target:
    """``torch.optim:Adam``, ``optax:adam``, ``MODULE:NAME``, ``FILE.py:NAME`` (whose code is run), or a factory itself.

    Raises BadInput, in one line, for every way in which there is none.
    """
    if callable(found):
        name = getattr(found, "__qualname__", type(found).__name__)
        return _made(name, found, inspect.getmodule(found), device, jit)
    file, name = split(found, "target")
    if file is not None:
        module = module_of(file, "target")
        factory: Any = getattr(module, name, None)
        if factory is None:
            raise BadInput(f"target: {show(str(file))} has no {name}")
        return _made(found, factory, module, device, jit)
    place, colon, name = found.partition(":")
    library = place.partition(".")[0]
    if not colon or library not in LIBRARIES:
        raise BadInput(f"target={show(found)} is neither torch.optim:NAME, optax:NAME nor FILE.py:FACTORY")
    module = imported(place, library)
    factory = module
    for part in name.split("."):
        factory = getattr(factory, part, None)
        if factory is None:
            raise BadInput(f"target={show(found)}: {place} has no {part}")
    return _made(found, factory, module, device, jit)


@contextmanager
def foreign() -> Iterator[None]:
    """While anyone's code runs: what it prints goes to standard error, and it is ended by TooLong after LONGEST."""
    with limited(LONGEST), redirect_stdout(sys.stderr):
        yield


def imported(place: str, extra: str) -> ModuleType:
    """A module of a library that is an extra. Raises BadInput, saying what to install."""
    try:
        import importlib

        return importlib.import_module(place)
    except ImportError:
        raise BadInput(f"{extra} is not installed: pip install 'marginproof[{extra}]'") from None


def _made(name: str, factory: Any, module: ModuleType | None, device: str, jit: bool) -> Target:
    if not callable(factory):
        raise BadInput(f"target={show(name)} is a {type(factory).__name__}, no factory")
    names = _signature(factory)
    stateless = not names or names[0] not in PARAMS
    held = set(vars(module)) if module is not None else set()
    home = (getattr(module, "__name__", "") or "").partition(".")[0]
    if home == "torch" or "torch" in held:
        arrays = "torch"
    else:
        arrays = "jax" if home == "optax" or held & {"jax", "jnp", "optax"} else "numpy"
    if device != "cpu" and arrays != "torch":
        raise BadInput(
            f"device={show(device)}: {show(name)} has {arrays} arrays, and only torch is asked for a device"
        )
    if jit and arrays == "numpy":
        raise BadInput(f"jit: {show(name)} has NumPy arrays, which nothing compiles")
    return Target(name, factory, stateless, arrays, device, jit)


def _signature(factory: Any) -> list[str]:
    try:
        return list(inspect.signature(factory).parameters)
    except (TypeError, ValueError) as error:
        raise BadInput(f"target: {show(str(factory))} tells no signature: {said(error)}") from None

"""Compiled code kept from one process to the next, in the user's cache directory.

numba compiles a kernel in seconds and runs it in milliseconds. Its own cache does not serve closures over
compiled functions, which ours are: they never look the same twice. Here a function's key is made of what it
is: its bytecode and, recursively, all that it refers to, with the versions, settings and processor that it is
compiled for. A changed definition has another key, wherever the change was made, so nothing stored can be out
of date. A file that is missing, damaged or cannot be written means compiling, no more.
"""

from __future__ import annotations

import hashlib
import inspect
import os
import pickle
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import Any

import llvmlite
import numba
import numpy as np
from numba.core.caching import NullCache
from numba.core.compiler import CompileResult
from numba.core.dispatcher import Dispatcher
from numba.core.serialize import dumps
from numba.misc.appdirs import AppDirs

VERSIONS = (sys.version, numba.__version__, llvmlite.__version__, np.__version__)


def fingerprint(thing: Any) -> str:
    """A digest of a function and of all that compiling it looks at.

    Raises TypeError for what it cannot describe, such as a nested function or an array.
    """
    return hashlib.sha256("\n".join(_described(thing)).encode()).hexdigest()


def _described(thing: Any) -> Iterator[str]:
    if isinstance(thing, Dispatcher):
        yield "compiled with"
        yield from _described(tuple(sorted(thing.targetoptions.items())))
        yield from _described(thing.py_func)
    elif isinstance(thing, FunctionType):
        code = thing.__code__
        # Its module too: machine code names the module whose globals it reads, which may have moved.
        yield f"function of {thing.__module__} with defaults {thing.__defaults__!r}, {thing.__kwdefaults__!r}"
        yield f"{code.co_argcount} {code.co_flags} {code.co_code.hex()} {code.co_exceptiontable.hex()}"
        yield f"{code.co_names} {code.co_varnames} {code.co_cellvars} {code.co_freevars}"
        yield from _described(code.co_consts)
        outside = inspect.getclosurevars(thing)
        for name, value in sorted({**outside.globals, **outside.nonlocals}.items()):
            yield f"where {name} is"
            yield from _described(value)
    elif isinstance(thing, type):
        yield f"type {thing.__module__}.{thing.__qualname__} {getattr(thing, '_fields', '')}"
    elif isinstance(thing, ModuleType):
        yield f"module {thing.__name__}"
    elif isinstance(thing, BuiltinFunctionType | np.ufunc):
        yield f"function {thing!r}"
    elif isinstance(thing, tuple | set):
        yield f"{len(thing)} of"
        for part in sorted(thing) if isinstance(thing, set) else thing:
            yield from _described(part)
    elif thing is None or isinstance(thing, bool | int | float | str):
        yield f"{type(thing).__name__} {thing!r}"
    else:
        raise TypeError(f"no fingerprint of {thing!r}")


def named_by_content(function: FunctionType) -> FunctionType:
    """The function under a name that no other has.

    Code from several processes meets in one, and is linked by name.
    """
    function.__qualname__ = f"{function.__qualname__}.{fingerprint(function)}"
    return function


def stored(compiled: Any) -> Any:
    """The compiled function, taking its machine code from the store and leaving it there.

    It must have been `named_by_content`, and all compiled functions that it calls too.
    """
    if isinstance(compiled, Dispatcher):  # without NUMBA_DISABLE_JIT
        code: Any = compiled
        code._cache = _Store(fingerprint(compiled))
    return compiled


def directory() -> Path:
    """Where compiled code is kept: NUMBA_CACHE_DIR, or the place for caches on this system."""
    return Path(numba.config.CACHE_DIR or AppDirs("marginproof", False).user_cache_dir) / "compiled"


class _Store(NullCache):  # type: ignore[misc]
    """numba's interface to a cache, over one file for each function, types of arguments and machine."""

    def __init__(self, key: str) -> None:
        self.key = key

    def _path(self, signature: Any, codegen: Any) -> Path:
        settings = sorted(
            item for item in os.environ.items() if item[0].startswith("NUMBA_") and "CACHE" not in item[0]
        )
        # A named tuple's type is printed without the names, by which compiled code finds the places.
        types = [(kind, getattr(kind, "fields", ())) for kind in signature]
        what = repr((self.key, types, codegen.magic_tuple(), VERSIONS, settings))
        return directory() / hashlib.sha256(what.encode()).hexdigest()

    def load_overload(self, signature: Any, context: Any) -> Any:
        """The compiled function for these types of arguments, None if it is not there."""
        context.refresh()
        try:
            content = self._path(signature, context.codegen()).read_bytes()
        except OSError:
            return None
        digest, code = content[:32], content[32:]
        if hashlib.sha256(code).digest() != digest:
            return None
        return CompileResult._rebuild(context, *pickle.loads(code))

    def save_overload(self, signature: Any, result: Any) -> None:
        """Keep a compiled function. The file appears whole or not at all."""
        code = dumps(result._reduce())
        path = self._path(signature, result.codegen)
        with suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
                file.write(hashlib.sha256(code).digest() + code)
            os.replace(file.name, path)

"""Compiled code kept from one process to the next, in the user's cache directory.

numba compiles a kernel in seconds and runs it in milliseconds. Its own cache does not serve closures over
compiled functions, which ours are: they never look the same twice. Here a function's key is made of what it
is: its bytecode and, recursively, all that it refers to, with the versions, settings and processor that it is
compiled for. A changed definition has another key, wherever the change was made, so nothing stored can be out
of date. A file that is missing, damaged or cannot be written means compiling, no more.

What is loaded is run. So it is loaded from a folder and a file alone that nobody but this user could have written
(`distrusted` says what must hold), and its digest covers its name, which is its key. ``python -m
verify.numbers.stored`` says where the folder is, what it holds and whether it is used.
"""

from __future__ import annotations

import hashlib
import inspect
import os
import pickle
import stat
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import Any

import llvmlite
import numba
import numpy as np
from numba.extending import is_jitted

from verify.files import NotRegular, TooLong, read_regular, write_whole

VERSIONS = (sys.version, numba.__version__, llvmlite.__version__, np.__version__)

# A kernel takes some 100 kB.
MOST_BYTES = 2**26
DIGEST = hashlib.sha256().digest_size


def fingerprint(thing: Any) -> str:
    """A digest of a function and of all that compiling it looks at.

    Raises TypeError for what it cannot describe, such as a nested function or an array.
    """
    return hashlib.sha256("\n".join(_described(thing)).encode()).hexdigest()


def _described(thing: Any) -> Iterator[str]:
    if is_jitted(thing):
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
    if is_jitted(compiled):  # without NUMBA_DISABLE_JIT
        compiled._cache = _Store(fingerprint(compiled))
    return compiled


def directory() -> Path | None:
    """Where compiled code is kept, None for nowhere.

    That is below NUMBA_CACHE_DIR, or else below the user's folder for caches, which on Linux is XDG_CACHE_HOME or
    ~/.cache. A relative path is ignored, as the XDG specification says: it would mean the working directory,
    where a stranger's files may lie.
    """
    given = os.environ.get("NUMBA_CACHE_DIR")  # not numba's own setting, which a file in this folder may make
    if given:
        return Path(given, "compiled") if os.path.isabs(given) else None
    home = os.path.expanduser("~")
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA", "")
    elif sys.platform == "darwin":
        base = os.path.join(home, "Library", "Caches")
    else:
        base = os.environ.get("XDG_CACHE_HOME", "")
        base = base if os.path.isabs(base) else os.path.join(home, ".cache")
    return Path(base, "marginproof", "compiled") if os.path.isabs(base) else None


def distrusted(path: Path) -> str | None:
    """Why others could have written what stands here, or put it here; None if they could not.

    It and each folder above it must belong to this user or to root, and be writable by their owner alone. In a
    folder with the sticky bit, such as /tmp, everybody may write, but replace no file of another.
    """
    if not hasattr(os, "geteuid"):
        return "this system does not say whose a file is"
    # What links point to counts, and the folders above each link, for who writes there could turn it.
    seen: set[Path] = set()
    starts = [Path(os.path.realpath(path)), path.absolute()]
    while starts:
        start = starts.pop()
        for place in (start, *start.parents):
            if place in seen:
                continue
            seen.add(place)
            try:
                found = os.lstat(place)
                if stat.S_ISLNK(found.st_mode):
                    starts.append(Path(os.path.normpath(place.parent / os.readlink(place))))
            except OSError as error:
                return f"{place}: {error.strerror}"
            if found.st_uid not in (0, os.geteuid()):
                return f"{place} belongs to another user"
            sticky = stat.S_ISDIR(found.st_mode) and found.st_mode & stat.S_ISVTX and place != path.absolute()
            open_to_others = found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
            if open_to_others and not sticky and not stat.S_ISLNK(found.st_mode):
                return f"{place} can be written by others"
    return None


class _Store:
    """numba's interface to a cache, over one file for each function, types of arguments and machine.

    It is no public one: should another version of numba want something else of it, nothing is stored.
    """

    cache_path = None

    def __init__(self, key: str) -> None:
        self.key = key

    def _name(self, signature: Any, codegen: Any) -> str:
        settings = sorted(
            item for item in os.environ.items() if item[0].startswith("NUMBA_") and "CACHE" not in item[0]
        )
        # A named tuple's type is printed without the names, by which compiled code finds the places.
        types = [(kind, getattr(kind, "fields", ())) for kind in signature]
        what = repr((self.key, types, codegen.magic_tuple(), VERSIONS, settings))
        return hashlib.sha256(what.encode()).hexdigest()

    def load_overload(self, signature: Any, context: Any) -> Any:
        """The compiled function for these types of arguments, None if it is not there."""
        try:
            from numba.core.compiler import CompileResult

            context.refresh()
            name = self._name(signature, context.codegen())
            code = _load(name)
            return None if code is None else CompileResult._rebuild(context, *pickle.loads(code))
        except Exception:  # of a damaged file anything may come; then it is compiled
            return None

    def save_overload(self, signature: Any, result: Any) -> None:
        """Keep a compiled function. The file appears whole or not at all."""
        with suppress(Exception):  # a full disk, a folder of others, another numba: then it is compiled again
            from numba.core.serialize import dumps

            _save(self._name(signature, result.codegen), dumps(result._reduce()))

    def enable(self) -> None:
        """Always on."""

    def disable(self) -> None:
        """Always on."""

    def flush(self) -> None:
        """Nothing waits to be written."""


def _digest(name: str, code: bytes) -> bytes:
    """What a file of this name begins with: it belongs to the name as to the content."""
    return hashlib.sha256(name.encode() + b"\n" + code).digest()


def _load(name: str) -> bytes | None:
    """The code kept under a name, None if there is none that is to be trusted."""
    folder = directory()
    if folder is None or distrusted(folder) is not None or distrusted(folder / name) is not None:
        return None
    try:
        content = read_regular(folder / name, MOST_BYTES)
    except (OSError, NotRegular, TooLong):
        return None
    code = content[DIGEST:]
    return code if content[:DIGEST] == _digest(name, code) else None


def _save(name: str, code: bytes) -> None:
    """Keep code under a name, where only this user can write."""
    folder = directory()
    if folder is None:
        return
    for place in (*reversed(folder.parents), folder):  # mkdir(parents=True) would let the umask decide
        with suppress(FileExistsError):
            place.mkdir(mode=0o700)
    if distrusted(folder) is None:
        with suppress(OSError):  # a pipe or a link in its place would be written to, or through
            if not stat.S_ISREG(os.lstat(folder / name).st_mode):
                os.unlink(folder / name)
        write_whole(folder / name, _digest(name, code) + code, mode=0o600)


def report() -> str:
    """Where compiled code is kept, what is there, and whether it is used."""
    folder = directory()
    if folder is None:
        return "compiled code is kept nowhere: the folder for caches is not an absolute path"
    if not folder.exists():
        return f"compiled code is kept in {folder}, which is not there yet"
    why = distrusted(folder)
    if why is not None:
        return f"compiled code is kept nowhere: {folder} is not used, since {why}"
    files = [each.stat().st_size for each in folder.iterdir() if each.is_file()]
    return f"compiled code is kept in {folder}: {len(files)} files, {sum(files)} bytes; deleting them is safe"


if __name__ == "__main__":
    print(report())

"""Files: written whole or not at all, read up to a bound, and told apart whatever they are called.

Everything that this package writes goes through `write_whole`. It needs nothing but the standard library.
"""

from __future__ import annotations

import logging
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

try:
    import fcntl
except ImportError:  # not on this system: then there are no locks
    fcntl = None  # type: ignore[assignment]

log = logging.getLogger(__name__)

# Where a system lacks these, they ask for nothing.
_NONBLOCK, _NOFOLLOW, _BINARY = (getattr(os, name, 0) for name in ("O_NONBLOCK", "O_NOFOLLOW", "O_BINARY"))

# The longest file name that common systems take, in bytes; a temporary name adds 23 to it.
_LONGEST_NAME = 255
_ADDED = 23


def write_whole(path: str | Path, content: str | bytes, mode: int = 0o666) -> None:
    """Make a file hold this content. Whatever goes wrong on the way, the file is as it was, and nothing else is left.

    The content is written to a temporary file in the same folder, brought to the disk, and renamed. A link is
    followed, so that what it points to is replaced; a file that is there keeps its permissions, a new one has
    ``mode`` less the umask. A device or a pipe is written to as it is. Raises OSError, with this path as its
    filename.
    """
    # A lone surrogate, which a name from the file system may hold, is written as JSON escapes it.
    data = content.encode("utf-8", "backslashreplace") if isinstance(content, str) else content
    try:
        kind = _mode(path)
        if kind is not None and not stat.S_ISREG(kind) and not stat.S_ISDIR(kind):
            with open(path, "wb", buffering=0) as stream:
                _write(stream.fileno(), data)
            return
        _replace(os.path.realpath(path), data, mode if kind is None else stat.S_IMODE(kind), new=kind is None)
    except OSError as error:
        raise OSError(error.errno, error.strerror or str(error), str(path)) from None
    log.debug("wrote %d bytes to %s", len(data), path)


def _replace(target: str, data: bytes, mode: int, new: bool) -> None:
    folder, name = os.path.split(target)
    # The name is chosen before the file is made: whenever an interrupt comes, it is known what to remove.
    start = os.fsdecode(os.fsencode(name)[: _LONGEST_NAME - _ADDED])
    part = os.path.join(folder, f".{start}.{secrets.token_hex(8)}.part")
    try:
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NOFOLLOW | _BINARY, mode)
        try:
            _write(handle, data)
            if not new and hasattr(os, "fchmod"):
                os.fchmod(handle, mode)
            os.fsync(handle)
        finally:
            os.close(handle)
        os.replace(part, target)
    except BaseException:
        with suppress(OSError):
            os.unlink(part)
        raise


def _write(handle: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(handle, view) :]


def _mode(path: str | Path) -> int | None:
    """What kind of thing stands there, None if there is nothing."""
    try:
        return os.stat(path).st_mode
    except FileNotFoundError:
        return None


def read_regular(path: str | Path, most: int) -> bytes:
    """The content of a regular file of at most so many bytes, whose end is known before it is read.

    Raises NotRegular for a device, a pipe or a folder, which might never end, TooLong beyond the bound, and
    OSError where it cannot be read.
    """
    # Without O_NONBLOCK, opening a pipe would wait for somebody to write to it.
    handle = os.open(path, os.O_RDONLY | _NONBLOCK | _BINARY)
    try:
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode):
            raise NotRegular(path)
        if found.st_size > most:
            raise TooLong(found.st_size)
        with open(handle, "rb", closefd=False) as stream:
            content = stream.read(most + 1)  # a file of /proc says that it has no bytes
    finally:
        os.close(handle)
    if len(content) > most:
        raise TooLong(len(content))
    return content


class NotRegular(ValueError):
    """What should be read is not a regular file."""


class TooLong(ValueError):
    """What should be read has this many bytes, or more."""

    def __init__(self, size: int) -> None:
        super().__init__(size)
        self.size = size


def identity(path: str | Path) -> tuple[object, ...]:
    """What two names have in common just if they lead to one file, also one that is still to be made."""
    with suppress(OSError):
        found = os.stat(path)
        return found.st_dev, found.st_ino
    real = os.path.realpath(path)
    folder, name = os.path.split(real)
    with suppress(OSError):
        found = os.stat(folder)
        return found.st_dev, found.st_ino, name
    return (real,)


@contextmanager
def locked(folder: str | Path, wait: bool = True) -> Iterator[None]:
    """Alone among the processes that lock this folder, where the system can do that. It leaves no file. Raises
    BlockingIOError where another one has it and this one is not to wait."""
    if fcntl is None:
        yield
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        yield
    finally:
        os.close(handle)

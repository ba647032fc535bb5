"""The content of a certificate's file: a regular one, of bounded size, read without waiting for anybody."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from verify.certificate.refusal import Unread

# A parsed document takes up to thirty times the bytes of its file.
BYTES = 40 << 20


def content_of(path: str | Path, times: float = 1) -> bytes:
    """The bytes of a file, at most ``times`` the usual bound. Unread if there are more, or none to be had."""
    most = int(BYTES * times)
    try:
        # A pipe without a writer is not waited for.
        with open(os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0)), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise Unread("not a regular file")
            content = file.read(most + 1)
    except OSError as error:
        raise Unread(error.strerror or type(error).__name__) from None
    except ValueError as error:  # a name with a zero byte
        raise Unread(str(error)) from None
    except MemoryError:
        raise Unread("the memory of this machine does not suffice") from None
    if len(content) > most:
        raise Unread(f"longer than {most} bytes, the most that is read (check --work raises that)")
    return content

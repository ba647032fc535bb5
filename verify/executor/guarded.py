"""Work in a process of its own, which is ended where a piece takes too long, takes too much memory, or dies of it."""

from __future__ import annotations

import importlib
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import redirect_stdout, suppress
from dataclasses import dataclass
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from typing import Any

from verify.drawers import said

# A piece whose process ends so often is given up.
DEATHS = 3

# Seconds between two looks at the memory of a piece, in which it may take some 100 MB more.
LOOK = 0.02

# How a piece of work ended.
DONE, FAILED, LATE, LARGE, KILLED = "done", "failed", "time", "memory", "killed"


@dataclass(frozen=True)
class Bounds:
    """What a piece may take: seconds, and bytes of resident memory of its process. None: any."""

    seconds: float | None = None
    memory: int | None = None


@dataclass(frozen=True)
class Outcome:
    """How a piece ended, what it returned or in one line why it did not, and the seconds it took."""

    status: str
    value: Any
    seconds: float


class Guarded:
    """A process that does one piece of work after the other; it ends with the one that made it."""

    def __init__(self) -> None:
        self.process: subprocess.Popen[bytes] | None = None
        self.pipe: Connection
        self.alive: Connection

    def do(self, place: str, work: Any, bounds: Bounds) -> Outcome:
        """What the function at ``place``, MODULE:NAME, makes of ``work``."""
        begun = time.monotonic()
        for _ in range(DEATHS):
            try:
                self._ready(place)
                self.pipe.send(work)
                return self._answer(bounds)
            except (EOFError, OSError):
                status = self.close()
        why = f"its process ended {DEATHS} times, at last with status {status}"
        return Outcome(KILLED, why, time.monotonic() - begun)

    def _answer(self, bounds: Bounds) -> Outcome:
        begun = time.monotonic()
        while True:
            spent = time.monotonic() - begun
            left = None if bounds.seconds is None else bounds.seconds - spent
            if left is not None and left <= 0:
                self.close()
                return Outcome(LATE, f"took more than {bounds.seconds:g} s", spent)
            if bounds.memory is not None:
                if (taken := self._resident()) > bounds.memory:
                    self.close()
                    return Outcome(LARGE, f"took {taken} bytes, more than {bounds.memory}", spent)
                left = LOOK if left is None else min(left, LOOK)
            if self.pipe.poll(left):
                return Outcome(*self.pipe.recv())

    def _resident(self) -> int:
        import psutil  # late: Dask brings it

        assert self.process is not None
        try:
            return int(psutil.Process(self.process.pid).memory_info().rss)
        except psutil.Error:
            return 0

    def _ready(self, place: str) -> None:
        """A process that has imported the function, so that no piece's time is that of imports."""
        if self.process is None:
            self.pipe, theirs = Pipe()
            heard, self.alive = Pipe(duplex=False)
            self.process = subprocess.Popen(
                [sys.executable, "-m", __name__, str(theirs.fileno()), str(heard.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=(theirs.fileno(), heard.fileno()),
                start_new_session=True,  # the keyboard's interrupt is for whoever started the work
                env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            )
            theirs.close()
            heard.close()
            self.place = ""
        if self.place != place:
            self.pipe.send((place,))
            self.pipe.recv()
            self.place = place

    def close(self) -> int | None:
        """End the process, whatever it is at, and return its status."""
        if self.process is None:
            return None
        self.process.kill()
        status = self.process.wait()
        self.pipe.close()
        self.alive.close()
        self.process = None
        return status


def serve(pipe: Connection, alive: Connection) -> None:
    """Answer pieces of work until the other side ends; a tuple of one text names the function for those that follow."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_after, args=(alive,), daemon=True).start()
    function: Any = None
    with suppress(EOFError, OSError), redirect_stdout(sys.stderr):
        while True:
            work = pipe.recv()
            if isinstance(work, tuple):
                module, _, name = work[0].partition(":")
                function = getattr(importlib.import_module(module), name)
                pipe.send(work)
                continue
            begun = time.monotonic()
            try:
                status, value = DONE, function(work)
            except MemoryError:
                status, value = LARGE, "there was no more memory"
            except (Exception, SystemExit) as error:
                status, value = FAILED, said(error)
            pipe.send((status, value, time.monotonic() - begun))


def _end_after(alive: Connection) -> None:
    """End this process when the other side does, even if that is killed."""
    with suppress(EOFError, OSError):
        alive.recv()
    os._exit(1)


if __name__ == "__main__":
    serve(Connection(int(sys.argv[1])), Connection(int(sys.argv[2]), writable=False))

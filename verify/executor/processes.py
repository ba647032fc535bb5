"""Processes that do work in order: they hear from nobody but their parent, and end with it, however that ends."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import contextmanager, suppress
from itertools import count
from multiprocessing import get_context, parent_process
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any

from verify.errors import BadInput

# Linux's name for "send me this signal when my parent ends", from <sys/prctl.h>.
PR_SET_PDEATHSIG = 1


def in_order(work: Callable[[int], Any], first: int, jobs: int) -> Generator[Any, None, None]:
    """work(first), work(first + 1), ... without end, computed by so many processes; closing it ends them.

    A process that is free takes the next number. What ``work`` raises is raised here. Raises BadInput if a process is
    ended by somebody else.
    """
    workers: dict[Connection, BaseProcess] = {}
    numbers, under_way, answers = count(first), dict[Connection, int](), dict[int, tuple[bool, Any]]()
    try:
        for _ in range(jobs):
            process, pipe = _worker(work)
            workers[pipe] = process
        for pipe in workers:
            under_way[pipe] = next(numbers)
            pipe.send(under_way[pipe])
        for number in count(first):
            while number not in answers:
                for pipe in _ready(under_way):
                    try:
                        answers[under_way[pipe]] = pipe.recv()
                        under_way[pipe] = next(numbers)
                        pipe.send(under_way[pipe])
                    except (EOFError, OSError):
                        answers[under_way.pop(pipe)] = False, _ended(workers[pipe], jobs)
            done, result = answers.pop(number)
            if not done:
                raise result
            yield result
    finally:
        _end_all(workers)


def cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _ready(pipes: Iterable[Connection]) -> list[Connection]:
    """The pipes that have something to say, once one has."""
    ready = wait(list(pipes))
    return [pipe for pipe in pipes if pipe in ready]


def _ended(process: BaseProcess, jobs: int) -> BadInput:
    process.join(GRACE)
    return BadInput(
        f"jobs={jobs}: a process was ended from outside (status {process.exitcode}); fewer jobs take less memory"
    )


def _worker(work: Callable[[int], Any]) -> tuple[BaseProcess, Connection]:
    """A process that answers numbers with work(number), and the pipe to it."""
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_answer, args=(theirs, work, os.getpid()), daemon=True)
    with interrupts_held():
        process.start()
    theirs.close()
    return process, ours


def _end_all(workers: Mapping[Connection, BaseProcess]) -> None:
    """End the processes, whatever they are at; an interrupt meanwhile does not keep them alive."""
    try:
        for process in workers.values():
            process.terminate()
        deadline = time.monotonic() + GRACE
        for process in workers.values():
            process.join(max(0.0, deadline - time.monotonic()))
    finally:
        for pipe, process in workers.items():
            process.kill()
            process.join()
            pipe.close()


# Seconds in which a worker that is told to end may leave a file whole; compiled code does not hear it.
GRACE = 2.0


# Seconds after which a worker whose end was dropped by a callback tries again.
AGAIN = 0.01


@contextmanager
def interrupts_held() -> Generator[None, None, None]:
    """What is started meanwhile never hears an interrupt: its parent does, which then ends it."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _answer(pipe: Connection, work: Callable[[int], Any], parent: int) -> None:
    """Answer each number with (True, work(number)), or (False, what it raised), until the parent ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _end)
    _end_with(parent)
    with suppress(EOFError, OSError):  # the parent has closed its end
        while True:
            number = pipe.recv()
            try:
                answer = True, work(number)
            except Exception as error:
                answer = False, error
            pipe.send(answer)


def _end(signum: int, frame: object) -> None:
    """End as a program ends, so that a file being written is left whole or not at all.

    A callback of compiled code, or of the garbage collector, prints an exception and drops it; then it is tried again.
    """
    sys.unraisablehook = _try_again
    raise SystemExit(0)


def _try_again(dropped: Any) -> None:
    if not issubclass(dropped.exc_type, SystemExit):
        sys.__unraisablehook__(dropped)
    elif hasattr(signal, "setitimer"):
        signal.signal(signal.SIGALRM, _end)
        signal.setitimer(signal.ITIMER_REAL, AGAIN)
    else:
        os._exit(0)


def _end_with(parent: int) -> None:
    """Let this process end when its parent does, even if that is killed.

    Linux can be asked for it. Elsewhere a thread waits for it, which hears of it when compiled code returns.
    """
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it had ended before that
        os._exit(1)
    threading.Thread(target=_follow, daemon=True).start()


def _follow() -> None:
    above = parent_process()
    if above is not None:
        above.join()
        os._exit(1)

"""Pieces of work on the workers of Dask: a cluster of processes on this machine, or any that runs, by its address.

Work is sent in parcels of several pieces, so that a scheduler's milliseconds are shared, and only so many parcels as
keep the workers busy are under way: the memory taken does not grow with the number of pieces. Nothing depends on which
worker does a piece, or when.
"""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing, contextmanager
from functools import cache
from itertools import count, islice
from pathlib import Path
from typing import Any

from verify.drawers import said
from verify.errors import BadInput
from verify.executor import processes
from verify.executor.guarded import DEATHS, KILLED, Bounds, Guarded, Outcome
from verify.executor.processes import interrupts_held
from verify.interrupts import check_interrupt

# Parcels under way for each thread of a worker: that which it does, the next, and one that travels.
AHEAD = 3

# Seconds that a parcel should take, and pieces that it has at most: a scheduler needs some 5 ms for each.
PARCEL, MOST = 0.5, 500

# Seconds in which a scheduler answers, and then has a worker.
PATIENCE = 20

# Seconds between two looks at how many workers there are, and between two at whether there was an interrupt.
LOOK, HEAR = 5.0, 0.5

_own = threading.local()


@contextmanager
def connected(jobs: int, scheduler: str | None = None) -> Iterator[Any]:
    """A client of the scheduler at that address, or of a cluster of ``jobs`` processes that ends with this one."""
    import dask  # late, as all of Dask: its import takes a second
    from distributed import Client, LocalCluster

    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    settings = {
        "distributed.admin.low-level-log-length": 10,  # else the last 1000 messages are kept, with all their pieces
        "distributed.scheduler.allowed-failures": DEATHS,
        "distributed.comm.timeouts.connect": f"{PATIENCE}s",
        "distributed.worker.memory.terminate": False,  # pieces have bounds of their own
        "distributed.worker.memory.pause": False,
        "distributed.worker.memory.spill": False,
        "distributed.worker.memory.target": False,
    }
    with dask.config.set(settings):
        if scheduler is not None:
            try:
                client = Client(scheduler, timeout=PATIENCE, set_as_default=False)
            except (OSError, ValueError, TypeError) as error:
                raise BadInput(f"scheduler={scheduler}: nothing answers there: {said(error)}") from None
            with client:
                yield client
            return
        with (
            interrupts_held(),
            LocalCluster(
                n_workers=jobs,
                threads_per_worker=1,
                processes=True,
                host="127.0.0.1",
                dashboard_address="127.0.0.1:0",  # else port 8787, which may be taken
                silence_logs=logging.CRITICAL,
            ) as cluster,
            Client(cluster, set_as_default=False) as client,
            _heard_again(),
        ):
            yield client


@contextmanager
def _heard_again() -> Iterator[None]:
    """Within `interrupts_held`, hear interrupts: what is started by threads that were there before never does."""
    import signal

    before = signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def outcomes(
    client: Any,
    place: str,
    pieces: Iterable[Any],
    bounds: Bounds,
    work: Callable[[Any], Any] = lambda piece: piece,
    idle: Callable[[], None] = lambda: None,
) -> Iterator[list[tuple[Any, Outcome]]]:
    """What the function at ``place`` made of ``work(piece)`` for each of the pieces, in lists, as they come back.

    Raises BadInput where the workers cannot do such work at all, or the scheduler is gone.
    """
    from distributed import KilledWorker, as_completed

    stream, size, seconds = iter(pieces), 1, 0.0
    waiting: list[list[Any]] = []
    lost: dict[int, int] = {}
    finished = as_completed(loop=client.loop)
    under_way: dict[str, list[Any]] = {}
    threads, looked = _threads(client), time.monotonic()

    def feed() -> None:
        while len(under_way) < AHEAD * threads:
            parcel = waiting.pop() if waiting else list(islice(stream, size))
            if not parcel:
                return
            future = client.submit(
                do_parcel, place, [work(piece) for piece in parcel], bounds, code(), pure=False
            )
            under_way[future.key] = parcel
            finished.add(future)

    try:
        feed()
        while under_way:
            future = _next(finished, client, idle)
            parcel = under_way.pop(future.key)
            done: list[tuple[Any, Outcome]] = []
            try:
                done = list(zip(parcel, future.result(), strict=True))
            except KilledWorker:
                # Whichever piece it was: each goes alone, and so often as a process of its own may die of one.
                for piece in parcel:
                    lost[id(piece)] = lost.get(id(piece), 0) + (len(parcel) == 1)
                    if lost[id(piece)] == DEATHS:
                        done.append((piece, Outcome(KILLED, f"its worker ended {DEATHS} times", 0.0)))
                    else:
                        waiting.append([piece])
            except BadInput:
                raise
            except Exception as error:
                _require_running(client)
                raise BadInput(
                    f"scheduler={client.scheduler.address}: a worker cannot do this: {said(error)}"
                ) from None
            if len(done) > 1 or size == 1:
                each = sum(outcome.seconds for _, outcome in done) / max(1, len(done))
                seconds = each if not seconds else (seconds + each) / 2
                size = max(1, min(MOST, int(PARCEL / max(seconds, 1e-4)), 4 * size))
            if time.monotonic() - looked > LOOK:
                threads, looked = _threads(client), time.monotonic()
            feed()
            if done:
                yield done
    finally:
        if client.status == "running":
            client.cancel(list(finished.futures))


@contextmanager
def numbered(
    work: Callable[[int], Any], first: int, jobs: int, scheduler: str | None
) -> Iterator[Iterator[Any]]:
    """work(first), work(first + 1), ... in order and without end: here, in so many processes, or by the workers of the
    scheduler at that address. What is under way at the end is dropped; workers end it."""
    if scheduler is not None:
        with connected(jobs, scheduler) as client, closing(in_order(client, work, first)) as done:
            yield done
    elif jobs > 1:
        with closing(processes.in_order(work, first, jobs)) as done:
            yield done
    else:
        yield map(work, count(first))


def in_order(client: Any, work: Callable[[int], Any], first: int) -> Generator[Any, None, None]:
    """work(first), work(first + 1), ... without end, by the workers of a client, as `processes.in_order`; closing it
    drops what has not begun, and what has begun ends on its own."""
    ahead = AHEAD * _threads(client)
    waiting = deque(client.submit(work, number, pure=False) for number in range(first, first + ahead))
    try:
        for number in count(first + ahead):
            yield _awaited(client, waiting[0])
            waiting.popleft()
            waiting.append(client.submit(work, number, pure=False))
    finally:
        if client.status == "running":
            client.cancel(list(waiting))


def _awaited(client: Any, future: Any) -> Any:
    """What a future comes to; interrupts are heard meanwhile."""
    while True:
        check_interrupt()
        try:
            return future.result(timeout=HEAR)
        except TimeoutError:
            _require_running(client)
        except BadInput:
            raise
        except Exception as error:
            _require_running(client)
            raise BadInput(f"scheduler={client.scheduler.address}: a worker failed: {said(error)}") from None


def _next(finished: Any, client: Any, idle: Callable[[], None]) -> Any:
    """The next future that ended; interrupts are heard meanwhile, and the end of the scheduler."""
    while True:
        check_interrupt()
        if not finished.queue.empty():
            return next(finished)
        _require_running(client)
        with finished.thread_condition:
            finished.thread_condition.wait(timeout=HEAR)
        idle()


def _require_running(client: Any) -> None:
    if client.status != "running":
        raise BadInput(
            "scheduler: it has ended; what it reported is kept, and the same command goes on there"
        )


def _threads(client: Any) -> int:
    """The threads of all workers, once there is one."""
    begun = time.monotonic()
    while not (found := int(sum(client.nthreads().values()))):
        if time.monotonic() - begun > PATIENCE:
            raise BadInput(f"scheduler={client.scheduler.address} has had no worker for {PATIENCE} s")
        time.sleep(HEAR)
    return found


def do_parcel(place: str, parcel: list[Any], bounds: Bounds, wanted: str) -> list[Outcome]:
    """Do pieces of work one after the other, in the process that this thread of a worker has for them."""
    if code() != wanted:
        raise BadInput(
            f"scheduler: a worker has other code of marginproof ({code()[:12]}, here {wanted[:12]})"
        )
    if not hasattr(_own, "guarded"):
        _own.guarded = Guarded()
    return [_own.guarded.do(place, piece, bounds) for piece in parcel]


@cache
def code() -> str:
    """A digest of the code of this package and of its sister, by which two machines know that they have the same."""
    root = Path(__file__).parents[2]
    found = hashlib.sha256()
    for path in sorted([*root.glob("verify/**/*.py"), *root.glob("properties/**/*.py")]):
        found.update(f"{path.relative_to(root).as_posix()}\n".encode() + path.read_bytes())
    return found.hexdigest()

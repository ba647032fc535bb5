"""The processes that run trials: each command within a limit of time and memory, its outcome told whatever happens."""

from __future__ import annotations

import contextlib
import ctypes
import faulthandler
import io
import multiprocessing
import os
import resource
import signal
import sys
import tempfile
import traceback
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from pathlib import Path

from ties.contradictions import contradictions
from ties.trials import Trial

MEMORY = 2 * 2**30
# Beside so much processor time a command may sleep or wait for the other processes of the machine.
WALL = 10


@dataclass(frozen=True)
class Outcome:
    """How one command of a trial ended: ``failure`` is its kind in a few words, "" if there is none, ``place`` where
    (the innermost line of ours), ``detail`` the first lines of what it said."""

    name: str
    failure: str = ""
    place: str = ""
    detail: str = ""
    status: int | None = None


def run_all(trials: Sequence[Trial], *, jobs: int, seconds: float) -> Iterator[tuple[Trial, Outcome]]:
    """The outcome of every command of every trial, as they come."""
    workers = {}
    for job in range(jobs):
        share = [(number, trial) for number, trial in enumerate(trials) if number % jobs == job]
        worker = _Worker(share, seconds)
        workers[worker.pipe] = worker
    while workers:
        for pipe in wait(list(workers)):
            worker = workers.pop(pipe)
            found, more = worker.hear()
            yield from found
            if more:
                workers[worker.pipe] = worker
            else:
                worker.folder.cleanup()


class _Worker:
    """A process with its share of the trials, started again after a command that ended it."""

    def __init__(self, share: list[tuple[int, Trial]], seconds: float) -> None:
        self.todo = [(trial, name) for _, trial in share for name in trial.commands]
        self.seconds = seconds
        self.folder = tempfile.TemporaryDirectory(prefix="ties-")  # ours: a child that dies leaves its files
        self.log = Path(self.folder.name) / "log"
        self.start()

    def start(self) -> None:
        """Fork; the child has all modules of its parent."""
        context = multiprocessing.get_context("fork")
        self.pipe, ours = context.Pipe(duplex=False)
        self.process = context.Process(target=_work, args=(self.todo, self.seconds, ours, self.log))
        self.process.start()
        ours.close()

    def hear(self) -> tuple[list[tuple[Trial, Outcome]], bool]:
        """What the process tells, and whether there is more to come."""
        try:
            outcome: Outcome = self.pipe.recv()
        except EOFError:
            self.process.join()
            if not self.todo:
                return [], False
            outcome = self.obituary()
            rest = self.todo[1:]
            done = [(self.todo[0][0], outcome)]
            self.todo = rest
            if rest:
                self.start()
            return done, bool(rest)
        trial, _ = self.todo.pop(0)
        return [(trial, outcome)], True

    def obituary(self) -> Outcome:
        """Of the command at which the process died."""
        code, name = self.process.exitcode, self.todo[0][1]
        lines = self.log.read_text(errors="replace").splitlines()
        # From the command inwards: where a hang is looked at is chance, but not what the command was about.
        way = [line.split()[-1] for line in reversed(lines) if "/verify/" in line and "/cli/" not in line]
        place = " > ".join(way[:4])
        if code in (-signal.SIGPROF, -signal.SIGALRM):
            return Outcome(name, "hang", place, f"longer than {self.seconds:g} s")
        return Outcome(name, f"died, exit code {code}", place, " | ".join(lines[:3]))


def _short(line: str) -> str:
    """``verify/game/smooth/face.py:12 solve`` from a line of faulthandler's or a traceback's."""
    parts = line.replace('"', "").replace(",", "").split()
    path = next(part for part in parts if ".py" in part)
    at = max(path.rfind("/verify/"), path.rfind("/properties/"), path.rfind("/ties/"))
    number = parts[parts.index("line") + 1] if "line" in parts else ""
    return f"{path[at + 1 :]}:{number} {parts[-1]}"


def _work(todo: list[tuple[Trial, str]], seconds: float, pipe: Connection, log: Path) -> None:
    """In the child: run the commands one after the other and tell how each ended."""
    with contextlib.suppress(OSError, AttributeError):  # Linux: end with the parent, whatever ends it
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)
    held = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    # Threads and compiled code reserve addresses that they never use, so this counts from what is reserved already.
    resource.setrlimit(resource.RLIMIT_AS, (held + MEMORY, held + MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    stream = log.open("w")
    for sign in (signal.SIGPROF, signal.SIGALRM):
        faulthandler.register(sign, file=stream, all_threads=False, chain=True)
    faulthandler.enable(file=stream)
    before = None
    for trial, name in todo:
        if trial is not before:
            before = trial
            os.chdir(tempfile.mkdtemp(dir=log.parent))
            trial.write(Path("data.csv"))
        pipe.send(_one(trial, name, seconds))
    pipe.close()


def _one(trial: Trial, name: str, seconds: float) -> Outcome:
    signal.setitimer(signal.ITIMER_PROF, seconds)
    signal.setitimer(signal.ITIMER_REAL, WALL * seconds)
    try:
        if name == "contradictions":
            found = contradictions(trial.rows, trial.options, Path())
            return (
                Outcome(name, "contradiction", found[0].split(":")[0], "; ".join(found))
                if found
                else Outcome(name)
            )
        arguments = trial.commands[name]
        if arguments[0] == "check" and not Path(arguments[1]).exists():
            return Outcome(name, detail="no certificate was written")
        return judge(name, *run(arguments))
    except Exception as error:
        lines = traceback.format_tb(error.__traceback__)
        ours = [line for line in lines if "/verify/" in line or "/properties/" in line or "/ties/" in line]
        place = _short(ours[-1].strip().splitlines()[0]) if ours else ""
        said = " ".join(str(error).split())[:200]
        return Outcome(name, type(error).__name__, place, said)
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)


def run(arguments: list[str]) -> tuple[int, str, str]:
    """Status, output and errors of a command line, in this process."""
    from verify.cli import main

    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), warnings.catch_warnings():
        warnings.simplefilter("always")
        try:
            main(arguments)
        except SystemExit as ended:
            return int(ended.code or 0), out.getvalue(), err.getvalue()
    raise AssertionError("main returns by exiting")


def judge(name: str, status: int, out: str, err: str) -> Outcome:
    """What is wrong with how a command ended."""
    lines = err.strip().splitlines()
    said = " | ".join(lines[:4])[:300]
    if "Traceback (most recent" in err or "Traceback (most recent" in out:
        return Outcome(name, "printed traceback", detail=said, status=status)
    if status not in (0, 1, 2):
        return Outcome(name, f"status {status}", detail=said, status=status)
    if any("Warning" in line for line in lines):
        return Outcome(name, "warning", next(line for line in lines if "Warning" in line)[-90:], said, status)
    if status == 2 and len(lines) != 1:
        return Outcome(name, f"refusal in {len(lines)} lines", detail=said, status=status)
    if name.startswith("check") and status:
        return Outcome(
            name, "certificate refused", out.strip()[:60] or said[:60], said or out.strip(), status
        )
    if name.startswith("margin") and status:
        return Outcome(name, "separable data refused", "", said, status)
    return Outcome(name, detail=said, status=status)


def load() -> None:
    """Import what the commands import late, before the processes fork."""

    import properties  # noqa: F401
    import verify.ask.claims
    import verify.ask.diagnosis
    import verify.ask.prediction
    import verify.ask.simulation
    import verify.certificate
    import verify.cli.commands
    import verify.diagnose
    import verify.game
    import verify.margins
    import verify.numbers.lp.exact
    import verify.simulate  # noqa: F401

    sys.setswitchinterval(0.005)


load()

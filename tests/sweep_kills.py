"""Kill the client, the workers and the scheduler of a sweep at random moments, and compare its ledger with that of an
undisturbed run: ``python tests/sweep_kills.py --kills 50 --seed 0``.

What was in the ledger when something was killed must be there at the end, not computed again; and the rows must be
those of the undisturbed run, but for the seconds.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
ITEMS = 600
STUDY = """
ask = "work.py:work"
[options]
x = {{ from = 1, to = {items} }}
"""
# A piece of some 20 ms, of which a few fail and a few end their process.
WORK = """
import os, time
def work(x):
    time.sleep(0.02)
    if x % 97 == 0:
        raise ValueError(f"{x} is a multiple of 97")
    if x == 191:
        os._exit(3)
    return {"cube": x**3}
"""
# Everything has its own process group, so that nothing outlives a test.
QUIET: dict[str, Any] = {
    "stdout": subprocess.DEVNULL,
    "stderr": subprocess.DEVNULL,
    "start_new_session": True,
}


def environment() -> dict[str, str]:
    return os.environ | {"PYTHONPATH": str(ROOT)}


def study_in(folder: Path, items: int = ITEMS) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "work.py").write_text(WORK)
    (folder / "study.toml").write_text(STUDY.format(items=items))
    return folder / "study.toml"


def rows(out: Path, seconds: bool = False) -> dict[str, tuple[Any, ...]]:
    """The rows of a ledger by key, without or with their seconds."""
    if not (out / "ledger.sqlite").exists():
        return {}
    connection = sqlite3.connect(out / "ledger.sqlite", timeout=30)
    try:
        wanted = "task, asked, result, evidence, status, error, code, source" + (
            ", seconds" if seconds else ""
        )
        return {key: rest for key, *rest in connection.execute(f"select key, {wanted} from items")}
    except sqlite3.OperationalError:  # it was killed before there was a table
        return {}
    finally:
        connection.close()


class Cluster:
    """A scheduler of Dask and two workers, processes on the loopback interface."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.number = folder, 0
        self.scheduler: subprocess.Popen[bytes] | None = None
        self.workers: list[subprocess.Popen[bytes]] = []
        self.start()

    def start(self) -> None:
        self.number += 1
        file = self.folder / f"scheduler-{self.number}.json"
        command = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0",
                   "--no-dashboard", "--scheduler-file", str(file)]  # fmt: skip
        self.scheduler = subprocess.Popen(command, env=environment(), **QUIET)
        until = time.monotonic() + 60
        while not (file.exists() and file.read_text().strip().endswith("}")):
            assert time.monotonic() < until, "the scheduler did not start"
            time.sleep(0.05)
        self.address = json.loads(file.read_text())["address"]
        self.workers = [self.worker(), self.worker()]

    def worker(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "distributed.cli.dask_worker", self.address, "--nthreads", "1", "--no-nanny",
                   "--no-dashboard", "--death-timeout", "20", "--local-directory", str(self.folder)]  # fmt: skip
        return subprocess.Popen(command, env=environment(), **QUIET)

    def kill_worker(self, which: int) -> None:
        kill(self.workers[which])
        self.workers[which] = self.worker()

    def kill_scheduler(self) -> None:
        self.close()
        self.start()

    def close(self) -> None:
        for process in (self.scheduler, *self.workers):
            if process is not None:
                kill(process)


def kill(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGKILL)
    process.wait()


def client(study: Path, out: Path, *more: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "verify", "--quiet", "sweep", str(study), "--out", str(out), *more]
    return subprocess.Popen(command, env=environment(), **QUIET)


def run(study: Path, out: Path, *more: str) -> None:
    """A sweep to its end."""
    assert client(study, out, *more).wait(timeout=300) == 0


def disturbed(folder: Path, study: Path, kills: int, seed: int, longest: float = 1.5) -> list[str]:
    """What is wrong after so many kills."""
    rng, out, wrong = random.Random(seed), folder / "disturbed", []
    cluster = Cluster(folder)
    reported: dict[str, tuple[Any, ...]] = {}
    process = client(study, out, "--scheduler", cluster.address)
    try:
        for number in range(kills):
            time.sleep(rng.uniform(0.05, longest))
            victim = rng.choice(("client", "worker", "worker", "scheduler"))
            reported |= rows(out, seconds=True)
            if victim == "worker":
                cluster.kill_worker(rng.randrange(2))
            elif victim == "client":
                kill(process)
            else:
                cluster.kill_scheduler()
                status = process.wait(timeout=60)
                if status not in (0, 2):
                    wrong.append(f"kill {number}: the client ended with status {status}")
            if process.poll() is not None:
                process = client(study, out, "--scheduler", cluster.address)
        if process.wait(timeout=300):
            run(study, out, "--scheduler", cluster.address)
    finally:
        kill(process)
        cluster.close()
    last = rows(out, seconds=True)
    wrong += [
        f"{key} was reported, and computed again" for key, row in reported.items() if last.get(key) != row
    ]
    whole = folder / "whole"
    run(study, whole, "--jobs", "2")
    expected, found = rows(whole), rows(out)
    wrong += [
        f"{key}: {found.get(key)} instead of {row}" for key, row in expected.items() if found.get(key) != row
    ]
    wrong += [f"{key} should not be there" for key in found.keys() - expected.keys()]
    return wrong


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--items", type=int, default=3000)
    parser.add_argument(
        "--longest", type=float, default=1.5, help="seconds between two kills; a start takes some"
    )
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        wrong = disturbed(folder, study_in(folder, asked.items), asked.kills, asked.seed, asked.longest)
        for line in wrong[:20]:
            print(line)
        print(f"{asked.kills} kills, {len(rows(folder / 'disturbed'))} rows, {len(wrong)} wrong")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())

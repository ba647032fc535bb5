"""What a sweep takes beyond its items: seconds an item with two workers over a loop that calls the function, how much
sooner two workers end than one, and the memory of the client of a study of a million items.

Items that count take .1 s of processor time each, as they count it, so that others on the machine take from one worker
as from two.
"""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from timing import Row

ROOT = Path(__file__).parents[2]
OWN = """
import time

def trivial(x):
    return {"x": x}

def waiting(x):
    time.sleep(0.1)
    return {"x": x}

def counting(x):
    until = time.process_time() + 0.1
    while time.process_time() < until:
        pass
    return {"x": x}
"""
STUDY = 'ask = "own.py:{name}"\n[options]\nx = {{ from = 1, to = {items} }}\n'


def client(folder: Path, name: str, items: int, jobs: int) -> subprocess.Popen[bytes]:
    (folder / "own.py").write_text(OWN)
    (folder / "study.toml").write_text(STUDY.format(name=name, items=items))
    study, out = str(folder / "study.toml"), str(folder / "out")
    command = [sys.executable, "-m", "verify", "--quiet", "sweep", study, "--out", out, "--jobs", str(jobs)]
    return subprocess.Popen(command, env=os.environ | {"PYTHONPATH": str(ROOT)}, stdout=subprocess.DEVNULL)


def seconds(name: str, items: int, jobs: int) -> float:
    """From the first row of a sweep to its last: its start and end, which take some seconds, apart."""
    with TemporaryDirectory() as place:
        folder = Path(place)
        process = client(folder, name, items, jobs)
        while not rows(folder):
            time.sleep(0.01)
        begun, first = time.monotonic(), rows(folder)
        while rows(folder) < items:
            assert process.poll() in (None, 0)
            time.sleep(0.1)
        took = time.monotonic() - begun
        assert process.wait() == 0
        return took * items / (items - first)


def rows(folder: Path) -> int:
    if not (folder / "out" / "ledger.sqlite").exists():
        return 0
    with (
        suppress(sqlite3.OperationalError),
        closing(sqlite3.connect(folder / "out" / "ledger.sqlite")) as ledger,
    ):
        return int(ledger.execute("select count(*) from items").fetchone()[0])
    return 0


def overhead(large: bool) -> list[Row]:
    """Trivial items with two workers, against a loop."""
    items, space = 10_000 if large else 2_000, dict[str, object]()
    exec(OWN, space)
    begun = time.monotonic()
    for x in range(items):
        space["trivial"](x)  # type: ignore[operator]
    alone = (time.monotonic() - begun) / items
    swept = seconds("trivial", items, 2) / items
    return [{"items": items, "loop, ms an item": 1e3 * alone, "two workers, ms an item": 1e3 * swept}]


def workers(large: bool) -> list[Row]:
    """Items of .1 s, waiting or counting, with one worker and with two; and what two processes gain over one that count
    without a sweep, which is less than 2 where others use the machine."""
    items, found = 300 if large else 60, list[Row]()
    for name in ("waiting", "counting"):
        one, two = (seconds(name, items, jobs) for jobs in (1, 2))
        bare = 2.0 if name == "waiting" else 2 * plain(1, items // 2) / plain(2, items // 2)
        found.append(
            {"items": f"{items} {name}", "one, s": one, "two, s": two, "ratio": one / two, "bare": bare}
        )
    return found


def plain(processes: int, items: int) -> float:
    """Seconds until so many processes have each counted through so many items."""
    code, begun = f"{OWN}\nfor x in range({items}): counting(x)", time.monotonic()
    for process in [
        subprocess.Popen([sys.executable, "-c", code], start_new_session=True) for _ in range(processes)
    ]:
        assert process.wait() == 0
    return time.monotonic() - begun


def memory(large: bool) -> list[Row]:
    """Of the client, at so many rows of a study of a million items."""
    found = list[Row]()
    with TemporaryDirectory() as place:
        folder = Path(place)
        process = client(folder, "trivial", 1_000_000, 2)
        for count in (1_000, 10_000, 100_000) if large else (500, 2_000):
            while rows(folder) < count:
                assert process.poll() is None
                time.sleep(0.1)
            status = Path(f"/proc/{process.pid}/status").read_text().splitlines()
            (peak,) = (int(line.split()[1]) for line in status if line.startswith("VmHWM"))
            found.append({"rows": count, "peak, MB": peak / 1000})
        process.send_signal(signal.SIGINT)
        process.wait()
    return found


TABLES = {"sweeps: beyond the items": overhead, "sweeps: two workers": workers, "sweeps: memory": memory}

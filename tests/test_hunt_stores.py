"""What a hunt keeps is not lost, and its processes end with it, however it ends."""

from __future__ import annotations

import gc
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from decimal import Decimal
from fractions import Fraction
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from properties import hunt as hunting
from properties.found import to_json
from properties.hunt import Searched, hunt, properties_of
from properties.property import Case, case, dataset
from properties.run import keep, kept
from verify.cli import main
from verify.errors import BadInput
from verify.executor.processes import in_order
from verify.interrupts import answered, check_interrupt, heard, listening

CLAIM = "false-per-sample-l2"
(PROPERTY,) = properties_of(CLAIM)
FIRST, SECOND, THIRD = case([[1, 2]]), case([[1, 3]]), case([[1, 4]], start=[1, 0])

# --- stores


def test_a_cut_last_line_is_left_out_said_and_mended(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for each in (FIRST, SECOND):
        keep(PROPERTY, each, tmp_path)
    file = tmp_path / f"{PROPERTY.name}.jsonl"
    whole = file.read_bytes()
    begun = json.dumps(THIRD.arguments()).encode()
    for cut in range(1, len(begun)):
        file.write_bytes(whole + begun[:cut])
        assert kept(PROPERTY, tmp_path) == [FIRST, SECOND], cut
        assert f"{file}: line 3 was cut short" in capsys.readouterr().err
    file.write_bytes(whole + b"\0" * 100)  # what some systems leave after a loss of power
    assert kept(PROPERTY, tmp_path) == [FIRST, SECOND]
    keep(PROPERTY, THIRD, tmp_path)
    capsys.readouterr()
    assert kept(PROPERTY, tmp_path) == [FIRST, SECOND, THIRD]
    assert capsys.readouterr().err == ""
    file.write_bytes(whole[:-1])  # only the end of the line was cut
    keep(PROPERTY, THIRD, tmp_path)
    assert kept(PROPERTY, tmp_path) == [FIRST, SECOND, THIRD]
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize(
    "line",
    [
        "{",
        "[]",
        "7",
        "null",
        '{"rows": [[0]]}',
        '{"rows": 3}',
        '{"rows": [[1]], "no": 1}',
        "[" * 100_000,
        "\udcff",
    ],
)
def test_another_broken_line_is_named(line: str, tmp_path: Path) -> None:
    keep(PROPERTY, FIRST, tmp_path)
    file = tmp_path / f"{PROPERTY.name}.jsonl"
    file.write_bytes(file.read_bytes() + line.encode("utf-8", "surrogateescape") + b"\n" + file.read_bytes())
    with pytest.raises(BadInput, match="line 2 holds no case") as refused:
        kept(PROPERTY, tmp_path)
    assert str(file) in str(refused.value)
    assert len(str(refused.value)) < 400 + len(str(tmp_path))


def test_what_is_no_store_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / f"{PROPERTY.name}.jsonl"
    os.mkfifo(file)
    with pytest.raises(BadInput, match="no store of cases"):
        kept(PROPERTY, tmp_path)
    file.unlink()
    monkeypatch.setattr(sys.modules["properties.run"], "MOST_STORED", 10)  # the package's run is a function
    file.write_text("x" * 11)
    with pytest.raises(BadInput, match="the most is 10"):
        kept(PROPERTY, tmp_path)


@pytest.mark.slow
def test_several_processes_store_all_that_they_find(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from properties.hunt import properties_of\n"
        "from properties.property import case; from properties.run import keep\n"
        f"(held,) = properties_of({CLAIM!r})\n"
        "for k in range(1, 31): keep(held, case([[int(sys.argv[1]), k]]), Path(sys.argv[2]))"
    )
    started = [subprocess.Popen([sys.executable, "-c", code, str(i), str(tmp_path)]) for i in (1, 2)]
    assert [each.wait(120) for each in started] == [0, 0]
    assert len(kept(PROPERTY, tmp_path)) == 60


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        "x",
        "[" * 10_000,
        '{"seed": 0, "rounds": -1, "cases": 0, "vacuous": 0}',
        '{"seed": 1e999}',
    ],
)
def test_progress_that_is_none_is_one_line(text: str, tmp_path: Path) -> None:
    (tmp_path / CLAIM).mkdir()
    (tmp_path / CLAIM / "progress.json").write_text(text)
    with pytest.raises(BadInput, match=r"progress\.json: not the progress"):
        hunt(CLAIM, cases=1, directory=tmp_path, resume=True)


def test_a_find_is_shown_where_it_cannot_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(handle: int, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("verify.files.os.write", full)
    with pytest.raises(SystemExit) as stopped:
        main(["hunt", CLAIM, "--cases", "100", "--directory", str(tmp_path)])
    out, err = capsys.readouterr()
    assert stopped.value.code == 2
    assert "case([[1, 2]], 'adam')" in out
    assert (
        err
        == f"marginproof: cannot write or read {tmp_path / CLAIM / 'data.json'}: No space left on device\n"
    )
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


# --- processes


def square(number: int) -> int:
    if number == 7:
        raise BadInput("seven")
    if number == 9:
        os._exit(3)
    return number * number


@pytest.mark.slow
def test_numbers_are_answered_in_order_by_processes_that_then_end() -> None:
    answers = in_order(square, 3, 2)
    assert [next(answers) for _ in range(4)] == [9, 16, 25, 36]
    with pytest.raises(BadInput, match="seven"):
        next(answers)
    answers = in_order(square, 8, 2)
    assert next(answers) == 64
    with pytest.raises(BadInput, match=r"jobs=2: a process was ended from outside \(status 3\)"):
        next(answers)
    assert _children(os.getpid()) == []


def in_callbacks(number: int) -> int:
    """Half a second in callbacks of the garbage collector, where Python drops an exception and prints it."""
    if number:
        gc.callbacks.append(lambda phase, info: time.sleep(0.25))
        gc.collect()
        gc.callbacks.clear()
        time.sleep(30)
    return number


@pytest.mark.slow
def test_a_worker_ends_in_silence_whatever_callback_it_is_in(capfd: pytest.CaptureFixture[str]) -> None:
    answers = in_order(in_callbacks, 0, 1)
    assert next(answers) == 0
    time.sleep(0.2)  # it is in the first callback now, or will be told to end before
    answers.close()
    assert capfd.readouterr().err == ""
    assert _children(os.getpid()) == []


def _children(parent: int) -> list[int]:
    """The processes of a parent but that which tidies after Python's own."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it may have ended meanwhile
            above = (folder / "stat").read_text().rpartition(")")[2].split()[1]
            if above == str(parent) and b"spawn_main" in (folder / "cmdline").read_bytes():
                found.append(int(folder.name))
    return found


def _until(condition: Callable[[], bool], seconds: float) -> bool:
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.05)
    return condition()


@pytest.mark.slow
@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGKILL, signal.SIGINT, signal.SIGHUP])
def test_no_worker_outlives_its_hunt(sent: signal.Signals, tmp_path: Path) -> None:
    """Nor does one hold its output open: what reads it comes to the end."""
    command = ["hunt", "epoch-map", "--jobs", "2", "--seconds", "600", "--directory", str(tmp_path)]
    run = subprocess.Popen(
        [sys.executable, "-m", "verify", *command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert _until(lambda: len(_children(run.pid)) == 2, 120)
        workers = _children(run.pid)
        time.sleep(3)  # they import what they search with, or search
        run.send_signal(sent)
        out, err = run.communicate(timeout=60)
    finally:
        run.kill()
        run.wait(60)
    assert _until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in workers), 10)
    if sent is signal.SIGINT:
        assert (run.returncode, err.count("\n")) == (2, 1)
        assert "interrupted" in out
    else:
        assert run.returncode == -sent
        assert err == ""


# --- interrupts


@pytest.fixture
def hears_interrupts() -> Iterator[None]:
    """As at a terminal: a shell's background commands ignore interrupts, and so would the tests that it runs there."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("hears_interrupts")
def test_an_interrupt_that_a_library_drops_is_raised_again() -> None:
    def drop() -> None:
        try:
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(1)
        except KeyboardInterrupt:
            pass

    with listening():
        drop()
        assert heard()
        with pytest.raises(KeyboardInterrupt):
            check_interrupt()
        answered()
        check_interrupt()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@pytest.mark.usefixtures("hears_interrupts")
def test_an_interrupt_waits_for_the_end_of_an_import(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A module that is half imported may be one that cannot be imported again."""
    (tmp_path / "interrupted_module.py").write_text(
        "import os, signal, time\nos.kill(os.getpid(), signal.SIGINT)\ntime.sleep(0.1)\nwhole = True\n"
    )
    monkeypatch.syspath_prepend(tmp_path)

    def work() -> None:
        import_module("interrupted_module")
        time.sleep(5)

    with listening(), pytest.raises(KeyboardInterrupt):
        work()
    assert sys.modules["interrupted_module"].whole


@pytest.mark.usefixtures("hears_interrupts")
def test_dropped_in_the_midst_of_a_hunt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def search(*arguments: Any, **options: Any) -> Searched:
        try:
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(1)
        except KeyboardInterrupt:
            pass
        return Searched(1, 0)

    monkeypatch.setattr(hunting, "search_round", search)
    with listening():
        done = hunt("epoch-map", cases=10, directory=tmp_path, progress=lambda *_: check_interrupt())
    assert done.interrupted
    assert to_json(done, [], "")["interrupted"]


@pytest.mark.slow
def test_interrupts_at_any_time_are_heard(tmp_path: Path) -> None:
    """From before the imports to the midst of the work: status 2 and one line, never a traceback or an end as usual."""
    draw = random.Random(5)
    code = "import sys; from verify.cli import main; print('begun', flush=True); main(sys.argv[1:])"
    for number in range(24):
        line = (
            ["hunt", "epoch-map", "--seconds", "600", "--directory", str(tmp_path)],
            ["simulate", "iris", "--optimizer", "adam", "--steps", "1e10"],
            ["verify"],
        )[number % 3]
        run = subprocess.Popen(
            [sys.executable, "-c", code, *line], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        try:
            assert run.stdout is not None
            assert run.stdout.readline() == "begun\n"
            time.sleep(0.05 + 3 * draw.random() ** 2)
            run.send_signal(signal.SIGINT)
            _, err = run.communicate(timeout=120)
        finally:
            run.kill()
        assert (run.returncode, err.count("\n")) == (2, 1), (line, err)
        assert "interrupted" in err


# --- cases from whatever people have


@pytest.mark.parametrize(
    "rows",
    [
        np.array([[1, 2], [3, -1]]),
        np.array([[1, 2], [3, -1]], dtype=np.int32),
        np.array([[1, 2], [3, -1]], dtype=np.float32),
        np.array([[1, 2], [3, -1]], dtype=np.longdouble),
        np.array([["1", "2"], ["3", "-1"]]),
        np.array([[1, 2], [3, -1]], dtype=object),
        [np.array([1, 2]), (3, -1.0)],
        [["2/2", Decimal(2)], [Fraction(3), np.int8(-1)]],
        (row for row in ([1, 2], [3, -1])),
    ],
)
def test_any_array_of_numbers_makes_a_case(rows: Any) -> None:
    made = case(rows, beta1=np.float32(0.5), batch_size=np.int64(2), weights=np.array([0.5, 0.5]))
    assert made == case([[1, 2], [3, -1]], beta1="1/2", batch_size=2, weights=["1/2", "1/2"])
    assert {type(entry.numerator) for row in made.data.rows for entry in row} == {int}
    json.dumps(made.arguments())


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([[1, float("nan")]], "row 0: entry 1: 'nan' is not finite"),
        (np.array([[1, 2], [np.inf, 1]], dtype=np.float32), "row 1: entry 0: 'inf' is not finite"),
        ([[Decimal("sNaN")]], "is not finite"),
        ([[1, 2], [3]], "row 1 has 1 entries"),
        ([], "no rows"),
        (np.zeros((3, 0)), "no columns"),
        ([1, 2], "row 0: '1' has type int"),
        (None, "rows: 'None' has type NoneType"),
        (np.array(3), "rows: '3'"),
        (["12"], "row 0: '12' has type str"),
        ([[1j]], "'1j' has type complex"),
        ([[None]], "has type NoneType"),
        (np.ones((2, 2, 2)), "has type ndarray"),
        ([[10**5000]], "1e+5000 is outside"),
        ([["9" * 5000]], "5000 characters"),
        ([["x\ny"]], "is not a number"),
        ([[0, 0]], "row 0 is zero"),
        ({1: [2]}, "has type dict"),
    ],
)
def test_what_makes_no_case_is_one_line(rows: Any, words: str) -> None:
    for make in (case, dataset):
        with pytest.raises(BadInput) as refused:
            make(rows)
        assert words in str(refused.value)
        assert str(refused.value).isprintable()
        assert len(str(refused.value)) < 300


@pytest.mark.parametrize(
    "choice",
    [
        {"beta1": None},
        {"beta1": float("nan")},
        {"no": 1},
        {"batch_size": 1.5},
        {"start": [1]},
        {"weights": 5},
        {"loss": []},
    ],
)
def test_a_choice_that_is_none_is_refused(choice: dict[str, Any]) -> None:
    with pytest.raises(BadInput):
        case([[1, 2]], **choice)
    made: Case = case([[1, 2]])
    assert made.start == ()

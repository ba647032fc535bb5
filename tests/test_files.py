"""Files: whole or not at all, each option its own, and what is in the way of that is named."""

from __future__ import annotations

import errno
import json
import os
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from matplotlib.figure import Figure

from properties.found import own_files
from verify.certificate import write
from verify.cli import main
from verify.console import check_targets, check_writable, printable, say, write_json, write_picture
from verify.derive import notes
from verify.errors import BadInput
from verify.files import NotRegular, TooLong, identity, locked, read_regular, write_whole

OLD = b"what was there before"


def write_notes(path: Path) -> None:
    notes.write_notes(path.parent, [])


# Everything that writes a file: (its name, how).
WRITERS: dict[str, tuple[str, Callable[[Path], None]]] = {
    "bytes": ("a.bin", lambda path: write_whole(path, b"new" * 10_000)),
    "document": ("a.json", lambda path: write_json({"a": [1] * 1000}, str(path))),
    "certificate": ("c.json", lambda path: write({"claim": {"kind": "margin"}}, path)),
    "picture": ("a.png", lambda path: write_picture(Figure(figsize=(1, 1)), str(path), dpi=50)),
    "vectors": ("a.svg", lambda path: write_picture(Figure(figsize=(1, 1)), str(path), dpi=50)),
    "notes": (notes.INDEX, write_notes),
}


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize("call", ["write", "fsync", "replace"])
@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt()])
def test_what_fails_leaves_the_file_as_it_was_and_nothing_else(
    name: str, call: str, error: BaseException, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, how = WRITERS[name]
    target = tmp_path / file
    target.write_bytes(OLD)

    def fail(*arguments: object) -> int:
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(f"verify.files.os.{call}", fail)
        with pytest.raises(type(error)) as raised:
            how(target)
    if isinstance(raised.value, OSError):
        assert raised.value.filename == str(target)
    assert target.read_bytes() == OLD
    assert [path.name for path in tmp_path.iterdir()] == [file]
    how(target)
    assert target.read_bytes() != OLD


def test_a_disk_that_is_really_full(tmp_path: Path) -> None:
    """A limit on the size of files stops a write in its midst, as a full disk does."""
    target = tmp_path / "a.json"
    target.write_bytes(OLD)
    code = (
        "import resource, signal, sys; from verify.files import write_whole\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "try: write_whole(sys.argv[1], b'x' * 5000)\n"
        "except OSError as error: print(error.filename, error.strerror)"
    )
    run = subprocess.run(
        [sys.executable, "-c", code, str(target)], capture_output=True, text=True, timeout=60, check=True
    )
    assert run.stdout == f"{target} File too large\n"
    assert target.read_bytes() == OLD
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]


def test_permissions_stay_and_links_are_followed(tmp_path: Path) -> None:
    target, link = tmp_path / "a", tmp_path / "link"
    target.write_bytes(OLD)
    target.chmod(0o640)
    link.symlink_to(target)
    write_whole(link, "new")
    assert (target.read_text(), stat.S_IMODE(target.stat().st_mode)) == ("new", 0o640)
    assert link.is_symlink()
    (tmp_path / "later").symlink_to(tmp_path / "made")
    write_whole(tmp_path / "later", "new")
    assert (tmp_path / "made").read_text() == "new"
    write_whole(tmp_path / ("n" * 255), "new")  # as long as a name may be
    assert len(list(tmp_path.iterdir())) == 5


def test_a_pipe_is_written_to(tmp_path: Path) -> None:
    pipe, read = tmp_path / "pipe", []
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()))
    reader.start()
    write_whole(pipe, "new")
    reader.join(30)
    assert read == [b"new"]
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_what_has_no_end_is_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for endless in (tmp_path / "pipe", "/dev/zero", tmp_path):
        with pytest.raises(NotRegular):
            read_regular(endless, 10)
    (tmp_path / "long").write_bytes(b"x" * 11)
    for most, long in ((10, tmp_path / "long"), (0, "/proc/self/status")):  # the latter says it has no bytes
        with pytest.raises(TooLong):
            read_regular(long, most)
    assert read_regular(tmp_path / "long", 11) == b"x" * 11


def test_a_file_is_known_under_all_its_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sub").mkdir()
    new = [identity(name) for name in ("a", "./a", tmp_path / "a", "sub/../a")]
    assert len(set(new)) == 1
    Path("a").touch()
    Path("link").symlink_to("a")
    os.link("a", "hard")
    assert len({identity(name) for name in ("a", "sub/../a", "link", "hard")}) == 1
    assert identity("a") not in (new[0], identity("b"))
    Path("dangling").symlink_to("sub/none")
    assert identity("dangling") == identity("sub/none")


def test_a_lock_is_held_by_one(tmp_path: Path) -> None:
    inside, most = 0, 0

    def enter() -> None:
        nonlocal inside, most
        for _ in range(50):
            with locked(tmp_path):
                inside += 1
                most = max(most, inside)
                inside -= 1

    threads = [threading.Thread(target=enter) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 1
    assert list(tmp_path.iterdir()) == []


# --- what options may not share


def test_each_option_has_a_file_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("data.csv").write_text("1,2\n")
    Path("link.png").symlink_to("a.png")
    check_targets(("the data", "data.csv"), json="a", certificate="b", plot="a.png")
    check_targets(json="/dev/null", certificate="/dev/null")
    check_targets(json=None, plot=None)
    for targets, words in (
        ({"json": "a", "certificate": "./a"}, "certificate=./a is also json=a"),
        ({"json": "a.png", "plot": "link.png"}, "plot=link.png is also json=a.png"),
        ({"json": "-", "certificate": "-"}, "certificate=- is also json=-"),
        ({"json": "data.csv"}, "json=data.csv is also the data data.csv"),
        ({"json": "../" + tmp_path.name + "/data.csv"}, "is also the data"),
        ({"json": ""}, "'' is no name"),
        ({"plot": ""}, "'' is no name"),
        ({"json": "n" * 300}, "too long"),
        ({"json": "data.csv/a"}, "Not a directory"),
    ):
        with pytest.raises(BadInput, match=words):
            check_targets(("the data", "data.csv"), **targets)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data.csv", "link.png"]


def test_a_folder_that_cannot_be_written_is_seen_before_the_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "a.json"
    target.write_bytes(OLD)
    monkeypatch.setattr(os, "access", lambda path, mode: str(path) != str(tmp_path))
    with pytest.raises(BadInput, match="is not writable: its folder"):
        check_writable(str(target))


def test_a_hunt_s_own_files_are_not_those_of_an_option(tmp_path: Path) -> None:
    folder = tmp_path / "claim"
    folder.mkdir()
    assert own_files(tmp_path, "claim", None) == [tmp_path, folder]
    for name in ("data.json", "progress.json", "made-up.jsonl", "separable.certificate.json"):
        assert folder / name in own_files(tmp_path, "claim", str(folder / name))
        assert folder / name not in own_files(tmp_path, "claim", str(tmp_path / name))
    assert len(own_files(tmp_path, "claim", str(folder / "mine.json"))) == 2


def refused(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """The one line of a command that is refused."""
    with pytest.raises(SystemExit) as stopped:
        main(list(words))
    assert stopped.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    return line


def test_commands_write_over_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data, new = tmp_path / "data.csv", tmp_path / "x"
    data.write_text("1,2\n3,1\n")
    (tmp_path / "same").symlink_to(new)
    optimizer = ("--optimizer", "adam")
    for words, expected in (
        (
            (
                "margin",
                str(data),
                "--norm",
                "l2",
                "--certificate",
                str(new),
                "--json",
                str(tmp_path / "same"),
            ),
            "json=",
        ),
        (("predict", str(data), *optimizer, "--plot", f"{new}.svg", "--json", f"{new}.svg"), "plot="),
        (("simulate", str(data), *optimizer, "--steps", "9", "--json", str(data)), "is also the data"),
        (
            ("derive", "epoch-map", "--notes", str(tmp_path), "--json", str(tmp_path / notes.NEWS)),
            "of the notes",
        ),
        (("derive", "epoch-map", "--notes", ""), "notes=''"),
        (("hunt", "epoch-map", "--directory", ""), "directory=''"),
        (("hunt", "epoch-map", "--directory", str(new), "--json", str(new)), "of the hunt"),
    ):
        assert expected in refused(capsys, *words)
    assert data.read_text() == "1,2\n3,1\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data.csv", "same"]


def test_errors_name_their_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = tmp_path / "data.csv"
    data.write_text("1,2\n3,1\n")
    line = refused(capsys, "margin", str(data), "--norm", "l2", "--json", "/dev/full")
    assert line == "marginproof: cannot write or read /dev/full: No space left on device"
    with open("/dev/full", "w") as full:
        run = subprocess.run(
            [sys.executable, "-m", "verify", "margin", str(data), "--norm", "l2"],
            stdout=full, stderr=subprocess.PIPE, text=True, timeout=120, check=False,
        )  # fmt: skip
    assert run.returncode == 2
    assert run.stderr == "marginproof: cannot write or read standard output: No space left on device\n"


# --- what reaches the screen


def test_only_printable_text_reaches_a_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert printable("a\nb é α") == "a\nb é α"
    assert printable("\x1b[31m\x9b\u202e\udcff\r") == "\\x1b[31m\\x9b\\u202e\\udcff\\r"
    say("a" * 5000)
    assert len(capsys.readouterr().err) < 400
    for words in (
        ("margin", "\x1b[31m.csv", "--norm", "l2"),
        ("margin", "iris", "--norm", "\x1b]0;owned\x07"),
        ("check", "\x1b[2J.json"),
        ("verify", "\x9b31m"),
        ("hunt", "epoch-map", "--json", "/no\x1b/such"),
        ("\x1b[31m",),
        ("predict", "iris", "--optimizer", "\udcff\x1b"),
    ):
        assert refused(capsys, *words).isprintable()
    hostile = tmp_path / "\x1b[31mred\u202e.csv"
    hostile.write_text("\x1b[1ma,b\x07\n1,2\n3,1\n")
    for more in ((), ("--json", "-")):
        with pytest.raises(SystemExit) as stopped:
            main(["margin", str(hostile), "--norm", "l2", *more])
        assert stopped.value.code == 0
        out, err = capsys.readouterr()
        assert out.replace("\n", "").isprintable()
        assert err == ""
    assert json.loads(out)["norm"] == "l2"


@pytest.mark.parametrize("value", ["\u0663", " 3 ", "0_3", "+3", "3/1", "9" * 5000, "", "1e400"])
def test_whole_numbers_are_plain_digits(value: str, capsys: pytest.CaptureFixture[str]) -> None:
    for words in (
        ("predict", "iris", "--optimizer", "adam", "--batch-size", value),
        ("simulate", "iris", "--optimizer", "adam", "--steps", value),
        ("hunt", "epoch-map", "--jobs", value),
    ):
        line = refused(capsys, *words)
        assert words[-2].removeprefix("--") in line
        assert len(line) < 200

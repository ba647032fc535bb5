"""Output for eyes: lines of 80 columns in which nothing is cut or broken, plain and stable where it is piped."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest
from command import run

from verify.console import QUIET, Page

# Names, numbers and words of these stand in each output, whole.
COMMANDS = [
    "predict DATA --label side --positive b --optimizer gd --steps 0",
    pytest.param(
        "predict DATA --label side --positive b --optimizer adam --path batch-size", marks=pytest.mark.slow
    ),
    "margin DATA --label side --positive b --norm l2 --standardize",
    "simulate DATA --label side --positive b --optimizer gd --steps 10 --arithmetic ball --digits 40",
    pytest.param(
        "diagnose DATA --label side --positive b --optimizer gd --dtype float16", marks=pytest.mark.slow
    ),
    "check-rule lion",
    "verify false-signum-fixed-beta",
    "rules",
    "derive ema-steady-state",
    pytest.param("hunt false-per-sample-l2 --cases 10 --directory FOLDER", marks=pytest.mark.slow),
]


@pytest.fixture
def output(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    """What a command prints in so many columns, or piped."""
    (tmp_path / "d.csv").write_text("a long name of a feature,b,side\n1,3/7,a\n2,-0.25,a\n3,5,b\n4,6.125,b\n")
    places = {"DATA": str(tmp_path / "d.csv"), "FOLDER": str(tmp_path)}

    def printed(line: str, columns: int | None) -> str:
        monkeypatch.delenv("COLUMNS", raising=False)
        if columns is not None:
            monkeypatch.setenv("COLUMNS", str(columns))
        status = run([places.get(word, word) for word in line.split()])
        out, err = capsys.readouterr()
        assert (status, err) in ((0, ""), (1, ""))
        return re.sub(r"[0-9.]+ s$", "", out, flags=re.MULTILINE)  # how long it took

    return printed


@pytest.mark.parametrize("line", COMMANDS)
def test_at_80_columns_nothing_is_cut_or_broken(line: str, output) -> None:  # type: ignore[no-untyped-def]
    narrow, piped = output(line, 80), output(line, None)
    assert "\x1b" not in piped
    assert "…" not in narrow
    for text in narrow.splitlines():
        copied = text.startswith(("check: ", "again: ", "  case(")) or len(text.split()) == 1
        assert len(text) <= 80 or copied, text
    # Of a table that does not fit each cell stands beside its heading: the words are the same, and whole.
    assert set(re.findall(r"\S+", piped)) <= {word.rstrip(":") for word in re.findall(r"\S+", narrow)} | set(
        re.findall(r"\S+", narrow)
    ) | {"feature", "limit"}
    assert piped == output(line, None)


@pytest.mark.parametrize("line", COMMANDS[:1])
def test_quiet_prints_nothing_but_documents(line: str, output) -> None:  # type: ignore[no-untyped-def]
    assert output(f"{line} --quiet", 80) == ""
    assert output(f"--quiet {line} --json -", 80).startswith("{")
    assert not QUIET
    assert output(line, 80)  # the next command of the process is not quiet


@pytest.mark.parametrize(
    ("level", "said", "unsaid"),
    [
        ("debug", ("info at ", "linf max margin", "debug at ", "read as: cells separated by commas"), ()),
        ("info", ("info at ", ": 4 samples, d = 2, ", "linf max margin"), ("debug",)),
        ("warning", (), ("info", "debug")),
    ],
)
@pytest.mark.parametrize("quiet", [False, True])
def test_the_level_of_the_log_says_what_is_printed_beside_the_answer(
    level: str, said: tuple[str, ...], unsaid: tuple[str, ...], quiet: bool,
    tmp_path: Path, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    (tmp_path / "d.csv").write_text("a,b,y\n1,3/7,1\n2,-0.25,1\n-3,5,-1\n-4,6.125,-1\n")
    words = ["margin", str(tmp_path / "d.csv"), "--norm", "linf", *["--quiet"] * quiet]
    assert run(words) == 0
    usual = capsys.readouterr()
    for line in ([*words, "--log-level", level], [f"--log-level={level}", *words]):
        assert run(line) == 0
        out, err = capsys.readouterr()
        assert out == usual.out
        assert all(text.startswith("marginproof: ") for text in err.splitlines())
        assert all(text in err for text in said)
        assert not any(text in err for text in unsaid)
    assert usual.err == ""
    assert bool(usual.out) != quiet
    assert run(words) == 0  # the next command of the process is at the usual level
    assert capsys.readouterr() == usual


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("--log-level inf rules", "is none of debug, info, warning, error, critical (did you mean info?)"),
        ("rules --log-level", "--log-level lacks its level"),
    ],
)  # fmt: skip
def test_a_level_that_there_is_not_is_refused(
    words: str, why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(words.split()) == 2
    out, err = capsys.readouterr()
    assert (out, len(err.splitlines())) == ("", 1)
    assert why in err


def test_where_nobody_reads_the_output_the_rest_of_the_work_is_done(tmp_path: Path) -> None:
    """As behind `| head`: documents are written, and the status is that of the answer."""
    (tmp_path / "d.csv").write_text("1,2\n3,-1\n")
    reader, writer = os.pipe()
    os.close(reader)
    words = ["margin", "d.csv", "--norm", "linf", "--certificate", "proof.json"]
    source = os.pathsep.join([str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, "-m", "verify", *words], stdout=writer, stderr=subprocess.PIPE, cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": source}, check=False,
    )  # fmt: skip
    os.close(writer)
    assert (done.returncode, done.stderr) == (0, b"")
    assert run(["check", str(tmp_path / "proof.json")]) == 0


def test_version_and_completion(capsys: pytest.CaptureFixture[str]) -> None:
    import marginproof

    assert run(["--version"]) == 0
    assert capsys.readouterr().out == f"marginproof {marginproof.__version__}\n"
    asked = {"_MARGINPROOF_COMPLETE": "complete_bash", "COMP_WORDS": "marginproof pre", "COMP_CWORD": "1"}
    words = [sys.executable, "-m", "verify"]
    found = subprocess.run(words, env=os.environ | asked, capture_output=True, text=True, check=False)
    assert found.stdout.split() == ["predict"]


def test_names_cannot_move_the_cursor_or_colour() -> None:
    import io

    stream = io.StringIO()
    page = Page(file=stream, width=80)
    page.head("\x1b[31mred", ": [bold]not bold[/bold]")
    page.say("a \x1b[2J b [red]x[/red]")
    page.rows([["\x1b[1m", "[b]"]])
    assert "\x1b" not in stream.getvalue()
    assert "[bold]not bold[/bold]" in stream.getvalue()
    assert "[red]x[/red]" in stream.getvalue()
    assert "[b]" in stream.getvalue()


def test_progress_and_output_do_not_share_a_line(tmp_path: Path) -> None:
    """On a terminal that takes both streams, every line of the text stands at its beginning."""
    master, slave = pty.openpty()
    words = [sys.executable, "-m", "verify", "derive", "ema-steady-state"]
    environment = os.environ | {"COLUMNS": "80", "TERM": "xterm"}
    with subprocess.Popen(
        words, stdout=slave, stderr=slave, env=environment, cwd=Path(__file__).parents[1]
    ) as child:
        os.close(slave)
        seen = b""
        while True:
            try:
                part = os.read(master, 65536)
            except OSError:  # the other side is closed
                break
            if not part:
                break
            seen += part
        child.wait()
    os.close(master)
    line = next(
        line for line in seen.split(b"\n") if b"ema-steady-state: " in re.sub(rb"\x1b\[[0-9;]*m", b"", line)
    )
    before = re.sub(rb"\x1b\[[0-9;]*m", b"", line).partition(b"ema-steady-state: ")[0]
    assert before.rsplit(b"\x1b[2K")[-1].strip(b"\r") == b"" or before.endswith((b"\x1b[2K", b"\r"))

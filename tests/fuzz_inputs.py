"""Bad inputs for every command: each is to be refused in one line, soon, and within bounded memory.

    python tests/fuzz_inputs.py --cases 300 --seed 0

draws so many from the tables below and from mutated ones, and runs each in a process of its own. A short run is a
test (test_fuzz_inputs.py). What is asked of each: status 2; one line on standard error, printable and short; no
traceback; at most 30 s and 2 GB. A process is forked from one that has imported the commands, so that a case takes
milliseconds.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from bad_inputs import BAD_INPUTS

SECONDS, MEGABYTES = 30, 2048
# Where many others share the machine, so many seconds of waiting may be 30 of work.
PATIENCE = 8 * SECONDS
# A line that a person reads; temporary folders have long names.
LONGEST_LINE = 1300

Line = list[str]

# What each command needs to be good, beside the argument that is bad. {data} is a good data set.
GOOD: dict[str, Line] = {
    "predict": ["{data}", "--optimizer", "adam", "--steps", "0"],
    "margin": ["{data}", "--norm", "l2"],
    "simulate": ["{data}", "--optimizer", "adam", "--steps", "10"],
    "locate": ["{data}", "--optimizer", "adam", "--weights", "{log}"],
    "diagnose": ["{data}", "--optimizer", "adam", "--dtype", "float32", "--steps", "10"],
    "check": ["{certificate}", "--data", "{data}"],
    "derive": ["epoch-map"],
    "hunt": ["false-per-sample-l2", "--cases", "1", "--directory", "{folder}/hunts"],
    "verify": ["epoch-map"],
    "report": ["{data}", "--output", "{folder}/page.html"],
    "sweep": ["{study}", "--out", "{folder}/ledger"],
    "conform": ["{folder}/own.py:factory", "--rule", "gd"],
    "check-rule": ["adam"],
    "check-loss": ["logistic"],
    "rules": [],
    "schema": ["predict"],
}
READS_DATA = ("predict", "margin", "simulate", "locate", "diagnose", "check", "report")
RUNS = ("predict", "simulate", "locate", "diagnose")

# Options of whole numbers, of rational numbers, of words, and of files, by command.
WHOLE = {
    "predict": ("--steps", "--digits", "--batch-size"),
    "simulate": ("--steps", "--digits", "--seed", "--batch-size"),
    "locate": ("--steps", "--batch-size"),
    "diagnose": ("--steps", "--seed", "--batch-size"),
    "hunt": ("--cases", "--seed", "--jobs"),
    "sweep": ("--jobs",),
    "verify": ("--jobs",),
    "conform": ("--cases", "--seed", "--accumulate"),
}
RATIONAL = {
    **dict.fromkeys(RUNS, ("--beta1", "--beta2", "--eps", "--lr", "--decay", "--weight-decay", "--l2")),
    "hunt": ("--seconds",),
}
WORDS = {
    **dict.fromkeys(RUNS, ("--optimizer", "--order", "--loss", "--eps-place", "--schedule", "--set")),
    "margin": ("--norm", "--weights"),
    "verify": ("--profile",),
    "conform": ("--rule", "--set", "--map", "--variant", "--dtype"),
}
# What a command is about, in place of what is good.
ARGUMENT = ("sweep", "conform", "check-rule", "check-loss", "schema", "report", "derive", "hunt", "verify")
FILES = {
    **dict.fromkeys((name for name in GOOD if name not in ("report", "schema")), ("--json",)),
    "report": ("--output",),
    "sweep": ("--json", "--out", "--export"),
    "predict": ("--json", "--certificate"),
}
STUDY = 'ask = "margin"\n[data]\nfile = "data.csv"\n'
NO_STUDY = (
    "", "\x00", "[data]", "[[[[", "ask = 3", "ask = []", "ask = 'predict", "ask = 'own.py:no'", "ask = '\x1b[31m'",
    "ask = 'margin'", "x = " + "[" * 5000, STUDY + "x = " + "9" * 5000, STUDY + "ask = 'margin'", "[plot]\n" + STUDY,
    STUDY.replace("data.csv", "none.csv"), STUDY.replace("margin", "predict"), STUDY + "[optimizer]\nname = 'adam'",
    STUDY + "[options]\nno-such = 1", STUDY + "[options]\nnorm = {from = 0, to = 1e9, step = '1e-30'}",
    STUDY + "[bounds]\nseconds = '9e999'",
)  # fmt: skip

NO_WHOLE = (
    "", " ", "x", "-1", "1.5", "1e-3", " 3 ", "3 ", "0_3", "+3", "٣", "３", "²", "0x10", "1/2", "6/2", "3.0", "nan",
    "inf", "1e400", "1e999999999", "9" * 5000, "9" * 30, "-" + "9" * 5000, "1,2", "\x1b[31m3", "3\n",
    "None", "1e", "e1", "--",
)  # fmt: skip
NO_RATIONAL = (
    "", " ", "x", "nan", "-inf", "1/0", "0/0", "1e400", "1e-400", "1e99999999999", "9" * 5000, "0x1", "1_0", "٠.٥", "½",
    "1/2/3", "0.5.5", "\x1b]0;owned\x07", "1+1j", "1" * 1001, "1/" + "9" * 2000, "True", "−1", "-1",
)  # fmt: skip
NO_WORD = (
    "",
    " ",
    "x",
    "ADAM ",
    "a" * 5000,
    "\x1b[2J",
    "a\nb",
    "\u202eadam",
    "../..",
    "'",
    "[bold]",
    "adam;ls",
    "\udcff",
)
NO_FILE = (
    "", ".", "/", "{folder}", "{folder}/no/such", "{folder}/data.csv/x", "{folder}/" + "n" * 300,
    "{folder}/" + "d/" * 3000, "{certificate}/",
)  # fmt: skip
SPECIAL = (
    "/dev/zero",
    "/dev/null",
    "{folder}/pipe.csv",
    "{folder}/zero.npy",
    "/proc/self/mem",
    "{folder}",
    "/dev/stdin",
)


@dataclass(frozen=True)
class Place:
    """Where a run's files are: a folder with good data, a certificate, and things that are no files."""

    folder: Path

    def fill(self) -> None:
        (self.folder / "data.csv").write_text("1,2\n3,1\n")
        (self.folder / "log.csv").write_text("step,a,b\n5,1,1\n9,2,1\n")
        (self.folder / "good.json").write_text('{"format": "marginproof-certificate-1"}')
        (self.folder / "own.py").write_text("def factory(params, lr=1.0):\n    return None\n")
        (self.folder / "study.toml").write_text(STUDY)
        (self.folder / "link.csv").symlink_to(self.folder / "data.csv")
        (self.folder / "zero.npy").symlink_to("/dev/zero")
        os.mkfifo(self.folder / "pipe.csv")

    def named(self, line: Line) -> Line:
        names = {
            "{folder}": str(self.folder),
            "{data}": str(self.folder / "data.csv"),
            "{study}": str(self.folder / "study.toml"),
            "{log}": str(self.folder / "log.csv"),
            "{certificate}": str(self.folder / "good.json"),
        }
        for name, value in names.items():
            line = [word.replace(name, value) for word in line]
        return line


MISUSES = (["--no-such-option"], ["--json"], ["--\x1b[31m"], ["--plot=x.txt"], ["--notes", ""], ["-z"])


def cases(draw: random.Random, place: Place) -> Line:
    """A command line that is to be refused."""
    kind = draw.choice(
        (
            *("data", "data", "bytes", "special", "whole", "rational", "word", "file", "same", "usage"),
            *("argument", "study"),
        )
    )
    if kind == "argument":
        command = draw.choice(ARGUMENT)
        return [command, draw.choice((*NO_WORD, "{folder}/no.py:x", "{data}:x")), *GOOD[command][1:]]
    if kind == "study":
        Path(place.named(["{study}"])[0]).write_text(draw.choice(NO_STUDY))
        return ["sweep", *GOOD["sweep"]]
    if kind in ("data", "bytes", "special"):
        command = draw.choice(READS_DATA)
        if kind == "special":
            return with_data(command, draw.choice(SPECIAL), [])
        bad = draw.choice(BAD_INPUTS)
        path, options = bad.place(place.folder), bad.arguments()
        if kind == "bytes" and bad.content is not None:
            file = Path(path)
            file.write_bytes(mutated(draw, file.read_bytes(), file.suffix))
        return with_data(command, path, options)
    if kind == "same":
        command = draw.choice(("predict", "margin", "simulate", "locate", "diagnose"))
        option = "--certificate" if command == "margin" else "--json"
        other = ["--json"] if command == "margin" else ["--plot"] if command != "simulate" else []
        if not other:
            return [
                command,
                *GOOD[command],
                option,
                draw.choice(("{data}", "{folder}/link.csv", "{folder}/./data.csv")),
            ]
        twice = draw.choice(
            (("{folder}/a.png", "{folder}/./a.png"), ("{folder}/b.svg", "{folder}/../{name}/b.svg"))
        )
        first, second = (each.replace("{name}", place.folder.name) for each in twice)
        return [command, *GOOD[command], option, first, *other, second]
    if kind == "usage":
        command = draw.choice(list(GOOD))
        return draw.choice(
            (misused(draw, command), [draw.choice(NO_WORD), "x"], [*draw.choice(MISUSES), command])
        )
    table, values = {
        "whole": (WHOLE, NO_WHOLE),
        "rational": (RATIONAL, NO_RATIONAL),
        "word": (WORDS, NO_WORD),
        "file": (FILES, NO_FILE),
    }[kind]
    command = draw.choice(list(table))
    option, value = draw.choice(table[command]), draw.choice(values)
    if command in READS_DATA and kind == "file" and draw.random() < 0.3:
        value = draw.choice(("{data}", "{folder}/./data.csv", "{folder}/link.csv"))
    if command in RUNS and kind == "file" and draw.random() < 0.4:
        read = draw.choice((*NO_FILE, *SPECIAL, "{certificate}"))
        option, value = ("--weights", read) if command == "locate" else ("--schedule", f"piecewise:{read}")
    if command == "hunt" and kind == "file" and draw.random() < 0.5:
        option, value = "--directory", draw.choice(("", "{data}", "{folder}/data.csv/x", "/dev/null"))
    if command == "sweep" and option == "--out":
        value = draw.choice(("", "{data}", "{folder}/data.csv/x", "/dev/null"))
    if command == "derive" and draw.random() < 0.5:
        option, value = "--notes", draw.choice(("", "{data}", "{folder}/none", "/dev/null"))
    return [command, *GOOD[command], option, value]


def misused(draw: random.Random, command: str) -> Line:
    """The command with an option that is not for it, or lacks its value."""
    return [command, *GOOD[command], *draw.choice(MISUSES)]


def with_data(command: str, data: str, options: Line) -> Line:
    """The command about other data."""
    return [command, *(data if word == "{data}" else word for word in GOOD[command]), *options]


def mutated(draw: random.Random, content: bytes, suffix: str) -> bytes:
    """Bytes cut, doubled or changed, and at the end something that no format allows, so that they are bad for sure."""
    part = bytearray(content[: draw.randrange(1, 2000)])
    for _ in range(draw.randrange(8)):
        if part:
            part[draw.randrange(len(part))] = draw.randrange(256)
    if suffix in (".npy", ".npz"):
        return bytes(part[: max(0, len(part) - 9)])  # cut short; a zip file ends with its list
    return bytes(part) * draw.choice((1, 2, 50)) + b'\n\xff"[x\n'


@dataclass(frozen=True)
class Outcome:
    """What a command line came to."""

    line: Line
    status: int
    err: str
    seconds: float
    megabytes: float

    def fault(self) -> str | None:
        """What is wrong with it, None if it was refused as it should be."""
        lines = self.err.splitlines()
        if "Traceback" in self.err:
            return "a traceback"
        if self.status != 2:
            return f"status {self.status}"
        if len(lines) != 1 or not lines[0].startswith("marginproof: "):
            return f"{len(lines)} lines on standard error"
        if not lines[0].isprintable():
            return "what is not printable on standard error"
        if len(lines[0]) > LONGEST_LINE:
            return f"a line of {len(lines[0])} characters"
        if self.seconds > SECONDS:
            return f"{self.seconds:.0f} s"
        return f"{self.megabytes:.0f} MB" if self.megabytes > MEGABYTES else None


def run(line: Line, folder: Path) -> Outcome:
    """The command line in a forked process, which is ended after SECONDS."""
    out, err = folder / "out", folder / "err"
    begun = time.monotonic()
    child = os.fork()
    if not child:
        for number, file in ((1, out), (2, err)):
            os.dup2(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), number)
        sys.stdout, sys.stderr = (os.fdopen(number, "w", encoding="utf-8") for number in (1, 2))
        sys.stderr.reconfigure(errors="backslashreplace")
        resource.setrlimit(resource.RLIMIT_CPU, (2 * SECONDS, 2 * SECONDS))
        status = 99
        try:
            from verify.cli import main

            main(line)
        except SystemExit as error:
            status = int(error.code or 0)
        except BaseException:
            import traceback

            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(status)
    while True:
        ended, state, used = os.wait4(child, os.WNOHANG)
        if ended:
            break
        if time.monotonic() - begun > PATIENCE:
            os.kill(child, 9)
        time.sleep(0.005)
    seconds = used.ru_utime + used.ru_stime  # a busy machine's waiting is not the command's
    waited = time.monotonic() - begun
    slow = waited if waited > PATIENCE else seconds
    text = err.read_text(errors="replace")
    return Outcome(line, os.waitstatus_to_exitcode(state), text, slow, used.ru_maxrss / 1024)


def fuzz(number: int, seed: int) -> list[Outcome]:
    """So many command lines of this seed, run: each command misused, then what is drawn."""
    draw, outcomes, commands = random.Random(seed), [], iter(GOOD)
    with tempfile.TemporaryDirectory() as name:
        for _ in range(number):
            place = Place(Path(tempfile.mkdtemp(dir=name)))
            place.fill()
            os.chdir(place.folder)
            command = next(commands, None)
            line = place.named(cases(draw, place) if command is None else misused(draw, command))
            outcomes.append(run(line, place.folder))
            for file in place.folder.iterdir():
                if file.is_file() and not file.is_symlink():
                    file.unlink()
        os.chdir("/")
    return outcomes


def main() -> int:
    """Run, print what was wrong and how much there was of each command; status 1 if anything was wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    import verify.cli.commands  # once, before all forks

    assert verify.cli.commands.app is not None
    outcomes = fuzz(asked.cases, asked.seed)
    faults = [(outcome, fault) for outcome in outcomes if (fault := outcome.fault())]
    for outcome, fault in faults:
        shown = [word if len(word) < 100 else f"{word[:60]}... ({len(word)})" for word in outcome.line]
        print(json.dumps({"fault": fault, "line": shown, "err": outcome.err[-600:]}))
    counted = Counter(outcome.line[0] if outcome.line[0] in GOOD else "usage" for outcome in outcomes)
    print(
        f"{len(outcomes)} bad inputs, seed {asked.seed}: {len(faults)} not refused as they should be; at most "
        f"{max(o.seconds for o in outcomes):.1f} s and {max(o.megabytes for o in outcomes):.0f} MB; "
        + ", ".join(f"{name} {times}" for name, times in sorted(counted.items()))
    )
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())

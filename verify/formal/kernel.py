"""Rocq's kernel: whether it is here, what it compiles, and which axioms it says that theorems rest on."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

from verify.errors import BadInput
from verify.files import write_whole
from verify.formal.theories import FOLDER, LIBRARY, files, meanings, source, sources_digest, statements, table
from verify.numbers.stored import directory, distrusted

INSTALL = "apt-get install -y libcoq-coquelicot libcoq-bignums"


@dataclass(frozen=True)
class Compiled:
    """What the kernel said: its version, a digest of the sources, and the axioms that each theorem rests on."""

    rocq: str
    sources: str
    axioms: dict[str, list[str]]


def command() -> list[str] | None:
    """How to call the compiler here; None where there is none."""
    if found := shutil.which("coqc"):
        return [found]
    return [found, "compile"] if (found := shutil.which("rocq")) else None


@cache
def rocq_version() -> str:
    """The version of the compiler that is here, such as 8.16.1."""
    said = subprocess.run([(command() or ["coqc"])[0], "--version"], capture_output=True, text=True).stdout
    found = re.search(r"\d+\.\d+[\w.+]*", said)
    return found[0] if found else "unknown"


def compile_file(file: str, place: Path, library: Path | None = None, warnings: str = "none") -> str:
    """Compile one theory in its folder; what the compiler prints, its warnings on standard error. Raises BadInput with
    its complaint.

    The standard library is called Stdlib since Rocq 9.
    """
    text = place / f"{file}.v"
    if re.match(r"9|\d\d", rocq_version()):
        text.write_text(text.read_text("utf-8").replace("From Coq Require", "From Stdlib Require"), "utf-8")
    call = [*(command() or ["coqc"]), "-q", "-w", warnings, "-Q", str(library or "."), LIBRARY, text.name]
    done = subprocess.run(call, cwd=place, capture_output=True, text=True)
    if done.returncode:
        raise BadInput(f"Rocq refuses {file}.v: {' '.join(done.stderr.split())[:600]}")
    sys.stderr.write(done.stderr)
    return done.stdout


def imports(file: str, folder: Path) -> list[str]:
    """The theories of ours that a theory imports."""
    return " ".join(re.findall(rf"From {LIBRARY} Require Import ([\w ]+)\.", source(file, folder))).split()


def compile_theories(order: Sequence[str], folder: Path, place: Path, warnings: str = "none") -> None:
    """Compile theories, each after those that it imports, in ``place``, as many at a time as there are cores."""
    for file in order:
        shutil.copyfile(folder / f"{file}.v", place / f"{file}.v")
    done: dict[str, Future[str]] = {}

    def after(file: str) -> str:
        for needed in imports(file, folder):
            done[needed].result()
        return compile_file(file, place, warnings=warnings)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for file in order:  # a theory waits for earlier ones alone, so some worker always goes on
            done[file] = pool.submit(after, file)
        for file in order:
            done[file].result()


def compile_all(folder: Path, place: Path) -> Compiled:
    """Compile all theories of ``folder`` in ``place``, and ask for the axioms of each theorem.

    Warnings are shown, but of Coquelicot's coercions.
    """
    order, names = files(folder), list(statements(folder))
    compile_theories(order, folder, place, warnings="default,-ambiguous-paths")
    stating = list(dict.fromkeys(file for file, _ in statements(folder).values()))
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        parts = list(pool.map(lambda k: _axioms(f"Assumptions{k}", names[k::4], stating, place), range(4)))
    found = {name: rests for part in parts for name, rests in part.items()}
    return Compiled(rocq_version(), sources_digest(folder), {name: found[name] for name in names})


def _axioms(file: str, names: Sequence[str], order: Sequence[str], place: Path) -> dict[str, list[str]]:
    asked = "\n".join(f"Print Assumptions {name}." for name in names)
    (place / f"{file}.v").write_text(f"From {LIBRARY} Require Import {' '.join(order)}.\n{asked}\n", "utf-8")
    return dict(zip(names, axiom_lists(compile_file(file, place)), strict=True))


def axiom_lists(printed: str) -> list[list[str]]:
    """The answers to `Print Assumptions`, one list of names for each question."""
    answers = re.split(r"^(?:Axioms:|Closed under the global context)$", printed, flags=re.M)[1:]
    return [sorted(re.findall(r"^([\w.]+)", answer, re.M)) for answer in answers]


def allowed(axiom: str, folder: Path = FOLDER) -> bool:
    """Whether an axiom stands in the list."""
    return any(fnmatchcase(axiom, pattern) for pattern in meanings(folder)[1])


def refused_axioms(compiled: Compiled, folder: Path = FOLDER) -> Iterator[str]:
    """Axioms that a theorem rests on and the list does not have, and theorems that the kernel did not see."""
    for name in table(folder):
        if name not in compiled.axioms:
            yield f"{name}: not compiled"
        for axiom in compiled.axioms.get(name, ()):
            if not allowed(axiom, folder):
                yield f"{name} rests on {axiom}, which is not in the list of axioms"


def shipped(folder: Path = FOLDER) -> Compiled:
    """What the kernel said where the sources were last built."""
    return Compiled(**json.loads((folder / "built.json").read_text("utf-8")))


def kept_folder() -> Path | None:
    """Where in the user's cache directory this compiler's work on these theories is kept; None for nowhere.

    What stands there is believed, so it must be a place in which nobody but this user could have written.
    """
    folder = directory()
    place = folder.parent / "rocq" / f"{sources_digest()[:32]}-{rocq_version()}" if folder else None
    if not place:
        return None
    with suppress(OSError):
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
    return None if distrusted(place) else place


def keep(place: Path, kept: Path) -> None:
    """Copy compiled theories to where they are kept, each whole or not at all."""
    with suppress(OSError):
        for file in place.glob("*.vo"):
            write_whole(kept / file.name, file.read_bytes(), mode=0o600)


@cache
def established() -> tuple[Compiled, str]:
    """What the kernel said of the theories, and where: here if `make rocq` was run here, else where they were built."""
    kept = kept_folder() if command() else None
    with suppress(OSError, ValueError, TypeError):
        if kept:
            return Compiled(
                **json.loads((kept / "built.json").read_text("utf-8"))
            ), "compiled on this machine"
    return shipped(), "as built, not re-run here"


def build() -> Compiled:
    """Compile all theories, and keep what was compiled."""
    with tempfile.TemporaryDirectory() as place:
        compiled = compile_all(FOLDER, Path(place))
        if kept := kept_folder():
            keep(Path(place), kept)
            with suppress(OSError):
                write_whole(kept / "built.json", json.dumps(asdict(compiled)), mode=0o600)
    return compiled

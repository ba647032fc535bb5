"""Theorems of Rocq behind a clause: the sources, the table that says what they mean, and what the kernel made of them.

`verify/rocq/` holds the theories, `theorems.toml` (for each theorem what its hypotheses say in a claim's words, and a
digest that pins its statement) and `built.json` (what the kernel said of these sources, and which axioms each theorem
rests on). ``python -m verify.formal``, which is `make rocq`, compiles all of it, compares it with the table, and writes
`built.json` and `notes/kernel.md`.

Pinned is the text of a statement with the texts of all definitions of ours that it leads to: a theorem that was
weakened, or whose words were given another meaning, no longer has its digest.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

from verify.errors import BadInput
from verify.evidence import Evidence, Verdict
from verify.files import write_whole
from verify.numbers.stored import directory, distrusted

FOLDER = Path(__file__).parent / "rocq"
LIBRARY = "Marginproof"
INSTALL = "apt-get install -y libcoq-coquelicot"

# What would let a statement pass without a proof, or change what its words mean without a trace in its text.
_FORBIDDEN = re.compile(
    r"^(?:#\[.*?\]\s*|Local\s+|Global\s+)*"
    r"(?:Admitted|Axioms?|Parameters?|Conjecture|Hypothes[ie]s|Variables?|Context|Notation|Infix|Coercion|Canonical"
    r"|(?:Existing )?Instance|Declare|Load|Add|Set|Unset)\b|\b(?:admit|give_up|bypass_check)\b"
)
_DEFINES = re.compile(r"^(?:Definition|Fixpoint|Record|Inductive)\s+(\w+)")
_STATES = re.compile(r"^Theorem\s+(\w+)\s*:")


def _comment(name: str) -> re.Pattern[str]:
    return re.compile(rf"\(\*\* Claims: ([^.]*)\.\s((?:(?!\*\)).)*?) ?\*\)\nTheorem {name} :", re.S)


@dataclass(frozen=True)
class Theorem:
    """A theorem and what its comment and the table say of it: the claims it speaks of, and it in their words."""

    name: str
    file: str
    statement: str
    claims: tuple[str, ...]
    says: str
    hypotheses: tuple[tuple[str, str], ...]
    digest: str


@dataclass(frozen=True)
class Compiled:
    """What the kernel said: its version, a digest of the sources, and the axioms that each theorem rests on."""

    rocq: str
    sources: str
    axioms: dict[str, list[str]]


def files(folder: Path = FOLDER) -> list[str]:
    """The theories without their suffix, each after those that it imports."""
    return re.findall(r"^(\w+)\.v$", (folder / "_CoqProject").read_text("utf-8"), re.M)


def source(file: str, folder: Path = FOLDER) -> str:
    """The text of one theory."""
    return (folder / f"{file}.v").read_text("utf-8")


def sources_digest(folder: Path = FOLDER) -> str:
    """A digest of all theories, in their order."""
    return hashlib.sha256(
        "\0".join(f"{file}\0{source(file, folder)}" for file in files(folder)).encode()
    ).hexdigest()


def sentences(text: str) -> list[str]:
    """The sentences of a theory without comments, white space made plain."""
    depth, plain = 0, ""
    for part in re.split(r"(\(\*|\*\))", text):
        depth += {"(*": 1, "*)": -1}.get(part, 0)
        plain += part if depth == 0 and part != "*)" else ""
    return [" ".join(sentence.split()) for sentence in re.split(r"\.(?=\s)", plain)]


@cache
def statements(folder: Path = FOLDER) -> dict[str, tuple[str, str]]:
    """By a theorem's name: its file and its statement."""
    found = (
        (file, each, _STATES.match(each))
        for file in files(folder)
        for each in sentences(source(file, folder))
    )
    return {match[1]: (file, each) for file, each, match in found if match}


@cache
def definitions(folder: Path = FOLDER) -> dict[str, str]:
    """By its name, the text of each definition of ours."""
    found = (
        (each, _DEFINES.match(each)) for file in files(folder) for each in sentences(source(file, folder))
    )
    return {match[1]: each for each, match in found if match}


def words(name: str, folder: Path = FOLDER) -> list[str]:
    """The definitions of ours that a theorem's statement leads to, in the order of the sources."""
    ours, seen = definitions(folder), set[str]()
    texts = [statements(folder)[name][1]]
    while texts:
        new = set(re.findall(r"\w+", texts.pop())) & ours.keys() - seen
        seen |= new
        texts += [ours[word] for word in new]
    return [word for word in ours if word in seen]


def statement_digest(name: str, folder: Path = FOLDER) -> str:
    """A digest of a statement with all definitions that it leads to."""
    texts = [statements(folder)[name][1], *(definitions(folder)[word] for word in words(name, folder))]
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()[:32]


@cache
def table(folder: Path = FOLDER) -> dict[str, Theorem]:
    """The theorems that the table pins, by their names. What a theorem says stands in the comment before it."""
    document = tomllib.loads((folder / "theorems.toml").read_text("utf-8"))
    found = {}
    for name, entry in document["theorem"].items():
        file, statement = statements(folder).get(name, ("", ""))
        comment = _comment(name).search(source(file, folder)) if file else None
        found[name] = Theorem(
            name,
            file,
            statement,
            () if not comment or comment[1] == "none" else tuple(comment[1].split(", ")),
            " ".join(comment[2].split()) if comment else "",
            tuple((rocq, meaning) for rocq, meaning in entry["hypotheses"]),
            entry["digest"],
        )
    return found


@cache
def meanings(folder: Path = FOLDER) -> tuple[dict[str, str], dict[str, str]]:
    """What the words of the statements mean, and which axioms are allowed, each with its reason."""
    document = tomllib.loads((folder / "theorems.toml").read_text("utf-8"))
    return document["words"], document["axioms"]


def faults(folder: Path = FOLDER) -> Iterator[str]:
    """What is wrong with sources and table before the kernel is asked."""
    for file in files(folder):
        for sentence in sentences(source(file, folder)):
            if found := _FORBIDDEN.search(sentence):
                yield f"{file}.v: {found[0]} stands in it: {sentence[:80]}"
    stated, listed = statements(folder), table(folder)
    yield from (f"{name}: a theorem that the table does not have" for name in stated.keys() - listed.keys())
    for name, theorem in listed.items():
        if name not in stated:
            yield f"{name}: no theory has this theorem"
        elif not theorem.says:
            yield f"{name}: no comment before it says which claims it speaks of and what it says"
        elif strange := [rocq for rocq, _ in theorem.hypotheses if rocq not in theorem.statement]:
            yield f"{name}: its statement has no hypothesis {strange[0]}"
        elif statement_digest(name, folder) != theorem.digest:
            yield f"{name}: its statement, or a definition it leads to, is not the pinned one"
        elif unknown := [word for word in words(name, folder) if word not in meanings(folder)[0]]:
            yield f"{name}: the table does not say what {', '.join(unknown)} means"


def refused_axioms(compiled: Compiled, folder: Path = FOLDER) -> Iterator[str]:
    """Axioms that a theorem rests on and the list does not have, and theorems that the kernel did not see."""
    allowed = meanings(folder)[1]
    for name in table(folder):
        if name not in compiled.axioms:
            yield f"{name}: not compiled"
        for axiom in compiled.axioms.get(name, ()):
            if axiom not in allowed:
                yield f"{name} rests on {axiom}, which is not in the list of axioms"


def command() -> list[str] | None:
    """How to call the compiler here; None where there is none."""
    if found := shutil.which("coqc"):
        return [found]
    return [found, "compile"] if (found := shutil.which("rocq")) else None


def rocq_version() -> str:
    """The version of the compiler that is here, such as 8.16.1."""
    said = subprocess.run([(command() or ["coqc"])[0], "--version"], capture_output=True, text=True).stdout
    found = re.search(r"\d+\.\d+[\w.+]*", said)
    return found[0] if found else "unknown"


def compile_file(file: str, place: Path) -> str:
    """Compile one theory in its folder; what the compiler prints. Raises BadInput with its complaint."""
    call = [*(command() or ["coqc"]), "-q", "-w", "none", "-Q", ".", LIBRARY, f"{file}.v"]
    done = subprocess.run(call, cwd=place, capture_output=True, text=True)
    if done.returncode:
        raise BadInput(f"Rocq refuses {file}.v: {' '.join(done.stderr.split())[:600]}")
    return done.stdout


def compile_all(folder: Path, place: Path) -> Compiled:
    """Compile the theories of ``folder`` in ``place``, as many at a time as there are cores, and ask for the axioms."""
    order = files(folder)
    for file in order:
        shutil.copyfile(folder / f"{file}.v", place / f"{file}.v")
    done: dict[str, Future[str]] = {}

    def after(file: str) -> str:
        for line in re.findall(rf"From {LIBRARY} Require Import ([\w ]+)\.", source(file, place)):
            for needed in line.split():
                done[needed].result()
        return compile_file(file, place)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for file in order:  # a theory waits for earlier ones alone, so some worker always goes on
            done[file] = pool.submit(after, file)
        for file in order:
            done[file].result()
        parts = [list(statements(folder))[k::4] for k in range(4)]
        found = list(pool.map(lambda k: _axioms(f"Assumptions{k}", parts[k], order, place), range(4)))
    axioms = {name: part[name] for name in statements(folder) for part in found if name in part}
    return Compiled(rocq_version(), sources_digest(folder), axioms)


def _axioms(file: str, names: list[str], order: list[str], place: Path) -> dict[str, list[str]]:
    asked = "\n".join(f"Print Assumptions {name}." for name in names)
    (place / f"{file}.v").write_text(f"From {LIBRARY} Require Import {' '.join(order)}.\n{asked}\n", "utf-8")
    answers = re.split(
        r"^(?:Axioms:|Closed under the global context)$", compile_file(file, place), flags=re.M
    )[1:]
    return {
        name: sorted(re.findall(r"^([\w.]+)", answer, re.M))
        for name, answer in zip(names, answers, strict=True)
    }


def shipped(folder: Path = FOLDER) -> Compiled:
    """What the kernel said where the sources were last built."""
    return Compiled(**json.loads((folder / "built.json").read_text("utf-8")))


@cache
def established() -> tuple[Compiled, str]:
    """What the kernel says of the theories, and where it said so: here if Rocq is here, else where they were built.

    What it said here of the same sources is kept in the user's cache directory.
    """
    if command() is None:
        return shipped(), "as built, not re-run here"
    folder = directory()
    kept = folder.parent / "rocq" / f"{sources_digest()}-{rocq_version()}.json" if folder else None
    if kept and kept.exists() and not distrusted(kept):
        with suppress(OSError, ValueError, TypeError):
            return Compiled(**json.loads(kept.read_text("utf-8"))), "compiled on this machine"
    with tempfile.TemporaryDirectory() as place:
        compiled = compile_all(FOLDER, Path(place))
    if kept:
        with suppress(OSError):
            kept.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_whole(kept, json.dumps(asdict(compiled)), mode=0o600)
    return compiled, "compiled on this machine"


def evidence(name: str) -> Evidence:
    """The evidence that a theorem is for a clause: ``formal`` if the kernel accepts what the table says of it."""
    theorem = table()[name]
    compiled, where = established()
    wrong = [each for each in (*faults(), *refused_axioms(compiled)) if each.startswith(name)]
    if compiled.sources != sources_digest():
        wrong.append("the sources are not those that were built")
    if wrong:
        return Evidence(Verdict.UNDECIDED, f"theorem {name}", "; ".join(wrong))
    rests = ", ".join(axiom.rsplit(".", 1)[-1] for axiom in compiled.axioms[name]) or "no axioms"
    detail = f"verify/rocq/{theorem.file}.v, Rocq {compiled.rocq}, {where}; rests on {rests}"
    return Evidence(Verdict.FORMAL, theorem.says, f"theorem {name}: {detail}", theorem=name)


def _for(theorem: Theorem) -> str:
    return f"For {', '.join(theorem.claims)}" if theorem.claims else "For no claim of its own"


def page(compiled: Compiled, folder: Path = FOLDER) -> str:
    """The page notes/kernel.md: each theorem, what it says, hypothesis by hypothesis, and the words it uses."""
    meaning, allowed = meanings(folder)
    lines = [
        "# Theorems that Rocq's kernel has checked",
        "",
        "Written by `make rocq` from the theories in `verify/rocq/` and `theorems.toml` beside them. A theorem "
        "is shown as its source states it; below it stands what each hypothesis says in the words of the claims. "
        "Vectors are functions `nat -> R`, matrices functions of row and column, of which only the entries below "
        "the stated sizes count; `x / 0` is 0 in Rocq, so positivity is asked for where a quotient is meant.",
        "",
        f"{len(table(folder))} theorems, compiled by Rocq {compiled.rocq}, "
        f"{sum(source(file, folder).count(chr(10)) for file in files(folder))} lines in {len(files(folder))} files.",
        "",
        "## Axioms",
        "",
        *(f"- `{axiom}`: {reason}" for axiom, reason in allowed.items()),
        "",
        "## Words",
        "",
        *(f"- `{word}`: {meaning[word]}" for word in definitions(folder) if word in meaning),
        "",
        "## Theorems",
    ]
    for name, theorem in table(folder).items():
        text = source(theorem.file, folder)
        start = text.index(f"\nTheorem {name} :") + 1
        shown, rest = text[start:].split("\nProof.", 1)
        length = rest[: rest.index("Qed.")].count("\n")
        lines += [
            "",
            f"### {name}",
            "",
            re.sub(r"\$(.+?)\$", r"$`\1`$", theorem.says),
            "",
            f"{_for(theorem)}; `{theorem.file}.v`, a proof of {max(length, 1)} lines; "
            f"rests on {', '.join(f'`{axiom}`' for axiom in compiled.axioms[name]) or 'no axioms'}.",
            "",
            "```coq",
            shown,
            "```",
            "",
            *(f"- `{rocq}`: {words}" for rocq, words in theorem.hypotheses),
            *([""] if theorem.hypotheses else []),
            f"Words: {', '.join(f'`{word}`' for word in words(name, folder)) or 'none of ours'}.",
        ]
    return "\n".join(lines) + "\n"


def main() -> int:
    """Compile, compare, and write what was found; `make rocq`."""
    wrong = list(faults())
    if command() is None:
        print(f"Rocq is absent: install it with `{INSTALL}`, then run `make rocq` again.", file=sys.stderr)
        return 2
    if not wrong:
        with tempfile.TemporaryDirectory() as place:
            compiled = compile_all(FOLDER, Path(place))
        wrong = list(refused_axioms(compiled))
    for each in wrong:
        print(each, file=sys.stderr)
    if wrong:
        return 1
    write_whole(FOLDER / "built.json", json.dumps(asdict(compiled), indent=1) + "\n")
    notes = FOLDER.parent.parent / "notes"
    if notes.is_dir():
        write_whole(notes / "kernel.md", page(compiled))
    print(
        f"{len(compiled.axioms)} theorems compiled by Rocq {compiled.rocq}, on {len(meanings()[1])} axioms at most."
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())

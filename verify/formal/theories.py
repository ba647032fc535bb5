"""The theories as texts: statements, the definitions they lead to, and the table that says what they mean.

A statement is pinned by a digest of its text with the texts of all definitions of ours that it leads to. A theorem that
was weakened, or whose words were given another meaning, no longer has its digest.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent.parent / "rocq"
LIBRARY = "Marginproof"

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


@cache
def faults(folder: Path = FOLDER) -> tuple[str, ...]:
    """What is wrong with sources and table before the kernel is asked."""
    return tuple(_faults(folder))


def _faults(folder: Path) -> Iterator[str]:
    for file in files(folder):
        for sentence in sentences(source(file, folder)):
            if found := _FORBIDDEN.search(sentence):
                yield f"{file}.v: {found[0]} stands in it: {sentence[:80]}"
    defined = [
        match[1]
        for file in files(folder)
        for each in sentences(source(file, folder))
        if (match := _DEFINES.match(each) or _STATES.match(each))
    ]
    yield from (
        f"{name}: it is defined twice" for name in sorted({n for n in defined if defined.count(n) > 1})
    )
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

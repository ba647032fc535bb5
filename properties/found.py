"""What a hunt hands over: data file, certificates, JSON, and the command that finds it again."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

from properties.hunt import Counterexample, Hunt
from verify.certificate import write
from verify.certificate.writing import spell
from verify.evidence import Verdict
from verify.files import identity, write_whole


def write_files(found: Counterexample, folder: Path) -> list[Path]:
    """The data as DATA of any command, then the certificates; what was there under these names is replaced."""
    folder.mkdir(parents=True, exist_ok=True)
    data = folder / "data.json"
    rows = found.case.data.rows
    write_whole(data, json.dumps({"X": spell(rows), "y": [1] * len(rows)}) + "\n")
    files = [data]
    for name, document in found.confirmed.certificates.items():
        files.append(folder / f"{name}.certificate.json")
        write(document, files[-1])
    return files


def own_files(directory: Path, claim: str, target: str | None) -> list[Path]:
    """Of the hunt for the claim of this id: the directory itself, its folder there, and the target if its name in that
    folder is one that a hunt gives files."""
    folder = directory / claim
    inside = target is not None and identity(Path(target).parent) == identity(folder)
    name = Path(target or "").name
    taken = name in ("data.json", "progress.json") or name.endswith((".certificate.json", ".jsonl"))
    return [directory, folder, *([folder / name] if inside and taken else [])]


def command(hunt: Hunt, directory: Path, resumed: bool) -> str:
    """The command that does the same again: the search, or where stored cases decided, the look at them."""
    words = ["marginproof", "hunt", hunt.claim, "--seed", str(hunt.seed)]
    words += ["--resume"] if resumed or hunt.interrupted else ["--cases", str(hunt.cases)]
    return shlex.join([*words, "--directory", str(directory)])


def verdict(found: Counterexample) -> Verdict:
    """Certified if all that was verified of a hit is; else measured, as is its judgement in floats."""
    kinds = {e.kind for e in found.confirmed.evidence}
    return Verdict.CERTIFIED if kinds == {Verdict.CERTIFIED} else Verdict.MEASURED


def sentence(hunt: Hunt) -> str:
    """What was found, or that nothing was, which never says that there is nothing."""
    judged = f"{hunt.cases} cases ({hunt.cases - hunt.vacuous} non-vacuous)"
    if hunt.found is not None:
        return f"a counterexample was found among {judged}"
    early = "interrupted; " if hunt.interrupted else ""
    return f"{early}none found among {judged}"


def to_json(hunt: Hunt, files: list[Path], reproduce: str) -> dict[str, Any]:
    """As the command ``hunt`` prints it."""
    found = hunt.found
    return {
        "claim": hunt.claim,
        "found": found is not None,
        "cases": hunt.cases,
        "vacuous": hunt.vacuous,
        "seed": hunt.seed,
        "counterexample": None if found is None else {
            "property": found.property.name,
            "case": found.case.arguments(),
            "detail": found.judgement.detail,
            "verdict": str(verdict(found)),
            "evidence": [each.to_json() for each in found.confirmed.evidence],
        },
        "files": [str(file) for file in files],
        "command": reproduce,
        "interrupted": hunt.interrupted,
    }  # fmt: skip

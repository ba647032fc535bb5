"""Is there a counterexample to a claim? A search, and the case that it found."""

from __future__ import annotations

import shlex
import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import Any

from properties.found import command, sentence, to_json, write_files
from properties.found import own_files as files_of
from properties.hunt import hunt as search
from properties.hunt import properties_of
from properties.registry import claim_and_properties
from verify.ask.answer import Answer
from verify.ask.values import rational, shown, whole
from verify.asked import version
from verify.console import Page
from verify.errors import BadInput

# The most characters of a find that a person reads.
MOST_CHARACTERS = 1000
DIRECTORY = "hunts"


@dataclass(frozen=True)
class Violation:
    """A case that breaks a claim: ``again`` is the text ``case(...)`` that makes it again, ``command`` the hunt that
    finds it again, ``verdict`` how well it is verified."""

    again: str
    command: str
    detail: str
    verdict: str


@dataclass(frozen=True, eq=False, repr=False)
class Hunted(Answer):
    """What a hunt found: ``violation``, or None, which does not say that there is none. ``found`` is the document;
    those of the ``lines`` that hold a case or a command are ``copied``, and so not folded."""

    found: dict[str, Any]
    violation: Violation | None
    lines: tuple[str, ...]
    copied: frozenset[str] = frozenset()
    unwritten: OSError | None = None
    interrupted: bool = False

    @property
    def command(self) -> str:
        """The command that does the same again."""
        return str(self.found["command"])

    def show(self, page: Page) -> None:
        name, *lines = self.lines
        page.head(self.found["claim"].rpartition(":")[2], f": {name}")
        for line in lines:
            if line in self.copied:
                page.print(line, markup=False)
            else:
                page.say(line, len(line) - len(line.lstrip()))

    def summary(self) -> str:
        return f"{self.found['claim']}: {self.lines[1]}"

    def table(self) -> tuple[Sequence[str], Sequence[Sequence[str]]]:
        rows = [["found", self.lines[1]], ["again", self.command]]
        if self.violation is not None:
            rows[1:1] = [["case", self.violation.again], ["what is wrong", self.violation.detail]]
        return ("claim", self.found["claim"]), rows


def hunt(
    claim: str,
    *,
    seconds: Any = None,
    cases: Any = None,
    seed: Any = 0,
    jobs: Any = 1,
    scheduler: str | None = None,
    directory: Any = None,
    resume: bool = False,
    progress: Callable[..., None] = lambda seconds, text="": None,
    check: Callable[[list[tuple[str, Path]]], None] = lambda written: None,
    target: str | None = None,
) -> Hunted:
    """Search for ``seconds``, 60 by default, or so many ``cases``. What is found is written to ``directory``/CLAIM, if
    there is a directory; ``check`` may refuse the files that would be written there beside ``target``."""
    limit = inf if cases is None else whole("cases", cases, least=1)
    longest = rational("seconds", seconds) if seconds is not None else 60 if cases is None else inf
    if longest <= 0:
        raise BadInput(f"seconds={shown(seconds)} is not positive")
    drawn, workers = whole("seed", seed, most=2**32 - 1), whole("jobs", jobs, 1, 64)
    if directory is not None and (
        not str(directory) or (Path(directory).exists() and not Path(directory).is_dir())
    ):
        raise BadInput(f"directory={shown(directory)} is not a folder")
    properties_of(claim)
    found_claim = claim_and_properties(claim)[0]
    with ExitStack() as stack:
        where = stack.enter_context(tempfile.TemporaryDirectory()) if directory is None else directory
        folder = Path(where)
        own = folder / found_claim.id
        if own.exists() and not own.is_dir():
            raise BadInput(f"directory={shown(directory)}: {shown(own)} is not a folder")
        check([("a file of the hunt,", file) for file in files_of(folder, own.name, target)])
        folder.mkdir(parents=True, exist_ok=True)
        done = search(
            claim, seconds=float(longest), cases=limit, seed=drawn, directory=folder, jobs=workers, resume=resume,
            scheduler=scheduler, progress=progress,
        )  # fmt: skip
        files: list[Path] = []
        unwritten = None
        if done.found is not None and directory is not None:
            try:
                files = write_files(done.found, own)
            except OSError as error:  # the find is shown all the same
                unwritten = error
    reproduce = command(done, Path(DIRECTORY if directory is None else directory), resume)
    document = to_json(done, files, reproduce) | {"version": version()}
    lines, copied, violation = [found_claim.title, f"{sentence(done)}, seed {done.seed}"], list[str](), None
    if done.found is None:
        lines.append("That none was found does not say that there is none.")
    else:
        case, detail = repr(done.found.case), done.found.judgement.detail
        violation = Violation(case, reproduce, detail, str(document["counterexample"]["verdict"]))
        data, where_it_is = done.found.case.data, f", in {files[0]}" if files else ""
        if len(case) <= MOST_CHARACTERS:
            copied.append(f"  {case}")
        lines += copied or [f"  {data.n} rows x {data.d}{where_it_is}"]
        lines.append(f"  {detail}")
        lines += [f"{e.kind}: {e.scope}: {e.detail}" for e in done.found.confirmed.evidence]
        lines.append(
            "refuted (as it should be)"
            if found_claim.expected == "fails"
            else "refuted: suspect the code, then the precision, then the hypotheses, then the claim"
        )
        if files:
            first, *certificates = (shlex.quote(str(file)) for file in files)
            copied.append(f"check: marginproof check {' '.join(certificates)} --data {first}")
            lines.append(copied[-1])
        copied.append(f"again: {reproduce}")
        lines.append(copied[-1])
    return Hunted(document, violation, tuple(lines), frozenset(copied), unwritten, done.interrupted)

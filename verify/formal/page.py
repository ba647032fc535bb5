"""The page notes/kernel.md: each theorem beside what it says in the words of the claims."""

from __future__ import annotations

import re
from pathlib import Path

from verify.formal.kernel import Compiled
from verify.formal.theories import FOLDER, definitions, files, meanings, source, table, words


def page(compiled: Compiled, folder: Path = FOLDER) -> str:
    """The page notes/kernel.md: each theorem, what it says, hypothesis by hypothesis, and the words it uses."""
    meaning, allowed = meanings(folder)
    lines = [
        "# Theorems that Rocq's kernel has checked",
        "",
        "Written by `make rocq` from the theories in `verify/rocq/` and `theorems.toml` beside them. A theorem "
        "is shown as its source states it; below it stands what each hypothesis says in the words of the claims. "
        "Vectors are functions `nat -> R`, matrices functions of row and column, of which only the entries below "
        "the stated sizes count; `x / 0` is 0 in Rocq, so positivity is asked for where a quotient is meant. "
        "`Examples.v` applies each theorem that a clause names to an instance that meets all its hypotheses.",
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
            f"For {', '.join(theorem.claims) or 'no claim of its own'}; `{theorem.file}.v`, a proof of "
            f"{max(length, 1)} lines; "
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

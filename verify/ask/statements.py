"""Every statement with its evidence, as a page in Markdown, from the document of ``marginproof verify --json``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from verify.evidence import Verdict

_HEAD = """# Every statement, with its evidence

Written by `make statements` from a run of `marginproof verify`, quick profile. Statements are those of arXiv
2510.26303 as its abstract and public reviews give them, and others as their source says. A claim has the word of its
weakest clause; those whose ids begin with `false-` are kept because they must be refuted.
"""
# What Markdown would read as its own in plain text.
_MARKS = re.compile(r"([\\`*_\[\]<>$|])")


def page(claims: Sequence[dict[str, Any]]) -> str:
    """The page of the claims of a document."""
    words = "".join(f"- **{word}**: {word.meaning}\n" for word in Verdict)
    return "\n".join([_HEAD, words, *map(_claim, claims)])


def _claim(claim: dict[str, Any]) -> str:
    lines = [
        f"## {claim['id']}",
        f"**{_plain(claim['title'])}**: {claim['verdict']}.",
        f"Source: {_plain(claim['source'])}.",
    ]
    for clause in claim["clauses"]:
        given = [_plain(each["text"]) for each in clause["hypotheses"]]
        lines.append(f"> {_math(clause['text'])}")
        lines.append(f"**{clause['verdict']}**" + (f", given: {'; '.join(given)}" if given else ""))
        lines.append("\n".join(map(_evidence, clause["evidence"])))
    return "\n\n".join(line for line in lines if line) + "\n"


def _evidence(found: dict[str, Any]) -> str:
    return f"- {found['kind']}: {_plain(found['detail'])} (on {_plain(found['scope'])})"


def _plain(text: str) -> str:
    return _MARKS.sub(r"\\\1", text)


def _math(text: str) -> str:
    """Formulas as GitHub reads them without looking for Markdown in them, on one line."""
    return re.sub(r"\$([^$]+)\$", r"$`\1`$", " ".join(text.split()))

"""The prose of a chain: a file in Markdown beside the module that makes it.

It has the title as its heading, lines that begin with ``Scope:`` and ``Source:``, remarks, then ``## Steps`` with one
heading ``### statement {#name}`` a step and its reason below it, and at the end, where something is new, a list under
``## New here``. Formulas that are checked do not stand there: pages of notes print them from the expressions.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from verify.derive.chain import Assertion, Chain, Measured, Step, Wrong

STEPS, NEWS = "## Steps", "## New here"
_HEADING = re.compile(r"### (.*) \{#([a-z0-9-]+)\}")


def told(
    place: str,
    name: str,
    *,
    universal: bool,
    steps: Mapping[str, Assertion],
    wrong: Mapping[str, Assertion],
    measurements: tuple[Callable[[], Measured], ...] = (),
) -> Chain:
    """The chain of these assertions, by the names of their steps, in the words of the file beside ``place``.

    Raises ValueError where the file names other steps, or has them in another order.
    """
    text = Path(place).with_suffix(".md").read_text(encoding="utf-8")
    head, _, rest = text.partition(STEPS)
    body, _, news = rest.partition(NEWS)
    title, scope, source, *remarks = _paragraphs(head)
    headings, reasons = _steps(body)
    if list(headings) != list(steps):
        raise ValueError(f"{name}: the prose has the steps {list(headings)}, the chain {list(steps)}")
    return Chain(
        name,
        title.removeprefix("# "),
        scope.removeprefix("Scope: "),
        universal,
        source.removeprefix("Source: "),
        tuple(remarks),
        tuple(Step(headings[each], made, reasons[each], each) for each, made in steps.items()),
        tuple(Wrong(fault, made) for fault, made in wrong.items()),
        measurements,
        tuple(_joined(item.splitlines()) for item in re.split(r"^- ", news, flags=re.MULTILINE)[1:]),
    )


def _steps(body: str) -> tuple[dict[str, str], dict[str, str]]:
    """Statement and reason of each step, by its name."""
    headings: dict[str, str] = {}
    reasons: dict[str, str] = {}
    for paragraph in _paragraphs(body):
        if found := _HEADING.fullmatch(paragraph):
            headings[found[2]], reasons[found[2]] = found[1], ""
        else:
            last = next(reversed(reasons))
            reasons[last] = f"{reasons[last]}\n\n{paragraph}".strip()
    return headings, reasons


def _paragraphs(text: str) -> list[str]:
    return [_joined(part.splitlines()) for part in text.strip().split("\n\n")]


def _joined(lines: Iterable[str]) -> str:
    return " ".join(line.strip() for line in lines).strip()

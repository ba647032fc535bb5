"""The prose of a chain: a file in Markdown beside the module that makes it.

It has the title as its heading, a line that begins with ``Source:``, remarks, then ``## Steps`` with one
heading ``### statement {#name}`` a step and its reason below it, and at the end, where something is new, a list under
``## New here``. Formulas that are checked do not stand there: pages of notes print them from the expressions.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from verify.derive.chain import Assertion, Chain, Measured, Step, Wrong, handed_on
from verify.derive.joins import Following
from verify.evidence import Hypothesis

STEPS, NEWS = "## Steps", "## New here"
_HEADING = re.compile(r"### (.*) \{#([a-z0-9-]+)\}")


def told(
    place: str,
    name: str,
    *,
    steps: Mapping[str, Assertion | Following],
    wrong: Mapping[str, Assertion],
    measurements: tuple[Callable[[], Measured], ...] = (),
    gives: Mapping[str, tuple[Hypothesis, ...]] | None = None,
    others: tuple[Chain, ...] = (),
) -> Chain:
    """The chain of these assertions, by the names of their steps, in the words of the file beside ``place``. They may
    follow from steps of ``others``, by CHAIN:STEP.

    Raises ValueError where the file names other steps, or has them in another order, and where a step follows from one
    that does not stand before it.
    """
    text = Path(place).with_suffix(".md").read_text(encoding="utf-8")
    head, _, rest = text.partition(STEPS)
    body, _, news = rest.partition(NEWS)
    title, source, *remarks = _paragraphs(head)
    headings, reasons = _steps(body)
    if list(headings) != list(steps):
        raise ValueError(f"{name}: the prose has the steps {list(headings)}, the chain {list(steps)}")
    made = _made(name, steps, others)
    return Chain(
        name,
        title.removeprefix("# "),
        source.removeprefix("Source: "),
        tuple(Step(headings[n], made[n], reasons[n], n, *_rests(each)) for n, each in steps.items()),
        tuple(Wrong(fault, each) for fault, each in wrong.items()),
        measurements,
        tuple(remarks),
        tuple(_joined(item.splitlines()) for item in re.split(r"^- ", news, flags=re.MULTILINE)[1:]),
        gives or {},
        others,
    )


def _rests(each: Assertion | Following) -> tuple[tuple[str, ...], tuple[str, ...]]:
    return (each.uses, each.beside) if isinstance(each, Following) else ((), ())


def _made(
    chain: str, steps: Mapping[str, Assertion | Following], others: tuple[Chain, ...] = ()
) -> dict[str, Assertion]:
    """The assertions by name; those that follow from others made from them."""
    made = {f"{other.name}:{step.name}": step.assertion for other in others for step in other.steps}
    for name, each in steps.items():
        if isinstance(each, Following):
            names = (*each.uses, *each.beside)
            if missing := [used for used in names if used not in made]:
                raise ValueError(f"{chain}: step {name} follows from {missing[0]}, no step before it")
            made[name] = each.make(*(made[used] for used in each.uses))
            made[name] = made[name].under(*handed_on(made[used] for used in names))
        else:
            made[name] = each
    return made


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

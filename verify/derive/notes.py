"""The derivations as pages in Markdown, with mathematics that GitHub renders."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from verify.derive.chain import Assertion, Chain, Measured, is_local
from verify.derive.run import Derivation, chain, derive, names
from verify.files import write_whole

# GitHub reads $`...`$ as mathematics without looking for Markdown in it, which * and _ would be.
_INLINE = re.compile(r"\$([^$]+)\$")

INDEX = "derivations.md"
NEWS = "new-results.md"


def pages(results: Sequence[Derivation]) -> dict[str, str]:
    """File name and text of one page a result, the index, and the page of new results."""
    return {**overviews(), **{f"{result.chain.name}.md": page(result) for result in results}}


def overviews() -> dict[str, str]:
    """The index of all chains and the page of new results: they need no checks."""
    chains = [chain(name) for name in names()]
    return {INDEX: _index(chains), NEWS: _news(chains)}


def file_names(chosen: Sequence[str]) -> list[str]:
    """The files that `write_notes` writes for chains of these names."""
    return [INDEX, NEWS, *(f"{chain(name).name}.md" for name in chosen)]


def write_notes(directory: Path, results: Sequence[Derivation] | None = None) -> None:
    """Write the pages of the results into the directory, made if need be; of all chains if none are given.

    Each page is written whole or not at all. Raises OSError, naming the page, where that fails.
    """
    found = [derive(name) for name in names()] if results is None else results
    directory.mkdir(parents=True, exist_ok=True)
    for name, text in pages(found).items():
        write_whole(directory / name, text)


def page(result: Derivation) -> str:
    """One chain as a page."""
    made = result.chain
    state = (
        "Every step stands on both roads."
        if result.passed
        else "**Not established**: see the steps that fail."
    )
    parts = [
        f"# {_math(_betas(made.title))}",
        f"Scope: {_math(_betas(result.scope))}.",
        f"Source: {_betas(made.source)}.",
        f"{state} Reproduce with `marginproof derive {result.asked or made.name}`.",
        *(_math(remark) for remark in made.remarks),
        "## What is proved",
        f"By the last step, in the scope above:\n\n{_formula(made.conclusion)}",
        "## Steps",
    ]
    for number, each in enumerate(result.steps, 1):
        step = each.step
        ways = (("from", step.uses), ("by its reason from", step.beside))
        origin = "".join(f", {way} {', '.join(map(_named, names))}" for way, names in ways if names)
        named = f"*{step.name}*, " if step.name else ""
        parts += [
            f"**{number}. {_math(step.statement)}** ({named}{step.assertion.kind}{origin})",
            *([] if step is made.steps[-1] else [_formula(step.assertion)]),
            _math(step.reason),
            f"*Symbols*: {_road(each.check.passed, each.check.how)}. "
            f"*Second road*: {_road(each.second_road.passed, each.second_road.how)}.",
            *(f"Other chains assume this: {_betas(given.text)}." for given in made.gives.get(step.name, ())),
        ]
    parts += ["## Held against runs in arbitrary precision"]
    parts += ["\n".join(_measurement(m) for m in result.measurements)] if result.measurements else ["None."]
    wrong = "\n".join(f"- {_betas(each.fault)}" for each in made.wrong)
    parts += ["## False variants that both roads reject", wrong]
    if made.news:
        parts += ["## New here", "\n".join(f"- {_math(each)}" for each in made.news)]
    return "\n\n".join(parts) + "\n"


def _named(step: str) -> str:
    """The name of a step; that of another chain's with a link."""
    other, _, name = step.rpartition(":")
    return f"*{name}* of [{other}]({other}.md)" if other else f"*{name}*"


def _formula(assertion: Assertion) -> str:
    """The assertion's formula, or the words of one about instances, with what it assumes."""
    if assertion.left is None:
        shown = _betas(assertion.cases[0].upper() + assertion.cases[1:]) + "."
    else:
        shown = f"```math\n{assertion.latex}\n```"
    under = [_betas(each.text) for each in assertion.hypotheses if not is_local(each)]
    return f"{shown}\n\n*Under*: {'; '.join(under)}." if under and assertion.relation != "and" else shown


def _index(chains: Sequence[Chain]) -> str:
    rows = "\n".join(
        f"- [{_betas(each.title)}]({each.name}.md), {len(each.steps)} steps. Scope: {_math(_betas(each.scope))}."
        for each in chains
    )
    return (
        "# Derivations\n\n"
        "Each page is written by `make notes` from the derivation that `marginproof derive NAME` carries "
        "out: formulas are printed from the expressions that are checked. A step stands if two roads agree "
        "on it: one symbolic, the other exact or ball arithmetic at random points, or a run of the "
        "optimizer's own "
        f"definition. What is new, or contradicts a published statement, is on [a page of its own]({NEWS}).\n\n"
        + rows
        + "\n"
    )


def _news(chains: Sequence[Chain]) -> str:
    parts = [
        "# New results, and results that contradict published statements",
        "Published statements are quoted as reconstructed from reviews and summaries of arXiv 2510.26303; "
        "the text of the paper was not at hand.",
    ]
    for each in chains:
        if each.news:
            parts += [
                f"## [{_betas(each.title)}]({each.name}.md)",
                "\n".join(f"- {_math(line)}" for line in each.news),
                f"Source: {_betas(each.source)}. Reproduce with `marginproof derive {each.name}`.",
            ]
    return "\n\n".join(parts) + "\n"


def _measurement(m: Measured) -> str:
    verdict = "" if m.agrees else " **They differ.**"
    return (
        f"- {_betas(m.quantity)}: predicted {m.predicted}, measured {m.measured} ± {m.uncertainty} "
        f"({m.digits} digits, {_betas(m.over)}).{verdict}"
    )


def _road(passed: bool, how: str) -> str:
    text = f"`{how}`" if "**" in how or "_" in how else how
    return text if passed else f"**fails**, {text}"


def _betas(text: str) -> str:
    """Names such as beta_1 in plain text, so that no underscore is read as emphasis."""
    return text.replace("_", r"\_") if "$" not in text else text


def _math(text: str) -> str:
    return _INLINE.sub(r"$`\1`$", text)

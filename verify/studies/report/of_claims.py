"""The page of claims: what each says, and what its word rests on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from verify.ask.claims import ClaimAnswer, answer_of, verify
from verify.evidence import Verdict
from verify.studies.report.page import Html, document, html, link, paragraph, section, table, terms

# Meanings of the words, and what a reader should not conclude from them.
_WORDS = {str(word): word.meaning for word in Verdict}


def claims_page(claims: Sequence[str] | None, progress: Callable[..., None], profile: str = "quick") -> str:
    """The page of these claims, or of all, by their words."""
    found = [answer_of(result) for result in verify(claims, profile, progress)]
    order = list(_WORDS)
    found.sort(key=lambda claim: (order.index(claim.verdict), claim.id))
    counts = Counter(claim.verdict for claim in found)
    surprising = [claim.id for claim in found if not claim.ok]
    said = f"Not as expected: {', '.join(surprising)}." if surprising else "All as expected."
    rows = [
        [
            link(f"#c-{claim.id}", claim.id),
            claim.found["title"],
            claim.verdict,
            "known to be false" if claim.found["expected"] == "fails" else "",
            "" if claim.ok else "not as expected",
        ]
        for claim in found
    ]
    title = "Claims by evidence" if claims is None else found[0].found["title"]
    return document(
        title,
        paragraph(f"{len(found)} claim{'s' * (len(found) != 1)}, profile {profile}. {said}"),
        terms((f"{word} ({counts[word]})", _WORDS[word]) for word in order if counts[word]),
        *([table(["claim", "what it says", "word", "kind", ""], rows)] if claims is None else []),
        *map(_claim, found),
    )


def _claim(claim: ClaimAnswer) -> Html:
    clauses = []
    for clause in claim.clauses:
        clauses.append(paragraph(Html(f"<strong>{html(clause.verdict)}</strong>: {html(clause.text)}")))
        if clause.hypotheses:
            clauses.append(paragraph(f"If {'; '.join(clause.hypotheses)}."))
        clauses.append(
            table(["evidence", "of what", "what was seen"], [(e[0], e[1], e[2]) for e in clause.evidence])
        )
    heading = Html(f'<span id="c-{html(claim.id)}">{html(claim.id)}: {html(claim.found["title"])}</span>')
    return section(
        heading,
        terms([("source", claim.found["source"]), ("word", f"{claim.verdict}{'' if claim.ok else ', not as expected'}"),
               ("statement", claim.statement)]),
        *clauses,
    )  # fmt: skip

"""The page of one data set: its facts and margins, where each optimizer goes and how that is known, and what number
formats leave of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import starmap
from typing import Any

from verify.ask.diagnosis import diagnose
from verify.ask.margin import MaxMargin, margin
from verify.ask.optimizers import optimizer_of
from verify.ask.prediction import Limits, predict
from verify.ask.words import decimals, rows_text
from verify.data import Dataset, Facts, facts, load
from verify.data.reading import without_free_intercept
from verify.errors import BadInput, Undecided
from verify.evidence import Verdict
from verify.margins import NORMS
from verify.numbers.formats import FORMATS
from verify.numbers.linear.angles import degrees
from verify.optimizers.rules import RULES
from verify.studies.report.page import Html, document, folded, html, paragraph, section, table, terms
from verify.studies.report.plots import bars

# Bars are drawn of this many features, those with the largest entries.
DRAWN = 12

# Optimizers beside the defaults of the rules: the full batch, where a rule has batches.
FULL = ("adam",)

# The optimizer and the steps by which formats are diagnosed.
FORMAT_OPTIMIZER, FORMAT_STEPS = "adam", 2000

Progress = Callable[..., None]
Question = tuple[str, dict[str, Any]]


def data_page(source: str, progress: Progress, **reading: Any) -> str:
    """The page of the data that a text names, read as `verify.data.load` does. Raises BadInput where they cannot be
    read, or are not separable."""
    data = without_free_intercept(load(source, **reading))
    progress(0, "facts")
    known = facts(data)
    if not known.separable:
        raise BadInput(f"{data.name}: the rows are not separable, so no optimizer has a limit to report")
    margins = {str(norm): margin(data, norm) for norm in NORMS}
    questions: list[Question] = [(name, {}) for name in RULES]
    questions += [(name, {"batch_size": "full"}) for name in FULL]
    answers: list[tuple[str, Limits | str]] = []
    for number, (name, choices) in enumerate(questions):
        called = f"{name}, full batch" if choices else name
        progress(number, called)
        answers.append((called, _asked(data, name, choices)))
    found = {name: answer for name, answer in answers if isinstance(answer, Limits) and answer.limits}
    refused = [(name, answer) for name, answer in answers if isinstance(answer, str)]
    none = [
        (name, answer.note) for name, answer in answers if isinstance(answer, Limits) and not answer.limits
    ]
    progress(len(questions), "number formats")
    return document(
        f"{data.name}: {data.n} rows in {data.d} dimensions",
        terms(_facts(data, known)),
        section("Max margins", _margins(margins)),
        section("Where optimizers go", *_overview(data, found, margins)),
        *starmap(_limits, found.items()),
        *(
            [section("No limit was found", table(["optimizer", "why"], [*none, *refused]))]
            if none or refused
            else []
        ),
        section("Number formats", *_formats(data)),
        section("What the words mean", terms((str(word), word.meaning) for word in Verdict)),
    )


def _asked(data: Dataset, name: str, choices: dict[str, Any]) -> Limits | str:
    try:
        return predict(data, optimizer_of(name, **choices), steps=0, margins="none")
    except (BadInput, Undecided) as error:
        return str(error)


def _facts(data: Dataset, known: Facts) -> list[tuple[str, Any]]:
    def yes(holds: bool) -> str:
        return "yes" if holds else "no"

    zeros = (
        f"no: {len(known.zeros)} are 0, the first x_{known.zeros[0][0]}[{known.zeros[0][1]}]"
        if known.zeros
        else "yes"
    )
    return [
        ("separable", "yes, exactly"),
        ("rank", known.rank),
        ("all entries nonzero, as the paper assumes", zeros),
        ("scaled Rademacher", yes(known.scaled_rademacher)),
        ("shifted diagonal", yes(known.shifted_diagonal)),
        ("equal rows", "; ".join(map(rows_text, known.duplicates)) or "none"),
        ("read", "; ".join(data.origin.notes) or "as given"),
        ("digest of the rows", Html(f"<code>{data.digest()}</code>")),
    ]


def _margins(margins: dict[str, MaxMargin]) -> Html:
    rows = [
        [
            norm,
            float(found),
            "unique" if found.unique else "not unique",
            str(found.evidence),
            rows_text(found.support),
        ]
        for norm, found in margins.items()
    ]
    return table(["norm", "margin", "maximizer", "evidence", "support rows"], rows)


def _overview(data: Dataset, found: dict[str, Limits], margins: dict[str, MaxMargin]) -> list[Html]:
    rows = []
    for name, answer in found.items():
        angles = [degrees(answer.limits[0].direction, m.found.unit()) for m in margins.values()]
        rows.append([name, len(answer.limits), str(answer.word), *map(float, angles)])
    headings = ["optimizer", "limits", "word", *(f"degrees to {norm}" for norm in margins)]
    columns = {norm: m.found.unit() for norm, m in margins.items() if norm != "l1"}
    columns |= {
        name: answer.limits[0].direction for name, answer in found.items() if name in ("adam", "adam-proxy")
    }
    order = sorted(range(data.d), key=lambda k: -max(abs(float(column[k])) for column in columns.values()))[
        :DRAWN
    ]
    entries = {name: [float(column[k]) for k in order] for name, column in columns.items()}
    text = f"Directions of unit l2 norm by feature: {', '.join(columns)}; the numbers are in the tables of this page"
    left = (
        []
        if len(order) == data.d
        else [paragraph(f"The {len(order)} largest of {data.d} features are drawn.")]
    )
    return [table(headings, rows), bars([data.columns[k] for k in order], entries, text), *left]


def _limits(name: str, answer: Limits) -> Html:
    hypotheses = [
        [each.text, {True: "yes", False: "no", None: "not known"}[each.holds], each.how]
        for each in answer.hypotheses
    ]
    rows = [
        [
            str(number),
            limit.stability,
            str(limit.evidence),
            rows_text(limit.support),
            ", ".join(decimals(limit.direction[:DRAWN])),
        ]
        for number, limit in enumerate(answer.limits)
    ]
    complete = (
        "These are all of which it speaks." if answer.complete else "That there are no others is not proved."
    )
    return section(
        f"{name}: {answer.word}",
        paragraph(f"{answer.statement[:1].upper()}{answer.statement[1:]}. {complete}"),
        table(["limit", "stability", "evidence", "support rows", "direction"], rows),
        folded(
            f"what it rests on: {len(hypotheses)} hypotheses",
            table(["hypothesis", "holds", "known how"], hypotheses),
        ),
    )


def _formats(data: Dataset) -> list[Html]:
    opt, rows = optimizer_of(FORMAT_OPTIMIZER), list[Sequence[Any]]()
    for name in FORMATS:
        try:
            report = diagnose(data, opt, name, steps=FORMAT_STEPS)
        except (BadInput, Undecided) as error:
            rows.append([name, "", "", str(error)])
            continue
        events = [_step(report.first_underflow_step), _step(report.first_nonfinite_step)]
        rows.append([name, *events, html(report.recommendation)])
    note = f"{FORMAT_OPTIMIZER}, {FORMAT_STEPS} steps from w_0 = 0 in each format: measured."
    return [paragraph(note), table(["format", "first underflow", "first not finite", "what to do"], rows)]


def _step(step: int | None) -> Any:
    return "none" if step is None else (f"step {step}", step)

"""How results read on a terminal. JSON has everything; a table has what a person compares.

Engines are imported late: they take a second, which no bad input should wait for.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from verify.data import Dataset
from verify.data.facts import zero_entries
from verify.evidence import Verdict

if TYPE_CHECKING:
    from properties.claim import Found
    from properties.hunt import Hunt
    from verify.claims import Result
    from verify.compare import Vector
    from verify.diagnose import Diagnosis
    from verify.game import Prediction
    from verify.game.companion import Simulated
    from verify.margins import MahalanobisMargin, Margin, Norm
    from verify.simulate import Simulation

# How a hypothesis begins its line.
HOLDS = {True: "given", False: "NOT so", None: "not known"}
# As many entries of a direction as a line holds.
SHOWN = 6
# As many rows of a table of entries as a screen holds; JSON has them all.
SHOWN_ENTRIES = 20
# As many characters of a hunt's find as a person reads.
MOST_CHARACTERS = 1000


def vector(u: Vector, most: int = SHOWN) -> str:
    """The first entries of a vector."""
    entries = ", ".join(f"{entry:+.6f}" for entry in u[:most])
    return f"({entries}{', ...' if len(u) > most else ''})"


def rows_text(support: tuple[int, ...], most: int = 12) -> str:
    """Row numbers, the first few."""
    return ", ".join(map(str, support[:most])) + (f", ... ({len(support)})" if len(support) > most else "")


def title(data: Dataset) -> str:
    """Name and shape of a data set."""
    return f"[bold]{escape(data.name)}[/bold]: {data.n} row{'s' * (data.n != 1)} x {data.d}"


def prediction_json(
    prediction: Prediction,
    margins: Mapping[Norm, Margin],
    run: Simulated | None = None,
    suited: Simulated | None = None,
) -> dict[str, Any]:
    """The prediction in full, with the comparison under a key of its own."""
    from verify.compare import misalignment

    document = prediction.to_json()
    document["cautions"] = cautions(prediction.dataset, prediction.complete)
    document["comparison"] = {
        "one_minus_cos": {
            norm: [misalignment(limit.direction, m.unit()) for limit in prediction.limits]
            for norm, m in margins.items()
        },
        "max_margin_unique": {norm: m.unique for norm, m in margins.items()},
        "simulation": None if run is None else run.to_json(),
        "simulation_suited": None if suited is None else suited.to_json(),
    }
    return document


def show_prediction(
    console: Console,
    prediction: Prediction,
    margins: Mapping[Norm, Margin],
    run: Simulated | None = None,
    suited: Simulated | None = None,
) -> None:
    """Print one row a limit: where it points, what carries it, and how far it is from each max margin."""
    from verify.compare import misalignment

    opt, data = prediction.optimizer, prediction.dataset
    batch = "full batch" if opt.full_batch(data.n) else f"batch size {opt.batch(data.n)}, {opt.order}"
    betas = "".join(f", {name} = {float(opt.values[name]):g}" for name in opt.rule.betas)
    console.print(f"{title(data)}; {opt.rule.name}, {batch}{betas}")
    table = Table()
    for heading in ("limit", "direction (unit l2 norm)", "support rows", "slack", "stability", "evidence"):
        table.add_column(heading, overflow="fold")
    for norm in margins:
        table.add_column(f"1-cos to {norm}", justify="right")
    for number, limit in enumerate(prediction.limits):
        table.add_row(
            str(number),
            vector(limit.direction),
            rows_text(limit.support),
            "-" if np.isinf(limit.slack) else f"{limit.slack:.2e}",
            limit.stability,
            str(limit.evidence),
            *(
                f"{misalignment(limit.direction, m.unit()):.2e}" + ("" if m.unique else "*")
                for m in margins.values()
            ),
        )
    if prediction.limits:
        console.print(table)
    if prediction.limits and any(not m.unique for m in margins.values()):
        console.print("* the maximizer is not unique: the distance is to one of them")
    for number, limit in enumerate(prediction.limits):
        if limit.decimals:
            known = "certified " if limit.evidence is Verdict.CERTIFIED else ""
            console.print(f"limit {number}, each entry {known}to one unit of its last place:")
            console.print("  " + "\n  ".join(limit.decimals))
        elif limit.radius is not None:
            console.print(f"limit {number} is within {limit.radius:.1e} of the direction, in l2 norm")
        if limit.note:
            console.print(escape(f"limit {number}: {limit.note}"))
    if prediction.note:
        console.print(escape(prediction.note))
    console.print(escape(f"{prediction.word}: {prediction.statement}"))
    for given in sorted(prediction.hypotheses, key=lambda given: given.holds is True):
        console.print(escape(f"  {HOLDS[given.holds]}: {given.text} ({given.how})"))
    for caution in cautions(data, prediction.complete):
        console.print(escape(caution))
    console.print(
        "complete: " + ("these are all" if prediction.complete else "no: other equilibria are not excluded")
    )
    steps = prediction.enclosed_steps
    if steps is not None or (any(prediction.start) and prediction.from_start is not Verdict.UNDECIDED):
        if steps is not None:
            how = f"certified: enclosed in {steps} steps, until it is where it cannot leave"
        elif prediction.from_start is Verdict.CERTIFIED:
            how = "every start does, certified"
        else:
            how = "measured: the flow in float64"
        moments = ", moments that have settled" if opt.rule.betas else ""
        console.print(
            f"from w_0 = {start_text(prediction)} the flow (vanishing steps{moments}) goes to limit 0 ({how})"
        )
    if not margins:
        console.print("the max margins were not solved for (--margins all does)")
    for each in (run, suited):
        if each is not None:
            console.print(simulation_text(each, prediction))


def cautions(data: Dataset, complete: bool) -> list[str]:
    """Which hypotheses of the theory the data violate, and what still holds of a list of limits."""
    zeros = zero_entries(data)
    if not zeros:
        return []
    i, k = zeros[0]
    return [
        f"x_{i}[{k}] = 0 ({len(zeros)} such entries): the paper assumes none. A coordinate that sees no gradient "
        "does not move, each coordinate keeps its own scale, and U(c) jumps where all weights on one vanish"
        + ("" if complete else ": equilibria there are not searched for, and a limit on a face may be missed")
    ]


def start_text(prediction: Prediction) -> str:
    """w_0 as a person writes it."""
    return f"({', '.join(map(str, prediction.start))})" if any(prediction.start) else "0"


def simulation_text(run: Simulated, prediction: Prediction) -> str:
    """What a simulation says of the prediction, in a sentence."""
    from verify.game.companion import ENDLESS

    sizes = "a constant step size" if run.decay == 0 else f"step sizes lr (t + 2)^-{run.decay:g}"
    whose = " that suits the data" if run.decay == 0 else " that suit the data"
    head = (
        f"simulation from w_0 = {start_text(prediction)}, {sizes}{whose if run.suited else ''}, lr = {run.lr:.3g}: "
        f"{run.steps} steps to tau = {run.tau:.3g}; 1 - cos of w_T - w_(T/2) to limit {run.nearest} is "
        f"{run.misalignment:.1e}"
    )
    if run.agrees:
        unknown = "" if run.needed is not None else "; whether it has settled is not known"
        return f"{head} (agrees: below {run.allowed:.0e}{unknown})"
    if run.noisy:
        return (
            f"{head}, with a standard error of {run.standard_error:.0e}: too much to tell whether it agrees, which "
            f"would have to be below {run.allowed:.0e}"
        )
    if run.needed is None:
        return f"{head}: not there yet, or not agreement; how many steps it would need to settle is not known"
    if run.steps < run.needed:
        about = "more than" if run.needed == ENDLESS else "about"
        return f"{head}: it got no farther, since it would need {about} {run.needed:.0e} steps to settle"
    if prediction.limits[run.nearest].stability != "attracting":
        return f"{head}; a limit that is not known to attract may be approached slower than exponentially"
    if not run.contradicts and prediction.optimizer.rule.degree == 0:
        return f"{head}, which is not agreement; its last steps are still so coarse that they may turn it by as much"
    constant = run.decay == 0 and not run.suited
    return f"{head}, which is not agreement" + (
        ": the limits are those of vanishing steps, and these do not vanish" if constant else ""
    )


_STYLE = {Verdict.REFUTED: "red", Verdict.UNDECIDED: "yellow"}


def _clause(found: Found) -> str:
    """A clause: its word, what it says, under which hypotheses, and the evidence."""
    hypotheses = "; ".join(each.text for each in found.clause.hypotheses)
    lines = [f"[bold]{found.verdict}[/bold]: {escape(found.clause.text)}"]
    if hypotheses:
        lines.append(escape(f"  if {hypotheses}"))
    return "\n".join([*lines, *(escape(f"  {e.kind}: {e.detail} [on {e.scope}]") for e in found.evidence)])


def show_claims(results: Sequence[Result], console: Console) -> None:
    """Print one row a claim: what was claimed, by whom, the verdict, and what it rests on, clause by clause."""
    table = Table(show_lines=True, expand=True)
    for heading, ratio in (("claim", 3), ("source", 2), ("verdict", 1), ("evidence", 5), ("seconds", None)):
        table.add_column(
            heading, ratio=ratio, justify="right" if heading == "seconds" else "left", overflow="fold"
        )
    for result in results:
        verdict = result.verdict
        style = (
            "green" if result.as_expected and verdict is not Verdict.UNDECIDED else _STYLE.get(verdict, "red")
        )
        note = "" if result.as_expected else " (unexpected)"
        expected = " (as it should be)" if result.claim.expected == "fails" and result.as_expected else note
        table.add_row(
            f"[bold]{result.claim.id}[/bold]\n{escape(result.claim.title)}",
            escape(result.claim.source),
            f"[{style}]{verdict}[/{style}]{expected}",
            "\n".join(_clause(found) for found in result.clauses),
            f"{result.seconds:.1f}",
        )
    console.print(table)
    surprising = [result.claim.id for result in results if not result.as_expected]
    used = [word for word in Verdict if any(result.verdict is word for result in results)]
    console.print("; ".join(f"{word}: {word.meaning}" for word in used))
    console.print(
        f"{len(results)} claims: "
        + (f"not as expected: {', '.join(surprising)}" if surprising else "all as expected")
    )


def show_margin(console: Console, found: Margin | MahalanobisMargin) -> None:
    """Print a margin and its maximizer in a few lines."""
    console.print(title(found.data))
    console.print(f"{found.norm} max margin {found.margin:.15g} ({found.exactness()}), {found.evidence}")
    console.print(
        f"attained at {vector(found.unit())} (unit l2 norm), support rows {rows_text(found.support)}"
    )
    console.print(
        "the maximizer is unique"
        if found.unique
        else f"the maximizer is not unique: the maximizers fill a face of dimension {len(found.face)}"
    )


def show_simulation(console: Console, run: Simulation) -> None:
    """Print where a run is after its last step, and in which direction it moved over the second half."""
    digits = f", {run.digits} digits, {run.bits} bits" if run.digits else ""
    console.print(f"{run.steps} steps in {run.arithmetic}{digits}; least margin {run.min_margin}")
    if run.digits_known is not None and run.digits and run.digits_known < run.digits:
        console.print(
            f"{run.digits_known} of {run.digits} digits are known: runs at two precisions agree on no more, and "
            "at higher ones the run would take too long"
        )
    table = Table()
    columns = ["k", "w_T", *(["radius"] if run.radius else []), "direction of w_T", "of w_T - w_(T/2)"]
    for heading in columns:
        table.add_column(heading, justify="right", overflow="fold")
    radius = [run.radius] if run.radius else []
    entries = zip(run.weights, *radius, run.direction, run.increment_direction, strict=True)
    for k, row in enumerate(entries):
        if k == SHOWN_ENTRIES:
            table.add_row("...", *["..."] * (len(columns) - 1))
            break
        table.add_row(str(k), *(str(entry) for entry in row))
    console.print(table)


def show_diagnosis(console: Console, found: Diagnosis) -> None:
    """Print what became of a run in a number format: events, correct digits by step, and the advice."""
    eps = "" if found.eps == "0" else f", eps = {found.eps}"
    console.print(
        f"[bold]{escape(found.dataset)}[/bold]: {found.optimizer} in {found.dtype}{eps}, {found.steps} steps"
    )
    ended = found.first_nonfinite_step
    small = found.first_underflow_step
    if small is not None or found.predicted_underflow_step is not None:
        foreseen = found.predicted_underflow_step
        lasting = min(found.underflow_since.values(), default=None)
        if small is not None:
            ends = "" if ended is not None else _until(small, lasting)
            line = f"step {small}{ends}" + ("" if foreseen is None else f" (predicted: step {foreseen})")
        elif ended is not None and foreseen is not None and ended <= foreseen:
            line = f"the run is not finite before it (the exact run's: step {foreseen})"
        else:
            line = f"not seen (predicted: step {foreseen})"
        console.print(f"first underflow of m, v or the update: {line}")
    for state, beta in found.decays.items():
        step, foreseen = found.frozen.get(state), found.predicted_frozen.get(state)
        if step is not None or (foreseen is not None and (ended is None or foreseen < ended)):
            seen = "not seen" if step is None else f"from step {step} on"
            told = "" if foreseen is None else f" (predicted: step {foreseen})"
            console.print(f"{state} stands still: {seen}{told}")
        elif state in found.cannot_fall and ended is None:
            console.print(
                f"{state} cannot fall: 1 - {beta} is below half a unit of {found.dtype}'s last place"
            )
    for event, seen_step in (
        ("first nan or infinity", ended),
        ("w stands still, or most of it", found.first_stalled_step),
        ("last move of w", found.last_move if found.first_stalled_step is not None else None),
        (f"{found.called['root']} < eps everywhere", found.eps_step),
    ):
        if seen_step is not None:
            console.print(f"{event}: step {seen_step}")
    reach = found.reach.get(found.dtype)
    if reach is not None and reach.margin is not None:
        how = "by formula" if reach.step is None else f"at step {reach.step} of the exact run"
        console.print(f"underflow lasts from margin {reach.margin:.4g} on, {how}")
    table = Table()
    headings = ("step", "correct digits", "exact run's margin", "this run's margin")
    for heading in (*headings, *(["wrong signs"] if found.wrong_signs else [])):
        table.add_column(heading, justify="right")
    signs = dict(found.wrong_signs or ())
    rows = list(zip(found.digits, found.margins, found.run_margins, strict=True))
    shown = rows[::4] if rows[-1] in rows[::4] else [*rows[::4], rows[-1]]
    for (step, digits), (_, exact), (_, here) in shown:
        wrong = [str(signs[step])] if found.wrong_signs else []
        both = ["nan" if margin is None else f"{margin:.4g}" for margin in (exact, here)]
        table.add_row(str(step), f"{digits:.1f}", *both, *wrong)
        if here is None:
            break  # nothing comes back from there
    console.print(table)
    console.print(escape(found.recommendation))


def _until(first: int, lasting: int | None) -> str:
    """What becomes of an underflow that began in some step."""
    if lasting is None:
        return ", not to the end"
    return ", to the end" if lasting == first else f", and from step {lasting} to the end"


def show_hunt(console: Console, hunt: Hunt, files: Sequence[Path], reproduce: str) -> None:
    """Print what a hunt found, what was verified of it, and how to see it again; or that it found nothing."""
    from properties.found import sentence
    from properties.registry import claim_and_properties

    found, claim = hunt.found, claim_and_properties(hunt.claim)[0]
    console.print(f"[bold]{escape(claim.id)}[/bold]: {escape(claim.title)}")
    console.print(f"{sentence(hunt)}, seed {hunt.seed}", soft_wrap=True)
    if found is None:
        console.print("That none was found does not say that there is none.")
        return
    case = repr(found.case)
    shown = (
        case
        if len(case) <= MOST_CHARACTERS
        else f"{found.case.data.n} rows x {found.case.data.d}" + (f", in {files[0]}" if files else "")
    )
    console.print(f"  {escape(shown)}", soft_wrap=True)
    console.print(f"  {escape(found.judgement.detail)}", soft_wrap=True)
    for e in found.confirmed.evidence:
        console.print(escape(f"{e.kind}: {e.scope}: {e.detail}"), soft_wrap=True)
    console.print(
        "refuted (as it should be)"
        if claim.expected == "fails"
        else "refuted: suspect the code, then the precision, then the hypotheses, then the claim"
    )
    if files:
        data, *certificates = (shlex.quote(str(file)) for file in files)
        command = f"marginproof check {' '.join(certificates)} --data {data}"
        console.print(f"check: {escape(command)}", soft_wrap=True)
    console.print(f"again: {escape(reproduce)}", soft_wrap=True)

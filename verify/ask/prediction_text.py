"""How a prediction reads: a paragraph a limit, with its direction by features; then what it rests on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from verify.ask.words import apart, cautions, decimals, origin, rows_text, settings, shape
from verify.console import Page
from verify.data import Dataset
from verify.evidence import Verdict
from verify.game import Limit, Prediction
from verify.game.companion import Simulated
from verify.game.order_effect import OrderEffect
from verify.game.result import Metric, Tail
from verify.game.standing import ENDLESS
from verify.margins import Margin, Norm
from verify.numbers.formula import short
from verify.optimizers.optimizer import Optimizer
from verify.optimizers.watch import second_degree

# How a hypothesis begins its line.
HOLDS = {True: "given", False: "NOT so", None: "not known"}


def show_prediction(
    page: Page,
    prediction: Prediction,
    margins: Mapping[Norm, Margin],
    runs: Sequence[Simulated] = (),
    order: OrderEffect | None = None,
) -> None:
    """Print each limit: where it points, what carries it, and how far it is from each max margin."""
    opt, data = prediction.optimizer, prediction.dataset
    page.head(data.name, f"{shape(data)}; {settings(opt, data)}")
    origin(page, data)
    for number, limit in enumerate(prediction.limits):
        _show_limit(page, number, limit, data, margins)
    if prediction.limits and any(not m.unique for m in margins.values()):
        page.say("* the maximizer is not unique: the distance is to one of them")
    if prediction.note:
        page.say(prediction.note)
    if prediction.tail is not None:
        page.say(tail_text(prediction.tail, prediction.optimizer))
    page.say(f"{prediction.word}: {prediction.statement}")
    for given in sorted(prediction.hypotheses, key=lambda given: given.holds is True):
        page.say(f"{HOLDS[given.holds]}: {given.text} ({given.how})", 2)
    for caution in cautions(data, prediction.complete):
        page.say(caution)
    if order is not None and order.warning:
        page.say(order.warning)
    loss = " where the loss goes to zero; where it rises there may be others" if prediction.growing else ""
    page.say(
        "complete: "
        + (f"these are all{loss}" if prediction.complete else "no: other equilibria are not excluded")
    )
    if own := run_text(prediction):
        page.say(own)
    if flow := flow_text(prediction):
        page.say(flow)
    if not margins:
        page.say("the max margins were not solved for (--margins all does)")
    for run in runs:
        page.say(simulation_text(run, prediction))


def _show_limit(page: Page, number: int, limit: Limit, data: Dataset, margins: Mapping[Norm, Margin]) -> None:
    slack = "" if np.isinf(limit.slack) else f", slack {limit.slack:.2e}"
    rows = f"support row{'s' * (len(limit.support) != 1)} {rows_text(limit.support, data)}"
    page.say(f"limit {number}: {limit.stability}, {limit.evidence}; {rows}{slack}")
    for depth, (below, _) in enumerate(limit.levels, 2):
        page.say(
            f"level {depth}: rows {rows_text(below, data)}, whose weights vanish, decide what rows above do not see",
            2,
        )
    if limit.growth is not None:
        radius = limit.spectral_radius
        page.say(
            ("" if limit.iterate is not None else f"margins grow by r = {limit.growth:.12g} a step; ")
            + "spectral radius of an epoch "
            + ("not known" if radius is None else f"{radius:.9g}"),
            2,
        )
    if limit.metric is not None:
        page.say(metric_text(limit.metric), 2)
    if limit.decimals:
        known = "certified " if limit.evidence is Verdict.CERTIFIED else ""
        page.say(f"direction, of unit l2 norm, {known}to one unit of each last place:", 2)
        values = [text if text.startswith("-") else f"+{text}" for text in limit.decimals]
    else:
        within = "" if limit.radius is None else f", within {limit.radius:.1e} in l2 norm"
        page.say(f"direction, of unit l2 norm{within}:", 2)
        values = decimals(limit.direction)
    columns = {"entry": values}
    if limit.iterate is not None:
        heat = "" if limit.temperature is None else f" (temperature {limit.temperature:.6g})"
        page.say(f"and w itself{heat}:", 2)
        columns["w"] = decimals(limit.iterate)
    if limit.metric is not None:
        columns["metric"] = decimals(np.array(limit.metric.diagonal))
    page.entries(data.columns, columns, limit.direction)
    for norm, margin in margins.items():
        star = "" if margin.unique else "*"
        page.say(f"from the {norm} max margin: {apart(limit.direction, margin.unit(), star)}", 2)
    if limit.note:
        page.say(limit.note, 2)


def metric_text(metric: Metric) -> str:
    """What was measured of the metric, and the margin in it."""
    return (
        f"the max margin, {metric.margin:.6g}, in the norm sqrt(sum metric_k w_k^2): a run of {metric.steps} steps "
        f"ends with that metric, known to a share of {metric.error:.1e}, to which the direction is known in that norm"
    )


def tail_text(tail: Tail, opt: Optimizer) -> str:
    """What takes over as gradients vanish, and when."""
    formula = short(tail.optimizer.rule.program.update)
    said = f"as gradients vanish the update tends to u = {formula}, of which the limits are"
    if tail.hand_over is None:
        return said
    about = "about step" if tail.hand_over.foretold else "step"
    return (
        f"{said}; with these step sizes and w_0, {_divisor(opt)} from {about} {tail.hand_over.step} on, "
        f"least margin {tail.hand_over.margin:.4g}"
    )


def _divisor(opt: Optimizer) -> str:
    last = opt.rule.states[-1].name
    if opt.rule.matrix:
        return f"the norm of {last} is below eps"
    root = f"sqrt({last})" if second_degree(opt.rule) == 2 else last
    return f"{root} is below eps in half of the coordinates"


def flow_text(prediction: Prediction) -> str:
    """Where the flow from w_0 goes and how that is known, if there is anything to say of it."""
    steps = prediction.enclosed_steps
    if steps is not None:
        how = (
            f"{prediction.from_start}: enclosed in balls, in {steps} steps, until it is where it cannot leave"
        )
    elif not any(prediction.start) or prediction.from_start is Verdict.UNDECIDED:
        return ""
    elif prediction.from_start is Verdict.CERTIFIED:
        how = "every start does, certified"
    else:
        how = "measured: the flow in float64"
    moments = ", moments that have settled" if prediction.optimizer.rule.betas else ""
    return f"from w_0 = {start_text(prediction)} the flow (vanishing steps{moments}) goes to limit 0 ({how})"


def run_text(prediction: Prediction) -> str:
    """Where the run from w_0 goes, if that was asked."""
    run, opt = prediction.run, prediction.optimizer
    if run is None:
        return ""
    steps = f"from w_0 = {start_text(prediction)} the run itself, eta_t = {opt.lr} (t + 2)^-{opt.decay},"
    if run.document is None:
        return f"{steps} is not shown to go to limit 0 (undecided: {run.why})"
    return f"{steps} goes to limit 0 (certified: from step {run.step} on it is where it cannot leave)"


def start_text(prediction: Prediction) -> str:
    """w_0 as a person writes it."""
    return f"({', '.join(map(str, prediction.start))})" if any(prediction.start) else "0"


def simulation_text(run: Simulated, prediction: Prediction) -> str:
    """What a simulation says of the prediction, in a sentence."""
    sizes = "a constant step size" if run.decay == 0 else f"step sizes lr (t + 2)^-{run.decay:g}"
    whose = " that suits the data" if run.decay == 0 else " that suit the data"
    moved = "w_T" if prediction.optimizer.decays else "w_T - w_(T/2)"
    head = (
        f"simulation from w_0 = {start_text(prediction)}, {sizes}{whose if run.suited else ''}, lr = {run.lr:.3g}: "
        f"{run.steps} steps to tau = {run.tau:.3g}; 1 - cos of {moved} to limit {run.nearest} is "
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
    nearest = prediction.limits[run.nearest]
    if nearest.growth is not None and nearest.stability == "repelling":
        return f"{head}: that wave repels, and the run is elsewhere"
    if run.needed is None:
        return f"{head}: not there yet, or not agreement"
    if run.steps < run.needed:
        about = "more than" if run.needed == ENDLESS else "about"
        return f"{head}: it got no farther, since it would need {about} {run.needed:.0e} steps to settle"
    if nearest.stability != "attracting":
        return f"{head}; a limit that is not known to attract may be approached slower than exponentially"
    if not run.contradicts and prediction.optimizer.rule.degree == 0:
        return f"{head}, which is not agreement; its last steps are still so coarse that they may turn it by as much"
    constant = run.decay == 0 and not run.suited and prediction.limits[0].growth is None
    return f"{head}, which is not agreement" + (
        ": the limits are those of vanishing steps, and these do not vanish" if constant else ""
    )

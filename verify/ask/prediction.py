"""Where does an optimizer go? The limits of its margin game, beside the max margins and runs of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from verify.ask.along import draw_along, phases_text, settling_text, show_standing
from verify.ask.answer import Answer, own_axes
from verify.ask.prediction_text import show_prediction
from verify.ask.values import point, rational, shown, whole
from verify.ask.words import cautions, rows_text
from verify.asked import shaped
from verify.certificate.writing import Document
from verify.conform.black_box import BlackBox
from verify.console import Page
from verify.data import Dataset
from verify.data.quasi import explained
from verify.drawers import require_one_of
from verify.errors import BadInput
from verify.game import Prediction
from verify.game import predict as limits_of
from verify.game.black_box.run import run_beside
from verify.game.companion import Simulated, after, own_phases, runs_beside, settling, with_hand_over
from verify.game.margins import Margins
from verify.game.order_effect import OrderEffect, order_effect
from verify.game.phases import Phase
from verify.game.smooth.enclosure_cost import BY_ITSELF
from verify.game.standing import Marks, Settling, Standing, flow_at, marks_of
from verify.margins import NORMS, Margin, Norm
from verify.margins.cost import affordable
from verify.numbers.linear.angles import degrees, misalignment
from verify.optimizers import Optimizer
from verify.optimizers.increments import increments
from verify.optimizers.trajectory import trajectory

# Three margins, the search for limits, the runs: stages by which progress is counted.
STAGES = len(NORMS) + 2


@dataclass(frozen=True, eq=False, repr=False)
class Limits(Answer):
    """The limit directions, the first the one from w_0 where that was found.

    ``limits`` have ``direction`` (d, unit l2 norm), ``support``, ``weights``, ``stability`` and ``evidence``; ``word``
    says how well the ``statement`` is known under the ``hypotheses``. ``margins`` are those that were solved for, by
    norm, ``runs`` what simulations from w_0 did, and ``order`` what the order of the rows does to rules that remember.
    ``at`` is where the user's own run stands at its end, ``phases`` those it goes through, ``settling`` how long it
    takes to settle near the first limit.
    """

    found: Prediction
    margins: dict[Norm, Margin] = field(default_factory=dict)
    runs: tuple[Simulated, ...] = ()
    order: OrderEffect | None = None
    at: tuple[Standing, ...] = ()
    phases: tuple[Phase, ...] = ()
    settling: Settling | None = None
    marks: Marks | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The features."""
        return self.found.dataset.columns

    @property
    def contradicted(self) -> bool:
        """Whether a run with the user's own steps could have settled, and went to none of the limits."""
        return bool(self.runs) and self.runs[0].contradicts

    def certificate(self) -> Document:
        """The proof of the certified limits, for the checker. Raises BadInput where nothing is certified."""
        from verify.game.proof import prediction_certificate

        return prediction_certificate(self.found, Margins(self.found.dataset))

    def run_certificate(self) -> Document:
        """The proof that the run from the start that was asked for goes to the first limit. Raises BadInput where
        there is none."""
        run = self.found.run
        if run is None or run.document is None:
            why = "start: none is given" if run is None else run.why
            raise BadInput(f"certificate: the run is not shown to go to a limit: {why}")
        return dict(run.document)

    def to_dict(self) -> dict[str, Any]:
        """The prediction in full, with the comparison under a key of its own."""
        document = self.found.to_json() | shaped(self.found.dataset)
        document["cautions"] = cautions(self.found.dataset, self.found.complete)
        document["order"] = None if self.order is None else self.order.to_json()
        document["at"] = [each.to_json() for each in self.at]
        document["phases"] = [each.to_json() for each in self.phases]
        document["settling"] = None if self.settling is None else self.settling.to_json()
        run, suited = (*self.runs, None, None)[:2]

        def held(measure: Callable[..., float]) -> dict[str, list[float]]:
            return {
                norm: [measure(limit.direction, m.unit()) for limit in self.found.limits]
                for norm, m in self.margins.items()
            }

        document["comparison"] = {
            "one_minus_cos": held(misalignment),
            "degrees": held(degrees),
            "max_margin_unique": {norm: m.unique for norm, m in self.margins.items()},
            "simulation": None if run is None else run.to_json(),
            "simulation_suited": None if suited is None else suited.to_json(),
        }
        return document

    def show(self, page: Page) -> None:
        show_prediction(page, self.found, self.margins, self.runs, self.order)
        show_standing(page, self.at)
        if self.phases:
            page.say(phases_text(self.phases))
        if self.settling is not None:
            page.say(settling_text(self.settling))

    def summary(self) -> str:
        found = self.found
        return (
            f"{found.optimizer.rule.name} on {found.dataset.name}: {len(found.limits)} "
            f"limit{'s' * (len(found.limits) != 1)}, {found.word}"
        )

    def table(self) -> tuple[Sequence[str], Sequence[Sequence[str]]]:
        limits = self.found.limits
        rows = [
            [name, *(f"{limit.direction[k]:+.6f}" for limit in limits)] for k, name in enumerate(self.names)
        ]
        rows += [
            ["support rows", *(rows_text(limit.support, self.found.dataset) for limit in limits)],
            ["stability", *(limit.stability for limit in limits)],
            ["evidence", *(str(limit.evidence) for limit in limits)],
        ]
        return ["feature", *(f"limit {number}" for number in range(len(limits)))], rows

    def plot(self, ax: Any = None) -> Any:
        """The directions of the limits, by features."""
        from verify.ask.bars import bars

        columns = {f"limit {i}, {each.stability}": each.direction for i, each in enumerate(self.found.limits)}
        return bars(own_axes(ax), self.names, columns, self.summary())

    def plot_run(self, ax: Any = None) -> Any:
        """The angles of the user's own run at T, T/2, T/4, ..., and where its phases begin."""
        prediction, last = self.found, self.at[0].step if self.at else None
        if self.marks is None or last is None:
            raise BadInput("plot_run: no run was made beside this prediction; steps=T makes one")
        steps = [last >> k for k in range(last.bit_length(), -1, -1)]
        run = trajectory(prediction.dataset.floats(), prediction.optimizer, steps, start=prediction.w_0)
        at = [
            each
            for k in range(1, len(steps))
            for each in self.marks.standing(steps[k], run.tau[k], run.weights[k], run.weights[k - 1])
        ]
        title = f"{prediction.optimizer.rule.name} on {prediction.dataset.name}, its run"
        return draw_along(own_axes(ax), at, self.phases, title)


@explained()
def predict(
    data: Dataset,
    opt: Optimizer,
    *,
    digits: Any = "auto",
    margins: Any = "auto",
    steps: Any = "auto",
    start: Any = None,
    work: Any = 1,
    progress: Callable[..., None] = lambda done, now="": None,
) -> Limits:
    """The limits of an optimizer, with what is asked for beside them; options as the command takes them."""
    count = None if steps in ("auto", None) else whole("steps", steps)
    w_0 = point("start", start, data.d)
    times = rational("work", work)
    if not 0 < times <= 10**6:
        raise BadInput(f"work={shown(work)} is not between 0 and 1e6")
    wanted = 30 if digits in ("auto", None) else whole("digits", digits, 0, 1000)
    require_one_of("margins", margins, ("all", "none", "auto"))
    if count is None:
        count = opt.schedule.end
    if count:
        opt = opt.until(count)
    if count != 0:
        opt.step_sizes(0, 1)  # refuses a schedule that nobody said the end of
    known, solved = Margins(data), dict[Norm, Margin]()
    if margins == "all" or (margins == "auto" and affordable(data)):
        for number, norm in enumerate(NORMS):  # first: these refuse data that are not separable
            progress(number, f"{norm} max margin")
            solved[norm] = known.of(norm)
    else:
        known.separator()
    progress(len(NORMS), "limits")
    prediction = limits_of(
        data, opt, start=w_0, digits=wanted, within=BY_ITSELF if digits in ("auto", None) else None,
        margins=known, work=float(times), progress=lambda now: progress(len(NORMS), now),
    )  # fmt: skip
    runs: list[Simulated] = []
    if count != 0 and prediction.tail is not None:
        progress(len(NORMS) + 1, "hand-over")
        prediction = with_hand_over(prediction)

    def simulated(step: int) -> None:
        progress(len(NORMS) + 1, f"simulation, step {step}")

    if count != 0 and prediction.limits and isinstance(opt.rule, BlackBox):
        runs = [run_beside(prediction, count, simulated)]
    elif count != 0 and prediction.limits:
        runs = runs_beside(prediction, count, simulated)
        prediction = after(prediction, runs[0])
    found = Limits(prediction, solved, tuple(runs), order_effect(data, opt, prediction.limits))
    if count == 0 or isinstance(opt.rule, BlackBox) or not (runs or count):
        return found
    progress(len(NORMS) + 1, "where the run stands")
    return _with_own_run(found, known, count)


def _with_own_run(found: Limits, known: Margins, steps: int | None) -> Limits:
    """The prediction with where the user's own run stands, of so many steps where nothing was predicted."""
    prediction, opt = found.found, found.found.optimizer
    data = prediction.dataset
    try:
        run = found.runs[0].run if found.runs else None
        if run is None:
            assert steps is not None
            run = increments(data.floats(), opt, steps, start=prediction.w_0)
        phases = own_phases(prediction, run.steps)
    except BadInput:  # a run that is not finite stands nowhere
        return found
    marks = marks_of(prediction, known, list(found.margins))
    if not opt.schedule.last:
        flow = flow_at(data, opt, prediction.start, run.tau, run.steps)
        marks = marks if flow is None else replace(marks, others={**marks.others, "flow": flow})
    at = marks.standing(run.steps, run.tau, run.weights, run.weights - run.direction)
    near = settling(prediction, 0) if prediction.limits else None
    return replace(found, at=tuple(at), phases=tuple(phases), settling=near, marks=marks)

"""Verifying a hit again, in exact and ball arithmetic, with certificates for ``marginproof check``.

What is certified is what the certificates say: the equilibria of the margin game, max margins, and where a
run is after so many steps. That an optimizer converges to an equilibrium of its game is theory; no finite run
certifies a limit, so what longer runs show is called measured.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from fractions import Fraction

import numpy as np

from properties.false_claims import PROXY, margin_ratio
from properties.property import Case
from verify.certificate import check_document
from verify.certificate.writing import Document
from verify.compare import Increments, hold_against_simulation, increments, misalignment
from verify.compare import Vector as Vector64
from verify.data import Dataset
from verify.errors import BadInput, Undecided
from verify.evidence import Evidence, Verdict
from verify.game import Prediction, predict
from verify.game.certify import equilibria_certificate
from verify.margins import Margin, Norm, max_margin
from verify.margins.certify import margin_certificate, separability_certificate
from verify.optimizers import Optimizer
from verify.simulate import Simulation, simulate
from verify.simulate.certify import iterate_certificate

Vector = tuple[Fraction, ...]

# Steps of a run in balls: their cost grows faster than the steps, as rounding errors do (theory, 3.7).
BALL_STEPS = 1000
# Steps of a run in float64 that is only measured.
LONG = 10**6


@dataclass
class Confirmed:
    """What was verified of a hit: the evidence, and certificates by a short name."""

    evidence: list[Evidence] = field(default_factory=list)
    certificates: dict[str, Document] = field(default_factory=dict)

    def add(self, kind: Verdict, scope: str, detail: str) -> None:
        """One more piece of evidence."""
        self.evidence.append(Evidence(kind, scope, detail))

    def certify(self, name: str, document: Document, data: Dataset) -> None:
        """Keep a certificate. Raises Undecided unless the independent checker accepts it."""
        checked = check_document(document, data.rows)
        if not checked.valid:
            raise Undecided(f"the {name} certificate: {checked.line()}")
        self.certificates[name] = document


def confirm(case: Case, claim: str) -> Confirmed:
    """Verify that the case breaks the claim; what cannot be told is undecided evidence, never an error."""
    found = Confirmed()
    try:
        found.certify("separable", separability_certificate(case.data), case.data)
        if claim in STEPS:
            STEPS[claim](case, found)
    except (Undecided, BadInput) as reason:
        found.add(Verdict.UNDECIDED, case.data.name, f"not certified: {reason}")
    return found


@dataclass(frozen=True)
class Box:
    """A direction of l2 norm 1 within ``radius`` of ``center`` (d) in l2 norm."""

    center: Vector
    radius: Fraction


def equilibria(case: Case, opt: Optimizer, name: str, found: Confirmed) -> tuple[Prediction, list[Box]]:
    """All equilibria of an optimizer's game, with the certificate that there is no other."""
    prediction = predict(case.data, opt)
    if not prediction.limits or any(x.evidence is not Verdict.CERTIFIED for x in prediction.limits):
        raise Undecided(f"the equilibria of the game of {named(opt, case.data)}")
    document = equilibria_certificate(case.data, opt, [limit.weights.tolist() for limit in prediction.limits])
    found.certify(name, document, case.data)
    boxes = [
        Box(tuple(map(Fraction, point["direction"])), Fraction(point["direction_radius"]))
        for point in document["claim"]["points"]
    ]
    kinds = ", ".join(
        f"c = ({', '.join(f'{c:.4g}' for c in limit.weights)}) {limit.stability}"
        for limit in prediction.limits
    )
    found.add(
        Verdict.CERTIFIED, named(opt, case.data), f"the game has these equilibria and no other: {kinds}"
    )
    return prediction, boxes


def named(opt: Optimizer, data: Dataset) -> str:
    """An optimizer on a data set, in words."""
    betas = "".join(f", {beta} = {float(getattr(opt, beta)):g}" for beta in opt.rule.betas)
    batch = f", batch size {opt.batch(data.n)}" if opt.rule.batches else ""
    return f"{opt.rule.name}{betas}{batch} on {data.name}"


def margin(data: Dataset, norm: Norm, found: Confirmed) -> Margin:
    """The exact max margin, with its certificate."""
    largest = max_margin(data, norm)
    found.certify(f"margin-{norm}", margin_certificate(largest), data)
    return largest


def _dot(x: Vector, u: Vector) -> Fraction:
    return sum((a * b for a, b in zip(x, u, strict=True)), Fraction(0))


def most_margin(rows: tuple[Vector, ...], center: Vector, radius: Vector, norm: Norm) -> Fraction:
    """An upper bound, over all u with |u_k - center_k| <= radius_k, of the margin min_i x_i.u / ||u||; for l2
    of its square with its sign, and only for u of l2 norm 1."""
    most = min(_dot(x, center) + _dot(tuple(map(abs, x)), radius) for x in rows)
    if norm == "l2":
        return most * abs(most)
    ends = [(abs(u) - r, abs(u) + r) for u, r in zip(center, radius, strict=True)]
    size = max(low for low, _ in ends) if most >= 0 else max(high for _, high in ends)
    if size <= 0:
        raise Undecided("whether the direction is zero")
    return most / size


def _shorter(norm: Norm) -> Callable[[Case, Confirmed], None]:
    """Every equilibrium has a smaller margin than the largest."""

    def check(case: Case, found: Confirmed) -> None:
        largest = margin(case.data, norm, found)
        prediction, boxes = equilibria(case, case.optimizer, "equilibria", found)
        bounds = [most_margin(case.data.rows, box.center, (box.radius,) * case.data.d, norm) for box in boxes]
        if not all(bound < largest.value for bound in bounds):
            raise Undecided(f"whether every equilibrium falls short of the {norm} max margin")
        share = float(max(bounds) / largest.value)
        share = share**0.5 if norm == "l2" else share
        found.add(
            Verdict.CERTIFIED, case.data.name,
            f"the {norm} margin of each of their directions is less than {_above(share)} of the largest",
        )  # fmt: skip
        _held(prediction, found)

    return check


def _above(share: float) -> str:
    """A decimal that is surely not below the number."""
    return f"{share + 1e-6:.6f}"


def _held(prediction: Prediction, found: Confirmed) -> None:
    """A long run in float64 beside the game."""
    run = hold_against_simulation(prediction, LONG)
    found.add(
        Verdict.MEASURED if run.agrees else Verdict.UNDECIDED,
        named(prediction.optimizer, prediction.dataset),
        f"{run.steps} steps from w_0 = 0: the increments are within 1 - cos {run.misalignment:.0e} of equilibrium "
        f"{run.nearest}",
    )


def apart(first: list[Box], second: list[Box]) -> float:
    """The least 1 - cos between two directions, one in a box of each list; Undecided if some may agree."""
    least = 2.0
    for a in first:
        for b in second:
            gap = sum(((x - y) ** 2 for x, y in zip(a.center, b.center, strict=True)), Fraction(0))
            if gap <= (a.radius + b.radius) ** 2:
                raise Undecided("whether the two have a direction in common")
            least = min(least, float(gap) / 2)
    return least


def _no_common_limit(case: Case, found: Confirmed) -> None:
    adam, one = equilibria(case, case.optimizer, "adam", found)
    proxy, other = equilibria(case, PROXY, "adam-proxy", found)
    _tell_apart(one, other, case, found)
    _held(adam, found)
    _held(proxy, found)


def _tell_apart(one: list[Box], other: list[Box], case: Case, found: Confirmed) -> None:
    found.add(
        Verdict.CERTIFIED, case.data.name,
        f"no direction of the one is one of the other: 1 - cos is about {apart(one, other):.2e} at least",
    )  # fmt: skip


def _batches_differ(case: Case, found: Confirmed) -> None:
    single = replace(case.optimizer, batch_size=1)
    one, first = equilibria(case, single, "batch-1", found)
    size = case.optimizer.batch_size
    if not case.optimizer.full_batch(case.data.n):
        other, second = equilibria(case, case.optimizer, f"batch-{size}", found)
        _tell_apart(first, second, case, found)
        _held(other, found)
    else:  # the game of sign descent: its limit is the l_inf maximizer
        largest = margin(case.data, "linf", found)
        bounds = [
            most_margin(case.data.rows, box.center, (box.radius,) * case.data.d, "linf") for box in first
        ]
        if not all(bound < largest.value for bound in bounds):
            raise Undecided("whether batch 1 falls short of the l_inf max margin")
        found.add(
            Verdict.CERTIFIED, case.data.name,
            f"the full batch's game has the l_inf maximizers as limits; with batch 1 the margin is less than "
            f"{_above(float(max(bounds) / largest.value))} of theirs",
        )  # fmt: skip
        _long_run(case, found, short=False)
    _held(one, found)


def _several(case: Case, found: Confirmed) -> None:
    prediction, _ = equilibria(case, PROXY, "fixed-points", found)
    if len(prediction.limits) < 2:
        raise Undecided("whether there is more than one dual fixed point")


def _starts_differ(case: Case, found: Confirmed) -> None:
    prediction, boxes = equilibria(case, PROXY, "fixed-points", found)
    X = case.X
    ends = []
    for start in (np.zeros(case.data.d), case.w_0):
        run = increments(X, PROXY, LONG, start=start).direction
        gaps = [misalignment(run, limit.direction) for limit in prediction.limits]
        ends.append(int(np.argmin(gaps)))
        limit = prediction.limits[ends[-1]]
        found.add(
            Verdict.MEASURED, named(PROXY, case.data),
            f"{LONG} steps from w_0 = ({', '.join(f'{w:g}' for w in start)}): the increments are within 1 - cos "
            f"{gaps[ends[-1]]:.0e} of equilibrium {ends[-1]}, which is {limit.stability} ({limit.evidence})",
        )  # fmt: skip
    first, second = ([boxes[end]] for end in ends)
    found.add(
        Verdict.CERTIFIED, case.data.name,
        f"the directions of these two equilibria are 1 - cos {apart(first, second):.2e} apart",
    )  # fmt: skip


def _in_balls(case: Case, steps: int) -> tuple[Simulation, Vector, Vector]:
    """A run in balls: w_T is within ``radius`` (d) of ``center`` (d)."""
    run = simulate(case.data, case.optimizer, steps, "ball", digits=12)
    return run, tuple(map(Fraction, map(str, run.weights))), tuple(map(Fraction, run.radius or ()))


def _signum_short(case: Case, found: Confirmed) -> None:
    largest = margin(case.data, "linf", found)
    run, center, radius = _in_balls(case, BALL_STEPS)
    found.certify("iterate", iterate_certificate(case.data, case.optimizer, run), case.data)
    share = float(most_margin(case.data.rows, center, radius, "linf") / largest.value)
    found.add(
        Verdict.CERTIFIED, named(case.optimizer, case.data),
        f"after {run.steps} steps from w_0 = 0 the l_inf margin of w is less than {_above(share)} of the largest "
        "(of later steps this says nothing)",
    )  # fmt: skip
    _long_run(case, found, "w_T", lambda run: run.weights)


def _long_run(
    case: Case,
    found: Confirmed,
    what: str = "w_T - w_(T/2)",
    vector: Callable[[Increments], Vector64] = lambda run: run.direction,
    short: bool = True,
) -> None:
    """The l_inf margin of increments or iterates of long runs: it stays ``short`` of the largest, or reaches it.

    An iterate that goes to the maximizer has a shortfall of O(1/tau), a third of it for ten times the steps.
    """
    runs = [increments(case.X, case.optimizer, steps) for steps in (LONG // 100, LONG // 10, LONG)]
    shares = [margin_ratio(case.data, vector(run), "linf") for run in runs]
    as_said = 1 - shares[-1] > max(1e-3, (1 - shares[-2]) / 2) if short else 1 - shares[-1] < 1e-3
    found.add(
        Verdict.MEASURED if as_said else Verdict.UNDECIDED,
        named(case.optimizer, case.data),
        f"the l_inf margin of {what} is {', '.join(f'{share:.6f}' for share in shares)} of the largest after "
        f"T = {', '.join(str(run.steps) for run in runs)} steps from w_0 = 0",
    )


def _eps_short(case: Case, found: Confirmed) -> None:
    """No certificate's format has an eps, so the runs in balls stand for themselves."""
    largest = margin(case.data, "linf", found)
    (_, late, r), (_, early, s) = (_in_balls(case, steps) for steps in (BALL_STEPS, BALL_STEPS // 2))
    moved = tuple(a - b for a, b in zip(late, early, strict=True))
    share = float(
        most_margin(case.data.rows, moved, tuple(a + b for a, b in zip(r, s, strict=True)), "linf")
        / largest.value
    )
    found.add(
        Verdict.CERTIFIED, named(case.optimizer, case.data) + f", eps = {case.optimizer.eps}",
        f"the l_inf margin of w_{BALL_STEPS} - w_{BALL_STEPS // 2} is less than {_above(share)} of the largest, by "
        "two runs in balls (of later steps this says nothing, and there is no certificate of a run with eps)",
    )  # fmt: skip
    _long_run(case, found)
    l2 = margin(case.data, "l2", found).unit()
    seen = [misalignment(increments(case.X, case.optimizer, t).direction, l2) for t in (LONG // 100, LONG)]
    found.add(
        Verdict.MEASURED, case.data.name,
        f"1 - cos of the increments to the l2 maximizer: {seen[0]:.0e} and {seen[1]:.0e} after {LONG // 100} and "
        f"{LONG} steps, where Wang et al. 2022 say that they go",
    )  # fmt: skip


STEPS: dict[str, Callable[[Case, Confirmed], None]] = {
    "false-per-sample-linf": _shorter("linf"),
    "false-per-sample-l2": _shorter("l2"),
    "false-fixed-point-unique": _several,
    "false-signum-fixed-beta": _signum_short,
    "false-proxy-at-beta2-0.9": _no_common_limit,
    "false-adam-batch-invariant": _batches_differ,
    "false-eps-stays-linf": _eps_short,
    "false-start-independent": _starts_differ,
}

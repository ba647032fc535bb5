"""What a prediction says."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from fractions import Fraction
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from verify.asked import asked_of
from verify.certificate.writing import spell
from verify.data.dataset import Dataset
from verify.evidence import Hypothesis, Verdict, weakest
from verify.numbers.formula import short
from verify.numbers.systems.balls import Ball, Dyadic, ball, fraction, sqrt
from verify.optimizers.optimizer import Optimizer

Stability = Literal["attracting", "repelling", "saddle", "undetermined"]


@dataclass(frozen=True)
class Metric:
    """The metric with which a run of a rule that remembers ends: its ``diagonal`` (d), each entry known to the share
    ``error``, and the max ``margin`` in the norm sqrt(sum_k diagonal_k w_k^2).

    In the second half of the run's ``steps`` what is kept changed by the share ``change``, and ``shrinks`` is that over
    what it changed by in the quarter before, in logarithms.
    """

    diagonal: tuple[float, ...]
    error: float
    margin: float
    steps: int
    change: float
    shrinks: float


@dataclass(frozen=True)
class Limit:
    """One equilibrium c* of the margin game and the direction U(c*) that it gives w.

    direction  (d,), unit l2 norm; ``radius`` bounds its error in l2 norm, None where nothing is proved;
    support    the rows with c*_i > 0, counted from 0; ``weights`` is c* (N,), of sum 1;
    slack      the least F_j(c*) - lambda over the rows off the support, as a share of lambda, the support's
               common cost; inf if there is no such row, 0 where complementarity is not strict;
    stability  of c* under the replicator flow, among the weights that some w can produce;
    evidence   how well all this is known;
    note       what is special about it, in one sentence, or nothing;
    decimals   the direction in decimal text, each entry to within one unit of its last place, if asked for;
    error      the standard error of the direction in l2 norm, where it is a Monte Carlo estimate;
    discretization  the same direction from a coarser grid is this far away in l2 norm, where a grid was used: an
               estimate, not a bound;
    levels     below the first: rows whose weights vanish, and decide U in the coordinates in which no row above has an
               entry. Of each level, in order, the rows and their weights, of sum 1;
    point      what a certificate says of it, in rationals: of a game of signs, of weight decay or of waves;
    iterate    w* (d) itself, where weight decay keeps w bounded, and ``temperature``, that of the logit equilibrium of
               the margin game that it is, where it is one;
    growth     of a travelling wave: r, by which every margin of the support grows in a step;
    spectral_radius  of a travelling wave: that of what an epoch makes of small deviations from it;
    metric     of a rule that remembers: that in which the direction is the max margin.
    """

    direction: NDArray[np.float64]
    radius: float | None
    support: tuple[int, ...]
    weights: NDArray[np.float64]
    slack: float
    stability: Stability
    evidence: Verdict
    note: str = ""
    decimals: tuple[str, ...] = ()
    error: float | None = None
    discretization: float | None = None
    levels: tuple[tuple[tuple[int, ...], tuple[float, ...]], ...] = ()
    growth: float | None = None
    spectral_radius: float | None = None
    point: Mapping[str, Any] | None = field(default=None, repr=False, compare=False)
    iterate: NDArray[np.float64] | None = None
    temperature: float | None = None
    metric: Metric | None = None

    def noted(self, more: str) -> Limit:
        """The limit with more said of it."""
        return replace(self, note="; ".join(filter(None, (self.note, more))))

    def to_json(self, called: Callable[[int], Any] = int) -> dict[str, Any]:
        """As the command `predict` prints it; ``called`` names rows."""
        return {
            "direction": [float(u) for u in self.direction],
            "radius": self.radius,
            "support": list(map(called, self.support)),
            "levels": [
                {"support": list(map(called, rows)), "weights": list(weights)}
                for rows, weights in self.levels
            ],
            "weights": [float(c) for c in self.weights],
            "stability": self.stability,
            "evidence": str(self.evidence),
            "slack": self.slack if math.isfinite(self.slack) else None,
            "note": self.note,
            "standard_error": self.error,
            "discretization_error": self.discretization,
            "iterate": None if self.iterate is None else [float(w) for w in self.iterate],
            "temperature": self.temperature,
            "metric": None if self.metric is None else asdict(self.metric),
            **wave_of(self),
        } | ({"decimals": list(self.decimals)} if self.decimals else {})


def wave_of(limit: Limit) -> dict[str, Any]:
    """What is said of a travelling wave beside its direction; nothing of other limits."""
    if limit.growth is None:
        return {}
    return {"growth": limit.growth, "spectral_radius": limit.spectral_radius}


@dataclass(frozen=True)
class HandOver:
    """The step, counted from 1, in which eps takes over, and the least margin after it; ``foretold`` from a run that
    did not come to it."""

    step: int
    margin: float
    foretold: bool = False


@dataclass(frozen=True)
class Tail:
    """The rule that a step tends to as gradients vanish, as an ``optimizer``, and when it takes over, if that was
    looked for and seen."""

    optimizer: Optimizer
    hand_over: HandOver | None = None

    def to_json(self) -> dict[str, Any]:
        """As the command `predict` prints it."""
        return {
            "rule": self.optimizer.rule.name,
            "update": short(self.optimizer.rule.program.update, 300),
            "handover_step": None if self.hand_over is None else self.hand_over.step,
            "handover_margin": None if self.hand_over is None else self.hand_over.margin,
            "handover_foretold": None if self.hand_over is None else self.hand_over.foretold,
        }


@dataclass(frozen=True)
class Arrival:
    """Whether the run from w_0, with the steps that were asked for, goes to the first limit: certified by ``document``,
    from the ``step`` on where it cannot leave; else undecided, and ``why``."""

    step: int | None = None
    why: str = ""
    document: Mapping[str, Any] | None = field(default=None, repr=False, compare=False)

    @property
    def evidence(self) -> Verdict:
        return Verdict.CERTIFIED if self.document is not None else Verdict.UNDECIDED

    def to_json(self) -> dict[str, Any]:
        """As the command `predict` prints it."""
        return {"evidence": str(self.evidence), "step": self.step, "why": self.why}


@dataclass(frozen=True)
class Prediction:
    """Limit directions of an optimizer on a data set: the one from w_0 = ``start`` first, where it was found.

    ``hypotheses`` are what it rests on. ``tail`` is the rule that plays the game in the optimizer's place, if it does
    not play itself; ``equivalent`` another optimizer with the same limits, whose limits were found. ``about`` is what
    the word is about, where it is not about the limits of a game.
    ``complete`` is True only where it is proved that there is no other equilibrium; with ``growing`` that is proved
    of equilibria of positive cost alone, where margins grow and the loss goes to zero. ``note`` says what could not be
    decided.
    ``from_start`` is how well it is known that the flow from ``start`` (d) goes to the first limit: certified where
    every start does; measured where it was integrated in float64, or enclosed in balls, in ``enclosed_steps`` steps,
    until it is in a region that it does not leave; else undecided.
    The flow is the optimizer's as its steps tend to 0; per-sample rules begin with moments that have settled. ``run``
    is about the optimizer itself, where a start was asked for.
    """

    dataset: Dataset
    optimizer: Optimizer
    limits: tuple[Limit, ...]
    complete: bool
    note: str = ""
    start: tuple[Fraction, ...] = ()
    from_start: Verdict = Verdict.UNDECIDED
    enclosed_steps: int | None = None
    hypotheses: tuple[Hypothesis, ...] = ()
    tail: Tail | None = None
    run: Arrival | None = None
    equivalent: Optimizer | None = None
    about: str = ""
    growing: bool = False

    @property
    def w_0(self) -> NDArray[np.float64]:
        """``start`` in float64, (d,)."""
        return np.array(self.start or [0] * self.dataset.d, dtype=float)

    @property
    def plays(self) -> Optimizer:
        """The optimizer whose game the limits are of: itself, its tail, or another one with the same limits; at the
        steps that its own come to."""
        played = self.equivalent or (self.optimizer if self.tail is None else self.tail.optimizer)
        return played.eventually()

    @property
    def word(self) -> Verdict:
        """How well the ``statement`` is known of the optimizer as asked: the weakest of the limits' evidence and of the
        hypotheses."""
        return weakest([limit.evidence for limit in self.limits], self.hypotheses)

    @property
    def statement(self) -> str:
        """What the word is about, in one sentence."""
        if not self.limits:
            return "nothing is said of where the optimizer goes"
        if self.optimizer.decays and not self.optimizer.decay:
            return "where w, as epochs begin, converges near one of those listed, it goes to that"
        if self.optimizer.decays and self.complete:
            return "where w converges, it goes to one of those listed"
        if self.optimizer.decays:
            return "where w converges near one of those listed, it goes to that"
        if self.about:
            return self.about
        if any(each.how == str(Verdict.PROVED) for each in self.hypotheses):
            return "the direction of w tends to the one listed, whether the weights of the samples converge or not"
        first = "where the loss goes to zero and " if self.tail or self.growing else "where "
        if self.complete:
            return f"{first}the weights of the samples converge, the direction is one of those listed"
        return f"{first}the weights of the samples converge to those of a limit, its direction is the optimizer's"

    def to_json(self) -> dict[str, Any]:
        """As the command `predict` prints it."""
        return {
            "dataset": self.dataset.name,
            "optimizer": self.optimizer.rule.name,
            "asked": asked_of(self.dataset, self.optimizer, start=[spell(entry) for entry in self.start]),
            "limits": [limit.to_json(self.dataset.called) for limit in self.limits],
            "complete": self.complete,
            "temperature": self.limits[0].temperature if self.limits else None,
            "tail": None if self.tail is None else self.tail.to_json(),
            "note": self.note,
            "word": str(self.word),
            "statement": self.statement,
            "hypotheses": [each.to_json() for each in self.hypotheses],
            "start": [spell(entry) for entry in self.start],
            "from_start": {
                "limit": None if self.from_start is Verdict.UNDECIDED else 0,
                "evidence": str(self.from_start),
                "enclosed_steps": self.enclosed_steps,
                "run": None if self.run is None else self.run.to_json(),
            },
            **(wave_of(self.limits[0]) if self.limits else {}),
        }


def rounded(direction: Sequence[Ball]) -> tuple[NDArray[np.float64], float]:
    """The float64 nearest to the middle of each ball, and a bound on the l2 distance of it all from the truth."""
    floats = np.array([float(u.mid()) for u in direction])
    gaps = [abs(u - ball(Dyadic(float(f)))) for u, f in zip(direction, floats, strict=True)]
    distance = sqrt(sum((gap * gap for gap in gaps), ball(0)).abs_upper())
    return floats, math.nextafter(float(distance.abs_upper()), math.inf)


def decimals(direction: Sequence[Ball], digits: int) -> tuple[str, ...]:
    """Each entry with ``digits`` decimals, wrong by less than one unit of the last place.

    The balls' radii are below half a unit, and rounding adds half a unit at most.
    """
    return spelled([fraction(u.mid()) for u in direction], digits)


def spelled(direction: Sequence[Fraction], digits: int) -> tuple[str, ...]:
    """Each entry rounded to ``digits`` decimals."""
    whole = [round(entry * 10**digits) for entry in direction]
    return tuple(
        f"{'-' if n < 0 else ''}{abs(n) // 10**digits}.{abs(n) % 10**digits:0{digits}d}" for n in whole
    )

"""False: AdamProxy's direction does not depend on the start."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import product

import numpy as np

from properties import Case, Confirmed, Judgement, known_false, named, trial, worst
from properties.cases import PROXY
from verify.claims.hypotheses import SEPARABLE
from verify.claims.instances import THREE_ROWS, exact, on
from verify.claims.judges.certified import apart, distance, equilibria
from verify.claims.judges.reached import attractors, given, reached, same_direction, small, vertex_starts
from verify.claims.judges.runs import BALL_STEPS, LONG, certified_run
from verify.errors import Undecided
from verify.evidence import Verdict
from verify.game.companion import AGREES
from verify.numbers.linear.angles import misalignment
from verify.optimizers import Optimizer, optimizer
from verify.optimizers.increments import increments

# Starts that are tried, the simplest first.
MOST_STARTS = 200


def start_does_not_matter(case: Case, opt: Optimizer = PROXY) -> Judgement:
    """From the case's start; if it has none, from near each vertex."""
    if case.start:
        zero, *others = (reached(case.data, opt, start) for start in (None, case.w_0))
    else:
        zero, *others = attractors(case.data, opt)
    what = "1 - cos between the limits from w_0 = 0 and from another start"
    return worst([same_direction((zero, other), what) for other in others])


def with_start(case: Case) -> Case:
    """The case with the simplest start, in halves, from which AdamProxy goes elsewhere than from 0."""
    halves = [Fraction(p, 2) for p in range(-6, 7)]
    vectors = sorted(
        product(halves, repeat=case.data.d), key=lambda v: (sum(map(abs, v)), sum(x < 0 for x in v), v)
    )
    for start in (*vectors[1:MOST_STARTS], *vertex_starts(case.X)):
        chosen = replace(case, start=tuple(map(Fraction, start)))
        if start_does_not_matter(chosen).violated:
            return chosen
    return case


def starts_differ(case: Case, found: Confirmed) -> None:
    """AdamProxy goes to another equilibrium from the case's start than from 0."""
    prediction, boxes = equilibria(case.data, PROXY, "fixed-points", found)
    if not case.start:
        raise Undecided("which start leads elsewhere")
    X, ends = case.X, []
    for name, start in (("zero", (Fraction(0),) * case.data.d), ("start", case.start)):
        text = f"from w_0 = ({', '.join(map(str, start))})"
        w_0 = np.array([float(w) for w in start])
        run = increments(X, PROXY, LONG, start=w_0).direction
        gaps = [misalignment(run, limit.direction) for limit in prediction.limits]
        end = int(np.argmin(gaps))
        limit = prediction.limits[end]
        found.add(
            Verdict.MEASURED if gaps[end] < AGREES and limit.stability == "attracting" else Verdict.UNDECIDED,
            named(PROXY, case.data),
            f"{LONG} steps {text}: the increments are within 1 - cos {gaps[end]:.0e} of equilibrium {end}, which is "
            f"{limit.stability} ({limit.evidence})",
        )
        center, radius = certified_run(f"iterate-{name}", replace(case, optimizer=PROXY), found, start=start)
        found.add(
            Verdict.CERTIFIED,
            named(PROXY, case.data),
            f"{BALL_STEPS} steps {text}: c, as exp(-x_i.w), is within {distance(case.data, center, radius, limit):.1e} "
            f"of equilibrium {end}, in total variation (of later steps this says nothing)",
        )
        ends.append(end)
    first, second = ([boxes[end]] for end in ends)
    found.add(
        Verdict.CERTIFIED, case.data.name,
        f"the directions of these two equilibria are 1 - cos {apart(first, second):.2e} apart",
    )  # fmt: skip


PLACE = 27
CLAIM = known_false(
    "false-start-independent",
    "AdamProxy's direction does not depend on the start",
    r"AdamProxy's limit direction is the same from every $w_0$.",
    "a false reading",
    trial("start-independent", given(PROXY, small((2, 3), (2, 3))), start_does_not_matter,
          true={"of normalized GD": lambda case: start_does_not_matter(case, optimizer("ngd"))},
          named=on(THREE_ROWS, start=exact(-1, 0, 0)), confirm=starts_differ, complete=with_start),
    hypotheses=(SEPARABLE,),
)  # fmt: skip

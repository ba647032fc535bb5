"""AdamProxy goes to the l2 max margin on scaled-Rademacher data, to l_inf on shifted-diagonal data."""

from __future__ import annotations

from fractions import Fraction
from functools import partial

import numpy as np

from properties import Case, Judgement, clause, stated, trial, vacuous, within, worst
from properties.cases import with_proxy
from properties.strategies import scaled_rademacher, shifted_diagonal
from verify.certificate import check_document
from verify.claims.hypotheses import (
    BETAS,
    EQUILIBRIUM,
    IN_ORDER,
    POSITIVE,
    SCALED_RADEMACHER,
    SEPARABLE,
    SHIFTED_DIAGONAL,
)
from verify.claims.instances import RADEMACHER, SHIFTED, on
from verify.claims.judges.limits import accuracy, all_at_max_margin, limits_of
from verify.data import Dataset
from verify.data.facts import is_scaled_rademacher
from verify.evidence import Verdict
from verify.margins import Norm, max_margin
from verify.margins.certify import margin_certificate


def shifted_range(data: Dataset) -> tuple[float, float]:
    """The interval of delta on which e_1 is proved to be the only equilibrium of shifted-diagonal data."""
    root, first, second = np.sqrt(data.d), float(data.rows[0][0]), float(data.rows[1][1])
    return (root * first - second) / (root - 1), (root * second - first) / (root - 1)


def shifted_to_linf(case: Case, kind: Norm = "linf", stretch: float = 0.0) -> Judgement:
    """The max-margin direction is an attracting limit, and the only limit for delta in the proved range.

    ``stretch`` widens the range by that many times its width.
    """
    limits = limits_of(case.data, case.optimizer)
    target = max_margin(case.data, kind).unit()
    gaps = {float(np.linalg.norm(x.direction - target)) / accuracy(x): x for x in limits}
    if not gaps:
        return vacuous("no equilibrium found")
    nearest = min(gaps)
    there = within(nearest, 1.0, f"errors of the nearest limit from the {kind} direction")
    attracts = within(float(gaps[nearest].stability != "attracting"), 0.5, "the nearest does not attract")
    if case.data.d == 1:
        return worst([there, attracts])
    low, high = shifted_range(case.data)
    more = stretch * (high - low)
    inside = low - more <= float(case.data.rows[0][1]) <= high + more
    alone = within(len(limits), 1.5, "limits with delta in the range")
    return worst([there, attracts, *([alone] if inside else [])])


def exactly(case: Case, norm: Norm = "l2") -> Judgement:
    """In rational numbers, beside an accepted certificate of the max margin.

    Where M(c) is a multiple of the identity, as on scaled-Rademacher data, U(c) has the direction of X'c: the margin's
    dual weights c are a dual fixed point if the rows of positive weight have the least product with it. At c =
    (1, 0, ...) and positive entries U(c) is (1, ..., 1), a fixed point's if no row has a smaller sum.
    """
    best = max_margin(case.data, norm)
    rows, c = case.data.rows, best.weights
    if not check_document(margin_certificate(best), rows).valid:
        return within(1.0, 0.5, "the certificate of the max margin was refused", Verdict.CERTIFIED)
    if norm == "l2":
        u = [
            sum((a * row[k] for a, row in zip(c, rows, strict=True)), Fraction(0)) for k in range(case.data.d)
        ]
    else:
        u = [Fraction(1)] * case.data.d
    costs = [sum((a * b for a, b in zip(row, u, strict=True)), Fraction(0)) for row in rows]
    support = best.support if norm == "l2" else (0,)
    round_metric = norm == "l2" and is_scaled_rademacher(case.data)
    aligned = round_metric or (
        norm != "l2" and set(best.direction) == {1} and best.unique and min(rows[0]) > 0
    )
    wrong = not aligned or any(costs[i] != min(costs) for i in support)
    return within(float(wrong), 0.5, f"no fixed point at the {norm} max margin", Verdict.CERTIFIED)


PLACE = 10
PROXY_ON = with_proxy(scaled_rademacher((2, 4), (2, 4)))
SHIFTED_ON = with_proxy(shifted_diagonal((1, 4)))
CLAIM = stated(
    "proxy-l2-linf",
    "AdamProxy: l2 max margin on scaled-Rademacher, l_inf on shifted-diagonal data",
    "arXiv 2510.26303, abstract",
    clause(
        r"On scaled-Rademacher data each limit of AdamProxy's game is the $\ell_2$-max-margin direction.",
        (SEPARABLE, SCALED_RADEMACHER, EQUILIBRIUM, POSITIVE, *BETAS),
        trial("proxy-rademacher-l2", PROXY_ON, all_at_max_margin,
              {"l_inf instead": partial(all_at_max_margin, kind="linf")}, cost=8, named=on(RADEMACHER)),
        trial("proxy-rademacher-exactly", PROXY_ON, exactly, {"l_inf instead": partial(exactly, norm="linf")},
              named=on(RADEMACHER)),
        chains=("scaled-rademacher:proxy", "scaled-rademacher:equilibrium"),
        theorems=("scaled_rademacher_proxy",),
    ),
    clause(
        r"On shifted-diagonal data ($x_i[i] = s_i$, other entries $\delta$, $0 < s_1 < \dots < s_d$) the "
        r"$\ell_\infty$-max-margin direction is that of an attracting fixed point.",
        (SHIFTED_DIAGONAL,),
        trial("proxy-shifted-exactly", SHIFTED_ON, partial(exactly, norm="linf"), {"l2 instead": exactly},
              named=on(*SHIFTED)),
        chains=("shifted-diagonal:ones", "shifted-diagonal:vertex", "shifted-diagonal:vertex-costs"),
    ),
    clause(
        r"There it is the only one for $\delta$ in an interval around $[s_1, s_2]$.",
        (SHIFTED_DIAGONAL, IN_ORDER),
        trial("proxy-shifted-linf", SHIFTED_ON, shifted_to_linf,
              {"l2 instead": partial(shifted_to_linf, kind="l2"),
               "for every delta": partial(shifted_to_linf, stretch=1e9)},
              cost=8, named=on(*SHIFTED)),
        chains=("shifted-diagonal",),
    ),
)  # fmt: skip

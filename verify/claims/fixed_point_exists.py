"""A dual fixed point exists."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np

from properties import Case, Judgement, clause, stated, trial, vacuous, within
from properties.cases import PROXY, SMALL, with_proxy
from verify.certificate import check_document
from verify.claims.hypotheses import EXISTENCE, INDEX, NONZERO, SEPARABLE
from verify.claims.instances import GAUSSIAN, RADEMACHER, REAL, ROUND, SHIFTED, THREE_ROWS, TWO_ROWS, on
from verify.claims.judges.limits import NEWTON, kkt_error, limits_of
from verify.data import Dataset
from verify.errors import Undecided
from verify.evidence import Verdict
from verify.game import predict
from verify.game.smooth.certify import equilibrium_certificate
from verify.game.smooth.field import field
from verify.game.smooth.iteration import mahalanobis
from verify.numbers.linear.angles import Vector


def exists(case: Case, shift: int = 0) -> Judgement:
    """Some weights of the simplex are found and satisfy the KKT conditions of P(c); and the checker accepts a
    certificate of a dual fixed point in a box around them, if there is one."""
    limits = limits_of(case.data, PROXY)
    if not limits:
        return vacuous("none was found, which does not mean that there is none")
    weights = [np.roll(limit.weights, shift) for limit in limits]
    regular = [c for c in weights if mahalanobis(case.X, c).all()]
    if not regular:
        return vacuous("M(c) is singular")
    best = min(regular, key=lambda c: kkt_error(case.X, c))
    found = within(kkt_error(case.X, best), NEWTON, "KKT conditions of P(c)")
    return (
        replace(found, kind=Verdict.CERTIFIED) if not found.violated and certified(case.data, best) else found
    )


def certified(data: Dataset, weights: Vector) -> bool:
    """Whether the checker accepts a certificate of a dual fixed point near these weights."""
    try:
        document = equilibrium_certificate(data, PROXY, [float(c) for c in weights])
    except Undecided:
        return False
    return check_document(document, data.rows).valid


def indices_add_up(case: Case, total: int = 1) -> Judgement:
    """The indices of a certified complete list sum to 1: signs of the determinants of d(F_i - F_s)/d(log c_l)."""
    found = predict(case.data, case.optimizer, starts=0)
    if not found.complete:
        return vacuous("the list is not shown to be complete")
    game, indices = field(case.X, case.optimizer), []
    for limit in found.limits:
        first, *others = limit.support
        with np.errstate(divide="ignore"):
            slopes = case.X @ game.slope(np.log(limit.weights), np.eye(case.data.n)[:, others]).real
        indices.append(int(np.sign(np.linalg.det(slopes[others] - slopes[first]))) if others else 1)
    return within(abs(sum(indices) - total), 0.5, f"indices {', '.join(map(str, indices))}; off by")


PLACE = 8
CLAIM = stated(
    "fixed-point-exists",
    "A dual fixed point exists",
    "arXiv 2510.26303 (Kakutani; as reconstructed from reviews)",
    clause(
        r"On separable data with nonzero entries some $c^*$ satisfies $c^* \in d(c^*)/\|d(c^*)\|_1$.",
        (SEPARABLE, NONZERO, *EXISTENCE),
        trial("fixed-point-found", with_proxy(SMALL), exists, {"weights of the next row": partial(exists, shift=1)},
              cost=4, named=on(*REAL, GAUSSIAN, SHIFTED[0], "gaussian:n=6,d=4,seed=*", RADEMACHER)),
        chains=("index-sum:exists", "fixed-point-game"),
    ),
    clause(
        "The indices of AdamProxy's equilibria sum to 1, and their number is odd, where at each other "
        "rows cost more and the determinant is not 0.",
        (SEPARABLE, NONZERO, *INDEX),
        trial("indices-sum-to-1", None, indices_add_up, {"to 2": partial(indices_add_up, total=2)},
              named=on(TWO_ROWS, THREE_ROWS, ROUND)),
        chains=("index-sum",),
    ),
)  # fmt: skip

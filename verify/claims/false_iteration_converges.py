"""False: the iteration c <- d(c)/||d(c)||_1 converges on all separable data."""

from __future__ import annotations

from functools import partial

from properties import Case, Confirmed, known_false, trial
from properties.cases import PROXY, with_proxy
from properties.strategies import cycling
from verify.claims.fixed_point_iteration import iteration
from verify.claims.hypotheses import SEPARABLE
from verify.claims.instances import ROUND, on
from verify.claims.judges.certified import equilibria
from verify.claims.judges.reached import on_signs
from verify.evidence import Verdict
from verify.game.smooth.iteration import contraction


def goes_on(case: Case, found: Confirmed) -> None:
    """No dual fixed point attracts the iteration, by the spectral radius of its derivative."""
    prediction, _ = equilibria(case.data, PROXY, "fixed-points", found, starts=0)
    radii = [contraction(case.X, limit) for limit in prediction.limits]
    found.add(
        Verdict.MEASURED if min(radii) > 1 else Verdict.UNDECIDED,
        case.data.name,
        f"the spectral radius of the iteration's derivative there: {', '.join(f'{r:.3f}' for r in radii)}",
    )


PLACE = 29
CLAIM = known_false(
    "false-iteration-converges",
    "The iteration c <- d(c)/||d(c)||_1 converges on all separable data",
    r"From $c = 1/N$ the iteration $c \leftarrow d(c)/\|d(c)\|_1$ converges, on any separable data.",
    "the unqualified reading of arXiv 2510.26303, Alg. 3",
    trial("iteration-everywhere", with_proxy(cycling()), partial(iteration, steps=100),
          true={"on the signs of the data": on_signs(iteration)}, cost=20,
          named=on(ROUND), confirm=goes_on),
    hypotheses=(SEPARABLE,),
)  # fmt: skip

"""As beta2 -> 1 the epoch map tends to AdamProxy's direction."""

from __future__ import annotations

from fractions import Fraction
from functools import partial

from properties import Case, Judgement, clause, stated, trial
from properties.cases import PROXY, maps, per_sample
from verify.claims.hypotheses import BETA1, CYCLIC, FROZEN
from verify.claims.instances import SMALL_GAUSSIAN, exact, on
from verify.claims.judges.maps import U, equal, rounding
from verify.optimizers import optimizer


def proxy_limit(case: Case, power: float = 0.5, order: int = 1) -> Judgement:
    """|U_Adam - sqrt(N) U_proxy| <= b2^(-(N-1)/2) - 1 in each coordinate.

    The weights of v lie within a factor b2^(+-(N-1)) of 1/N, so each sqrt(v) lies within the root of it of
    sqrt(sum g^2 / N); the m of an epoch add up to sum g; and sum |g| <= sqrt(N sum g^2).
    """
    opt, X, c = case.optimizer, case.X, case.c
    n = len(X)
    bound = float(opt.beta2) ** (-(n - 1) / 2) - 1
    room = rounding(opt, X, c) + n**power * rounding(PROXY, X, c)
    return equal(U(opt, X, c), n**power * U(PROXY, X, c), bound**order + room, "U_Adam - sqrt(N) U_proxy")


PLACE = 5
WEIGHTS = exact("1/2", "1/4", "1/8", "1/16", "1/16")
NEAR_ONE = [optimizer("adam", beta2=1 - Fraction(1, 10**p)) for p in (2, 3, 4, 5)]
CLAIM = stated(
    "proxy-limit",
    "As beta2 -> 1 the epoch map tends to AdamProxy's direction",
    "arXiv 2510.26303, Prop. 4.1 (as reconstructed from reviews); the factor is derived here",
    clause(
        r"$U_{\text{Inc-Adam}}(c) \to \sqrt N\, U_{\text{AdamProxy}}(c)$ as $\beta_2 \to 1$, where $U$ is minus "
        r"the mean update and AdamProxy steps by $\nabla L/\sqrt{\sum_i (\nabla L_i)^2}$.",
        (BETA1, CYCLIC, FROZEN),
        trial("proxy-limit-bound", maps(per_sample), proxy_limit,
              {"factor N": partial(proxy_limit, power=1.0), "second order": partial(proxy_limit, order=2)},
              named=on(SMALL_GAUSSIAN, opts=NEAR_ONE, weights=WEIGHTS)),
        chains=("proxy-limit",),
        theorems=("proxy_limit",),
    ),
)  # fmt: skip

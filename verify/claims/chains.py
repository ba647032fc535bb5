"""What the chains assume, as the claims state it: a chain proves a clause only if the clause has its hypotheses."""

from __future__ import annotations

from verify import hypotheses as h
from verify.derive.chain import Chain
from verify.evidence import Hypothesis

ASSUMED: dict[str, tuple[Hypothesis, ...]] = {
    "epoch-map": (h.CYCLIC,),
    "epoch-residual-bound": (h.CYCLIC, h.BELOW, h.VANISHING),
    "fixed-point-game": (h.SEPARABLE, h.REGULAR),
    "full-batch-sign": (h.STEADY,),
    "proxy-limit": (h.CYCLIC,),
    "proxy-loss": (h.SEPARABLE, h.VANISHING),
    "replicator": (h.SMOOTH,),
    "scaled-rademacher": (h.SEPARABLE, h.SCALED_RADEMACHER, h.CYCLIC, h.BELOW, h.CONVERGE),
    "shifted-diagonal": (h.SHIFTED_DIAGONAL,),
    "signum-bound": (h.CYCLIC,),
    "signum-stalls": (),
}


def assumed_by(chain: Chain) -> tuple[Hypothesis, ...]:
    """The hypotheses of a chain: those that it declares, else those of the table."""
    declared: tuple[Hypothesis, ...] | None = getattr(chain, "hypotheses", None)
    return ASSUMED[chain.name] if declared is None else declared

"""What chains and theorems assume, as the claims state it: they prove a clause only if it has their hypotheses."""

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

# Likewise of Rocq's theorems; notes/kernel.md shows what each of their hypotheses means.
THEOREMS: dict[str, tuple[Hypothesis, ...]] = {
    "epoch_map_samples": (h.CYCLIC,),
    "epoch_map_batches": (h.CYCLIC,),
    "full_batch_sign": (h.STEADY,),
    "proxy_equilibria_are_dual_fixed_points": (h.SEPARABLE, h.REGULAR),
    "proxy_limit": (h.CYCLIC,),
    "proxy_loss_vanishes": (h.SEPARABLE, h.VANISHING),
    "divergent_steps_do_not_force_zero": (),
    "replicator": (),
    "scaled_rademacher_l2": (h.SEPARABLE, h.SCALED_RADEMACHER, h.CYCLIC),
    "scaled_rademacher_proxy": (h.SEPARABLE, h.SCALED_RADEMACHER),
    "signum_stalls_for_every_beta": (),
    "signum_threshold": (h.CYCLIC,),
    "two_dual_fixed_points": (),
}


def assumed_by(chain: Chain) -> tuple[Hypothesis, ...]:
    """The hypotheses of a chain: those that it declares, else those of the table."""
    declared: tuple[Hypothesis, ...] | None = getattr(chain, "hypotheses", None)
    return ASSUMED[chain.name] if declared is None else declared

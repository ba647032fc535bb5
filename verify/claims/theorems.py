"""What Rocq's theorems assume, in the words of the claims: they prove a clause only if it has their hypotheses.

`notes/kernel.md` shows what each hypothesis of a theorem means.
"""

from __future__ import annotations

from verify.claims import hypotheses as h
from verify.evidence import Hypothesis

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

"""What Rocq's theorems assume, in the words of the claims: they prove a clause only if it has their hypotheses.

`notes/kernel.md` shows what each hypothesis of a theorem means.
"""

from __future__ import annotations

from verify.claims import hypotheses as h
from verify.evidence import Hypothesis

THEOREMS: dict[str, tuple[Hypothesis, ...]] = {
    "adam_travelling_wave": (*h.BETAS, h.CYCLIC, h.EXPONENTIAL, h.CONSTANT, *h.SEEN, h.COSTS, h.EVERY_ROW),
    "divergent_steps_do_not_force_zero": (),
    "epoch_map": (*h.BETAS, h.CYCLIC, h.FROZEN),
    "epoch_map_batches": (*h.BETAS, h.CYCLIC, h.FROZEN),
    "epoch_map_samples": (*h.BETAS, h.CYCLIC, h.FROZEN),
    "full_batch_sign": (*h.BETAS, h.STEADY),
    "iterates_are_near_the_update": (h.DIVERGENT,),
    "iterates_follow_updates": (h.DIVERGENT, h.UPDATES_CONVERGE),
    "limit_weights_are_an_equilibrium": (h.DIVERGENT, h.UPDATES_CONVERGE, h.CONVERGE),
    "logistic_limit_weights_are_an_equilibrium": (
        h.DIVERGENT,
        h.UPDATES_CONVERGE,
        h.CONVERGE,
        h.SEPARATED,
    ),
    "logistic_normalized_descent_margin": (h.SEPARABLE, h.FULL_BATCH, h.FROM_ZERO),
    "logistic_proxy_margin": (h.SEPARABLE, h.FULL_BATCH, h.FROM_ZERO),
    "logistic_sign_descent_margin": (h.SEPARABLE, h.FULL_BATCH, h.FROM_ZERO),
    "normalized_descent_margin": (h.SEPARABLE, h.FULL_BATCH, h.FROM_ZERO, h.EXPONENTIAL),
    "proxy_margin": (h.SEPARABLE, h.FULL_BATCH, h.FROM_ZERO, h.EXPONENTIAL),
    "sign_descent_margin": (h.FULL_BATCH, h.FROM_ZERO, h.EXPONENTIAL),
    "proxy_equilibria_are_dual_fixed_points": (h.SEPARABLE, h.REGULAR),
    "proxy_limit": (h.BETA1, h.CYCLIC, h.FROZEN),
    "proxy_loss_vanishes": (h.SEPARABLE, h.SHIPPED_LOSS, h.VANISHING),
    "replicator": (h.TAIL, h.MARGINS_MOVE),
    "scaled_rademacher_l2": (h.SEPARABLE, h.SCALED_RADEMACHER, h.CYCLIC, *h.BETAS, h.EQUILIBRIUM),
    "scaled_rademacher_proxy": (h.SEPARABLE, h.SCALED_RADEMACHER, h.EQUILIBRIUM),
    "separable_data_of_negative_cost": (h.BETA1, h.CYCLIC),
    "signum_margin": (h.BETA1, h.CYCLIC, h.EQUILIBRIUM, h.NOT_NEGATIVE),
    "signum_stalls_for_every_beta": (),
    "signum_threshold": (h.BETA1, h.CYCLIC),
    "two_dual_fixed_points": (),
}

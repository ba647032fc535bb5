"""One module a topic; each makes its chains."""

from collections.abc import Callable

from verify.derive.chain import Chain
from verify.derive.topics.ema import ema_steady_state
from verify.derive.topics.epoch import epoch_map
from verify.derive.topics.epoch_bound import epoch_bound
from verify.derive.topics.epoch_residual import epoch_residual
from verify.derive.topics.finite_beta2 import finite_beta2
from verify.derive.topics.fixed_point import fixed_point_game
from verify.derive.topics.full_batch import full_batch
from verify.derive.topics.kkt import max_margin_kkt
from verify.derive.topics.limit_cycle import limit_cycle
from verify.derive.topics.proxy_correction import proxy_correction
from verify.derive.topics.proxy_limit import proxy_limit
from verify.derive.topics.proxy_loss import proxy_loss
from verify.derive.topics.rademacher import scaled_rademacher
from verify.derive.topics.replicator import replicator
from verify.derive.topics.shifted_diagonal import shifted_diagonal
from verify.derive.topics.shifted_range import shifted_range
from verify.derive.topics.signum import signum_bound
from verify.derive.topics.signum_stalls import signum_stalls
from verify.derive.topics.step_sizes import step_sizes
from verify.derive.topics.takeover import eps_takeover

CHAINS: dict[str, Callable[[], Chain]] = {
    "ema-steady-state": ema_steady_state,
    "epoch-map": epoch_map,
    "epoch-residual-bound": epoch_bound,
    "epoch-residual": epoch_residual,
    "full-batch-sign": full_batch,
    "proxy-limit": proxy_limit,
    "proxy-correction": proxy_correction,
    "max-margin-kkt": max_margin_kkt,
    "fixed-point-game": fixed_point_game,
    "scaled-rademacher": scaled_rademacher,
    "replicator": replicator,
    "finite-beta2": finite_beta2,
    "shifted-diagonal": shifted_diagonal,
    "shifted-diagonal-range": shifted_range,
    "limit-cycle": limit_cycle,
    "signum-bound": signum_bound,
    "signum-stalls": signum_stalls,
    "step-sizes": step_sizes,
    "proxy-loss": proxy_loss,
    "eps-takeover": eps_takeover,
}

"""One module a topic; each makes its chains."""

from collections.abc import Callable

from verify.derive.chain import Chain
from verify.derive.topics.ema import ema_steady_state

CHAINS: dict[str, Callable[[], Chain]] = {
    "ema-steady-state": ema_steady_state,
}

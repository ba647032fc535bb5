"""One module a topic; each makes its chains, and names them in `CHAINS`.

A module is found by looking into this folder. Its `PLACE` says where its chains stand among the others: in the order in
which they build on each other.
"""

from __future__ import annotations

from collections.abc import Callable

from verify.derive.chain import Chain
from verify.drawers import in_folder, in_order

CHAINS: dict[str, Callable[[], Chain]] = {
    name: make
    for module in in_order(in_folder(__name__, __path__))
    for name, make in getattr(module, "CHAINS", {}).items()
}

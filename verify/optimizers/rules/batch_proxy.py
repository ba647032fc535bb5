"""The proxy of Adam by batches that are drawn without replacement, as beta2 tends to 1."""

from __future__ import annotations

from typing import Any

from verify.numbers.system import Numbers
from verify.optimizers.rule import Number, Rule, Step


def batch_proxy(num: Numbers) -> Step:
    """w <- w - eta E[G_B] / sqrt(E[G_B^2]) over batches B of ``drawn`` of the ``samples``.

    With S and Q the sums of the samples' gradients and of their squares, E[G_B] = S / N and
    E[G_B^2] = ((b - 1) S^2 + (N - b) Q) / (b N (N - 1)).
    """
    sqrt, ratio = num.sqrt, num.ratio

    def step(g: Any, squares: Any, s: Any, h: Any) -> tuple[Any, Any]:
        b, n = h.drawn, h.samples
        total = n * g
        spread = (b - 1) * total * total + (n - b) * squares
        return ratio(total, sqrt(spread * (n / (b * (n - 1))))), s

    return step


RULE = Rule(
    "batch-proxy",
    batch_proxy,
    source="Kim, Song, Yun 2026, the proxy of batches, for random reshuffling",
    hyper=(Number("drawn", 1, low=1), Number("samples", 2, low=2)),
    reads="squares",
    batch=1,
    averages=True,
)

"""Each optimizer, once: what one coordinate of w does in one step.

A rule is written for one coordinate and one number system ``num``, and read by every engine: compiled
float64 simulation, arbitrary precision, balls, symbols. ``step(g, seen, m, v, h)`` takes

    g     the batch's gradient in this coordinate,
    seen  what the rule reads of the batch beside g (``Rule.reads``),
    m, v  the two moments before the step,
    h     the hyperparameters beta1, beta2, eps, inside,

and returns (u, m, v): the update, so that w <- w - eta u, and the moments after the step.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from verify.numbers.system import Numbers

Hyper = namedtuple("Hyper", "beta1 beta2 eps inside")
Step = Callable[[Any, Any, Any, Any, Any], tuple[Any, Any, Any]]


def adam(num: Numbers) -> Step:
    """Kingma and Ba 2015: w <- w - eta m / (sqrt(v) + eps), eps = 0 by default; or eps inside the root.

    Bias correction is a factor of eta and of eps (`Optimizer.scalars`).
    """
    sqrt, ratio = num.sqrt, num.ratio

    def step(g: Any, _: Any, m: Any, v: Any, h: Any) -> tuple[Any, Any, Any]:
        m = h.beta1 * m + (1 - h.beta1) * g
        v = h.beta2 * v + (1 - h.beta2) * g * g
        return ratio(m, sqrt(v + h.inside) + h.eps), m, v

    return step


def adam_proxy(num: Numbers) -> Step:
    """arXiv 2510.26303, AdamProxy: w <- w - eta grad L / sqrt(sum_i (grad L_i)^2)."""
    sqrt, ratio = num.sqrt, num.ratio

    def step(g: Any, squares: Any, m: Any, v: Any, h: Any) -> tuple[Any, Any, Any]:
        return ratio(g, sqrt(squares)), m, v

    return step


def signum(num: Numbers) -> Step:
    """Bernstein et al. 2018: w <- w - eta sign(m)."""
    sign = num.sign

    def step(g: Any, _: Any, m: Any, v: Any, h: Any) -> tuple[Any, Any, Any]:
        m = h.beta1 * m + (1 - h.beta1) * g
        return sign(m), m, v

    return step


def signgd(num: Numbers) -> Step:
    """w <- w - eta sign(g)."""
    sign = num.sign

    def step(g: Any, _: Any, m: Any, v: Any, h: Any) -> tuple[Any, Any, Any]:
        return sign(g), m, v

    return step


def gd(num: Numbers) -> Step:
    """w <- w - eta g."""

    def step(g: Any, _: Any, m: Any, v: Any, h: Any) -> tuple[Any, Any, Any]:
        return g, m, v

    return step


def ngd(num: Numbers) -> Step:
    """Normalized GD: w <- w - eta g / ||g||_2."""
    ratio = num.ratio

    def step(g: Any, norm: Any, m: Any, v: Any, h: Any) -> tuple[Any, Any, Any]:
        return ratio(g, norm), m, v

    return step


@dataclass(frozen=True)
class Rule:
    """A rule and what an engine has to know to drive it.

    reads    what ``seen`` is: nothing, ``squares`` (the sum over the batch's samples of their squared
             gradients in this coordinate) or ``norm`` (the l2 norm of the batch's gradient);
    betas    the decay rates that it uses: those of m and of v;
    degree   the update scales like the gradient to this power: 0 for all but plain GD;
    batch    the default batch size, None for the full batch;
    batches  False if the rule is defined for the full batch only.
    """

    name: str
    define: Callable[[Numbers], Step]
    reads: Literal["nothing", "squares", "norm"] = "nothing"
    betas: tuple[str, ...] = ()
    degree: int = 0
    batch: int | None = None
    batches: bool = True


RULES = {
    rule.name: rule
    for rule in (
        Rule("adam", adam, betas=("beta1", "beta2"), batch=1),
        Rule("adam-proxy", adam_proxy, reads="squares", batches=False),
        Rule("signum", signum, betas=("beta1",), batch=1),
        Rule("signgd", signgd),
        Rule("gd", gd, degree=1),
        Rule("ngd", ngd, reads="norm"),
    )
}

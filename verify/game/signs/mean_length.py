"""Whether updates are no longer than 1 in the mean over many steps, at the full batch, whatever the gradients do.

Frozen gradients make each step sign(G). Where G = 0 at a limit, gradients are not frozen beside themselves: they change
their sign over and over, and the mean of the updates is what holds them there. If it is never longer than 1, the game
of signs has all such places. If it may be longer there may be more: the update m/sqrt(v) + 9 (m^2 - g^2)/v, betas 1/2,
is sign(G) too, and on the rows (1, 1), (4, -1) runs go to (2, 3) from an open set of starts, where the game of signs
has (1, 1) alone.
"""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from math import inf

from verify.game.signs.moves import EXACT
from verify.numbers.formula import evaluate, linear, read_off, replaced
from verify.numbers.program import Node, inputs_of
from verify.optimizers.averages import averages
from verify.optimizers.optimizer import Optimizer
from verify.optimizers.traits import data_of


def largest(opt: Optimizer) -> float:
    """What no update exceeds, as its signs and constants tell."""

    def size(each: Node, args: list[float]) -> float:
        if each.op == "constant":
            return abs(float(each.value))
        if each.op == "input":
            return abs(float(opt.values.get(each.value, inf)))
        if each.op == "sign":
            return 1.0
        if each.op in ("+", "-"):
            return args[0] + args[1]
        if each.op == "*":
            return args[0] * args[1] if all(args) else 0.0
        if each.op in ("neg", "abs"):
            return args[0]
        if each.op == "max":
            return max(args)
        over = each.args[-1]
        if each.op in ("/", "ratio") and not inputs_of(over) - opt.values.keys():
            (value,) = evaluate([over], opt.values, EXACT)
            return args[0] / abs(float(value)) if value else inf
        return inf

    return read_off([opt.rule.lean.update], size)[0]


@cache
def moments(opt: Optimizer) -> tuple[Fraction, ...]:
    """(beta1, beta2, share, p) of an update N / R, N = share m + (1 - share) g up to a factor, where m is the running
    mean of the gradients at beta1, R^p that of |g|^p at beta2, p = 1 or 2, and beta1 <= beta2, 0 <= share <= 1. Adam
    has the share 1, RMSprop is Adam at beta1 = 0. Empty for another rule.

    Such updates are no longer than 1 in the mean, if they are 1 at gradients that stay: by Jensen's inequality |N/R|^p
    is at most P/R^p, where P has |g|^p in place of g, so that of P the mean at beta <= beta2 is to be shown. With q =
    |g|^p and V its mean at beta2, (1 - beta2) q_t / V_t = 1 - beta2 V_{t-1} / V_t, and the mean of V_{t-1} / V_t is at
    least 1 where V does not grow for ever (log is concave). So q / V is at most 1 in the mean; and so is the running
    mean of q at beta over V, as V is a mean of that of now and, because beta <= beta2, of those before (Xie and Li
    2024, of Adam).
    """
    rule, update = opt.rule, opt.rule.lean.update
    found = dict(zip((state.name for state in rule.states), averages(opt), strict=True))
    over = [name for name, each in found.items() if each is not None and each.even]
    under = [name for name, each in found.items() if each is not None and not each.even and each.power == 1]
    if update.op != "ratio" or len(over) != 1 or len(under) != len(found) - 1 or len(under) > 1:
        return ()
    N, R = update.args
    after = dict(zip(found, rule.lean.after, strict=True))
    alone = replaced(R, {id(after[over[0]]): Node("input", value="after")})
    if inputs_of(alone) & data_of(rule) or "after" not in inputs_of(alone):
        return ()
    if not linear(N, frozenset({"g", *under})) or over[0] in inputs_of(N):
        return ()
    second, m = found[over[0]], under[0] if under else ""
    assert second is not None, "it is one of the averages"
    beta2, power = opt.values[second.decay], Fraction(second.power)

    def at(of: Node, g: int, held: int) -> Fraction:
        """Its value, and -1, which no answer needs, where that is no rational number."""
        (value,) = evaluate([of], {**opt.values, "g": Fraction(g), m: Fraction(held)}, EXACT)
        return value if isinstance(value, Fraction) else Fraction(-1)

    by_g, by_m, beta1, gain = at(N, 1, 0), Fraction(0), Fraction(0), Fraction(1)
    if m:
        by_m, beta1, gain = at(N, 0, 1), at(after[m], 0, 1), at(after[m], 1, 0)
    if not beta1:
        return (beta1, beta2, Fraction(1), power) if by_g > 0 and not by_m else ()
    # N = a m + b g with the state m = beta1 m + gain g after the step, gain / (1 - beta1) times the running mean.
    a = by_m / beta1
    b, mean = by_g - a * gain, a * gain / (1 - beta1)
    if not (gain > 0 and beta1 <= beta2 and min(a, b) >= 0 and a + b > 0):
        return ()
    return beta1, beta2, mean / (mean + b), power

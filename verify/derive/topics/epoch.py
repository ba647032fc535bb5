"""The epoch map of per-sample Adam and its constant C(beta1, beta2)."""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from typing import Any

import sympy

from verify.derive.chain import Assertion, Chain, Finding, Measured
from verify.derive.definitions import from_rule, mean_update_in_balls, mean_update_symbolic, meet
from verify.derive.evaluate import BITS, Point, enclosure, exact
from verify.derive.hypotheses import CYCLIC, FROZEN
from verify.derive.joins import follows, together
from verify.derive.letters import B, N, b1, b2, g, i, j, k, m, over, t, v
from verify.derive.measure import DIGITS, order_of
from verify.derive.points import Domain, below, indexed, positive, signed, unit, whole
from verify.derive.prose import told
from verify.derive.residual_runs import residuals
from verify.derive.roads import algebraic, asserted, equality, everywhere, instances
from verify.derive.topics.ema import ema_steady_state, steady
from verify.numbers.systems.balls import precision
from verify.numbers.systems.mpf import digits

lag = sympy.Mod(i - j, N)

DOMAIN: Domain = {b1: unit, b2: unit, N: whole(1, 6), i: below(N), g: indexed(signed)}


def first_moment(beta: Any = b1) -> Any:
    """m_i of the periodic state, for frozen gradients g_j in one coordinate."""
    return (1 - beta) / (1 - beta**N) * over(beta**lag * g[j], (j, N))


def second_moment(beta: Any = b2) -> Any:
    """v_i of the periodic state."""
    return (1 - beta) / (1 - beta**N) * over(beta**lag * g[j] ** 2, (j, N))


def constant(size: Any = N) -> Any:
    """C(beta1, beta2) of arXiv 2510.26303, Prop. 2.5."""
    return (1 - b1) / (1 - b1**size) * sympy.sqrt((1 - b2**size) / (1 - b2))


def published(C: Any = None, exponent: Any = lag, squares: Any = None, scale: Any = 1) -> Any:
    """The summand of Prop. 2.5 at position i of the epoch, for the gradients ``scale`` g_j."""
    C = constant() if C is None else C
    squares = over(b2**exponent * (scale * g[j]) ** 2, (j, N)) if squares is None else squares
    return C * over(b1**exponent * scale * g[j], (j, N)) / sympy.sqrt(squares)


def positive_letters(expression: Any) -> Any:
    """1 - b2, 1 - b2^N and the sum of squares as positive letters, so that roots of quotients split."""
    squares = over(b2**lag * g[j] ** 2, (j, N))
    letters = {1 - b2: "a_1", 1 - b2**N: "a_N", squares: "Q"}
    return expression.subs({e: sympy.Symbol(name, positive=True) for e, name in letters.items()})


def outside(expression: Any) -> Any:
    """Factors that are free of the summation index taken out of the sums."""

    def split(total: Any) -> Any:
        outer, inner = total.function.as_independent(j, as_Add=False)
        return outer * sympy.Sum(inner, *total.limits)

    return expression.replace(lambda e: isinstance(e, sympy.Sum), split)


def _closed(C: Any = None, exponent: Any = lag) -> Assertion:
    """The program's own epoch map, computed from Adam's definition, against Prop. 2.5."""
    summand = published(C, exponent)

    def written_out(letters: list[Any]) -> Any:
        size = len(letters)
        values = dict(enumerate(letters))
        terms = (summand.subs({N: size, i: at}).doit() for at in range(size))
        return -sympy.Add(*terms).xreplace({g[b]: value for b, value in values.items()}) / size

    def check() -> Finding:
        for size in (1, 2, 3):
            letters = [sympy.Symbol(f"g_{b}", positive=True) for b in range(size)]
            rest = _roots_apart(mean_update_symbolic("adam", letters) - written_out(letters))
            if rest != 0:
                return Finding(False, f"N = {size}: differs by {rest}")
        return Finding(True, "N = 1, 2, 3 in normal form, positive gradients")

    def run(point: Point) -> tuple[bool, str]:
        size = int(exact(N, point))
        values = [[point[g](b)] for b in range(size)]
        with precision(BITS):
            (found,) = mean_update_in_balls("adam", values, None, point[b1], point[b2])
            return meet(
                found, -enclosure(over(summand, (i, N)), point) / size
            ), "the rule run for an epoch of 1 to 6 samples, in balls"

    total = over(summand, (i, N))
    cases = "the program's own epoch map for N = 1, 2, 3 in symbols, N <= 6 in balls"
    return instances(cases, check, lambda: everywhere(DOMAIN, run), sympy.Symbol("U"), -total / N)


def _roots_apart(expression: Any) -> Any:
    """0 if the expression vanishes: what stands under roots is factored first, with b2 = 1/(1 + y)."""
    y = sympy.Symbol("y", positive=True)

    def root(power: Any) -> Any:
        return sympy.factor(sympy.cancel(sympy.together(power.base))) ** power.exp

    shown = expression.subs(b2, 1 / (1 + y)).replace(
        lambda e: e.is_Pow and e.exp.is_Rational and not e.exp.is_Integer, root
    )
    return sympy.cancel(sympy.together(sympy.powdenest(shown, force=True)))


def _constant(fixed: Assertion, by_sample: Assertion) -> Assertion:
    """The steady states of m and v, divided: each is what the step of a moving average leaves as it is, by sample."""
    step, average = fixed.right_of(steady - b1 * steady.subs(i, i - 1)), by_sample.right_of(first_moment())
    in_turn = steady.xreplace({i - k: sympy.Mod(i - k, N)})

    def check(left: Any, right: Any) -> Finding:
        if step != (1 - b1) * g[i] or average != in_turn:
            return Finding(False, f"the steady state is {average}, and a step adds {step}")
        rest = algebraic(positive_letters(left - right))
        return Finding(rest == 0, f"off by {rest}")

    quotient = first_moment() / sympy.sqrt(second_moment())
    return asserted("equality", quotient, "=", published(), DOMAIN, check).under(CYCLIC, FROZEN)


def _order_on_schedule(power: int, starts: range) -> Measured:
    with digits(DIGITS):
        points = [residuals(start=10**p, decay=Fraction(1, power)) for p in starts]
        return order_of(
            f"order of e_r in eta_rN, for eta_t = (t+2)^(-1/{power})",
            1,
            points,
            f"runs of 150 epochs that begin at t = 1e{starts[0]} .. 1e{starts[-1]}",
        )


def _rescaled(power: int = 1) -> Assertion:
    """Gradients divided by B, against the gradients themselves (times 1/B^(power - 1))."""
    a1 = sympy.Symbol("a_1", positive=True)
    return equality(
        published(scale=1 / B),
        published() * B ** (1 - power),
        {**DOMAIN, B: whole(2, 9)},
        given=(lambda e: e.subs(1 - b2, a1), outside),
    )


@cache
def epoch_map() -> Chain:
    """w^{r+1} - w^r = -eta (C sum_i ... + e_r)."""
    gt = g[t]
    scalars = {b1: unit, b2: unit, m: signed, v: positive, g: indexed(signed), t: whole(0, 9)}
    update = (b1 * m + (1 - b1) * gt) / sympy.sqrt(b2 * v + (1 - b2) * gt**2)
    return told(
        __file__,
        "epoch-map",
        steps={
            "update": from_rule("adam", "u", gt, update, scalars),
            "constant": follows(_constant, "ema-steady-state:fixed", "ema-steady-state:by-sample"),
            "program": _closed(),
            "batches": _rescaled(),
            "epoch-map": follows(together, "update", "constant", "program", "batches"),
        },
        wrong={
            "exponent j - i for i - j": _closed(exponent=sympy.Mod(j - i, N)),
            "no root over the second factor of C": _closed((1 - b1) / (1 - b1**N) * (1 - b2**N) / (1 - b2)),
            "square of the sum for the sum of squares": equality(
                first_moment() / sympy.sqrt(second_moment()),
                published(squares=over(b2 ** (lag / 2) * g[j], (j, N)) ** 2),
                DOMAIN,
                given=(positive_letters,),
            ),
            "an update of degree 1": _rescaled(power=2),
            "C without the powers N": _closed(sympy.Integer(1)),
        },
        measurements=(
            lambda: _order_on_schedule(2, range(4, 17, 2)),
            lambda: _order_on_schedule(1, range(2, 10)),
        ),
        others=(ema_steady_state(),),
    )


PLACE, CHAINS = 20, {"epoch-map": epoch_map}

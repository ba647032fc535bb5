"""Waves where entries are 0: a column that sees no row of the support is decided by a level of its own growth."""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from typing import Any

import sympy

from verify.derive.analysis import limit
from verify.derive.chain import Assertion, Chain, Measured
from verify.derive.definitions import hyper
from verify.derive.hypotheses import CONSTANT, CYCLIC, EXPONENTIAL, Under, words
from verify.derive.joins import follows, together
from verify.derive.letters import N, eta, n
from verify.derive.measure import DIGITS, agreement, number, weights
from verify.derive.points import Domain, positive, signed, unit, whole
from verify.derive.prose import told
from verify.derive.roads import equality, recursion
from verify.derive.topics.travelling_waves import degree, factor
from verify.numbers.systems.mpf import MPF, digits
from verify.optimizers.mean_update import NO_REST, mean_update
from verify.optimizers.rules import RULES

b, q, s, y, z = sympy.symbols("b q s y z", positive=True)
r, own = sympy.symbols("r_l B", positive=True)
above = sympy.Symbol("A", real=True)

LEVELS = words("rows of a level have the cost r_l/eta, more than those above it, and rows below it more")
FORGETS = words("beta_1 exp(r_l) < 1 and beta_2 exp(2 r_l) < 1 on every level")


def _share(kept: Any = b) -> Assertion:
    """What a deeper level has put into a moment: d <- b d + q^n, q = exp(-s) a step in units of the column's level."""
    domain = Under({b: unit, q: lambda rng, at: at[b] * (1 - unit(rng, at) / 2), n: whole(0, 6)})
    formula = (b**n - q**n) / (b - q)
    return recursion(sympy.Symbol("d_n"), formula, n, 0, kept * formula + q**n, domain)


def _pace(seen: int = 1) -> Assertion:
    """The logarithm of a weight of the level, in units that shrink by exp(r_l) a step, is the same after an epoch: A is
    what columns decided above add to its cost, B its own columns."""
    domain: Domain = {
        N: whole(1, 9), r: positive, eta: positive, above: signed, own: lambda rng, at: at[r] / at[eta] - at[above],
    }  # fmt: skip
    left = N * r - eta * N * (seen * above + own)
    return equality(left, 0, domain, given=(lambda e: e.subs(own, r / eta - above),)).under(LEVELS)


ROWS = [[Fraction(e) for e in row] for row in ((3, -1, 0), (-1, 2, 0), (1, 3, 2))]
BETA1, BETA2, STEP = Fraction(1, 3), Fraction(1, 2), Fraction(1, 10)


def _measured() -> Measured:
    """The third column of a run, which the third row sees alone, beside Adam's U there at the growth of that row."""
    with digits(DIGITS):
        *_, before, after = weights(
            "adam", ROWS, [900, 1200], lr=STEP, batch_size=1, beta1=BETA1, beta2=BETA2
        )
        moved = [(x - w) / 300 for x, w in zip(after, before, strict=True)]
        up = MPF.exp(sum(number(e) * u for e, u in zip(ROWS[2], moved, strict=True)))
        p, v = number(BETA1) * up, number(BETA2) * up * up
        out: list[Any] = [None]
        gradients = [[number(0)], [number(0)], [number(-1)]]
        mean_update(RULES["adam"], MPF)(
            gradients, [[None]] * 3, hyper("adam", p, v, number(0)), out, [NO_REST] * 3
        )
        K = (1 - number(BETA1)) / (1 - p) * MPF.sqrt((1 - v) / (1 - number(BETA2)))
        return agreement(
            "U in the column of the second level, of a run and by its own r", K * out[0], moved[2] / number(STEP),
            number(Fraction(1, 10**20)), "steps 901 to 1200, rows (3, -1, 0), (-1, 2, 0), (1, 3, 2), beta_1 = 1/3, "
            "beta_2 = 1/2, eta = 1/10",
        )  # fmt: skip


@cache
def wave_levels() -> Chain:
    """Each level has an r of its own, at which U is taken in the columns that it decides."""
    given = (lambda e: e.subs({b: sympy.exp(-s), q: sympy.exp(-s - z)}),)
    return told(
        __file__,
        "wave-levels",
        steps={
            "degree": degree(),
            "fade": limit(sympy.exp(-s * y), y, sympy.oo, 0, {s: positive}),
            "share": _share(),
            "forgotten": limit(
                (b**y - q**y) / (b - q), y, sympy.oo, 0,
                {b: unit, q: lambda rng, at: at[b] * (1 - unit(rng, at) / 2)}, given=given,
            ),
            "factor": factor(),
            "pace": _pace(),
            "at-rest": limit((1 + z) ** -y, y, sympy.oo, 0, {z: positive}),
            "levels": follows(
                together, "degree", "fade", "share", "forgotten", "factor", "pace", "at-rest",
                under=(EXPONENTIAL, CYCLIC, CONSTANT, FORGETS),
            ),
        },
        wrong={
            "columns of the level alone": _pace(0),
            "a moment that keeps all": _share(sympy.Integer(1)),
        },
        measurements=(_measured,),
    )  # fmt: skip


PLACE, CHAINS = 131, {"wave-levels": wave_levels}

"""Constant steps: runs along travelling waves, at any step size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from functools import partial

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from properties import Case, Judgement, clause, stated, trial, vacuous, within, worst
from properties.cases import PROXY, runs
from properties.choices import betas
from properties.property import dataset
from properties.strategies import integers, separable, with_zeros
from verify.claims.hypotheses import (
    BELOW,
    BETAS,
    CONSTANT,
    COSTS,
    CYCLIC,
    EVERY_ROW,
    EXPONENTIAL,
    FORGETS,
    LEVELS,
    SEEN,
    SEPARABLE,
    STABLE,
    TAIL,
    WITH_LARGE_STEPS,
)
from verify.claims.instances import THREE_ROWS, WITH_ZEROS, on
from verify.data import Dataset
from verify.game import Limit, predict
from verify.game.waves.growing import most_growth
from verify.numbers.linear.angles import Vector, degrees
from verify.optimizers import Optimizer, optimizer
from verify.optimizers.trajectory import trajectory

# Runs at small steps take long to settle; at large ones levels below grow faster than the rule forgets, and are none.
SMALL_STEPS, LARGE_STEPS = ("1/100", "1/30", "1/300"), ("1/10", "1/3", "1", "3")

# Weights and r come from Newton's method in balls; what this program makes of them loses as many digits as r is near to
# its bound, at which a moment no longer forgets.
ROUNDING = 1e-12

# A run has so many epochs; what is left of a deviation by half of them, and an angle in degrees that is called none.
EPOCHS, LEFT, NONE = 20_000, 1e-14, 1e-8


def adam(lr: str, beta1: Fraction | str = "0", beta2: Fraction | str = "1/2") -> Optimizer:
    """Per-sample Adam at this constant step, on the exponential loss."""
    return optimizer("adam", beta1=beta1, beta2=beta2, lr=Fraction(lr), decay=Fraction(0), loss="exponential")


def constant_adam(draw: DrawFn, n: int, steps: Sequence[str] = (*SMALL_STEPS, *LARGE_STEPS)) -> Optimizer:
    """Per-sample Adam at a constant step, one of these."""
    beta1, beta2 = draw(betas(beta2=(Fraction(1, 2), Fraction(9, 10))))
    return adam(draw(st.sampled_from(steps)), beta1, beta2)


@st.composite
def below(draw: DrawFn) -> Dataset:
    """Rows of which the first alone is the support, since the others have more of all that it has, and entries of their
    own where it has none."""
    first = draw(st.tuples(integers(), st.just(Fraction(0)), with_zeros()))
    others = st.tuples(st.integers(1, 3), integers(), integers())
    chosen = draw(st.lists(others, min_size=1, max_size=2))
    return dataset([first, *([k * first[0], a, k * first[2] or b] for k, a, b in chosen)])


def field_at(X: Vector, c: Vector, beta1: float, beta2: float) -> Vector:
    """The epoch map of per-sample Adam from its sums."""
    n, g = len(X), c[:, None] * X
    lag = (np.arange(n)[:, None] - np.arange(n)) % n
    m, v = beta1**lag @ g, beta2**lag @ (g * g)
    u = np.divide(m, np.sqrt(v), out=np.zeros_like(m), where=v > 0)
    constant = (1 - beta1) / (1 - beta1**n) * np.sqrt((1 - beta2**n) / (1 - beta2))
    return np.asarray(constant * u.mean(axis=0))


def equations(case: Case, with_K: bool = True) -> Judgement:
    """At the waves that are found x_i.U = r / eta on the support, U made of Adam's sums at beta1 exp(r), beta2 exp(2 r)
    and of the factor K."""
    opt, X = case.optimizer, case.X
    waves = [limit for limit in predict(case.data, opt, starts=0).limits if limit.radius is not None]
    if not waves:
        return vacuous("no wave was enclosed")
    return worst([keeps_pace(X, opt, wave, with_K=with_K) for wave in waves])


def keeps_pace(X: Vector, opt: Optimizer, wave: Limit, with_K: bool = True, one_r: bool = False) -> Judgement:
    """Whether x_i.U = r / eta on each level, U in its columns made with its r; ``one_r``: with that of the support."""
    b1, b2 = float(opt.beta1), float(opt.beta2)
    assert wave.point is not None
    levels = [(wave.support, wave.weights[list(wave.support)]), *wave.levels]
    growths, found = [float(r) for r in wave.point["growths"]], []
    U, undecided = np.zeros(X.shape[1]), X.any(axis=0)
    for (rows, weights), r in zip(levels, growths, strict=True):
        c, own, used = np.zeros(len(X)), undecided & X[list(rows)].any(axis=0), growths[0] if one_r else r
        c[list(rows)] = np.asarray(weights)
        p, q = b1 * np.exp(used), b2 * np.exp(2 * used)
        K = (1 - b1) / (1 - p) * np.sqrt((1 - q) / (1 - b2)) if with_K else 1.0
        U[own], undecided = K * field_at(X[:, own], c, p, q), undecided & ~own
        near = 1 - max(growths) / most_growth(opt)
        gap = float(np.abs((X @ U)[list(rows)] * float(opt.lr) / r - 1).max())
        found.append(within(gap, ROUNDING / near**2, "relative difference of x_i.U and r / eta"))
    return worst(found)


def levels_keep_pace(case: Case, one_r: bool = False) -> Judgement:
    """Waves with levels below the support keep the pace of ``keeps_pace`` on each level."""
    waves = [limit for limit in predict(case.data, case.optimizer, starts=0).limits if limit.levels]
    waves = [wave for wave in waves if wave.radius is not None]
    if not waves:
        return vacuous("no wave with levels was enclosed")
    return worst([keeps_pace(case.X, case.optimizer, wave, one_r=one_r) for wave in waves])


def along_a_wave(case: Case, aim: Optimizer | None = None) -> Judgement:
    """A run that has had time to settle, by the spectral radius, moves in the direction of a wave and at its rate;
    ``aim``: of the limits of another optimizer."""
    opt, X = case.optimizer, case.X
    found = predict(case.data, opt, starts=0).limits
    waves = [wave for wave in found if wave.stability == "attracting"]
    if not waves or any(wave.stability == "undetermined" for wave in found):
        return vacuous("no wave is known to attract, or not of each that is known whether it does")
    slowest = max([wave.spectral_radius or 0.0 for wave in waves])
    fading = max(np.exp(-wave.slack * (wave.growth or 0) * case.data.n) for wave in waves)
    if max(slowest, fading) ** (EPOCHS / 4) > LEFT:
        return vacuous("a run would take longer to settle")
    n = case.data.n
    run = trajectory(X, opt, [EPOCHS // 2 * n, EPOCHS * n], start=case.w_0).weights
    move = run[1] - run[0]
    growth = float(np.min(X @ move)) / (EPOCHS // 2 * n)
    targets = predict(case.data, aim, starts=0).limits if aim else waves
    turned = min(degrees(move, target.direction) for target in targets)
    rates = [abs(growth / (wave.growth or 1) - 1) for wave in waves]
    return worst(
        [within(turned, NONE, "degrees to the nearest wave"), within(min(rates), NONE, "relative gap in r")]
    )


def nearer(case: Case, power: int = 2) -> Judgement:
    """At ten times the step the direction is ten to the ``power`` times as near to AdamProxy's."""
    proxy = predict(case.data, PROXY, starts=0).limits[0].direction
    larger = replace(case.optimizer, lr=10 * case.optimizer.lr)
    near, far = (
        degrees(predict(case.data, opt, starts=0).limits[0].direction, proxy)
        for opt in (larger, case.optimizer)
    )
    return within(
        abs(far / near / 10**power - 1), 0.05, f"gap at lr over that at 10 lr, over 10^{power}, less 1"
    )


PLACE = 19
NAMED = [adam("1/10"), adam("1"), adam("1/10", "1/2", "9/10")]
ZEROS = runs(partial(constant_adam, steps=SMALL_STEPS), below())
SMALL = runs(constant_adam, separable((1, 3), (1, 3)))
SETTLING = runs(constant_adam, separable((2, 3), (1, 3)))
CLAIM = stated(
    "constant-steps",
    "At constant steps runs travel along waves, exact at every step size",
    "this project (travelling waves)",
    clause(
        r"Where $x_i \cdot U(c) = r/\eta$ on every row, $U = K$ times per-sample Adam's epoch map at $\beta_1 e^r$, "
        r"$\beta_2 e^{2r}$, $K = \frac{1-\beta_1}{1-\beta_1 e^r} \sqrt{\frac{1-\beta_2 e^{2r}}{1-\beta_2}}$, and $c_i$ "
        "is the weight of row $i$ at its own step, a run goes on like that for ever: all margins grow by $N r$ an "
        "epoch.",
        (*BETAS, CYCLIC, EXPONENTIAL, CONSTANT, BELOW, *SEEN, COSTS, EVERY_ROW),
        trial("wave-equations", SMALL, equations, {"K = 1": partial(equations, with_K=False)},
              cost=60, named=on(THREE_ROWS, opts=NAMED)),
        chains=("travelling-waves:exact",),
        theorems=("adam_travelling_wave",),
    ),
    clause(
        "Where entries are 0 a column that sees no row of the support is decided by the level below it: these rows "
        r"have the cost $r/\eta$ for a larger $r$ of their own, at which $U$ in that column is taken.",
        (*BETAS, CYCLIC, EXPONENTIAL, CONSTANT, BELOW, *SEEN, LEVELS, FORGETS),
        trial("waves-with-levels", ZEROS, levels_keep_pace,
              {"one r for all levels": partial(levels_keep_pace, one_r=True)},
              cost=60, named=on(WITH_ZEROS, opts=[adam("1/10", "1/2")])),
        chains=("wave-levels",),
    ),
    clause(
        "Runs that have settled go in the direction of such a wave and grow by its $r$, whatever the step size.",
        (SEPARABLE, TAIL, CYCLIC, BELOW, CONSTANT, STABLE),
        trial("runs-along-waves", SETTLING, along_a_wave,
              {"the limit of vanishing steps": partial(along_a_wave, aim=adam("1/1000000"))},
              cost=60, named=on(THREE_ROWS, opts=NAMED[:1])),
    ),
    clause(
        r"As $\eta \to 0$ the waves become equilibria of the margin game; as $\eta \to \infty$ their direction tends "
        r"to AdamProxy's at the rate $\eta^{-2}$.",
        (*BETAS, CYCLIC, EXPONENTIAL, CONSTANT, BELOW, *SEEN, COSTS, *WITH_LARGE_STEPS),
        trial("large-steps-proxy", None, nearer, {"at the rate of the inverse": partial(nearer, power=1)},
              named=on(THREE_ROWS, opts=NAMED[1:2])),
        chains=("travelling-waves",),
    ),
)  # fmt: skip

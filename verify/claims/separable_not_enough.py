"""Separable data are not enough: per-sample Adam and Signum may have a negative cost, and the loss then rises."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction
from functools import partial

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from properties import Case, Judgement, case, clause, stated, trial, vacuous, within
from properties.choices import betas, simplex
from properties.strategies import any_separable
from verify.claims.hypotheses import (
    BETA1,
    BETAS,
    CYCLIC,
    FROZEN,
    NO_GAP,
    ONE_BY_ONE,
    SEPARABLE,
    SMALL,
    SORTED,
)
from verify.claims.instances import exact
from verify.claims.judges.maps import EPS, U, radius, rounding
from verify.data.families.one_against_all import one_against_all
from verify.data.families.sorted_types import sorted_types
from verify.derive.definitions import mean_update_in_balls
from verify.derive.evaluate import enclosure
from verify.derive.letters import b1, b2
from verify.derive.topics import sorted_samples
from verify.evidence import Verdict
from verify.margins import max_margin
from verify.numbers.systems.balls import ball, precision
from verify.optimizers import Optimizer, optimizer
from verify.problem.problem import dot
from verify.simulate import trajectory

# Bits at which a cost of 1e-5 on some thousand rows has a sure sign: an epoch loses about 20.
SIGN_BITS = 128


def costs_below(case: Case, lower: float = 0.0) -> Judgement:
    """At uniform weights of K copies of (a, -b, -b) and its turns, sorted, all costs are (a - 2b) u, and u is at most
    (T/K - 1)/3, T the chain's threshold, less ``lower``."""
    a, b = case.data.rows[0][0], -case.data.rows[0][1]
    copies, opt = case.data.n // 3, case.optimizer
    F = case.X @ U(opt, case.X, np.full(case.data.n, 1 / case.data.n)) / float(a - 2 * b)
    at = {
        sorted_samples.a: a,
        sorted_samples.b: b,
        b1: opt.beta1,
        b2: opt.beta2,
    }
    with precision(SIGN_BITS):
        T = float(enclosure(sorted_samples.THRESHOLD, at).mid())
    bound = (T / copies - 1) / 3 - lower
    room = float(rounding(opt, case.X, np.full(case.data.n, 1 / case.data.n)).max()) * radius(case.X)
    return within(float(F.max()) - bound, room, "largest cost over a - 2b, less the bound")


def turn_by_turn(case: Case) -> Judgement:
    """The types in turn: what reshuffling comes near to."""
    copies = case.data.n // 3
    rows = [case.data.rows[copies * kind] for _ in range(copies) for kind in range(3)]
    return costs_below(replace(case, data=replace(case.data, rows=tuple(rows))))


@st.composite
def sorted_cases(draw: DrawFn) -> Case:
    """Blocks of rows, and betas that forget in some of them."""
    b = Fraction(draw(st.integers(1, 6)), 2)
    beta1, beta2 = draw(betas(beta2=tuple(map(Fraction, ("1/2", "1/4", "4/5")))))
    data = sorted_types(draw(st.integers(1, 60)), 2 * b + Fraction(draw(st.integers(1, 6)), 2), b)
    return Case(data, optimizer("adam", beta1=beta1, beta2=beta2))


def sign_of_cost(case: Case, turned: int = 1) -> Judgement:
    """In balls: at uniform weights every cost has the sign that the case names."""
    opt, sign = case.optimizer, turned * int(case.change[0])
    beta2 = opt.beta2 if "beta2" in opt.values else 0
    with precision(SIGN_BITS):
        field = mean_update_in_balls(
            opt.rule.name, [[-x for x in row] for row in case.data.rows], None, opt.beta1, beta2
        )
        found = [dot([ball(x) for x in row], field) for row in dict.fromkeys(case.data.rows)]
        wrong = sum(not (cost * sign > 0) for cost in found)
    return within(
        wrong, 0.5, f"in balls: costs about {float(found[0].mid()):.3g}; with another sign", Verdict.MEASURED
    )


def at_the_turns(profile: str) -> list[Case]:
    """One copy of each type on either side of where the sign turns. A number of rows is 3K."""
    turns = [
        (one, two, n)
        for two, *at in (("9/10", 42, 48), ("99/100", 471, 402), ("999/1000", 4767, 4677))
        for one, n in zip(("0", "9/10"), at, strict=True)
    ]
    return [
        Case(sorted_types(n // 3 - before), optimizer("adam", beta1=Fraction(one), beta2=Fraction(two)),
             change=exact(1 if before else -1))
        for one, two, n in turns
        for before in (1, 0)
    ]  # fmt: skip


def margins_fall(case: Case, order: str = "cyclic") -> Judgement:
    """From w_0 = 0, at the usual steps: after 300 epochs every margin is negative, so the loss above its start."""
    opt = replace(case.optimizer, order=order)
    z = case.X @ trajectory(case.X, opt, [300 * case.data.n]).weights[0]
    least = float(-z.max())
    return within(0.1 / least if least > 0 else math.inf, 1, "0.1 / how far the largest margin fell")


def positive_cost(case: Case, factor: float = 1.0) -> Judgement:
    """c'F >= gamma (gamma/(sqrt N R) - delta) times ``factor``, delta = beta2^(-(N-1)/2) - 1, where positive."""
    opt, X, c, n = case.optimizer, case.X, case.c, case.data.n
    gamma, R = max_margin(case.data, "linf").margin, radius(X)
    delta = float(opt.beta2) ** (-(n - 1) / 2) - 1
    least = gamma * (gamma / (math.sqrt(n) * R) - delta)
    if not SMALL.test or not SMALL.test(case):
        return vacuous("beta2 is too small for N")
    room = float(np.abs(c @ X) @ rounding(opt, X, c))
    return within(
        factor * least - float((c @ X) @ U(opt, X, c)), room + 64 * EPS * R, "promised less found mean cost"
    )


@st.composite
def slowly_forgetting(draw: DrawFn) -> Case:
    """Per-sample Adam with beta2 so near 1 that its memory is nearly even, at weights as uneven as they like."""
    data = draw(any_separable((1, 5), (1, 4)))
    beta2 = 1 - Fraction(1, 10 ** draw(st.integers(1, 5)))
    beta1 = Fraction(draw(st.sampled_from(["0", "1/2", "9/10"])))
    return Case(
        data,
        optimizer("adam", beta1=beta1, beta2=beta2),
        weights=draw(simplex(data.n, faces=False, decades=6)),
    )


def one_sign(case: Case, turned: int = 1) -> Judgement:
    """Signum on one_against_all(N): U at uniform weights is negative where (N + 1) beta^(N/3) < 1, 3 | N."""
    n, beta = case.data.n, case.optimizer.beta1
    if n % 3 or (n + 1) * beta ** (n // 3) >= 1:
        return vacuous("N is too small for beta")
    return sign_of_cost(replace(case, change=exact(-1)), turned)


@st.composite
def against_all(draw: DrawFn) -> Case:
    """Signum by samples at a beta that N/3 steps forget, and at others."""
    beta = Fraction(draw(st.integers(0, 12)), 20)
    return Case(one_against_all(3 * draw(st.integers(1, 10))), optimizer("signum", beta1=beta))


def signum_turns(profile: str) -> list[Case]:
    """N from which the constant is negative, as found."""
    turns = [("1/2", 5), ("9/10", 20)] + ([("99/100", 100)] if profile != "quick" else [])
    return [case(one_against_all(n), "signum", beta1=Fraction(beta), change=[-1]) for beta, n in turns]


PLACE = 19
DEFAULTS: Optimizer = optimizer("adam")
CLAIM = stated(
    "separable-not-enough",
    "Separable is not enough: sorted data can defeat per-sample Adam, and Signum",
    "this project; compare Reddi, Kale, Kumar 2018",
    clause(
        r"On $K$ copies each of $(a, -b, -b)$ and its two turns, $a > 2b > 0$, sorted by type, per-sample Adam's costs "
        r"at uniform weights are $F_i = (a - 2b) u$ for all $i$, $u \le \frac13 (T/K - 1)$, $T = (\frac{a-b}{b} + "
        r"\frac{a^2-b^2}{2b^2}) \frac{\beta_2}{1-\beta_2} + \frac{a+b}{b} \frac{\beta_1}{1-\beta_1}$: an equilibrium "
        r"of negative cost once $K > T$, though $(1, 1, 1)$ separates.",
        (*BETAS, SORTED, ONE_BY_ONE, FROZEN),
        trial("sorted-costs", sorted_cases(), costs_below,
              {"the types in turn": turn_by_turn, "a tenth lower": partial(costs_below, lower=0.1)},
              named=lambda profile: [Case(sorted_types(5000), DEFAULTS)]),
        chains=("sorted-samples",),
    ),
    clause(
        r"For $(a, b) = (4, \frac32)$ the sign turns at $N = 3K = 48, 402, 4677$ for $\beta_1 = .9$ and $\beta_2 = .9, "
        r".99, .999$ (at $42, 471, 4767$ for $\beta_1 = 0$).",
        (SORTED, ONE_BY_ONE, FROZEN),
        trial("sorted-threshold", None, sign_of_cost, {"the other sign": partial(sign_of_cost, turned=-1)},
              named=at_the_turns),
    ),
    clause(
        r"Runs at the default betas on $N = 4800$ such rows, from $w_0 = 0$, end with every margin negative; not "
        "reshuffled ones.",
        (SORTED, ONE_BY_ONE),
        trial("sorted-runs", None, margins_fall, {"reshuffled": partial(margins_fall, order="reshuffle")},
              named=lambda profile: [Case(sorted_types(1600), DEFAULTS)]),
    ),
    clause(
        r"For every $\beta < 1$ and $N$ large enough Signum by samples has on the rows $N e_i - \sum_{j \ne i} e_j$, "
        r"which $(1, \dots, 1)$ separates, an equilibrium of negative cost at uniform weights.",
        (BETA1, CYCLIC),
        trial("signum-one-sign", against_all(), one_sign, {"the other sign": partial(one_sign, turned=-1)}),
        trial("signum-turns", None, sign_of_cost, {"the other sign": partial(sign_of_cost, turned=-1)},
              named=signum_turns),
        theorems=("separable_data_of_negative_cost",),
    ),
    clause(
        r"If $\beta_2^{-(N-1)/2} < 1 + \gamma_\infty/(\sqrt N \max_i \|x_i\|_1)$, per-sample Adam's mean cost "
        r"$\sum_i c_i F_i(c)$ is at least $\gamma_\infty (\gamma_\infty/(\sqrt N \max_i \|x_i\|_1) - "
        r"\beta_2^{-(N-1)/2} + 1) > 0$ at every $c$, and so is the cost of every equilibrium.",
        (*BETAS, SEPARABLE, SMALL, NO_GAP, ONE_BY_ONE, FROZEN),
        trial("positive-cost", slowly_forgetting(), positive_cost,
              {"four times as much": partial(positive_cost, factor=4.0)}),
        chains=("positive-cost",),
    ),
    remark="The order is to blame: predict says what that of the rows does to the mean cost, beside reshuffled ones.",
)  # fmt: skip

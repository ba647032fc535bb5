"""Batches that are reshuffled each epoch: the proxy of Adam that belongs to them, and sign methods with momentum."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import partial
from itertools import combinations, product

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from properties import Case, Judgement, case, clause, stated, trial, vacuous, within
from properties.cases import maps, runs
from properties.choices import batch_sizes
from properties.strategies import any_separable, separable
from verify.claims.hypotheses import BETA1, EXPONENTIAL, FROM_ZERO, SEPARABLE, SIZES
from verify.claims.judges.at_any_time import grows, keeps_pace
from verify.claims.judges.maps import EPS
from verify.derive.hypotheses import FROZEN, words
from verify.losses import LOSSES
from verify.numbers.systems.arrays import ARRAYS
from verify.optimizers import Optimizer, optimizer

RESHUFFLED = words("samples are reshuffled each epoch")
TWO = words("batches have two samples or more")

# An order of so many steps is drawn; in the first the start is still seen, of which .9^300 = 2e-14 is left.
DRAWN, FIRST = 1024, 300

# Near 1 a sample that came last in one epoch came first in others: m follows it at far less than the threshold.
PART = Fraction(3, 4)


def any_batches(draw: DrawFn, n: int) -> Optimizer:
    """The rule with some batch size below N, where a sum that cancels to rounding does not become a sign."""
    size = draw(batch_sizes(n, full=False))
    return optimizer("batch-proxy", batch_size=size).at(drawn=size, samples=n)


def expectation(case: Case, replaced: bool = False) -> Judgement:
    """The rule's step is the mean of G_B over the root of that of G_B^2, over all batches one by one; ``replaced``:
    over batches drawn with replacement."""
    opt, n = case.optimizer, case.data.n
    terms, size = -case.c[:, None] * case.X, int(opt.values["drawn"])
    drawn = product(range(n), repeat=size) if replaced else combinations(range(n), size)
    G = np.array([terms[list(batch)].mean(axis=0) for batch in drawn])
    wanted = ARRAYS.ratio(G.mean(axis=0), np.sqrt((G * G).mean(axis=0)))
    u, _ = opt.rule.step(ARRAYS)(terms.mean(axis=0), (terms * terms).sum(axis=0), (), opt.frozen(ARRAYS))
    return within(float(np.abs(u - wanted).max()), 1e-11, "|u - E[G_B]/sqrt(E[G_B^2])|")


def batch_proxy(draw: DrawFn, n: int) -> Optimizer:
    """The rule with some batch size from 2 on, and step sizes."""
    size = draw(st.integers(2, n))
    opt = optimizer("batch-proxy", batch_size=size, lr=Fraction(1, draw(st.integers(1, 100))))
    loss = draw(st.sampled_from(["exponential", "logistic"]))
    return replace(
        opt.at(drawn=size, samples=n), loss=LOSSES[loss], decay=Fraction(draw(st.integers(0, 4)), 4)
    )


def with_exponential(draw: DrawFn, n: int) -> Optimizer:
    """``batch_proxy`` on the exponential loss."""
    return replace(batch_proxy(draw, n), loss=LOSSES["exponential"])


def signum(draw: DrawFn, n: int) -> Optimizer:
    """Signum by batches of one size in a random order."""
    beta = Fraction(draw(st.sampled_from(["1/2", "1/20", "1/4", "3/4", "9/10"])))
    size = draw(batch_sizes(n, full=False).filter(lambda size: n % size == 0))
    return optimizer("signum", beta1=beta, batch_size=size, order="reshuffle")


def thresholds(beta: float, batches: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """(1 - r_j)/(1 + r_j) after j = 1, ..., B steps of an epoch, r_j the least ratio of two samples' weights in m: one
    that came last in every epoch, beta^(j+B-1)/(1 - beta^B), and one that came first, 1 + beta^j/(1 - beta^B)."""
    j = np.arange(1, batches + 1)
    r = beta ** (j + batches - 1.0) / (1 - beta**batches + beta**j)
    return np.asarray((1 - r) / (1 + r))


def steps_of(case: Case) -> Iterator[tuple[int, np.ndarray[tuple[int], np.dtype[np.float64]]]]:
    """Signum's steps at frozen gradients in a random order, once the start is forgotten, and how far into an epoch."""
    opt, terms = case.optimizer, -case.c[:, None] * case.X
    table = next(opt.tables(len(terms), seed=1))[:DRAWN]
    step, h, s = opt.rule.step(ARRAYS), opt.frozen(ARRAYS), (np.zeros(case.data.d),)
    for t, batch in enumerate(table):
        u, s = step(terms[batch].mean(axis=0), 0.0, s, h)
        if t >= FIRST:
            yield t % opt.steps_per_epoch(len(terms)), u


def sign_condition(case: Case, factor: float = 1.0) -> Judgement:
    """Where a step of a reshuffled epoch is against the sign of sum G, |sum G| <= (1-r_j)/(1+r_j) sum |G|."""
    opt, terms = case.optimizer, -case.c[:, None] * case.X
    total, size = terms.sum(axis=0), np.abs(terms).sum(axis=0)
    limits = factor * thresholds(float(opt.beta1), opt.steps_per_epoch(len(terms)))
    share = np.abs(total) / np.where(size > 0, size, 1.0)
    excess = -1.0
    for place, u in steps_of(case):
        against = u != np.sign(total)
        excess = max(excess, float(np.max(share[against] - limits[place], initial=-1.0)))
    return within(
        max(excess, 0.0), 1e3 * EPS * len(terms), "|sum G| / sum |G| beyond the threshold, against the sign"
    )


def published_lag(case: Case, factor: float = 1.0) -> Judgement:
    """How far a step's descent along sum G falls short of ||sum G||_1, as a share of sum ||g_n||_1: 2 (1 - beta) B
    (B^2 - 1) at most. (Weaker than the threshold: (1-r_j)/(1+r_j) <= (1 - beta)(2 B - 1).)"""
    opt, terms = case.optimizer, -case.c[:, None] * case.X
    B, total, size = opt.steps_per_epoch(len(terms)), terms.sum(axis=0), np.abs(terms).sum()
    lag = 2 * (1 - float(opt.beta1)) * B * (B * B - 1)
    if lag >= 2:
        return vacuous("no step falls short by more than twice the sum")
    short = max(float(np.abs(total).sum() - total @ u) for _, u in steps_of(case)) / size
    return within(
        short, factor * lag + 1e3 * EPS * len(terms), "1 - descent of a step, as a share of the sum"
    )


def near_one(draw: DrawFn, n: int) -> Optimizer:
    """Signum by batches of one size in a random order, with a beta at which the published bound says something."""
    beta = draw(st.sampled_from([Fraction(97, 100), Fraction(99, 100)]))
    size = draw(batch_sizes(n, full=False).filter(lambda size: n % size == 0 and n // size <= 4))
    return optimizer("signum", beta1=beta, batch_size=size, order="reshuffle")


def extremal(
    profile: str, betas: Sequence[str] = ("1/20", "1/2", "3/4"), part: Fraction = PART
) -> list[Case]:
    """Two samples, one heavier: m follows the lighter where that came last, at this part of the threshold."""
    found = []
    for beta in map(Fraction, betas):
        t = Fraction(float(thresholds(float(beta), 2).max())) * part
        rows: list[list[Fraction | int | str]] = [[(1 + t) / 2, 1], [(t - 1) / 2, 1]]
        found.append(case(rows, "signum", beta1=beta, order="reshuffle", weights=[Fraction(1, 2)] * 2))
    return found


PLACE = 18.5
DATA = any_separable((2, 5), (1, 4))
CLAIM = stated(
    "random-batches",
    "Batches that are reshuffled: their proxy grows margins, and signs with momentum have a threshold",
    "the proxy and its rate: Kim, Song, Yun 2026, with 2 (1 + sqrt kappa) for (1 + sqrt kappa)/f; the published "
    "bound of signs: theirs too; the bound at every step and the threshold: this project",
    clause(
        r"Of batches of $b$ samples drawn without replacement, $E[G_B]/\sqrt{E[G_B^2]} = \sqrt{b(N-1)/N}\, S / "
        r"\sqrt{(b-1) S^2 + (N-b) Q}$ in each coordinate, $S$ and $Q$ the sums of the samples' gradients and of their "
        r"squares.",
        (FROZEN, words("a batch is drawn from all samples without replacement")),
        trial("batch-proxy-expectation", maps(any_batches, data=separable((2, 5), (1, 4)), decades=0), expectation,
              {"drawn with replacement": partial(expectation, replaced=True)}),
        chains=("batch-proxy",),
    ),
    clause(
        r"That proxy has $\frac{f \gamma_\infty^2}{(1 + \sqrt\kappa) R} \tau_t \le \min_i z_i + \log N + \frac{f^2 "
        r"D^2}{8} \sum_{s<t} \eta_s^2$ after every step, $\kappa = \frac{N-b}{b-1}$, $f^2 = \frac{b (N-1)}{N (b-1)}$, "
        r"$R = \max_i \|x_i\|_1$, $D = \max \|x_i - x_j\|_1$.",
        (SEPARABLE, RESHUFFLED, TWO, FROM_ZERO, EXPONENTIAL),
        trial("batch-proxy-grows", runs(with_exponential, DATA), grows,
              {"ten times the pace": partial(grows, pace=10.0)}),
    ),
    clause(
        r"So its $L(w_t) \to 0$, and $\liminf_t \min_i z_i/\tau_t \ge \frac{f \gamma_\infty^2}{(1 + \sqrt\kappa) R}$, "
        r"for either loss.",
        (SEPARABLE, RESHUFFLED, TWO),
        trial("batch-proxy-keeps-pace", runs(batch_proxy, DATA), keeps_pace,
              {"ten times the pace": partial(keeps_pace, pace=10.0)}),
    ),
    clause(
        r"$j$ steps into a reshuffled epoch of $B$ batches $\operatorname{sign}(m) = \operatorname{sign}(\sum_q G_q)$ "
        r"wherever $|\sum_q G_q| > \frac{1 - r_j}{1 + r_j} \sum_n |g_n|$, $r_j = \frac{\beta^{j+B-1}}{1 - \beta^B + "
        r"\beta^j}$, in whatever order: twice the lag of a cyclic one.",
        (BETA1, FROZEN, SIZES, RESHUFFLED),
        trial("signum-reshuffled-sign", maps(signum, data=separable((2, 6), (2, 4)), decades=0), sign_condition,
              {"half the threshold": partial(sign_condition, factor=0.5)}, named=extremal),
    ),
    clause(
        r"There, as published, $\langle \sum_n g_n, \operatorname{sign}(m) \rangle \ge \|\sum_n g_n\|_1 - "
        r"2 (1 - \beta) B (B^2 - 1) \sum_n \|g_n\|_1$.",
        (BETA1, FROZEN, SIZES, RESHUFFLED),
        trial("signum-published-lag", maps(near_one, data=separable((2, 4), (2, 4)), decades=0), published_lag,
              {"no lag": partial(published_lag, factor=0.0)},
              named=partial(extremal, betas=("97/100", "99/100"), part=PART / 100)),
    ),
)  # fmt: skip

"""AdaGrad and AMSGrad: their states converge, and runs go to the max margin in the metric that these leave."""

from __future__ import annotations

from fractions import Fraction
from functools import partial

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from properties import Case, Judgement, clause, stated, trial, vacuous, within, worst
from properties.cases import runs
from properties.strategies import any_separable, separable
from verify.claims.hypotheses import (
    BETAS,
    CONSTANT,
    CURVED,
    FULL_BATCH,
    METRIC_NEAR,
    MINIMIZERS,
    SEPARABLE,
)
from verify.claims.instances import on
from verify.claims.judges.maps import EPS, radius
from verify.derive.hypotheses import words
from verify.margins import max_margin
from verify.numbers.linear.angles import Vector, degrees
from verify.optimizers import Optimizer, optimizer
from verify.optimizers.trajectory import iterates

STILL = words("the state that the rule divides by converges")
# A run of which each step is looked at, and one that has had time to come near its direction.
STEPS, LONG = 100, 40_000
# Roots of a metric are off by this share up or down.
OFF = Fraction(1, 20)


def constantly(name: str, lr: Fraction = Fraction(1, 10)) -> Optimizer:
    """The rule at the full batch and a constant step."""
    return optimizer(name, batch_size="full", lr=lr, decay=Fraction(0))


def of_some_step(draw: DrawFn, n: int, name: str) -> Optimizer:
    """The rule with some constant step."""
    return constantly(name, Fraction(1, draw(st.integers(1, 50))))


def states(case: Case, name: str) -> tuple[Vector, Vector]:
    """w (STEPS + 1, d) from w_0 = 0 on, and the state of that name (STEPS, d) after each step."""
    seen = list(iterates(case.X, case.optimizer, range(1, STEPS + 1)))
    w = np.vstack([np.zeros(case.data.d), *(here.w for here in seen)])
    return w, np.array([here.states[name] * np.exp(2 * here.scale) for here in seen])


def falls(case: Case, times: float = 1.0) -> Judgement:
    """L + eta S - Lambda eta^2 l does not rise along a run of AdaGrad: S is the sum of sqrt(v_k), l that of their
    logarithms, and Lambda the largest eigenvalue of X'X/(4 N); ``times`` S."""
    X, eta = case.X, float(case.optimizer.lr)
    w, v = states(case, "v")
    curved = float(np.linalg.norm(X, 2)) ** 2 / (4 * len(X))
    roots = np.sqrt(v[:, v[0] > 0])
    loss = np.logaddexp(0, -(w[1:] @ X.T)).mean(axis=1)
    each = loss + eta * times * roots.sum(axis=1) - curved * eta**2 * np.log(roots).sum(axis=1)
    return within(
        float(np.diff(each).max()), 1e3 * EPS * (1 + float(np.abs(each).max())), "most that it rises by"
    )


def bounded(case: Case, last: bool = False) -> Judgement:
    """What AMSGrad divides by does not fall, and is at most the largest squared gradient so far; ``last``: than that of
    the step."""
    X = case.X
    w, top = states(case, "top")
    g2 = (X.T @ (1 / (1 + np.exp(X @ w[:-1].T))) / len(X)).T ** 2
    over = top - (g2 if last else np.maximum.accumulate(g2))
    fell = float((-np.diff(top, axis=0)).max())
    room = 1e3 * EPS * radius(X, np.inf) ** 2
    return within(max(float(over.max()), fell), room, "state less the largest squared gradient")


def share_is_told(case: Case, part: float = 1.0) -> Judgement:
    """|w' - w|_D <= e |w'|_D for the minimizers in D and in each D' whose entries are those of D up to the share e, not
    all larger or all smaller; and the margins are apart by the factor (1 + e)^(1/2) at most. ``part`` of e."""
    d = case.data.d
    roots = [Fraction(k + 1, 2) for k in range(d)]
    found = []
    for signs in range(1, 2**d - 1):
        turned = [root * (1 + OFF * (1 if signs >> k & 1 else -1)) for k, root in enumerate(roots)]
        (w, margin), (other, moved) = (minimizer(case, each) for each in (roots, turned))
        D, e = np.array(roots, dtype=float) ** 2, part * float((1 + OFF) ** 2 - 1)
        gap, size = (float(np.sqrt(u @ (D * u))) for u in (other - w, other))
        found.append(within(gap / size, e + 1e-12, "|w' - w|_D over |w'|_D"))
        found.append(within(margin / moved, np.sqrt(1 + e) + 1e-12, "margin in D over that in D'"))
    return worst(found) if found else vacuous("one coordinate has one direction")


def minimizer(case: Case, roots: list[Fraction]) -> tuple[Vector, float]:
    """w of least norm in the metric of these square roots with margins of at least 1, and the max margin in it."""
    best = max_margin(case.data.in_units(roots), "l2")
    return best.unit() / best.margin / np.array(roots, dtype=float), best.margin


def settles_in_its_metric(case: Case, metric: bool = True) -> Judgement:
    """Late increments of a run are nearer to the max margin in the metric with which it ends than early ones, by a
    factor of 4; without ``metric``: to that in l2."""
    opt, X = case.optimizer, case.X
    marks = [LONG // 100, LONG // 50, LONG // 2, LONG]
    seen = list(iterates(X, opt, marks))
    log_root = np.log(seen[-1].states[opt.rule.states[-1].name]) / 4 + seen[-1].scale / 2
    roots = [Fraction(1)] * case.data.d
    if metric:
        roots = [Fraction(root).limit_denominator(10**6) for root in np.exp(log_root - log_root.max())]
    target = minimizer(case, roots)[0]
    early, late = (degrees(seen[k + 1].w - seen[k].w, target) for k in (0, 2))
    return within(
        late, early / 4, "degrees of late increments from the max margin, early ones having a fourth of"
    )


PLACE, FLAT = 19.3, "gaussian:n=4,d=3,seed=0"
ADAGRAD, AMSGRAD = (constantly(name) for name in ("adagrad", "amsgrad"))
DATA = any_separable((1, 5), (1, 4))
CLAIM = stated(
    "rules-that-remember",
    "AdaGrad and AMSGrad go to the max margin in the metric with which a run ends",
    "this project; AdaGrad's bound: Ward, Wu, Bottou 2019; the metric: Wang et al. 2021",
    clause(
        r"AdaGrad's $L + \eta \sum_k \sqrt{v_k} - \Lambda \eta^2 \sum_k \log \sqrt{v_k}$ does not rise, $\Lambda$ a "
        "bound of the curvature: $v$ is bounded, and converges, at any step size.",
        (CONSTANT, FULL_BATCH, CURVED),
        trial("adagrad-falls", runs(partial(of_some_step, name="adagrad"), DATA), falls,
              {"three times the roots": partial(falls, times=3.0)}, cost=7, named=on(FLAT, opts=[ADAGRAD])),
        chains=("remembered-metric:falls", "remembered-metric:bounded"),
    ),
    clause(
        "What AMSGrad divides by does not fall and is at most the largest squared gradient: it converges wherever "
        "gradients are bounded.",
        (FULL_BATCH, *BETAS),
        trial("amsgrad-bounded", runs(partial(of_some_step, name="amsgrad"), DATA), bounded,
              {"the last squared gradient": partial(bounded, last=True)}, cost=7, named=on(FLAT, opts=[AMSGRAD])),
        chains=("remembered-metric:top",),
    ),
    clause(
        r"The max margin in the norm of $D = \mathrm{diag} \sqrt v$ is that in $\ell_2$ of the rows $x/\sqrt D$. Known "
        r"to a share $e$ in each entry, $D$ tells its direction, $\|w' - w\|_D \le e \|w'\|_D$, and the margin to the "
        r"factor $\sqrt{1 + e}$.",
        (MINIMIZERS, METRIC_NEAR),
        trial("metric-to-a-share", runs(partial(of_some_step, name="adagrad"), separable((2, 4), (2, 3))),
              share_is_told, {"half of the share": partial(share_is_told, part=0.5)},
              cost=7, named=on(FLAT, opts=[ADAGRAD])),
        chains=tuple(f"remembered-metric:{step}" for step in ("units", "apart", "product", "share", "norm", "margin")),
    ),
    clause(
        "Increments of a run come to the max margin in that metric, not to that in $\\ell_2$.",
        (SEPARABLE, CONSTANT, FULL_BATCH, STILL),
        trial("settles-in-its-metric", None, settles_in_its_metric,
              {"the l2 max margin": partial(settles_in_its_metric, metric=False)},
              named=on(FLAT, opts=[ADAGRAD, AMSGRAD])),
    ),
)  # fmt: skip

"""How far margins have grown after any number of steps, whether the weights converge or not."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from functools import partial
from itertools import combinations

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from properties import Case, Judgement, Property, clause, stated, trial, within
from properties.cases import Choose, runs
from properties.property import Judge
from properties.strategies import any_separable
from verify.claims.hypotheses import EXPONENTIAL, FROM_ZERO, FULL_BATCH, SEPARABLE
from verify.claims.instances import SMALL_GAUSSIAN, on
from verify.claims.judges.maps import EPS, radius
from verify.derive.topics import growth
from verify.losses import LOSSES
from verify.margins import max_margin
from verify.numbers.linear.angles import Vector
from verify.optimizers import Optimizer, optimizer
from verify.simulate import trajectory

# The bounds are held against every step of a run of so many.
STEPS = 300
# The norm in which a rule's steps are as long as eta_t, and its dual.
NORMS = {"signgd": ("linf", 1), "ngd": ("l2", 2), "adam-proxy": ("linf", 1), "gd": ("l2", 2)}


def spread(X: Vector, dual: int, subsets: bool) -> float:
    """D, how far two rows are apart in the dual norm; or two sums over nonempty subsets of rows."""
    if subsets:
        chosen = [c for size in range(1, len(X) + 1) for c in combinations(range(len(X)), size)]
        X = np.array([X[list(c)].sum(axis=0) for c in chosen])
    return float(np.linalg.norm(X[:, None] - X[None], dual, axis=2).max())


def grows(case: Case, constant: str = "log N", pace: float = 1.0) -> Judgement:
    """pace * tau <= min z + constant + D^2 S_2/8 after each step from w_0 = 0.

    The pace is gamma in the rule's norm (AdamProxy: gamma^2/(N R), and D^2/N for D^2), tau the sum of eta_t and S_2 of
    their squares (GD: of the lengths of its steps). The constant is log N; for the logistic loss log(2^N - 1), with
    D of the sums over subsets.
    """
    opt, X, n = case.optimizer, case.X, case.data.n
    kind, dual = NORMS[opt.rule.name]
    subsets = opt.loss.name == "logistic"
    w = np.vstack([np.zeros(case.data.d), trajectory(X, opt, range(1, STEPS + 1)).weights])
    eta = opt.step_sizes(0, STEPS) if opt.rule.name != "gd" else np.linalg.norm(np.diff(w, axis=0), axis=1)
    gamma, D2 = max_margin(case.data, kind).margin, spread(X, dual, subsets) ** 2  # type: ignore[arg-type]
    if opt.rule.name == "adam-proxy":
        gamma, D2 = gamma**2 / (n * radius(X)), D2 / n
    added = (
        np.log(2.0**n - 1) if subsets and constant == "log N" else np.log(n) if constant == "log N" else 0.0
    )
    right = (w[1:] @ X.T).min(axis=1) + added + D2 / 8 * np.cumsum(eta**2)
    excess = pace * gamma * np.cumsum(eta) - right
    room = 1e3 * EPS * (1 + np.abs(w).max() * radius(X))
    return within(float(excess.max()), room, "gamma tau less the bound")


def chosen(name: str, loss: str) -> Choose:
    """The rule at the full batch with some step sizes, on a loss."""

    def choose(draw: DrawFn, n: int) -> Optimizer:
        lr, decay = Fraction(1, draw(st.integers(1, 100))), Fraction(draw(st.integers(0, 4)), 4)
        return replace(usual(name, loss), lr=lr, decay=decay)

    return choose


def usual(name: str, loss: str) -> Optimizer:
    """The rule at the full batch with its usual step sizes, on a loss."""
    return replace(optimizer(name, batch_size="full"), loss=LOSSES[loss])


def growing(name: str, loss: str = "exponential") -> Property:
    """The bound for a rule on a loss, and what is not enough."""
    false: dict[str, Judge] = {"three times the pace": partial(grows, pace=3.0)}
    if name != "adam-proxy":  # whose pace is far from sharp
        false["no constant"] = partial(grows, constant="none")
    named = on(SMALL_GAUSSIAN, opts=(usual(name, loss),))
    return trial(f"finite-time-{name}-{loss}", runs(chosen(name, loss), any_separable((1, 5), (1, 4))), grows,
                 false, named=named)  # fmt: skip


PLACE = 19.5
SCOPE = (SEPARABLE, FULL_BATCH, FROM_ZERO)
CLAIM = stated(
    "finite-time-margins",
    "Margins after any number of steps, without any convergence of the weights",
    "this project; limits of steepest descent: Gunasekar, Lee, Soudry, Srebro 2018",
    clause(
        r"Sign descent on the exponential loss has $\gamma_\infty \tau_t \le \min_i z_i + \log N + \frac{D^2}{8} "
        r"\sum_{s<t} \eta_s^2$ after every step, $D = \max \|x_i - x_j\|_1$.",
        (*SCOPE, EXPONENTIAL),
        growing("signgd"),
        theorems=("sign_descent_margin",),
    ),
    clause(
        r"Normalized GD has the same with $\gamma_2$, and $D$ in the $\ell_2$ norm.",
        (*SCOPE, EXPONENTIAL),
        growing("ngd"),
        theorems=("normalized_descent_margin",),
    ),
    clause(
        r"AdamProxy has $\frac{\gamma_\infty^2}{N R} \tau_t \le \min_i z_i + \log N + \frac{D^2}{8 N} "
        r"\sum_{s<t} \eta_s^2$, $R = \max_i \|x_i\|_1$.",
        (*SCOPE, EXPONENTIAL),
        growing("adam-proxy"),
        theorems=("proxy_margin",),
    ),
    clause(
        r"For the logistic loss sign descent has it with $\log(2^N - 1)$ in the place of $\log N$, which is not "
        r"enough, and $D$ of the sums over subsets of rows.",
        SCOPE,
        growing("signgd", "logistic"),
        theorems=("logistic_sign_descent_margin",),
    ),
    clause(
        r"GD has it with the length of its path, $\sum_{s<t} \|w_{s+1} - w_s\|_2$, in the place of $\tau_t$, and the "
        r"squares of these lengths in the place of $\eta_s^2$.",
        (*SCOPE, growth.EXPONENTIAL, growth.LENGTH),
        growing("gd"),
        chains=("growth-bounds:margin",),
    ),
)  # fmt: skip

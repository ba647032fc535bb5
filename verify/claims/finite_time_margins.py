"""How far margins have grown after any number of steps, whether the weights converge or not."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from functools import partial
from itertools import combinations

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from properties import Case, Judgement, Property, case, clause, stated, trial, vacuous, within
from properties.cases import Choose, runs
from properties.choices import betas
from properties.property import Judge
from properties.strategies import any_separable
from verify.claims.hypotheses import BELOW, BETAS, EXPONENTIAL, FROM_ZERO, FULL_BATCH, SEPARABLE
from verify.claims.instances import SMALL_GAUSSIAN, on
from verify.claims.judges.maps import EPS, largest_update, radius
from verify.derive.topics import adam_growth, growth
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
    if opt.rule.name == "gd":  # steps at which its loss falls: with longer ones it may leave float64
        opt = replace(opt, lr=opt.lr / Fraction(radius(X, 2) ** 2))
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


def adam_grows(case: Case, pace: float = 1.0, whole: bool = False) -> Judgement:
    """Full-batch Adam: the bound of the chain adam-growth after each step; ``whole``: with tau on the left."""
    opt, X, t = case.optimizer, case.X, np.arange(STEPS)
    b1, b2, R, C = float(opt.beta1), float(opt.beta2), radius(X), largest_update(opt)
    z = trajectory(X, opt, range(1, STEPS + 1)).weights @ X.T
    eta = opt.step_sizes(0, STEPS)
    past = np.cumsum(np.append(0.0, eta))
    with np.errstate(over="ignore"):  # of large steps nothing is promised
        h = [np.expm1(R * C * (past[s] - past[s::-1])) for s in t]
        E1 = np.array([(1 - b1) * b1 ** t[: s + 1] @ h[s] for s in t])
        E2 = np.array([np.sqrt((1 - b2) * b2 ** t[: s + 1] @ h[s] ** 2) for s in t])
        A1, A2 = 1 - b1 ** (t + 1), np.sqrt(1 - b2 ** (t + 1))
        lost = R * np.cumsum(eta * (E1 * (1 / A2 + C / A1) + E2 * A1 / A2**2))
    right = (
        z.min(axis=1) + np.log(case.data.n) + (C * spread(X, 1, False)) ** 2 / 8 * np.cumsum(eta**2) + lost
    )
    left = pace * max_margin(case.data, "linf").margin * np.cumsum(eta if whole else eta * A1 / A2)
    if not np.isfinite(right).all():
        return vacuous("the steps are too large for the memory")
    room = 1e3 * EPS * (1 + np.abs(z).max())
    return within(float((left - right).max()), room, "gamma sum eta A_1/A_2 less the bound")


def steady_adam(draw: DrawFn, n: int) -> Optimizer:
    """Full-batch Adam on the exponential loss, with steps that are small for its memory."""
    beta1, beta2 = draw(betas())
    lr = Fraction(1, 100 * draw(st.integers(1, 100)))
    return replace(usual("adam", "exponential").at(beta1=beta1, beta2=beta2), lr=lr)


def small_steps(profile: str) -> list[Case]:
    """One sample, where the shortfall of the start is all that there is; and Gaussian rows."""
    one = case([[1]], "adam", beta1="1/2", beta2="1/2", batch_size="full", lr="1/10000", loss="exponential")
    opt = replace(usual("adam", "exponential"), lr=Fraction(1, 1000))
    return [one, *on(SMALL_GAUSSIAN, opts=(opt,))(profile)]


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
PLAIN, AT_REST = adam_growth.PLAIN, adam_growth.START
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
    clause(
        r"Full-batch Adam has $\gamma_\infty \sum_{s<t} \eta_s \frac{A_1}{A_2} \le \min_i z_i + \log N + "
        r"\frac{C^2 D^2}{8} \sum_{s<t} \eta_s^2 + R \sum_{s<t} \eta_s (E_1 (\frac1{A_2} + \frac C{A_1}) + E_2 "
        r"\frac{A_1}{A_2^2})$, with the constants of the chain adam-growth.",
        (*SCOPE, EXPONENTIAL, *BETAS, BELOW, PLAIN, AT_REST),
        trial("finite-time-adam", runs(steady_adam, any_separable((1, 5), (1, 4))), adam_grows,
              {"tau on the left": partial(adam_grows, whole=True),
               "ten times the pace": partial(adam_grows, pace=10.0)}, named=small_steps),
        chains=("adam-growth",),
    ),
)  # fmt: skip

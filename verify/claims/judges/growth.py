"""How fast the margins of simulated runs must grow.

The growth bounds rest on one inequality. For the exponential loss from w_0 = 0 let s(z) = -log sum_i exp(-z_i) be
the soft minimum of the margins, so s <= min z and s(0) = -log N. With c proportional to exp(-z), a step that
moves the margins by D changes s by at least c'D - max D_i^2 / 2 (Hoeffding's lemma, for steps of any size).
R is max_i ||x_i||, in the norm dual to the one in which the steps are short.
"""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction

import numpy as np

from properties import Case, Judgement, vacuous, within
from verify.claims.judges.limits import norm
from verify.claims.judges.maps import radius
from verify.losses import LOSSES
from verify.margins import Norm, max_margin
from verify.numbers.linear.angles import Vector
from verify.optimizers import Optimizer
from verify.optimizers.increments import increments
from verify.simulate import trajectory

# A growth bound says something about the direction if it leaves less than this share of the margin open.
TELLS = 0.25


def run_of(case: Case, steps: int, opt: Optimizer) -> tuple[Vector, Vector, Vector]:
    """(w_T, z_T, step sizes) with the exponential loss from 0."""
    opt = replace(opt, loss=LOSSES["exponential"])
    w = trajectory(case.X, opt, [steps]).weights[0]
    return w, case.X @ w, opt.step_sizes(0, steps)


def falls_short(
    case: Case,
    w: Vector,
    z: Vector,
    kind: Norm,
    lost: float,
    *,
    most: float = TELLS,
    length: float | None = None,
) -> Judgement:
    """gamma ||w|| <= min z + ``lost``, ||w|| or the ``length`` of the path, as a share of the left side."""
    scale = max_margin(case.data, kind).margin * (norm(w, kind) if length is None else length)
    if not 0 < lost < most * scale:
        return vacuous("the run is too short to tell")
    return within((scale - float(z.min())) / scale, lost / scale, f"1 - margin of w_T / {kind} margin")


def ngd_margin(case: Case, kind: Norm = "l2", steps: int = 10**6) -> Judgement:
    """Normalized GD: gamma tau <= min z + log N + R^2 sum eta^2 / 2 while ||w|| <= tau."""
    X, R = case.X, radius(case.X, 2)
    lr = math.sqrt(math.log(len(X) + 1) / (R * R * math.log(steps) / 2))
    w, z, eta = run_of(case, steps, replace(case.optimizer, lr=Fraction(lr), decay=Fraction(1, 2)))
    return falls_short(
        case, w, z, kind, math.log(len(X)) + R * R * float(eta @ eta) / 2 + 1e-9 * float(z.max())
    )


def gd_margin(case: Case, kind: Norm = "l2", steps: int = 4 * 10**6) -> Judgement:
    """GD with eta = 1/(10 R^2) an epoch: gamma ||w|| <= min z + log N + 4 eta R^4 / gamma^2, whatever the batches.
    A sixteenth of the steps is enough where the bound then tells something.

    The loss L falls by gamma^2 eta L^2 / 2 in an epoch at least, so sum (eta L)^2 <= eta (2/gamma^2 + eta). A
    step of length h <= eta R L costs s at most h^2 R^2 / 2; in batches the gradients are old by less than an epoch,
    which costs 3 times that again.
    """
    X, R = case.X, radius(case.X, 2)
    gamma = max_margin(case.data, "l2").margin
    batches = case.optimizer.steps_per_epoch(len(X))
    eta = 1 / (10 * R * R)
    opt = replace(case.optimizer, lr=Fraction(eta / batches), decay=Fraction(0))
    lost = math.log(len(X)) + 2 * R**4 * eta * (2 / gamma**2 + eta)
    for length in (steps // 16, steps):
        w, z, _ = run_of(case, length, opt)
        if not (found := falls_short(case, w, z, kind, lost, most=0.4)).vacuous:
            break
    return found


def sign_margin(case: Case, batch_size: int | None = None, steps: int = 10**6) -> Judgement:
    """Full-batch Adam, beta1 = beta2 = b: gamma_inf tau <= min z + log N + R^2 (1/2 + 3/(1-b)) sum eta^2
    + R eta_0/(1-b).

    Then |u| <= 1, so ||w|| <= tau. Over the memory 1/(1-b) a sample's gradient changes by a share e = eta R/(1-b):
    m is off by A e and sqrt(v) by 1.42 A e, where A_k = sum_j c_j |x_j[k]| adds up to at most R; so g m/sqrt(v) >=
    |g| - 2.42 A e. (3 for 2.42: the steps before were larger.) At first v is short of its mass: eta_0 R/(1-b).
    """
    X, R = case.X, radius(case.X, 1)
    memory = 1 / (1 - float(case.optimizer.beta1))
    rate = R * R * (0.5 + 3 * memory)
    lr = math.sqrt(math.log(len(X) + 1) / (rate * math.log(steps)))
    opt = replace(case.optimizer, lr=Fraction(lr), decay=Fraction(1, 2))
    if batch_size:
        opt = replace(opt, batch_size=batch_size)
    w, z, eta = run_of(case, steps, opt)
    lost = rate * float(eta @ eta) + R * float(eta[0]) * memory
    return falls_short(case, w, z, "linf", math.log(len(X)) + lost)


def signum_margin(
    case: Case, factor: float = 2.0, beta: Fraction | None = None, steps: int = 10**6
) -> Judgement:
    """Signum: gamma_inf tau <= min z + log N + 2 (1 - 1/B) t R tau + R^2 K sum eta^2 + 2 R eta_0 (B + M).

    t = (1-q)/(1+q), q = beta^(B-1), M = 1/(1-beta). K = 1/2 + 2 B + 2 M v, where v = B (1-beta)/(1-beta^B) is the
    largest weight in m relative to a uniform one: within an epoch c moves by eta R B, and over its memory m by
    eta R M v, each of which can turn the sign of what it is not larger than. ``beta``: of the run alone.
    """
    opt, X = case.optimizer, case.X
    R, n, b = radius(X, 1), len(X), float(case.optimizer.beta1)
    B = opt.steps_per_epoch(n)
    memory, q = 1 / (1 - b), b ** (B - 1)
    K = 0.5 + 2 * B + 2 * memory * B * (1 - b) / (1 - b**B)
    lr = math.sqrt(math.log(n + 1) / (R * R * K * math.log(steps)))
    run = replace(opt if beta is None else opt.at(beta1=beta), lr=Fraction(lr), decay=Fraction(1, 2))
    w, z, eta = run_of(case, steps, run)
    lag = factor * (1 - 1 / B) * (1 - q) / (1 + q) * R * float(eta.sum())
    lost = lag + R * R * K * float(eta @ eta) + 2 * R * float(eta[0]) * (B + memory)
    return falls_short(case, w, z, "linf", math.log(n) + lost, most=0.5, length=float(eta.sum()))


def signum_increments(case: Case, factor: float = 2.0, most: float | None = None) -> Judgement:
    """The margin of Signum's increments falls short of gamma_inf by 2 (1 - 1/B) t R at most, or by ``most`` of it.

    The moment lags 1/(1 - beta) steps behind; lr proportional to 1 - beta keeps what happens in this time small. The
    shortfalls at beta = 0.9 on Gaussian data are the same to three digits for lr = 0.1, 0.02 and 0.005.
    """
    opt, X = case.optimizer, case.X
    B, gamma = opt.steps_per_epoch(len(X)), max_margin(case.data, "linf").margin
    q = float(opt.beta1) ** (B - 1)
    allowed = factor * (1 - 1 / B) * (1 - q) / (1 + q) * radius(X) / gamma if most is None else most
    if allowed >= 1:
        return vacuous("the bound on the margin is negative")
    run = increments(X, replace(opt, lr=min(Fraction(1, 10), 2 * (1 - opt.beta1))), 10**6)
    short = 1 - float((X @ run.direction).min() / np.abs(run.direction).max()) / gamma
    return within(short, allowed, "1 - margin of increments / linf margin")


def proxy_loss(case: Case, sign_speed: bool = False, steps: int = 100_000) -> Judgement:
    """AdamProxy: min z >= gamma_inf^2 tau / (N R) - log N - R^2 sum eta^2 / (2 N), which grows without bound.

    With a = |X'c| (d) and A_k = sum_j c_j |x_j[k]| the drift of s is sum_k a_k^2/(N sqrt(sum_j c_j^2 x_j[k]^2)), at
    least (sum a)^2 / (N sum A) by Cauchy; sum a >= gamma_inf by duality, and sum A <= R.
    ``sign_speed``: gamma_inf tau / sqrt N instead, as if all |U_k| were at their most.
    """
    R, n = radius(case.X, 1), case.data.n
    gamma = max_margin(case.data, "linf").margin
    _, z, eta = run_of(case, steps, replace(case.optimizer, lr=Fraction(1 / (4 * R))))
    speed = gamma / math.sqrt(n) if sign_speed else gamma**2 / (n * R)
    wanted = speed * float(eta.sum()) - math.log(n) - R * R * float(eta @ eta) / (2 * n)
    if wanted <= 0:
        return vacuous("the run is too short to tell")
    least = float(z.min())
    return within(wanted / least if least > 0 else math.inf, 1 + 1e-9, "promised margin / min z")

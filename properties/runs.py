"""Properties of simulated runs: where increments point, and how fast margins must grow.

The growth bounds rest on one inequality. For the exponential loss from w_0 = 0 let s(z) = -log sum_i exp(-z_i) be
the soft minimum of the margins, so s <= min z and s(0) = -log N. With c proportional to exp(-z), a step that
moves the margins by D changes s by at least c'D - max D_i^2 / 2 (Hoeffding's lemma, for steps of any size).
R is max_i ||x_i||, in the norm dual to the one in which the steps are short.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from functools import partial

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy
from numpy.typing import NDArray

from properties.choices import batch_sizes, betas, starts
from properties.epochs import largest_update, sizes
from properties.games import NEWTON, PROXY, limits_of, norm
from properties.property import Case, Judgement, Property, vacuous, within, worst
from properties.strategies import any_separable, opposed, scaled_rademacher, separable
from verify.claims.full_batch_sign import steady_steps
from verify.compare import DECAYS_TO_SETTLE, increments, pace, suited_step_size
from verify.data import Dataset
from verify.game import Limit
from verify.game.settling import window
from verify.margins import Norm, max_margin
from verify.optimizers import Optimizer, optimizer
from verify.optimizers.epoch_map import epoch_map
from verify.simulate import trajectory

Vector = NDArray[np.float64]
STEPS = 10**6

# Increments say nothing of a limit if their direction may be off by more than this.
VAGUE = 0.02

# A growth bound says something about the direction if it leaves less than this share of the margin open.
TELLS = 0.25


def settles(case: Case, aim: Optimizer | None = None, kind: Norm | None = None) -> Judgement:
    """The increment over the second half of a run points to one of the limits, by direction and by margin.

    Let s be the slowest rate of the game at its limit, f the fastest, l the margin of the limit; W the window of a
    step, eta its size at half time. By half time log c is off by 10 exp(-s tau_(T/2)), say. A step that is old by W
    sees costs off by ``stale``, and the logistic loss ones off by f exp(-min z); either holds log c at a distance
    of 1/s times that from c*. As it vanishes margins change by as much, while they grow by l (tau_T - tau_(T/2)).
    Within an epoch U itself is off by (eta W f)^2.

    ``aim``: another optimizer's limits instead; ``kind``: a max-margin direction instead.
    """
    opt, X = case.optimizer, case.X
    limits = limits_of(case.data, opt)
    if not limits or any(limit.stability != "attracting" for limit in limits[:1]):
        return vacuous("no limit that is known to attract")
    paces = [pace(limit, X, opt) for limit in limits if limit.stability == "attracting"]
    slowest, fastest = min(p.slowest for p in paces), max(p.fastest for p in paces)
    if slowest <= 0:
        return vacuous("the pace at the limit is not known")
    # Twice the time that the pace asks for: one half to come near from w_0, one to settle.
    suited = suited_step_size(opt, X, STEPS, replace(paces[0], slowest=slowest / 2, fastest=fastest))
    half = float(suited.step_sizes(0, STEPS // 2).sum())
    # From w_0 the weights have first to come near: margins differ by |x_i.w_0| there.
    far = float(np.ptp(X @ case.w_0)) / float((X @ limits[0].direction).max())
    if slowest * (half - far) < 0.99 * DECAYS_TO_SETTLE / math.sqrt(2):
        return vacuous("the run is too short to settle")
    run = increments(X, suited, STEPS, start=case.w_0)
    least = min(float((X @ limit.direction).min()) for limit in limits)
    eta = run.last_step_size * math.sqrt(2)
    coarse = eta * window(opt, len(X)) * fastest
    tail = math.exp(-float((X @ (run.weights - run.direction)).min())) if opt.loss == "logistic" else 0.0
    lag = (stale(opt, X, limits[0], eta, fastest) + tail * fastest) / slowest / (least * (run.tau - half))
    allowed = 10 * math.exp(-slowest * (half - far)) + lag + coarse**2 + NEWTON
    if allowed > VAGUE:
        return vacuous("the steps are too coarse to tell")
    targets = [limit.direction for limit in limits_of(case.data, aim or opt)]
    if kind:
        targets = [max_margin(case.data, kind).unit()]
    unit = run.direction / np.linalg.norm(run.direction)
    gap = min(float(np.linalg.norm(unit - target)) for target in targets)
    margin = 1 - float((X @ unit).min()) / min(float((X @ target).min()) for target in targets)
    steep = float(np.linalg.norm(X, axis=1).max()) / least
    return worst([
        within(gap, allowed, "distance of increments to the nearest limit"),
        within(margin, allowed * steep, "1 - margin of increments / that of the limit"),
    ])  # fmt: skip


def stale(opt: Optimizer, X: Vector, limit: Limit, eta: float, fastest: float) -> float:
    """How far the costs of steps of size eta near a limit may be off, as gradients are old by the window W.

    f (eta W f) where a step sees one gradient. Adam's steps in an epoch see several, and what they lose may be more
    than the mean's slope f says: 2 eta R W (1 + max|u|) times the sizes of U's terms, as for the residual.
    """
    if "beta2" not in opt.rule.betas:
        return eta * window(opt, len(X)) * fastest**2
    most = largest_update(opt)
    speed = float(np.abs(X).sum(axis=1).max()) * most
    change = 2 * eta * speed * window(opt, len(X)) * (1 + most) * sizes(opt, X, limit.weights)
    return float((np.abs(X) @ change).max())


def _run(case: Case, steps: int, opt: Optimizer) -> tuple[Vector, Vector, Vector]:
    """(w_T, z_T, step sizes) with the exponential loss from 0."""
    opt = replace(opt, loss="exponential")
    w = trajectory(case.X, opt, [steps]).weights[0]
    return w, case.X @ w, opt.step_sizes(0, steps)


def _falls_short(
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


def _radius(X: Vector, dual: float) -> float:
    return float(np.linalg.norm(X, dual, axis=1).max())


def ngd_margin(case: Case, kind: Norm = "l2", steps: int = 10**6) -> Judgement:
    """Normalized GD: gamma tau <= min z + log N + R^2 sum eta^2 / 2 while ||w|| <= tau."""
    X, R = case.X, _radius(case.X, 2)
    lr = math.sqrt(math.log(len(X) + 1) / (R * R * math.log(steps) / 2))
    w, z, eta = _run(case, steps, replace(case.optimizer, lr=Fraction(lr), decay=Fraction(1, 2)))
    return _falls_short(
        case, w, z, kind, math.log(len(X)) + R * R * float(eta @ eta) / 2 + 1e-9 * float(z.max())
    )


def gd_margin(case: Case, kind: Norm = "l2", steps: int = 4 * 10**6) -> Judgement:
    """GD with eta = 1/(10 R^2) an epoch: gamma ||w|| <= min z + log N + 4 eta R^4 / gamma^2, whatever the batches.

    The loss L falls by gamma^2 eta L^2 / 2 in an epoch at least, so sum (eta L)^2 <= eta (2/gamma^2 + eta). A
    step of length h <= eta R L costs s at most h^2 R^2 / 2; in batches the gradients are old by less than an epoch,
    which costs 3 times that again.
    """
    X, R = case.X, _radius(case.X, 2)
    gamma = max_margin(case.data, "l2").margin
    batches = -(-len(X) // case.optimizer.batch(len(X)))
    eta = 1 / (10 * R * R)
    w, z, _ = _run(case, steps, replace(case.optimizer, lr=Fraction(eta / batches), decay=Fraction(0)))
    lost = 2 * R**4 * eta * (2 / gamma**2 + eta)
    return _falls_short(case, w, z, kind, math.log(len(X)) + lost, most=0.4)


def sign_margin(case: Case, batch_size: int | None = None, steps: int = 10**6) -> Judgement:
    """Full-batch Adam, beta1 = beta2 = b: gamma_inf tau <= min z + log N + R^2 (1/2 + 3/(1-b)) sum eta^2
    + R eta_0/(1-b).

    Then |u| <= 1, so ||w|| <= tau. Over the memory 1/(1-b) a sample's gradient changes by a share e = eta R/(1-b):
    m is off by A e and sqrt(v) by 1.42 A e, where A_k = sum_j c_j |x_j[k]| adds up to at most R; so g m/sqrt(v) >=
    |g| - 2.42 A e. (3 for 2.42: the steps before were larger.) At first v is short of its mass: eta_0 R/(1-b).
    """
    X, R = case.X, _radius(case.X, 1)
    memory = 1 / (1 - float(case.optimizer.beta1))
    rate = R * R * (0.5 + 3 * memory)
    lr = math.sqrt(math.log(len(X) + 1) / (rate * math.log(steps)))
    opt = replace(case.optimizer, lr=Fraction(lr), decay=Fraction(1, 2))
    if batch_size:
        opt = replace(opt, batch_size=batch_size)
    w, z, eta = _run(case, steps, opt)
    lost = rate * float(eta @ eta) + R * float(eta[0]) * memory
    return _falls_short(case, w, z, "linf", math.log(len(X)) + lost)


def signum_margin(
    case: Case, factor: float = 2.0, beta: Fraction | None = None, steps: int = 10**6
) -> Judgement:
    """Signum: gamma_inf tau <= min z + log N + 2 (1 - 1/B) t R tau + R^2 K sum eta^2 + 2 R eta_0 (B + M).

    t = (1-q)/(1+q), q = beta^(B-1), M = 1/(1-beta). K = 1/2 + 2 B + 2 M v, where v = B (1-beta)/(1-beta^B) is the
    largest weight in m relative to a uniform one: within an epoch c moves by eta R B, and over its memory m by
    eta R M v, each of which can turn the sign of what it is not larger than. ``beta``: of the run alone.
    """
    opt, X = case.optimizer, case.X
    R, n, b = _radius(X, 1), len(X), float(case.optimizer.beta1)
    B = -(-n // opt.batch(n))
    memory, q = 1 / (1 - b), b ** (B - 1)
    K = 0.5 + 2 * B + 2 * memory * B * (1 - b) / (1 - b**B)
    lr = math.sqrt(math.log(n + 1) / (R * R * K * math.log(steps)))
    run = replace(opt, lr=Fraction(lr), decay=Fraction(1, 2), beta1=opt.beta1 if beta is None else beta)
    w, z, eta = _run(case, steps, run)
    lag = factor * (1 - 1 / B) * (1 - q) / (1 + q) * R * float(eta.sum())
    lost = lag + R * R * K * float(eta @ eta) + 2 * R * float(eta[0]) * (B + memory)
    return _falls_short(case, w, z, "linf", math.log(n) + lost, most=0.5, length=float(eta.sum()))


def proxy_loss(case: Case, sign_speed: bool = False, steps: int = 100_000) -> Judgement:
    """AdamProxy: min z >= gamma_inf^2 tau / (N R) - log N - R^2 sum eta^2 / (2 N), which grows without bound.

    With a = |X'c| (d) and A_k = sum_j c_j |x_j[k]| the drift of s is sum_k a_k^2/(N sqrt(sum_j c_j^2 x_j[k]^2)), at
    least (sum a)^2 / (N sum A) by Cauchy; sum a >= gamma_inf by duality, and sum A <= R.
    ``sign_speed``: gamma_inf tau / sqrt N instead, as if all |U_k| were at their most.
    """
    R, n = _radius(case.X, 1), case.data.n
    gamma = max_margin(case.data, "linf").margin
    _, z, eta = _run(case, steps, replace(case.optimizer, lr=Fraction(1 / (4 * R))))
    speed = gamma / math.sqrt(n) if sign_speed else gamma**2 / (n * R)
    wanted = speed * float(eta.sum()) - math.log(n) - R * R * float(eta @ eta) / (2 * n)
    if wanted <= 0:
        return vacuous("the run is too short to tell")
    least = float(z.min())
    return within(wanted / least if least > 0 else math.inf, 1 + 1e-9, "promised margin / min z")


def full_batch_signs(case: Case, batch_size: int | None = None) -> Judgement:
    """|u sign(g) - 1| <= 2 r/(1 - r) + 1e-6 in the coordinates whose gradient stays within a share r < 1/5 of itself
    over 200 steps; steps small enough for most to do so."""
    opt, X = case.optimizer, case.X
    last = 20_000
    # eta_T * 200 * max ||x_i||_1 = 1/20: by so much may log c change over the memory.
    opt = replace(opt, lr=Fraction(math.sqrt(last) / (4000 * _radius(X, 1))), batch_size=batch_size)
    error, bound = steady_steps(X, opt, last)
    if not len(error):
        return vacuous("no steady coordinate")
    return within(float((error / bound).max()), 1.0, "|u/sign - 1| / bound")


def replicator(case: Case, factor: float = 1.0) -> Judgement:
    """Over T = 100 steps of small eta log c changes by -eta T (F - c'F) times ``factor``, up to 4 (eta T R)^2.

    |U_k| <= 1/sqrt N, so log c moves by less than eta T R in all, and U with it at most twice as fast.
    """
    opt, X, steps = case.optimizer, case.X, 100
    R = _radius(X, 1)
    eta = 1e-4 / R
    opt = replace(opt, lr=Fraction(eta), decay=Fraction(0), loss="exponential")
    w = trajectory(X, opt, [steps], start=case.w_0).weights[0]
    log_c = -(X @ case.w_0)
    c = np.exp(log_c - log_c.max())
    c /= c.sum()
    F = X @ epoch_map(opt, X)(log_c).real
    change = -(X @ (w - case.w_0))
    seen, wanted = change - c @ change, -factor * (F - c @ F) * eta * steps
    allowed = 4 * (eta * steps * R) ** 2 + 1e-13 * steps * float(np.abs(X @ case.w_0).max() + 1)
    return within(float(np.abs(seen - wanted).max()), allowed, "change of log c - replicator equation")


def exactly_scaled(case: Case, power: int = 1) -> Judgement:
    """Data times 2^k and steps times 2^-k (4^-k for GD): the iterate times 2^-k, to the last bit."""
    X, opt = case.X, case.optimizer
    factor = Fraction(2) ** int(case.change[0])
    before, after = (
        trajectory(rows, o, [100, 1000], start=start).weights
        for rows, o, start in (
            (X, opt, case.w_0),
            (
                X * float(factor),
                replace(opt, lr=opt.lr / factor ** (power + opt.rule.degree)),
                case.w_0 / float(factor),
            ),
        )
    )
    gap = np.abs(after * float(factor) - before).max() / np.abs(before).max()
    # gd's and ngd's sums round alike too: powers of two change no mantissa; sqrt and exp see the same numbers.
    return within(float(gap), 1e-13, "relative difference of the iterates")


Choose = Callable[[DrawFn, int], Optimizer]


def batched_adam(draw: DrawFn, n: int) -> Optimizer:
    """Adam with less than a full batch, if N > 1."""
    beta1, beta2 = draw(betas(beta2=tuple(map(Fraction, ("1/2", "9/10", "19/20", "99/100")))))
    return optimizer("adam", beta1=beta1, beta2=beta2, batch_size=draw(batch_sizes(n, full=False)))


def equal_betas(draw: DrawFn, n: int) -> Optimizer:
    """Full-batch Adam with beta1 = beta2, for which |u| <= 1."""
    beta = Fraction(draw(st.sampled_from(["1/2", "4/5", "9/10"])))
    return optimizer("adam", beta1=beta, beta2=beta, batch_size="full")


def full_adam(draw: DrawFn, n: int) -> Optimizer:
    """Full-batch Adam that forgets within 200 steps: 200 log10(9/10) < -9."""
    beta1, beta2 = draw(betas(beta2=tuple(map(Fraction, ("1/2", "4/5", "9/10")))))
    return optimizer("adam", beta1=beta1, beta2=beta2, batch_size="full", loss="exponential")


def batched_gd(draw: DrawFn, n: int) -> Optimizer:
    """GD and SGD, every sample once an epoch."""
    order = draw(st.sampled_from(["cyclic", "reshuffle"]))
    return optimizer("gd", batch_size=draw(batch_sizes(n)), order=order)


def signum(draw: DrawFn, n: int) -> Optimizer:
    """Signum at moderate beta, any batch size."""
    beta = Fraction(draw(st.sampled_from(["1/2", "1/5", "4/5", "9/10"])))
    return optimizer("signum", beta1=beta, batch_size=draw(batch_sizes(n)))


def signum_near_one(draw: DrawFn, n: int) -> Optimizer:
    """Signum at beta = 0.99."""
    return optimizer("signum", beta1=Fraction(99, 100), batch_size=draw(batch_sizes(n)))


def named(name: str) -> Choose:
    """This rule."""
    return lambda draw, n: optimizer(name)


def scaling_rules(draw: DrawFn, n: int) -> Optimizer:
    """Rules that scale: all but those that step by a sign, which are as free of the scale but not of rounding."""
    name = draw(st.sampled_from(["adam", "adam-proxy", "gd", "ngd"]))
    return optimizer(name, loss="exponential")


@st.composite
def runs(
    draw: DrawFn, choose: Choose, data: SearchStrategy[Dataset], *, start: bool = False, powers: bool = False
) -> Case:
    """An optimizer on data, from w_0 = 0 or any start."""
    chosen = draw(data)
    opt = choose(draw, chosen.n)
    w_0 = draw(starts(chosen.d)) if start else ()
    change = (Fraction(draw(st.integers(-9, 9))),) if powers else ()
    return Case(chosen, opt, start=w_0, change=change)


def _tilted(data: Dataset) -> Dataset:
    """The first column twice as large: no longer scaled Rademacher, still separable."""
    rows = tuple((2 * row[0], *row[1:]) for row in data.rows)
    return Dataset("tilted", rows)


DATA = any_separable((2, 4), (1, 3))
PLAIN = any_separable((1, 6), (1, 4))
# The growth bounds tell something sooner where gamma is not much smaller than R.
WIDE = separable((1, 4), (1, 3), margin=6)

PROPERTIES = (
    Property(
        "finite-beta2", "adam-increments", "Increments of Adam, any batch < N, go to a limit of its own game.",
        runs(batched_adam, separable((2, 4), (2, 4))), settles, {"AdamProxy's limits": partial(settles, aim=PROXY)},
        cost=4,
    ),
    Property(
        "proxy-direction", "proxy-increments", "Increments of AdamProxy from any start go to a limit of its game.",
        runs(named("adam-proxy"), DATA, start=True), settles, {"l2": partial(settles, kind="l2")}, cost=4,
    ),
    Property(
        "scaled-rademacher-l2", "rademacher-increments", "On scaled-Rademacher data Adam's increments go to l2.",
        runs(batched_adam, scaled_rademacher((2, 4), (2, 3))), partial(settles, kind="l2"),
        {"AdamProxy's at other data": lambda case: settles(replace(case, data=_tilted(case.data)), kind="l2")}, cost=10,
    ),
    Property(
        "gd-l2", "ngd-increments", "Increments of normalized GD from any start go to the exact l2 direction.",
        runs(named("ngd"), DATA, start=True), partial(settles, kind="l2"), {"l_inf": partial(settles, kind="linf")},
        cost=4,
    ),
    Property(
        "gd-l2", "ngd-margin", "Normalized GD: gamma tau <= min z + log N + R^2 sum eta^2 / 2.",
        runs(named("ngd"), WIDE), ngd_margin, {"l_inf": partial(ngd_margin, kind="linf")}, cost=4,
    ),
    Property(
        "gd-l2", "gd-margin", "GD and SGD: gamma ||w|| <= min z + log N + 2 eta R^4 (2/gamma^2 + eta).",
        runs(batched_gd, WIDE), gd_margin, {"l_inf": partial(gd_margin, kind="linf")}, cost=10,
    ),
    Property(
        "full-batch-linf", "full-batch-margin", "Full-batch Adam: gamma tau <= min z + log N + R^2 (1/2 + 3/(1-b)) "
        "sum eta^2 + R eta_0/(1-b).", runs(equal_betas, WIDE), sign_margin,
        {"per-sample Adam": partial(sign_margin, batch_size=1)}, cost=4,
    ),
    Property(
        "full-batch-sign", "full-batch-signs", "Full-batch Adam steps by the sign where the gradient is steady.",
        runs(full_adam, PLAIN), full_batch_signs, {"per-sample Adam": partial(full_batch_signs, batch_size=1)},
    ),
    Property(
        "signum-bound", "signum-margin", "Signum: gamma tau <= min z + log N + 2 (1-1/B) t R tau + K R^2 sum eta^2 + "
        "2 R eta_0 (B + M).", runs(signum, separable((2, 4), (2, 3)) | opposed()), signum_margin,
        {"no loss of margin": partial(signum_margin, factor=0.0)}, cost=4,
    ),
    Property(
        "signum-linf", "signum-near-one", "The same at beta = 0.99, where t <= (B-1)/200 is small.",
        runs(signum_near_one, separable((2, 4), (2, 3)) | opposed()), partial(signum_margin, steps=4 * 10**6),
        {"beta = 1/2": partial(signum_margin, beta=Fraction(1, 2), steps=4 * 10**6)}, cost=10,
    ),
    Property(
        "proxy-loss", "proxy-margin-grows", "AdamProxy: min z >= gamma^2 tau/(N R) - log N - R^2 sum eta^2/(2 N).",
        runs(named("adam-proxy"), PLAIN), proxy_loss, {"as fast as sign descent": partial(proxy_loss, sign_speed=True)},
    ),
    Property(
        "game-fixed-point", "replicator-equation", "d log c = -(F - c'F) d tau along AdamProxy's steps.",
        runs(named("adam-proxy"), PLAIN, start=True), replicator, {"half the speed": partial(replicator, factor=0.5)},
    ),
    Property(
        "finite-beta2", "run-exactly-scaled", "Data times 2^k, steps times 2^-k: the same run, to rounding.",
        runs(scaling_rules, PLAIN, start=True, powers=True), exactly_scaled,
        {"steps not scaled": partial(exactly_scaled, power=0)},
    ),
)  # fmt: skip

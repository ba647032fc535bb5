"""Limit directions of an optimizer on a data set, from the equilibria of its margin game."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from verify.data.dataset import Dataset
from verify.errors import BadInput
from verify.evidence import Verdict
from verify.game.face import Equilibrium, Level, guess, newton, same
from verify.game.field import Field, Floats, field, span
from verify.game.flow import from_weights, from_zero
from verify.game.result import Limit, Prediction
from verify.game.sign import SignLimit, sign_limit
from verify.optimizers.optimizer import Optimizer

# Rows within this of the largest log c are tried as support, from narrow to wide.
DEPTHS = (2.0, 5.0, 10.0, 20.0, 40.0)

# The flow has to come this close (total variation in c) to an equilibrium before it counts as its limit:
# linearly stable equilibria attract what is near, and Newton's method may otherwise jump to another one.
NEAR = 0.02

# Evaluations of U for a start. Iris and wine take 1000 to 1700; a flow that cycles would take any number.
EVALUATIONS = 20_000

# Data with more entries than this get one random start by default: a start takes seconds there.
LARGE = 10_000


def predict(data: Dataset, opt: Optimizer, *, starts: int | None = None, seed: int = 0) -> Prediction:
    """The limit directions of w under an optimizer, from the equilibria of its margin game.

    The limit of the flow from w_0 = 0 comes first, if it was found; then those from ``starts`` random
    weights on the simplex (among the weights that some w produces), near its corners too; by default 6, and
    1 on large data. Each distinct equilibrium is one Limit. In float64 the evidence is ``measured`` and
    other equilibria are not excluded; the games of full-batch sign descent are solved exactly.

    Raises BadInput if no w separates the data or the batch size exceeds N.
    """
    sign = sign_limit(data)
    if sign is None:
        raise BadInput(f"{data.name}: no w separates the data, so there is no limit direction")
    opt.batch(data.n)
    if plays_sign(opt, data.n):
        return Prediction(data, opt, (_exact_limit(sign),), complete=not sign.undecided and sign.one_c)
    reason = _no_game(opt, data.n)
    if reason:
        return Prediction(data, opt, (), complete=False, note=reason)
    if starts is None:
        starts = 6 if data.n * data.d <= LARGE else 1
    game = field(data.floats(), opt)
    found: list[Equilibrium] = []
    lost: list[int] = []
    for number, path in enumerate(_paths(game, opt, starts, seed)):
        equilibrium = follow(game, path)
        if equilibrium is None:
            lost.append(number)
        elif not any(alike(equilibrium, other) for other in found):
            found.append(equilibrium)
    note = f"the flow from {len(lost)} of {starts + 1} starts reached no equilibrium" if lost else ""
    if 0 in lost:
        note += ", that from w_0 = 0 among them"
    return Prediction(data, opt, tuple(_limit(e) for e in found), complete=False, note=note)


def plays_sign(opt: Optimizer, n: int) -> bool:
    """Whether frozen gradients make every step sign(gradient): sign descent or Adam, at the full batch.

    There m and v become periodic with period one step, so m = g and sqrt(v) = |g|.
    """
    return opt.rule.name in ("signgd", "signum", "adam") and opt.full_batch(n)


def _no_game(opt: Optimizer, n: int) -> str:
    """Why an optimizer has no game with a continuous epoch map on the closed simplex, or nothing."""
    if opt.rule.name in ("signum", "signgd"):
        return f"{opt.rule.name} with batch-size={opt.batch(n)} < N: U(c) is discontinuous; not solved yet"
    if opt.order != "cyclic" and opt.rule.degree == 0 and not opt.full_batch(n):
        return f"order={opt.order}: the epoch map is computed for cyclic order only"
    if opt.rule.name == "adam" and opt.beta2 == 0 < opt.beta1:
        return "beta2=0 with beta1 > 0: the step m/|g| is unbounded as a sample's weight vanishes"
    return ""


def follow(game: Field, path: Iterator[Floats]) -> Equilibrium | None:
    """The equilibrium that a flow tends to, None if it got near to none."""
    before: list[tuple[Level, ...]] = []
    refuted: list[tuple[Level, ...]] = []
    for log_c in path:
        guesses: list[tuple[Level, ...]] = []
        for depth in DEPTHS:
            levels = guess(game, log_c, depth)
            if not any(same(levels, other) for other in guesses):
                guesses.append(levels)
        settled = [levels for levels in guesses if any(same(levels, other) for other in before)]
        before = guesses
        c = np.exp(log_c - np.max(log_c))
        c /= np.sum(c)
        for levels in settled:
            if np.sum(c[levels[0].rows]) < 1 - NEAR or any(same(levels, other) for other in refuted):
                continue
            found = newton(game, levels, log_c)
            if found is None or np.abs(c - found.weights).sum() / 2 > NEAR:
                continue
            if found.valid:
                return found
            refuted.append(levels)
    return None


def alike(a: Equilibrium, b: Equilibrium) -> bool:
    """Whether two are one equilibrium: the same weights; of a continuum, the same drift."""
    if float(np.abs(a.weights - b.weights).sum()) < 1e-6 and same(a.levels, b.levels):
        return True
    return not (a.isolated or b.isolated) and bool(np.allclose(a.drift, b.drift, rtol=0, atol=1e-6))


def _paths(game: Field, opt: Optimizer, starts: int, seed: int) -> Iterator[Iterator[Floats]]:
    yield from_zero(game, opt.loss, EVALUATIONS)
    rng = np.random.default_rng(seed)
    n = len(game.X)
    basis = span(game.X - game.X.mean(axis=0))
    for _ in range(starts):
        # Log c of a sparse Dirichlet draw, brought into the span that weights exp(-x.w) can reach, and
        # stretched to a spread between 1 (inside the simplex) and 12 (near a corner or face).
        log_c = basis @ (basis.T @ np.log(rng.standard_gamma(0.5, size=n) + 1e-12))
        spread = float(np.ptp(log_c))
        yield from_weights(game, log_c * (rng.uniform(1, 12) / spread if spread > 0 else 1), EVALUATIONS)


def _limit(e: Equilibrium) -> Limit:
    notes = []
    tie = abs(e.excess) <= e.error
    if tie:
        notes.append("a row off the support costs as little as those on it, to rounding")
    if not e.isolated:
        notes.append("the equilibrium is not isolated: the weights depend on the start")
    return Limit(
        direction=e.drift / np.linalg.norm(e.drift),
        radius=None,
        support=tuple(int(i) for i in e.levels[0].rows),
        weights=e.weights,
        slack=0.0 if tie else e.excess / e.cost,
        stability=e.stability,
        evidence=Verdict.UNDECIDED if tie else Verdict.MEASURED,
        note="; ".join(notes),
    )


def _exact_limit(sign: SignLimit) -> Limit:
    u = np.array([float(entry) for entry in sign.u])
    notes = []
    if sign.undecided:
        notes.append(
            f"the l_inf maximizers are a whole face, free in coordinates {list(sign.undecided)}: "
            "this is one of its points"
        )
    if not sign.one_c:
        notes.append("the weights are one of several dual optima")
    return Limit(
        direction=u / np.linalg.norm(u),
        radius=None,
        support=tuple(i for i, c in enumerate(sign.weights) if c),
        weights=np.array([float(c) for c in sign.weights]),
        slack=np.inf if sign.slack is None else float(sign.slack / sign.margin),
        stability="undetermined" if sign.undecided else "attracting",
        evidence=Verdict.UNDECIDED if sign.undecided else Verdict.CERTIFIED,
        note="; ".join(notes),
    )

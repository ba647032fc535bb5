"""Signs at the full batch at constant steps: small gradients change their sign over and over, which biases the update.

No limit is known. It is known how much of the l_inf margin gamma that can cost, where the loss goes to zero. With R =
max |x_i|_1 and D = max |x_i - x_j|_1, from Hoeffding's inequality in each step (the chains growth, adam-growth and
growth-rates, at steps that stay eta), liminf min_i z_i / tau is at least

    sign descent   gamma - D^2 eta / 8,
    Signum         the same less 2 R E1 at q = exp(R eta), beta1 = beta,
    Adam           gamma - C^2 D^2 eta / 8 - R (E1 (1 + C) + E2) at q = exp(R C eta),

where C = (1 - beta1) / sqrt((1 - beta2) (1 - beta1^2 / beta2)), E1 = (1 - beta1) sum_j beta1^j (q^j - 1) and E2^2 =
(1 - beta2) sum_j beta2^j (q^j - 1)^2. Updates are no longer than 1 in the mean (beta1 <= beta2), so that no limit
direction has a smaller margin. Beside that stands where a run goes.
"""

from __future__ import annotations

import math

import numpy as np

from verify.evidence import Verdict
from verify.game.pace import Pace
from verify.game.question import Question
from verify.game.result import Limit, Prediction
from verify.game.signs.mean_length import moments
from verify.game.signs.moves import plays_sign
from verify.numbers.formula import short
from verify.numbers.linear.angles import Vector
from verify.optimizers.optimizer import Optimizer
from verify.optimizers.traits import slopes, traits
from verify.optimizers.trajectory import trajectory
from verify.problem.frozen import shares

# Products that the run takes, some seconds, and the most steps.
WORK, MOST = 10**8, 4 * 10**6


def takes(opt: Optimizer, n: int) -> bool:
    """Whether every step is the sign of the whole gradient, but where that is small, and steps stay as they are."""
    return not opt.decay and not opt.weight_decay and opt.schedule.last > 0 and plays_sign(opt, n)


def answer(question: Question) -> Prediction:
    """Where a run goes, as measured, with the bound."""
    data, opt, X = question.data, question.opt, question.data.floats()
    steps = int(question.work * min(MOST, WORK // (data.n * data.d)))
    question.progress("a run at constant steps")
    half, last = trajectory(X, opt, [steps // 2, steps], start=question.w_0, seed=question.seed).weights
    best = question.margins.of("linf").margin
    moved, z = last - half, X @ last
    if not moved.any():
        note = f"in the second half of {steps} steps the run stands still: gradients vanish beside what is remembered"
        return Prediction(data, opt, (), complete=False, note=note)
    margins = (float(np.min(X @ u) / np.max(np.abs(u)) / best) for u in (moved, last))
    share = guaranteed(X, opt, best) / best
    kept = max(slopes(opt.rule, opt.values), default=0.0) if traits(opt.rule).update == "sign" else 0.0
    outlasts = kept > 0 and math.log(kept) + best * float(opt.lr) >= 0
    word = Verdict.UNDECIDED if outlasts else Verdict.MEASURED
    limit = Limit(
        direction=moved / np.linalg.norm(moved),
        radius=None,
        support=tuple(range(data.n)),
        weights=shares(-z),
        slack=math.inf,
        stability="undetermined",
        evidence=word,
        note="the increments have {:.6f} of the largest l_inf margin, the iterate {:.6f}; ".format(*margins)
        + (
            f"no limit direction has less than {share:.6f}"
            if share > 0
            else "no bound is known at such steps"
        )
        + (
            f"; gradients may fade by exp(-{best * float(opt.lr):.3g}) a step, what is remembered by {kept:.4g} only: "
            "rounding may decide"
            if outlasts
            else ""
        ),
    )
    return Prediction(
        data, opt, (limit,), complete=False, from_start=word,
        about=f"in the second half of {steps} steps the run moves in the direction listed; nothing is said of later",
    )  # fmt: skip


def guaranteed(X: Vector, opt: Optimizer, margin: float) -> float:
    """What the l_inf margin of every limit direction is at least; -inf where nothing is known."""
    eta, R = float(opt.lr), float(np.abs(X).sum(axis=1).max())
    D = max(float(np.abs(X - x).sum(axis=1).max()) for x in X)
    if _of_mean(opt):
        (beta,) = slopes(opt.rule, opt.values) or (0.0,)
        return margin - D**2 * eta / 8 - 2 * R * _late(beta, math.exp(min(R * eta, 700)))
    b1, b2, *others = map(float, moments(opt) or (0, 0, 0, 0))
    if others != [1, 2]:
        return -math.inf
    C = (1 - b1) / math.sqrt((1 - b2) * (1 - b1**2 / b2)) if b2 else 1.0
    q = math.exp(min(R * C * eta, 300))
    if b2 * q * q >= 1:
        return -math.inf
    E2 = math.sqrt(max((1 - b2) * (1 / (1 - b2 * q * q) - 2 / (1 - b2 * q)) + 1, 0.0))
    return margin - C**2 * D**2 * eta / 8 - R * (_late(b1, q) * (1 + C) + E2)


def _of_mean(opt: Optimizer) -> bool:
    """Whether the update is the sign of the gradient, or of the one state after the step, a mean of gradients."""
    lean, names = opt.rule.lean, [state.name for state in opt.rule.states]
    inner = short(lean.after[0], 300) if len(names) == 1 else "" if names else "g"
    return short(lean.update, 300) == f"sign({inner})"


def _late(beta: float, q: float) -> float:
    """(1 - beta) sum_j beta^j (q^j - 1)."""
    return (1 - beta) / (1 - beta * q) - 1 if beta * q < 1 else math.inf


def pace(limit: Limit, X: Vector, opt: Optimizer) -> Pace:
    """It is not known when such a run settles."""
    return Pace(0.0, 1 / float(opt.lr))

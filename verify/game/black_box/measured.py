"""The traits of an implementation, measured by feeding it: each is refused where a probe contradicts it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from verify.conform.black_box import BlackBox, Fed
from verify.evidence import Hypothesis, Verdict
from verify.game.black_box.epoch import Epochs

Floats = NDArray[np.float64]
MEASURED = str(Verdict.MEASURED)
# Probes: steps and coordinates of random gradients; factors that show an eps of 1e-8 and of 1e-16, and of 1e-40.
STEPS, COORDINATES, SEED = 40, 6, 0
FACTORS = (2.0**-10, 2.0**-40, 2.0**-150)
FACTORS_TEXT = ", ".join(f"{factor:.0e}" for factor in FACTORS)
# Rounding of some dozens of steps in float64.
SAME = 1e-9
# Steps after which what was long ago must not matter, where states cannot be read.
LONG = 3_000
# What is kept of a state in an epoch without gradient is below 1 by more than rounding.
KEEPS = 1 - 1e-9


@dataclass(frozen=True)
class Measured:
    """The degree that the probes agree with, None where there is none, and the hypotheses."""

    degree: int | None
    hypotheses: tuple[Hypothesis, ...]


def measured(box: BlackBox, epochs: Epochs) -> Measured:
    """All traits that the game needs."""
    G = np.random.default_rng(SEED).normal(size=(STEPS, COORDINATES))
    plain = _moves(box, G)
    degree, why = _degree(box, G, plain)
    keeps = [slope for slope in epochs.slopes if not abs(slope) < KEEPS]
    if epochs.scalars is None:
        # States that cannot be read: what was long ago must not matter.
        first, least = G[: epochs.steps], -(-LONG // epochs.steps)
        pair = (epochs.repeated(first, history, least) for history in (None, 2.0**10 * G))
        keeps += [] if _alike(*pair) else [1.0]
    fails = f"{box.name}: it was fed, and the trait"
    found = [
        Hypothesis(
            f"trait degree: moves scale with a power of the gradient (it was scaled by {FACTORS_TEXT})",
            degree is not None, MEASURED, f"{fails} degree fails: {why}; eps, where there is one, has to be 0",
        ),
        Hypothesis(
            "trait forgets: without gradient every state fades, and frozen gradients make moves periodic",
            not keeps, MEASURED, f"{fails} forgets fails: what was long ago is kept",
        ),
        Hypothesis(
            "each coordinate moves by its own gradients",
            _alike(_moves(box, _one(G))[:, 0], plain[:, 0]), MEASURED, f"{fails} blocks fails: they are not apart",
        ),
        Hypothesis(
            "the step does not read w",
            _alike(_moves(box, G, 1.0), plain), MEASURED, f"{fails} reads fails: its moves depend on w (weight decay?)",
        ),
    ]  # fmt: skip
    if degree == 1:
        sums = _alike(_moves(box, G + G[::-1]), plain + _moves(box, G[::-1].copy()))
        remedy = f"{fails} update fails: of degree 1 it is not linear"
        found.append(Hypothesis("trait update: it is linear", sums, MEASURED, remedy))
    if degree == 0:
        remedy = f"{fails} update fails: its moves do not fade without gradient (of Adam: beta1^2 < beta2)"
        found.append(Hypothesis("the update fades where gradients vanish", _fades(box, G), MEASURED, remedy))
    return Measured(degree, tuple(found))


def _moves(box: BlackBox, G: Floats, weight: float = 0.0) -> Floats:
    fed = Fed(box, G.shape[1])
    return np.array([fed.move(g, weight) for g in G])


def _one(G: Floats) -> Floats:
    """The gradients with all but the first coordinate turned over."""
    other = -7.0 * G[::-1]
    other[:, 0] = G[:, 0]
    return other


def _alike(a: Floats, b: Floats) -> bool:
    return bool(np.all(abs(a - b) <= SAME * (1 + np.maximum(abs(a), abs(b)))))


def _degree(box: BlackBox, G: Floats, plain: Floats) -> tuple[int | None, str]:
    scaled = [_moves(box, factor * G) for factor in FACTORS]
    for degree in (0, 1):
        if all(_alike(moves / factor**degree, plain) for factor, moves in zip(FACTORS, scaled, strict=True)):
            return degree, ""
    ratio = [float(np.median(abs(moves)) / np.median(abs(plain))) for moves in scaled]
    shown = ", ".join(
        f"times {factor:.0e} they are times {r:.3g}" for factor, r in zip(FACTORS, ratio, strict=True)
    )
    return None, f"with gradients {shown}"


def _fades(box: BlackBox, G: Floats) -> bool:
    fed = Fed(box, G.shape[1])
    for g in G:
        fed.move(g)
    still = np.array([abs(fed.move(np.zeros(G.shape[1]))) for _ in range(STEPS)])
    return bool(np.all(still[-1] <= still[0]))

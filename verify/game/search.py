"""Where equilibria are looked for: at the ends of flows, and on every face of a small simplex."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import combinations

import numpy as np
from scipy.optimize import linprog

from verify.game.face import Equilibrium, Level, guess, newton, same
from verify.game.field import Field, Floats, centred, span
from verify.game.flow import from_start, from_weights

# Rows within this of the largest log c are tried as support, from narrow to wide.
DEPTHS = (2.0, 5.0, 10.0, 20.0, 40.0)

# The flow has to come this close (total variation in c) to an equilibrium before it counts as its limit:
# linearly stable equilibria attract what is near, and Newton's method may otherwise jump to another one.
NEAR = 0.02

# To an equilibrium that is not shown to attract, it has to keep this near at the ends of this many pieces of
# time, each three times as long as all before: a flow that only passes by leaves within that time.
PATIENCE = 8

# Evaluations of U for a start. Iris and wine take 500 to 900, sets that are worse scaled up to 2200; a flow that
# cycles would take any number.
EVALUATIONS = 6_000
# Where the data have more entries than this an evaluation takes 10 to 60 ms, and a flow is given fewer of them.
MANY_ENTRIES = 200_000
FEWER_EVALUATIONS = 2_000

# Where this many rows may be support vectors, all faces are searched.
FEW = 5

# Starts of Newton's method for each dimension of a face, and the spreads of their log c, in turn, after the middle of
# the face. (On theory's two rows it finds the repelling equilibrium from log c_1 / c_0 between -0.75 and 0.75 only.)
STARTS_ON_FACE = 12
SPREADS_ON_FACE = (1.0, 3.0, 9.0)


def equilibria(
    game: Field,
    loss: str,
    w_0: Floats,
    starts: int,
    seed: int,
    among: Sequence[int] | None = None,
    progress: Callable[[str], None] = lambda now: None,
) -> tuple[list[Equilibrium], list[int]]:
    """The distinct ends of flows, that from w_0 first, then those from random weights; and all equilibria that are
    found on the faces ``among`` some rows: by default all rows if they are few, else none. And the numbers of the
    flows that reached none, 0 for that from w_0."""
    found: list[Equilibrium] = []
    lost: list[int] = []
    for number, path in enumerate(flows(game, loss, w_0, starts, seed)):
        end = follow(game, _told(path, f"flow {number + 1} of {starts + 1}", progress))
        if end is None:
            lost.append(number)
        else:
            _add(found, end)
    if among is None:
        among = range(len(game.X)) if len(game.X) <= FEW else ()
    for equilibrium in on_faces(game, seed, among):
        _add(found, equilibrium)
    return found, lost


def _told(path: Iterable[Floats], which: str, progress: Callable[[str], None]) -> Iterator[Floats]:
    """The path, telling how many pieces of time it has gone."""
    for piece, log_c in enumerate(path):
        progress(f"{which}, piece {piece} of time")
        yield log_c


def _add(found: list[Equilibrium], e: Equilibrium) -> None:
    if not any(alike(e, other) for other in found):
        found.append(e)


def flows(game: Field, loss: str, w_0: Floats, starts: int, seed: int) -> Iterator[Iterator[Floats]]:
    """Flows of log c: from w_0 with the loss, then with the exponential tail from random weights."""
    most = EVALUATIONS if game.X.size <= MANY_ENTRIES else FEWER_EVALUATIONS
    yield from_start(game, loss, game.X @ w_0, most)
    rng = np.random.default_rng(seed)
    basis = span(centred(game.X))
    for _ in range(starts):
        # Log c of a sparse Dirichlet draw, brought into the span that weights exp(-x.w) can reach, and
        # stretched to a spread between 1 (inside the simplex) and 12 (near a corner or face).
        log_c = basis @ (basis.T @ np.log(rng.standard_gamma(0.5, size=len(game.X)) + 1e-12))
        spread = float(np.ptp(log_c))
        yield from_weights(game, log_c * (rng.uniform(1, 12) / spread if spread > 0 else 1), most)


def follow(game: Field, path: Iterable[Floats]) -> Equilibrium | None:
    """The equilibrium that a flow tends to, None if it got near to none."""
    before: list[tuple[Level, ...]] = []
    refuted: list[tuple[Level, ...]] = []
    lingers: list[Equilibrium] = []
    for log_c in path:
        if not np.isfinite(np.max(log_c)):  # nan among them too: the flow has left the range of floats
            return None
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
            if not found.valid:
                refuted.append(levels)
                continue
            if found.stability == "attracting":
                return found
            lingers = [*lingers, found] if lingers and alike(lingers[-1], found) else [found]
            if len(lingers) == PATIENCE:
                return found
            break
        else:
            lingers = []
    return None


def on_faces(game: Field, seed: int, among: Sequence[int] | None = None) -> Iterator[Equilibrium]:
    """Equilibria on each face of the simplex, ``among`` some rows only if they are given, attracting or not, by
    Newton's method from many starts.

    For few rows: there are 2^n - 1 faces. Where entries are zero, faces with levels below are not tried.
    """
    n, d = game.X.shape
    among = range(n) if among is None else among
    rng = np.random.default_rng(seed)
    for size in range(1, len(among) + 1):
        for rows in combinations(among, size):
            if not np.all(np.any(game.X[list(rows)] != 0, axis=0) | ~np.any(game.X != 0, axis=0)):
                continue
            levels = (Level(np.array(rows), np.arange(d)),)
            for number in range(1 + STARTS_ON_FACE * (size - 1)):
                spread = SPREADS_ON_FACE[number % len(SPREADS_ON_FACE)] if number else 0.0
                log_c = np.asarray(rng.uniform(-spread, 0, size=n))
                found = newton(game, levels, log_c, farthest=1.0)
                if found is not None and found.valid and _reached(game, found):
                    yield found


def _reached(game: Field, e: Equilibrium) -> bool:
    """Whether weights exp(-x.w) come near: some direction has its least margin on the support alone, of all
    the rows that cost no more. (Those in the support's affine hull keep weight when it does, for example.)"""
    rows = e.levels[0].rows
    base = game.X[rows[0]]
    ties = game.X[e.excess <= e.error] - base
    if not len(ties):
        return True
    return bool(
        linprog(
            np.zeros(len(base)), A_ub=-ties, b_ub=-np.ones(len(ties)), A_eq=game.X[rows] - base,
            b_eq=np.zeros(len(rows)), bounds=(None, None),
        ).status == 0
    )  # fmt: skip


def alike(a: Equilibrium, b: Equilibrium) -> bool:
    """Whether two are one equilibrium: the same weights; of a continuum, the same drift."""
    if same(a.levels, b.levels) and float(np.abs(a.weights - b.weights).sum()) < 1e-6:
        return True
    return not (a.isolated or b.isolated) and bool(np.allclose(a.drift, b.drift, rtol=0, atol=1e-6))

"""Where equilibria are looked for: at the ends of flows, and on every face of a small simplex."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations, product

import numpy as np
from numpy.typing import NDArray

from verify.game.flows.flow import from_start, from_weights
from verify.game.smooth.columns import solutions
from verify.game.smooth.face import Equilibrium, Level, guess, newton, same
from verify.game.smooth.field import Field, Floats, Underflow, centred, span
from verify.game.smooth.logit import branch
from verify.game.work import BRANCH, OutOfWork, Work
from verify.losses import Loss
from verify.problem.frozen import shares

# Rows within this of the largest log c are tried as support, from narrow to wide.
DEPTHS = (2.0, 5.0, 10.0, 20.0, 40.0)

# The flow has to come this close (total variation in c) to an equilibrium before it counts as its limit:
# linearly stable equilibria attract what is near, and Newton's method may otherwise jump to another one.
NEAR = 0.02

# To an equilibrium that is not shown to attract, it has to keep this near at the ends of this many pieces of
# time, each three times as long as all before: a flow that only passes by leaves within that time.
PATIENCE = 8

# Evaluations of U for a start. Iris and wine take 500 to 900, sets that are worse scaled up to 2200; a flow that
# cycles would take any number. (On large data the work of the search ends it before: ``Field.work``.)
EVALUATIONS = 6_000

# The flow from w_0 is followed again, with this local error and so many times the evaluations, on data of up to so many
# entries.
CLOSE, CLOSELY, SMALL = 1e-8, 4, 400

# Where this many rows may be support vectors, all faces are searched.
FEW = 5

# Starts of Newton's method for each dimension of a face, and the spreads of their log c, in turn, after the middle of
# the face. (On theory's two rows it finds the repelling equilibrium from log c_1 / c_0 between -0.75 and 0.75 only.)
STARTS_ON_FACE = 12
SPREADS_ON_FACE = (1.0, 3.0, 9.0)

# Where all starts of a face go together, so many times as many cost less: on theory's rows 12 missed an attracting one.
TOGETHER = 4

# At a solution that is no equilibrium a row costs less than those of the face, or they cost less than 0. Where it is by
# this share of the largest cost Newton's method is not asked for all digits, which are off by SETTLED or so.
UNBALANCED = 1e-3

# Solutions whose weights agree to so many digits are taken for one, before Newton's method is asked for all digits.
SAME_DIGITS = 6


@dataclass(frozen=True)
class GivenUp:
    """The flow that was followed when the search's work was used up, and the weights (N,) that it had come to."""

    number: int
    weights: Floats


@dataclass(frozen=True)
class Ends:
    """What a search found: the distinct equilibria; the numbers of the flows that reached none, 0 for that from w_0;
    and which of these was given up, so that those after it were not followed. Where that is the first, what is found is
    the end of the branch of logit equilibria."""

    found: list[Equilibrium]
    lost: list[int]
    given_up: GivenUp | None = None


def equilibria(
    game: Field,
    loss: Loss,
    w_0: Floats,
    starts: int,
    seed: int,
    among: Sequence[int] | None = None,
    progress: Callable[[str], None] = lambda now: None,
) -> Ends:
    """The distinct ends of flows, that from w_0 first, then those from random weights; and all equilibria that are
    found on the faces ``among`` some rows: by default all rows if they are few, else none. ``progress`` is told which
    flow is followed. Where the work of ``game`` is used up, what was found by then; if that is nothing, the end of the
    branch of logit equilibria, which may take ``BRANCH`` times as much again."""
    found: list[Equilibrium] = []
    lost: list[int] = []
    given_up: GivenUp | None = None
    again = replace(game, work=Work(BRANCH * game.work.left))
    for number, path in enumerate(flows(game, loss, w_0, starts, seed)):
        told = _Told(path, f"flow {number + 1} of {starts + 1}", progress)
        try:
            end = _from_w_0(game, loss, w_0, told) if number == 0 else follow(game, told)
        except OutOfWork:
            given_up = GivenUp(number, game.shares(-game.X @ w_0 if told.last is None else told.last))
            lost += range(number, starts + 1)
            break
        if end is None:
            lost.append(number)
        else:
            _add(found, end)
    if given_up is not None and not found:
        try:
            end = follow(again, _Told(branch(again), "the branch of logit equilibria", progress))
        except OutOfWork:
            end = None
        found += [] if end is None else [end]
    if among is None:
        among = range(len(game.X)) if len(game.X) <= FEW else ()
    progress("equilibria on faces")
    try:
        for equilibrium in on_faces(game, seed, among):
            _add(found, equilibrium)
    except OutOfWork:
        pass  # whether all were found is for a proof to say
    return Ends(found, lost, given_up)


class _Told:
    """A path, telling which of its pieces comes next; ``last`` is the piece that came."""

    def __init__(self, path: Iterator[Floats], name: str, progress: Callable[[str], None]) -> None:
        self.path, self.name, self.progress = path, name, progress
        self.last: Floats | None = None

    def __iter__(self) -> Iterator[Floats]:
        for piece, log_c in enumerate(self.path):
            self.progress(f"{self.name}, piece {piece + 1} of time")
            self.last = log_c
            yield log_c


def _from_w_0(game: Field, loss: Loss, w_0: Floats, path: Iterable[Floats]) -> Equilibrium | None:
    """The end of the flow from w_0, looked at more closely where that is cheap or it seems to repel.

    An implicit method damps what grows from below its tolerance, so it may stay at an equilibrium that repels, or leave
    it on the wrong side. An equilibrium that repels is called the end if the flow comes as near to it as that.
    """
    end = follow(game, path)
    if end is None or (game.X.size > SMALL and end.stability not in ("repelling", "saddle")):
        return end
    passed: list[tuple[float, Equilibrium]] = []
    again = from_start(game, loss, game.X @ w_0, CLOSELY * EVALUATIONS, CLOSE)
    try:
        closely = follow(game, again, passed=passed)
    except OutOfWork:
        return end
    nearest = min(passed, key=lambda pair: pair[0], default=(np.inf, end))
    if nearest[0] < 10 * CLOSE:
        return nearest[1]
    return end if closely is None else closely


def _add(found: list[Equilibrium], e: Equilibrium) -> None:
    if not any(alike(e, other) for other in found):
        found.append(e)


def flows(game: Field, loss: Loss, w_0: Floats, starts: int, seed: int) -> Iterator[Iterator[Floats]]:
    """Flows of log c: from w_0 with the loss, then with the exponential tail from random weights."""
    yield from_start(game, loss, game.X @ w_0, EVALUATIONS)
    if not starts:
        return
    rng = np.random.default_rng(seed)
    basis = span(centred(game.X))
    for _ in range(starts):
        # Log c of a sparse Dirichlet draw, brought into the span that weights exp(-x.w) can reach, and
        # stretched to a spread between 1 (inside the simplex) and 12 (near a corner or face).
        log_c = basis @ (basis.T @ np.log(rng.standard_gamma(0.5, size=len(game.X)) + 1e-12))
        spread = float(np.ptp(log_c))
        yield from_weights(game, log_c * (rng.uniform(1, 12) / spread if spread > 0 else 1), EVALUATIONS)


def follow(
    game: Field,
    path: Iterable[Floats],
    growing: bool = True,
    passed: list[tuple[float, Equilibrium]] | None = None,
) -> Equilibrium | None:
    """The equilibrium that a flow tends to, None if it got near to none. Its cost is positive, unless ``growing`` is
    False. Those that repel and that it comes near to on its way are noted in ``passed``, with the distance."""
    arrival = _Arrival(game, growing, [] if passed is None else passed)
    for log_c in path:
        if not np.isfinite(np.max(log_c)):  # nan among them too: the flow has left the range of floats
            return None
        end = arrival.see(log_c)
        if end is not None:
            return end
    return None


@dataclass
class _Arrival:
    """Looks at a flow after each piece of time, and says when it has come to an equilibrium.

    ``before`` are the guesses of a support after the piece before; ``refuted`` those at which Newton's method found no
    equilibrium of this game; ``lingers`` the same equilibrium as often as the flow was near it in a row.
    """

    game: Field
    growing: bool
    passed: list[tuple[float, Equilibrium]]
    before: list[tuple[Level, ...]] = field(default_factory=list)
    refuted: list[tuple[Level, ...]] = field(default_factory=list)
    lingers: list[Equilibrium] = field(default_factory=list)

    def see(self, log_c: Floats) -> Equilibrium | None:
        """The flow's end, if that is seen here: an equilibrium near by that attracts, or one to which it kept near for
        long."""
        near = self._near(log_c)
        if near is None:
            self.lingers = []
            return None
        distance, found = near
        if found.stability == "attracting":
            return found
        if found.stability in ("repelling", "saddle"):
            self.passed.append((distance, found))
        again = bool(self.lingers) and alike(self.lingers[-1], found)
        self.lingers = [*self.lingers, found] if again else [found]
        return found if len(self.lingers) == PATIENCE else None

    def _near(self, log_c: Floats) -> tuple[float, Equilibrium] | None:
        """An equilibrium within NEAR, on a support that has most of the weight and was guessed before too; and how far
        it is."""
        c = self.game.shares(log_c)
        for levels in self._guessed_again(log_c):
            if self._weight(levels, c) < 1 - NEAR or any(same(levels, other) for other in self.refuted):
                continue
            found = newton(self.game, levels, log_c)
            if found is None:
                continue
            distance = float(np.abs(c - found.weights).sum()) / 2
            if distance > NEAR:
                continue
            if found.valid if self.growing else found.balanced:
                return distance, found
            self.refuted.append(levels)
        return None

    def _guessed_again(self, log_c: Floats) -> list[tuple[Level, ...]]:
        """Supports of several depths, those that were guessed after the piece before too."""
        guesses: list[tuple[Level, ...]] = []
        for depth in DEPTHS:
            levels = guess(self.game, log_c, depth)
            if not any(same(levels, other) for other in guesses):
                guesses.append(levels)
        again = [levels for levels in guesses if any(same(levels, other) for other in self.before)]
        self.before = guesses
        return again

    def _weight(self, levels: tuple[Level, ...], c: Floats) -> float:
        """The weight on the first level, or on those of all populations."""
        rows = levels[0].rows if self.game.population is None else np.concatenate([p.rows for p in levels])
        return float(np.sum(c[rows]))


def on_faces(game: Field, seed: int, among: Sequence[int] | None = None) -> Iterator[Equilibrium]:
    """Equilibria on each face of the simplex, ``among`` some rows only if they are given, attracting or not, by
    Newton's method from many starts.

    For few rows: there are 2^n - 1 faces. Where entries are zero, faces with levels below are not tried.
    """
    n, d = game.X.shape
    among = range(n) if among is None else among
    rng = np.random.default_rng(seed)
    for faces in _faces(game, list(among)):
        rows = np.concatenate(faces)
        if not (game.one_scale or np.all(np.any(game.X[rows] != 0, axis=0) | ~np.any(game.X != 0, axis=0))):
            continue
        levels = tuple(Level(np.array(face), np.arange(d)) for face in faces)
        count = TOGETHER * STARTS_ON_FACE * (len(rows) - len(faces))
        spreads = np.append(0.0, np.resize(SPREADS_ON_FACE, count))
        middle, *others = rng.uniform(-1, 1, (1 + count, n)) * spreads[:, None]
        for log_c in (middle, *_nearer(game, rows, others)):
            found = newton(game, levels, log_c, farthest=1.0)
            if found is not None and found.valid and _reached(game, found):
                yield found


def _nearer(game: Field, rows: NDArray[np.int64], starts: list[Floats]) -> list[Floats]:
    """What Newton's method comes to from these starts (N,) on a face, all together, each once, but for what is clearly
    no equilibrium. The first starts where that is not known: for several populations, rules that are not evaluated
    column by column, and rows whose differences are dependent, where each start has an end of its own."""
    few = starts[: len(starts) // TOGETHER]
    if not starts or game.population is not None or game.price is not None:
        return few
    if game.span(centred(game.X[rows])).shape[1] < len(rows) - 1:
        return few
    found: dict[tuple[float, ...], Floats] = {}
    try:
        for _, log_c, _ in solutions(
            game.drift, game.X, np.tile(rows, (len(starts), 1)), np.array(starts)[:, rows]
        ):
            spread = np.full(len(game.X), -np.inf)
            spread[rows] = log_c
            found.setdefault(tuple(shares(log_c).round(SAME_DIGITS)), spread)
        if not found:
            return []
        ends = np.array(list(found.values()))
        costs = game.X @ game.drift(ends.T)
    except (Underflow, np.linalg.LinAlgError):
        return few
    room, own = UNBALANCED * np.abs(costs).max(axis=0), costs[rows].mean(axis=0)
    return list(ends[(own >= -room) & (costs.min(axis=0) >= own - room)])


def _faces(game: Field, among: Sequence[int]) -> Iterator[tuple[tuple[int, ...], ...]]:
    """Sets of rows, small ones first: one set, or one of each population."""
    if game.population is None:
        members = [list(among)]
    else:
        count = int(game.population[-1]) + 1
        members = [[i for i in among if game.population[i] == p] for p in range(count)]
    choices = [[c for size in range(1, len(m) + 1) for c in combinations(m, size)] for m in members]
    yield from sorted(product(*choices), key=lambda faces: sum(map(len, faces)))


def _reached(game: Field, e: Equilibrium) -> bool:
    """Whether weights exp(-x.w) come near: some direction has its least margin on the support alone, of all
    the rows that cost no more, in each population. (Those in the support's affine hull keep weight when it does, for
    example.)"""
    if not np.any(e.excess <= e.error):
        return True
    from scipy.optimize import linprog  # imported late: ties are rare

    supports = [level.rows for level in (e.levels if e.populations else e.levels[:1])]
    base = np.zeros_like(game.X)
    for p, rows in enumerate(supports):
        own = slice(None) if game.population is None else game.population == p
        base[own] = game.X[rows[0]]
    ties = (game.X - base)[e.excess <= e.error]
    equal = (game.X - base)[np.concatenate(supports)]
    return bool(
        linprog(
            np.zeros(game.X.shape[1]), A_ub=-ties, b_ub=-np.ones(len(ties)), A_eq=equal,
            b_eq=np.zeros(len(equal)), bounds=(None, None),
        ).status == 0
    )  # fmt: skip


def alike(a: Equilibrium, b: Equilibrium) -> bool:
    """Whether two are one equilibrium: the same weights; of a continuum, the same drift."""
    if same(a.levels, b.levels) and float(np.abs(a.weights - b.weights).sum()) < 1e-6:
        return True
    return not (a.isolated or b.isolated) and bool(np.allclose(a.drift, b.drift, rtol=0, atol=1e-6))

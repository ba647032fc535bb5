"""The expected epoch map: the mean update over the stationary moments of a random order, without drawing any.

With the gradients frozen at g_j = -c_j x_j the moments (m, v) of a coordinate are a Markov chain. A step is affine
in m: from m = y sqrt(v) the update is p y + r, and after it m' = (q y + s) sqrt(v'). Let A(v) y + B(v) be the expected
sum of all updates to come, each less the mean update b. It is this step's update less b, plus the same sum from
(m', v') on. So, with E over the next batch,

    A(v) = E[p + q A(v')],    B(v) + b = E[r + s A(v') + B(v')].

These are linear equations, with one pair of functions for each state of the order (what was drawn in the epoch:
``order.course``). p, q, r, s and v' are read off the optimizer's own step.

The functions are analytic in log v as far as pi from the real line, since v' vanishes for negative v alone. So they are
represented by their values at Chebyshev nodes in log v. With replacement, samples of tiny weight may follow each other
for long, and v may come near 0; the range of v is then cut off where v all but never comes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from verify.errors import Undecided
from verify.numbers.chebyshev import Reading, degree_for, nodes, reading
from verify.numbers.systems.arrays import ARRAYS
from verify.optimizers.optimizer import Optimizer
from verify.optimizers.order import Stage
from verify.problem.frozen import frozen_gradients

# The distance of the singularities from the real line, in log v.
STRIP = np.pi

# A piece's width in log v, at most: from 2 to 4 the whole needs about the same number of nodes.
WIDTH = 3.0

# A range narrower than this is widened to it: its ends need not be told apart.
NARROW = 0.1

# Coordinates are solved together while their arrays have no more numbers than AT_ONCE (16 MB of complex ones); one
# coordinate may need MOST of them.
AT_ONCE = 1 << 20
MOST = 1 << 24

# Nanoseconds of one core that an evaluation takes with M nodes: ALWAYS, and for each branch and coordinate CUBE M^3 for
# the product of matrices and SQUARE M^2 for what is done with an array; the latter four times for each direction of a
# derivative. Measured times are between a third of that and twice as much.
ALWAYS, CUBE, SQUARE = 5e5, 0.1, 12.0

# A position no more than this far below the range, in pieces, counts as its lower end: rounding may put it there.
ROUNDING = 1e-9

# A chance above this is 1: sums of chances are rounded.
CERTAIN = 1 - 1e-12

Array = NDArray[Any]
# One step of one coordinate, elementwise: (g, m, v) to (update, m, v).
Move = Callable[[Array, Array, Array], tuple[Array, Array, Array]]


def expected_map(
    opt: Optimizer,
    X: NDArray[np.float64],
    tolerance: float,
    spend: Callable[[float], None] = lambda amount: None,
) -> Callable[[NDArray[np.inexact[Any]]], NDArray[np.inexact[Any]]]:
    """U as ``epoch_map``'s for the optimizer's order, random or not: to about ``tolerance``, as a share of its size.
    The rule is one of two moments (`traits.two_moments`).

    ``spend`` is told, before it is done, how many nanoseconds of one core an evaluation takes.

    It raises Undecided where a coordinate has no mean update, or needs arrays of more than MOST numbers.
    """
    whole = opt.course(len(X))
    gradients = frozen_gradients(opt, X, whole.batches)
    rule, h = opt.rule.step(ARRAYS), opt.frozen(ARRAYS)

    def move(g: Array, m: Array, v: Array) -> tuple[Array, Array, Array]:
        u, (m, v) = rule(g, 0.0, (m, v), h)
        return u, m, v

    def U(log_c: NDArray[np.inexact[Any]]) -> NDArray[np.inexact[Any]]:
        frozen = gradients(log_c)
        G = np.zeros((len(whole.batches), *frozen.gradients.shape[:2]), dtype=frozen.gradients.dtype)
        G[frozen.busy] = np.moveaxis(frozen.gradients, -1, 0)
        if np.any(G.real != G.real[..., :1]):
            return np.stack([U(column) for column in log_c.T], axis=-1)
        mean = np.zeros(G.shape[1:], dtype=G.dtype)
        sees = G[..., 0].any(axis=0)
        if sees.any():
            mean[sees] = _mean(move, whole.stages, G[:, sees], tolerance, spend)
        return -mean.reshape(X.shape[1], *log_c.shape[1:])

    return U


@dataclass(frozen=True)
class _Grid:
    """Nodes in log v: ``pieces`` of a ``degree`` a state and coordinate. ``low[l]`` and ``width[l]``, (S, K), are the
    lower end and a piece's width at stage l; below ``low`` functions are constant if the range was ``cut``."""

    degree: int
    pieces: int
    low: list[Array]
    width: list[Array]
    cut: bool

    @property
    def size(self) -> int:
        """The number of nodes of a function."""
        return self.pieces * self.degree + 1

    def of(self, coordinates: Array) -> _Grid:
        """That of some coordinates, by number."""
        low, width = ([each[:, coordinates] for each in both] for both in (self.low, self.width))
        return _Grid(self.degree, self.pieces, low, width, self.cut)


def _mean(
    move: Move, stages: Sequence[Stage], G: Array, tolerance: float, spend: Callable[[float], None]
) -> Array:
    """E of the update (d, r) with the batches' gradients G (batches, d, r), in no coordinate all zero; the r differ
    in their imaginary parts alone, which carry derivatives."""
    _, d, r = G.shape
    grid = _grid(move, stages, G[..., 0].real, tolerance)
    size, branches = grid.size, max(stage.batch.size for stage in stages)
    numbers = branches * size * max(size, r * grid.degree)
    if numbers > MOST:
        raise Undecided(f"the mean over orders needs arrays of {numbers} numbers, more than {MOST}")
    squares = sum(stage.batch.size for stage in stages) * d * float(size) ** 2
    spend(ALWAYS + squares * (CUBE * size + SQUARE * (4 * r if np.iscomplexobj(G) else 1)))
    parts = np.array_split(np.arange(d), -(-d * numbers // AT_ONCE))
    return np.concatenate([_solved(move, stages, G[:, part], grid.of(part)) for part in parts if len(part)])


def _grid(move: Move, stages: Sequence[Stage], G: Array, tolerance: float) -> _Grid:
    """Where v can be at each stage: between the epochs that make it least and most, over and over."""
    none, one = np.zeros(1), np.ones(1)
    decay = move(none, none, one)[2]
    ends = []
    for extreme, worst in ((np.minimum, np.inf), (np.maximum, 0.0)):
        v = [np.zeros((1, G.shape[1]))]
        for number, stage in enumerate(stages):
            after = stages[(number + 1) % len(stages)]
            v.append(np.full((len(after.batch), G.shape[1]), worst))
            before = np.broadcast_to(v[-2][:, None], (*stage.batch.shape, G.shape[1]))
            extreme.at(v[-1], stage.target, move(G[stage.batch], 0 * before, before)[2])
        periodic = v[-1] / (1 - decay ** len(stages))
        ends.append([before + decay**number * periodic for number, before in enumerate(v[:-1])])
    low, high = ends
    cut = False
    if len(stages) == 1:
        floor = _seldom_below(move, stages[0].chance, G[stages[0].batch[0]], tolerance)
        cut = bool(np.any(floor > low[0]))
        low[0] = np.maximum(low[0], floor)
    if not all(np.all(v > 0) for v in low):
        raise Undecided("the mean over orders: v comes near 0 too often")
    low, high = ([np.log(v) for v in each] for each in (low, high))
    reach = [np.maximum(b - a, NARROW) for a, b in zip(low, high, strict=True)]
    pieces = int(np.ceil(max(map(np.max, reach)) / WIDTH))
    width = [each / pieces for each in reach]
    low = [(a + b - each) / 2 for a, b, each in zip(low, high, reach, strict=True)]
    return _Grid(degree_for(float(max(map(np.max, width))) / 2, STRIP, tolerance), pieces, low, width, cut)


def _seldom_below(move: Move, chance: Array, g: Array, tolerance: float) -> Array:
    """A floor for v (K,): the share of steps with a v below it, weighed by the size of the update there, is at most
    ``tolerance``. It is lowered by the width of a piece, because values in the piece that the floor cuts are not
    accurate. The gradients g (F, K) come with these chances, step by step.

    After a batch that leaves v at t or more, v >= t decay^k as long as fewer than k batches of less follow: a run of k
    comes with missed^k. The update may grow in such a run by m/sqrt(v), without gradients.
    """
    none, one = np.zeros(1), np.ones(1)
    kept, _, decay = move(none, one, one)
    least = move(g, 0 * g, 0 * g)[2]
    by_size = np.argsort(-least, axis=0)
    least = np.take_along_axis(least, by_size, axis=0)
    reached = np.cumsum(chance[by_size], axis=0)
    missed = np.where(reached > CERTAIN, 0.0, np.maximum(0.0, 1 - reached))
    rate = missed * max(1.0, float(kept[0]))
    with np.errstate(divide="ignore"):
        run = np.where(rate < 1, np.log(tolerance) / np.log(np.minimum(rate, 1.0)), np.inf)
    return np.asarray(np.max(least * decay**run, axis=0) * np.exp(-WIDTH))


@dataclass(frozen=True)
class _Branches:
    """What the branches of a stage do from each node, where m = y sqrt(v): the update is p y + r, and after it
    m' = (q y + s) sqrt(v'). All four are of shape (S, F, K, M): state, batch, coordinate, node. ``reading`` says how
    functions of the next stage are read at v'."""

    stage: Stage
    p: Array
    q: Array
    r: Array
    s: Array
    reading: Reading

    def expected(self, branches: Array) -> Array:
        """The mean over what follows, of shape (S, F, ...)."""
        return np.asarray(np.einsum("f,sf...->s...", self.stage.chance, branches))

    def at_next(self, following: Array) -> Array:
        """A function of the next stage (S', K, M) at v'."""
        return self.reading.of(following[self.stage.target])

    def slope(self, following: Array) -> Array:
        """E[p + q A(v')], where the next stage's A is ``following``."""
        return self.expected(self.p + self.q * self.at_next(following))


def _branches(move: Move, stages: Sequence[Stage], G: Array, grid: _Grid) -> Iterator[_Branches]:
    position = nodes(grid.degree, grid.pieces)
    for number, stage in enumerate(stages):
        after = (number + 1) % len(stages)
        g = G[stage.batch][..., None]
        v = np.exp(grid.low[number][..., None] + grid.width[number][..., None] * position)[:, None] + 0 * g
        g, root = g + 0 * v, np.sqrt(v)
        r, m_rest, then = move(g, 0 * root, v)
        u, m, _ = move(g, root, v)
        root = np.sqrt(then)
        low, width = (each[after][stage.target][..., None] for each in (grid.low, grid.width))
        place = (np.log(then) - low) / width
        if grid.cut:
            place[place.real < -ROUNDING] = 0
        yield _Branches(
            stage, u - r, (m - m_rest) / root, r, m_rest / root, reading(place, grid.degree, grid.pieces)
        )


def _solved(move: Move, stages: Sequence[Stage], G: Array, grid: _Grid) -> Array:
    """The mean update b (d, r) for G (batches, d, r); the r differ in their imaginary parts alone."""
    _, d, r = G.shape
    real = list(_branches(move, stages, G[..., 0].real, grid))
    every = real
    if r > 1 or np.iscomplexobj(G):
        wide = grid.of(np.arange(d).repeat(r))
        every = list(_branches(move, stages, G.reshape(len(G), -1), wide))
    zero = np.zeros((1, d * r, grid.size), dtype=G.dtype)

    def epoch_of_A(A: Array) -> Array:
        for each in reversed(every):
            A = each.slope(A)
        return A

    A = _fixed_point(epoch_of_A, _inverse(real, grid.size, 0.0, with_q=True), zero, 0.0)
    gains = []
    for each in reversed(every):
        gains.append(each.r + each.s * each.at_next(A))
        A = each.slope(A)

    def epoch_of_B(B: Array) -> Array:
        for each, gain in zip(reversed(every), gains, strict=True):
            B = each.expected(gain + each.at_next(B))
        return B

    # A constant may be added to B: of all, the one whose mean over the nodes is b, that of an epoch.
    pinned = 1 / grid.size
    B = _fixed_point(epoch_of_B, _inverse(real, grid.size, pinned, with_q=False), zero, pinned)
    return np.asarray(B.mean(axis=-1).reshape(d, r) / len(stages))


def _inverse(branches: Sequence[_Branches], size: int, pinned: float, with_q: bool) -> Array:
    """The inverse of 1 + ``pinned`` less the matrix of an epoch, that of A (``with_q``) or of B: shape (d, M, M)."""
    whole: Array = np.eye(size)[None, None]
    for each in reversed(branches):
        read = each.reading.matrix()
        branch = each.q[..., None] * read if with_q else read
        last = each is branches[-1]
        whole = each.expected(branch if last else branch @ whole[each.stage.target])
    return np.asarray(np.linalg.inv(np.eye(size) - whole[0] + pinned))


def _fixed_point(epoch: Callable[[Array], Array], inverse: Array, zero: Array, pinned: float) -> Array:
    """x (1, d r, M), of the shape of ``zero``, with x = epoch(x) less the mean of x if it is pinned.

    ``inverse`` is that of the real parts. Solving again for what the first solution leaves adds the imaginary parts,
    which carry derivatives, and takes away rounding.
    """
    x, (d, size, _) = zero, inverse.shape
    for _ in range(2):
        rest = epoch(x) - x - pinned * x.sum(axis=-1, keepdims=True)
        x = x + (rest.reshape(d, -1, size) @ inverse.transpose(0, 2, 1)).reshape(x.shape)
    return x

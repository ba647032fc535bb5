"""The epoch map U(c): where an optimizer goes when the gradients are frozen at g_j = -c_j x_j.

The states then become periodic; U(c) is minus the mean update over an epoch. It is computed from the optimizer's own
step. A state that forgets is, after an epoch, (its value before) * slope + offset, the slope known from the program; an
epoch that begins with it at 0 tells the offset, so the periodic value; states that need others to be known come after
these, in an epoch of their own. The last epoch, from periodic states, is the answer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from verify.errors import BadInput
from verify.numbers.formula import ZERO
from verify.numbers.program import Program, compiled_step
from verify.numbers.stored import stored
from verify.numbers.system import Numbers
from verify.numbers.systems.arrays import ARRAYS
from verify.numbers.systems.floats import STRICT_FLOATS
from verify.optimizers.optimizer import Optimizer
from verify.optimizers.order import tables
from verify.optimizers.rule import Rule
from verify.optimizers.scale import block_count, present
from verify.optimizers.traits import traits

# A weight below this share of the largest in its block moves no sum of float64, but its square, once it has
# decayed by beta2^N, could underflow and be divided by.
NEGLIGIBLE = 1e-110

# The rest after a batch where no batch is left out (``resting``), in number systems that are interpreted.
NO_REST = (0,)


def mean_update(rule: Rule, num: Numbers) -> Callable[..., Any]:
    """A function (G, seen, h, U, rests) that fills U[k], k < d, in the number system.

    G[q][k] is the gradient of batch q in coordinate k and seen[q][k] what the rule reads beside it; h is the tuple that
    a step takes. ``rests[q]`` is what ``resting`` says of the batches without gradient that are left out between
    batch q and the next. Plain loops over indices: compiled for floats, interpreted for everything else.

    Raises BadInput for a rule whose states do not forget: then there is no periodic state to find.
    """
    advance, kept_of, periodic = periodic_states(rule, num)

    def fill(G: Any, seen: Any, h: Any, U: Any, rests: Any) -> None:
        batches = steps = len(G)
        for rest in rests:
            steps += rest[0]
        kept = kept_of(batches, h, rests)
        for k in range(len(U)):
            s, total = periodic(G, seen, h, k, rests, kept), G[0][k] * 0
            for q in range(batches):
                u, s = advance(G[q][k], seen[q][k], s, h, rests[q])
                total = total + u
            U[k] = -total / steps

    filled: Callable[..., Any] = num.build(fill)
    return filled


def periodic_states(rule: Rule, num: Numbers) -> tuple[Any, Any, Any]:
    """What an epoch of frozen gradients is made of, in the number system:

    advance(g, seen, s, h, rest)            the updates of a batch and the rest after it, summed, and the states then;
    kept_of(batches, h, rests)              what an epoch keeps of each state;
    periodic(G, seen, h, k, rests, kept)    the states at the epoch's start in coordinate k, which are those at its end.

    Raises BadInput for a rule whose states do not forget.
    """
    step, (settle, slopes_at, fade, blank, levels) = rule.step(num), _periodic(rule, num)

    def advance(g: Any, seen: Any, s: Any, h: Any, rest: Any) -> Any:
        u, s = step(g, seen, s, h)
        if rest[0] > 0:
            echo, s = step(g * 0, g * 0, s, h)
            u, s = u + echo * rest[1], fade(s, rest[2:])
        return u, s

    advance = num.build(advance)

    def kept_of(batches: Any, h: Any, rests: Any) -> Any:
        slopes = slopes_at(h)
        kept = slopes
        for q in range(batches):
            if q > 0:
                kept = fade(kept, slopes)
            if rests[q][0] > 0:
                kept = fade(fade(kept, slopes), rests[q][2:])
        return kept

    def periodic(G: Any, seen: Any, h: Any, k: Any, rests: Any, kept: Any) -> Any:
        found = blank(G[0][k] * 0)
        for level in range(levels):
            s = found
            for q in range(len(G)):
                _, s = advance(G[q][k], seen[q][k], s, h, rests[q])
            found = settle(level, found, s, kept)
        return found

    return advance, num.build(kept_of), num.build(periodic)


def _periodic(rule: Rule, num: Numbers) -> tuple[Any, Any, Any, Any, int]:
    """What finds the periodic states, in the number system: ``settle``, which after an epoch that began at ``start``,
    where those of this level were 0, ended at ``end`` and keeps ``kept`` of them, gives the start with those of this
    level periodic; the slopes at h; a product by entries; and (x, ..., x); and the number of levels."""
    memory = []
    for each in traits(rule).memory:
        if isinstance(each, str):
            raise BadInput(f"optimizer={rule.name}: the epoch map needs the trait forgets, and {each}")
        memory.append(each)
    places = range(len(memory))
    settled = "".join(
        f"ratio(end[{i}], 1 - kept[{i}]) if level == {each.level} else start[{i}], "
        for i, each in enumerate(memory)
    )
    space: dict[str, Any] = {"ratio": num.ratio}
    exec(f"def settle(level, start, end, kept):\n    return ({settled})\n", space)
    exec(f"def fade(a, b):\n    return ({''.join(f'a[{i}] * b[{i}], ' for i in places)})\n", space)
    exec(f"def blank(x):\n    return ({'x, ' * len(memory)})\n", space)
    program = Program(rule.program.states, rule.program.hyper, ZERO, tuple(each.slope for each in memory))
    made = compiled_step(program, num)
    blank, fade, one = num.build(space["blank"]), num.build(space["fade"]), num.number(Fraction(1))
    at = num.build(lambda h: fade(made(0, 0, (), h)[1], blank(one)))
    levels = max((each.level + 1 for each in memory), default=0)
    return num.build(space["settle"]), at, fade, blank, levels


def resting(rule: Rule, num: Numbers, h: Any, most: int) -> list[tuple[Any, ...]]:
    """What 0, 1, ..., ``most`` steps without gradient do, the first of them taken by itself: their number, the sum of
    their updates in units of the first one's, and what the others multiply each state by.

    By the rule's own step: without gradient it multiplies the states, and from the second such step on the update, by
    constants (trait ``rests``).
    """
    one, zero = num.number(Fraction(1)), num.number(Fraction(0))
    step, slopes = rule.step(num), _periodic(rule, num)[1](h)
    ones = (one,) * len(rule.states)
    first, after = step(zero, zero, ones, h)
    again = num.ratio(step(zero, zero, after, h)[0], first)
    rests = [(0, zero, *ones)]
    update, echo, kept = one, zero, ones
    for steps in range(1, most + 1):
        echo = echo + update
        rests.append((steps, echo, *kept))
        update, kept = update * again, tuple(a * b for a, b in zip(kept, slopes, strict=True))
    return rests


@cache
def _float_mean_update(rule: Rule) -> Callable[..., Any]:
    filled: Callable[..., Any] = stored(mean_update(rule, STRICT_FLOATS))
    return filled


@cache
def array_mean_update(rule: Rule) -> Callable[..., Any]:
    fill = mean_update(rule, ARRAYS)
    return lambda G, seen, h, out, rests: fill(G[:, None], seen[:, None], h, out[None], rests)


def epoch_map(
    opt: Optimizer, X: NDArray[np.float64], table: NDArray[np.int64] | None = None
) -> Callable[[NDArray[np.inexact[Any]]], NDArray[np.inexact[Any]]]:
    """U as a float function of log c, shape (N,) or (N, r), to shape (d,) or (d, r), a column for each.

    Complex log c carries derivatives. The batches are those of ``table``, over and over: by default the first
    epoch in cyclic order, else a draw of many epochs. The logarithm lets c be as uneven as it likes. eps is
    left out: it has no place in a game that is homogeneous in c.
    """
    batches = [
        row[row >= 0]
        for row in (next(tables(len(X), opt.batch(len(X)), "cyclic")) if table is None else table)
    ]
    gradients = frozen_gradients(opt, X, batches)
    h, rule = opt.frozen(ARRAYS), opt.rule
    # A single batch is stepped through as whole arrays, which takes less time than loading what is compiled.
    fill = (array_mean_update if len(batches) == 1 else _float_mean_update)(rule)
    rests = np.array(resting(rule, ARRAYS, h, len(batches))) if traits(rule).rests else None

    def U(log_c: NDArray[np.inexact[Any]]) -> NDArray[np.inexact[Any]]:
        G, seen, busy = gradients(log_c)
        if rests is None and len(busy) < len(batches):
            G, seen = (_spread(each, busy, len(batches)) for each in (G, seen))
            busy = np.arange(len(batches))
        # Every coordinate of every column for itself, its batches next to each other.
        flat = (-1, len(busy))
        out = np.empty(G.size // len(busy), dtype=G.dtype)
        after = np.append(busy[1:], busy[0] + len(batches)) - busy - 1
        between = _none(rule, len(busy)) if rests is None else rests[after]
        fill(G.reshape(flat).T, seen.reshape(flat).T, h, out, between)
        return out.reshape(X.shape[1], *log_c.shape[1:])

    return U


def _spread(held: NDArray[Any], busy: NDArray[np.int64], batches: int) -> NDArray[Any]:
    """The same with zeros for the batches that hold no weight."""
    every = np.zeros((*held.shape[:-1], batches), dtype=held.dtype)
    every[..., busy] = held
    return every


def _none(rule: Rule, count: int) -> NDArray[np.float64]:
    """``resting`` where no batch is left out."""
    return np.repeat(np.array([[0.0, 0.0, *([1.0] * len(rule.states))]]), count, axis=0)


def frozen_gradients(
    opt: Optimizer, X: NDArray[np.float64], batches: Sequence[NDArray[np.int64]]
) -> Callable[[NDArray[np.inexact[Any]]], tuple[NDArray[Any], NDArray[Any], NDArray[np.int64]]]:
    """The gradients of the batches, and what the rule reads beside them, as functions of log c (N,) or (N, r): both
    of shape (d, r, busy), in units of the largest weight of a block where the rule has no scale; and which batches
    these are: those that hold any weight."""
    n = len(X)
    blocks = block_count(X, opt.rule)
    weighs = present(X, blocks)[:, :, None]
    size = np.array([len(batch) for batch in batches])
    entries, owner = np.concatenate(batches), np.repeat(np.arange(len(batches)), size)
    squares = X * X
    every_batch = np.arange(len(batches))
    every_first = np.cumsum(size) - size

    def gradients(log_c: NDArray[np.inexact[Any]]) -> tuple[NDArray[Any], NDArray[Any], NDArray[np.int64]]:
        columns = log_c.reshape(n, 1, -1)
        seen_by = np.where(weighs, columns.real, -np.inf)
        least, top = -np.inf, np.zeros(seen_by.shape[1:])
        if opt.rule.degree == 0:
            top = np.max(seen_by, axis=0)
            least, top = np.log(NEGLIGIBLE), np.where(np.isfinite(top), top, 0)
        weighty = ~(seen_by - top <= least)  # nan too, which shall be seen in U
        # Late in a flow few of many rows weigh anything: no others are looked at, nor batches of others.
        rows = np.asarray(weighty.any(axis=(1, 2)))
        kept: slice | NDArray[np.bool_]
        if rows.all():
            kept, members, first, busy = slice(None), entries, every_first, every_batch
        else:
            held = rows[entries]
            busy, first = np.unique(owner[held], return_index=True)
            kept, members = rows, (np.cumsum(rows) - 1)[entries[held]]
        c = np.exp(np.where(weighty[kept], columns[kept] - top, -np.inf))
        G = -_sums(X[kept], c, members, first) / size[busy]
        if opt.rule.reads == "squares":
            seen = _sums(squares[kept], c * c, members, first)
        elif opt.rule.reads == "norm":
            seen = np.broadcast_to(np.sqrt((G * G).sum(axis=0)), G.shape)
        else:
            seen = np.zeros_like(G)
        return G, seen, busy

    return gradients


def _sums(
    X: NDArray[np.float64], c: NDArray[Any], members: NDArray[np.int64], first: NDArray[np.int64]
) -> NDArray[Any]:
    """For each batch the sum over its rows of c_j x_j, shape (d, r, batches), from X (m, d) and c, shape
    (m, 1 or d, r). The rows of batch q are those of ``members`` from first[q] on, up to first[q + 1]."""
    if len(first) == len(members):
        return np.asarray(X[members].T[:, None, :] * c[members].transpose(1, 2, 0))
    sums = np.empty((X.shape[1], c.shape[2], len(first)), dtype=c.dtype)
    for q, (begin, end) in enumerate(pairwise([*first, len(members)])):
        rows = members[begin:end]
        if c.shape[1] == 1:  # as one product of real matrices
            weights = np.ascontiguousarray(c[rows, 0])
            sums[:, :, q] = (X[rows].T @ weights.view(np.float64)).view(c.dtype)
        else:
            sums[:, :, q] = np.einsum("jk,jkr->kr", X[rows], c[rows])
    return sums

"""The derivative of the epoch map U along every log c_j at once, at the price of a few evaluations of U.

U_k depends on the weights through the frozen gradients of its own coordinate alone. So one pass through an epoch
differentiates each step by the gradient and by the moments before it (complex steps of the rule's own step), and a pass
backwards adds up what a gradient does to all later updates, the moments being periodic. Forwards, each of r directions
would cost an epoch of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from verify.numbers.stored import stored
from verify.numbers.system import Numbers
from verify.numbers.systems.arrays import ARRAYS
from verify.numbers.systems.floats import STRICT_FLOATS
from verify.optimizers.mean_update import periodic_states, resting
from verify.optimizers.optimizer import Optimizer
from verify.optimizers.rule import Rule
from verify.optimizers.traits import traits
from verify.problem.by_samples import BySamples, by_samples
from verify.problem.epoch_map import array_mean_update
from verify.problem.frozen import NEGLIGIBLE, epoch_batches, left_out, weighing

# The complex step is exact to rounding for any h this small (its error is of relative order h^2), and not so
# small that h times the smallest square of a weight underflows.
STEP = 1e-30

Floats = NDArray[np.float64]


def mean_slopes(rule: Rule, num: Numbers) -> Callable[..., Any]:
    """A function (G, size, h, by_gradient, rests, nudge) that fills ``by_gradient`` (batches, d), the derivative of U_k
    by G[q][k], where ``size`` (batches, d) is that of the gradient's terms and ``nudge`` is i times ``STEP``. As in
    `mean_update` otherwise, for rules that read nothing beside the gradient."""
    advance, kept_of, periodic = periodic_states(rule, num)
    turned, note, size_of = _entries(rule, num)
    count, ratio = len(rule.states), num.ratio

    def fill(G: Any, size: Any, h: Any, by_gradient: Any, rests: Any, nudge: Any) -> None:
        batches = steps = len(G)
        for rest in rests:
            steps += rest[0]
        kept = kept_of(batches, h, rests)
        # What a batch makes of its gradient, the update first and then the states; and of each state before it.
        own, before = np.empty((batches, count + 1)), np.empty((batches, count, count + 1))
        here, worth = np.empty(count), np.empty(count)
        carried, product = np.empty((count, count)), np.empty((count, count))
        for k in range(G.shape[1]):
            some = 0.0
            for q in range(batches):
                some = max(some, size[q][k])
            if some == 0:
                by_gradient[:, k] = 0.0
                continue
            s = periodic(G, G, h, k, rests, kept)
            for q in range(batches):
                for i in range(count + 1):
                    move = (size[q][k] or some) if i == 0 else size_of(s, i - 1, some)
                    turn = nudge * move
                    g = G[q][k] + (turn if i == 0 else 0 * turn)
                    u, after = advance(g, 0 * turn, turned(s, i - 1, turn), h, rests[q])
                    into = own[q] if i == 0 else before[q, i - 1]
                    into[0] = u.imag / STEP / move
                    note(after, into, STEP * move)
                _, s = advance(G[q][k], 0.0, s, h, rests[q])
            # What the states at the epoch's end, worth ``worth`` to all later updates, are worth at its start:
            # ``here`` + ``carried`` times that. At the periodic states both are the same.
            for i in range(count):
                here[i] = 0.0
                for j in range(count):
                    carried[i, j] = 1.0 if i == j else 0.0
            for q in range(batches - 1, -1, -1):
                for i in range(count):
                    worth[i] = before[q, i, 0]
                    for j in range(count):
                        worth[i] += before[q, i, j + 1] * here[j]
                    for l in range(count):
                        product[i, l] = 0.0
                        for j in range(count):
                            product[i, l] += before[q, i, j + 1] * carried[j, l]
                here[:] = worth
                carried[:] = product
            # (1 - carried) worth = here, by elimination. A state that nothing uses is worth nothing.
            for i in range(count):
                for l in range(count):
                    carried[i, l] = (1.0 if i == l else 0.0) - carried[i, l]
            for i in range(count):
                for j in range(i + 1, count):
                    share = ratio(carried[j, i], carried[i, i])
                    for l in range(i, count):
                        carried[j, l] -= share * carried[i, l]
                    here[j] -= share * here[i]
            for i in range(count - 1, -1, -1):
                for l in range(i + 1, count):
                    here[i] -= carried[i, l] * worth[l]
                worth[i] = ratio(here[i], carried[i, i])
            for q in range(batches - 1, -1, -1):
                gained = own[q, 0]
                for j in range(count):
                    gained += own[q, j + 1] * worth[j]
                by_gradient[q, k] = -gained / steps
                for i in range(count):
                    here[i] = before[q, i, 0]
                    for j in range(count):
                        here[i] += before[q, i, j + 1] * worth[j]
                worth[:] = here

    filled: Callable[..., Any] = num.build(fill)
    return filled


def _entries(rule: Rule, num: Numbers) -> tuple[Any, Any, Any]:
    """Of the tuple of states: it with one entry turned; its imaginary parts over a number, noted in into[1:]; and the
    size of an entry, where it is 0 that of ``some`` gradient to the power of the state's degree."""
    places = range(len(rule.states))
    turned = "".join(f"s[{i}] + (turn if i == {i} else 0 * turn), " for i in places)
    noted = "".join(f"    into[{i + 1}] = s[{i}].imag / by\n" for i in places)
    sizes = "".join(
        f"    if i == {i}:\n        return abs(s[{i}]) if s[{i}] != 0 else some ** {float(state.degree)!r}\n"
        for i, state in enumerate(rule.states)
    )
    space: dict[str, Any] = {}
    exec(f"def turned(s, i, turn):\n    return ({turned})\n", space)
    exec(f"def note(s, into, by):\n{noted}    return None\n", space)
    exec(f"def size_of(s, i, some):\n{sizes}    return some\n", space)
    return num.build(space["turned"]), num.build(space["note"]), num.build(space["size_of"])


@cache
def _float_mean_slopes(rule: Rule) -> Callable[..., Any]:
    filled: Callable[..., Any] = stored(mean_slopes(rule, STRICT_FLOATS))
    return filled


def epoch_slope(
    opt: Optimizer, X: Floats, table: NDArray[np.int64] | None = None
) -> Callable[[Floats, Floats], Floats] | None:
    """The derivative of `epoch_map` at log c (N,) along the columns of V (N, r), as a function of both; shape (d, r).
    None for a rule that reads the norm of the gradient, by which all coordinates depend on each other, and for one
    whose steps without gradient are not of the simple kind (trait ``rests``)."""
    batches = epoch_batches(opt, len(X), table)
    single = len(batches) == 1
    if opt.rule.reads == "norm" or (opt.rule.reads == "squares" and not single) or not traits(opt.rule).rests:
        return None
    h = opt.frozen(ARRAYS)
    rests = np.array(resting(opt.rule, ARRAYS, h, len(batches)))
    sizes, owned = np.array([len(batch) for batch in batches]), opt.owned
    count = sizes / owned  # samples
    entries, owner = np.concatenate(batches), np.repeat(np.arange(len(batches)), sizes)
    samples = by_samples(X, opt, len(batches))
    if samples is not None:
        return lambda log_c, V: _at_once(samples, opt.rule, h, rests[[0]], log_c, V)
    weighs = weighing(X, opt.rule)
    once = len(np.unique(entries)) == len(entries)

    @lru_cache(maxsize=2)
    def members(with_weight: bytes) -> tuple[NDArray[Any], ...]:
        """Of the entries that hold weight, a byte each: the rows; how many samples share the batch of each; the
        rests after the batches in question; where each of these begins, since its members are neighbours; and which of
        them is the batch of each row."""
        held = np.frombuffer(with_weight, dtype=bool)
        busy, first, at = np.unique(owner[held], return_index=True, return_inverse=True)
        after = rests[left_out(busy, len(batches))]
        return entries[held], count[owner[held], None], after, first, at

    def slope(log_c: Floats, V: Floats) -> Floats:
        c = _weights(log_c[:, None], weighs, opt.rule)
        weighty = np.any(c > 0, axis=1)
        if opt.rule.reads == "squares":  # of whole samples
            weighty = np.repeat(weighty.reshape(-1, owned).any(axis=1), owned)
        held = weighty[entries]
        if not held.any():
            return np.zeros((X.shape[1], V.shape[1]))
        rows, counts, after, first, at = members(held.tobytes())
        terms = -(X[rows] * c[rows]) / counts
        G, size = (np.add.reduceat(part, first) for part in (terms, np.abs(terms)))
        if single:
            own, seen = np.zeros_like(terms), np.zeros_like(G)
            if opt.rule.reads == "squares":  # each row moves the square of its sample's gradient
                own = (terms * count[0]).reshape(-1, owned, X.shape[1]).sum(axis=1)
                seen = (own * own).sum(axis=0, keepdims=True)
                own = np.repeat(own, owned, axis=0)
            by_gradient, by_seen = _single(opt.rule, G, size, seen, h, after)
            part = terms * by_gradient + 2 * count[0] * terms * own * by_seen
        else:
            by_gradient = np.empty_like(G)
            _float_mean_slopes(opt.rule)(G, size, h, by_gradient, after, 1j * STEP)
            part = terms * by_gradient[at]
        if once:
            return np.asarray(part.T @ V[rows])
        D = np.zeros(X.shape)
        np.add.at(D, rows, part)
        return np.asarray(D.T @ V)

    return slope


def _weights(log_c: Floats, weighs: NDArray[np.bool_], rule: Rule) -> Floats:
    """c (N, 1 or d), in units of the largest weight of a block where the rule has no scale: `frozen_gradients`."""
    seen_by = np.where(weighs, log_c, -np.inf)
    if rule.degree != 0:
        return np.asarray(np.exp(seen_by))
    top = np.max(seen_by, axis=0)
    moved = seen_by - np.where(np.isfinite(top), top, 0)
    return np.asarray(np.exp(np.where(moved <= np.log(NEGLIGIBLE), -np.inf, moved)))


def _at_once(samples: BySamples, rule: Rule, h: Any, rests: Floats, log_c: Floats, V: Floats) -> Floats:
    """The derivative at the full batch of samples that own several rows."""
    sums = samples.sums(log_c)
    G, size, seen = (part.reshape(1, -1) for part in sums)
    by_gradient, by_squares = (
        part.reshape(sums.size.shape) for part in _single(rule, G, size, seen, h, rests)
    )
    return samples.along(log_c, V, by_gradient, by_squares)


def _single(
    rule: Rule, G: Floats, size: Floats, seen: Floats, h: Any, rests: Floats
) -> tuple[Floats, Floats]:
    """Of the full batch the derivatives of U by its gradient and by what is read beside it, (1, d) each."""
    found = []
    for on_gradient, moves in ((1.0, size), (0.0, seen)):
        slope = np.zeros(G.shape)
        if moves.any():
            turn = 1j * STEP * moves  # 0 in a coordinate without weight, which does not move
            out = np.empty(G.shape[1], dtype=complex)
            array_mean_update(rule)(G + on_gradient * turn, seen + (1 - on_gradient) * turn, h, out, rests)
            np.divide(out[None].imag / STEP, moves, out=slope, where=moves > 0)
        found.append(slope)
    return found[0], found[1]

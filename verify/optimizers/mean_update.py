"""Where a rule goes when the gradients of an epoch's batches are frozen, and come over and over.

The states then become periodic, and the mean update over an epoch is computed from the rule's own step. A state that
forgets is, after an epoch, (its value before) * slope + offset, the slope known from the program; an epoch that begins
with it at 0 tells the offset, so the periodic value; states that need others to be known come after these, in an epoch
of their own. The last epoch, from periodic states, is the answer.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache
from typing import Any

from verify.errors import BadInput
from verify.numbers.formula import ZERO
from verify.numbers.program import Program
from verify.numbers.system import Numbers
from verify.numbers.written import compiled_step
from verify.optimizers.rule import Rule
from verify.optimizers.traits import traits

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


@lru_cache(maxsize=256)
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

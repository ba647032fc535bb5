"""How the balances move with weight decay, from lambda = infinity to vanishing: in float64.

The principal branch begins at w = 0 and is followed through its turns. Others have no part in that: they are looked for
at small decays, and followed to both sides.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise

import numpy as np

from verify.errors import BadInput
from verify.game.branch import Branch, Point
from verify.game.logit.balance import Balance, balance
from verify.game.logit.branch import curve, from_infinity
from verify.game.logit.decayed import not_told, require_balance
from verify.game.logit.search import rest, rests
from verify.game.question import Question
from verify.game.smooth.field import Floats

# The path ends at this decay where none is asked for. Others than the principal branch are looked for there, and at so
# many times that.
LEAST, LOOKS = Fraction(1, 1000), (1.0, 4.0, 16.0, 64.0)
# A balance is on a branch if that passes it, at its decay, as near as this in every margin, beside its size.
SAME = 1e-3


@dataclass(frozen=True)
class BalanceAt(Point):
    """A balance at a decay, with w there (d)."""

    w: Floats


def decay_path(question: Question) -> list[Branch[BalanceAt]]:
    """The branches that are found, each in its order, the principal one first. Raises BadInput where no balances are
    told."""
    data, opt = question.data, question.opt
    require_balance(opt)
    least = float(opt.weight_decay or LEAST)
    opt = replace(opt, weight_decay=Fraction(least))
    why = not_told(replace(question, opt=opt))
    if why:
        raise BadInput(f"path=weight-decay: {why}")
    if not opt.decay:
        raise BadInput("path=weight-decay: it is that of vanishing steps, with --decay above 0")
    game, last = balance(data.floats(), opt), -np.log(least)
    curves = [list(from_infinity(game, last, last))]
    for times in LOOKS:
        w_0 = np.zeros(data.d)
        found, _ = rests(game, times * least, (), w_0, question.starts, question.seed)
        for each in found:
            point = np.append(each.place, -np.log(times * least))
            if not any(_passes(game, line, point) for line in curves):
                back, on = (list(curve(game, point, -last, last, sense)) for sense in (-1, 1))
                curves.append([*reversed(back), *on[1:]])
    return [_branch(game, points) for points in curves if points]


def _passes(game: Balance, line: Sequence[Floats], point: Floats) -> bool:
    """Whether a curve passes a point at its decay."""
    for a, b in pairwise(line):
        if (a[-1] - point[-1]) * (b[-1] - point[-1]) <= 0 and a[-1] != b[-1]:
            share = (point[-1] - a[-1]) / (b[-1] - a[-1])
            solved = game.newton((1 - share) * a[:-1] + share * b[:-1], float(np.exp(-point[-1])))
            if solved is not None:
                gap = np.max(np.abs(game.basis @ (solved - point[:-1])), initial=0.0)
                if gap < SAME * max(1.0, float(np.max(np.abs(point[:-1]), initial=0.0))):
                    return True
    return False


def _branch(game: Balance, points: Sequence[Floats]) -> Branch[BalanceAt]:
    def places() -> Iterator[BalanceAt]:
        for point in points:
            decay, (n, d) = float(np.exp(-point[-1])), game.X.shape
            at = rest(game, point[:-1], decay)
            yield BalanceAt(decay, at.w / np.linalg.norm(at.w), tuple(range(n)), at.stability(d), at.w)

    way = np.sign(np.diff([point[-1] for point in points]))
    turns = np.flatnonzero(way[1:] * way[:-1] < 0).tolist()
    return Branch(tuple(places()), critical=tuple(float(np.exp(-points[k + 1][-1])) for k in turns))

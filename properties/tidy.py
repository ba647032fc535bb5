"""Making a counterexample simpler still: what Hypothesis, which shrinks choices one by one, leaves undone.

It seldom drops a row from the middle, and cannot turn the signs of a column, sort rows, or lower two entries
together.
Here every such neighbour that is simpler is tried, the simplest first, until none violates the claim. So
hunts from different seeds end at the same data more often than not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import combinations, permutations, product
from math import factorial
from typing import Any

from properties.property import Case, dataset
from verify.data.separability import separate

Rows = list[list[Fraction]]

# Up to this many ways to order rows and columns and to choose signs, all are tried; else none.
SYMMETRIES = 400


def complexity(case: Case) -> tuple[Any, ...]:
    """What makes a case less simple, the weightiest first: rows, columns, a start, digits, minus signs, order."""
    entries = [entry for row in case.data.rows for entry in row]
    return (
        case.data.n,
        case.data.d,
        sum(map(_length, case.start)),
        sum(map(_length, entries)),
        sum(entry < 0 for entry in (*entries, *case.start)),
        [(abs(entry), entry < 0) for entry in (*entries, *case.start)],
    )


def _length(number: Fraction) -> int:
    return abs(number.numerator) + number.denominator - 1


def tidied(case: Case, violated: Callable[[Case], bool]) -> Case:
    """A case that violates and has no simpler neighbour that does."""
    while True:
        least = complexity(case)
        simpler = sorted((c for c in set(neighbours(case)) if complexity(c) < least), key=complexity)
        better = next((c for c in simpler if separate(c.data)[0] is not None and violated(c)), None)
        if better is None:
            return case
        case = better


def neighbours(case: Case) -> Iterator[Case]:
    """Cases that differ in one of the ways above. A change or weights speak of these very rows: then none."""
    if case.weights or case.change:
        return
    rows, start = [list(row) for row in case.data.rows], list(case.start)
    n, d = case.data.n, case.data.d
    for i in range(n if n > 1 else 0):
        yield _made(case, rows[:i] + rows[i + 1 :], start)
    for k in range(d if d > 1 else 0):
        kept = [row[:k] + row[k + 1 :] for row in rows]
        if all(any(row) for row in kept):
            yield _made(case, kept, start[:k] + start[k + 1 :])
    for k, value in enumerate(start):
        for lower in {Fraction(0), value / 2, value - (1 if value > 0 else -1)} if value else ():
            yield _made(case, rows, [*start[:k], lower, *start[k + 1 :]])
    yield from _lowered(case, rows, start)
    if factorial(n) * factorial(d) * 2**d <= SYMMETRIES:
        yield from _turned(case, rows, start)


def _lowered(case: Case, rows: Rows, start: list[Fraction]) -> Iterator[Case]:
    """One entry without its minus sign; an integer nearer to 0, though not 0; or two of them nearer by 1."""
    for i, row in enumerate(rows):
        for k, entry in enumerate(row):
            if entry < 0:
                yield _made(case, _with(rows, {(i, k): -entry}), start)
    places = [
        (i, k)
        for i, row in enumerate(rows)
        for k, entry in enumerate(row)
        if entry.denominator == 1 and abs(entry) > 1
    ]
    for i, k in places:
        sign = 1 if rows[i][k] > 0 else -1
        for size in range(1, min(abs(int(rows[i][k])), 13)):
            yield _made(case, _with(rows, {(i, k): Fraction(sign * size)}), start)
    for pair in combinations(places, 2):
        nearer = {(i, k): rows[i][k] - (1 if rows[i][k] > 0 else -1) for i, k in pair}
        yield _made(case, _with(rows, nearer), start)


def _with(rows: Rows, entries: dict[tuple[int, int], Fraction]) -> Rows:
    return [[entries.get((i, k), entry) for k, entry in enumerate(row)] for i, row in enumerate(rows)]


def _turned(case: Case, rows: Rows, start: list[Fraction]) -> Iterator[Case]:
    """Rows and columns in other orders, columns with other signs."""
    n, d = case.data.n, case.data.d
    for order, columns in product(permutations(range(n)), permutations(range(d))):
        for signs in product((1, -1), repeat=d):
            turned = [[s * rows[i][k] for s, k in zip(signs, columns, strict=True)] for i in order]
            moved = [s * start[k] for s, k in zip(signs, columns, strict=True)] if start else []
            yield _made(case, turned, moved)


def _made(case: Case, rows: Rows, start: list[Fraction]) -> Case:
    opt = case.optimizer
    if opt.batch_size is not None and opt.batch_size > len(rows):
        opt = replace(opt, batch_size=len(rows))
    return Case(dataset(rows), opt, tuple(start))

"""Hypothesis strategies for separable data, exact and separable by construction.

A separator w is planted first. A row x with x.w < 0 is turned to -x, and where x.w is still below the margin
asked for, an entry that helps is doubled until it is not. So no draw is thrown away, no separability is
tested, and what shrinks stays separable: the simplest data are [[1]].

Every strategy yields :class:`verify.data.Dataset`; ``n`` and ``d`` are a number or a range (low, high).
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import accumulate

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from properties.property import dataset
from verify.data import Dataset

Entries = SearchStrategy[Fraction]
Sizes = int | tuple[int, int]
Row = tuple[Fraction, ...]

ROWS: Sizes = (1, 6)
COLUMNS: Sizes = (1, 4)

# Planted separators: small, so that dot products stay short to read.
_PLANTED = tuple(map(Fraction, (1, -1, 2, -2, 3, -3)))


def _signed(sizes: Sequence[Fraction]) -> Entries:
    """These numbers and their opposites in one draw, the first the simplest."""
    return st.sampled_from([sign * size for size in sizes for sign in (1, -1)])


def integers(largest: int = 9) -> Entries:
    """Nonzero integers of absolute value at most ``largest``."""
    return _signed([Fraction(p) for p in range(1, largest + 1)])


def small_fractions(largest: int = 7) -> Entries:
    """Nonzero p/q with p, q <= ``largest``; small p + q first."""
    sizes = {Fraction(p, q) for p in range(1, largest + 1) for q in range(1, largest + 1)}
    return _signed(sorted(sizes, key=lambda x: (x.numerator + x.denominator, x.denominator)))


def dyadics(bits: int = 4) -> Entries:
    """Nonzero p / 2^k with p < 2^bits and k <= ``bits``: exact in every binary format with that many bits."""
    sizes = {Fraction(p, 2**k) for p in range(1, 2**bits) for k in range(bits + 1)}
    return _signed(sorted(sizes, key=lambda x: (x.denominator, x.numerator)))


def magnitudes(exponent: int = 40) -> Entries:
    """Nonzero float64 numbers of 53 bits times 2^e with |e| <= ``exponent``."""
    return st.builds(
        lambda sign, p, e: sign * Fraction(p) * Fraction(2) ** e,
        st.sampled_from([1, -1]),
        st.integers(1, 2**53 - 1),
        st.integers(-exponent, exponent),
    )


def entries() -> Entries:
    """Any of the four kinds, integers the simplest."""
    return st.one_of(integers(), small_fractions(), dyadics(), magnitudes())


def with_zeros(nonzero: Entries | None = None) -> Entries:
    """0 or one of the given entries."""
    return st.just(Fraction(0)) | (integers() if nonzero is None else nonzero)


def _size(draw: DrawFn, sizes: Sizes) -> int:
    low, high = (sizes, sizes) if isinstance(sizes, int) else sizes
    return draw(st.integers(low, high))


def _dot(x: Row, w: Row) -> Fraction:
    return sum((a * b for a, b in zip(x, w, strict=True)), Fraction(0))


def planted_row(x: Row, w: Row, margin: Fraction = Fraction(0)) -> Row:
    """x, or -x, or one of them with an entry doubled or made 1: x.w >= margin max|w_k| and x.w > 0.

    No entry of x that is not 0 becomes 0. ``w`` has no zeros.
    """
    if _dot(x, w) < 0:
        x = tuple(-a for a in x)
    wanted = margin * max(map(abs, w))
    helps = next((k for k in range(len(x)) if x[k] * w[k] > 0), None)
    if helps is None:  # then x.w = 0 and x is zero: x_k w_k < 0 somewhere needs x_k w_k > 0 elsewhere
        helps = 0
        x = (Fraction(1 if w[0] > 0 else -1), *x[1:])
    while (product := _dot(x, w)) <= 0 or product < wanted:
        x = (*x[:helps], 2 * x[helps], *x[helps + 1 :])
    return x


def _tied(x: Row, w: Row, k: int, l: int, nonzero: bool) -> Row:
    """Another row with the same x.w: x + t (w_l e_k - w_k e_l), with t = 1, 2 or 3 such that no entry vanishes
    (each of the two does so at one t at most)."""
    for t in (1, 2, 3):
        moved = list(x)
        moved[k] += t * w[l]
        moved[l] -= t * w[k]
        if all(moved) or (not nonzero and any(moved)):
            break
    return tuple(moved)


@st.composite
def separable(
    draw: DrawFn,
    n: Sizes = ROWS,
    d: Sizes = COLUMNS,
    *,
    entries: Entries | None = None,
    margin: Fraction | int = 0,
    ties: bool = False,
    duplicates: bool = False,
) -> Dataset:
    """Separable data with entries of a kind (``integers()`` by default, all of them nonzero).

    margin      the l_inf margin max_w min_i x_i.w / ||w||_inf is at least this;
    ties        some rows have the same product with the planted separator as a row before (for d > 1);
    duplicates  some rows repeat a row before.

    Zero entries come with ``entries=with_zeros()`` only.
    """
    entries = integers() if entries is None else entries
    count, width = _size(draw, n), _size(draw, d)
    w = tuple(draw(st.sampled_from(_PLANTED)) for _ in range(width))
    kinds = ["new"] + ["tie"] * (ties and width > 1) + ["duplicate"] * duplicates
    rows: list[Row] = []
    for i in range(count):
        kind = draw(st.sampled_from(kinds)) if i and len(kinds) > 1 else "new"
        if kind == "new":
            x = tuple(draw(entries) for _ in range(width))
            rows.append(planted_row(x, w, Fraction(margin)))
        elif kind == "duplicate":
            rows.append(rows[draw(st.integers(0, i - 1))])
        else:
            x = rows[draw(st.integers(0, i - 1))]
            k = draw(st.integers(0, width - 2))
            rows.append(_tied(x, w, k, k + 1, nonzero=all(x)))
    return dataset(rows)


@st.composite
def scaled_rademacher(
    draw: DrawFn, n: Sizes = ROWS, d: Sizes = COLUMNS, *, sizes: Entries | None = None
) -> Dataset:
    """Rows a_i * (signs): inside a row all |x_i[k]| equal a_i > 0.

    The planted separator has an odd sum of odd numbers and one 2 if d is even, so no row is orthogonal to it.
    """
    sizes = small_fractions() if sizes is None else sizes
    count, width = _size(draw, n), _size(draw, d)
    w = [draw(st.sampled_from([1, -1, 3, -3])) for _ in range(width)]
    if width % 2 == 0:
        w[draw(st.integers(0, width - 1))] *= 2
    rows = []
    for _ in range(count):
        a = abs(draw(sizes))
        x = tuple(a * draw(st.sampled_from([1, -1])) for _ in range(width))
        rows.append(planted_row(x, tuple(map(Fraction, w))))
    return dataset(rows)


@st.composite
def shifted_diagonal(draw: DrawFn, d: Sizes = (1, 5), *, deltas: Entries | None = None) -> Dataset:
    """x_i[i] = s_i and the other entries delta > 0, with 0 < s_1 < ... < s_d; w = (1, ..., 1) separates."""
    deltas = small_fractions() if deltas is None else deltas
    width = _size(draw, d)
    delta = abs(draw(deltas))
    step = Fraction(1, draw(st.sampled_from([1, 10, 100])))
    s = list(accumulate([abs(draw(small_fractions())) * (step if i else 1) for i in range(width)]))
    return dataset([[s[i] if k == i else delta for k in range(width)] for i in range(width)])


@st.composite
def several_equilibria(draw: DrawFn, extra: Sizes = (0, 2), copies: Sizes = (1, 2)) -> Dataset:
    """Data on which AdamProxy has three dual fixed points, two of them attracting (theory, 3.4).

    [[a + e, b], [b, a]] with 3 b <= 2 a and 0 < e <= (a - b)/20: along c = (1, t) the difference of costs
    g(t) = F_1 - F_2 is e > 0 at t = 0 and as t -> inf, while at t = 3/10 it is negative, as there
    U_2 / U_1 >= 1.12 > 1 + e/(a - b). So it vanishes twice. Copies of the columns and signs change no cost up
    to a factor; ``extra`` rows, 10 to 90 times the sum of the two, cost too much to gain weight.
    """
    b = abs(draw(integers()))
    a = b * (Fraction(3, 2) + draw(st.integers(0, 7)) * Fraction(1, 2))
    e = (a - b) / draw(st.integers(20, 200))
    count, times = _size(draw, extra), _size(draw, copies)
    pair = [[a + e, b], [b, a]]
    far = [[10 * draw(st.integers(1, 9)) * (a + b + e)] * 2 for _ in range(count)]
    signs = [draw(st.sampled_from([1, -1])) for _ in range(2 * times)]
    return dataset([[s * x for s, x in zip(signs, row * times, strict=True)] for row in pair + far])


@st.composite
def cycling(draw: DrawFn) -> Dataset:
    """[[6, 2, -1], [-1, 5, 2], [1, 1, 6]] with its coordinates permuted and flipped, its rows turned round, and all of
    it rescaled: the weights of AdamProxy and per-sample Adam go round a limit cycle."""
    rows = [[6, 2, -1], [-1, 5, 2], [1, 1, 6]]
    first, order = draw(st.integers(0, 2)), draw(st.permutations(range(3)))
    signs = [draw(st.sampled_from([1, -1])) for _ in range(3)]
    size = abs(draw(small_fractions()))
    turned = rows[first:] + rows[:first]
    return dataset([[size * sign * row[k] for k, sign in zip(order, signs, strict=True)] for row in turned])


@st.composite
def with_constant(draw: DrawFn) -> Dataset:
    """Three rows with a constant feature, which moves w but not the weights: (a, b, -s), turned on from row to row, or
    now and then the example of ``cycling``. Where a is large beside b, and b beside s, the weights go round."""
    if draw(st.integers(0, 9)) == 9:
        rows = [list(row) for row in draw(cycling()).rows]
    else:
        a, b, s = draw(st.integers(1, 20)), abs(draw(integers())), abs(draw(integers()))
        rows = [[Fraction(entry) for entry in row] for row in ((a, b, -s), (-s, a, b), (b, -s, a))]
    constant = Fraction(draw(st.integers(1, 3)))
    return dataset([[*row, constant] for row in rows])


@st.composite
def opposed(draw: DrawFn) -> Dataset:
    """[[q, -p], [-p, q]] with q > p: w = (1, 1) separates, and Signum at batch 1 stalls if beta < p/q."""
    p = draw(st.integers(1, 9))
    q = p + draw(st.integers(1, 9))
    return dataset([[q, -p], [-p, q]])


@st.composite
def badly_scaled(draw: DrawFn, data: SearchStrategy[Dataset] | None = None, *, decades: int = 6) -> Dataset:
    """Data whose rows and columns are multiplied by powers of ten up to 10^(+-decades)."""
    rows = draw(separable() if data is None else data).rows
    powers = st.integers(0, decades) | st.integers(-decades, -1)
    columns = [Fraction(10) ** draw(powers) for _ in rows[0]]
    return dataset(
        [[size * c * x for c, x in zip(columns, row, strict=True)]
         for row in rows for size in [Fraction(10) ** draw(powers)]]
    )  # fmt: skip


@st.composite
def nearly_nonseparable(
    draw: DrawFn, n: Sizes = ROWS, d: Sizes = (2, 4), *, entries: Entries | None = None, closeness: int = 6
) -> Dataset:
    """Rows (w.w) x - (x.w) w + e w, almost orthogonal to the planted w: cos <= 10^(-1..-closeness), about.

    e is the first of 1, 1/2, 1/3, ... times 10^-p for which no entry vanishes: each entry does for one e at most.
    """
    entries = integers() if entries is None else entries
    count, width = _size(draw, n), _size(draw, d)
    w = tuple(draw(st.sampled_from(_PLANTED)) for _ in range(width))
    square, rows = _dot(w, w), []
    for _ in range(count):
        x = tuple(draw(entries) for _ in range(width))
        small, product = Fraction(1, 10 ** draw(st.integers(1, closeness))), _dot(x, w)
        across = [square * a - product * b for a, b in zip(x, w, strict=True)]
        rows.append(next(
            row for q in range(1, width + 2)
            if all(row := tuple(a + small / q * b for a, b in zip(across, w, strict=True)))
        ))  # fmt: skip
    return dataset(rows)


# The kinds of a tied row, beside one of its own; and those of a tied column.
ROW_KINDS = ("new", "repeated", "proportional", "mirrored", "one-hot", "tied", "near")
COLUMN_KINDS = ("new", "equal", "proportional", "mirrored", "zero", "near")

# How far a near-tie is from a tie.
NEAR = Fraction(1, 10**6)

_FACTORS = tuple(map(Fraction, ("2", "3", "1/2", "3/2")))


def _mirrored(x: Row, w: Row, k: int) -> Row:
    """x with x_k turned round, or the opposite of that, whichever has a positive product with w; x if it is 0."""
    turned = (*x[:k], -x[k], *x[k + 1 :])
    product = _dot(turned, w)
    return x if product == 0 else turned if product > 0 else tuple(-a for a in turned)


def _another_row(draw: DrawFn, kind: str, rows: Sequence[Row], w: Row, entries: Entries) -> Row:
    """A row of this kind, w.x > 0: a new one, or one that is tied to a row before."""
    width = len(w)
    if kind == "new":
        return planted_row(tuple(draw(entries) for _ in range(width)), w)
    k = draw(st.integers(0, width - 1))
    if kind == "one-hot":
        return tuple(Fraction(1 if w[k] > 0 else -1) if j == k else Fraction(0) for j in range(width))
    x = draw(st.sampled_from(rows))
    if kind == "proportional":
        factor = draw(st.sampled_from(_FACTORS))
        return tuple(factor * a for a in x)
    if kind == "mirrored":
        return _mirrored(x, w, k)
    if kind == "near":
        return (*x[:k], x[k] + (NEAR if w[k] > 0 else -NEAR), *x[k + 1 :])
    if kind == "tied" and width > 1:
        return _tied(x, w, k, (k + 1) % width, nonzero=False)
    return x


def _another_column(draw: DrawFn, kind: str, columns: Sequence[Row], entries: Entries) -> Row:
    """A column of this kind: any one, zero, or one that is tied to a column before."""
    count = len(columns[0])
    if kind == "new":
        return tuple(draw(entries) for _ in range(count))
    if kind == "zero":
        return (Fraction(0),) * count
    column = draw(st.sampled_from(columns))
    if kind == "proportional":
        factor = draw(st.sampled_from(_FACTORS)) * draw(st.sampled_from((1, -1)))
        return tuple(factor * a for a in column)
    if kind == "mirrored":  # from the last row to the first: with the column itself, rows mirror each other
        return column[::-1]
    if kind == "near":
        i = draw(st.integers(0, count - 1))
        return (*column[:i], column[i] + NEAR, *column[i + 1 :])
    return column


@st.composite
def tied(draw: DrawFn, n: Sizes = ROWS, d: Sizes = COLUMNS) -> Dataset:
    """Rows and columns that repeat, mirror or multiply each other, or nearly so, with zeros among small integers.

    The separator is planted in the first columns. A row that is tied to another one has a positive product with it
    by construction, and the columns that are added after the rows get no weight in it, so they may be anything,
    zero included. Then columns are put in any order.
    """
    count, width = _size(draw, n), _size(draw, d)
    first = draw(st.integers(1, width))
    entries = with_zeros(integers(3))
    w = tuple(draw(st.sampled_from(_PLANTED)) for _ in range(first))
    rows: list[Row] = []
    for _ in range(count):
        kind = draw(st.sampled_from(ROW_KINDS)) if rows else draw(st.sampled_from(("new", "one-hot")))
        rows.append(_another_row(draw, kind, rows, w, entries))
    columns: list[Row] = list(zip(*rows, strict=True))
    for _ in range(width - first):
        columns.append(_another_column(draw, draw(st.sampled_from(COLUMN_KINDS)), columns, entries))
    order = draw(st.permutations(range(width)))
    return dataset(list(zip(*(columns[k] for k in order), strict=True)))


@st.composite
def one_hot(draw: DrawFn, n: Sizes = ROWS, d: Sizes = COLUMNS) -> Dataset:
    """Rows y_i (1 at the level of a first factor, then 1 at the level of a second one or a constant 1, if there is
    room), where the level of the first factor decides the label y_i."""
    count, width = _size(draw, n), _size(draw, d)
    levels = draw(st.integers(1, width))
    labels = [draw(st.sampled_from((1, -1))) for _ in range(levels)]
    constant = draw(st.booleans())
    rows = []
    for _ in range(count):
        level, row = draw(st.integers(0, levels - 1)), [0] * width
        row[level] = 1
        if width > levels:
            row[-1 if constant else draw(st.integers(levels, width - 1))] = 1
        rows.append([labels[level] * x for x in row])
    return dataset(rows)


def degenerate(n: Sizes = ROWS, d: Sizes = COLUMNS) -> SearchStrategy[Dataset]:
    """Small sets in which ties are the normal case: ``tied`` or ``one_hot``; entries may be 0."""
    return st.one_of(tied(n, d), tied(n, d), one_hot(n, d))


def any_separable(n: Sizes = ROWS, d: Sizes = COLUMNS) -> SearchStrategy[Dataset]:
    """Data of several kinds and of moderate scale: integers, fractions with ties and duplicates, dyadics, scaled
    Rademacher, all without zero entries; and in two draws of six ``degenerate`` ones, with zeros."""
    return st.one_of(
        separable(n, d),
        separable(n, d, entries=small_fractions(), ties=True, duplicates=True),
        separable(n, d, entries=dyadics()),
        scaled_rademacher(n, d),
        tied(n, d),
        one_hot(n, d),
    )

"""Obligations of the exact kinds: separable, not separable, max margin in the l1, l2 and linf norm.

Why they suffice for a max margin: for c in the simplex and any v with ||v|| <= 1,
min_i x_i.v <= c'Xv <= ||X'c||* (dual norm). So a w with ||w|| <= 1 and min_i x_i.w >= g, next to a c with
||X'c||* <= g, prove that the margin is g and that w attains it. Of equality in both steps follows where
every maximizer is tight, which bounds the face of maximizers from above; where w itself is strictly slack
elsewhere, that bounds it from below (strict complementarity).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from verify.certificate.data import Data, in_simplex
from verify.certificate.effort import product, spend
from verify.certificate.reading import Vector, Whole, require, whole

# A rank modulo a prime is at most the rank over the rationals. Several primes, should one divide a minor.
PRIMES = (2**61 - 1, 2**89 - 1, 2**127 - 1)
Fields = Mapping[str, Any]


def separable(data: Data, claim: Fields, witness: Fields) -> None:
    """x_i.w > 0 for every row, with the separator w of the claim."""
    dots, _ = data.products(whole(claim["separator"]))
    for i, dot in enumerate(dots):
        require(dot > 0, "separates", f"x_{i}.w is not positive")


def not_separable(data: Data, claim: Fields, witness: Fields) -> None:
    """Weights in the simplex with X'c = 0: then min_i x_i.w <= c'Xw = 0 for every w."""
    combination, _ = data.combination(in_simplex(claim["weights"]))
    for k, entry in enumerate(combination):
        require(entry == 0, "vanishes", f"entry {k} of the combination of rows is not 0")


def l2_margin(data: Data, claim: Fields, witness: Fields) -> None:
    """w with x_i.w >= 1 and ||w||^2 <= 1/margin^2; c in the simplex with ||X'c||^2 <= margin^2.

    The unit ball is strictly convex, so the maximizer is unique but for its length.
    """
    square = claim["margin_squared"]
    c = in_simplex(witness["weights"])
    w, denominator = whole(claim["maximizer"])
    dots, unit = data.products((w, denominator))
    for i, dot in enumerate(dots):
        require(dot >= unit, "feasible", f"x_{i}.w < 1")
    spend(sum(product(x.bit_length(), x.bit_length()) for x in w), "||w||^2")
    norm = sum(x * x for x in w)
    require(
        norm * square.numerator <= denominator**2 * square.denominator,
        "maximizer-norm",
        "||w||^2 is above 1/margin_squared",
    )
    p, denominator = data.combination(c)
    spend(sum(product(x.bit_length(), x.bit_length()) for x in p), "||X'c||^2")
    norm = sum(x * x for x in p)
    require(
        norm * square.denominator <= denominator**2 * square.numerator,
        "dual-norm",
        "||X'c||^2 is above margin_squared",
    )


def linf_margin(data: Data, claim: Fields, witness: Fields) -> None:
    """|w_k| <= 1 and ||X'c||_1 <= margin; a maximizer has w_k = sign (X'c)_k where that is not 0."""
    w, one = whole(claim["maximizer"])
    require(all(abs(x) <= one for x in w), "maximizer-norm", "||w||_inf is above 1")
    p, slack = _duality(data, claim, witness, (w, one), lambda p: sum(map(abs, p)))
    free = [k for k, entry in enumerate(p) if entry == 0]
    _face(data, claim, witness, free, slack, [abs(w[k]) < one for k in free])


def l1_margin(data: Data, claim: Fields, witness: Fields) -> None:
    """||w||_1 <= 1 and |(X'c)_k| <= margin; a maximizer has w_k = 0 where |(X'c)_k| is smaller."""
    w, one = whole(claim["maximizer"])
    require(sum(map(abs, w)) <= one, "maximizer-norm", "||w||_1 is above 1")
    p, slack = _duality(data, claim, witness, (w, one), lambda p: max(map(abs, p)))
    largest = max(map(abs, p))
    free = [k for k, entry in enumerate(p) if abs(entry) == largest]
    _face(data, claim, witness, free, slack, [w[k] != 0 for k in free])


def _duality(
    data: Data, claim: Fields, witness: Fields, w: Whole, dual_norm: Callable[[list[int]], int]
) -> tuple[list[int], list[bool]]:
    """The margin is positive, w reaches it, c allows no more.

    Returns a positive multiple of X'c, and for each row whether x_i.w > margin.
    """
    margin = claim["margin"]
    require(margin > 0, "margin-positive", "the margin is not positive")
    c = in_simplex(witness["weights"])
    dots, unit = data.products(w)
    margin_bits = margin.numerator.bit_length() + margin.denominator.bit_length()
    spend(sum(product(margin_bits, dot.bit_length() + unit.bit_length()) for dot in dots), "the gaps")
    gaps = [dot * margin.denominator - margin.numerator * unit for dot in dots]
    for i, gap in enumerate(gaps):
        require(gap >= 0, "feasible", f"x_{i}.w < margin")
    p, unit = data.combination(c)
    require(
        dual_norm(p) * margin.denominator <= margin.numerator * unit,
        "dual-norm",
        "the dual norm of X'c is above the margin",
    )
    return p, [gap > 0 for gap in gaps]


def _face(
    data: Data, claim: Fields, witness: Fields, free: list[int], slack: list[bool], inside: list[bool]
) -> None:
    """The maximizers' affine hull is w + span(face).

    ``free`` are the columns in which maximizers may differ; ``inside`` says whether w is strictly inside
    its bounds there, ``slack`` for each row whether x_i.w > margin. Two maximizers differ by some v that
    vanishes outside ``free``, with x_i.v = 0 for every row i of positive weight. The members of ``face`` are
    such v, independent, and as many as the rank of these equations leaves; if there are any, w has slack in
    everything else, so w + eps v is a maximizer.
    """
    face: list[Vector] = claim["face"]
    support = [i for i, weight in enumerate(witness["weights"]) if weight > 0]
    directions = [whole(v)[0] for v in face]
    units = sum(product(data.bits, x.bit_length()) for v in directions for x in v)
    spend(len(support) * units, "the face's margins")
    held = set(range(data.d)) - set(free)
    for v in directions:
        require(
            not any(v[k] for k in held),
            "face-direction",
            "a direction leaves the face: it moves a held column",
        )
        dots = [sum(x * y for x, y in zip(data.integers[i], v, strict=True)) for i in support]
        require(
            not any(dots),
            "face-direction",
            "a direction leaves the face: it changes a margin of positive weight",
        )
    require(has_rank(directions, len(face)), "face-independent", "the face's directions are dependent")
    equations = [[data.integers[i][k] for k in free] for i in support]
    require(
        has_rank(equations, len(free) - len(face)),
        "face-complete",
        "the face may have more directions than these",
    )
    if face:
        require(all(inside), "face-interior", "w is at a bound that other maximizers may leave")
        for i in set(range(data.n)) - set(support):
            require(slack[i], "face-interior", f"row {i} has no weight, and x_{i}.w = margin")


def has_rank(matrix: list[list[int]], rank: int) -> bool:
    """Whether the rank of an integer matrix is at least ``rank``, as shown by elimination modulo a prime.

    False if that fails for each of the primes, though the rank may yet be that high.
    """
    return rank <= 0 or any(_rank_modulo(matrix, prime) >= rank for prime in PRIMES)


def _rank_modulo(matrix: list[list[int]], prime: int) -> int:
    """The rank by elimination, each row packed into one integer, an entry every ``size`` bytes.

    Python multiplies and adds long integers much faster than lists of short ones. An entry stays below
    prime + (rows - 1) * prime^2, so no entry spills into the next, and is reduced once, when its row is done.
    """
    size = (len(matrix) * prime * prime).bit_length() // 8 + 1
    if matrix:
        longest = max((entry.bit_length() for row in matrix for entry in row), default=0)
        pairs = len(matrix) * min(len(matrix), len(matrix[0]))
        reduced = len(matrix) * len(matrix[0]) * product(longest, 128)
        spend(reduced + pairs * (1 + len(matrix[0]) * size / 500), "a rank")
    mask = (1 << 8 * size) - 1
    pivots: list[tuple[int, int]] = []  # where a pivot row has its leading 1, in bits, and the row, packed
    for row in matrix:
        packed = _pack([entry % prime for entry in row], size)
        for place, top in pivots:
            packed += (-(packed >> place & mask) % prime) * top
        raw = packed.to_bytes(len(row) * size, "little")
        entries = [int.from_bytes(raw[k : k + size], "little") % prime for k in range(0, len(raw), size)]
        lead = next((k for k, entry in enumerate(entries) if entry), None)
        if lead is not None:
            inverse = pow(entries[lead], -1, prime)
            pivots.append((8 * size * lead, _pack([entry * inverse % prime for entry in entries], size)))
    return len(pivots)


def _pack(entries: list[int], size: int) -> int:
    return int.from_bytes(b"".join(entry.to_bytes(size, "little") for entry in entries), "little")

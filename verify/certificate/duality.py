"""Obligations that the max margins in the l1 and linf norm share.

For c in the simplex and any v with ||v|| <= 1, min_i x_i.v <= c'Xv <= ||X'c||* (dual norm). So a w with ||w|| <= 1 and
min_i x_i.w >= g, next to a c with ||X'c||* <= g, prove that the margin is g and that w attains it. Of equality in both
steps follows where every maximizer is tight, which bounds the face of maximizers from above; where w itself is strictly
slack elsewhere, that bounds it from below (strict complementarity).
"""

from __future__ import annotations

from collections.abc import Callable

from verify.certificate.data import Data, in_simplex
from verify.certificate.effort import product, spend
from verify.certificate.kind import Fields, Kind, weights_field
from verify.certificate.phrases import exactly
from verify.certificate.reading import Vector, Whole, between, fraction, many, whole
from verify.certificate.refusal import require

# A rank modulo a prime is at most the rank over the rationals. Several primes, should one divide a minor.
PRIMES = (2**61 - 1, 2**89 - 1, 2**127 - 1)


def margin_kind(norm: str, check: Callable[[Data, Fields, Fields], None]) -> Kind:
    """The kind of the max margin in a norm whose maximizers may be a whole face."""
    return Kind(
        claim=lambda n, d: {
            "margin": between(0, None, "[)"),
            "maximizer": many(fraction, d),
            "face": many(many(fraction, d), most=d),
        },
        witness=weights_field,
        statement=lambda claim: margin_statement(f"{norm} max margin is {exactly(claim['margin'])}", claim),
        check=check,
    )


def margin_statement(margin: str, claim: Fields) -> str:
    """The statement of a max margin: who attains it."""
    text = f"the {margin}, attained by "
    if not claim.get("face"):
        return text + "the claim's maximizer alone (up to positive multiples)"
    return text + (
        f"a convex set of directions of dimension {len(claim['face'])}, whose affine hull at norm 1 is the "
        "claim's maximizer plus the span of the claim's face"
    )


def duality(
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


def face_complete(
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

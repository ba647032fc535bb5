"""Which rows can be support vectors at all: the others are dominated, with a proof in rationals for each.

Row i is dominated if x_i = sum_j a_j x_j with a >= 0 and sum_j a_j > 1 (verify.certificate.dominance says why no
equilibrium gives it weight). So the others are the extreme rays (x_i, 1) of the cone that all of them make with
(0, -1). They are found one at a time (Clarkson, More output-sensitive geometric algorithms, 1994): the largest sum
for row i over the rows K found so far is a linear program of few variables. Where that does not dominate row i,
its dual is a function f(x) = x.u - t, t >= 0, of which f >= 0 on K and f(x_i) <= 0; then K lacks the ray of least
f / g, for some g that is positive on the cone. (A dominated row is never that: its f and g are sums of those of other
rows and of positive multiples of f >= 0 and g > 0 at (0, -1), so its f / g is larger than the least, which is below 0.)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from fractions import Fraction

from verify.certificate.writing import Document, certificate
from verify.data.dataset import Dataset
from verify.data.separability import separate
from verify.numbers.linear.rational import rank, times
from verify.numbers.lp.exact import LpSolution, Status, solve_lp


@dataclass(frozen=True)
class Dominated:
    """The proof that ``row`` is dominated: it is the sum of ``factors`` times the rows ``by``."""

    row: int
    by: tuple[int, ...]
    factors: tuple[Fraction, ...]


def dominated(data: Dataset, most: int) -> tuple[Dominated, ...] | None:
    """Proofs for all rows but ``most`` at most; None if more rows than that may be support vectors.

    (Those that are left span all rows, so they are at least as many as the rank.) The data are separable.
    """
    separator, _ = separate(data)
    if separator is None or rank(data.rows) > most:
        return None
    margins = times(data.rows, separator)
    size = [margin - min(margins) / 2 for margin in margins]
    kept: list[int] = []
    proofs: dict[int, Dominated] = {}
    for i in range(data.n):
        while i not in kept:
            best = _most(data, i, kept)
            if proof := _proof(i, kept, best):
                proofs[i] = proof
                break
            kept.append(_lacking(data, i, best, size))
            if len(kept) > most:
                return None
    return tuple(proofs[i] for i in sorted(proofs))


def dominance_certificate(data: Dataset, proofs: Sequence[Dominated]) -> Document:
    """That the rows of these proofs have weight at no equilibrium, whatever the game."""
    claim = {"rows": [proof.row for proof in proofs]}
    return certificate(data.carried, "dominated", claim, {"dominated": [asdict(proof) for proof in proofs]})


def _most(data: Dataset, i: int, others: Sequence[int]) -> LpSolution:
    """Maximize sum a subject to sum_j a_j x_j = x_i, a >= 0, over j in ``others``."""
    rows, n = [data.rows[j] for j in others], len(others)
    columns = list(zip(*rows, strict=True)) if rows else [()] * data.d
    return solve_lp([-1] * n, columns, data.rows[i], data.rows[i], [0] * n, [None] * n)


def _proof(i: int, others: Sequence[int], best: LpSolution) -> Dominated | None:
    """The proof that the solution is, if it is one."""
    if best.status is not Status.OPTIMAL or sum(best.x) <= 1:
        return None
    used = [(j, a) for j, a in zip(others, best.x, strict=True) if a]
    return Dominated(i, tuple(j for j, _ in used), tuple(a for _, a in used))


def _lacking(data: Dataset, i: int, best: LpSolution, size: Sequence[Fraction]) -> int:
    """A row of least f / g, for f from the program's dual and g of these sizes; row i itself if f is 0 there."""
    t = 1 if best.status is Status.OPTIMAL else 0
    f = [-value - t for value in times(data.rows, best.y)]
    least = min(range(data.n), key=lambda j: f[j] / size[j])
    return least if f[least] < 0 else i

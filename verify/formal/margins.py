"""Margins as theorems: what their checkers in Rocq need beside the certificate is found here by linear algebra."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import count

from flint import fmpz, fmpz_mat, nmod_mat

from verify.certificate.data import Data
from verify.certificate.kind import Fields
from verify.certificate.reading import whole
from verify.certificate.refusal import require
from verify.formal.form import Form, Numbers
from verify.numbers.linear.rational import integer_rank
from verify.numbers.linear.rational import pivots as pivots_of


def l2_margin(data: Data, claim: Fields, witness: Fields) -> Form:
    """The squared margin, who attains it, and that nobody else does."""
    w, t = whole(claim["maximizer"])
    c, one = whole(witness["weights"])
    p, q = claim["margin_squared"].as_integer_ratio()
    return Form(
        {"t": t, "w": w, "p": p, "q": q, "one": one, "c": c},
        "let g := sqrt (IZR (value K p) / IZR (value K q)) in\n"
        "  max_margin l2 (length rows) d (matrix_of K s rows) (fun k => g * vector_of K t w k) g /\\\n"
        "  forall u, max_margin l2 (length rows) d (matrix_of K s rows) u g ->\n"
        "    forall k, (k < d)%nat -> u k = g * vector_of K t w k",
        "apply (check_l2_sound K d s rows t w p q one c)",
    )


def polyhedral(norm: str) -> Callable[[Data, Fields, Fields], Form]:
    """The margin in l1 or l_inf, who attains it, and that nobody else does."""

    def form(data: Data, claim: Fields, witness: Fields) -> Form:
        w, t = whole(claim["maximizer"])
        c, one = whole(witness["weights"])
        p, q = claim["margin"].as_integer_ratio()
        numbers: dict[str, Numbers] = {"t": t, "w": w, "p": p, "q": q, "one": one, "c": c}
        attained = (
            f"max_margin {norm} (length rows) d (matrix_of K s rows) (vector_of K t w)\n"
            "    (IZR (value K p) / IZR (value K q))"
        )
        others = (
            f"forall u, {norm} d u <= 1 -> (forall i, (i < length rows)%nat ->\n"
            "      IZR (value K p) / IZR (value K q) <= dot d (matrix_of K s rows i) u) ->\n    "
        )
        called = f"apply (check_{norm}_{{}}_sound K d s rows t w p q one c {{}}modulus [{{}}]%nat inverse)"
        if claim["face"]:
            face = [whole(direction)[0] for direction in claim["face"]]
            turn, pivots = turned(face)
            modulus, chosen, inverse = isolating(data, c, norm, pivots)
            return Form(
                numbers | {"face": face, "turn": turn, "modulus": modulus, "inverse": inverse},
                f"{attained} /\\\n  {others}exists a, forall k, (k < d)%nat ->\n"
                "      u k = vector_of K t w k + sum (length face) (fun l => a l * entry K (nth l face []) k)",
                called.format("face", f"face turn [{listed(pivots)}]%nat ", listed(chosen)),
                theories="Base MaxMargin Checkers Uniqueness Faces",
                part="that this is the margin, the claim's maximizer attains it, and any other that does is that plus "
                "a combination of the claim's face",
            )
        modulus, chosen, inverse = isolating(data, c, norm)
        return Form(
            numbers | {"modulus": modulus, "inverse": inverse},
            f"{attained} /\\\n  {others}forall k, (k < d)%nat -> u k = vector_of K t w k",
            called.format("alone", "", listed(chosen)),
            theories="Base MaxMargin Checkers Uniqueness",
        )

    return form


def turned(face: Sequence[Sequence[int]]) -> tuple[list[list[int]], list[int]]:
    """Combinations of a face's directions of which each has a pivot, a column in which the others are 0; and these.

    Refused if the directions depend on each other.
    """
    f, d = len(face), len(face[0])
    beside = fmpz_mat([[*line, *(int(k == m) for k in range(f))] for m, line in enumerate(face)])
    reduced, _, _ = beside.rref()
    pivots = [next((k for k in range(d) if reduced[m, k]), -1) for m in range(f)]
    require(min(pivots) >= 0, "face-independent", "the face's directions are dependent")
    return [[int(reduced[m, d + k]) for k in range(f)] for m in range(f)], pivots


def listed(numbers: Sequence[int]) -> str:
    """The entries of a list in Rocq."""
    return "; ".join(map(str, numbers))


def isolating(
    data: Data, c: Sequence[int], norm: str, pivots: Sequence[int] = ()
) -> tuple[int, list[int], list[list[int]]]:
    """A modulus, rows with weight, and for each column in which maximizers might differ, but the ``pivots``, the
    combination of these rows that modulo the modulus has 1 there, and 0 in the others of these columns.

    That there is such a modulus shows that the columns are independent on the rows with weight. Where they are not, it
    is not shown that there are no other maximizers than those claimed.
    """
    combination, _ = data.combination((list(c), 1))
    largest = max(map(abs, combination))
    free = [
        k
        for k, entry in enumerate(combination)
        if k not in pivots and (entry == 0 if norm == "linf" else abs(entry) == largest)
    ]
    support = [i for i, weight in enumerate(c) if weight]
    inverse: list[list[int]] = [[] for _ in range(data.d)]
    if not free:
        return 2, [], inverse
    across = fmpz_mat([[data.integers[i][k] for i in support] for k in free])
    require(
        integer_rank(across) == len(free), "face-complete", "the face may have more directions than these"
    )
    # Modulo all primes but finitely many the rank is the same.
    for modulus in (number for number in count(2**31 - 1) if fmpz(number).is_prime()):
        reduced, rank = nmod_mat(across, modulus).rref()
        if rank == len(free):
            break
    rows = [support[j] for j in pivots_of(reduced, rank)]
    inverted = nmod_mat(fmpz_mat([[data.integers[i][k] for k in free] for i in rows]), modulus).inv()
    for at, k in enumerate(free):
        inverse[k] = [int(inverted[at, j]) for j in range(rank)]
    return modulus, rows, inverse


MARGINS: dict[str, Callable[[Data, Fields, Fields], Form]] = {
    "max-margin-l1": polyhedral("l1"),
    "max-margin-l2": l2_margin,
    "max-margin-linf": polyhedral("linf"),
}

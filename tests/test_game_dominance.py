"""Rows that no equilibrium gives weight: found, proved, and left out of the search for all equilibria."""

from __future__ import annotations

from dataclasses import asdict
from fractions import Fraction as Q

import numpy as np
import pytest
from forging import restated
from scipy.optimize import linprog

from verify.certificate import check_document
from verify.certificate.dominance import rows_left
from verify.data import Dataset
from verify.game import predict
from verify.game.margins import Margins
from verify.game.smooth.completeness import costs_positive
from verify.game.smooth.dominance import dominance_certificate, dominated
from verify.optimizers import optimizer
from verify.optimizers.trajectory import trajectory


def planted(n: int, d: int, seed: int) -> Dataset:
    """Rows of small integers on the positive side of (1, ..., 1), none of them 0, with ties and multiples."""
    rng = np.random.default_rng(seed)
    X = rng.integers(1, 10, size=(n, d)) * rng.choice([-1, 1], size=(n, d), p=(0.3, 0.7))
    X *= np.where(X.sum(axis=1) < 0, -1, 1)[:, None]
    X = X[X.sum(axis=1) > 0]
    return Dataset(f"planted {n} x {d}, {seed}", tuple(tuple(map(Q, row)) for row in X.tolist()))


def needed(data: Dataset) -> set[int]:
    """By the definition, a float program a row over all other rows; of equal rows all."""
    X = data.floats()
    found = set()
    for i, row in enumerate(X):
        others = X[[j for j in range(data.n) if j != i and not np.array_equal(X[j], row)]]
        best = linprog(-np.ones(len(others)), A_eq=others.T, b_eq=row, bounds=(0, None))
        if best.status == 2 or -best.fun < 1 + 1e-9:
            found.add(i)
    return found


@pytest.mark.parametrize("seed", range(12))
def test_the_rows_left_are_those_of_the_definition(seed: int) -> None:
    data = planted(25, 2 + seed % 2, seed)
    proofs = dominated(data, most=10)
    assert proofs is not None
    assert set(rows_left(data.rows, [asdict(proof) for proof in proofs])) == needed(data)


def test_more_rows_than_asked_for_are_no_answer() -> None:
    data = planted(25, 3, 1)
    count = len(needed(data))
    assert dominated(data, count - 1) is None
    assert dominated(data, count) is not None
    assert dominated(planted(25, 3, 1), 2) is None  # fewer than the rank


def test_dominated_rows_have_a_certificate_of_their_own() -> None:
    data = planted(12, 2, 1)
    document = dominance_certificate(data, dominated(data, most=10) or ())
    assert document["claim"]["rows"]
    assert check_document(document, data.rows).valid
    left = next(str(i) for i in range(data.n) if str(i) not in document["claim"]["rows"])
    said = check_document(restated(document, "claim", rows=[left])).line()
    assert f"invalid: dominated: there is no proof for row {left}" in said


def test_rows_that_nothing_separates_have_none() -> None:
    assert dominated(Dataset("opposite", ((Q(1), Q(1)), (Q(-1), Q(-1)))), 5) is None


def test_all_equilibria_of_many_rows() -> None:
    """Theory's two rows among multiples and sums of theirs: the three equilibria of the two, and no other."""
    two = ((Q("3.01"), Q(1)), (Q(1), Q(3)))
    more = tuple(tuple(a * x + b * y for x, y in zip(*two, strict=True)) for a in (1, 2, 3) for b in (1, 2))
    for opt in (optimizer("adam-proxy"), optimizer("adam", beta2=Q(9, 10), batch_size=2)):
        found = predict(Dataset("many", more[:3] + two + more[3:]), opt, starts=0)
        assert found.complete
        assert {limit.support for limit in found.limits} <= {(3,), (4,), (3, 4)}
    assert len(predict(Dataset("many", two + more), optimizer("adam-proxy"), starts=0).limits) == 3


# Each b_t, then a multiple of b_t + 2/5 b_(t+1), which it and the next one dominate. Per-sample Adam that forgets at
# once goes to an equilibrium of negative cost on the dominated rows, against every limit that separates.
B = np.array([[40, -30, 1], [1, 50, -30], [-30, 1, 60]], dtype=object) * Q(1, 10)
DEFEATED = Dataset(
    "defeated", tuple(tuple(row) for t in range(3) for row in (B[t], 3 * B[t] + Q(6, 5) * B[t - 2]))
)
TWO = Dataset(
    "two", tuple(tuple(map(Q, row)) for row in [(4, -3), (6, -3), (6, -3), (-3, 4), (-3, 6), (-3, 6)])
)


def test_a_list_that_rests_on_dominance_speaks_of_losses_that_vanish() -> None:
    found = predict(TWO, optimizer("adam", beta1=0, beta2="1/10"), starts=0)
    assert found.complete
    assert found.growing
    assert found.statement.startswith("where the loss goes to zero and the weights of the samples converge")
    assert any(each.text.startswith("the loss goes to zero: ") for each in found.hypotheses)
    slow = predict(TWO, optimizer("adam"), starts=0)
    assert slow.complete
    assert not slow.growing


@pytest.mark.parametrize(
    ("opt", "shown"),
    [
        (optimizer("adam-proxy"), True),
        (optimizer("adam"), True),
        (optimizer("adam", batch_size=2), False),
        (optimizer("adam", beta1=0, beta2="1/10"), False),
        (optimizer("nadam"), False),
        (optimizer("ngd", batch_size=1), False),
    ],
)
def test_where_every_cost_is_shown_to_be_positive(opt, shown) -> None:  # type: ignore[no-untyped-def]
    assert costs_positive(DEFEATED, opt, Margins(DEFEATED)) is shown


def test_where_the_loss_rises_nothing_is_said_of_all_equilibria() -> None:
    opt = optimizer("adam", beta1=0, beta2="1/10", lr=Q(1, 100), loss="exponential")
    found = predict(DEFEATED, opt, starts=0)
    assert found.complete
    assert found.growing
    assert "has cost -" in found.note
    assert "no equilibrium attracts" not in found.note
    X = DEFEATED.floats()
    early, late = trajectory(X, opt, [3000, 6000]).weights
    assert (X @ late).max() < (X @ early).max() < 0

"""Exact margins: closed forms, degenerate and hostile data, and agreement of primal, dual and checker."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction

import numpy as np
import pytest
from forging import dataset
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from verify.certificate import check_document
from verify.data import Dataset, load
from verify.errors import BadInput
from verify.margins import (
    NORMS,
    Margin,
    NotSeparable,
    mahalanobis_certificate,
    mahalanobis_margin,
    margin_certificate,
    max_margin,
    not_separable_certificate,
    separability_certificate,
)
from verify.numbers.linear.rational import rank

BUNDLED = (
    "iris",
    "wine",
    "gaussian:n=10,d=50,seed=0",
    "scaled-rademacher:n=6,d=4,seed=0",
    "shifted-diagonal:d=4,delta=1/10",
)


def confirm(data: Dataset, result: Margin) -> None:
    """Primal and dual values are equal, by plain fractions, and the checker accepts the certificate."""
    w, c, value = result.direction, result.weights, result.value
    least = min(sum(a * b for a, b in zip(row, w, strict=True)) for row in data.rows)
    p = [
        sum(weight * x for weight, x in zip(c, column, strict=True))
        for column in zip(*data.rows, strict=True)
    ]
    assert sum(c) == 1
    assert min(c) >= 0
    if result.norm == "l2":
        assert least == 1
        assert sum(x * x for x in w) == 1 / value
        assert sum(x * x for x in p) == value
    else:
        assert least == value
        primal, dual = (
            (max(map(abs, w)), sum(map(abs, p)))
            if result.norm == "linf"
            else (sum(map(abs, w)), max(map(abs, p)))
        )
        assert primal == 1
        assert dual == value
    checked = check_document(margin_certificate(result), data.rows)
    assert checked.valid, checked.line()


# --- closed forms -------------------------------------------------------------------------------------


def test_one_row_has_the_dual_norm_for_margin() -> None:
    data = dataset((3, -4, 0))
    assert max_margin(data, "linf").value == 7
    assert max_margin(data, "l2").value == 25
    assert max_margin(data, "l1").value == 4


def test_linf_maximizers_that_are_a_whole_face() -> None:
    # x = (1, 0, 0): w = (1, s, t) for all |s|, |t| <= 1.
    result = max_margin(dataset((1, 0, 0)), "linf")
    assert result.value == 1
    assert not result.unique
    assert result.direction[0] == 1
    assert max(map(abs, result.direction[1:])) < 1
    assert [v[0] for v in result.face] == [0, 0]
    # One more row (1, 2, 0) is slack where s > 0 and cuts s >= 0: the same two dimensions.
    assert len(max_margin(dataset((1, 0, 0), (1, 2, 0)), "linf").face) == 2
    # (1, 2, 0) and (1, -2, 0) leave s = 0.
    cut = max_margin(dataset((1, 2, 0), (1, -2, 0)), "linf")
    assert cut.direction[:2] == (1, 0)
    assert cut.face == ((0, 0, 1),)


def test_l1_maximizers_that_are_a_whole_face() -> None:
    # x = (2, 2, 1): every w >= 0 with w_1 + w_2 = 1, w_3 = 0 has margin 2.
    result = max_margin(dataset((2, 2, 1)), "l1")
    assert result.value == 2
    assert result.face == ((1, -1, 0),)
    assert min(result.direction[:2]) > 0


def test_unique_although_the_first_dual_does_not_say_so() -> None:
    # Three rows meet at w = (1, 1) and the cube's corner does too: more tight constraints than dimensions.
    data = dataset((1, 0), (0, 1), ("1/2", "1/2"))
    for norm in NORMS:
        result = max_margin(data, norm)
        assert result.unique
        assert len(set(result.direction)) == 1
        confirm(data, result)


def test_scaled_rademacher_signs_all_equal_give_the_cube_corner() -> None:
    # Rows a_i * (1, 1, 1): l2 margin^2 = 3 min a^2, linf margin = 3 min a, l1 margin = min a with all w >= 0.
    data = dataset((2, 2, 2), (5, 5, 5), (2, 2, 2))
    assert max_margin(data, "l2").value == 12
    assert max_margin(data, "linf").value == 6
    flat = max_margin(data, "l1")
    assert flat.value == 2
    assert len(flat.face) == 2


def test_scaled_rademacher_rows_at_right_angles() -> None:
    # Rows a_i h_i with h_i.h_j = 0: c_i is proportional to 1/a_i^2, and margin^2 = d / sum(1/a_i^2) = 4 / (50/36).
    H = ((1, 1, 1, 1), (1, -1, 1, -1), (1, 1, -1, -1), (1, -1, -1, 1))
    scaled = dataset(*(tuple(a * h for h in row) for a, row in zip((1, 2, 3, 6), H, strict=True)))
    result = max_margin(scaled, "l2")
    assert result.value == Fraction(72, 25)
    assert result.weights == tuple(Fraction(36, 50 * a * a) for a in (1, 2, 3, 6))
    # Equal scales: the first column is all ones, so w = (1, 0, 0, 0) has every margin 1, and no norm allows more.
    for norm in NORMS:
        result = max_margin(dataset(*H), norm)
        assert (result.value, result.direction, result.unique) == (1, (1, 0, 0, 0), True)


def test_scaled_rademacher_rows_with_a_face_in_l1_and_linf() -> None:
    # In linf w = (1, 1, s, t) has margins 2 + s + t and 2 - s - t: the maximizers have s + t = 0.
    data = dataset((1, 1, 1, 1), (1, 1, -1, -1))
    result = max_margin(data, "linf")
    assert (result.value, result.direction[:2], result.face) == (2, (1, 1), ((0, 0, 1, -1),))
    assert -1 < result.direction[2] == -result.direction[3] < 1
    # In l1 only w_1 + w_2 = 1 with both positive does; in l2 p = (1, 1, 0, 0).
    assert max_margin(data, "l1").face == ((1, -1, 0, 0),)
    assert max_margin(data, "l2").value == 2


def test_two_rows_by_hand() -> None:
    # The nearest point to 0 on the segment from (3, 1) to (1, 2): normal (1, 2), 5 = (3, 1).(1, 2) = (1, 2).(1, 2).
    data = dataset((3, 1), (1, 2))
    result = max_margin(data, "l2")
    assert result.value == 5
    assert result.direction == (Fraction(1, 5), Fraction(2, 5))
    assert result.support == (1,)
    np.testing.assert_allclose(result.unit(), np.array([1, 2]) / 5**0.5)


def test_margin_json_is_as_promised() -> None:
    shown = max_margin(dataset((3, 1), (1, 2)), "l2").to_json()
    assert shown["margin_squared_exact"] == "5"
    assert shown["margin"].startswith("2.2360679774997896964")
    assert shown["unique"] is True
    np.testing.assert_allclose(shown["direction"], np.array([1, 2]) / 5**0.5)
    assert max_margin(dataset((3, 1)), "linf").to_json()["margin_exact"] == "4"


# --- hostile data -------------------------------------------------------------------------------------

HOSTILE = {
    "one row": [(1, 2, 3)],
    "one column": [(3,), (1,), (2,)],
    "duplicates": [(1, 2), (1, 2), (2, 1), (2, 1)],
    "parallel": [(1, 2), (2, 4), (3, 6), (100, 200)],
    "rank deficient": [(1, 2, 3), (2, 1, 3), (3, 3, 6)],
    "a zero column": [(1, 0, 2), (2, 0, 1)],
    "a huge column": [(1, 2, "1e150"), (3, 1, "-1e150"), (2, 2, "1e149")],
    "a tiny column": [(1, 2, "1e-150"), (3, 1, "-1e-150")],
    "rows of all sizes": [("1e140", "2e140"), ("3e-140", "1e-140"), (1, 1)],
    "margin 1e-9": [(1, "1e-9"), (-1, "1e-9"), (3, "5e-9"), ("-1/3", "2e-9")],
    "margin 1e-40": [(1, "1e-40"), (-1, "1e-40"), (1, "1.0000001e-40")],
    "nearly equal rows": [(1, 1), ("1.000000000000001", 1), (1, "1.000000000000001")],
    "a cube's face on a sphere": [(3, 4), (4, 3), (5, 0), (0, 5)],
    "integers, many ties": [(a, b, c, 2) for a in (-1, 0, 1) for b in (-1, 0, 1) for c in (-1, 0, 1)],
    "weights that no float holds": [(1, 0, "1/3"), (0, 1, "1/7"), (-1, -1, "1/1000003"), (0, -1, 1)],
}


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_data_are_certified(case: str, norm: str) -> None:
    data = dataset(*HOSTILE[case])
    confirm(data, max_margin(data, norm))


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("name", BUNDLED)
def test_bundled_data_are_certified(name: str, norm: str) -> None:
    data = load(name)
    confirm(data, max_margin(data, norm))


@pytest.mark.parametrize("norm", NORMS)
def test_full_mantissas_many_rows(norm: str) -> None:
    rng = np.random.default_rng(1)
    X = rng.standard_normal((120, 30))
    X *= np.sign(X @ rng.standard_normal(30))[:, None]
    data = Dataset("float", tuple(tuple(Fraction(float(x)) for x in row) for row in X))
    confirm(data, max_margin(data, norm))


@pytest.mark.parametrize(
    "proposal",
    [
        lambda X: ([0], [1.0]),
        lambda X: (list(range(len(X))), [1.0 / len(X)] * len(X)),  # dependent rows
        lambda X: ([len(X) - 1, 0], [-3.0, 4.0]),  # not even inside the hull
    ],
    ids=["one row", "all rows", "outside"],
)
@pytest.mark.parametrize("case", ["integers, many ties", "parallel", "margin 1e-9", "iris"])
def test_whatever_the_floats_propose_the_answer_is_exact(
    case: str, proposal: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = dataset(*HOSTILE[case]) if case in HOSTILE else load(case)
    honest = max_margin(data, "l2")
    monkeypatch.setattr("verify.margins.euclidean.propose", proposal)
    misled = max_margin(data, "l2")
    confirm(data, misled)
    assert misled.value == honest.value
    assert misled.direction == honest.direction


# --- not separable ------------------------------------------------------------------------------------

NOT_SEPARABLE = {
    "opposite rows": [(1, 2), (-2, -4)],
    "a triangle around 0": [(1, 0), (0, 1), (-1, -1)],
    "0 on a face": [(1, 0, 5), (-1, 0, -5), (0, 1, 0)],
    "fifths that floats miss": [("1/5", "1/3", 1), ("-2/5", "1/7", -2), ("1/5", "-10/21", 1)],
    "a sliver around 0": [(1, "1e-12"), (-1, "1e-12"), (0, "-1e-12")],
}


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("case", NOT_SEPARABLE)
def test_data_that_are_not_separable_give_a_witness(case: str, norm: str) -> None:
    data = dataset(*NOT_SEPARABLE[case])
    with pytest.raises(NotSeparable, match="not separable") as caught:
        max_margin(data, norm)
    assert "\n" not in str(caught.value)
    checked = check_document(not_separable_certificate(caught.value), data.rows)
    assert checked.valid, checked.line()


def test_separability_is_certified_either_way() -> None:
    for case, kind in (("parallel", "separable"), ("a triangle around 0", "not-separable")):
        data = dataset(*(HOSTILE | NOT_SEPARABLE)[case])
        document = separability_certificate(data)
        assert document["claim"]["kind"] == kind
        checked = check_document(document, data.rows)
        assert checked.valid, checked.line()


def test_unknown_norm_is_named() -> None:
    with pytest.raises(BadInput, match="norm=l3"):
        max_margin(dataset((1, 2)), "l3")  # type: ignore[arg-type]


# --- the Mahalanobis norm -----------------------------------------------------------------------------


def test_mahalanobis_margin_of_scaled_rademacher_is_the_l2_margin_over_the_common_root() -> None:
    # |x_i[k]| = a_i, so M(c) = s * identity with s^2 = sum_j c_j^2 a_j^2, and margin_M^2 = margin_2^2 / s.
    data = load("scaled-rademacher:n=6,d=4,seed=0")
    c = [Fraction(1, 6)] * 6
    s_squared = sum(Fraction(1, 36) * row[0] ** 2 for row in data.rows)
    result = mahalanobis_margin(data, c)
    expected_fourth = max_margin(data, "l2").value ** 2 / s_squared
    assert result.low**2 <= expected_fourth <= result.high**2
    assert result.high / result.low - 1 < Fraction(1, 10**30)


def test_mahalanobis_margin_with_rational_roots_encloses_the_exact_one() -> None:
    # One row (a, b): M = diag(|a|, |b|), margin^2 = x'M^-1 x = |a| + |b|, attained along M^-1 x = sign x.
    result = mahalanobis_margin(dataset((4, -9)), [Fraction(1)])
    assert result.low <= 13 <= result.high
    np.testing.assert_allclose(result.unit(), np.array([1, -1]) / 2**0.5)
    assert float(result.radius_squared) < 1e-35


@pytest.mark.parametrize("name", BUNDLED)
def test_mahalanobis_margins_are_certified(name: str) -> None:
    data = load(name)
    total = data.n * (data.n + 1) // 2
    result = mahalanobis_margin(data, [Fraction(i + 1, total) for i in range(data.n)])
    checked = check_document(mahalanobis_certificate(result), data.rows)
    assert checked.valid, checked.line()
    assert result.high / result.low - 1 < Fraction(1, 10**30)


@pytest.mark.parametrize("case", [case for case in HOSTILE if case != "a zero column"])
def test_mahalanobis_margins_of_hostile_data(case: str) -> None:
    data = dataset(*HOSTILE[case])
    result = mahalanobis_margin(data, [Fraction(1, data.n)] * data.n)
    checked = check_document(mahalanobis_certificate(result), data.rows)
    assert checked.valid, checked.line()
    assert result.high / result.low - 1 < Fraction(1, 10**30)


def test_mahalanobis_refuses_a_metric_that_is_none() -> None:
    data = dataset((1, 0), (1, 1))
    with pytest.raises(BadInput, match="column x1 vanishes"):
        mahalanobis_margin(data, [Fraction(1), Fraction(0)])
    for metric, why in (
        ((1, 1), "sum is 2, not 1"),
        ((Fraction(3, 2), Fraction(-1, 2)), "c_1=-1/2 is negative"),
        ((1,), "1 of them, one is needed for each of N=2 rows"),
    ):
        with pytest.raises(BadInput, match=why):
            mahalanobis_margin(data, [Fraction(c) for c in metric])
    with pytest.raises(NotSeparable):
        mahalanobis_margin(dataset((1, 2), (-1, -2)), [Fraction(1, 2)] * 2)


# --- generated degenerate data ------------------------------------------------------------------------

small = st.integers(-2, 2)
HAIR = Fraction(1, 10**9)
HUGE = 10**120


@st.composite
def degenerate(draw: st.DrawFn) -> Dataset:
    """Separable by construction from a planted separator: ties, repeats, sums, nearly opposite pairs, odd scales."""
    d = draw(st.integers(1, 4))
    w = draw(st.lists(small, min_size=d, max_size=d).filter(any))
    rows = []
    for row in draw(st.lists(st.lists(small, min_size=d, max_size=d), min_size=1, max_size=6)):
        dot = sum(a * b for a, b in zip(row, w, strict=True))
        if dot == 0:
            k = next(k for k in range(d) if w[k])
            row = [*row[:k], row[k] + (1 if w[k] > 0 else -1), *row[k + 1 :]]
        rows.append([Fraction(-x if dot < 0 else x) for x in row])
    for kind, i, j in draw(
        st.lists(
            st.tuples(st.sampled_from(["repeat", "multiple", "sum", "middle", "near", "pair"]), small, small),
            max_size=3,
        )
    ):
        a, b = rows[i % len(rows)], rows[j % len(rows)]
        step = sum(x * y for x, y in zip(a, w, strict=True)) / sum(x * x for x in w)
        added = {
            "repeat": [a],
            "multiple": [[3 * x for x in a]],
            "sum": [[x + y for x, y in zip(a, b, strict=True)]],
            "middle": [[(x + y) / 2 for x, y in zip(a, b, strict=True)]],
            "near": [[x + y * HAIR for x, y in zip(a, b, strict=True)]],
            # Two nearly opposite rows, a hair above the plane of w.
            "pair": [
                [sign * (x - step * y) + HAIR * y for x, y in zip(a, w, strict=True)] for sign in (1, -1)
            ],
        }
        rows += added[kind]
    scales = draw(
        st.lists(
            st.sampled_from([*[Fraction(1)] * 6, Fraction(1, 7), Fraction(10**9), *[Fraction(HUGE)] * 2]),
            min_size=d,
            max_size=d,
        )
    )
    return Dataset(
        "degenerate", tuple(tuple(x * s for x, s in zip(row, scales, strict=True)) for row in rows)
    )


GENERATED = settings(
    deadline=None, database=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate]
)


@pytest.mark.slow
def test_500_generated_degenerate_sets_are_all_certified() -> None:
    seen: Counter[str] = Counter()

    @seed(4)
    @settings(GENERATED, max_examples=500)
    @given(degenerate())
    def every_norm(data: Dataset) -> None:
        sizes = [max(map(abs, column)) for column in zip(*data.rows, strict=True)]
        seen["sets"] += 1
        seen["repeated rows"] += len(set(data.rows)) < data.n
        seen["rank below both dimensions"] += rank(data.rows) < min(data.n, data.d)
        seen["a huge column"] += max(sizes) >= HUGE > min(sizes)
        for norm in NORMS:
            result = max_margin(data, norm)
            confirm(data, result)
            seen["faces"] += not result.unique
            dots = [sum(a * b for a, b in zip(row, result.direction, strict=True)) for row in data.rows]
            seen["more tight rows than columns"] += dots.count(min(dots)) > data.d
            seen["nearly not separable"] += max(sizes) < 10**3 and result.margin < 1e-6

    every_norm()
    assert seen["sets"] >= 500
    assert len(seen) == 7
    assert min(seen.values()) >= 50, seen


@seed(5)
@settings(GENERATED, max_examples=100)
@given(degenerate(), st.integers(1, 3))
def test_generated_sets_that_are_not_separable_give_witnesses(data: Dataset, times: int) -> None:
    """A row minus (a positive combination of the others) makes 0 a convex combination."""
    total = [-times * sum(column) for column in zip(*data.rows, strict=True)]
    bad = Dataset("bad", (*data.rows, tuple(total)))
    for norm in NORMS:
        with pytest.raises(NotSeparable) as caught:
            max_margin(bad, norm)
        checked = check_document(not_separable_certificate(caught.value), bad.rows)
        assert checked.valid, checked.line()


def test_decimals_are_correct_to_thirty_digits() -> None:
    assert str(max_margin(dataset((1, 1)), "l2").margin_decimal()) == "1.41421356237309504880168872421"

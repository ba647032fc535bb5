"""The compiled log-scale run against a plain NumPy loop where margins are small."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from verify.data.dataset import Dataset
from verify.errors import BadInput
from verify.optimizers import Optimizer, optimizer
from verify.optimizers.order import tables
from verify.optimizers.trajectory import iterates, trajectory
from verify.optimizers.watch import Limits
from verify.simulate import simulate

RNG = np.random.default_rng(7)
DENSE = RNG.standard_normal((7, 4)) + 0.5
SPARSE = np.array([[1.0, 0.0, 2.0], [0.5, 1.5, 0.0], [2.0, 1.0, 0.0], [0.0, 3.0, 1.0]])
STEPS = 137


def plain(X: NDArray[np.float64], opt: Optimizer, steps: int, seed: int = 0) -> NDArray[np.float64]:
    """The algorithms of arXiv 2510.26303 in plain float64, written on vectors and apart from the product."""
    n, d = X.shape
    b1, b2 = float(opt.beta1), float(opt.beta2)
    w, m, v = np.zeros(d), np.zeros(d), np.zeros(d)
    rows = (row for table in tables(n, opt.batch(n), opt.order, seed) for row in table)
    for t in range(steps):
        batch = X[[j for j in next(rows) if j >= 0]]
        z = batch @ w
        c = np.exp(-z) if opt.loss.name == "exponential" else 1 / (1 + np.exp(z))
        g = -(c @ batch) / len(batch)
        m = b1 * m + (1 - b1) * g
        v = b2 * v + (1 - b2) * g**2
        seen = m if opt.rule.name == "adam" else g
        zero = seen == 0
        with np.errstate(invalid="ignore"):
            u = {
                "adam": lambda m=m, v=v: m / np.sqrt(v),
                "adam-proxy": lambda c=c, g=g, batch=batch: (
                    g / np.sqrt(((c[:, None] * batch) ** 2).sum(axis=0))
                ),
                "signum": lambda m=m: np.sign(m),
                "signgd": lambda g=g: np.sign(g),
                "gd": lambda g=g: g,
                "ngd": lambda g=g: g / np.linalg.norm(g),
            }[opt.rule.name]()
        u[zero] = 0
        w = w - float(opt.lr) * (t + 2) ** -float(opt.decay) * u
    return w


CASES: list[dict[str, Any]] = [
    {"name": "adam"},
    {"name": "adam", "batch_size": 3},
    {"name": "adam", "batch_size": "full", "loss": "exponential"},
    {"name": "adam", "batch_size": 2, "order": "reshuffle"},
    {"name": "adam", "batch_size": 3, "order": "replacement", "decay": Fraction(7, 10)},
    {"name": "adam-proxy", "decay": Fraction(1)},
    {"name": "signum", "batch_size": 2, "beta1": Fraction(1, 2)},
    {"name": "signgd"},
    {"name": "gd", "lr": Fraction(2)},
    {"name": "gd", "batch_size": 3, "decay": Fraction(0)},
    {"name": "ngd"},
]


@pytest.mark.parametrize("X", [DENSE, SPARSE], ids=["dense", "sparse"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: "-".join(map(str, case.values())))
def test_compiled_run_is_the_plain_loop(case: dict[str, Any], X: NDArray[np.float64]) -> None:
    opt = optimizer(**case)
    w = trajectory(X, opt, [STEPS], seed=3).weights[0]
    # Rounding errors of 1e-16 each grow with the run; over 137 steps on these data 1e-13 were seen.
    np.testing.assert_allclose(w, plain(X, opt, STEPS, seed=3), rtol=1e-11, atol=1e-12)


def test_betas_exchanged_are_noticed() -> None:
    opt, exchanged = (
        optimizer("adam", beta1=Fraction(a, 10), beta2=Fraction(b, 10)) for a, b in ((8, 9), (9, 8))
    )
    difference = trajectory(DENSE, opt, [STEPS]).weights[0] - plain(DENSE, exchanged, STEPS)
    assert np.abs(difference).max() > 1e-3


def test_snapshots_do_not_change_the_run() -> None:
    for order in ("cyclic", "reshuffle", "replacement"):
        opt = optimizer("adam", batch_size=2, order=order)
        many = trajectory(DENSE, opt, [9000, 0, 3, 500, 8191], seed=5)
        assert np.array_equal(many.weights[0], trajectory(DENSE, opt, [9000], seed=5).weights[0])
        assert np.array_equal(many.weights[1], np.zeros(4))
        assert many.steps == (9000, 0, 3, 500, 8191)
        # The sum of the step sizes, in closed form up to 2e-3: 2 lr (sqrt(T + 3/2) - sqrt(3/2)).
        assert many.tau[0] == pytest.approx(0.2 * (9001.5**0.5 - 1.5**0.5), abs=2e-3)


def test_start_and_seed_matter() -> None:
    opt = optimizer("adam", order="reshuffle")
    runs = [
        trajectory(DENSE, opt, [50], start=np.full(4, s), seed=q).weights[0] for s in (0, 1) for q in (0, 1)
    ]
    assert len({run.tobytes() for run in runs}) == 4


def test_margins_of_ten_thousand_and_more() -> None:
    # The betas forget fast: m/sqrt(v) falls where margins grow faster than log(1/beta2)/2 a step.
    opt = optimizer("adam", decay=Fraction(0), lr=Fraction(1), beta1=Fraction(0), beta2=Fraction(1, 4))
    X = np.abs(DENSE) + 0.1
    w = trajectory(X, opt, [40_000]).weights[0]
    assert (X @ w).min() > 10_000
    # One scale a coordinate, as data with zeros need, gives the same as one for all.
    gap = np.concatenate([X, np.zeros((7, 1))], axis=1)
    padded = trajectory(gap, opt, [40_000]).weights[0]
    np.testing.assert_allclose(padded[:4], w, rtol=1e-12)
    assert padded[4] == 0


# A step of 10^4 makes weights of exp(-10^4) in one step: coordinates that the first sample does not weigh on have
# seen none when their scale has to move, and in their units the first sample's weight is infinite.
HUGE_STEPS: list[dict[str, Any]] = [
    {"name": "signgd"},
    {"name": "signum"},
    {"name": "signum", "batch_size": "full"},
    {"name": "adam"},
    {"name": "adam", "batch_size": "full"},
    {"name": "adam", "beta1": Fraction(0), "beta2": Fraction(0), "batch_size": "full"},
    {"name": "adam", "eps": Fraction(1, 10**8)},
    {"name": "adam", "eps": Fraction(1, 10**8), "eps_place": "inside"},
    {"name": "adam-proxy"},
    {"name": "gd"},
    {"name": "ngd"},
]


@pytest.mark.parametrize("lr", [100, 10_000])
@pytest.mark.parametrize("case", HUGE_STEPS, ids=lambda case: "-".join(map(str, case.values())))
def test_huge_steps_on_data_with_zeros_lose_no_coordinate(case: dict[str, Any], lr: int) -> None:
    rows = ((Fraction(1), Fraction(0), Fraction(0)), (Fraction(2), Fraction(1), Fraction(-1)))
    opt, data = optimizer(**case, lr=Fraction(lr)), Dataset("sparse", rows)
    fast, exact = (simulate(data, opt, 120, arithmetic) for arithmetic in ("float64", "mpf"))
    w = np.array([float(entry) for entry in exact.weights])
    # Rounding errors of 1e-16 each; 2e-15 was the most seen. A lost coordinate is an error of 1.
    np.testing.assert_allclose(fast.weights, w, rtol=0, atol=1e-12 * np.abs(w).max())
    if case["name"] == "signgd":
        assert fast.increment_direction == pytest.approx(np.array([1, 1, -1]) / 3**0.5, rel=1e-12)


@pytest.mark.parametrize(
    ("beta1", "beta2", "lr", "steps"), [("1/2", "1/2", 10, 600), ("0", "1/16", 1000, 3000)]
)
def test_moments_that_fade_fast_follow_the_scale(beta1: str, beta2: str, lr: int, steps: int) -> None:
    """Margins of hundreds move the unit several times; the first step of the second run makes weights of exp(-2000),
    which its v forgets at its own rate, 1.4 a step in the logarithm."""
    rows = tuple(tuple(Fraction(round(16 * x), 16) for x in row) for row in np.abs(DENSE).tolist())
    opt = optimizer("adam", beta1=Fraction(beta1), beta2=Fraction(beta2), lr=Fraction(lr))
    fast, exact = (simulate(Dataset("dense", rows), opt, steps, number) for number in ("float64", "mpf"))
    assert fast.min_margin > 120  # twice what the unit may lag
    w = np.array([float(entry) for entry in exact.weights])
    # Margins of 7000 are known to 1e-12, so are the weights, and steps of hundreds to as much of their size.
    np.testing.assert_allclose(fast.weights, w, rtol=0, atol=1e-11 * np.abs(w).max())


def test_normalized_gd_keeps_its_scale_without_the_first_column() -> None:
    X = np.concatenate([np.zeros((7, 1)), np.abs(DENSE) + 0.1], axis=1)
    opt = optimizer("ngd", lr=Fraction(1), decay=Fraction(0))
    early, late = trajectory(X, opt, [4000, 8000]).weights
    assert (X @ early).min() > 1000  # far beyond exp(-745) > 0
    assert np.linalg.norm(late - early) > 3000


def test_a_run_that_is_not_finite_is_bad_input() -> None:
    with pytest.raises(BadInput, match=r"lr=.*not finite"):
        trajectory(-DENSE, optimizer("gd", lr=Fraction(10) ** 300, loss="exponential"), [100])
    with pytest.raises(BadInput, match="beta2=0"):
        trajectory(SPARSE, optimizer("adam", beta2=Fraction(0)), [10])


def test_bias_correction_and_the_place_of_eps() -> None:
    X, steps = DENSE, 60
    for place in ("outside", "inside"):
        opt = optimizer("adam", eps=Fraction(1, 50), eps_place=place, bias_correction=True)
        w, m, v = np.zeros(4), np.zeros(4), np.zeros(4)
        for t in range(steps):
            x = X[t % 7]
            g = -x / (1 + np.exp(x @ w))
            m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
            mean, root = m / (1 - 0.9 ** (t + 1)), v / (1 - 0.999 ** (t + 1))
            below = np.sqrt(root + 0.02) if place == "inside" else np.sqrt(root) + 0.02
            w = w - 0.1 * (t + 2) ** -0.5 * mean / below
        np.testing.assert_allclose(trajectory(X, opt, [steps]).weights[0], w, rtol=1e-11)


@pytest.mark.parametrize("dtype", [None, "float64"])
def test_a_watched_run_is_the_same_run(dtype: str | None) -> None:
    opt, (low, high) = optimizer("adam"), (Limits(log, log, log, (53, 53)) for log in (-700.0, 700.0))
    # In log scale each coordinate of the second is a block; its first row leaves none without a gradient.
    for X in (DENSE, np.vstack([np.ones(3), SPARSE])):
        (plain_run,) = iterates(X, opt, [12_000], dtype=dtype)  # more steps than are noted at once
        (watched,) = iterates(X, opt, [12_000], dtype=dtype, watched=low, beside=[high])
        np.testing.assert_allclose(watched.w, plain_run.w, rtol=1e-13)
        assert watched.tau == plain_run.tau
        assert watched.watched.events == {}
        assert watched.beside[0].events.keys() == {"m", "v", "update"}

"""Balls, mpf and symbols run the same optimizers: against a program of its own, and against each other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
import pytest
import sympy
from flint import arb, fmpq
from hypothesis import given, settings
from hypothesis import strategies as st

from verify.certificate import check_document
from verify.data.dataset import Dataset
from verify.errors import BadInput
from verify.numbers.decimals import decimal, decimal_above, enclosing_decimals
from verify.numbers.system import Numbers
from verify.numbers.systems import balls
from verify.numbers.systems.balls import BALLS, Undecided, precision
from verify.numbers.systems.symbols import SYMBOLS
from verify.optimizers import Optimizer, optimizer
from verify.optimizers.rule import Rule
from verify.optimizers.trajectory import trajectory
from verify.problem import interpreted as interpreted_module
from verify.problem.interpreted import interpreted
from verify.simulate import simulate
from verify.simulate import simulation as module
from verify.simulate.certify import iterate_certificate

ROWS = (
    (Fraction(3, 7), Fraction(5, 3), Fraction(-1, 9)),
    (Fraction(2), Fraction(-1, 3), Fraction(4, 5)),
    (Fraction(1, 10), Fraction(8, 11), Fraction(13, 6)),
    (Fraction(-2, 9), Fraction(7, 4), Fraction(1, 2)),
)
DATA = Dataset("four rows", ROWS)
STEPS = 60

CASES: list[dict[str, Any]] = [
    {"name": "adam"},
    {"name": "adam", "batch_size": 3, "eps": Fraction(1, 50), "loss": "exponential"},
    {
        "name": "adam",
        "batch_size": "full",
        "eps": Fraction(1, 9),
        "eps_place": "inside",
        "bias_correction": True,
    },
    {"name": "adam", "batch_size": 2, "order": "reshuffle", "decay": Fraction(7, 10)},
    {"name": "adam-proxy", "decay": Fraction(1)},
    {"name": "signum", "batch_size": 2},
    {"name": "signgd"},
    {"name": "gd", "decay": Fraction(0)},
    {"name": "ngd"},
]
named = pytest.mark.parametrize("case", CASES, ids=lambda case: "-".join(map(str, case.values())))


def independent(rows: Any, opt: Optimizer, steps: int) -> list[Any]:
    """Another program for the same iterates, in mpmath at 60 digits; cyclic order."""
    mp, n, d = mpmath.mp, len(rows), len(rows[0])
    q = lambda x: mp.mpf(x.numerator) / x.denominator  # noqa: E731
    X = [[q(x) for x in row] for row in rows]
    b1, b2, eps = q(opt.beta1), q(opt.beta2), q(opt.eps)
    size = opt.batch_size or n
    w, m, v = ([mp.mpf(0)] * d for _ in range(3))
    at = 0
    for t in range(1, steps + 1):
        batch = X[at : at + size]
        at = at + size if at + size < n else 0
        z = [mp.fsum(a * b for a, b in zip(x, w, strict=True)) for x in batch]
        c = [mp.exp(-s) if opt.loss.name == "exponential" else mp.exp(-s) / (1 + mp.exp(-s)) for s in z]
        g = [-mp.fsum(a * x[k] for a, x in zip(c, batch, strict=True)) / len(batch) for k in range(d)]
        m = [b1 * a + (1 - b1) * b for a, b in zip(m, g, strict=True)]
        v = [b2 * a + (1 - b2) * b**2 for a, b in zip(v, g, strict=True)]
        p, r = (1 - b1**t, 1 - b2**t) if opt.bias_correction else (1, 1)
        for k in range(d):
            own = mp.sqrt(mp.fsum((a * x[k]) ** 2 for a, x in zip(c, batch, strict=True)))
            root = mp.sqrt(v[k] / r + eps) if opt.eps_place == "inside" else mp.sqrt(v[k] / r) + eps
            u = {
                "adam": m[k] / p / root, "adam-proxy": g[k] / own, "signum": mp.sign(m[k]),
                "signgd": mp.sign(g[k]), "gd": g[k], "ngd": g[k] / mp.norm(g, 2),
            }[opt.rule.name]  # fmt: skip
            w[k] -= q(opt.lr) * mp.mpf(t + 1) ** -q(opt.decay) * u
    return w


def agreement(opt: Optimizer, arithmetic: str) -> None:
    """Assert that 50 digits are those of the independent program."""
    run = simulate(DATA, opt, STEPS, arithmetic, digits=50)
    with mpmath.workdps(60):
        for text, other in zip(run.weights, independent(ROWS, opt, STEPS), strict=True):
            assert abs(mpmath.mpf(text) - other) <= mpmath.mpf(10) ** -49 * abs(other)


def encloses(rows: Any, opt: Optimizer, steps: int) -> None:
    """Assert that balls at 100 bits contain the exact iterate, as far as 200 bits know it."""
    with precision(100):
        (coarse,) = interpreted(rows, opt, [steps], BALLS)
    with precision(200):
        (fine,) = interpreted(rows, opt, [steps], BALLS)
    for a, b in zip(coarse.w, fine.w, strict=True):
        low, high = balls.bounds(b)
        below, above = balls.bounds(a)
        assert below <= low
        assert high <= above


cyclic = [case for case in CASES if case.get("order", "cyclic") == "cyclic"]


@pytest.mark.parametrize("arithmetic", ["mpf", "ball"])
@pytest.mark.parametrize("case", cyclic, ids=lambda case: "-".join(map(str, case.values())))
def test_fifty_digits_are_those_of_an_independent_program(case: dict[str, Any], arithmetic: str) -> None:
    agreement(optimizer(**case), arithmetic)


@named
def test_balls_contain_the_run_at_twice_the_precision(case: dict[str, Any]) -> None:
    encloses(ROWS, optimizer(**case), STEPS)


entries = st.fractions(-4, 4, max_denominator=12)
tables_of = st.integers(1, 3).flatmap(
    lambda d: st.lists(st.tuples(*[entries] * d), min_size=1, max_size=4).filter(lambda X: all(map(any, X)))
)


@settings(deadline=None, max_examples=60)
@given(rows=tables_of, case=st.sampled_from(CASES), steps=st.integers(1, 25))
def test_balls_contain_the_finer_run_on_any_data(rows: Any, case: dict[str, Any], steps: int) -> None:
    opt = optimizer(**case)
    if (opt.batch_size or 1) > len(rows):
        opt = replace(opt, batch_size=1)
    try:
        encloses(rows, opt, steps)
    except Undecided:  # gradients that cancel exactly
        return
    except ZeroDivisionError:
        pytest.fail("a moment vanished and the other did not")


@named
def test_float64_mpf_and_balls_agree(case: dict[str, Any]) -> None:
    opt = optimizer(**case)
    w = trajectory(DATA.floats(), opt, [STEPS]).weights[0]
    runs = [simulate(DATA, opt, STEPS, arithmetic, digits=20) for arithmetic in ("mpf", "ball")]
    for a, b in zip(*(map(str, run.weights) for run in runs), strict=True):
        assert abs(Fraction(a) - Fraction(b)) <= Fraction(1, 10**19) * abs(Fraction(b))
    # 60 steps lose about three of float64's sixteen digits here.
    assert list(w) == pytest.approx([float(x) for x in runs[1].weights], rel=1e-12)


@pytest.mark.parametrize(
    "name", ["adam", "adam-proxy", "signum", "signgd", "gd", pytest.param("ngd", marks=pytest.mark.slow)]
)
def test_three_symbolic_steps_lie_in_the_balls(name: str) -> None:
    rows, opt = [row[:2] for row in ROWS[:2]], optimizer(name, lr=Fraction(1, 3))
    (symbols,) = interpreted(rows, opt, [3], SYMBOLS)
    assert not any(entry.atoms(sympy.Float) for entry in symbols.w)
    with precision(200):
        (enclosed,) = interpreted(rows, opt, [3], BALLS)
    for symbol, a in zip(symbols.w, enclosed.w, strict=True):
        low, high = balls.bounds(a)
        value, slack = Fraction(str(sympy.N(symbol, 50))), Fraction(1, 10**45)
        assert low - slack <= value <= high + slack
        assert high - low < slack


def rule_with_betas_exchanged(rule: Rule) -> Rule:
    def define(num: Numbers) -> Callable[..., Any]:
        step = rule.define(num)
        return lambda g, seen, s, h: step(g, seen, s, h._replace(beta1=h.beta2, beta2=h.beta1))

    return replace(rule, define=define)


@pytest.mark.parametrize("arithmetic", ["mpf", "ball"])
def test_exchanged_betas_are_caught(arithmetic: str) -> None:
    opt = optimizer("adam")
    module_opt = replace(opt, rule=rule_with_betas_exchanged(opt.rule))
    with pytest.raises(AssertionError):
        agreement(module_opt, arithmetic)


def test_a_dropped_radius_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    opt, door = optimizer("adam"), interpreted_module.step_at

    def careless(program: Any, num: Numbers) -> Callable[..., Any]:
        def at(h: Any) -> Callable[..., Any]:
            steps = door(program, num)(h)

            def middles(g: Any, seen: Any, s: Any, w: Any) -> Any:
                u = steps(g, seen, s, w)
                s[:] = [[x.mid() for x in state] for state in s]
                return [x.mid() for x in u]

            return middles

        return at

    encloses(ROWS, opt, 10)
    monkeypatch.setattr(interpreted_module, "step_at", careless)
    with pytest.raises(AssertionError):
        encloses(ROWS, opt, 10)


def test_a_door_that_lets_a_rounded_mpf_in_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    def careless(value: Fraction) -> Any:
        rounded = mpmath.mpf(value.numerator) / value.denominator  # 15 digits, taken as exact
        sign, mantissa, exponent, _ = rounded._mpf_
        return arb(fmpq(int(mantissa)) * fmpq(2) ** exponent) * (-1) ** sign

    monkeypatch.setattr(module, "BALLS", replace(BALLS, number=careless))
    with pytest.raises(AssertionError):
        agreement(optimizer("adam"), "ball")


def test_balls_choose_their_precision_and_say_it() -> None:
    few, many = (simulate(DATA, optimizer("adam"), 20, "ball", digits=digits) for digits in (10, 300))
    assert few.bits < many.bits
    assert few.radius is not None
    assert all(
        Fraction(r) <= Fraction(1, 10**9) * abs(Fraction(w))
        for w, r in zip(few.weights, few.radius, strict=True)
    )
    for w, r, exact in zip(few.weights, few.radius, many.weights, strict=True):
        assert abs(Fraction(w) - Fraction(exact)) <= Fraction(r) + Fraction(1, 10**290)
    assert set(few.to_json()) - set(simulate(DATA, optimizer("adam"), 20).to_json()) == {"radius", "digits"}


def test_all_arithmetics_survive_margins_above_ten_thousand() -> None:
    X = Dataset("positive", tuple(tuple(abs(x) for x in row) for row in ROWS))
    # v forgets fast, or m / sqrt(v) would fall as margins grow by more than log(1/beta2)/2 a step.
    opt = optimizer("adam", lr=Fraction(20), beta1=Fraction(0), beta2=Fraction(1, 10**9), decay=Fraction(0))
    runs = [simulate(X, opt, 2000, arithmetic, digits=20) for arithmetic in ("float64", "mpf", "ball")]
    assert all(float(run.min_margin) > 10_000 for run in runs)
    for run in runs:
        assert [float(x) for x in run.weights] == pytest.approx([float(x) for x in runs[2].weights], rel=1e-9)


def test_gradients_that_cancel_are_undecided_but_exact_zeros_are_seen() -> None:
    mirrored = Dataset("mirrored", ((Fraction(1), Fraction(1)), (Fraction(1), Fraction(-1))))
    first = simulate(mirrored, optimizer("signgd"), 1, "ball")
    assert first.weights[1] == "0"  # at w = 0 the weights are exactly 1/2
    with pytest.raises(Undecided, match="in step 2"):
        simulate(mirrored, optimizer("signgd"), 2, "ball")


@pytest.mark.parametrize(
    ("message", "choices"),
    [
        ("arithmetic=float32 is none of", {"arithmetic": "float32"}),
        ("steps=0", {"steps": 0}),
        ("digits=0", {"digits": 0, "arithmetic": "ball"}),
        ("digits=4001", {"digits": 4001}),
    ],
)
def test_bad_input_is_named(message: str, choices: dict[str, Any]) -> None:
    with pytest.raises(BadInput, match=message):
        simulate(DATA, optimizer("adam"), **{"steps": 3, **choices})


def test_a_run_of_one_step_has_increments() -> None:
    run = simulate(DATA, optimizer("adam"), 1)
    assert run.increment_direction == run.direction


def test_progress_is_told() -> None:
    for arithmetic in ("float64", "mpf", "ball"):
        told: list[int] = []
        simulate(DATA, optimizer("gd"), 600, arithmetic, digits=5, progress=told.append)
        assert told


@given(st.fractions(), st.integers(1, 40))
def test_decimals_round_as_they_say(x: Fraction, digits: int) -> None:
    near, above = Fraction(decimal(x, digits)), Fraction(decimal_above(x, digits))
    assert abs(near - x) <= abs(x) / 10 ** (digits - 1) / 2
    assert x <= above <= x + abs(x) / 10 ** (digits - 1)


def test_every_arithmetic_begins_at_the_start() -> None:
    """And its certificate says where: with another start the box is wrong."""
    opt, start = optimizer("adam-proxy"), (Fraction(1, 2), Fraction(-1, 3), Fraction(2))
    runs = {
        arithmetic: simulate(DATA, opt, STEPS, arithmetic, start=start)
        for arithmetic in ("float64", "mpf", "ball")
    }
    for run in runs.values():
        assert [float(w) for w in run.weights] == pytest.approx([float(w) for w in runs["mpf"].weights])
        assert check_document(iterate_certificate(DATA, opt, runs["ball"], start)).valid
    assert check_document(iterate_certificate(DATA, opt, runs["ball"])).obligation == "enclosed"
    with pytest.raises(BadInput, match="has 1 entries, the rows have 3"):
        simulate(DATA, opt, STEPS, start=start[:1])


def test_a_decimal_needs_an_interval_narrower_than_its_last_digit() -> None:
    one = Fraction(1)
    assert enclosing_decimals([(one, one + Fraction(1, 2000))], 3)[0][0] == "1.00"
    with pytest.raises(Undecided, match="3 digits"):
        enclosing_decimals([(one, one + Fraction(1, 500))], 3)


@pytest.mark.parametrize("name", ["adam", "adam-proxy", "gd"])
def test_all_arithmetics_read_the_same_off_a_run(name: str) -> None:
    """Iterate, direction, increments over the second half (of an odd number of steps), least margin."""
    steps, opt = 61, optimizer(name)
    half, last = trajectory(DATA.floats(), opt, [30, 61]).weights
    X = DATA.floats()
    expected = (last, last / np.linalg.norm(last), (last - half) / np.linalg.norm(last - half))
    for arithmetic in ("float64", "mpf", "ball"):
        run = simulate(DATA, opt, steps, arithmetic)
        for entries, value in zip(
            (run.weights, run.direction, run.increment_direction), expected, strict=True
        ):
            # 61 steps' rounding errors, of 1e-16 each
            assert [float(entry) for entry in entries] == pytest.approx(value, abs=1e-13)
        assert float(run.min_margin) == pytest.approx((X @ last).min(), abs=1e-13)

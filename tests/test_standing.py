"""Where a run stands: its angles, its phases, and a user's own logged run; against plain runs in numpy."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from fractions import Fraction as Q
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command import run

import marginproof
from verify.data import Dataset, load
from verify.data.logged import read_log
from verify.errors import BadInput
from verify.game import predict
from verify.game.companion import settling
from verify.game.handover import hand_over, lower_half, threshold
from verify.game.logged import looks_at_log
from verify.game.phases import looks_at_run, phases_of
from verify.game.standing import Standing, memory_steps
from verify.numbers.linear.angles import degrees
from verify.optimizers import optimizer
from verify.optimizers.trajectory import trajectory

TORCH: dict[str, Any] = {
    "lr": "1/1000",
    "decay": "0",
    "eps": "1e-8",
    "bias_correction": True,
    "batch_size": "full",
}


SETS = ["iris", "wine", *(f"gaussian:n=6,d=8,seed={seed}" for seed in range(8))]


def adam(X: Any, eta: Any, eps: float, corrected: bool = False, b2: float = 0.999) -> tuple[Any, int]:
    """Iterates w_0, w_1, ... of full-batch Adam on the logistic loss, and the step of the hand-over, 0 if there is
    none."""
    w, m, v, above, seen = np.zeros(X.shape[1]), 0.0, 0.0, False, 0
    path = [w]
    for t, size in enumerate(eta, 1):
        g = -X.T @ (1 / (1 + np.exp(X @ w))) / len(X)
        m, v = 0.9 * m + 0.1 * g, b2 * v + (1 - b2) * g * g
        p, q = (1 - 0.9**t, 1 - b2**t) if corrected else (1, 1)
        root = np.sqrt(v / q)
        w = w - size * (m / p) / (root + eps)
        path.append(w)
        below = 2 * np.sum(root < eps) >= len(w)
        above, seen = above or not below, seen or (t if below and above else 0)
    return np.array(path), seen


def angle(u: Any, v: Any) -> float:
    return float(np.degrees(np.arccos(np.clip(u @ v / np.linalg.norm(u) / np.linalg.norm(v), -1, 1))))


def stands(at: Any, path: Any, step: int, marks: dict[str, Any]) -> None:
    """The angles of a table are those of a run."""
    for each in at:
        moved = path[step] if each["of"] == "iterate" else path[step] - path[step // 2]
        assert each["step"] == step
        for key, direction in marks.items():
            assert each[key] == pytest.approx(angle(moved, direction), abs=1e-4), key


def norms(data: Dataset) -> dict[str, Any]:
    found = {norm: marginproof.max_margin(data, norm=norm) for norm in ("l1", "l2", "linf")}
    return {f"angle_to_{norm}": each.unit() for norm, each in found.items()}


@pytest.mark.parametrize(
    ("source", "asked", "steps"),
    [
        ("gaussian:n=4,d=3,seed=0", {"eps": "1/100", "batch_size": "full", "lr": "1/10", "decay": "0"}, 3000),
        pytest.param("gaussian:n=10,d=50,seed=0", TORCH, 100_000, marks=pytest.mark.slow),
        pytest.param("iris", TORCH, 40_000, marks=pytest.mark.slow),
    ],
)
def test_the_table_says_where_the_run_stands(source: str, asked: dict[str, Any], steps: int) -> None:
    data = load(source)
    found = marginproof.predict(data, optimizer="adam", steps=steps, digits=0, **asked).to_dict()
    sizes = np.full(steps, float(Q(asked["lr"])))
    path, seen = adam(data.floats(), sizes, float(Q(asked["eps"])), "bias_correction" in asked)
    marks = norms(data)
    # The tail goes to l2, what came before it to l_inf.
    marks |= {"angle_to_limit": marks["angle_to_l2"], "angle_to_game": marks["angle_to_linf"]}
    assert [each["of"] for each in found["at"]] == ["iterate", "increments"]
    stands(found["at"], path, steps, marks)
    assert found["at"][0]["tau"] == pytest.approx(sizes.sum(), rel=0.01)
    phases = {each["name"]: each["from_step"] for each in found["phases"]}
    assert phases["tail"] == found["tail"]["handover_step"] == seen > 0
    assert not found["tail"]["handover_foretold"]


def test_phases_begin_one_after_the_other() -> None:
    data = load("gaussian:n=4,d=3,seed=0")
    X, start = data.floats(), np.zeros(3)
    opt = optimizer("adam", batch_size="full", eps="1e-6", lr=Q(1, 100), decay=Q(0), beta2="99/100")
    phases = phases_of(X, opt, looks_at_run(X, opt, 10**5, start))
    path, seen = adam(X, np.full(5000, 0.01), 1e-6, b2=0.99)
    margins = (path @ X.T).min(axis=1)
    begins = max(100, int(np.argmax(margins >= 0)))  # v remembers 100 steps
    assert [each.name for each in phases] == ["start-up", "game", "tail"]
    for each, step in zip(phases[1:], (begins, seen), strict=True):  # looks are 2 % apart
        assert step <= each.step <= 1.02 * step + 1
        assert each.margin == pytest.approx(margins[each.step])
    # The same from the iterates alone, v being replayed.
    steps = np.arange(0, 4001, 50)
    looks = looks_at_log(X, opt, steps, path[steps], start, 0.01 * steps)
    logged = phases_of(X, opt, looks)
    assert [each.name for each in logged] == [each.name for each in phases]
    assert logged[2].step == pytest.approx(seen, rel=0.03)


def test_decay_holds_where_it_undoes_half_of_the_updates() -> None:
    one = Dataset("one", ((Q(1),),))
    # On one row an update that remembers little is 1.
    opt = optimizer("adam", beta1=0, beta2="1/2", lr=Q(1, 100), decay=Q(0), weight_decay="1/10")
    phases = phases_of(one.floats(), opt, looks_at_run(one.floats(), opt, 10**4, np.zeros(1)))
    # lambda w = 1 - (1 - lr lambda)^t is 1/2.
    step = np.log(2) / -np.log(1 - 1e-3)
    assert [each.name for each in phases] == ["start-up", "game", "decay"]
    assert phases[-1].step == pytest.approx(step, rel=0.03)


@pytest.mark.slow
@pytest.mark.parametrize("source", SETS)
def test_a_hand_over_is_foretold_within_a_factor_of_one_and_a_half(source: str) -> None:
    data = load(source)
    X, opt = data.floats(), optimizer("adam", **(TORCH | {"lr": Q(1, 1000), "decay": Q(0)}))
    seen = hand_over(X, opt, 10**6, np.zeros(data.d))
    assert seen is not None
    assert not seen.foretold
    if source != "wine":  # a plain run in its units takes a minute
        assert seen.step == adam(X, np.full(seen.step, 1e-3), 1e-8, corrected=True)[1]
    for part in (3, 8):
        told = hand_over(X, opt, seen.step // part, np.zeros(data.d))
        assert told is not None
        assert told.foretold
        assert 1 / 1.5 < told.step / seen.step < 1.5


@pytest.mark.slow
@pytest.mark.parametrize("source", SETS)
def test_angles_of_answers_that_are_measured_are_within_two_degrees_of_those_of_a_run(source: str) -> None:
    data, steps = load(source), 5000
    found = marginproof.predict(data, optimizer="adam", steps=steps, digits=0, **TORCH).to_dict()
    assert found["word"] == "measured"
    path, _ = adam(data.floats(), np.full(steps, 1e-3), 1e-8, corrected=True)
    marks = norms(data)
    marks |= {"angle_to_limit": marks["angle_to_l2"], "angle_to_game": marks["angle_to_linf"]}
    for each, moved in zip(found["at"], (path[-1], path[-1] - path[steps // 2]), strict=True):
        off = {key: abs(each[key] - angle(moved, direction)) for key, direction in marks.items()}
        assert max(off.values()) < 0.01  # of 2 that are allowed: they are read from the run itself


@pytest.mark.parametrize(
    "asked",
    [
        {"optimizer": "amsgrad", "lr": "1/10"},
        pytest.param({"optimizer": "adagrad", "lr": "1/10"}, marks=pytest.mark.slow),
        pytest.param({"optimizer": "adam", "lr": "1/100", "beta2": "9/10"}, marks=pytest.mark.slow),
    ],
)
def test_limits_that_are_measured_are_within_two_degrees_of_a_run_that_settled(asked: dict[str, Any]) -> None:
    """A metric, and full-batch Adam, whose signs chatter at a constant step."""
    asked = {"batch_size": "full", "decay": "0", "digits": 0, "margins": "none", **asked}
    found = marginproof.predict("gaussian:n=4,d=3,seed=0", steps=100_000, **asked).to_dict()
    assert (found["word"], found["limits"][0]["evidence"]) == ("measured", "measured")
    assert found["at"][1]["angle_to_limit"] < 2


@pytest.mark.slow
def test_the_defaults_of_torch_on_iris_take_less_than_five_seconds_beside_their_run() -> None:
    """Of the processor, start included: the run is cut short behind its hand-over."""
    asked = [
        "predict",
        "iris",
        "--optimizer",
        "adam",
        "--batch-size",
        "full",
        "--eps",
        "1e-8",
        "--lr",
        "1e-3",
    ]
    asked += ["--decay", "0", "--bias-correction", "--steps", "40000"]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-m", "verify", *asked], check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 5


def test_what_still_remembers_its_start_foretells_nothing() -> None:
    X = load("gaussian:n=4,d=3,seed=0").floats()
    assert hand_over(X, optimizer("adam", batch_size="full", eps="1e-8"), 1500, np.zeros(3)) is None


def test_nothing_is_foretold_while_v_rises_and_where_it_falls_as_fast_as_it_can_its_decay_tells() -> None:
    X = load("gaussian:n=4,d=3,seed=0").floats()
    rising = optimizer("adam", batch_size="full", eps="1e-8", beta2="9/10", lr=Q(1, 10**6))
    assert hand_over(X, rising, 20, np.zeros(3)) is None
    falling = optimizer(
        "adam", batch_size="full", eps="1e-8", beta1=0, beta2="9/10", lr=Q(100), decay=Q(1, 2)
    )
    seen, told = (hand_over(X, falling, steps, np.zeros(3)) for steps in (1000, 100))
    assert seen is not None
    assert told is not None
    assert (seen.foretold, told.foretold) == (False, True)
    assert told.step == pytest.approx(seen.step, rel=0.02)


def test_eps_stands_beside_the_root_or_under_it_and_half_of_the_corrected_roots_are_below() -> None:
    plain, corrected = (optimizer("adam", eps="1/100", bias_correction=each) for each in (False, True))
    assert threshold(plain) == pytest.approx(np.log(1 / 100))
    assert threshold(optimizer("adam", eps="1/100", eps_place="inside")) == pytest.approx(np.log(1 / 10))
    for roots, half in (([3.0, 1.0], 1.0), ([2.0, 4.0, 3.0], 3.0), ([4.0, 3.0, 2.0, 1.0], 2.0)):
        assert lower_half(plain, np.array(roots), 5) == half
        assert lower_half(corrected, np.array(roots), 5) == pytest.approx(half - np.log(1 - 0.999**5) / 2)


def test_states_remember_longer_where_margins_grow() -> None:
    opt = optimizer("adam", beta1="9/10", beta2="99/100")
    assert memory_steps(opt) == pytest.approx(100)
    assert memory_steps(opt, 0.004) == pytest.approx(1 / (1 - 0.99 * np.exp(0.008)))
    assert memory_steps(opt, 0.01) == np.inf


def test_the_nearest_limit_is_that_of_the_least_angle() -> None:
    assert Standing(1, 1.0, "iterate", 0.0, (10.0, None, 5.0), {}).nearest == 2
    assert Standing(1, 1.0, "iterate", 0.0, (None,), {}).nearest is None


def test_where_the_steps_end_tau_is_the_ruler() -> None:
    data, steps = load("gaussian:n=4,d=3,seed=0"), 2000
    found = marginproof.predict(
        data, optimizer="adam", batch_size="full", beta2="99/100", schedule="cosine", lr="1/50", steps=steps
    ).to_dict()
    eta = 0.01 * (1 + np.cos(np.pi * np.arange(steps) / steps))
    path, _ = adam(data.floats(), eta, 0.0, b2=0.99)
    marks = norms(data)
    stands(found["at"], path, steps, marks | {"angle_to_game": marks["angle_to_linf"]})
    assert found["limits"] == []
    assert found["word"] == "undecided"
    assert found["at"][0]["tau"] == pytest.approx(eta.sum(), rel=1e-9)
    fine, _ = adam(data.floats(), np.full(16 * steps, eta.sum() / steps / 16), 0.0, b2=0.99)
    assert found["at"][0]["angle_to_flow"] == pytest.approx(angle(path[-1], fine[-1]), abs=1e-4)
    assert found["at"][1]["angle_to_flow"] is None


@pytest.mark.parametrize("arithmetic", ["float64", "ball"])
def test_simulate_prints_the_angles_on_the_way(arithmetic: str) -> None:
    data = load("gaussian:n=4,d=3,seed=0")
    asked = {"batch_size": "full", "beta2": "99/100", "steps": 90, "lr": "1/20", "decay": "0"}
    found = marginproof.simulate(data, optimizer="adam", arithmetic=arithmetic, **asked)
    path, _ = adam(data.floats(), np.full(90, 0.05), 0.0, b2=0.99)
    steps = [1, 2, 5, 11, 22, 45, 90] if arithmetic == "float64" else [90]
    assert [each.step for each in found.at] == [step for step in steps for _ in range(2)]
    for step in steps:
        stands([each.to_json() for each in found.at if each.step == step], path, step, norms(data))
    assert "degrees of" in str(found)
    none = marginproof.simulate(data, optimizer="adam", angles="none", **asked)
    assert (none.at, "degrees of" in str(none)) == ((), False)


# --- a logged run

SIGNS: dict[str, Any] = {"optimizer": "signgd"}
ROWS = [[2, 0], [0, 1]]


def test_a_logged_run_is_held_against_its_limits(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = load("gaussian:n=4,d=3,seed=0")
    path, seen = adam(data.floats(), np.full(3000, 0.1), 0.01)
    steps = np.arange(20, 3001, 20)
    file = tmp_path / "log.csv"
    lines = [",".join(map(repr, [int(step), *path[step].tolist()])) for step in steps]
    file.write_text("step,a,b,c\n" + "\n".join(lines) + "\n")
    asked = ["gaussian:n=4,d=3,seed=0", "--optimizer", "adam", "--batch-size", "full", "--eps", "1e-2"]
    asked += ["--decay", "0"]
    assert run(["locate", *asked, "--weights", str(file), "--json", "-"]) == 0
    found = json.loads(capsys.readouterr().out)
    marks = norms(data)
    stands(found["at"], path, 3000, marks | {"angle_to_limit": marks["angle_to_l2"]})
    assert (found["phase"], found["settled"]) == ("tail", False)
    assert "settling takes" in found["why"]
    assert found["phases"][-1]["from_step"] == pytest.approx(seen, rel=0.05)
    assert found["min_margin"] == pytest.approx((data.floats() @ path[3000]).min())
    np.save(tmp_path / "log.npy", path[:401:20])  # w_0 first: every 20 steps up to 400
    more = ["--weights", str(tmp_path / "log.npy"), "--steps", "400", "--plot", str(tmp_path / "log.png")]
    assert run(["locate", *asked, *more, "--json", "-"]) == 0
    early = json.loads(capsys.readouterr().out)
    stands(early["at"], path, 400, marks)
    assert (early["step"], early["phase"], early["settled"]) == (400, "start-up", False)
    assert (tmp_path / "log.png").stat().st_size > 10_000
    assert run(["locate", *asked, "--weights", str(file), "--json", str(file)]) == 2
    assert "is also the weights" in capsys.readouterr().err


def test_whether_a_logged_run_has_settled_is_told_by_the_rate() -> None:
    def settled(*rows: list[float], **asked: Any) -> tuple[bool | None, str]:
        found = marginproof.locate(ROWS, weights=list(rows), **(SIGNS | asked))
        return found.settled, found.why

    assert settled([5e7, 5000, 5000], [1e8, 10_000, 10_000])[0] is True
    assert settled([50, 5, 5], [100, 10, 10]) == (False, settled([50, 5, 5], [100, 10, 10])[1])
    assert "settling takes about" in settled([50, 5, 5], [100, 10, 10])[1]
    assert "45 degrees from every limit" in settled([5e7, 5000, 5000], [1e8, 10_000, 5000])[1]
    assert "in the phase start-up" in settled([50, -5, -5], [100, -10, -10])[1]
    assert settled([5, 1, 1], [9, 1, 1])[1] == "the run has not moved"
    single = marginproof.locate(ROWS, weights=np.array([1.0, 1.0]), **SIGNS)
    assert (single.at[0].step, single.phase, single.settled) == (None, None, None)
    assert single.at[0].limits[0] == pytest.approx(0)
    assert marginproof.locate(ROWS, weights=np.array([1.0, 1.0]), steps=7, **SIGNS).at[0].step == 7


@pytest.mark.parametrize(
    "seed", [0, pytest.param(2, marks=pytest.mark.slow), pytest.param(3, marks=pytest.mark.slow)]
)
def test_near_an_l2_limit_deviations_vanish_like_the_power_of_time_that_is_told(seed: int) -> None:
    """Increments of gradient descent, from one power of two to the next: their angle to the limit."""
    data, opt = (
        load(f"gaussian:n=4,d=3,seed={seed}"),
        optimizer("gd", lr=Q(1), decay=Q(0), loss="exponential"),
    )
    found = predict(data, opt, starts=0)
    told = settling(found, 0)
    past = trajectory(data.floats(), opt, [2**k for k in range(17, 21)]).weights
    before, after = (degrees(past[k + 1] - past[k], found.limits[0].direction) for k in (1, 2))
    assert told is not None
    seen = np.log2(before / after)
    assert seen > told.power - 0.01
    assert told.power == 1 or seen == pytest.approx(told.power, abs=0.02)


@pytest.mark.parametrize(
    ("rows", "steps", "last", "found"),
    [
        ([[0, 0], [1, 1], [2, 2]], None, 2, [0, 1, 2]),
        ([[1, 1], [2, 2]], None, 2, [1, 2]),
        ([[0, 0], [1, 1], [2, 2]], 10, 10, [0, 5, 10]),
        ([[3, 1, 1], [8, 2, 2]], None, 8, [3, 8]),
    ],
)
def test_which_steps_a_log_has(
    rows: list[list[float]], steps: int | None, last: int, found: list[int]
) -> None:
    log = read_log(np.array(rows, dtype=float), 2, steps)
    assert log.steps is not None
    assert log.steps.tolist() == found


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("1,0,0\n2,nan,0\n", "row 1, column 1: nan is not finite"),
        ("1,0,0\n2,inf,0\n", "row 1, column 1: inf is not finite"),
        ("1,0\n", "line 1: 2 cells, expected a step and w, 3 numbers"),
        ("1,0,0,0\n", "line 1: 4 cells"),
        ("1,0,0\n2,x,0\n", "line 2: 'x' is not a number"),
        ("", "it is empty"),
        ("step,a,b\n", "it is empty"),
        ("2,0,0\n2,1,1\n", "row 1: step=2 is not above the one before, 2"),
        ("3,0,0\n2,1,1\n", "step=2 is not above"),
        ("-1,0,0\n", "row 0: step=-1 is no whole number"),
        ("1.5,0,0\n", "row 0: step=1.5 is no whole number"),
        ("1e300,0,0\n", "is no whole number in"),
        (b"\xff\xfe", "neither .npy nor text"),
        (b"\x93NUMPY\x01\x00garbage", "not a readable NumPy array"),
        (np.array([[1, 2, 3, 4.0]]), "4 columns, expected w of 2 entries"),
        (np.array([[1, 2j]]), "expected floats or integers"),
        (np.zeros((0, 2)), "it is empty"),
        (np.float64(1), "holds one number, no rows"),
        (np.array([[None]]), "Python objects"),
    ],
)
def test_what_is_no_log_is_refused_in_one_line(
    text: Any, named: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / ("log.npy" if isinstance(text, np.ndarray | np.generic) else "log.csv")
    if isinstance(text, str | bytes):
        file.write_bytes(text.encode() if isinstance(text, str) else text)
    else:
        np.save(file, text)
    (tmp_path / "rows.csv").write_text("2,0\n0,1\n")
    asked = ["locate", str(tmp_path / "rows.csv"), "--optimizer", "signgd", "--weights", str(file)]
    assert run(asked) == 2
    said = capsys.readouterr().err
    assert named in said
    assert said.count("\n") == 1


def test_other_weights_are_refused_too() -> None:
    with pytest.raises(BadInput, match="nowhere cannot be read: No such file"):
        read_log("nowhere", 2)
    with pytest.raises(BadInput, match="steps=7 are not 2 pieces of the same length"):
        read_log(np.ones((2, 2)), 2, 7)
    with pytest.raises(BadInput, match="steps=7: weights has steps of its own, the last is 2"):
        read_log(np.array([[2.0, 1, 1]]), 2, 7)
    with pytest.raises(BadInput, match="weights"):
        marginproof.locate(ROWS, weights=[["a", "b"]], **SIGNS)

"""Formats by role: what each stores, a run held against one written out in NumPy, and the formulas that tell of it."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from command import run as command
from hypothesis import given
from hypothesis import strategies as st

from verify.ask.diagnosis import asked_roles
from verify.data import load
from verify.data.dataset import Dataset
from verify.diagnose import Diagnosis, diagnose
from verify.diagnose.foretold import _between, sticking
from verify.diagnose.recipes import RECIPES, recipe
from verify.errors import BadInput
from verify.numbers.formats import BLOCKWISE, FORMATS, Blockwise
from verify.numbers.systems.floats import strict
from verify.optimizers import optimizer
from verify.optimizers.look import moves_on
from verify.optimizers.roles import Roles, size
from verify.optimizers.stores import keeping, packing
from verify.optimizers.trajectory import iterates

EPS = Fraction(1, 10**8)
ADAM = {"batch_size": "full", "eps": EPS, "lr": Fraction(1, 100), "decay": Fraction(0)}


def numbers(bits: int, lowest: int, largest: float) -> list[float]:
    """All numbers of a format from 0 to its largest, from its definition."""
    found = [0.0] + [m * 2.0 ** (lowest - bits + 1) for m in range(1, 2 ** (bits - 1))]
    e = lowest
    while 2.0**e <= largest:
        found += [m * 2.0 ** (e - bits + 1) for m in range(2 ** (bits - 1), 2**bits)]
        e += 1
    return [x for x in found if x <= largest]


@pytest.mark.parametrize(
    ("name", "bits", "lowest", "largest", "beyond"),
    [("float8_e4m3", 4, -6, 448.0, math.nan), ("float8_e5m2", 3, -14, 57344.0, math.inf)],
)
def test_float8_is_the_nearest_of_all_its_numbers(
    name: str, bits: int, lowest: int, largest: float, beyond: float
) -> None:
    held = numbers(bits, lowest, largest)
    assert (
        len(held) == {"float8_e4m3": 127, "float8_e5m2": 124}[name]
    )  # the codes of one sign that are numbers
    form = FORMATS[name]
    for k, (a, b) in enumerate(pairwise(held)):
        middle = (a + b) / 2
        above = np.nextafter(np.float32(middle), np.float32(largest))
        # Every second number has an even last bit, 0 to begin with.
        for x, nearest in ((np.float32(a), a), (np.float32(middle), (a, b)[k % 2]), (above, b)):
            assert float(form.rounded(x)) == nearest
            assert float(form.rounded(-x)) == -nearest
    np.testing.assert_equal(float(form.rounded(np.float32(largest * 1.2))), beyond)


def test_the_maps_of_8_bits() -> None:
    dynamic, linear = BLOCKWISE["int8_dynamic"], BLOCKWISE["int8_linear"]
    assert len(dynamic.signed) == len(dynamic.unsigned) == len(linear.unsigned) == 256
    assert -1 not in dynamic.signed
    # Below this part of the largest gradient of its block a coordinate has v = 0.
    assert math.sqrt(dynamic.vanishing) == pytest.approx(4.03e-4, rel=1e-3)
    assert math.sqrt(linear.vanishing) == pytest.approx(math.sqrt(1 / 510))
    # Without gradient the code 4.94e-4 keeps m where it is, the next one, 6.06e-4, lets it fall.
    codes = dynamic.codes(signed=True)
    sticks = codes[sticking(codes, 0.9)]
    assert 4.9e-4 < sticks[sticks < 6e-4].max() < 5e-4
    assert not sticking(codes, 0.9)[np.argmin(abs(codes - 6.06e-4))]
    for wrong in ((0.0, 0.5), (0.5, 1.0), (0.0, 1.0, 0.5, 1.0), (-0.5, 0.0, 1.0)):
        with pytest.raises(BadInput, match="format bad: its unsigned map is not"):
            Blockwise("bad", dynamic.signed, wrong)


@pytest.mark.parametrize("name", BLOCKWISE)
def test_a_block_keeps_the_nearest_part_of_its_largest(name: str) -> None:
    draw = np.random.Generator(np.random.PCG64(0))
    values = (draw.standard_normal(40) * 10.0 ** draw.integers(-8, 1, 40)).astype(np.float32)
    values[7] = 0
    form, packed = BLOCKWISE[name], values.copy()
    packing(False)(packed, form.maps(signed=True), 16, np.zeros(1, np.uint64))
    for k, x in enumerate(values):
        largest = np.max(abs(values[k // 16 * 16 : k // 16 * 16 + 16]))
        errors = abs(form.codes(signed=True) * largest - x)
        assert abs(packed[k] - x) <= errors.min() + 2e-7 * abs(x)  # of float32
    assert packed[7] == 0
    lost = np.array([1.0, np.nan, 3.0, 4.0], np.float32)
    packing(False)(lost, form.maps(signed=True), 2, np.zeros(1, np.uint64))
    np.testing.assert_array_equal(np.isnan(lost), [True, True, False, False])


def _means(store: Any, count: int, x: float) -> tuple[float, set[float]]:
    def loop(out: Any, random: Any) -> None:
        for k in range(len(out)):
            out[k] = store(np.float32(x), random)

    out = np.empty(count)
    strict(loop)(out, np.array([1], np.uint64))
    return float(out.mean()), set(out.tolist())


def test_rounding_at_random_is_right_in_the_mean() -> None:
    form, x, count = FORMATS["bfloat16"], 1 + 0.3 * 2**-7, 20_000
    mean, met = _means(keeping(form, np.float32, True), count, x)
    assert met == {1.0, 1 + 2**-7}
    # Five standard deviations of the mean of so many draws.
    allowed = 5 * 2**-7 * math.sqrt(0.3 * 0.7 / count)
    assert abs(mean - x) < allowed
    nearest, _ = _means(keeping(form, np.float32, False), count, x)
    assert abs(nearest - x) > allowed


bf16 = st.builds(lambda m, e: m * 2.0**e, st.integers(-255, 255), st.integers(-12, 4))


@given(bf16, st.floats(-1, 1, width=16), st.integers(-8, 2))
def test_w_moves_where_the_update_is_more_than_half_of_the_gap(w: float, move: float, e: int) -> None:
    form, move = FORMATS["bfloat16"], move * 2.0**e * 2**-8
    exactly = float(form.array(np.array([w - move]))[0])
    if np.float32(w - move) == w - move:  # rounded once
        assert moves_on(w, move, form.bits, form.lowest) == (exactly != w)


def test_below_a_power_of_two_the_gap_is_half() -> None:
    form, move = FORMATS["bfloat16"], 0.3 * 2**-7
    assert moves_on(1.0, move, form.bits, form.lowest)
    assert not moves_on(1.0, -move, form.bits, form.lowest)
    assert not moves_on(1.0 + 2**-7, move, form.bits, form.lowest)
    assert not moves_on(math.inf, move, form.bits, form.lowest)


def written_out(X: Any, roles: Roles, steps: int) -> Any:
    """Adam at the full batch in NumPy's float32, each number put into its role's format by a conversion."""
    f32 = np.float32

    def to(form: Any, x: Any) -> Any:
        return form.array(np.atleast_1d(np.asarray(x, np.float64))).astype(f32)

    rows, n = to(roles.data, X.ravel()).reshape(X.shape), f32(len(X))
    w, m, v = np.zeros((3, X.shape[1]), f32)
    lr, b1, b2, scale = f32(0.01), f32(0.9), f32(0.999), f32(roles.loss_scale or 1)
    c1, c2 = f32(1 - 0.9), f32(1 - 0.999)
    mean = to(roles.forward, 1 / n)[0]
    for _ in range(steps):
        model, g = to(roles.weights, w), np.zeros(X.shape[1], f32)
        for x in rows:
            z = f32(0)
            for k in range(len(x)):
                z = f32(z + f32(x[k] * model[k]))
            weight = 1 / (1 + np.exp(np.float64(to(roles.forward, z)[0])))
            g = g - to(roles.forward, f32(weight * float(scale)) * mean)[0] * x
        g = to(roles.gradients, g) / scale
        m = b1 * m + c1 * g
        v = b2 * v + c2 * g * g
        w = to(roles.master, w - lr * (m / (np.sqrt(v) + f32(1e-8))))
    return w


@pytest.mark.slow
@pytest.mark.parametrize("name", ["bf16-master", "fp16-scaled"])
def test_a_recipe_is_the_steps_written_out(name: str) -> None:
    roles = recipe(name)
    if roles.loss_scale:
        roles = replace(roles, loss_scale=Fraction(1024))
    X = load("gaussian:n=5,d=3,seed=0").floats()
    (last,) = iterates(X, optimizer("adam", **ADAM), [40], dtype=roles)
    # Both are float32 where they round no shorter, and differ in the last digits by the order of a few operations.
    np.testing.assert_allclose(last.w, written_out(X, roles, 40), rtol=3e-6)
    other = replace(roles, gradients=FORMATS["float32"])
    assert np.max(abs(last.w / written_out(X, other, 40) - 1)) > 1e-5


def silent(sign: int = 1) -> Dataset:
    """A second coordinate whose first gradient is 2.5e-4 of the other's, and none after: its row is soon far off."""
    return Dataset("silent", ((Fraction(sign), Fraction(0)), (Fraction(sign * 200), Fraction(sign, 20))))


def run(data: Dataset, roles: Roles, steps: int, **choices: Any) -> Diagnosis:
    opt = optimizer("adam", **(ADAM | choices))
    return diagnose(data, opt, roles, steps, certified_steps=0, reaching=False)


@pytest.mark.parametrize("sign", [1, -1])
def test_the_runaway_of_8_bit_states_is_found_with_its_speed(sign: int) -> None:
    roles = recipe("8bit-states")
    found = run(silent(sign), roles, 200)
    away = found.runaway
    assert away is not None
    assert away.coordinates == away.predicted_coordinates == (1,)
    assert away.speed is not None
    assert away.speed > 1000 * 0.01  # a thousand times lr a step
    # The run's first coordinate is behind the exact one's by some hundredths where its m is negative: -1 is no code.
    assert away.predicted_speed == pytest.approx(away.speed, rel=0.03 if sign > 0 else 0.01)
    assert "1 coordinate runs away" in found.recommendation
    assert found.safe_eps is not None
    for helped in (
        run(silent(sign), roles, 200, eps=Fraction(found.safe_eps)),
        run(silent(sign), replace(roles, block=1), 200),
    ):
        assert helped.runaway is not None
        assert helped.runaway.coordinates == helped.runaway.predicted_coordinates == ()
        assert np.all(np.isfinite([margin or math.nan for _, margin in helped.run_margins]))


def test_a_coordinate_above_the_ratio_does_not_run_away() -> None:
    data = Dataset("louder", ((Fraction(1), Fraction(0)), (Fraction(200), Fraction(1, 5))))
    found = run(data, recipe("8bit-states"), 200)
    assert found.vanishing_ratio is not None
    assert 1 / 1005 > found.vanishing_ratio > 1 / 4020
    assert found.runaway is not None
    assert found.runaway.coordinates == found.runaway.predicted_coordinates == ()


def test_how_likely_a_state_in_8_bits_stays_as_it_is() -> None:
    found = run(
        load("gaussian:n=40,d=12,seed=0"), recipe("8bit-states"), 500, batch_size=4, order="reshuffle"
    )
    for state in ("m", "v"):
        stall = found.stall[state]
        # Of 10 batches and 11 entries: 3 standard deviations of a share are at most 0.15.
        assert stall.predicted == pytest.approx(stall.measured, abs=0.15)
    assert found.stall["m"].measured < 0.3 < 0.7 < found.stall["v"].measured


def test_the_bell_is_the_normal_one() -> None:
    assert _between(-1.0, 1.0, 0.0, 1.0) == pytest.approx(0.682689492137, abs=1e-12)
    assert _between(1.0, 2.0, 1.5, 0.0) == 1  # no deviation


def test_which_weights_move_is_told_from_the_stored_states() -> None:
    found = run(load("iris"), Roles.of("bfloat16"), 1500)
    assert found.moves_told_wrongly is not None
    assert found.first_still_step is not None
    # |eta u| is rounded before it is taken off: of 7500 moves few fall on the other side of half the gap.
    assert found.moves_told_wrongly <= 7500 // 1000
    assert found.predicted_first_still_step == found.first_still_step
    assert found.last_move is not None
    assert found.predicted_last_move is not None
    assert abs(found.predicted_last_move - found.last_move) <= 1
    assert found.cannot_fall == ("v",)
    assert found.runaway is found.vanishing_ratio is None


def test_what_the_data_alone_lose_is_no_fault_of_the_run() -> None:
    roles = recipe("bf16-master")
    exact = run(Dataset("halves", ((Fraction(1, 2), Fraction(3)), (Fraction(1), Fraction(5, 4)))), roles, 100)
    assert exact.digits_lost_to_data == 0
    iris = run(load("iris"), roles, 200)
    assert iris.digits[-1][1] - 0.5 < iris.digits_of_data < 4
    assert "keep the rows in float32" in iris.recommendation


def test_bytes_a_parameter() -> None:
    sizes = {name: size(form, 256) for name, form in (FORMATS | BLOCKWISE).items()}
    assert sizes == {
        "float8_e4m3": 1, "float8_e5m2": 1, "float16": 2, "bfloat16": 2, "float32": 4, "float64": 8,
        "int8_dynamic": 1 + 1 / 64, "int8_linear": 1 + 1 / 64,
    }  # fmt: skip
    states = {name: 2 * each.roles.state_bytes(1) for name, each in RECIPES.items()}
    taken = {name: each.roles.bytes_per_parameter + states[name] for name, each in RECIPES.items()}
    assert taken["float32"] == taken["bf16-master"] == taken["fp16-scaled"] == 16
    assert taken["pure-bf16"] == 8
    assert taken["8bit-states"] == 8 + 2 + 1 / 32


@pytest.mark.slow
def test_a_loss_scale_keeps_small_gradients() -> None:
    tiny = Dataset(
        "tiny", ((Fraction(1, 10**7), Fraction(2, 10**7)), (Fraction(3, 10**7), Fraction(1, 10**7)))
    )
    roles = asked_roles(gradients="float16", forward="float16")
    for scale, lost in ((0, True), (4096, False)):
        X, scaled = tiny.floats(), replace(roles, loss_scale=Fraction(scale))
        (last,) = iterates(X, optimizer("gd", lr=Fraction(10**6), decay=Fraction(0)), [3], dtype=scaled)
        assert bool(abs(last.w[0] / last.w[1] - 4 / 3) > 0.01) == lost


def test_options_by_role() -> None:
    assert asked_roles() == Roles.of("float32")
    assert asked_roles("bfloat16").uniform == FORMATS["bfloat16"]
    roles = asked_roles(
        recipe="bf16-master", second_moments="int8_dynamic", block="64", rounding="stochastic"
    )
    assert (roles.second_moments.name, roles.block, roles.called) == ("int8_dynamic", 64, "")
    assert roles.stochastic == {"moments", "second_moments", "weights", "master"}
    assert asked_roles(weights="bfloat16").master.name == "bfloat16"
    assert asked_roles(weights="bfloat16", master="float32").has_master
    assert asked_roles("float16", moments="bfloat16").arithmetic.name == "float32"
    assert asked_roles("bfloat16", rounding=["master=stochastic"]).arithmetic.name == "float32"
    assert asked_roles("bfloat16", step_format="float32").arithmetic.name == "float32"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"dtype": "int8_dynamic"}, "dtype=int8_dynamic is none of"),
        ({"forward": "int8_linear"}, "forward=int8_linear: it stores states only"),
        ({"moments": "float9"}, "float9 is none of"),
        ({"recipe": "pure-bf6"}, r"recipe=pure-bf6 is none of .*did you mean pure-bf16\?"),
        ({"recipe": "pure-bf16", "dtype": "float32"}, "both say what all roles are in"),
        ({"rounding": "up"}, "rounding=up: up is none of nearest, stochastic"),
        ({"rounding": "forward=stochastic"}, "forward is none of moments"),
        ({"loss_scale": "big"}, "loss_scale=big is neither a number nor dynamic"),
        ({"loss_scale": -1}, r"loss_scale=-1 is outside"),
        ({"block": 0}, "block=0"),
        ({"dtype": "float32", "step_format": "bfloat16"}, "step_format=bfloat16: it cannot hold float32"),
    ],
)
def test_what_no_role_takes_is_refused_in_a_line(given: dict[str, Any], said: str) -> None:
    with pytest.raises(BadInput, match=said) as refusal:
        asked_roles(**given)
    assert "\n" not in str(refusal.value)


@pytest.mark.slow
def test_recipes_on_iris_keep_the_digits_that_torch_keeps(capsys: pytest.CaptureFixture[str]) -> None:
    """Adam at the full batch, lr 1/1000, 20,000 steps: digits that torch 2.14 kept in the same recipes on a CPU."""
    line = "diagnose iris --optimizer adam --batch-size full --recipes --steps 20000 --eps 1e-8 --lr 1/1000"
    assert command([*line.split(), "--decay", "0", "--bias-correction", "--json", "-"]) == 0
    found = {row["recipe"]: row for row in json.loads(capsys.readouterr().out)["recipes"]}
    seen = {
        "float32": 4.8,
        "pure-bf16": 0.61,
        "bf16-float32-states": 1.05,
        "bf16-master": 1.9,
        "bf16-kahan": 1.8,
    }
    # Torch's kernels round sums in an order of their own: digits agree to .3; those of the data are told to a tenth.
    for name, digits in (seen | {"pure-fp16": 0.68}).items():
        assert found[name]["digits"][-1][1] == pytest.approx(digits, abs=0.3)
    assert 1.2 - 0.3 < found["bf16-stochastic"]["digits"][-1][1] < 1.8 + 0.3  # five seeds
    assert found["bf16-master"]["digits_of_data"] == pytest.approx(2.6, abs=0.1)

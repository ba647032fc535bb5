"""Certificates about balls: equilibria in boxes, lists of all of them, enclosures of iterates; and forgeries."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from fractions import Fraction
from typing import Any

import independent
import numpy as np
import pytest
from forging import CLASSES, assert_slopes, dataset, leaves, mutants, restated, trials

from verify.certificate import boxes, certificate, check_document, complete, dominance, krawczyk, statement_of
from verify.certificate.boxes import check_center
from verify.certificate.complete import holds_one, region_of, settle
from verify.certificate.data import Data
from verify.certificate.field import costs, game_of
from verify.certificate.kinds import equilibria, equilibrium, run, stability
from verify.certificate.program import read_lines
from verify.certificate.reading import Refused
from verify.certificate.writing import spell
from verify.data import Dataset, load
from verify.errors import BadInput, Undecided
from verify.game.smooth.certify import (
    enclose,
    equilibria_certificate,
    equilibrium_certificate,
    game_fields,
    game_read,
)
from verify.game.smooth.dominance import Dominated
from verify.numbers.systems.balls import ball, fraction, precision
from verify.optimizers import optimizer
from verify.optimizers.carried import carried_run, carried_weight
from verify.problem.epoch_map import epoch_map
from verify.simulate import simulate
from verify.simulate.certify import iterate_certificate

Document = dict[str, Any]
MODULES = (boxes, krawczyk, complete, dominance, equilibrium, equilibria, stability, run)

# Theory, section 3.4: AdamProxy's game has three equilibria here.
LOPSIDED = dataset(("3.01", 1), (1, 3))
# A third row that is half the sum of the others and more, so that no equilibrium gives it weight.
WITH_A_THIRD = dataset(("3.01", 1), (1, 3), ("4.01", 4))
THIRD = Dominated(2, (0, 1), (Fraction(1), Fraction(1)))
RADIUS = Fraction(1, 2**80)
PROXY = optimizer("adam-proxy")


def dyadic(value: Fraction, bits: int) -> Fraction:
    return Fraction(round(value * 2**bits), 2**bits)


STARTS = ((0.0, 1.0), (1.0, 0.0019), (1.0, 1.0))


# Between two that attract there is one that does not.
STABILITY = ("attracting", "attracting", "repelling")


def game(data: Dataset, rule: str = "adam", **options: Any) -> dict[str, Any]:
    """The fields that carry the game of a rule, as the checker reads them."""
    return game_read(game_fields(data, optimizer(rule, **options)))


THREE = [enclose(LOPSIDED, game(LOPSIDED, "adam-proxy"), start, 80) for start in STARTS]


def run_claim(data: Dataset, rule: str = "adam", **changes: Any) -> tuple[Document, Document]:
    """Claim and witness of an enclosed run, its center from one at 400 bits."""
    opt = optimizer(rule)
    claim: Document = {
        "rule": carried_run(opt),
        "batch_size": opt.batch(data.n),
        "order": "cyclic",
        "loss": carried_weight(opt.loss),
        "lr": Fraction(1, 10),
        "decay": Fraction(1, 2),
        "start": [Fraction(0)] * data.d,
        "steps": 12,
    } | changes
    with precision(400):
        read = game_read(claim) | {"loss": read_lines(spell(claim["loss"]), "loss")}
        w = run.run(Data.read({"rows": spell(data.rows)}), read)
        claim["center"] = [dyadic(fraction(x.mid()), 100) for x in w]
    claim["radius"] = [Fraction(1, 2**90)] * data.d
    return claim, {"bits": 256}


GENUINE = {
    "fixed point": equilibrium_certificate(LOPSIDED, PROXY, STARTS[2], 80),
    "fixed point at a vertex": equilibrium_certificate(LOPSIDED, PROXY, STARTS[0], 80),
    "all fixed points": equilibria_certificate(LOPSIDED, PROXY, STARTS, 80),
    "stability": equilibria_certificate(LOPSIDED, PROXY, STARTS, 80, stability=STABILITY),
    "open stability": equilibria_certificate(
        LOPSIDED, PROXY, STARTS[1:], 80, complete=False, stability=("undetermined", "repelling")
    ),
    "a saddle": equilibria_certificate(
        WITH_A_THIRD, PROXY, [(*STARTS[2], 0.0)], 80, complete=False, stability=["saddle"]
    ),
    "a dominated row": equilibria_certificate(
        WITH_A_THIRD, PROXY, [(*start, 0.0) for start in STARTS], 80, [THIRD]
    ),
    "adam": equilibrium_certificate(LOPSIDED, optimizer("adam"), (1.0, 1.0), 80),
    "run": certificate(LOPSIDED.rows, "run", *run_claim(LOPSIDED)),
}


@pytest.mark.parametrize("name", GENUINE)
def test_the_genuine_ones_are_valid(name: str) -> None:
    data = WITH_A_THIRD if name in ("a dominated row", "a saddle") else LOPSIDED
    checked = check_document(GENUINE[name], data.rows)
    assert checked.valid, checked.line()


def test_the_three_fixed_points_of_the_lopsided_pair() -> None:
    first, second, third = (float(point["center"][1] / max(point["center"][0], RADIUS)) for point in THREE)
    assert first > 1e9
    assert second == pytest.approx(0.0018813, rel=1e-4)
    assert third == pytest.approx(0.98515, rel=1e-4)
    # Both rows weigh in the last two, so (x_1 - x_2).w = 0 fixes their direction: the same.
    assert (
        max(abs(a - b) for a, b in zip(THREE[1]["direction"], THREE[2]["direction"], strict=True))
        < 2 * RADIUS
    )
    assert "each equilibrium is one of 3, " in GENUINE["all fixed points"]["statement"]


@pytest.mark.parametrize(
    "name", ["gaussian:n=3,d=2,seed=0", "gaussian:n=3,d=5,seed=2", "gaussian:n=4,d=3,seed=0"]
)
@pytest.mark.parametrize("rule", ["adam-proxy", "adam"])
def test_the_only_equilibrium_of_a_gaussian_set(name: str, rule: str) -> None:
    data = load(name)
    checked = check_document(equilibria_certificate(data, optimizer(rule), [NEAR[name]]), data.rows)
    assert checked.valid, checked.line()


def test_equilibria_that_are_not_there_are_not_certified() -> None:
    # On row 0 alone row 1 costs less; and where row 1 costs less everywhere Newton's method leaves the simplex.
    vertex = equilibrium_certificate(LOPSIDED, PROXY, (1.0, 0.0))
    assert check_document(vertex).obligation == "costs-least"
    with pytest.raises(Undecided, match="whether there is an equilibrium"):
        equilibrium_certificate(dataset((3, 1), (1, 1)), PROXY, (0.5, 0.5))
    with pytest.raises(Undecided, match="whether the Jacobian"):
        equilibrium_certificate(LOPSIDED, optimizer("signum"), (0.5, 0.5))


NEAR = {
    "gaussian:n=3,d=2,seed=0": (0.7, 0.3, 0.0),
    "gaussian:n=3,d=5,seed=2": (0.37, 0.16, 0.47),
    "gaussian:n=4,d=3,seed=0": (0.0, 0.4, 0.6, 0.0),
}

# --- the checker's own definitions against the product's ----------------------------------------------


@pytest.mark.parametrize("batch", [1, 2, 3, 6])
def test_costs_agree_with_the_epoch_map_of_the_step_itself(batch: int) -> None:
    data = load("gaussian:n=6,d=4,seed=0")  # 6 in batches of 4 would leave an uneven one: see below
    c = np.array([0.3, 0.1, 0.2, 0.15, 0.05, 0.2])
    for rows in (data, Dataset("five", data.rows[:5])):
        weights = c[: rows.n] / c[: rows.n].sum()
        size = min(batch, rows.n)
        U = epoch_map(optimizer("adam", batch_size=size), rows.floats())(np.log(weights))
        with precision(100):
            mine = costs(
                game_of(game(rows, batch_size=size), rows), rows.rows, [ball(Fraction(x)) for x in weights]
            )
        drift = np.array([float(u.mid()) for u in mine.drift])
        np.testing.assert_allclose(drift / np.linalg.norm(drift), U / np.linalg.norm(U), rtol=1e-11)


def test_proxy_costs_agree_with_the_epoch_map_of_the_step_itself() -> None:
    data = load("gaussian:n=6,d=4,seed=0")
    c = np.array([0.3, 0.1, 0.2, 0.15, 0.05, 0.2])
    U = epoch_map(PROXY, data.floats())(np.log(c))
    with precision(100):
        mine = costs(game_of(game(data, "adam-proxy"), data), data.rows, [ball(Fraction(x)) for x in c])
    drift = np.array([float(u.mid()) for u in mine.drift])
    np.testing.assert_allclose(drift / np.linalg.norm(drift), U / np.linalg.norm(U), rtol=1e-12)


@pytest.mark.parametrize(
    ("rule", "options"),
    [("adam-proxy", {}), ("adam", {}), ("adam", {"batch_size": 2})],
    ids=["proxy", "adam", "batches of 2"],
)
def test_slopes_are_the_derivatives_of_the_costs(rule: str, options: dict[str, Any]) -> None:
    data = load("gaussian:n=3,d=4,seed=0")
    assert_slopes(game(data, rule, **options), data, [Fraction(1, 5), Fraction(1, 2), Fraction(3, 10)])


@pytest.mark.parametrize("loss", ["logistic", "exponential"])
@pytest.mark.parametrize(
    "name",
    [
        *("adam", "adam-proxy", "signum", "signgd", "gd", "ngd", "momentum"),
        *("lion", "nadam", "amsgrad", "adagrad", "clipped", "norm-clipped"),
    ],
)
def test_iterates_of_the_simulator_are_confirmed(name: str, loss: str) -> None:
    """The simulator reads the one definition of an optimizer, the checker its own: they agree to 25 digits."""
    data = load("gaussian:n=5,d=3,seed=1")
    opt = optimizer(name, batch_size=2 if name == "adam" else "default", loss=loss, decay=Fraction(2, 3))
    enclosed = simulate(data, opt, 60, "ball", digits=25)
    checked = check_document(iterate_certificate(data, opt, enclosed), data.rows)
    assert checked.valid, checked.line()


def test_runs_that_no_certificate_describes_are_named() -> None:
    data = load("gaussian:n=5,d=3,seed=1")
    opt = optimizer("adam", bias_correction=True)
    with pytest.raises(BadInput, match="bias_correction=True"):
        iterate_certificate(data, opt, simulate(data, opt, 5, "ball"))
    opt = optimizer("adam")
    with pytest.raises(BadInput, match="arithmetic=mpf"):
        iterate_certificate(data, opt, simulate(data, opt, 5, "mpf"))


# --- forgeries ----------------------------------------------------------------------------------------


def forged(base: str, **changes: Any) -> Document:
    return restated(GENUINE[base], "claim", **changes)


def of_classes() -> Document:
    """A run on a sample of three classes, with one feature."""
    there = {"start": [0] * 3, "center": [0] * 3, "radius": [1] * 3}
    return restated(GENUINE["run"] | {"data": CLASSES}, "claim", batch_size=1, **there)


def dominated(**changes: Any) -> Document:
    return restated(GENUINE["a dominated row"], "witness", dominated=[asdict(THIRD) | changes])


def unstable(*words: str, of: str = "stability") -> Document:
    points = GENUINE[of]["claim"]["points"]
    said = [point | {"stability": word} for point, word in zip(points, words, strict=True)]
    return forged(of, points=said)


def moved(point: Document, by: Fraction) -> list[Fraction]:
    a, b = point["center"]
    return [a + by, b - by]


def shifted(by: int = 1) -> list[list[str]]:
    """The lines of the loss after ``by`` others, on which they do not rest."""
    lines = spell(carried_weight(optimizer("adam").loss))
    return [
        line if line[0] in ("input", "constant") else [line[0], *(str(int(arg) + by) for arg in line[1:])]
        for line in lines
    ]


def longer(count: int) -> list[list[str]]:
    return [["input", "z"]] * count + shifted(count)


FORGERIES: dict[str, tuple[str, Callable[[], Document]]] = {
    "center of sum 1/2": ("box", lambda: forged("fixed point", center=[c / 2 for c in THREE[2]["center"]])),
    "no zero in the box": ("one-zero", lambda: forged("fixed point", center=moved(THREE[2], 4 * RADIUS))),
    "two zeros in the box": (
        "one-zero",
        lambda: forged(
            "fixed point", center=moved(THREE[2], Fraction(1, 4)), radius="6/25", direction_radius="2"
        ),
    ),
    "a lower cost off the support": (
        "costs-least",
        lambda: forged("fixed point at a vertex", center=["1", "0"]),
    ),
    "another direction": ("direction", lambda: forged("fixed point", direction=["1", "0"])),
    "direction too exact": ("direction", lambda: forged("fixed point", direction_radius=RADIUS / 2**80)),
    "one of three left out": ("complete", lambda: forged("all fixed points", points=THREE[:2])),
    "the vertex left out": ("complete", lambda: forged("all fixed points", points=THREE[1:])),
    "one of them twice": ("distinct", lambda: forged("all fixed points", points=[*THREE, THREE[1]])),
    "factors of sum 1": ("dominated", lambda: dominated(factors=[Fraction(1, 2), Fraction(1, 2)])),
    "a negative factor": ("dominated", lambda: dominated(by=[0, 1, 0], factors=[2, 1, -1])),
    "another combination": ("dominated", lambda: dominated(factors=[1, 2])),
    "a factor without its row": ("dominated", lambda: dominated(by=[0, 1, 1], factors=[1, 1])),
    "weight on a row said to be dominated": ("dominated", lambda: dominated(row=1)),
    "repelling, said to attract": ("stability", lambda: unstable("attracting", "attracting", "attracting")),
    "attracting, said to repel": ("stability", lambda: unstable("attracting", "repelling", "repelling")),
    "a vertex that is no saddle": ("stability", lambda: unstable("saddle", "attracting", "repelling")),
    "a row off the support, and said to repel": ("stability", lambda: unstable("repelling", of="a saddle")),
    "another place": ("enclosed", lambda: forged("run", center=["1", "1"])),
    "a run on several classes": ("classes", lambda: of_classes()),
    "one step more": ("enclosed", lambda: forged("run", steps="13")),
    "a loss of too many lines": ("loss-size", lambda: forged("run", loss=longer(201))),
    "a loss that reads w": ("loss-input", lambda: forged("run", loss=[["input", "w"], *shifted()])),
    "a loss of an operation that there is not": (
        "loss-op",
        lambda: forged("run", loss=[["input", "z"], ["log", "0"], *shifted(2)]),
    ),
    "a loss that looks ahead": ("loss-index", lambda: forged("run", loss=[["sqrt", "3"], *shifted()])),
}


# Without `complete` the search has no end; over a box that wide no direction is known; and what is not about the
# rows there are, or takes a needed one away, cannot be gone on with. A point that is listed twice counts twice in the
# sum of indices.
NOT_SWITCHED_OFF = {
    "one of three left out",
    "the vertex left out",
    "two zeros in the box",
    "one of them twice",
    "a run on several classes",
    "a factor without its row",
    "weight on a row said to be dominated",
}


(
    test_one_obligation_rejects_the_forgery,
    test_only_that_obligation_does,
    test_every_obligation_has_a_forgery,
) = trials(FORGERIES, MODULES, sorted(FORGERIES.keys() - NOT_SWITCHED_OFF), elsewhere=["cost-positive"])


def test_a_common_cost_that_is_not_positive_is_refused() -> None:
    # Nothing separates x and -x; both cost 0 at (1/2, 1/2), where U = 0 has no direction either.
    half = Fraction(1, 2)
    claim = {"center": [half, half], "radius": RADIUS, "direction": [0, 1], "direction_radius": 2}
    mirrored = dataset((1, 2), (-1, -2))
    document = certificate(mirrored.rows, "equilibrium", game_fields(mirrored, PROXY) | claim)
    assert check_document(document).obligation == "cost-positive"


def test_what_the_balls_cannot_tell_is_refused() -> None:
    singular = dataset((1, 0), (1, 1))
    claim = {"center": [1, 0], "radius": RADIUS, "direction": [0, 1], "direction_radius": 2}
    claim |= game_fields(singular, PROXY)
    assert check_document(certificate(singular.rows, "equilibrium", claim)).obligation == "precision"
    # The gradient's first entry is 1/3 - 1/3 = 0, but a ball around 1/3 is not exact: its sign is not known.
    sign_descent = run_claim(LOPSIDED, "signgd")[0]
    document = certificate(dataset(("1/3", 1), ("-1/3", 1)).rows, "run", sign_descent, {"bits": 64})
    assert check_document(document).obligation == "precision"


# --- mutations ----------------------------------------------------------------------------------------


def near(old: Document, new: Document) -> bool:
    """Whether two claims about a box can both be true: their boxes meet."""
    room = Fraction(old["radius"]) + Fraction(new["radius"])
    aim = Fraction(old["direction_radius"]) + Fraction(new["direction_radius"])
    return all(
        abs(Fraction(a) - Fraction(b)) <= width
        for field, width in (("center", room), ("direction", aim))
        for a, b in zip(old[field], new[field], strict=True)
    )


def same_meaning(old: Document, new: Document) -> bool:
    """Whether an accepted mutant's claim is borne out by the original's: other boxes around the same points."""
    box = ("center", "radius", "direction", "direction_radius", "points")
    if {k: v for k, v in old.items() if k not in box} != {k: v for k, v in new.items() if k not in box}:
        return False
    if old["kind"] == "run":
        pairs = zip(old["center"], new["center"], old["radius"], new["radius"], strict=True)
        return all(abs(Fraction(a) - Fraction(b)) <= Fraction(r) + Fraction(s) for a, b, r, s in pairs)
    if "points" not in old:
        return near(old, new)
    return len(old["points"]) == len(new["points"]) and all(
        any(near(a, b) for b in new["points"]) for a in old["points"]
    )


# The boxes of Adam are those of AdamProxy with a dearer epoch.
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.slow] if name == "adam" else []) for name in GENUINE]
)
def test_no_mutation_changes_the_meaning(name: str) -> None:
    """With the statement made to fit; every third mutant, and every twelfth of the list, for time. The claim of an
    accepted one is borne out by the original's, or true of another rule."""
    original = GENUINE[name]
    stride = 12 if "points" in original["claim"] else 3
    every = [
        m for path in leaves(original) if path[0] in ("claim", "witness") for m in mutants(original, path)
    ]
    refused = 0
    for mutant in every[::stride]:
        try:
            mutant["statement"] = statement_of(mutant)
        except (Refused, KeyError, TypeError, AttributeError):
            refused += 1
            continue
        if check_document(json.loads(json.dumps(mutant))).valid:
            assert same_meaning(original["claim"], mutant["claim"]) or independent.is_true(mutant)
        else:
            refused += 1
    assert refused >= 50


@pytest.mark.parametrize("size", [1, 2, 3])
def test_the_game_among_some_rows_is_that_with_weights_on_them_alone(size: int) -> None:
    """With the steps that see none of these rows as echoes of those before them."""
    data = load("gaussian:n=11,d=3,seed=0")
    among, weights = [1, 2, 7], [Fraction(1, 2), Fraction(1, 5), Fraction(3, 10)]
    claim = game(data, batch_size=size)
    with precision(200):
        whole = [ball(0)] * data.n
        for i, weight in zip(among, weights, strict=True):
            whole[i] = ball(weight)
        few = costs(
            game_of(claim, data, among), [data.rows[i] for i in among], [whole[i] for i in among], [0, 1, 2]
        )
        all_rows = costs(game_of(claim, data), data.rows, whole, among)
        for a, b in zip(few.drift, all_rows.drift, strict=True):
            assert abs(a - b) < ball(Fraction(1, 2**150))
        for i, row in enumerate(among):
            for l, other in enumerate(among):
                assert abs(few.slopes[i][l] - all_rows.slopes[row][other]) < ball(Fraction(1, 2**150))


def test_a_region_with_two_fixed_points_does_not_count_as_one() -> None:
    """In the chart c_0 = 1 of theory's two rows they are near c_1 = 0.0019 and 0.985."""
    data = Data.read({"rows": [["301/100", "1"], ["1", "3"]]})
    proxy, one = game_of(game(LOPSIDED, "adam-proxy"), LOPSIDED), (Fraction(1), Fraction(1))
    with precision(128):
        assert holds_one(data.rows, proxy, 0, [1], [one, (Fraction(49, 50), Fraction(99, 100))])
        assert not holds_one(data.rows, proxy, 0, [1], [one, (Fraction(1, 1000), Fraction(1))])


def test_a_region_of_uniqueness_keeps_weights_positive_and_other_rows_dearer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """In the chart c_1 = 1 row 0 costs more up to c_0 = 1.015 and less beyond; a small weight leaves little room."""
    proxy, one = game_of(game(LOPSIDED, "adam-proxy"), LOPSIDED), (Fraction(1), Fraction(1))
    with precision(128):
        assert holds_one(LOPSIDED.rows, proxy, 1, [], [(Fraction(0), Fraction(1, 4000)), one])
        assert not holds_one(LOPSIDED.rows, proxy, 1, [], [(Fraction(0), Fraction(2)), one])
        # A cell that keeps a weight positive where its row costs more holds nothing; one that does not is cut to 0.
        assert settle(LOPSIDED.rows, proxy, 1, [(Fraction(1, 8000), Fraction(1, 4000)), one], []) is None
        assert settle(LOPSIDED.rows, proxy, 1, [(Fraction(0), Fraction(1, 4000)), one], []) == [(0, 0), one]
        monkeypatch.setattr(complete, "holds_one", lambda *_: True)
        (cell,) = region_of(LOPSIDED.rows, proxy, THREE[1], 0)
        assert cell[1][0] > 0


@pytest.mark.parametrize(("kept", "total"), [([0, 1], 2), ([1, 2], 0), ([], 0)])
def test_a_list_whose_indices_do_not_sum_to_1_is_refused_whatever_the_search_says(
    monkeypatch: pytest.MonkeyPatch, kept: list[int], total: int
) -> None:
    """Two attract (1 each) and one between them repels (-1). The search is told to find nothing."""
    monkeypatch.setattr(complete, "search", lambda *_: iter(()))
    genuine = check_document(GENUINE["all fixed points"], LOPSIDED.rows)
    assert genuine.valid, genuine.line()
    checked = check_document(forged("all fixed points", points=[THREE[i] for i in kept]), LOPSIDED.rows)
    assert f"index: the indices of the points sum to {total};" in checked.line()


def test_indices_are_asked_for_where_the_costs_are_enclosed_everywhere_only() -> None:
    """Row 1 has a 0: at weight on row 1 alone the first coordinate of U is 0/0, which no ball encloses."""
    for entries, told in (([["2", "1"], ["1", "2"]], True), ([["2", "1"], ["0", "2"]], False)):
        data, rough = Data.read({"rows": entries}), list[Any]()
        proxy = game_of(game(LOPSIDED, "adam-proxy"), LOPSIDED)
        with precision(128):
            cell = [(Fraction(0), Fraction(1)), (Fraction(1), Fraction(1))]
            settle(data.rows, proxy, 1, cell, rough)
        assert (not rough) is told


def test_a_weight_of_the_support_stays_positive_in_the_box() -> None:
    half = Fraction(1, 2)
    check_center([half, half], Fraction(1, 4))
    with pytest.raises(Refused, match="box: weight 0"):
        check_center([half, half], half)


def test_a_row_between_others_is_not_dominated() -> None:
    """(2, 2) = (4, 0)/2 + (0, 4)/2 costs as much as they do; a little more of them is dominated."""
    between = ((Fraction(4), Fraction(0)), (Fraction(0), Fraction(4)), (Fraction(2), Fraction(2)))
    proof = {"row": 2, "by": (0, 1), "factors": (Fraction(1, 2), Fraction(1, 2))}
    with pytest.raises(Refused, match="do not exceed 1 in sum"):
        dominance.rows_left(between, [proof])
    beyond = (*between[:2], (Fraction(2), Fraction(3)))
    more = proof | {"factors": (Fraction(1, 2), Fraction(3, 4))}
    assert dominance.rows_left(beyond, [more]) == [0, 1]

"""Certificates of the games of signs: what the checker finds of a rule's sum, forgeries, and small sets with ties."""

from __future__ import annotations

import random
from collections.abc import Callable
from fractions import Fraction as Q
from itertools import product
from typing import Any

import pytest
from forging import dataset, restated, trials
from fuzz_certificates import ORIGINALS

from verify.certificate import check_document, signed
from verify.certificate.kinds import signs
from verify.certificate.program import read_rule
from verify.certificate.refusal import Refused
from verify.certificate.rule import require_periodic
from verify.certificate.writing import spell
from verify.data import Dataset, load
from verify.game import predict
from verify.game.signs.certify import point_of, signs_certificate
from verify.game.signs.memory import memory
from verify.game.signs.moves import fading
from verify.game.signs.switching import equilibria
from verify.margins import max_margin
from verify.optimizers import Optimizer, optimizer
from verify.optimizers.carried import carried_game
from verify.optimizers.rule import Rule

Document = dict[str, Any]
MODULES = (signed, signs)
GENUINE = ORIGINALS.under("signs: ")


@pytest.mark.parametrize("name", GENUINE)
def test_the_genuine_ones_are_valid(name: str) -> None:
    checked = check_document(GENUINE[name])
    assert checked.valid, checked.line()
    assert "is an equilibrium of the game of signs" in GENUINE[name]["statement"]


# --- the sum that u is the sign of --------------------------------------------------------------------


def sum_of(opt: Optimizer, n: int) -> tuple[Q, list[Q]]:
    rule = read_rule(spell(carried_game(opt, n)["rule"]), "rule")
    return signed.signed(rule, require_periodic(rule), -(-n // opt.batch(n)))


@pytest.mark.parametrize("name", ["signum", "lion", "signgd"])
@pytest.mark.parametrize("steps", [1, 2, 5])
def test_the_checker_finds_the_memory_that_the_engine_does(name: str, steps: int) -> None:
    opt = optimizer(name, batch_size=1)
    kappa, kept = sum_of(opt, steps)
    assert kappa == 1
    assert [each / kept[0] for each in kept] == fading(opt, steps)


@pytest.mark.parametrize("name", ["adam", "rmsprop", "adam-abs", "nadam"])
def test_at_the_full_batch_the_update_is_a_sign(name: str) -> None:
    assert sum_of(optimizer(name, batch_size=4), 4) == (1, [1])


def test_adam_without_memory_moves_by_signs() -> None:
    assert sum_of(optimizer("adam", beta1=Q(0), beta2=Q(0)), 3) == (1, [1, 0, 0])


def lopsided(num: Any) -> Any:
    """2 against a negative gradient, -4 against a positive one."""
    return lambda g, seen, s, h: (3 * num.sign(g) + num.ratio(num.abs(g), num.abs(g)), s)


@pytest.mark.parametrize(
    ("opt", "obligation"),
    [
        (optimizer("adam"), "signs"),
        (optimizer("adam-proxy"), "signs"),
        (optimizer("ngd", batch_size=4), "signs"),
        (optimizer("adam", beta1=Q(9, 10), beta2=Q(1, 2), batch_size=4), "fades"),
        (optimizer("gd"), "update-degree"),
        (optimizer(Rule("lopsided", lopsided)), "signs"),
    ],
    ids=["adam by samples", "proxy", "norm", "runs away", "gd", "lopsided"],
)
def test_rules_that_do_not_move_by_signs_are_refused(opt: Optimizer, obligation: str) -> None:
    with pytest.raises(Refused) as caught:
        sum_of(opt, 4)
    assert caught.value.obligation == obligation


# --- forgeries ----------------------------------------------------------------------------------------


def forged(name: str, **changes: Any) -> Document:
    """With fields of the one point replaced."""
    return restated(GENUINE[name], "claim", "points", 0, **changes)


def other_rule(name: str, opt: Optimizer) -> Document:
    return restated(GENUINE[name], "claim", rule=carried_game(opt, 2)["rule"])


def bare(rows: tuple[tuple[object, ...], ...], **point: Any) -> Document:
    """A point of full-batch sign descent."""
    about = GENUINE["two levels"] | {"data": {"rows": spell(dataset(*rows).rows)}}
    return restated(about, "claim", batch_size=len(rows), points=[{"switches": []} | point])


def switch(step: int, column: int, mean: Q) -> dict[str, Any]:
    return {"step": step, "column": column, "mean": mean}


TWO = [[Q(1, 4), Q(3, 4), Q(0)], [Q(0), Q(0), Q(1)]]
FORGERIES: dict[str, tuple[str, Callable[[], Document]]] = {
    "weights of sum 1/2": ("weights-sum", lambda: forged("signum", levels=[[Q(1, 5), Q(3, 10)]])),
    "a batch without weight": ("weights-sum", lambda: forged("batches", levels=[[Q(1, 4), Q(3, 4), Q(0)]])),
    "a level without weight": ("weights-sum", lambda: forged("two levels", levels=[*TWO, [Q(0)] * 3])),
    "no weights": ("levels", lambda: forged("signum", levels=[])),
    "a row in two levels": ("levels", lambda: forged("two levels", levels=[*TWO, TWO[1]])),
    "a column that no level decides": ("levels", lambda: forged("two levels", levels=TWO[:1])),
    "a mean where the sum does not vanish": (
        "switches",
        lambda: forged("signum", switches=[switch(1, 0, Q(1, 2)), switch(0, 1, Q(1))]),
    ),
    "no mean where it does": ("switches", lambda: forged("signum", switches=[])),
    "a mean twice": ("switches", lambda: forged("signum", switches=[switch(1, 0, Q(1, 2))] * 2)),
    "two means of one sum": (
        "switches",
        lambda: bare(
            ((3, 3, -1), (-1, -1, 2)),
            levels=[[Q(1, 4), Q(3, 4)]],
            switches=[switch(0, 0, Q(1)), switch(0, 1, Q(0))],
            drift=[Q(1), Q(0), Q(1)],
        ),
    ),
    "another drift": ("drift", lambda: forged("signum", drift=[Q(3, 4), Q(2)])),
    "another mean": (
        "costs-equal",
        lambda: forged("signum", switches=[switch(1, 0, Q(1, 4))], drift=[Q(5, 8), 1]),
    ),
    "a row of less cost": (
        "costs-least",
        lambda: bare(((3, -1), (2, 1)), levels=[[Q(1), Q(0)]], drift=[Q(1), Q(-1)]),
    ),
    "a row of less cost that has a say": (
        "costs-least",
        lambda: bare(
            ((1, 0), (0, 3), (0, 2)), levels=[[Q(1), Q(0), Q(0)], [Q(0), Q(1), Q(0)]], drift=[Q(1), Q(1)]
        ),
    ),
    "a cost of 0": (
        "cost-positive",
        lambda: bare(((1,), (-1,)), levels=[[Q(1, 2), Q(1, 2)]], switches=[switch(0, 0, Q(0))], drift=[Q(0)]),
    ),
    "a rule that is no sign": ("signs", lambda: other_rule("signum", optimizer("adam"))),
    "a rule that reads more": ("signs", lambda: other_rule("two levels", optimizer("adam-proxy"))),
}


ALONE = (
    "a row of less cost", "a row of less cost that has a say", "another mean", "a cost of 0", "another drift",
)  # fmt: skip
(
    test_one_obligation_rejects_the_forgery,
    test_only_that_obligation_does,
    test_every_obligation_has_a_forgery,
) = trials(FORGERIES, MODULES, ALONE)


# --- against the engine -------------------------------------------------------------------------------

QUESTIONS = [
    *(optimizer(name, batch_size=size) for name, size in product(("signum", "lion", "signgd"), (1, 2, 3))),
    *(optimizer(name, batch_size=4) for name in ("adam", "rmsprop", "lion", "signgd")),
    optimizer("adam", beta1=Q(0), beta2=Q(0), batch_size=1),
]


def tied(draw: random.Random) -> Dataset:
    """Four small separable rows, with zeros and copies."""
    while True:
        rows = [tuple(Q(draw.choice((-2, -1, 0, 0, 1, 2, 3))) for _ in range(3)) for _ in range(3)]
        w = [Q(draw.choice((-2, -1, 1, 3))) for _ in range(3)]
        rows = [
            row if sum(a * b for a, b in zip(row, w, strict=True)) > 0 else tuple(-x for x in row)
            for row in rows
        ]
        rows.append(draw.choice(rows))
        if all(sum(a * b for a, b in zip(row, w, strict=True)) > 0 for row in rows):
            return Dataset("tied", tuple(rows))


def points(opt: Optimizer, data: Dataset) -> list[Document]:
    """The equilibria that pivots find, without the run that comes before; at the full batch that of linear programs."""
    if opt.batch(data.n) == data.n:
        return [limit.point for limit in predict(data, opt, digits=0).limits if limit.point]
    return [point_of(found) for found in equilibria(data, memory(opt, data.n)) if min(found.costs) > 0]


@pytest.mark.parametrize("sets", [1, pytest.param(4, marks=pytest.mark.slow)])
def test_what_the_engine_finds_the_checker_accepts(sets: int) -> None:
    """At the full batch rows may cost least without weight, and part signs that are tied on the others: then the max
    margin says it."""
    draw, accepted = random.Random(2), 0
    for opt in QUESTIONS:
        for _ in range(sets):
            data = tied(draw)
            if found := points(opt, data):
                checked = check_document(signs_certificate(data, opt, found))
                alone = opt.batch(data.n) == data.n and max_margin(data, "linf").unique
                assert checked.valid or alone, (data.rows, opt.rule.name, checked.line())
                accepted += checked.valid
    assert accepted >= 7.5 * sets


def test_the_sign_after_a_batch_without_weight_is_another_one_in_lion() -> None:
    """It signs beta1 m + (1 - beta1) g: once the gradient of the last batch is gone m alone decides."""
    data, opt = load("gaussian:n=7,d=4,seed=1"), optimizer("lion", batch_size=2)
    (point,) = points(opt, data)
    assert not point["levels"][0][6]  # the last batch has no weight
    assert check_document(signs_certificate(data, opt, [point])).valid

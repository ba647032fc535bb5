"""Certificates of balances of weight decay, and of orbits: forgeries, each refused by one obligation."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction as Q
from functools import partial
from typing import Any

import pytest
from forging import CLASSES, restated, trials
from fuzz_certificates import DECAYED, ORIGINALS, ROUND, Made, balances_of, orbits_of

from verify.certificate import check_document, cover
from verify.certificate.kinds import box_minimum, logit, orbit
from verify.certificate.program import read_lines
from verify.certificate.weight import log_weight
from verify.certificate.writing import spell
from verify.data import load
from verify.losses import LOSSES
from verify.numbers.systems.balls import ball, precision
from verify.optimizers.carried import carried_log_weight

Document = dict[str, Any]
MODULES = (box_minimum, cover, logit, orbit)
OF_CLASSES = load("gaussian:n=3,d=2,classes=3,seed=0")
GENUINE = Made(
    {
        **ORIGINALS.under("balance of ").recipes,
        "orbit": lambda: ORIGINALS["orbit of adam"],
        "box": lambda: ORIGINALS["least loss in a box"],
        "balance of classes": partial(balances_of, DECAYED["adam"], OF_CLASSES),
        "orbit of classes": partial(orbits_of, ROUND, OF_CLASSES),
    }
)


def three() -> Any:
    """AdamProxy's balances."""
    return GENUINE["adam-proxy"]["claim"]["points"]


def the_orbit() -> Any:
    (found,) = GENUINE["orbit"]["claim"]["points"]
    return found


def inner() -> Q:
    """The coordinate of the minimum that is not on the boundary."""
    return Q(GENUINE["box"]["claim"]["center"][1])


@pytest.mark.parametrize("name", GENUINE)
def test_the_genuine_ones_are_valid(name: str) -> None:
    checked = check_document(GENUINE[name])
    assert checked.valid, checked.line()


def forged(base: str = "adam-proxy", **changes: Any) -> Document:
    return restated(GENUINE[base], "claim", **changes)


def with_point(**changes: Any) -> Document:
    return forged(complete="no", points=[three()[0] | changes, *three()[1:]])


def other_orbit(**changes: Any) -> Document:
    return restated(GENUINE["orbit"], "claim", "points", 0, **changes)


def of_classes(base: str) -> Document:
    """About a sample of three classes."""
    third = Q(577, 1000)  # of (10, -10, -10) at l2 norm 1
    corner = {"center": [10, -10, -10], "direction": [third, -third, -third], "direction_radius": Q(1, 100)}
    changes = corner if base == "box" else {"points": [], "complete": "yes", "batch_size": 1}
    return restated(GENUINE[base] | {"data": CLASSES}, "claim", **changes)


def one_by_one(base: str) -> Document:
    """The false variant: each row of a sample is a sample of its own."""
    changes = {"spectral_low": 0, "spectral_high": 9} if "orbit" in base else {}
    alone = GENUINE[base] | {"data": {"rows": spell(OF_CLASSES.rows)}}
    return restated(alone, "claim", "points", 0, **changes)


def test_of_several_classes_no_list_is_complete() -> None:
    checked = check_document(of_classes("adam with eps"))
    assert (checked.obligation, checked.valid) == ("classes", False)


FORGERIES: dict[str, tuple[str, Callable[[], Document]]] = {
    "no solution in the box": (
        "one-zero",
        lambda: with_point(center=[Q(a) + Q(1, 10**6) for a in three()[0]["center"]], direction_radius=2),
    ),
    "another decay": ("one-zero", lambda: forged(weight_decay=Q(1, 9), complete="no")),
    "another direction": ("direction", lambda: with_point(direction=[0, 1])),
    "a saddle, said to attract": (
        "stability",
        lambda: forged(points=[point | {"stability": "attracting"} for point in three()]),
    ),
    "the same twice": ("distinct", lambda: forged(points=[*three(), three()[1]])),
    "one of three left out": ("complete", lambda: forged(points=three()[1:])),
    "no orbit in the box": (
        "one-zero",
        lambda: other_orbit(
            center=[Q(entry) * Q(1001, 1000) for entry in the_orbit()["center"]],
            direction_radius=2,
            spectral_low=0,
            spectral_high=1,
        ),
    ),
    "an orbit with another direction": ("direction", lambda: other_orbit(direction=[0, 1])),
    "an orbit that attracts more": ("spectral-radius", lambda: other_orbit(spectral_high=Q(1, 10))),
    "an orbit without states": ("box", lambda: other_orbit(center=the_orbit()["center"][:2])),
    "rows of a sample as samples": ("one-zero", lambda: one_by_one("balance of classes")),
    "rows of a sample as samples at a constant step": ("one-zero", lambda: one_by_one("orbit of classes")),
    "a minimum elsewhere in the box": (
        "one-zero",
        lambda: forged("box", center=[10, inner() + Q(1, 1000)], direction_radius=2),
    ),
    "a minimum with another direction": ("direction", lambda: forged("box", direction=[0, 1])),
    "a minimum outside the box": ("box", lambda: forged("box", weight_decay=Q(1, 3), center=[3, inner()])),
    "held at the wrong end": (
        "held",
        lambda: forged("box", center=[10, 10], direction=[Q(7, 10), Q(7, 10)], direction_radius=Q(1, 10)),
    ),
    "a loss whose weights rise": (
        "convex",
        lambda: forged(
            "box",
            loss=[["input", "z"]],
            center=[10, Q(-31, 10)],
            radius=Q(1, 10),
            direction=[Q(9, 10), Q(-3, 10)],
            direction_radius=Q(1, 10),
        ),
    ),
    "several classes in a box": ("classes", lambda: of_classes("box")),
    "two of three left out": ("complete", lambda: forged(points=three()[:1])),
}


# Without `complete` the search has no end, and an orbit without states is none.
ALONE = [name for name, (word, _) in FORGERIES.items() if word not in ("complete", "box")]
(
    test_one_obligation_rejects_the_forgery,
    test_only_that_obligation_does,
    test_every_obligation_has_a_forgery,
) = trials(FORGERIES, MODULES, ALONE)


def test_a_list_is_said_to_be_complete_of_rules_of_degree_0_alone() -> None:
    assert check_document(forged("adam with eps", complete="yes")).obligation == "homogeneous"


@pytest.mark.parametrize("name", LOSSES)
def test_the_log_weight_and_its_derivative_are_those_of_the_loss(name: str) -> None:
    lines = read_lines(spell(carried_log_weight(LOSSES[name])), "loss")
    with precision(200):
        for z in (Q(-3), Q(1, 7), Q(40)):
            h = ball(Q(1, 2**60))
            value, slope = log_weight(lines, ball(z))
            above, below = (log_weight(lines, ball(z) + side)[0] for side in (h, -h))
            assert abs((above - below) / (2 * h) - slope) < ball(Q(1, 2**100))
            assert abs(value) < 100

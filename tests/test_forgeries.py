"""Forged certificates: one for each obligation, which alone rejects it; swaps; mutations of every field."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest
from forging import dataset, leaves, mutants, random_mutant, trials

from verify.certificate import certificate, check_document, duality, metric, statement_of
from verify.certificate import data as rows
from verify.certificate.kinds import (
    dual_fixed_point_exact,
    max_margin_l1,
    max_margin_l2,
    max_margin_linf,
    max_margin_mahalanobis,
    not_separable,
    separable,
)
from verify.certificate.reading import Refused
from verify.certificate.roots import sign
from verify.data import Dataset, load
from verify.margins import (
    NORMS,
    NotSeparable,
    mahalanobis_certificate,
    mahalanobis_margin,
    margin_certificate,
    max_margin,
    not_separable_certificate,
)

Document = dict[str, Any]


def no_separator(data: Dataset) -> Document:
    with pytest.raises(NotSeparable) as caught:
        max_margin(data, "l2")
    return not_separable_certificate(caught.value)


def genuine() -> dict[str, Document]:
    """One small valid certificate or two of each kind."""
    pair = dataset((3, 1), (1, 2))
    slab = dataset((1, 2, 0), (1, -2, 0))
    twins = dataset((1, 2), (1, 2))
    lopsided = dataset(("3.01", 1), (1, 3))
    return {
        "separable": certificate(pair.rows, "separable", {"separator": [Fraction(1), Fraction(1, 2)]}),
        "not separable": no_separator(dataset((1, 0), (0, 1), (-1, -2))),
        **{f"{norm} margin": margin_certificate(max_margin(pair, norm)) for norm in NORMS},
        "l2 margin of twins": margin_certificate(max_margin(twins, "l2")),
        "linf face": margin_certificate(max_margin(slab, "linf")),
        "linf face of one row": margin_certificate(max_margin(dataset((1, 0, 0)), "linf")),
        "linf face beside a slack row": margin_certificate(max_margin(dataset((1, 0, 0), (1, 2, 0)), "linf")),
        "l1 face": margin_certificate(max_margin(dataset((2, 2, 1)), "l1")),
        "mahalanobis": mahalanobis_certificate(mahalanobis_margin(pair, [Fraction(1, 3), Fraction(2, 3)])),
        "exact fixed point": certificate(lopsided.rows, "dual-fixed-point-exact", {"point": [0, 1]}),
    }


GENUINE = genuine()
MODULES = (
    *(rows, duality, metric),
    *(dual_fixed_point_exact, max_margin_l1, max_margin_l2, max_margin_linf, max_margin_mahalanobis),
    *(not_separable, separable),
)


@pytest.mark.parametrize("name", GENUINE)
def test_the_genuine_ones_are_valid(name: str) -> None:
    checked = check_document(GENUINE[name])
    assert checked.valid, checked.line()


def forged(base: str | Document, **changes: Any) -> Document:
    """The certificate with fields of claim, witness or data replaced, and the statement made to fit."""
    document = copy.deepcopy(GENUINE[base] if isinstance(base, str) else base)
    for name, value in changes.items():
        block = next(b for b in ("claim", "witness", "data") if name in document[b])
        document[block][name] = value
    return document | {"statement": statement_of(document)}


def scaled(texts: list[str], factor: object) -> list[str]:
    return [str(Fraction(text) * Fraction(str(factor))) for text in texts]


def bare(kind: str, rows: list[list[str]], claim: Document, witness: Document | None = None) -> Document:
    return certificate([[Fraction(x) for x in row] for row in rows], kind, claim, witness)


W = {name: GENUINE[name]["claim"].get("maximizer", []) for name in GENUINE}
MAHALANOBIS = GENUINE["mahalanobis"]["claim"]
LOW = Fraction(MAHALANOBIS["margin_squared_low"]) if MAHALANOBIS else Fraction(0)

# For each forgery: the obligation that must reject it, and the document.
FORGERIES: dict[str, tuple[str, Callable[[], Document]]] = {
    "separator tight on a row": ("separates", lambda: forged("separable", separator=["2", "-1"])),
    "combination of other rows": ("vanishes", lambda: forged("not separable", weights=["1/3", "1/3", "1/3"])),
    "no weight at all": ("weights-sum", lambda: forged("not separable", weights=["0", "0", "0"])),
    "rows that cancel by a negative weight": (
        "weights-nonnegative",
        lambda: bare("not-separable", [["1", "0"], ["2", "0"]], {"weights": [2, -1]}),
    ),
    "l2: w too short": ("feasible", lambda: forged("l2 margin", maximizer=["0", "0"])),
    "l2: w too long": ("maximizer-norm", lambda: forged("l2 margin", maximizer=scaled(W["l2 margin"], 2))),
    "l2: margin understated": ("dual-norm", lambda: forged("l2 margin", margin_squared="4")),
    "l2: margin overstated": ("maximizer-norm", lambda: forged("l2 margin", margin_squared="6")),
    "l2: weights of another point": ("dual-norm", lambda: forged("l2 margin", weights=["1/2", "1/2"])),
    "l2: weights of sum 1/2": ("weights-sum", lambda: forged("l2 margin", weights=["0", "1/2"])),
    "l2: a negative weight": (
        "weights-nonnegative",
        lambda: forged("l2 margin of twins", weights=["2", "-1"]),
    ),
    "linf: another corner": ("feasible", lambda: forged("linf margin", maximizer=["1", "-1"])),
    "linf: outside the cube": ("maximizer-norm", lambda: forged("linf margin", maximizer=["2", "2"])),
    "linf: margin understated": ("dual-norm", lambda: forged("linf margin", margin="2")),
    "linf: margin overstated": ("feasible", lambda: forged("linf margin", margin="4")),
    "linf: margin 0 where nothing separates": (
        "margin-positive",
        lambda: bare(
            "max-margin-linf",
            [["1"], ["-1"]],
            {"margin": 0, "maximizer": [0], "face": []},
            {"weights": [Fraction(1, 2), Fraction(1, 2)]},
        ),
    ),
    "l1: margin 0 where nothing separates": (
        "margin-positive",
        lambda: bare(
            "max-margin-l1",
            [["1"], ["-1"]],
            {"margin": 0, "maximizer": [0], "face": []},
            {"weights": [Fraction(1, 2), Fraction(1, 2)]},
        ),
    ),
    "l1: w of norm 2": ("maximizer-norm", lambda: forged("l1 margin", maximizer=scaled(W["l1 margin"], 2))),
    "l1: another vertex": ("feasible", lambda: forged("l1 margin", maximizer=["1", "0"])),
    "l1: weights of another point": ("dual-norm", lambda: forged("l1 margin", weights=["1", "0"])),
    "unique, said of a face": ("face-complete", lambda: forged("linf face", face=[])),
    "unique, said of an l1 face": ("face-complete", lambda: forged("l1 face", face=[])),
    "one direction short": ("face-complete", lambda: forged("linf face of one row", face=[["0", "1", "0"]])),
    "one direction twice": (
        "face-independent",
        lambda: forged("linf face of one row", face=[["0", "1", "0"], ["0", "2", "0"]]),
    ),
    "a direction out of the cube's side": (
        "face-direction",
        lambda: forged("linf face of one row", face=[["1", "1", "0"], ["0", "0", "1"]]),
    ),
    "a direction that loses margin": ("face-direction", lambda: forged("linf face", face=[["0", "1", "0"]])),
    "an l1 direction that loses margin": (
        "face-direction",
        lambda: forged("l1 face", face=[["1", "1", "0"]]),
    ),
    "w on an edge of its face": (
        "face-interior",
        lambda: forged("linf face of one row", maximizer=["1", "1", "0"]),
    ),
    "w at an end of its l1 face": ("face-interior", lambda: forged("l1 face", maximizer=["1", "0", "0"])),
    "w where a row without weight is tight": (
        "face-interior",
        lambda: forged("linf face beside a slack row", maximizer=["1", "0", "0"]),
    ),
    "mahalanobis: w too short": ("feasible", lambda: forged("mahalanobis", maximizer=["0", "0"])),
    "mahalanobis: lower bound too high": (
        "maximizer-norm",
        lambda: forged(
            "mahalanobis",
            margin_squared_low=str(2 * LOW),
            margin_squared_high=str(4 * LOW),
            radius_squared="1000",
        ),
    ),
    "mahalanobis: upper bound too low": (
        "dual-norm",
        lambda: forged("mahalanobis", margin_squared_low=str(LOW / 4), margin_squared_high=str(LOW / 2)),
    ),
    "mahalanobis: lower bound negative": ("bounds", lambda: forged("mahalanobis", margin_squared_low="-1")),
    "mahalanobis: maximizer too exact": ("radius", lambda: forged("mahalanobis", radius_squared="0")),
    "mahalanobis: metric negative": (
        "weights-nonnegative",
        lambda: forged(metric_sign_does_not_matter(), metric=["-1/3", "4/3"]),
    ),
    "mahalanobis: weights of sum 1/2": (
        "weights-sum",
        lambda: forged("mahalanobis", weights=scaled(GENUINE["mahalanobis"]["witness"]["weights"], "1/2")),
    ),
    "fixed point: costs differ": ("costs-equal", lambda: forged("exact fixed point", point=["1/2", "1/2"])),
    "fixed point: a lower cost elsewhere": (
        "costs-least",
        lambda: forged("exact fixed point", point=["1", "0"]),
    ),
    "fixed point: where nothing separates": (
        "cost-positive",
        lambda: bare(
            "dual-fixed-point-exact", [["1", "2"], ["-1", "-2"]], {"point": [Fraction(1, 2), Fraction(1, 2)]}
        ),
    ),
    "fixed point: M(c) singular": (
        "metric-positive",
        lambda: bare("dual-fixed-point-exact", [["1", "0"], ["1", "1"]], {"point": [1, 0]}),
    ),
    "fixed point: weights of sum 2": ("weights-sum", lambda: forged("exact fixed point", point=["0", "2"])),
    "fixed point: a negative weight": (
        "weights-nonnegative",
        lambda: bare("dual-fixed-point-exact", [["1", "2"], ["1", "2"]], {"point": [2, -1]}),
    ),
}


def metric_sign_does_not_matter() -> Document:
    """M(c) depends on squares only, so a forger may flip a sign of the metric, if its sum stays 1."""
    pair = dataset((3, 1), (1, 2))
    honest = mahalanobis_margin(pair, [Fraction(1, 5), Fraction(4, 5)])
    document = mahalanobis_certificate(honest)
    # Scale from (1/5, 4/5) to (1/3, 4/3): M grows by 5/3, and everything in the claim with it.
    claim = document["claim"]
    for name in ("margin_squared_low", "margin_squared_high"):
        claim[name] = str(Fraction(claim[name]) * Fraction(3, 5))
    claim["radius_squared"] = str(2 * Fraction(claim["radius_squared"]))
    return document


(
    test_one_obligation_rejects_the_forgery,
    test_only_that_obligation_does,
    test_every_obligation_has_a_forgery,
) = trials(FORGERIES, MODULES, elsewhere=["shape"])  # see test_certificates.py


def test_a_sign_beyond_the_bits_is_refused_not_guessed() -> None:
    # 1/n - 1/sqrt(n^2 + 1) is about n^-3 / 2: positive, but not at any precision up to 65536 bits.
    n = Fraction(2**66000)
    with pytest.raises(Refused, match="effort"):
        sign([Fraction(1), Fraction(-1)], [n * n, n * n + 1])
    assert sign([Fraction(1), Fraction(-1)], [Fraction(10**60), Fraction(10**60 + 1)]) == 1


# --- swaps --------------------------------------------------------------------------------------------

SETS = {
    "iris": load("iris"),
    "wine": load("wine"),
    "gaussian": load("gaussian:n=6,d=4,seed=0"),
    "rademacher": load("scaled-rademacher:n=6,d=4,seed=0"),
    "diagonal": load("shifted-diagonal:d=4,delta=1/10"),
    "pair": dataset((3, 1), (1, 2)),
    "other pair": dataset((1, 2), (3, 1)),
}


def test_all_certificates_against_all_data_sets() -> None:
    """A certificate speaks of its own data only: told another set it says so, moved to another it fails."""
    documents = {
        (name, norm): margin_certificate(max_margin(data, norm))
        for name, data in SETS.items()
        for norm in NORMS
    }
    moved = 0
    for (name, norm), document in documents.items():
        for other, data in SETS.items():
            checked = check_document(document, data.rows)
            if name == other:
                assert checked.valid, checked.line()
                continue
            assert checked.obligation == "data"
            transplant = document | {"data": documents[other, norm]["data"]}
            assert not check_document(transplant).valid
            if (data.n, data.d) == (SETS[name].n, SETS[name].d):
                moved += 1
                transplant["statement"] = statement_of(transplant)
                assert not check_document(transplant).valid
            else:
                with pytest.raises(Refused, match="shape"):
                    statement_of(transplant)
    assert moved >= 10


# --- mutations ----------------------------------------------------------------------------------------


def same_meaning(before: Document, after: Document) -> bool:
    """Whether an accepted mutant still says something that the original bears out.

    The data and the value are the same. Another separator, another w inside the same face, another basis of
    it, another witness say the same, and are confirmed here; a wider enclosure says less.
    """
    old, new = dict(before["claim"]), dict(after["claim"])
    kind, varies = new["kind"], ()
    rows = [[Fraction(x) for x in row] for row in after["data"]["rows"]]
    if kind == "separable":
        varies = ("separator",)
        assert margins_of(rows, new["separator"])[0] > 0
    elif kind == "not-separable":
        varies = ("weights",)
        assert not any(
            sum(Fraction(c) * x for c, x in zip(new["weights"], column, strict=True))
            for column in zip(*rows, strict=True)
        )
    elif new.get("face"):
        varies = ("maximizer", "face")
        assert len(new["face"]) == len(old["face"])
        assert margins_of(rows, new["maximizer"])[0] == Fraction(new["margin"])
    elif kind == "max-margin-mahalanobis":
        varies = ("margin_squared_low", "margin_squared_high", "radius_squared", "maximizer")
        for end, other in (("low", "high"), ("high", "low")):
            gap = Fraction(new[f"margin_squared_{end}"]) - Fraction(old[f"margin_squared_{other}"])
            assert gap <= 0 if end == "low" else gap >= 0
        distance = sum(
            (Fraction(a) - Fraction(b)) ** 2 for a, b in zip(new["maximizer"], old["maximizer"], strict=True)
        )
        # The diagonal of M is at least 1 here, and the two enclosures must meet.
        assert distance <= 2 * (Fraction(new["radius_squared"]) + Fraction(old["radius_squared"]))
    for field in varies:
        del old[field], new[field]
    return old == new and before["data"] == after["data"]


def confirm_anew(document: Document) -> None:
    """An accepted certificate about other data than it was made for says what is true of those."""
    claim = document["claim"]
    rows = tuple(tuple(Fraction(x) for x in row) for row in document["data"]["rows"])
    if claim["kind"] == "separable":
        assert margins_of([list(row) for row in rows], claim["separator"])[0] > 0
    elif claim["kind"] == "not-separable":
        with pytest.raises(NotSeparable):
            max_margin(Dataset("changed", rows), "l2")
    elif claim["kind"] in ("max-margin-l1", "max-margin-l2", "max-margin-linf"):
        norm = claim["kind"].removeprefix("max-margin-")
        found = max_margin(Dataset("changed", rows), norm)
        assert found.value == Fraction(claim.get("margin") or claim["margin_squared"])
        assert len(found.face) == len(claim.get("face", []))
    else:
        assert claim["kind"] in ("max-margin-mahalanobis", "dual-fixed-point-exact")


def margins_of(rows: list[list[Fraction]], w: list[str]) -> list[Fraction]:
    return sorted(sum((x * Fraction(y) for x, y in zip(row, w, strict=True)), Fraction(0)) for row in rows)


def accepted(original: Document, mutant: Document, refit: bool) -> bool | None:
    """Whether the checker takes the mutant, which must then mean what it may; None if it cannot be refitted."""
    if refit:
        try:
            mutant["statement"] = statement_of(mutant)
        except (Refused, KeyError, TypeError, AttributeError):
            return None
    if not check_document(json.loads(json.dumps(mutant))).valid:
        return False
    if refit and mutant["data"] != original["data"]:
        confirm_anew(mutant)
    else:
        assert same_meaning(original, mutant)
    return True


@pytest.mark.parametrize("name", GENUINE)
@pytest.mark.parametrize("refit", [False, True], ids=["statement kept", "statement made to fit"])
def test_no_mutation_changes_the_meaning(name: str, refit: bool) -> None:
    original = GENUINE[name]
    taken = [
        accepted(original, mutant, refit and path[0] != "statement")
        for path in leaves(original)
        for mutant in mutants(original, path)
    ]
    assert taken.count(False) >= (20 if refit else 200)


@pytest.mark.parametrize("name", GENUINE)
@pytest.mark.parametrize("refit", [False, True], ids=["statement kept", "statement made to fit"])
def test_no_random_mutation_changes_the_meaning(name: str, refit: bool) -> None:
    draw = random.Random(name)
    taken = [accepted(GENUINE[name], random_mutant(GENUINE[name], draw), refit) for _ in range(400)]
    assert taken.count(False) >= (10 if refit else 200)

"""A short run of ``fuzz_certificates.py``, and what it must notice: a checker that lacks an obligation."""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path

import independent
import pytest
from forging import switch_off
from fuzz_certificates import ORIGINALS, fuzz

from verify.certificate import boxes, complete, cover, duality, metric, reading, rule, waves
from verify.certificate.kinds import NAMES, kind_of

KINDS = [import_module(kind_of(name).check.__module__) for name in NAMES]
MODULES = (boxes, complete, cover, duality, metric, reading, rule, waves, *KINDS)


def test_there_is_an_original_of_every_kind() -> None:
    assert (
        {document["claim"]["kind"] for document in ORIGINALS.values()} == set(NAMES) == set(independent.KINDS)
    )


@pytest.mark.parametrize("name", ORIGINALS)
def test_the_independent_program_confirms_the_originals(name: str) -> None:
    assert independent.is_true(json.loads(json.dumps(ORIGINALS[name])))


@pytest.mark.parametrize("count", [300, pytest.param(1000, marks=pytest.mark.slow)])
def test_mutants_are_refused_or_true(count: int, tmp_path: Path) -> None:
    outcome = fuzz(count, 1, ORIGINALS, tmp_path)
    assert not outcome.failures, outcome.text()
    assert outcome.confirmed >= count / 100
    assert sum(outcome.refused.values()) >= 0.7 * count


@pytest.mark.slow
@pytest.mark.parametrize(
    ("obligation", "name"),
    [
        ("separates", "separable"),
        ("vanishes", "not separable"),
        ("dual-norm", "l2 margin"),
        ("maximizer-norm", "linf margin"),
        ("face-complete", "linf face"),
        ("radius", "mahalanobis"),
        ("costs-least", "exact point"),
        ("one-zero", "fixed point"),
        ("direction", "adam"),
        ("fades", "all of adam"),
        ("enclosed", "iterate of gd"),
        ("one-zero", "balance of adam"),
        ("spectral-radius", "waves of adam"),
        ("direction", "levels"),
        ("feasible", "spectral margin"),
        ("dual-norm", "nuclear margin"),
    ],
)
def test_a_missing_obligation_is_noticed(
    obligation: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    switch_off(obligation, MODULES, monkeypatch)
    documents = {name: ORIGINALS[name]}
    assert any(fuzz(1000, seed, documents, tmp_path, stop=True).failures for seed in (3, 0, 1, 2))

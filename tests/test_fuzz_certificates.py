"""A short run of ``fuzz_certificates.py``, and what it must notice: a checker that lacks an obligation."""

from __future__ import annotations

import json
from pathlib import Path

import independent
import pytest
from forging import switch_off
from fuzz_certificates import fuzz, originals

import verify.certificate.boxes
import verify.certificate.complete
import verify.certificate.iterate
import verify.certificate.margins
import verify.certificate.metric
import verify.certificate.reading
import verify.certificate.rule

ORIGINALS = originals()
MODULES = (
    verify.certificate.boxes,
    verify.certificate.complete,
    verify.certificate.iterate,
    verify.certificate.margins,
    verify.certificate.metric,
    verify.certificate.reading,
    verify.certificate.rule,
)


@pytest.mark.parametrize("name", ORIGINALS)
def test_the_independent_program_confirms_the_originals(name: str) -> None:
    assert independent.is_true(json.loads(json.dumps(ORIGINALS[name])))


def test_mutants_are_refused_or_true(tmp_path: Path) -> None:
    outcome = fuzz(1000, 1, ORIGINALS, tmp_path)
    assert not outcome.failures, outcome.text()
    assert outcome.confirmed >= 10
    assert sum(outcome.refused.values()) >= 700


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
    ],
)
def test_a_missing_obligation_is_noticed(
    obligation: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    switch_off(obligation, MODULES, monkeypatch)
    documents = {name: ORIGINALS[name]}
    assert any(fuzz(1000, seed, documents, tmp_path, stop=True).failures for seed in (3, 0, 1, 2))

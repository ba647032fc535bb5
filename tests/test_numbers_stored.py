"""Compiled code from an earlier process: found again, never out of date, never in the way."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import namedtuple
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numba import config

from verify.numbers.floats import compiled
from verify.numbers.stored import directory, fingerprint, stored
from verify.numbers.traced import strict
from verify.optimizers import optimizer
from verify.optimizers.kernel import kernel
from verify.optimizers.rule import Rule
from verify.optimizers.rules import RULES
from verify.optimizers.trajectory import trajectory

# Without fast-math options numba gives the loops of both rules the same name in processes of their own.
SCRIPT = """
import sys
import numpy as np
from verify.losses import LOSSES
from verify.optimizers import optimizer
from verify.optimizers.kernel import kernel
from verify.optimizers.trajectory import iterates
from verify.optimizers.rules import RULES
X = np.array([[1.0, 2.0], [3.0, -1.0]])
for name in sys.argv[1:]:
    (last,) = iterates(X, optimizer(name), [20], dtype="float32")
    (hits,) = kernel(RULES[name], LOSSES["logistic"], "float32", False, False).stats.cache_hits.values() or [0]
    print(name, last.w.tolist(), hits)
"""


@pytest.fixture
def empty_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(config, "CACHE_DIR", str(tmp_path))
    return tmp_path


def in_a_process(store: Path, *names: str) -> list[str]:
    """What SCRIPT prints in a new process with this store."""
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(store), "PYTHONHASHSEED": "random"}
    return subprocess.run(
        [sys.executable, "-c", SCRIPT, *names], env=environment, capture_output=True, text=True, check=True
    ).stdout.splitlines()


def test_code_from_two_processes_serves_a_third(tmp_path: Path) -> None:
    first, second = in_a_process(tmp_path, "gd"), in_a_process(tmp_path, "signgd")
    assert first[0].endswith(" 0")
    assert second[0].endswith(" 0")
    third = in_a_process(tmp_path, "gd", "signgd")
    assert third == [line[:-1] + "1" for line in first + second]


def scaled(factor: float, build: Callable[[Any], Any] = compiled) -> Any:
    inner = strict(lambda x: x * factor)
    return build(lambda x: inner(x) + 1.0)


def test_a_fingerprint_tells_definitions_apart() -> None:
    assert fingerprint(scaled(2.0)) == fingerprint(scaled(2.0))
    different = {
        fingerprint(scaled(2.0)),
        fingerprint(scaled(3.0)),  # a captured constant, two functions deep
        fingerprint(scaled(2.0, strict)),  # the options it is compiled with
        fingerprint(lambda x: x + 1.0),
        fingerprint(lambda x: x - 1.0),
        fingerprint(lambda x: x + 2.0),
    }
    assert len(different) == 6


@pytest.mark.parametrize("captured", [np.ones(2), lambda x: lambda y: x, object()])
def test_what_has_no_fingerprint_is_refused(captured: Any) -> None:
    with pytest.raises(TypeError, match="no fingerprint of"):
        fingerprint(lambda: captured)


def backwards(rule: Rule) -> Rule:
    """A rule that goes uphill."""

    def define(num: Any) -> Any:
        step = rule.define(num)

        def against(g: Any, seen: Any, s: Any, h: Any) -> Any:
            u, s = step(g, seen, s, h)
            return -u, s

        return against

    return replace(rule, define=define)


def test_a_changed_rule_is_compiled_anew(empty_store: Path) -> None:
    X = np.array([[1.0, 2.0], [3.0, -1.0]])

    def run(rule: Rule) -> Any:
        kernel.cache_clear()  # as a new process would begin
        return trajectory(X, optimizer(rule, batch_size="full"), [50]).weights

    before = run(RULES["adam"])
    assert (before @ X.T).min() > 0
    assert (run(backwards(RULES["adam"])) @ X.T).max() < 0
    assert np.array_equal(run(RULES["adam"]), before)
    kernel.cache_clear()
    assert len(list(directory().iterdir())) == 2


def test_the_order_of_a_named_tuple_is_seen(empty_store: Path) -> None:
    for fields in ("first second", "second first"):
        pair = namedtuple("Pair", fields)(1.0, 2.0)
        assert stored(compiled(lambda x: x.first))(pair) == pair.first


def test_a_damaged_file_is_compiled_again(empty_store: Path) -> None:
    assert stored(scaled(5.0))(2.0) == 11.0
    (file,) = directory().iterdir()
    whole = file.read_bytes()
    file.write_bytes(whole[:-1])
    again = stored(scaled(5.0))
    assert again(2.0) == 11.0
    assert not again.stats.cache_hits
    third = stored(scaled(5.0))
    assert third(2.0) == 11.0
    assert sum(third.stats.cache_hits.values()) == 1


def test_a_store_that_cannot_be_written_is_no_matter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    occupied = tmp_path / "file"
    occupied.write_text("not a directory")
    monkeypatch.setattr(config, "CACHE_DIR", str(occupied))
    assert stored(scaled(7.0))(2.0) == 15.0

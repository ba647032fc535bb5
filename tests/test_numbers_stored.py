"""Compiled code from an earlier process: found again, never out of date, never in the way."""

from __future__ import annotations

import hashlib
import os
import pickle
import subprocess
import sys
from collections import namedtuple
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from verify.numbers.stored import directory, distrusted, fingerprint, report, stored
from verify.numbers.systems.floats import compiled
from verify.numbers.systems.traced import strict
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
from verify.optimizers.roles import Roles
from verify.optimizers.trajectory import iterates
from verify.optimizers.rules import RULES
X = np.array([[1.0, 2.0], [3.0, -1.0]])
for name in sys.argv[1:]:
    (last,) = iterates(X, optimizer(name), [20], dtype="float32")
    loop = kernel(RULES[name], LOSSES["logistic"], Roles.of("float32"), False, False, 1)
    (hits,) = loop.stats.cache_hits.values() or [0]
    print(name, last.w.tolist(), hits)
"""


@pytest.fixture
def empty_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    return tmp_path


def folder() -> Path:
    found = directory()
    assert found is not None
    return found


def in_a_process(store: Path, *names: str) -> list[str]:
    """What SCRIPT prints in a new process with this store."""
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(store), "PYTHONHASHSEED": "random"}
    return subprocess.run(
        [sys.executable, "-c", SCRIPT, *names], env=environment, capture_output=True, text=True, check=True
    ).stdout.splitlines()


@pytest.mark.slow
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


@pytest.mark.slow
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
    assert len(list(folder().iterdir())) == 2


def test_the_order_of_a_named_tuple_is_seen(empty_store: Path) -> None:
    for fields in ("first second", "second first"):
        pair = namedtuple("Pair", fields)(1.0, 2.0)
        assert stored(compiled(lambda x: x.first))(pair) == pair.first


def test_a_damaged_file_is_compiled_again(empty_store: Path) -> None:
    assert stored(scaled(5.0))(2.0) == 11.0
    (file,) = folder().iterdir()
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
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(occupied))
    assert stored(scaled(7.0))(2.0) == 15.0


# --- whose files are run


RAN: list[str] = []


def foreign(word: str) -> None:
    RAN.append(word)


class Foreign:
    """What runs code when it is unpickled."""

    def __reduce__(self) -> Any:
        return foreign, ("ran",)


def planted(file: Path, code: bytes) -> None:
    """Content with the digest that belongs to it under this name."""
    file.write_bytes(hashlib.sha256(file.name.encode() + b"\n" + code).digest() + code)


def loaded(function: Any) -> int:
    """How many compiled functions came from the store."""
    return sum(function.stats.cache_hits.values())


def test_a_planted_file_runs_only_where_nobody_else_could_have_planted_it(empty_store: Path) -> None:
    """The false variant: where the folders are this user's alone, the same file is loaded, and runs."""
    assert stored(scaled(11.0))(2.0) == 23.0
    (file,) = folder().iterdir()
    for place, mode in ((folder(), 0o777), (empty_store, 0o775), (file, 0o666), (folder(), 0o1777)):
        planted(file, pickle.dumps(Foreign()))
        before = place.stat().st_mode
        place.chmod(mode)
        RAN.clear()
        assert stored(scaled(11.0))(2.0) == 23.0
        assert not RAN, place
        place.chmod(before & 0o7777)
    planted(file, pickle.dumps(Foreign()))
    assert stored(scaled(11.0))(2.0) == 23.0
    assert RAN == ["ran"]


def test_what_belongs_to_another_user_is_not_loaded(
    empty_store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert stored(scaled(12.0))(2.0) == 25.0
    again = stored(scaled(12.0))
    assert again(2.0) == 25.0
    assert loaded(again) == 1
    monkeypatch.setattr(os, "geteuid", lambda: 54321)  # to whom root's files belong to root, but these to us
    monkeypatch.setattr(os, "lstat", lambda path: _of_user(path, 12345))
    assert distrusted(folder()) is not None
    third = stored(scaled(12.0))
    assert third(2.0) == 25.0
    assert loaded(third) == 0


def _of_user(path: Any, user: int) -> os.stat_result:
    found = list(os.stat(path, follow_symlinks=False))
    found[4] = user
    return os.stat_result(found)


def test_a_link_through_a_folder_of_others_is_not_followed(tmp_path: Path) -> None:
    private, shared = tmp_path / "private", tmp_path / "shared"
    for place in (private, shared):
        place.mkdir()
    (shared / "link").symlink_to(private)
    (tmp_path / "first").symlink_to(shared / "link")
    assert distrusted(tmp_path / "first") is None
    shared.chmod(0o777)
    assert "shared can be written by others" in str(distrusted(tmp_path / "first"))
    assert distrusted(private) is None


@pytest.mark.parametrize("name", ["XDG_CACHE_HOME", "NUMBA_CACHE_DIR"])
@pytest.mark.parametrize("value", ["", ".", "cache", "../cache"])
def test_no_code_comes_from_the_working_directory(
    name: str, value: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.chdir(tmp_path)
    usual = directory()
    monkeypatch.setenv(name, value)
    found = directory()
    assert found == (usual if name == "XDG_CACHE_HOME" or not value else None)
    assert found is None or found.is_absolute()
    assert stored(scaled(13.0))(2.0) == 27.0
    assert list(tmp_path.iterdir()) == []


def test_a_home_that_is_no_path_keeps_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NUMBA_CACHE_DIR", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", "nowhere")
    assert directory() is None
    assert "kept nowhere" in report()


def test_one_function_s_file_under_another_s_name_is_compiled_again(empty_store: Path) -> None:
    """The digest covers the name: with the digest of the content alone, 2 * 14 + 1 would come back as 2 * 15 + 1."""
    assert stored(scaled(15.0))(2.0) == 31.0
    (other,) = folder().iterdir()
    content = other.read_bytes()
    assert stored(scaled(14.0))(2.0) == 29.0
    (file,) = set(folder().iterdir()) - {other}
    file.write_bytes(content)
    again = stored(scaled(14.0))
    assert again(2.0) == 29.0
    assert loaded(again) == 0


@pytest.mark.parametrize(
    "content", [b"", b"no pickle", pickle.dumps(42), pickle.dumps((1, 2)), pickle.dumps(())]
)
def test_a_right_digest_of_wrong_content_is_compiled_again(content: bytes, empty_store: Path) -> None:
    assert stored(scaled(16.0))(2.0) == 33.0
    (file,) = folder().iterdir()
    planted(file, content)
    assert stored(scaled(16.0))(2.0) == 33.0
    again = stored(scaled(16.0))
    assert again(2.0) == 33.0
    assert loaded(again) == 1
    assert list(folder().iterdir()) == [file]


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir, lambda path: os.symlink("/dev/zero", path)])
def test_what_is_no_file_is_neither_waited_for_nor_read(
    make: Callable[[Path], None], empty_store: Path
) -> None:
    assert stored(scaled(17.0))(2.0) == 35.0
    (file,) = folder().iterdir()
    file.unlink()
    make(file)
    assert stored(scaled(17.0))(2.0) == 35.0
    assert list(folder().iterdir()) == [file]


def test_a_full_disk_leaves_no_file(empty_store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(handle: int, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("verify.files.os.write", full)
    assert stored(scaled(18.0))(2.0) == 37.0
    assert list(folder().iterdir()) == []


def test_an_unknown_numba_is_no_matter(empty_store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr("numba.core.compiler.CompileResult._rebuild")
    monkeypatch.delattr("numba.core.serialize.dumps")
    assert stored(scaled(19.0))(2.0) == 39.0
    assert not folder().exists() or list(folder().iterdir()) == []


def test_where_it_is_is_told(empty_store: Path) -> None:
    assert "which is not there yet" in report()
    assert stored(scaled(20.0))(2.0) == 41.0
    assert report().startswith(f"compiled code is kept in {folder()}: 1 files, ")
    folder().chmod(0o777)
    assert f"{folder()} can be written by others" in report()

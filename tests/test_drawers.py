"""How objects of one's own are found: in files, by entry points, and what is said where there is none."""

from __future__ import annotations

import os
import pickle
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from marginproof import BadInput
from properties.registry import of
from verify.claims import claim_named
from verify.data import load
from verify.derive import chain
from verify.drawers import home, in_folder, in_order, module_of, require_plain, spelled
from verify.losses import LOSSES
from verify.losses.load import loss_named
from verify.numbers.formats import format_named
from verify.optimizers import optimizer
from verify.optimizers.load import rule_named

ROOT = Path(__file__).parent.parent

# A package with one object of each kind, and some that are none.
PACKAGE = """
import numpy as np
from hypothesis import strategies as st
from marginproof import Case, Chain, Claim, Family, Format, Loss, Property, Rule, Step, equality, separable, within
from verify.losses import LOSSES
from verify.optimizers import optimizer

print("this is said to nobody who reads JSON")

RULE = Rule("pkg-rule", lambda num: lambda g, seen, s, h: (g, s), degree=1, update="linear")
LOGISTIC = LOSSES["logistic"]
LOSS = Loss("pkg-loss", LOGISTIC.weight, LOGISTIC.log_weight, LOGISTIC.tail)
FAMILY = Family("pkg-family", lambda n: [[1, 2]] * n)

def same(x):
    return x

FORMAT = Format("pkg-format", 24, -126, np.float32, same)
CLAIM = Claim("pkg-claim", "t", "s", "n", (), {})
CASES = st.builds(lambda data: Case(data, optimizer("gd")), separable())
PROPERTY = Property("pkg-claim", "pkg-property", "text", CASES, lambda case: within(0.0, 1.0, "nothing"))
CHAIN = Chain("pkg-chain", "t", "n", (Step("s", equality(1, 1, {}), "r"),), ())
"""

ENTRIES = """
[marginproof.rules]
pkg-rule = marginproof_test_package:RULE
broken = marginproof_test_package:NOTHING
odd = marginproof_test_package:LOSS
[marginproof.losses]
pkg-loss = marginproof_test_package:LOSS
[marginproof.families]
pkg-family = marginproof_test_package:FAMILY
[marginproof.formats]
pkg-format = marginproof_test_package:FORMAT
[marginproof.claims]
pkg-claim = marginproof_test_package:CLAIM
[marginproof.properties]
pkg-property = marginproof_test_package:PROPERTY
[marginproof.chains]
pkg-chain = marginproof_test_package:CHAIN
"""


@pytest.fixture(name="package")
def _package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A distribution on the path, as an installer leaves it."""
    info = tmp_path / "marginproof_test_package-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: marginproof-test-package\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(ENTRIES)
    (tmp_path / "marginproof_test_package.py").write_text(PACKAGE)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "marginproof_test_package", raising=False)
    return tmp_path


def test_installed_packages_bring_objects_of_each_kind(
    package: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert rule_named("pkg-rule").name == "pkg-rule"
    assert loss_named("pkg-loss").name == "pkg-loss"
    assert load("pkg-family:n=3").rows == ((1, 2),) * 3
    assert load("pkg-family:n=3").name == "pkg-family:n=3"
    assert format_named("pkg-format").bits == 24
    assert claim_named("pkg-claim").id == "pkg-claim"
    assert [property.name for property in of("pkg-claim")] == ["pkg-property"]
    assert chain("pkg-chain").name == "pkg-chain"
    assert optimizer("pkg-rule", loss="pkg-loss").loss is loss_named("pkg-loss")
    said = capsys.readouterr()
    assert not said.out
    assert "said to nobody" in said.err


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("broken", "optimizer=broken: its package failed: AttributeError"),
        ("odd", "optimizer=odd: marginproof_test_package:LOSS is a Loss, not a Rule"),
        ("pkg-rul", r"is none of .*, pkg-rule, .*\(did you mean pkg-rule\?\)"),
    ],
)
def test_what_a_package_brings_wrongly_is_said_in_a_line(package: Path, name: str, said: str) -> None:
    with pytest.raises(BadInput, match=said) as refusal:
        rule_named(name)
    assert "\n" not in str(refusal.value)


CODE = (
    "from marginproof import Loss\nfrom verify.losses import LOSSES\nX = LOSSES['logistic']\nY = object()\n"
)


def test_a_file_is_run_once_while_it_stays_the_same(tmp_path: Path) -> None:
    path = tmp_path / "a b.py"
    path.write_text(CODE)
    module = module_of(path, "loss")
    assert module_of(path, "loss") is module
    assert spelled(module.Y) == f"{path}:Y"
    assert home(object()) is None
    path.write_text(CODE + "Z = 1\n")
    assert module_of(path, "loss") is not module
    other = tmp_path / "other"
    other.mkdir()
    (other / "a b.py").write_text(CODE)
    assert module_of(other / "a b.py", "loss") is not module
    assert loss_named(f"{path}:X") is LOSSES["logistic"]


def test_a_file_that_fails_is_run_again_and_leaves_no_module(tmp_path: Path) -> None:
    path = tmp_path / "half.py"
    path.write_text("A = 1\nraise ValueError('too early')\n")
    before = set(sys.modules)
    for _ in range(2):
        with pytest.raises(BadInput, match="failed: ValueError: too early"):
            module_of(path, "claim")
    assert not [name for name in set(sys.modules) - before if "half" in name]


def test_what_a_file_defines_can_be_pickled(tmp_path: Path) -> None:
    path = tmp_path / "kept.py"
    path.write_text("def weight(num):\n    return num.exp\n")
    module = module_of(path, "loss")
    assert pickle.loads(pickle.dumps(module.weight)) is module.weight


def test_what_is_no_readable_file_is_refused_in_a_line(tmp_path: Path) -> None:
    (tmp_path / "folder.py").mkdir()
    (tmp_path / "long.py").write_bytes(b"#" * 1_000_001)
    (tmp_path / "bytes.py").write_bytes(b"\xff\xfe")
    for text, said in (
        ("folder.py:X", "is not a file"),
        ("long.py:X", "has more than 1000000 bytes"),
        ("bytes.py:X", "loss: "),
        ("absent.py:X", "there is no file"),
        ("absent.py:", "'' is no name"),
        ("absent.py:a-b", "'a-b' is no name"),
        ("a\nb.py:X", "there is no file"),
        ("a\0b.py:X", "cannot be read"),
    ):
        with pytest.raises(BadInput, match=said) as refusal:
            loss_named(f"{tmp_path}/{text}")
        assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("name", ["", "../a", "a/b", "a b", ".hidden", "-option", 3, None, "x" * 61, "a\n"])
def test_names_that_no_file_should_have(name: object) -> None:
    with pytest.raises(BadInput, match="letters, digits"):
        require_plain("claim", name)
    require_plain("claim", "false-proxy-at-beta2-0.9")


def test_an_object_more_is_a_file_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder is looked into; modules stand by the place that they give themselves, others last and by name."""
    folder = tmp_path / "marginproof_test_folder"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    for name, code in (("b", "PLACE = 20\n"), ("c", "PLACE = 10\n"), ("d", ""), ("a", "")):
        (folder / f"{name}.py").write_text(code)
    monkeypatch.syspath_prepend(str(tmp_path))
    modules = in_order(in_folder("marginproof_test_folder", [str(folder)]))
    assert [module.__name__.rpartition(".")[2] for module in modules] == ["c", "b", "a", "d"]


CLAIM = """
from hypothesis import strategies as st
from properties.claim import clause, stated, trial
from properties.property import Case, within
from properties.strategies import separable
from verify.optimizers import optimizer

CASES = st.builds(lambda data: Case(data, optimizer('gd')), separable())
HOLDS = trial('holds', 't', CASES, lambda case: within(0.0, 1.0, 'x'))
CLAIM = stated('another', 'Another', 'nobody', clause('It holds.', (), HOLDS))
"""

SEEN = """
from properties.registry import of
from verify.claims import CLAIMS
from verify.data.families import FAMILIES
from verify.derive import names
from verify.losses import LOSSES
from verify.numbers.formats import FORMATS
from verify.optimizers.rules import RULES

assert [property.name for property in of('another')] == ['holds']
assert list(CLAIMS).index('another') < list(CLAIMS).index('false-per-sample-l2')
assert names()[-1] == 'one-more'
assert all('extra' in found for found in (RULES, LOSSES, FORMATS, FAMILIES))
"""


def test_a_file_more_in_a_folder_of_the_package_is_an_object_more(tmp_path: Path) -> None:
    """In a copy of the package, since this one is in use: a claim with its property, a chain, and one of each kind."""
    for package in ("verify", "properties"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "verify/claims/another.py").write_text(CLAIM)
    (tmp_path / "verify/derive/topics/one_more.py").write_text("CHAINS = {'one-more': lambda: None}\n")
    for folder, name in (
        ("optimizers/rules", "gd"),
        ("losses", "logistic"),
        ("numbers/formats", "float32"),
        ("data/families", "gaussian"),
    ):
        code = (tmp_path / f"verify/{folder}/{name}.py").read_text()
        head, found, last = code.rpartition(f'"{name}"')
        assert found
        (tmp_path / f"verify/{folder}/extra.py").write_text(f'{head}"extra"{last}')
    done = subprocess.run(
        [sys.executable, "-c", SEEN],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert not done.returncode, done.stderr

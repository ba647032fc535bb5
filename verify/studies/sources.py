"""The code that results rest on, ours and a user's: where it changed, they are computed again."""

from __future__ import annotations

import hashlib
import inspect
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from verify.drawers import split
from verify.errors import BadInput

ROOT = Path(__file__).parents[2]
# What imports an engine only where it is asked for: no result rests on the engine of another question.
_APART = [ROOT / "verify" / name for name in ("__init__.py", "studies/asks.py", "studies/draws.py")]
# from MODULE import (NAMES), from MODULE import NAMES, import MODULE. Reading the syntax would take a second.
_IMPORT = re.compile(
    r"^ *(?:from ((?:verify|properties)[\w.]*) import (?:\(([^)]*)\)|([^\n(]*))|import ((?:verify|properties)[\w.]*))",
    re.MULTILINE,
)

# Keys of a question whose text may name a file of one's own.
NAMED = (("data", "family"), ("data", "strategy"), ("optimizer", "name"), ("optimizer", "loss"))
NAMED_OPTIONS = ("dtype", "property")


def own_texts(asked: dict[str, Any]) -> list[str]:
    """The texts FILE.py:NAME of a question, without parameters."""
    texts = [asked["ask"], *(asked.get(part, {}).get(key) for part, key in NAMED)]
    texts += [asked.get("options", {}).get(key) for key in NAMED_OPTIONS]
    return [text for text in texts if isinstance(text, str) and split(text)[0] is not None]


def placed(text: str, base: Path) -> str:
    """FILE.py:NAME with its file found from the folder of the study; any other text as it is."""
    file, name = split(text)
    return text if file is None else f"{base / file}:{name}"


def own_digest(asked: dict[str, Any], base: Path) -> str:
    """A digest of the files of one's own that a question names; empty where it names none."""
    texts = own_texts(asked)
    if not texts:
        return ""
    found = hashlib.sha256()
    for text in texts:
        file, _ = split(text)
        assert file is not None
        try:
            content = (base / file).read_bytes()
        except OSError as error:
            raise BadInput(f"{text}: the file cannot be read: {error.strerror}") from None
        found.update(text.encode() + b"\n" + hashlib.sha256(content).digest())
    return found.hexdigest()


@cache
def rule_digest(name: str) -> str:
    """A digest of the file in which a rule that ships, or one of a package, is defined."""
    from verify.optimizers.load import rule_named

    source = inspect.getsourcefile(rule_named(name).define)
    return hashlib.sha256(Path(source).read_bytes() if source else b"").hexdigest()


@cache
def code_digest(*modules: str) -> str:
    """A digest of these modules and of all that they import within this package, in functions too. A drawer that is
    imported counts with all its modules, since it looks into its folder."""
    found = hashlib.sha256()
    for path in sorted(_reached(modules)):
        found.update(f"{path.relative_to(ROOT).as_posix()}\n".encode() + path.read_bytes())
    return found.hexdigest()


def _reached(modules: tuple[str, ...]) -> set[Path]:
    waiting, seen = list(modules), set[Path]()
    apart = set(_APART).difference(ROOT.joinpath(*module.split(".")).with_suffix(".py") for module in modules)
    while waiting:
        for path in _files(waiting.pop()):
            if path not in seen:
                seen.add(path)
                waiting += _imports(path) if path not in apart else ()
    return seen


def _files(module: str) -> Iterator[Path]:
    """The file of a module and those of the packages that it is in; of a drawer all files."""
    names = module.split(".")
    for k in range(1, len(names) + 1):
        place = ROOT.joinpath(*names[:k])
        if place.with_suffix(".py").is_file():
            yield place.with_suffix(".py")
        elif (package := place / "__init__.py").is_file():
            yield package
            if "in_folder(" in package.read_text(encoding="utf-8"):
                yield from place.rglob("*.py")


@cache
def _imports(path: Path) -> list[str]:
    """What a file imports of this package, or seems to, in a text: one file too many does no harm."""
    names = []
    for module, several, one, alone in _IMPORT.findall(path.read_text(encoding="utf-8")):
        names += [f"{module}.{name}" for name in re.findall(r"\w+", several or one)] if module else [alone]
    return names

"""Rules by name: those that ship, a user's own in a file, and those of installed packages."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from verify.data.text import plain, show
from verify.errors import BadInput
from verify.optimizers.rule import Rule
from verify.optimizers.rules import RULES

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

# Packages name their rules under this group of entry points.
GROUP = "marginproof.rules"

# A rule is a page of code: a larger file is surely another one.
MOST_BYTES = 1_000_000


def rule_named(text: str) -> Rule:
    """The rule that a text names: one that ships, ``FILE.py:NAME`` (whose code is run), or an entry point of the group
    marginproof.rules. Raises BadInput, in one line, for every way in which there is none."""
    file, _, name = text.rpartition(":")
    if file.endswith(".py"):
        return _in_file(Path(file), name)
    for rule in RULES.values():
        if text == rule.name or text in rule.also:
            return rule
    found = _installed().get(text)
    if found is not None:
        return _entry(text, found)
    if text.endswith(".py"):
        raise BadInput(f"optimizer={show(text, 200)}: name the rule in it, as FILE.py:NAME")
    from difflib import get_close_matches  # late, as above

    near = get_close_matches(text, [name for rule in RULES.values() for name in (rule.name, *rule.also)], 1)
    hint = f" (did you mean {near[0]}?)" if near else ""
    raise BadInput(f"optimizer={plain(text)} is none of {', '.join(RULES)}, and no FILE.py:NAME{hint}")


def _installed() -> dict[str, EntryPoint]:
    from importlib.metadata import (
        entry_points,
    )  # late: it takes a tenth of the time that the command starts in

    return {entry.name: entry for entry in entry_points(group=GROUP)}


def _entry(name: str, entry: EntryPoint) -> Rule:
    try:
        found = entry.load()
    except Exception as error:
        raise BadInput(f"optimizer={name}: its package failed: {_said(error)}") from None
    return _rule(f"optimizer={name}: {entry.value}", found)


def _in_file(path: Path, name: str) -> Rule:
    where = show(str(path), 200)
    if not name.isidentifier():
        raise BadInput(f"optimizer: {show(name)} is no name in {where}; write FILE.py:NAME")
    module = _module(path, where)
    if not hasattr(module, name):
        held = [key for key, value in vars(module).items() if isinstance(value, Rule)]
        raise BadInput(
            f"optimizer: {where} has no {name}"
            + (f", it has {', '.join(held[:8])}" if held else ", and no Rule at all")
        )
    return _rule(f"optimizer: {name} in {where}", getattr(module, name))


def _module(path: Path, where: str) -> ModuleType:
    """The module that running the file makes; nothing is written beside it."""
    code = _code(path, where)
    module = ModuleType(f"marginproof_rule_{path.stem}")
    module.__file__ = str(path)
    sys.modules[module.__name__] = module  # dataclasses and pickle look a module up by its name
    try:
        exec(compile(code, str(path), "exec"), module.__dict__)
    except SyntaxError as error:
        raise BadInput(f"optimizer: {where}, line {error.lineno}: {error.msg}") from None
    except BadInput as error:
        raise BadInput(f"optimizer: {where}: {error}") from None
    except (Exception, SystemExit) as error:
        raise BadInput(f"optimizer: {where} failed: {_said(error)}") from None
    return module


def _code(path: Path, where: str) -> bytes:
    try:
        there, plain, size = path.exists(), path.is_file(), path.stat().st_size if path.exists() else 0
        code = path.read_bytes() if plain and size <= MOST_BYTES else b""
    except (OSError, ValueError) as error:
        raise BadInput(f"optimizer: {where} cannot be read: {_said(error)}") from None
    if not plain:
        raise BadInput(
            f"optimizer: {where} is not a file" if there else f"optimizer: there is no file {where}"
        )
    if size > MOST_BYTES:
        raise BadInput(f"optimizer: {where} has more than {MOST_BYTES} bytes")
    return code


def _said(error: BaseException) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split()):.200}"


def _rule(what: str, found: Any) -> Rule:
    """The object, if it is a rule whose step can be traced. Raises BadInput else."""
    if not isinstance(found, Rule):
        raise BadInput(f"{what} is a {type(found).__name__}, not a Rule")
    found.program  # noqa: B018  # raises BadInput where the step cannot be written as a program
    return found

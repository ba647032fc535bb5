"""Drawers: where objects of one kind are found, those that ship, a user's own in a file, and those of packages.

Whatever can be added to the toolkit (a rule, a loss, a number format, a data family, a claim, a chain) is one file in
one folder, and is found by looking into it. The same object in a user's own file is named ``FILE.py:NAME``, and in an
installed package by an entry point.
"""

from __future__ import annotations

import hashlib
import importlib
import logging
import pkgutil
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from verify.errors import BadInput
from verify.files import NotRegular, TooLong, read_regular

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

T = TypeVar("T")

log = logging.getLogger(__name__)

# An object of one's own is a page of code: a larger file is surely another one.
MOST_BYTES = 1_000_000

# The most characters of a path or of a user's own message that a line bears, and the most names.
LONGEST, LISTED = 200, 8

# How alike a near miss is at least: fp16 and float16 are by 0.55.
NEAR = 0.54

# The modules that files become begin with this.
PREFIX = "marginproof_file_"


def in_folder(name: str, path: Sequence[str]) -> list[ModuleType]:
    """The modules of a package, in the order of their names."""
    return [
        importlib.import_module(f"{name}.{module.name}")
        for module in sorted(pkgutil.iter_modules(path), key=lambda module: module.name)
    ]


def in_order(modules: Sequence[ModuleType]) -> list[ModuleType]:
    """Modules by the `PLACE` that they give themselves, those without one last."""
    return sorted(modules, key=lambda module: getattr(module, "PLACE", sys.maxsize))


def require_plain(option: str, name: object) -> None:
    """Raise BadInput for a name that cannot stand in a command line and be a file's name everywhere."""
    if not isinstance(name, str) or not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,59}", name):
        raise BadInput(f"{option}: the name {name!r:.60} is not up to 60 letters, digits, '-', '_' and '.'")


@dataclass(frozen=True)
class Drawer(Generic[T]):
    """Where objects of one kind are found by name.

    option   what messages begin with, such as ``optimizer``;
    kind     the class of the objects;
    group    the group of entry points under which installed packages name theirs;
    shipped  those that ship, by all their names;
    listed   the names among these that a message lists; all of them by default;
    made     makes the object of what a file or a package holds under the name, where that may be something else;
    check    raises BadInput for an object from elsewhere that cannot be used.
    """

    option: str
    kind: type[T]
    group: str
    shipped: Callable[[], Mapping[str, T]]
    listed: Callable[[], Sequence[str]] | None = None
    made: Callable[[Any], Any] = lambda found: found
    check: Callable[[T], object] = lambda found: None

    def named(self, text: str) -> T:
        """The object that a text names. Raises BadInput, in one line, for every way in which there is none."""
        file, name = split(text, self.option)
        if file is not None:
            return self.in_file(file, name)
        known = self.shipped()
        if text in known:
            return known[text]
        installed = self.installed()
        if text in installed:
            return self._entry(text, installed[text])
        if text.endswith(".py"):
            what = self.kind.__name__.lower()
            raise BadInput(f"{self.option}={_plain(text)}: name the {what} in it, as FILE.py:NAME")
        listed = ", ".join([*(self.listed() if self.listed else known), *sorted(installed)])
        raise BadInput(
            f"{self.option}={_plain(text)} is none of {listed}, and no FILE.py:NAME"
            + near(text, [*known, *(self.listed() if self.listed else ()), *installed])
        )

    def installed(self) -> dict[str, EntryPoint]:
        """The entry points of installed packages, by name."""
        # Late: it takes a tenth of the time that a command starts in.
        from importlib.metadata import entry_points

        return {entry.name: entry for entry in entry_points(group=self.group)}

    def in_file(self, path: Path, name: str) -> T:
        """The object of that name in a file, whose code is run."""
        where = _show(str(path))
        if not name.isidentifier():
            raise BadInput(f"{self.option}: {_show(name, 40)} is no name in {where}; write FILE.py:NAME")
        module = module_of(path, self.option)
        if not hasattr(module, name):
            held = [key for key, value in vars(module).items() if isinstance(value, self.kind)]
            raise BadInput(
                f"{self.option}: {where} has no {name}"
                + (
                    f", it has {', '.join(held[:LISTED])}"
                    if held
                    else f", and no {self.kind.__name__} at all"
                )
                + near(name, held)
            )
        return self._checked(f"{self.option}: {name} in {where}", getattr(module, name))

    def _entry(self, name: str, entry: EntryPoint) -> T:
        try:
            with redirect_stdout(sys.stderr):
                found = entry.load()
        except (Exception, SystemExit) as error:
            raise BadInput(f"{self.option}={_plain(name)}: its package failed: {said(error)}") from None
        return self._checked(f"{self.option}={name}: {entry.value}", found)

    def _checked(self, what: str, found: Any) -> T:
        try:
            found = self.made(found)
        except BadInput as error:
            raise BadInput(f"{what}: {error}") from None
        except Exception as error:
            raise BadInput(f"{what} failed: {said(error)}") from None
        if not isinstance(found, self.kind):
            raise BadInput(f"{what} is a {type(found).__name__}, not a {self.kind.__name__}")
        self.check(found)
        return found


def split(text: str, option: str = "name") -> tuple[Path | None, str]:
    """FILE.py and NAME of a text ``FILE.py:NAME``, or no file and the text. Raises BadInput, beginning with ``option``,
    for what a script gives in place of a text."""
    if not isinstance(text, str):
        raise BadInput(
            f"{option}={_show(text, 40)} has type {type(text).__name__}: not a name, nor FILE.py:NAME"
        )
    file, _, name = text.rpartition(":")
    return (Path(file), name) if file.endswith(".py") else (None, text)


def module_of(path: Path, option: str) -> ModuleType:
    """The module that running a file makes; nothing is written beside it, and what it prints goes to standard error.

    The same file with the same content is run once. Raises BadInput, beginning with ``option``, where it cannot be.
    """
    where = _show(str(path))
    code = _code(path, where, option)
    digest = hashlib.sha256(str(path.resolve()).encode(errors="surrogateescape") + b"\n" + code).hexdigest()
    stem = re.sub(r"\W", "_", path.stem)
    name = f"{PREFIX}{stem}_{digest[:16]}"
    if name in sys.modules:
        return sys.modules[name]
    log.info("running %s", path)
    module = ModuleType(name)
    module.__file__ = str(path)
    sys.modules[name] = module  # dataclasses and pickle look a module up by its name
    try:
        with redirect_stdout(sys.stderr):
            exec(compile(code, str(path), "exec"), module.__dict__)
    except BaseException as error:
        del sys.modules[name]
        if isinstance(error, SyntaxError):
            at = f"{where}, line {error.lineno}" if error.filename == str(path) else where
            raise BadInput(f"{option}: {at}: {error.msg}") from None
        if isinstance(error, BadInput):
            raise BadInput(f"{option}: {where}: {error}") from None
        if isinstance(error, Exception | SystemExit):
            raise BadInput(f"{option}: {where} failed: {said(error)}") from None
        raise
    return module


def _code(path: Path, where: str, option: str) -> bytes:
    try:
        return read_regular(path, MOST_BYTES)
    except FileNotFoundError:
        raise BadInput(f"{option}: there is no file {where}") from None
    except (NotRegular, IsADirectoryError):
        raise BadInput(f"{option}: {where} is not a file") from None
    except TooLong:
        raise BadInput(f"{option}: {where} has more than {MOST_BYTES} bytes") from None
    except (OSError, ValueError) as error:
        raise BadInput(f"{option}: {where} cannot be read: {said(error)}") from None


def home(found: object, *parts: Any) -> tuple[ModuleType, str] | None:
    """The module made from a user's file that holds this object at its top, and its name there; None if none does.

    A module in which one of its ``parts`` (functions) was defined is looked at too.
    """
    names = {getattr(part, "__module__", None) for part in parts}
    imported = [sys.modules[name] for name in names if name in sys.modules]
    for module in (
        *(module for name, module in list(sys.modules.items()) if name.startswith(PREFIX)),
        *(m for m in imported if (getattr(m, "__file__", None) or "").endswith(".py")),
    ):
        for name, value in vars(module).items():
            if value is found and not name.startswith("__"):
                return module, name
    return None


def spelled(found: object, *parts: Any) -> str | None:
    """``FILE.py:NAME`` of an object that came from a user's file, which names it again; None for all others."""
    place = home(found, *parts)
    return None if place is None else f"{place[0].__file__}:{place[1]}"


def said(error: BaseException) -> str:
    """An error of a user's code, on one line."""
    return f"{type(error).__name__}: {' '.join(str(error).split()):.{LONGEST}}"


def _show(value: object, most: int = LONGEST) -> str:
    """A value, a text quoted, cut to what a line bears."""
    text = value if isinstance(value, str) else repr(value)
    return repr(value) if len(text) <= most else f"{text[:most]!r}... ({len(text)} characters)"


def _plain(text: str) -> str:
    """A text as it was written, if it is short and printable, else quoted and cut. As `verify.data.text` has it, which
    imports this module by way of the families."""
    return text if text.isprintable() and len(text) <= 40 else _show(text, 40)


def require_one_of(what: str, value: object, names: Iterable[str]) -> None:
    """Raise BadInput, with the name that was nearly given, for a value that is none of the names."""
    known = list(names)
    if value not in known:
        shown = _plain(value) if isinstance(value, str) else _show(value, 40)
        raise BadInput(f"{what}={shown} is none of {', '.join(known)}{near(str(value), known)}")


def near(text: str, names: Sequence[str]) -> str:
    from difflib import get_close_matches  # late, as above

    folded = {name.lower(): name for name in names}
    near = get_close_matches(text.lower(), list(folded), 1, NEAR)
    return f" (did you mean {folded[near[0]]}?)" if near else ""

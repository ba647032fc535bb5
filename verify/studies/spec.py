"""A study as a file in TOML says it; what cannot be is refused in one line that names the key."""

from __future__ import annotations

import hashlib
import inspect
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from verify.ask.values import path_of, rational, shown
from verify.data.text import plain, show
from verify.drawers import near, said, split
from verify.errors import BadInput
from verify.executor.guarded import Bounds
from verify.files import NotRegular, TooLong, read_regular
from verify.studies.asks import ASKS, property_named
from verify.studies.item import function_at
from verify.studies.parts import axes, data_axes, known, optimizer_axes, tables, text
from verify.studies.plan import Block, Plan, text_of
from verify.studies.sources import placed

MOST_BYTES = 2**20
KEYS = ("title", "about", "ask", "data", "optimizer", "options", "keep", "certificates", "bounds", "plot")
# Plots: the median of a value, or the share of items with it, along one key or over two. ``where`` is COLUMN=VALUE.
KINDS = ("curve", "map", "share", "share-map")
PLOT = ("kind", "x", "y", "value", "by", "where", "title")
_UNITS = {"B": 1, "kB": 10**3, "MB": 10**6, "GB": 10**9, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30}
_MEMORY = re.compile(r"([0-9]+(?:\.[0-9]+)?) ?([A-Za-z]+)", re.ASCII)


@dataclass(frozen=True)
class Spec:
    """A study: its title, what it is about, its items, what one may take, and the plots of its page. Files that it
    names are found from the folder ``base``."""

    title: str
    about: str
    base: Path
    plan: Plan
    bounds: Bounds
    plots: tuple[Mapping[str, Any], ...]

    def digest(self) -> str:
        """By which a ledger knows whose items it holds."""
        parts = [
            [block.fixed, *([axis.part, axis.key, _short(axis.values)] for axis in block.axes)]
            for block in self.plan.blocks
        ]
        return hashlib.sha256(text_of(parts).encode()).hexdigest()


def _short(values: Any) -> Any:
    return repr(values) if isinstance(values, range) else list(values)


def read(source: str | Path | Mapping[str, Any]) -> Spec:
    """The study in a file, or in a mapping of the same form, whose files are found from the working directory."""
    if isinstance(source, Mapping):
        return _spec(source, Path(), "study")
    path, name = Path(path_of("study", source)), plain(str(source))
    try:
        content = read_regular(path, MOST_BYTES).decode("utf-8")
        found = tomllib.loads(content, parse_float=str)  # the decimal that is written
    except FileNotFoundError:
        raise BadInput(f"{name}: there is no such file") from None
    except (NotRegular, TooLong):
        raise BadInput(f"{name} is not a file of at most {MOST_BYTES} bytes") from None
    except OSError as error:
        raise BadInput(f"{name} cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadInput(f"{name} is not TOML: {said(error)}") from None
    try:
        return _spec(found, path.parent, path.stem)
    except BadInput as error:
        raise BadInput(f"{name}: {error}") from None


def _spec(given: Mapping[str, Any], base: Path, name: str) -> Spec:
    known("", given, KEYS)
    title, about = (text(key, given.get(key, usual)) for key, usual in (("title", name), ("about", "")))
    if "ask" not in given:
        raise BadInput(f"ask is missing: {', '.join(ASKS)}, or FILE.py:NAME")
    ask, options = text("ask", given["ask"]), given.get("options", {})
    takes = _takes(ask, base)
    wanted = axes("options", options, "options")
    if takes is not None:
        known("options", options, takes)
    data, optimizers = tables("data", given), tables("optimizer", given)
    _require_parts(ask, bool(data), bool(optimizers), options)
    properties = [value for axis in wanted if axis.key == "property" for value in axis.values]
    for named in properties if ask == "judge" else ():
        property_named(placed(text("options.property", named), base))
    fixed = {"ask": ask} | _kept(given)
    blocks = [
        Block(fixed, (*of_data, *of_optimizer, *wanted))
        for of_data in [data_axes(where, table, base, properties) for where, table in data] or [[]]
        for of_optimizer in [optimizer_axes(where, table, base) for where, table in optimizers] or [[]]
    ]
    _require_call(ask, blocks[0][0], base)
    return Spec(title, about, base, Plan(tuple(blocks)), _bounds(given.get("bounds", {})), _plots(given))


def _takes(ask: str, base: Path) -> tuple[str, ...] | None:
    """The options that a question takes, None where a function takes any."""
    if split(ask)[0] is None:
        if ask not in ASKS:
            raise BadInput(
                f"ask={show(ask)} is none of {', '.join(ASKS)}, and no FILE.py:NAME{near(ask, list(ASKS))}"
            )
        return ASKS[ask].options
    function = function_at(ask, base)
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):  # a function that does not say what it takes
        return None
    if any(each.kind is each.VAR_KEYWORD for each in parameters):
        return None
    return tuple(each.name for each in parameters if each.name not in ("data", "optimizer"))


def _require_parts(ask: str, data: bool, optimizers: bool, options: Mapping[str, Any]) -> None:
    if ask not in ASKS:
        return
    if not data:
        raise BadInput(f"data is missing: {ask} is about data, from a family, a file or a strategy")
    if ASKS[ask].optimizer and not optimizers and ask != "judge":
        raise BadInput(f"optimizer is missing: {ask} is about an optimizer")
    if not ASKS[ask].optimizer and optimizers:
        raise BadInput(f"optimizer: {ask} is about data alone")
    if ask == "judge" and "property" not in options:
        raise BadInput("options.property is missing: a judge is that of a property")


def _require_call(ask: str, first: Mapping[str, Any], base: Path) -> None:
    """BadInput where a function of one's own cannot be called with what the first item has."""
    if ask in ASKS:
        return
    given = dict(first.get("options", {})) | {part: None for part in ("data", "optimizer") if part in first}
    function = function_at(ask, base)
    try:
        inspect.signature(function).bind(**given)
    except TypeError as error:
        raise BadInput(f"options: {ask}: {error}") from None
    except ValueError:  # as above
        return


def _kept(given: Mapping[str, Any]) -> dict[str, Any]:
    """What is kept of an answer: parts by names and paths, and its certificate."""
    certificates = given.get("certificates", False)
    if not isinstance(certificates, bool):
        raise BadInput(f"certificates={shown(certificates)} is neither true nor false")
    kept: dict[str, Any] = {"certificates": True} if certificates else {}
    if "keep" not in given:
        return kept
    found = given["keep"]
    paths = {text("keep", path): path for path in found} if isinstance(found, list) else found
    if not isinstance(paths, Mapping) or not paths:
        raise BadInput(f"keep={shown(found)} is neither a list of paths nor a table of names and paths")
    return kept | {"keep": {name: text(f"keep.{name}", path) for name, path in paths.items()}}


def _bounds(given: Any) -> Bounds:
    known("bounds", given, ("seconds", "memory"))
    seconds = memory = None
    if "seconds" in given:
        seconds = float(rational("bounds.seconds", given["seconds"]))
        if seconds <= 0:
            raise BadInput(f"bounds.seconds={shown(given['seconds'])} is not positive")
    if "memory" in given:
        match = _MEMORY.fullmatch(str(given["memory"]))
        if match is None or match[2] not in _UNITS:
            sizes = ", ".join(f"2 {unit}" for unit in _UNITS)
            raise BadInput(f"bounds.memory={shown(given['memory'])} is no size such as {sizes}")
        memory = int(float(match[1]) * _UNITS[match[2]])
    return Bounds(seconds, memory)


def _plots(given: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    plots = tables("plot", given)
    for where, plot in plots:
        known(where, plot, PLOT)
        for key, value in plot.items():
            text(f"{where}.{key}", value)
        kind = plot.get("kind", "curve")
        if kind not in KINDS:
            raise BadInput(f"{where}.kind={shown(kind)} is none of {', '.join(KINDS)}{near(kind, KINDS)}")
        for key in ("x", "value", *(("y",) if kind.endswith("map") else ())):
            if key not in plot:
                raise BadInput(f"{where}.{key} is missing: a {kind} needs it")
    return tuple(plot for _, plot in plots)

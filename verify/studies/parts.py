"""The tables of a study that say of what it is asked: data and optimizers, as axes of values that were tried."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from verify.ask.optimizers import CHOICES, NUMBERS
from verify.ask.values import shown
from verify.data.families import DRAWER, FAMILIES, is_family
from verify.data.read import BUNDLED
from verify.data.reading import OPTIONS
from verify.data.text import plain, show
from verify.drawers import near
from verify.errors import BadInput
from verify.files import NotRegular, TooLong, read_regular
from verify.optimizers.load import rule_named
from verify.studies.item import data_at, optimizer_at
from verify.studies.plan import Axis, Block
from verify.studies.sources import ROOT, placed
from verify.studies.values import values

SOURCES = ("family", "file", "strategy")
# The most bytes of a data file that its digest is made of.
MOST_BYTES = 2**30


def known(where: str, given: Any, keys: Iterable[str]) -> None:
    """BadInput for what is no table, and for a key that it does not have."""
    if not isinstance(given, Mapping):
        raise BadInput(f"{where}={shown(given)} is not a table")
    keys = list(keys)
    for key in given:
        if key not in keys:
            place = f"{where}.{plain(key, 40)}" if where else plain(key, 40)
            has = f"none of {', '.join(keys)}" if keys else "nothing that it takes"
            raise BadInput(f"{place} is {has}{near(key, keys)}")


def text(where: str, value: Any) -> str:
    """The value, if it is text."""
    if not isinstance(value, str):
        raise BadInput(f"{where}={shown(value)} is not text")
    return value


def tables(part: str, given: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    """The tables of a part, with what messages call them."""
    found = given.get(part, [])
    several = [found] if isinstance(found, Mapping) else found
    if not isinstance(several, list) or not all(isinstance(table, Mapping) for table in several):
        raise BadInput(f"{part}={shown(found)} is neither a table [{part}] nor tables [[{part}]]")
    return [(part if len(several) < 2 else f"{part}[{k}]", table) for k, table in enumerate(several)]


def axes(part: str, table: Any, where: str) -> list[Axis]:
    """An axis for each key of a table."""
    if not isinstance(table, Mapping):
        raise BadInput(f"{where}={shown(table)} is not a table")
    return [Axis(part, key, values(f"{where}.{plain(key, 40)}", value)) for key, value in table.items()]


def data_axes(where: str, table: Mapping[str, Any], base: Path, properties: Sequence[str]) -> list[Axis]:
    """The axes of a table of data; the first of them is made, to see whether it can be."""
    sources = [key for key in SOURCES if key in table]
    if len(sources) != 1:
        raise BadInput(f"{where}: exactly one of {', '.join(SOURCES)} says where data come from")
    source = sources[0]
    names = _names(f"{where}.{source}", table[source])
    rest = {key: value for key, value in table.items() if key != source}
    if source == "file":
        return _files(where, names, rest, base)
    found = [Axis("data", source, names), *axes("data", rest, where)]
    for name in names:
        if source == "family":
            _require_family(where, name, rest, base)
        first = Block({}, tuple(found))[0]["data"] | {source: name}
        try:
            if source == "family":
                data_at(first, base)
            else:
                from verify.studies.draws import strategy_at  # late: with Hypothesis

                keys = {key: value for key, value in first.items() if key not in (source, "seed")}
                strategy_at(placed(name, base), properties[0] if properties else None, keys)
        except BadInput as error:
            raise BadInput(f"{where}: {error}") from None
    return found


def _names(where: str, given: Any) -> list[str]:
    return [text(where, name) for name in (given if isinstance(given, list) and given else [given])]


def _require_family(where: str, name: str, keys: Mapping[str, Any], base: Path) -> None:
    called = placed(name, base)
    if not is_family(called) or (":" in name and ".py:" not in name):
        listed = ", ".join(FAMILIES)
        raise BadInput(
            f"{where}.family={show(name)} is none of {listed}, and no FILE.py:NAME{near(name, list(FAMILIES))}"
        )
    known(where, keys, DRAWER.named(called).parameters)


def _files(where: str, names: Sequence[str], options: Mapping[str, Any], base: Path) -> list[Axis]:
    """Files that are read in one way, with the digests of their contents, by which their items have other keys once
    they change. Labels and names of columns stay as they are written."""
    known(where, options, OPTIONS)
    digests = []
    for name in names:
        bundled = name in BUNDLED and not (base / name).is_file()
        try:
            content = read_regular(
                ROOT / "verify" / "data" / f"{name}.csv" if bundled else base / name, MOST_BYTES
            )
        except (OSError, NotRegular, TooLong):
            raise BadInput(
                f"{where}.file={show(name)}: there is no such file, nor a bundled set of that name"
            ) from None
        digests.append(hashlib.sha256(content).hexdigest())
    if len(names) > 1:
        raise BadInput(f"{where}.file: of several files each has a table [[data]] of its own")
    for key, value in options.items():
        if isinstance(value, Mapping):
            raise BadInput(f"{where}.{key}={shown(value)}: a file is read in one way")
    found = [Axis("data", "file", names), *(Axis("data", key, [value]) for key, value in options.items())]
    try:
        data_at(Block({}, tuple(found))[0]["data"], base)
    except BadInput as error:
        raise BadInput(f"{where}: {error}") from None
    return [*found, Axis("data", "sha256", digests)]


def optimizer_axes(where: str, table: Mapping[str, Any], base: Path) -> list[Axis]:
    """The axes of a table of optimizers. Each value is tried with the first of all others, so that what cannot be is
    refused before anything runs."""
    if "name" not in table:
        raise BadInput(f"{where}.name is missing: a rule's name, or FILE.py:NAME")
    names = _names(f"{where}.name", table["name"])
    found = axes("optimizer", {key: value for key, value in table.items() if key != "name"}, where)
    first = {axis.key: axis.values[0] for axis in found}
    for name in names:
        try:
            rule = rule_named(placed(name, base))
        except BadInput as error:
            raise BadInput(f"{where}.name: {error}") from None
        known(where, table, ("name", *(number.name for number in rule.hyper), *NUMBERS, *CHOICES))
        tried = [(axis.key, value) for axis in found for value in axis.values] or [("name", name)]
        for key, value in tried:
            try:
                optimizer_at(first | {"name": name} | {key: value}, base)
            except BadInput as error:
                raise BadInput(f"{where}.{key}: {error}") from None
    return [Axis("optimizer", "name", names), *found]

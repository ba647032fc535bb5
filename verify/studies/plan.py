"""The items of a study, counted without being made and made without being kept; each has a key made of its content."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import prod
from typing import Any

Asked = dict[str, Any]


def text_of(document: Any) -> str:
    """The one JSON text of a document: keys in order, no blanks, no numbers that JSON does not have."""
    return json.dumps(
        document, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False, default=_plain
    )


def _plain(value: Any) -> Any:
    """What JSON can hold of an exact number, or of a number or an array of NumPy's."""
    if isinstance(value, Fraction):
        return str(value)
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"a {type(value).__name__} has no place in a ledger: numbers, text, lists and dicts have")


def key_of(asked: Asked) -> str:
    """The key of an item: half of the SHA-256 of its text, 128 bits."""
    return hashlib.sha256(text_of(asked).encode()).hexdigest()[:32]


@dataclass(frozen=True)
class Axis:
    """The values that one key of a part of the question takes."""

    part: str
    key: str
    values: Sequence[Any]


@dataclass(frozen=True)
class Block:
    """All combinations of the values of some axes, the last axis fastest, beside what is fixed."""

    fixed: Asked
    axes: tuple[Axis, ...]

    def __len__(self) -> int:
        return prod(len(axis.values) for axis in self.axes)

    def __getitem__(self, number: int) -> Asked:
        asked = {part: dict(keys) if isinstance(keys, dict) else keys for part, keys in self.fixed.items()}
        for axis in reversed(self.axes):
            number, k = divmod(number, len(axis.values))
            asked.setdefault(axis.part, {})[axis.key] = axis.values[k]
        return asked


@dataclass(frozen=True)
class Plan:
    """The items of a study in their order."""

    blocks: tuple[Block, ...]

    def __len__(self) -> int:
        return sum(map(len, self.blocks))

    def __getitem__(self, number: int) -> Asked:
        for block in self.blocks:
            if number < len(block):
                return block[number]
            number -= len(block)
        raise IndexError

    def __iter__(self) -> Iterator[Asked]:
        return (block[k] for block in self.blocks for k in range(len(block)))

    def varied(self) -> list[tuple[str, str]]:
        """The parts and keys that differ between items."""
        seen: dict[tuple[str, str], set[str]] = {}
        for block in self.blocks:
            first = {(part, key): [value] for part, keys in block.fixed.items() if isinstance(keys, dict)
                     for key, value in keys.items()}  # fmt: skip
            axes = {(axis.part, axis.key): axis.values[:2] for axis in block.axes}
            for place, values in (first | axes).items():
                seen.setdefault(place, set()).update(map(repr, values))
        return [place for place, values in seen.items() if len(values) > 1]

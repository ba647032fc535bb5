"""What a planted fault is: a text that stands exactly once in a file becomes another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """In ``file``, ``right`` becomes ``wrong``, which is ``what``."""

    part: str
    file: str
    what: str
    right: str
    wrong: str


@dataclass(frozen=True)
class Part:
    """Faults of some files, as (what, right, wrong), and the tests that must notice them.

    A test is a file, or one function of it where the whole file takes long.
    """

    name: str
    tests: tuple[str, ...]
    files: Mapping[str, tuple[tuple[str, str, str], ...]]

    @property
    def faults(self) -> tuple[Fault, ...]:
        """The faults, in order."""
        return tuple(
            Fault(self.name, file, *change) for file, changes in self.files.items() for change in changes
        )

"""What a family of data is: a function that makes them, and how the text of its parameters is read."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

from verify.data.bounds import check_shape
from verify.data.dataset import Dataset
from verify.data.text import NotANumberError, exact, exactly, plain, show
from verify.drawers import said
from verify.errors import BadInput

_MOST_DIGITS = 30

Reader = Callable[[str], Any]


def whole(text: str) -> int:
    """A nonnegative integer, which n, d and seed are."""
    if not (text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS):
        raise NotANumberError("is not a nonnegative integer of reasonable size")
    return int(text)


def rational(text: str) -> Fraction:
    """A decimal or a fraction."""
    return exact(text)


def rationals(text: str) -> list[Fraction]:
    """A list such as ``1:3/2:4``."""
    return [exact(part) for part in text.split(":")]


@dataclass(frozen=True)
class Family:
    """A family of data sets.

    make   takes the parameters by name and returns a Dataset, or its rows: sequences of numbers, or of text such as
           "3/7"; labels are already multiplied in. What it draws it draws from ``seed``, so that the same parameters
           give the same rows;
    reads  how the text of a parameter is read: ``rational``, ``rationals``, or ``whole``, which is the usual one.
    """

    name: str
    make: Callable[..., Any]
    reads: Mapping[str, Reader] = field(default_factory=dict)

    @property
    def parameters(self) -> dict[str, inspect.Parameter]:
        """What ``make`` takes by name."""
        kinds = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
        return {key: p for key, p in inspect.signature(self.make).parameters.items() if p.kind in kinds}

    def data(self, text: str, called: str | None = None) -> Dataset:
        """The data for parameters ``name=value,...``; raises BadInput that names what is wrong.

        ``called`` is what a family of one's own is called by, with which its data set's name begins.
        """
        family, known = called or self.name, self.parameters
        given: dict[str, object] = {}
        for item in text.split(",") if text else []:
            key, equals, value = item.partition("=")
            key = key.strip()
            if not equals:
                raise BadInput(f"{family}: {show(item)} is not name=value")
            if key not in known:
                raise BadInput(f"{family}: unknown parameter {show(key)}; it has {', '.join(known)}")
            if key in given:
                raise BadInput(f"{family}: parameter {key} is given twice, the second time as {show(value)}")
            given[key] = self._read(family, key, value.strip())
        missing = [key for key, p in known.items() if p.default is p.empty and key not in given]
        if missing:
            raise BadInput(f"{family}: missing parameter {', '.join(missing)} in {show(f'{family}:{text}')}")
        if called is None:
            made: Dataset = self.make(**given)
            return made
        try:
            found = self.make(**given)
            name = plain(f"{called}:{text}" if text else called)
            if not isinstance(found, Dataset):
                return Dataset(name, _exact_rows(name, found))
            return replace(found, name=name, rows=_exact_rows(name, found.rows))
        except BadInput as error:
            raise BadInput(f"{family}: {error}") from None
        except Exception as error:
            raise BadInput(f"{family} failed: {said(error)}") from None

    def _read(self, family: str, key: str, value: str) -> object:
        try:
            return self.reads.get(key, whole)(value)
        except NotANumberError as reason:
            raise BadInput(f"{family}: {key}={show(value)} {reason}") from None
        except Exception as error:  # a reader of one's own
            raise BadInput(f"{family}: {key}={show(value)}: {said(error)}") from None


def _exact_rows(name: str, rows: Sequence[Sequence[Any]]) -> tuple[tuple[Fraction, ...], ...]:
    check_shape(name, len(rows), len(rows[0]) if len(rows) else 0)
    return tuple(tuple(_exactly(entry) for entry in row) for row in rows)


def _exactly(entry: Any) -> Fraction:
    number = exactly(entry)
    if number is None:
        raise TypeError(f"{show(entry)} has type {type(entry).__name__}: not a number")
    return number

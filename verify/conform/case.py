"""What one comparison is made of: hyperparameters, parameters, and a sequence of gradients for them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

Vector = tuple[float, ...]
# The gradients of one step: for each parameter its entries, or None where it has no gradient.
Gradients = tuple[Vector | None, ...]


@dataclass(frozen=True)
class Case:
    """One sequence of gradients, and how an optimizer is fed it.

    gradients        for each call of the optimizer those of each parameter;
    start            for each parameter what all its entries are at the beginning;
    hyperparameters  by the rule's names, lr and weight_decay included;
    sizes            entries of each parameter;
    back             whether the weights are put back to the start before each call, so that the update itself is read;
    groups           whether the second parameter is in a group of its own, with twice the step size;
    slower           the call from which on the step size is halved; 0: none;
    rows             of parameters that are matrices the number of rows of each; none where they are vectors.
    """

    gradients: tuple[Gradients, ...]
    hyperparameters: tuple[tuple[str, float], ...]
    sizes: tuple[int, ...] = (1,)
    start: Vector = (0.0,)
    back: bool = False
    groups: bool = False
    slower: int = 0
    rows: tuple[int, ...] = ()

    def shape(self, parameter: int) -> tuple[int, ...]:
        """The shape of a parameter."""
        size = self.sizes[parameter]
        return (self.rows[parameter], size // self.rows[parameter]) if self.rows else (size,)

    @property
    def values(self) -> dict[str, float]:
        """The hyperparameters by name."""
        return dict(self.hyperparameters)

    def lr(self, parameter: int, call: int) -> float:
        """The step size of a parameter in a call, counted from 1."""
        factor = 2.0 if self.groups and parameter == 1 else 1.0
        return self.values["lr"] * factor * (0.5 if self.slower and call >= self.slower else 1.0)

    def flat(self) -> list[list[float | None]]:
        """The gradients with the parameters' entries one after the other, None for each entry without one."""
        return [
            [entry for size, part in zip(self.sizes, row, strict=True) for entry in (part or [None] * size)]
            for row in self.gradients
        ]

    def __repr__(self) -> str:
        parts = [f"{list(map(_listed, self.gradients))}", f"{_plain(self.values)}"]
        if self.sizes != (1,) or self.start != (0.0,):
            parts.append(f"start={_listed(self.start)}")
        for name in ("back", "groups"):
            if getattr(self, name):
                parts.append(f"{name}=True")
        if self.slower:
            parts.append(f"slower={self.slower}")
        if self.rows:
            parts.append(f"rows={list(self.rows)}")
        return f"case({', '.join(parts)})"


def case(
    gradients: Iterable[Iterable[Any]],
    hyperparameters: dict[str, float],
    start: Iterable[float] = (0.0,),
    back: bool = False,
    groups: bool = False,
    slower: int = 0,
    rows: Iterable[int] = (),
) -> Case:
    """A case from lists: for each call a list with a list of numbers, or None, for each parameter; of a matrix with so
    many ``rows`` one after the other."""
    calls = tuple(
        tuple(None if part is None else tuple(float(x) for x in part) for part in row) for row in gradients
    )
    sizes = tuple(
        next((len(part) for row in calls if (part := row[place]) is not None), 1) for place in range(len(calls[0]))
    )  # fmt: skip
    named = tuple((name, float(value)) for name, value in hyperparameters.items())
    return Case(calls, named, sizes, tuple(map(float, start)), back, groups, slower, tuple(rows))


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) and abs(value) < 1e6 else repr(value)


def _listed(entries: Any) -> Any:
    return [
        None if part is None else [_Number(x) for x in part] if isinstance(part, tuple) else _Number(part)
        for part in entries
    ]


class _Number(float):
    """A float whose repr is short."""

    def __repr__(self) -> str:
        return _number(float(self))


def _plain(values: dict[str, float]) -> dict[str, _Number]:
    return {name: _Number(value) for name, value in values.items()}

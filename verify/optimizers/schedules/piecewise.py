"""Piecewise constant steps from a file: each line is ``step,size``, the size of the steps from that step on.

Steps count from 0, where the first line is. A size is a factor of lr, which is 1 where none is given. A line that is no
pair of numbers may head the file. If the last size is 0 the steps' sum is finite.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from typing import Any, ClassVar, Self

from verify.data.dataset import LARGEST, SMALLEST
from verify.data.text import NotANumberError, exact, plain, show
from verify.errors import BadInput
from verify.files import NotRegular, TooLong, read_regular
from verify.numbers.system import Numbers
from verify.optimizers.schedule import MOST_STEPS, Schedule

# Each step looks through all pieces.
MOST_BYTES, MOST_PIECES = 100_000, 1000


@dataclass(frozen=True)
class Piecewise(Schedule):
    """The factor ``sizes[j]`` from step ``steps[j]`` on."""

    name: ClassVar[str] = "piecewise"
    wants: ClassVar[str] = "FILE"
    usual: ClassVar[Fraction] = Fraction(1)

    steps: tuple[int, ...] = (0,)
    sizes: tuple[Fraction, ...] = (Fraction(1),)
    file: str = ""

    def read(self, argument: str) -> Self:
        if not argument:
            return super().read(argument)
        steps, sizes = zip(*_pieces(argument), strict=True)
        return replace(self, steps=steps, sizes=sizes, file=argument)

    def factor(self, num: Numbers) -> Callable[[Any], Any]:
        edges = [num.number(Fraction(2 * step - 1, 2)) for step in self.steps[1:]]
        sizes, one = [num.number(size) for size in self.sizes], num.number(Fraction(1))

        def factor(t: Any) -> Any:
            begun = [one, *((1 + num.sign(t - edge)) / 2 for edge in edges), 0 * one]
            return sum(
                (here - after) * size for (here, after), size in zip(pairwise(begun), sizes, strict=True)
            )

        return factor

    @property
    def last(self) -> Fraction:
        return self.sizes[-1]

    @property
    def begun(self) -> int:
        return self.steps[-1]

    @property
    def end(self) -> int | None:
        return None if self.last else self.steps[-1]

    @property
    def largest(self) -> Fraction:
        return max(self.sizes)

    def to_json(self) -> dict[str, Any]:
        pieces = zip(self.steps, self.sizes, strict=True)
        return super().to_json() | {"pieces": [[step, str(size)] for step, size in pieces]}

    def __str__(self) -> str:
        return f"{self.name}:{self.file}"


def _pieces(path: str) -> list[tuple[int, Fraction]]:
    """Steps and sizes. Raises BadInput, naming the line, for what is none."""
    where = f"schedule: {plain(path)}"
    try:
        lines = read_regular(path, MOST_BYTES).decode().splitlines()
    except OSError as error:
        raise BadInput(f"{where} cannot be read: {error.strerror}") from None
    except (NotRegular, TooLong, ValueError):
        raise BadInput(f"{where} is no text file of at most {MOST_BYTES} bytes") from None
    found: list[tuple[int, Fraction]] = []
    for number, line in enumerate(lines, 1):
        if not line.strip() or (
            number == 1 and not any(part.strip()[:1].isdigit() for part in line.split(","))
        ):
            continue
        try:
            step, size = map(exact, line.split(","))
        except (NotANumberError, ValueError):
            raise BadInput(f"{where}, line {number}: {show(line)} is not step,size") from None
        after = found[-1][0] if found else -1
        if step.denominator != 1 or not after < step <= MOST_STEPS or (not found and step):
            order = f"after {after}" if found else "0: the first line says how steps begin"
            raise BadInput(f"{where}, line {number}: step={show(str(step))} is no whole number {order}")
        if size and not SMALLEST <= size <= LARGEST:
            raise BadInput(
                f"{where}, line {number}: size={show(str(size))} is outside [2^-500, 2^500] and not 0"
            )
        found.append((int(step), size))
    if not found or len(found) > MOST_PIECES or not any(size for _, size in found):
        raise BadInput(
            f"{where} has {len(found)} pieces; there are 1 to {MOST_PIECES}, one of a size above 0"
        )
    return found


SCHEDULE = Piecewise()

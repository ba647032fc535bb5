"""The fewest samples without which data are separable.

Where nothing separates, an exact combination of rows is 0 (`verify.data.separability`), and whatever is left out must
hold one of its samples. So each witness bounds the choice: to leave out m samples, leave out one of the witness's, and
m - 1 from what remains. All sets of m samples that could do are tried before m + 1 is, so what is found first is proved
to be the fewest.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from verify.data.dataset import Dataset
from verify.data.separability import NotSeparable, separate
from verify.errors import BadInput

# Programs, of some hundredths of a second for iris. A set that needs more is not said to have none.
MOST_PROGRAMS = 400


class _TooMany(Exception):
    """The search was given up."""


@dataclass
class _Search:
    """Subsets of the samples, each decided once."""

    data: Dataset
    known: dict[frozenset[int], frozenset[int]]

    def witness(self, without: frozenset[int]) -> frozenset[int]:
        """The samples whose rows combine to 0, those of ``without`` left out; none if the rest is separable."""
        if without not in self.known:
            if len(self.known) == MOST_PROGRAMS:
                raise _TooMany
            owned = self.data.owned
            kept = [i for i in range(self.data.n) if i // owned not in without]
            rest = replace(self.data, rows=tuple(self.data.rows[i] for i in kept), classes=None)
            _, weights = separate(rest)
            self.known[without] = frozenset(
                kept[place] // owned for place, weight in enumerate(weights or ()) if weight
            )
        return self.known[without]

    def found(self, without: frozenset[int], more: int) -> frozenset[int] | None:
        """``without`` and so many samples more, such that the rest is separable."""
        if len(without) + 1 > self.data.samples:
            return None
        witness = self.witness(without)
        if not witness or not more:
            return None if witness else without
        tried = (self.found(without | {sample}, more - 1) for sample in sorted(witness))
        return next((each for each in tried if each is not None), None)


def fewest(data: Dataset) -> tuple[frozenset[int], str]:
    """The samples to leave out, numbers from 0, and in words which they are; none where the data are separable.

    Raises BadInput where the search would take too long, with what it has shown.
    """
    search = _Search(data, {})
    for count in range(data.samples):
        try:
            left_out = search.found(frozenset(), count)
        except _TooMany:
            raise BadInput(
                f"{data.name}: drop_fewest: leaving out fewer than {count} samples is shown not to do, and whether "
                f"{count} do is not decided within {MOST_PROGRAMS} programs"
            ) from None
        if left_out is not None:
            which = ", ".join(map(str, sorted(left_out)))
            return left_out, (
                f"left out: sample{'s' * (count > 1)} {which} of {data.samples}, counted from 0, the fewest without "
                "which the data are separable (proved)"
            )
    raise NotSeparable(data, separate(data)[1] or ())

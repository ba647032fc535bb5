"""Whether a CSV has a header line, and which of its columns is the label."""

from __future__ import annotations

import re

from verify.data.text import is_number, show, some
from verify.errors import BadInput

# In this order: a table "x, y, label" is labelled by "label".
DEFAULT_LABELS = ("label", "y")
# Left among the features, a label would be used to separate itself.
_LIKE_LABELS = ("class", "classes", "labels", "species", "target")
_STARTS_LIKE_A_NUMBER = re.compile(r"[+-]?\.?[0-9]", re.ASCII)
_MISSING = re.compile(r"|\?|-|null|none|n/a|[+-]?(nan|inf|infinity)", re.IGNORECASE)


def is_header(name: str, lines: list[list[str]], label: str | None) -> bool:
    """Whether the first line is a header rather than a row (cells are stripped).

    No row may vanish because a cell of it is mistyped. So a line is a header only if it holds the name
    ``label``; or if no cell is a number and some cell is a word; or, where words and numbers are mixed, if
    no word occurs again below it and either one is a default label or the numbers just count the columns, as
    some programs name them. Raises BadInput if all cells do: that may be a header or a row.
    """
    first, below = lines[0], lines[1:]
    width = len(first)
    if width > 2 and first == [str(k) for k in range(width)]:
        raise BadInput(
            f"{name}: line 1 is {show(','.join(first))}: column numbers or a row? Add a header line of words"
        )
    words = [k for k, cell in enumerate(first) if not is_number(cell)]
    if label is not None and not is_number(label) and label.strip() in first:
        return True
    if len(words) == width:
        return any(_is_word(cell) for cell in first)
    columns = {k: [cells[k] for cells in below if k < len(cells)] for k in words}
    if not below or not words or any(first[k] in columns[k] for k in words):
        return False
    named = any(
        first[k].casefold() == "label" or (first[k].casefold() == "y" and all(map(is_number, columns[k])))
        for k in words
    )
    numbers = [k for k in range(width) if k not in words]
    counts = len(numbers) > 1 and all(first[k] == str(k) for k in numbers)
    return named or (counts and all(_is_word(first[k]) for k in words))


def _is_word(cell: str) -> bool:
    """Whether a cell may be a name: not a missing value, and not a number with a typing error."""
    return not _MISSING.fullmatch(cell) and not _STARTS_LIKE_A_NUMBER.match(cell)


def choose_label(name: str, header: list[str] | None, width: int, label: str | None) -> int | None:
    """The index of the label column, None if the rows carry their labels.

    ``label`` is a name in the header or an index from 0. Raises BadInput if there is no such column, if the
    name is not unique, if a column has no name, or if the header suggests a label that nobody named.
    """
    index = None
    if label is not None and label.strip().isascii() and label.strip().isdigit() and len(label) < 10:
        index = int(label)
    if header is None:
        if label is None:
            return None
        if index is None:
            raise BadInput(f"{name}: label={show(label)}: no header line; give the column as 0..{width - 1}")
    else:
        for k, cell in enumerate(header):
            if not cell:
                raise BadInput(
                    f"{name}: column {k} has no name in the header; if it numbers the rows, drop it"
                )
        if label is not None:
            found = [k for k, cell in enumerate(header) if cell == label.strip()]
        else:
            folded = [cell.casefold() for cell in header]
            found = next(
                ([k for k, c in enumerate(folded) if c == d] for d in DEFAULT_LABELS if d in folded), []
            )
        if len(found) > 1:
            raise BadInput(f"{name}: {len(found)} columns are named {show(header[found[0]])}")
        if found:
            return found[0]
        if label is None:
            for k, cell in enumerate(header):
                if cell.casefold() in _LIKE_LABELS:
                    raise BadInput(
                        f"{name}: column {k} ({show(cell)}) looks like a label: give --label or rename it"
                    )
            return None
        if index is None:
            raise BadInput(f"{name}: label={show(label)} is not a column; there are {some(header, 8)}")
    if index >= width:
        raise BadInput(f"{name}: label={show(label)}: columns are 0..{width - 1}")
    return index

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
_MISSING = frozenset({"", "?", "-", "nan", "+nan", "-nan", "inf", "+inf", "-inf", "null", "none", "n/a"})


def is_header(lines: list[list[str]], label: str | None) -> bool:
    """Whether the first line is a header rather than a row (cells are stripped).

    A row must not vanish because one of its cells is mistyped, so a line is a header only if it holds the
    name of the label column, or if no cell is a number and some cell is a word, or if its numbers are the
    column numbers that some programs write and its words do not occur below them.
    """
    first, below = lines[0], lines[1:]
    folded = {cell.casefold() for cell in first}
    if (label is not None and not is_number(label) and label.strip() in first) or folded & set(
        DEFAULT_LABELS
    ):
        return True
    numbers = [k for k, cell in enumerate(first) if is_number(cell)]
    words = [k for k in range(len(first)) if k not in numbers]
    if not numbers:
        return any(
            cell.casefold() not in _MISSING and not _STARTS_LIKE_A_NUMBER.match(cell) for cell in first
        )
    counted = any(all(first[k] == str(k + start) for k in numbers) for start in (0, 1))
    real_words = all(first[k].casefold() not in _MISSING and first[k][0].isalpha() for k in words)
    fresh = all(first[k] not in {cells[k] for cells in below if k < len(cells)} for k in words)
    return bool(words) and counted and real_words and fresh and bool(below)


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

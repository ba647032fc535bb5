"""Whether a CSV has a header line, and which of its columns is the label."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from fractions import Fraction
from typing import Any

from verify.data.reading import Reading
from verify.data.text import NotANumberError, exact, is_number, show, some
from verify.drawers import near
from verify.errors import BadInput

# In this order: a table "x, y, label" is labelled by "label".
DEFAULT_LABELS = ("label", "y")
# Left among the features, a label would be used to separate itself.
_LIKE_LABELS = {
    "class", "classes", "labels", "species", "target", "targets", "outcome", "status", "diagnosis", "response",
    "is_positive", "category", "group", "result", "y_true", "klass", "survived", "churn", "default", "side",
}  # fmt: skip
_LIKE_NUMBERS = {
    "id", "ids", "index", "idx", "row", "rownum", "row_id", "sample_id", "sample", "no", "nr", "#", "key",
}  # fmt: skip
# With this many rows, a column that counts them, holds two values only, or names them is surely no feature.
SURE_TO_COUNT, SURE_TO_LABEL, SURE_TO_NAME = 5, 10, 20
NO_LABEL = "none"
_STARTS_LIKE_A_NUMBER = re.compile(r"[+-]?\.?[0-9]", re.ASCII)
# What programs write where there is no value.
MISSING = re.compile(r"|\?|-|\.|null|none|na|#?n/a|nan", re.IGNORECASE)
_NO_NAME = re.compile(rf"{MISSING.pattern}|[+-]?(inf|infinity)", re.IGNORECASE)


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
    return not _NO_NAME.fullmatch(cell) and not _STARTS_LIKE_A_NUMBER.match(cell)


def position(name: str, option: str, text: str, header: list[str] | None, width: int) -> int:
    """The index of the column that a text names: its name in the header, or its index from 0. Raises BadInput if there
    is no such column, or if the name is not unique."""
    found = [k for k, cell in enumerate(header or ()) if cell == text.strip()]
    if len(found) > 1:
        raise BadInput(f"{name}: {len(found)} columns are named {show(text.strip())}")
    if found:
        return found[0]
    if not (text.strip().isascii() and text.strip().isdigit() and len(text) < 10):
        if header is None:
            raise BadInput(
                f"{name}: {option}={show(text)}: no header line; give the column as 0..{width - 1}"
            )
        raise BadInput(
            f"{name}: {option}={show(text)} is not a column; there are {some(header, 8)}{near(text, header)}"
        )
    if int(text) >= width:
        raise BadInput(f"{name}: {option}={show(text)}: columns are 0..{width - 1}")
    return int(text)


def choose_label(
    name: str, header: list[str] | None, width: int, label: str | None, dropped: Collection[int] = ()
) -> int | None:
    """The index of the label column, None if the rows carry their labels.

    ``label`` is a name in the header or an index from 0, or "none" where rows carry theirs. Raises BadInput if there is
    no such column, if the name is not unique, if a column has no name, or if the header suggests a label that nobody
    named.
    """
    for k, cell in enumerate(header or ()):
        if not cell and k not in dropped:
            last = k == width - 1 and k > 0
            what = "it is but a separator that ends each line" if last else "it numbers the rows"
            raise BadInput(
                f"{name}: column {k} has no name in the header; if {what}, --drop {k} leaves it out"
            )
    if label is not None:
        if label == NO_LABEL and label not in (header or ()):
            return None
        return position(name, "label", label, header, width)
    folded = [cell.casefold() if k not in dropped else "" for k, cell in enumerate(header or ())]
    found = next(([k for k, c in enumerate(folded) if c == d] for d in DEFAULT_LABELS if d in folded), [])
    if len(found) > 1:
        raise BadInput(f"{name}: {len(found)} columns are named {show((header or [])[found[0]])}")
    return found[0] if found else None


def refuse_what_is_no_feature(
    name: str,
    header: list[str] | None,
    rows: Sequence[Sequence[Any]],
    features: Sequence[int],
    asked: Reading,
    unlabelled: bool,
) -> None:
    """BadInput for a feature that is surely none: a label that nobody named, a number or a name of each row.

    ``--features`` names what is meant, and then nothing is refused; ``--label none`` says that there is no label.
    """
    keep = "--features names those that are features"

    def what(k: int) -> str:
        return f"{name}: column {k}" + (f" ({show(header[k])})" if header else "")

    unlabelled = unlabelled and asked.label != NO_LABEL
    for k in features:
        if header and unlabelled and header[k].casefold() in _LIKE_LABELS:
            raise BadInput(f"{what(k)} looks like a label: give --label {header[k]}, or --label {NO_LABEL}")
    for k in features:
        named = header is not None and header[k].casefold() in _LIKE_NUMBERS
        if not named and k not in (features[0], features[-1]):
            continue
        values = [_plain(row[k]) for row in rows]
        if unlabelled and _looks_like_labels(k, values, rows, features):
            two = " and ".join(sorted(map(str, set(values))))
            raise BadInput(
                f"{what(k)} holds only {two}: if it is the label, --label {k}; if rows carry theirs, --label {NO_LABEL}"
            )
        if not _whole(values):
            continue
        first, many = k == features[0], len(values) >= (SURE_TO_COUNT if header else SURE_TO_LABEL)
        if first and many and values in ([Fraction(i) for i in range(s, s + len(values))] for s in (0, 1)):
            raise BadInput(f"{what(k)} numbers the rows: --drop {k} leaves it out, {keep}")
        names = first and header is None and not unlabelled and len(values) >= SURE_TO_NAME
        names = names and not all(_whole([_plain(row[j]) for row in rows]) for j in features[1:])
        if ((named and many) or names) and len(set(values)) == len(values):
            raise BadInput(f"{what(k)} names each row by a number: --drop {k} leaves it out, {keep}")


def _looks_like_labels(
    k: int, values: list[Any], rows: Sequence[Sequence[Any]], features: Sequence[int]
) -> bool:
    """Whether this is the first or the last of many rows' columns, of two labels' values, and no other is like it.

    In the last one -1 and 1 may be an intercept, by which rows that carry their labels tell them.
    """
    truth, signs = {Fraction(0), Fraction(1)}, {Fraction(-1), Fraction(1)}
    pairs = {features[-1]: [truth], features[0]: [truth, signs]}.get(k, [])
    if len(values) < SURE_TO_LABEL or set(values) not in pairs:
        return False
    return not any(
        {_plain(row[j]) for row in rows} <= {Fraction(n) for n in (-1, 0, 1)} for j in features if j != k
    )


def _whole(values: Sequence[Any]) -> bool:
    return all(isinstance(value, Fraction) and value.denominator == 1 for value in values)


def _plain(cell: Any) -> Any:
    """A cell as a number, if it is one."""
    if not isinstance(cell, str):
        return cell
    try:
        return exact(cell)
    except NotANumberError:
        return cell

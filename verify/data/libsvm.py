"""Sparse rows as libsvm and svmlight write them."""

from __future__ import annotations

import re

from verify.data.bounds import check_count
from verify.data.table import Raw
from verify.data.tables import text_lines
from verify.data.text import show
from verify.errors import BadInput

# A line of such a file.
LIBSVM = re.compile(rb"\s*[+-]?[0-9.]+(\s+[0-9]+:\S+)+\s*(#.*)?$")


def read_libsvm(name: str, content: bytes) -> Raw:
    """``LABEL INDEX:VALUE ...`` a line, indices that increase; what is not named is 0, and # begins a remark.

    Indices count from 1, or from 0 where one of them is 0.
    """
    sparse: list[tuple[int, str, dict[int, str]]] = []
    width = 0
    for number, line in enumerate(text_lines(name, content), 1):
        words = line.partition("#")[0].split()
        if not words:
            continue
        cells: dict[int, str] = {}
        last = -1
        for word in words[1:]:
            index, colon, value = word.partition(":")
            if (
                not colon
                or not index.isascii()
                or not index.isdigit()
                or len(index) > 9
                or int(index) <= last
            ):
                raise BadInput(
                    f"{name}: line {number}: {show(word)} is not INDEX:VALUE with indices that increase"
                )
            last = int(index)
            cells[last] = value
        width = max(width, last + 1)
        sparse.append((number, words[0], cells))
        check_count(f"{name}: up to line {number}", len(sparse), len(sparse) * width)
    first = 0 if any(0 in cells for _, _, cells in sparse) else 1
    rows = [[cells.get(k, "0") for k in range(first, width)] for _, _, cells in sparse]
    lines, labels = [number for number, _, _ in sparse], [y for _, y, _ in sparse]
    return Raw(name, rows, None, labels, lambda i: f"line {lines[i]}", f"libsvm, indices from {first}", False)

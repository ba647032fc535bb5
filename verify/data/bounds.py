"""How much data is read: bounds that are looked at before memory is taken. A refusal says what would do.

An exact entry takes about 100 bytes, a row about 200, beside the text or array that they are read from: data at
all bounds at once are read within 2 GB.
"""

from __future__ import annotations

from verify.errors import BadInput

# Of a file, and of each array of an .npz once unpacked. The entries below take 20 characters or 16 bytes each.
MOST_BYTES = 2**27
MOST_ROWS = 1_000_000
MOST_ENTRIES = 4_000_000

# Of a line of text, which is split and stripped, hence copied, several times.
MOST_IN_LINE = 2**24
# Empty lines included.
MOST_LINES = 2 * MOST_ROWS
# What NumPy writes before an array is below 200 bytes for the types that are read; beyond 10,000 it refuses.
MOST_HEADER = 2**14
# The list of what is in an .npz takes about 60 bytes for each array; two are read.
MOST_DIRECTORY = 2**16


def check_bytes(what: str, size: int) -> None:
    """BadInput if something of so many bytes, at least, would be read."""
    if size > MOST_BYTES:
        raise BadInput(f"{what}: {size} bytes, the most is {MOST_BYTES}: use fewer rows, columns or digits")


def check_shape(what: str, rows: int, columns: int = 1) -> None:
    """BadInput if an array of this shape would be read."""
    check_count(what, rows, rows * columns)


def check_count(what: str, rows: int, entries: int, name: str = "rows", entry: str = "entries") -> None:
    """BadInput if so many rows, or so many entries in all, would be read."""
    if rows > MOST_ROWS:
        raise BadInput(f"{what}: {rows} {name}, the most is {MOST_ROWS}: use fewer rows")
    if entries > MOST_ENTRIES:
        raise BadInput(f"{what}: {entries} {entry}, the most is {MOST_ENTRIES}: use fewer rows or columns")

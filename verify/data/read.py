"""From the argument DATA to an exact data set."""

from __future__ import annotations

from fractions import Fraction
from importlib import resources
from pathlib import Path

from verify.data.arrays import read_npy, read_npz
from verify.data.bounds import MOST_BYTES, check_bytes
from verify.data.dataset import Dataset
from verify.data.families import FAMILIES, is_family, parse_family
from verify.data.tables import Table, read_csv, read_json
from verify.data.text import NotANumberError, exact, plain, show, some
from verify.errors import BadInput
from verify.files import NotRegular, TooLong, read_regular

# Bundled sets and the label that is +1 (raw units, with an intercept).
BUNDLED = {"iris": "setosa", "wine": "class_0"}
_KNOWN = ", ".join([*BUNDLED, *FAMILIES])
_FORMATS = (".csv", ".json", ".npy", ".npz")


def load(
    spec: str, *, label: str | None = None, positive: str | None = None, intercept: bool = False
) -> Dataset:
    """The data set that ``spec`` names: a bundled one, a family with parameters (one's own is FILE.py:NAME), or a path.

    ``label`` names the label column of a CSV (name or index from 0), ``positive`` the label that is +1
    against all others; labels in {-1, 1} or {0, 1} need none. ``intercept`` appends a constant 1 to the
    features before the labels are multiplied in; the bundled sets have it, and refuse another.

    Raises BadInput, one line that names file, place and value, for everything that is not such data.
    """
    if spec in BUNDLED:
        _refuse(spec, "a bundled set, which has an intercept", intercept=intercept)
        content = resources.files("verify.data").joinpath(f"{spec}.csv").read_bytes()
        table = read_csv(spec, content, label or "label")
        return _dataset(spec, table, positive or BUNDLED[spec], intercept=True)
    if is_family(spec):
        _refuse(spec, "a generated family", label=label, positive=positive, intercept=intercept)
        return parse_family(spec)
    if not spec.strip():
        raise BadInput(f"data={show(spec)}: neither a file nor one of {_KNOWN}")
    name, path = plain(spec), Path(spec)
    suffix = path.suffix.lower()
    content = _content(name, path, suffix)
    if suffix != ".csv":
        _refuse(name, f"a {suffix} file", label=label)
    if suffix == ".csv":
        table = read_csv(name, content, label)
    elif suffix == ".json":
        table = read_json(name, content)
    elif suffix == ".npz":
        table = read_npz(name, content)
    else:
        table = read_npy(name, content)
    return _dataset(name, table, positive, intercept)


def _refuse(name: str, what: str, **options: str | bool | None) -> None:
    """BadInput for options that this kind of data has no use for."""
    for key, value in options.items():
        if value is not None and value is not False:
            raise BadInput(
                f"{plain(name)}: {key}={value if value is True else show(value)} has no meaning for {what}"
            )


def _content(name: str, path: Path, suffix: str) -> bytes:
    """The bytes of a regular file of a known format and of bearable size."""
    try:
        if path.is_dir():
            raise BadInput(f"{name}: a directory, not a file")
        if not path.exists():
            if suffix in _FORMATS:
                raise BadInput(f"{name}: no such file")
            raise BadInput(f"{name}: neither a file nor one of {_KNOWN}")
        if suffix not in _FORMATS:
            raise BadInput(f"{name}: unknown extension {show(suffix)}; known: {', '.join(_FORMATS)}")
        return read_regular(path, MOST_BYTES)
    except NotRegular:
        raise BadInput(f"{name}: not a regular file") from None
    except TooLong as error:
        check_bytes(name, error.size)
        raise
    except OSError as error:
        raise BadInput(f"{name}: cannot be read: {error.strerror or type(error).__name__}") from None


def _dataset(name: str, table: Table, positive: str | None, intercept: bool) -> Dataset:
    """The rows with the intercept appended and the labels multiplied in."""
    X, columns = table.X, table.columns
    if not X or not X[0]:
        raise BadInput(f"{name}: shape ({len(X)}, {len(X[0]) if X else 0}): no {'columns' if X else 'rows'}")
    if table.y is None:
        for key, given in (("positive", positive is not None), ("intercept", intercept)):
            if given:
                shown = show(positive) if key == "positive" else True
                raise BadInput(f"{name}: {key}={shown} needs labels, and here rows already carry theirs")
        return Dataset(name, tuple(tuple(row) for row in X), columns)
    if len(table.y) != len(X):
        raise BadInput(f"{name}: y has {len(table.y)} labels, X has {len(X)} rows")
    if intercept:
        X = [[*row, Fraction(1)] for row in X]
        columns = (*(columns or [f"x{k}" for k in range(len(X[0]) - 1)]), "intercept")
    signs = _signs(f"{name}: {table.label}", table.y, positive)
    rows = tuple(
        tuple(row) if sign > 0 else tuple(-entry for entry in row) for row, sign in zip(X, signs, strict=True)
    )
    return Dataset(name, rows, columns)


def _signs(where: str, y: list[str], positive: str | None) -> list[int]:
    """+1 or -1 for each label."""
    distinct = list(dict.fromkeys(_canonical(text) for text in y))
    if "" in distinct:
        raise BadInput(
            f"{where}: the label of row {[_canonical(text) for text in y].index('')} is '' (empty)"
        )
    if positive is not None:
        chosen = _canonical(positive)
        if chosen not in distinct:
            raise BadInput(f"{where}: positive={show(positive)} is not among the labels {some(distinct)}")
        if len(distinct) == 1:
            raise BadInput(f"{where}: every label is {show(positive)}: only one class")
        return [1 if _canonical(text) == chosen else -1 for text in y]
    if not (set(distinct) <= {"-1", "1"} or set(distinct) <= {"0", "1"}):
        raise BadInput(f"{where}: labels {some(distinct)}: say with --positive which one is +1")
    return [1 if _canonical(text) == "1" else -1 for text in y]


def _canonical(text: str) -> str:
    """A label as text, or if it is a number, as that number in lowest terms: 1, 1.0 and 1e0 are one label."""
    try:
        return str(exact(text))
    except NotANumberError:
        return text.strip()

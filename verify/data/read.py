"""From the argument DATA to an exact data set."""

from __future__ import annotations

import gzip
import io
import logging
import sys
import zlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import partial
from importlib import resources
from itertools import islice
from pathlib import Path
from typing import Any

from verify.data.arrays import read_npy, read_npz
from verify.data.arrow import ARROW, PARQUET, read_arrow
from verify.data.bounds import MOST_BYTES, check_bytes
from verify.data.classes import in_order, multiclass
from verify.data.dataset import Dataset, Origin
from verify.data.drop_fewest import fewest
from verify.data.families import FAMILIES, is_family, parse_family
from verify.data.libsvm import LIBSVM, read_libsvm
from verify.data.reading import Reading, reading
from verify.data.scaling import scaled
from verify.data.table import Raw, Table, arranged
from verify.data.tables import read_csv, read_json
from verify.data.text import NotANumberError, exact, plain, show, some
from verify.drawers import near
from verify.errors import BadInput
from verify.files import NotRegular, TooLong, read_regular

log = logging.getLogger(__name__)

# Bundled sets, in raw units, with an intercept, and the label that is +1 unless all classes are asked for.
BUNDLED = {"iris": "setosa", "wine": "class_0", "digits": None}
STANDARD_INPUT = "-"
_KNOWN = ", ".join([*BUNDLED, *FAMILIES])

Read = Callable[[str, bytes, Reading], Raw]


def _arrow(suffix: str, name: str, content: bytes, asked: Reading) -> Raw:
    return read_arrow(name, content, suffix)


_FORMATS: dict[str, Read] = {
    ".csv": read_csv,
    ".tsv": lambda name, content, asked: read_csv(name, content, asked, "\t"),
    ".tab": lambda name, content, asked: read_csv(name, content, asked, "\t"),
    ".json": lambda name, content, asked: read_json(name, content),
    ".npy": lambda name, content, asked: read_npy(name, content),
    ".npz": lambda name, content, asked: read_npz(name, content),
    **{
        suffix: lambda name, content, asked: read_libsvm(name, content)
        for suffix in (".libsvm", ".svmlight", ".svm")
    },
    **{suffix: partial(_arrow, suffix) for suffix in (*PARQUET, *ARROW)},
    ".txt": lambda name, content, asked: _guessed(name, content)(name, content, asked),
}
# How files of these formats begin.
_MAGIC = {b"\x93NUMPY": ".npy", b"PK\x03\x04": ".npz", b"PAR1": ".parquet", b"ARROW1": ".arrow"}
# Names beside one that is no file, among which a near miss is looked for.
MOST_NAMES = 1000
# Formats in which labels stand apart from the columns, so that none of these is one.
_APART = (".npz", ".npy", ".libsvm", ".svmlight", ".svm")


def load(spec: str, **options: Any) -> Dataset:
    """The data set that ``spec`` names: a bundled one, a family with parameters (one's own is FILE.py:NAME), a path, or
    - for standard input. ``options`` are those of `verify.data.reading.Reading`, which says what they do.

    Labels in {-1, 1} or {0, 1} need no ``positive``. The bundled sets have an intercept, and refuse another.
    Raises BadInput, one line that names file, place and value, for everything that is not such data.
    """
    found = _loaded(spec, reading(**options))
    log.info("read %s: %d samples, d = %d, %s", found.name, found.samples, found.d, found.digest())
    log.debug("read as: %s", "; ".join(found.origin.notes))
    return found


def _loaded(spec: str, asked: Reading) -> Dataset:
    if spec in BUNDLED:
        if asked.intercept:
            asked.refuse(spec, "a bundled set, which has an intercept", *(set(asked.asked) - {"intercept"}))
        positive = asked.positive or (None if asked.multiclass else BUNDLED[spec])
        asked = replace(asked, label=asked.label or "label", positive=positive, intercept=True)
        return dataset(arranged(read_csv(spec, _bundled(spec), asked), asked), asked, spec)
    if is_family(spec):
        found = parse_family(spec)
        asked.refuse(plain(spec), "a generated family", *(["multiclass"] if found.classes else []))
        return found
    if not spec.strip():
        raise BadInput(f"data={show(spec)}: neither a file nor one of {_KNOWN}")
    name, content, suffix = _content(spec)
    if suffix in _APART:
        asked.refuse(name, f"a {suffix} file", *(set(asked.asked) - {"label", "decimal_comma", "one_hot"}))
    raw = _FORMATS[suffix](name, content, asked)
    if raw.y is not None and asked.label is not None:
        asked.refuse(name, "data whose labels stand apart", *(set(asked.asked) - {"label"}))
    return dataset(arranged(raw, asked), asked, name)


def _bundled(name: str) -> bytes:
    folder = resources.files("verify.data")
    plain_text, packed = (folder.joinpath(f"{name}.csv{end}") for end in ("", ".gz"))
    return plain_text.read_bytes() if plain_text.is_file() else _unpacked(name, packed.read_bytes())


def _content(spec: str) -> tuple[str, bytes, str]:
    """What messages call the source, its bytes, unpacked, and the suffix that tells the format."""
    if spec == STANDARD_INPUT:
        name = "standard input"
        try:
            content = sys.stdin.buffer.read(MOST_BYTES + 1)
        except (OSError, AttributeError) as error:  # it is closed, or not there
            raise BadInput(f"{name}: cannot be read: {error}") from None
        check_bytes(name, len(content))
        content = _unpacked(name, content) if content.startswith(b"\x1f\x8b") else content
        return name, content, _suffix_of(content)
    name, path = plain(spec), Path(spec)
    suffixes = [suffix.lower() for suffix in path.suffixes[-2:]]
    packed = suffixes[-1:] == [".gz"]
    suffix = "".join(suffixes[:1] if packed else suffixes[-1:])
    content = _read(name, path, suffix)
    return name, _unpacked(name, content) if packed else content, suffix


def _suffix_of(content: bytes) -> str:
    """The format of a content without a name."""
    for magic, suffix in _MAGIC.items():
        if content.startswith(magic):
            return suffix
    begin = content[:4096].lstrip(b"\xef\xbb\xbf \t\r\n")
    return ".json" if begin[:1] in (b"{", b"[") else ".txt"


def _guessed(name: str, content: bytes) -> Read:
    """Text is libsvm where its first line is, and else a table."""
    first = next((line for line in content[:65536].splitlines() if line.strip()), b"")
    return _FORMATS[".libsvm" if LIBSVM.fullmatch(first) else ".csv"]


def _unpacked(name: str, content: bytes) -> bytes:
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as stream:
            found = stream.read(MOST_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise BadInput(f"{name}: not a readable gzip file: {error}") from None
    check_bytes(f"{name}: unpacked", len(found))
    return found


def _read(name: str, path: Path, suffix: str) -> bytes:
    """The bytes of a regular file of a known format and of bearable size."""
    try:
        if path.is_dir():
            raise BadInput(f"{name}: a directory, not a file")
        if not path.exists():
            folder = path.parent
            beside = [each.name for each in islice(folder.iterdir(), MOST_NAMES)] if folder.is_dir() else []
            hint = near(path.name, [*BUNDLED, *FAMILIES, *(each for each in beside if each.isprintable())])
            if suffix in _FORMATS:
                raise BadInput(f"{name}: no such file{hint}")
            raise BadInput(f"{name}: neither a file nor one of {_KNOWN}{hint}")
        if suffix not in _FORMATS:
            raise BadInput(
                f"{name}: unknown extension {show(path.suffix.lower())}; known: {', '.join(_FORMATS)}, each also .gz; "
                "save as CSV"
            )
        return read_regular(path, MOST_BYTES)
    except NotRegular:
        raise BadInput(f"{name}: not a regular file") from None
    except TooLong as error:
        check_bytes(name, error.size)
        raise
    except OSError as error:
        raise BadInput(f"{name}: cannot be read: {error.strerror or type(error).__name__}") from None


def dataset(table: Table, asked: Reading, name: str) -> Dataset:
    """The rows, scaled if asked, with the intercept appended and the labels multiplied in."""
    X, columns = table.X, table.columns
    if not X or not X[0]:
        raise BadInput(f"{name}: shape ({len(X)}, {len(X[0]) if X else 0}): no {'columns' if X else 'rows'}")
    notes = list(table.notes)
    if table.y is None:
        for key, value in asked.asked.items():
            if key in ("positive", "intercept", "standardize", "multiclass"):
                shown = value if value is True else show(value)
                raise BadInput(f"{name}: {key}={shown} needs labels, and here rows already carry theirs")
        notes.append("rows already carry their labels")
    shifts: list[Fraction] = []
    factors: list[Fraction] = []
    if asked.standardize or asked.scale:
        X, shifts, factors = scaled(name, X, columns, asked.standardize)
    if asked.intercept:
        X = [[*row, Fraction(1)] for row in X]
        columns = (*(columns or [f"x{k}" for k in range(len(X[0]) - 1)]), "intercept")

    def made(notes: list[str], kept: Sequence[int]) -> Dataset:
        """The data of some samples."""
        origin = Origin(tuple(notes), asked.asked, tuple(shifts), tuple(factors))
        part, y = [X[i] for i in kept], None if table.y is None else [labels[i] for i in kept]
        if y is not None and asked.multiclass:
            return multiclass(name, part, [names.index(each) for each in y], names, columns, origin)
        rows = tuple(
            tuple(row) if y is None or y[i] == chosen else tuple(-entry for entry in row)
            for i, row in enumerate(part)
        )
        return Dataset(name, rows, tuple(columns), origin)

    if table.y is not None:
        labels, where = [_canonical(text) for text in table.y], f"{name}: {table.label}"
        if "" in labels:
            raise BadInput(
                f"{where}: the label of row {labels.index('')} is '' (missing); --missing drop leaves such samples out"
            )
        if asked.multiclass:
            names = in_order(labels)
            how = ", ".join(f"{show(each)} ({labels.count(each)} rows)" for each in names[:12])
            how = f"{len(names)} classes: {how}{', ...' * (len(names) > 12)}"
        else:
            chosen, how = _positive(where, labels, asked.positive)
        notes.append(f"labels from {table.label}: {how}" if table.label != "y" else f"labels {how}")
    whole = made(notes, range(len(X)))
    if not asked.drop_fewest:
        return whole
    left_out, why = fewest(whole)
    if not left_out:
        return whole
    return made([*notes, why], [i for i in range(len(X)) if i not in left_out])


def _positive(where: str, labels: list[str], positive: str | None) -> tuple[str, str]:
    """The label that is +1, and in words which label is which."""
    distinct = list(dict.fromkeys(labels))
    if positive is not None:
        chosen = _canonical(positive)
        if chosen not in distinct:
            hint = near(chosen, distinct)
            raise BadInput(
                f"{where}: positive={show(positive)} is not among the labels {some(distinct)}{hint}"
            )
        if len(distinct) == 1:
            raise BadInput(f"{where}: every label is {show(positive)}: only one class")
    elif {text.casefold() for text in distinct} == {"true", "false"}:
        chosen = next(text for text in distinct if text.casefold() == "true")
    else:
        if not (set(distinct) <= {"-1", "1"} or set(distinct) <= {"0", "1"}):
            raise BadInput(
                f"{where}: labels {some(distinct)}: say with --positive which one is +1, or with --multiclass that "
                "each is a class"
            )
        chosen = "1"
    count = labels.count(chosen)
    others = some([text for text in distinct if text != chosen])
    how = f"{show(chosen)} is +1 ({count} rows)" + (
        f", {others} -1 ({len(labels) - count})" if others else ""
    )
    return chosen, how


def _canonical(text: str) -> str:
    """A label as text, or if it is a number, as that number in lowest terms: 1, 1.0 and 1e0 are one label."""
    try:
        return str(exact(text))
    except NotANumberError:
        return text.strip()

"""NumPy's two file formats, read exactly: a binary float is the dyadic rational it is."""

from __future__ import annotations

import io
import math
import warnings
import zipfile
from collections.abc import Callable
from fractions import Fraction
from functools import partial
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from verify.data.bounds import MOST_DIRECTORY, MOST_HEADER, check_bytes, check_shape
from verify.data.dataset import LARGEST, SMALLEST, check_entry
from verify.data.table import Raw
from verify.data.text import plain, show, some
from verify.errors import BadInput

Shape = tuple[int, ...]


# The names under which programs save features and labels, in the order in which they are looked for.
PAIRS = (("X", "y"), ("x", "y"), ("data", "target"), ("arr_0", "arr_1"))


def read_npy(name: str, content: bytes) -> Raw:
    """A float or integer array (N, d) whose rows already carry their label."""
    stream = io.BytesIO(content)
    array = _array(name, stream, len(content), partial(_check_rows, name, "the array"))
    return Raw(name, features(name, array), how=f"an array of {array.dtype}", columnar=False)


def read_npz(name: str, content: bytes) -> Raw:
    """Arrays ``X`` (N, d) of floats or integers and ``y``, (N,) or (N, 1), of floats, integers, booleans or strings;
    or under other usual names."""
    _check_directory(name, content)
    arrays = {}
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = {info.filename.removesuffix(".npy"): info for info in archive.infolist()}
            pair = next((pair for pair in PAIRS if set(pair) <= set(members)), PAIRS[0])
            for key, check in zip(pair, (_check_rows, _check_labels), strict=True):
                if key not in members:
                    raise BadInput(f"{name}: no array {key}; it has {some(list(members)) or 'none'}")
                info = members[key]
                check_bytes(f"{name}: array {key}", info.file_size)
                if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                    raise BadInput(
                        f"{name}: array {key} is packed by method {info.compress_type}; "
                        "np.savez and np.savez_compressed write what is read here"
                    )
                with archive.open(info) as stream:
                    arrays[key] = _array(f"{name}: {key}", stream, info.file_size, partial(check, name, key))
    except BadInput:
        raise
    except Exception as error:  # zipfile and zlib raise half a dozen types on damaged bytes
        raise BadInput(f"{name}: not a readable .npz: {_reason(error)}") from None
    X, y = (arrays[key] for key in pair)
    how = f"arrays {pair[0]} of {X.dtype}, {pair[1]} of {y.dtype}"
    return Raw(name, features(name, X), None, labels(y), how=how, columnar=False)


def labels(y: NDArray[Any]) -> list[Any]:
    """The labels of an array (N,) or (N, 1)."""
    flat = y.reshape(len(y))
    return np.char.decode(flat, "utf-8").tolist() if y.dtype.kind == "S" else flat.tolist()


def _check_directory(name: str, content: bytes) -> None:
    """BadInput if the list of what is in a zip file is long: all of it would be read at once.

    Its length stands 12 bytes after a mark near the end of the file; that of a list beyond 4 GB is announced by
    another mark 20 bytes before. Whatever looks like the mark is looked at.
    """
    at = content.rfind(b"PK\5\6")
    while at >= max(0, len(content) - 2**17):
        size = int.from_bytes(content[at + 12 : at + 16], "little")
        if size > MOST_DIRECTORY or content[max(0, at - 20) : max(0, at - 16)] == b"PK\6\7":
            raise BadInput(
                f"{name}: its list of arrays is longer than {MOST_DIRECTORY} bytes: save X and y alone"
            )
        at = content.rfind(b"PK\5\6", 0, at)


def array_of(name: str, content: bytes) -> NDArray[Any]:
    """A float or integer array, of whatever shape, in the bytes of a .npy file."""

    def check(dtype: np.dtype[Any], shape: Shape) -> None:
        if dtype.kind not in "fiu":
            raise BadInput(f"{name}: holds {show(dtype)}, expected floats or integers")
        if not shape:
            raise BadInput(f"{name}: holds one number, no rows")
        check_shape(name, shape[0], math.prod(shape[1:]))

    return _array(name, io.BytesIO(content), len(content), check)


def _array(
    name: str, stream: IO[bytes], size: int, check: Callable[[np.dtype[Any], Shape], None]
) -> NDArray[Any]:
    """The array in a .npy stream of ``size`` bytes; never unpickles.

    ``check`` raises BadInput for a type or a shape that is not wanted: before more than the header is read.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # "written by Python 2": still read correctly
            begin = stream.read(MOST_HEADER)
            header = io.BytesIO(begin)
            version = np.lib.format.read_magic(header)
            read = (
                np.lib.format.read_array_header_1_0
                if version == (1, 0)
                else np.lib.format.read_array_header_2_0
            )
            shape, _, dtype = read(header)
            if min(shape, default=0) < 0:
                raise BadInput(f"{name}: not a readable NumPy array: shape {show(shape)}")
            if dtype.hasobject:
                raise BadInput(
                    f"{name}: holds Python objects, which are never loaded: save floats or integers"
                )
            check(dtype, shape)
            needed = math.prod(int(length) for length in shape) * dtype.itemsize
            if needed > size - header.tell():
                raise BadInput(
                    f"{name}: cut short: shape {plain(str(shape), 60)} of {dtype} needs {needed} bytes"
                )
            rest = stream.read(max(0, header.tell() + needed - len(begin)))
            array: NDArray[Any] = np.lib.format.read_array(io.BytesIO(begin + rest), allow_pickle=False)
    except BadInput:
        raise
    except Exception as error:  # a damaged header can raise nearly anything
        raise BadInput(f"{name}: not a readable NumPy array: {_reason(error)}") from None
    return array


def _check_rows(name: str, what: str, dtype: np.dtype[Any], shape: Shape) -> None:
    if dtype.kind not in "fiu":
        raise BadInput(f"{name}: {what} has type {show(dtype)}, expected floats or integers")
    if len(shape) != 2:
        hint = "; reshape(-1, 1) makes it one column" if len(shape) == 1 else ""
        raise BadInput(f"{name}: {what} has shape {plain(str(shape), 60)}, expected (N, d){hint}")
    check_shape(f"{name}: {what}", *shape)


def _check_labels(name: str, what: str, dtype: np.dtype[Any], shape: Shape) -> None:
    if dtype.kind not in "fiubUS" or shape not in (shape[:1], (*shape[:1], 1)) or not shape:
        raise BadInput(
            f"{name}: {what} has type {show(dtype)} and shape {plain(str(shape), 60)}, expected labels of shape (N,)"
        )
    check_shape(f"{name}: {what}", *shape)


def features(name: str, array: NDArray[Any]) -> list[list[Any]]:
    """The entries of a float, integer or boolean array (N, d), exactly, but nan, which is a missing value, as it is."""
    if array.dtype.kind == "f":
        for i, k in np.argwhere(np.isinf(array))[:1].tolist():
            raise BadInput(f"{name}: row {i}, column {k}: {array[i, k]} is not finite")
    if array.dtype.kind == "f" and array.dtype.itemsize >= 8:  # others end within the range
        sizes = np.abs(array)
        outside = (sizes > float(LARGEST)) | ((sizes < float(SMALLEST)) & (sizes > 0))
        for i, k in np.argwhere(outside)[:1].tolist():
            check_entry(name, i, k, Fraction(*array[i, k].as_integer_ratio()))
    if array.dtype.kind == "f" and (array.dtype.itemsize > 8 or np.isnan(array).any()):
        # Of a long double tolist would keep long doubles.
        return [
            [math.nan if entry != entry else Fraction(*entry.as_integer_ratio()) for entry in row]
            for row in array
        ]
    return [[Fraction(entry) for entry in row] for row in array.tolist()]


def _reason(error: Exception) -> str:
    """A library's message on one short line; its type if it has none."""
    return " ".join(str(error).split())[:120] or type(error).__name__

"""NumPy's two file formats, read exactly: a binary float is the dyadic rational it is."""

from __future__ import annotations

import io
import math
import warnings
import zipfile
from fractions import Fraction
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from verify.data.tables import Table
from verify.data.text import show
from verify.errors import BadInput

# 200 rows of 200 columns take 1 MB as text; a file beyond this would not fit in memory as Fractions.
MOST_BYTES = 2**28


def read_npy(name: str, content: bytes) -> Table:
    """A float or integer array (N, d) whose rows already carry their label."""
    return Table(_features(name, "the array", _array(name, io.BytesIO(content), len(content))), None)


def read_npz(name: str, content: bytes) -> Table:
    """Arrays ``X`` (N, d) of floats or integers and ``y`` (N,) of floats, integers, booleans or strings."""
    arrays = {}
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = {info.filename.removesuffix(".npy"): info for info in archive.infolist()}
            for key in ("X", "y"):
                if key not in members:
                    raise BadInput(
                        f"{name}: no array {key}; it has {', '.join(map(show, members)) or 'none'}"
                    )
                size = members[key].file_size
                if size > MOST_BYTES:
                    raise BadInput(f"{name}: array {key} has {size} bytes, the most is {MOST_BYTES}")
                with archive.open(members[key]) as stream:
                    arrays[key] = _array(f"{name}: {key}", io.BytesIO(stream.read(size + 1)), size)
    except BadInput:
        raise
    except Exception as error:  # zipfile and zlib raise half a dozen types on damaged bytes
        raise BadInput(f"{name}: not a readable .npz: {_reason(error)}") from None
    y = arrays["y"]
    if y.dtype.kind not in "fiubU" or y.ndim != 1:
        raise BadInput(f"{name}: y has type {y.dtype} and shape {y.shape}, expected labels of shape (N,)")
    labels = y.astype(np.int8) if y.dtype.kind == "b" else y
    return Table(_features(name, "X", arrays["X"]), [str(value).strip() for value in labels.tolist()])


def _array(name: str, stream: IO[bytes], size: int) -> NDArray[Any]:
    """The array in a .npy stream of ``size`` bytes; never unpickles."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # "written by Python 2": still read correctly
            version = np.lib.format.read_magic(stream)
            read = (
                np.lib.format.read_array_header_1_0
                if version == (1, 0)
                else np.lib.format.read_array_header_2_0
            )
            shape, _, dtype = read(stream)
            needed = math.prod(int(length) for length in shape) * dtype.itemsize
            if needed > size - stream.tell() and not dtype.hasobject:
                raise BadInput(f"{name}: cut short: shape {show(shape)} of {dtype} needs {needed} bytes")
            stream.seek(0)
            array: NDArray[Any] = np.lib.format.read_array(stream, allow_pickle=False)
    except BadInput:
        raise
    except Exception as error:  # a damaged header can raise nearly anything
        raise BadInput(f"{name}: not a readable NumPy array: {_reason(error)}") from None
    return array


def _features(name: str, what: str, array: NDArray[Any]) -> list[list[Fraction]]:
    """The entries of a float or integer array (N, d), exactly."""
    if array.dtype.kind not in "fiu":
        raise BadInput(f"{name}: {what} has type {show(array.dtype)}, expected floats or integers")
    if array.ndim != 2:
        raise BadInput(f"{name}: {what} has shape {array.shape}, expected (N, d)")
    if array.dtype.kind == "f":
        for i, k in np.argwhere(~np.isfinite(array))[:1].tolist():
            raise BadInput(f"{name}: row {i}, column {k}: {array[i, k]} is not finite")
        if array.dtype.itemsize > 8:  # a long double: tolist would keep long doubles
            return [[Fraction(*entry.as_integer_ratio()) for entry in row] for row in array]
    return [[Fraction(entry) for entry in row] for row in array.tolist()]


def _reason(error: Exception) -> str:
    """A library's message on one short line; its type if it has none."""
    return " ".join(str(error).split())[:120] or type(error).__name__

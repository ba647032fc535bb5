"""Parquet and Arrow files, where pyarrow is installed, which reads them."""

from __future__ import annotations

import io
from typing import Any

from verify.data.bounds import check_shape
from verify.data.table import Raw
from verify.errors import BadInput

PARQUET, ARROW = (".parquet", ".pq"), (".arrow", ".feather")


def read_arrow(name: str, content: bytes, suffix: str) -> Raw:
    """The columns of a Parquet or Arrow file. Raises BadInput where pyarrow is absent, or cannot read it."""
    try:
        import pyarrow.ipc  # type: ignore[import-not-found,unused-ignore]
        import pyarrow.parquet  # type: ignore[import-not-found,unused-ignore]
    except ImportError:
        raise BadInput(
            f"{name}: {suffix} files are read by pyarrow, which is not installed: "
            "pip install 'marginproof[arrow]', or save as CSV"
        ) from None
    try:
        stream = io.BytesIO(content)
        if suffix in PARQUET:
            file = pyarrow.parquet.ParquetFile(stream)
            check_shape(name, file.metadata.num_rows, file.metadata.num_columns)
            table = file.read()
        else:
            table = pyarrow.ipc.open_file(stream).read_all()
        check_shape(name, table.num_rows, table.num_columns)
        return of_table(name, table)
    except BadInput:
        raise
    except Exception as error:  # a damaged file can raise nearly anything
        raise BadInput(
            f"{name}: not a readable {suffix} file: {' '.join(str(error).split())[:120]}"
        ) from None


def of_table(name: str, table: Any) -> Raw:
    """The columns of a pyarrow.Table; the one in which pandas keeps its index is left out."""
    header = [str(column) for column in table.column_names]
    kept = [k for k, column in enumerate(header) if not column.startswith("__index_level_")]
    columns = [table.column(k).to_pylist() for k in kept]
    rows = [list(row) for row in zip(*columns, strict=True)]
    return Raw(name, rows, [header[k] for k in kept], None, how="the columns of a table")

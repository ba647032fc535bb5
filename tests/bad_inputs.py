"""Bad data, as a table: what the user gives, and what the one line of refusal must name.

``test_bad_data.py`` runs it through ``load``; the command line is to refuse the same inputs with status 2.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np


@dataclass(frozen=True)
class BadInputCase:
    """``data`` is the argument DATA, or with ``content`` the name of a file to be written first.

    ``options`` are those of ``load``: label, positive, intercept. Every one of ``fragments`` must be in the
    message.
    """

    id: str
    data: str
    content: bytes | str | Callable[[], bytes] | None
    fragments: tuple[str, ...]
    options: dict[str, str | bool] = field(default_factory=dict)

    def place(self, folder: Path) -> str:
        """Write the file into the folder, if there is one, and return the argument DATA."""
        if self.content is None:
            return self.data
        path = folder / self.data
        content = self.content() if callable(self.content) else self.content
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return str(path)

    def arguments(self) -> list[str]:
        """The options as on the command line."""
        words = [
            [f"--{key}"] if value is True else [f"--{key}", str(value)] for key, value in self.options.items()
        ]
        return [word for pair in words for word in pair]


def _npy(array: object, **options: bool) -> bytes:
    stream = io.BytesIO()
    np.save(stream, np.asarray(array), **options)
    return stream.getvalue()


def _npz(**arrays: object) -> bytes:
    stream = io.BytesIO()
    np.savez(stream, **{key: np.asarray(value) for key, value in arrays.items()})
    return stream.getvalue()


def _zip_bomb() -> bytes:
    """An .npz of 300 kB whose X unpacks to 300 MB."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("X.npy", b"\0" * (300 * 2**20))
        archive.writestr("y.npy", _npy([1, -1]))
    return stream.getvalue()


def _npz_of(y: bytes, packed: int = zipfile.ZIP_DEFLATED) -> bytes:
    """An .npz with this file for y, and for X too if that takes no label."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", packed) as archive:
        archive.writestr("X.npy", y if b"|i1" in y else _npy([[1.0]]))
        archive.writestr("y.npy", y)
    return stream.getvalue()


def _npz_of_many(number: int) -> bytes:
    """An .npz with X, y and so many arrays beside."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name in ("X", "y", *map(str, range(number))):
            archive.writestr(f"{name}.npy", _npy([[1.0]] if name == "X" else [1]))
    return stream.getvalue()


def _npy_claiming(shape: str, descr: str = "'<f8'") -> bytes:
    """A .npy whose header claims a shape for a body of 16 bytes."""
    header = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}".ljust(117).encode() + b"\n"
    return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + b"\0" * 16


def _csv(id: str, content: bytes | str, *fragments: str, **options: str | bool) -> BadInputCase:
    return BadInputCase(f"csv-{id}", "bad.csv", content, ("bad.csv", *fragments), options)


def _json(id: str, content: bytes | str, *fragments: str, **options: str | bool) -> BadInputCase:
    return BadInputCase(f"json-{id}", "bad.json", content, ("bad.json", *fragments), options)


def _array(
    id: str, name: str, content: bytes | Callable[[], bytes], *fragments: str, **options: str | bool
) -> BadInputCase:
    return BadInputCase(f"{name[-3:]}-{id}", name, content, (name, *fragments), options)


def _spec(id: str, data: str, *fragments: str, **options: str | bool) -> BadInputCase:
    return BadInputCase(f"spec-{id}", data, None, fragments, options)


BAD_INPUTS: list[BadInputCase] = [
    # --- CSV: cells
    _csv("nan", "a,b\n1,2\n3,nan\n", "line 3", "column 1 ('b')", "'nan' is not finite"),
    _csv("inf", "1,2\n-inf,4\n", "line 2", "column 0", "'-inf' is not finite"),
    _csv("infinity-first-line", "Infinity,2\n3,4\n", "line 1", "'Infinity' is not finite"),
    _csv("word", "a,b\n1,2\n3,x\n", "line 3", "'x' is not a number"),
    _csv("typing-error-first-line", "1..5,2\n3,4\n", "line 1", "'1..5' is not a number"),
    _csv("only-first-line-mistyped", "1..5\n2\n", "line 1", "'1..5' is not a number"),
    _csv("empty-cell", "a,b\n1,\n3,4\n", "line 2", "'' is empty"),
    _csv("trailing-commas", "1,2,\n3,4,\n", "line 1", "column 2", "'' is empty"),
    _csv("excel-padding", "a,b\n1,2\n,\n", "line 3", "'' is empty"),
    _csv("divide-by-zero", "1,1/0\n3,4\n", "line 1", "'1/0' divides by zero"),
    _csv("zero-by-zero", "1,0/0\n", "'0/0' divides by zero"),
    _csv("huge-exponent", "1,1e999999999\n", "line 1", "'1e999999999'", "2^500"),
    _csv("huge-negative-exponent", "1,1e-999999999999999999\n", "'1e-999999999999999999'", "2^500"),
    _csv("too-large", "1,1e151\n", "X[0][1]=1e+151", "2^500"),
    _csv("too-small", "1,1e-151\n", "X[0][1]=1e-151", "2^500"),
    _csv("too-large-fraction", f"1,1/{10**200}\n", "X[0][1]=1e-200", "2^500"),
    _csv("five-thousand-digits", f"1,{'7' * 5000}\n", "'7777", "5000 characters"),
    _csv("one-cell-lines", "1\n" * 1_000_001, "1000001 rows", "fewer rows"),
    _csv("empty-lines", "1\n" + "\n" * 2_000_001, "more than 2000000 lines"),
    _csv("wide-line", "1," * 2_100_000 + "1\n" + "1," * 2_100_000 + "1\n", "4200002 entries", "fewer"),
    _csv("long-line", "1 " * 2**23 + "1\n", "line 1", "16777218 characters"),
    _csv("many-large-numbers", "".join(f"{k}e1990\n" for k in range(1, 9)), "X[0][0]=1e+1990", "2^500"),
    _csv("megabyte-cell", b"1," + b"x" * 2**20 + b"\n", "field limit"),
    _csv("hundred-thousand-characters", b"1," + b"x" * 100_000 + b"\n", "'xxxx", "100000 characters"),
    _csv("newline-in-cell", '1,"2\n3"\n', "'2\\n3' is not a number"),
    _csv("escape-in-cell", "1,\x1b[31m2\n", "'\\x1b[31m2' is not a number"),
    _csv("nul-byte", b"1,2\x00\n", "line 1"),
    _csv("thousands", '"1,000",2\n', "'1,000' is not a number"),
    _csv("underscore", "1_000,2\n", "'1_000' is not a number"),
    _csv("hexadecimal", "0x10,2\n", "'0x10' is not a number"),
    _csv("complex", "1+2j,2\n", "'1+2j' is not a number"),
    _csv("unicode-digits", "\u0661,2\n", "is not a number"),
    _csv("unicode-minus", "\u22121,2\n3,4\n", "is not a number"),
    _csv("fraction-of-decimals", "1.5/2,2\n", "'1.5/2' is not a number"),
    # --- CSV: shape
    _csv("empty", "", "the file is empty"),
    _csv("blank", "\n  \n\n", "the file is empty"),
    _csv("only-bom", b"\xef\xbb\xbf", "the file is empty"),
    _csv("header-only", "a,b,label\n", "a header and no rows"),
    _csv("ragged-short", "a,b\n1,2\n3\n", "line 3 has 1 cells", "the header has 2", "'3'"),
    _csv("ragged-long", "1,2\n3,4,5\n", "line 2 has 3 cells", "line 1 has 2"),
    _csv(
        "comment-first", "# by hand\na,b\n1,2\n", "the header begins with '# by hand': comments are not read"
    ),
    _csv(
        "comment-between",
        "1,2\n# by hand\n3,4\n",
        "line 2",
        "it begins with '# by hand': comments are not read",
    ),
    _csv("separator-at-ends", "a,b,\n1,2,\n", "column 2 has no name", "ends each line, --drop 2"),
    _csv("zero-row", "a,b\n1,2\n0,0.0\n", "row 1 is zero"),
    _csv("only-label", "label\n1\n-1\n", "no feature column"),
    _csv("unclosed-quote", '1,"2\n3,4\n', "not a CSV line"),
    _csv("text-after-quote", '1,"2"3\n', "line 1", "not a CSV line"),
    _csv("bars", "a|b\n1|2\n", "'a|b'", "bars"),
    _csv("decimal-commas", "1,5;2,5\n3,5;4,5\n", "line 1, column 0", "'1,5'", "--decimal-comma"),
    _csv("spaces", "1 2 3\n4 5 6\n", "'4 5 6'", "spaces"),
    _csv("binary", bytes(range(128, 256)), "not UTF-8", "0x80", "position 0"),
    _csv("latin-1", "größe,b\n1,2\n".encode("latin-1"), "not UTF-8", "0xf6"),
    _csv("utf-16", "1,2\n".encode("utf-16"), "not UTF-8", "0xff"),
    _csv("numbered-header", "0,1,2\n1.5,2.5,1\n", "line 1", "'0,1,2'", "header"),
    _csv("unnamed-column", ",a,b\n0,1,2\n1,3,4\n", "column 0 has no name"),
    # --- CSV: labels
    _csv("three-labels", "a,label\n1,x\n2,y\n3,z\n", "column 1 ('label')", "'x', 'y', 'z'", "--positive"),
    _csv("two-words", "a,label\n1,x\n2,w\n", "'x', 'w'", "--positive"),
    _csv("labels-1-2", "a,label\n1,1\n2,2\n", "'1', '2'", "--positive"),
    _csv("labels-mixed", "a,label\n1,0\n2,1\n3,-1\n", "'0', '1', '-1'", "--positive"),
    _csv("many-labels", "a,label\n" + "".join(f"1,c{i}\n" for i in range(99)), "'c0'", "(99 in all)"),
    _csv("empty-label", "a,label\n1,1\n2,\n", "label of row 1 is ''"),
    _csv("nan-label", "a,label\n1,1\n2,nan\n", "row 1", "missing"),
    _csv("no-such-label", "a,b\n1,1\n2,0\n", "label='c'", "'a', 'b'", label="c"),
    _csv("no-header-for-label", "1,1\n2,0\n", "label='c'", "no header line", "0..1", label="c"),
    _csv("label-out-of-range", "1,1\n2,0\n", "label='2'", "0..1", label="2"),
    _csv("label-negative", "1,1\n2,0\n", "label='-1'", "0..1", label="-1"),
    _csv("label-twice", "a,c,c\n1,1,0\n2,0,1\n", "2 columns are named 'c'", label="c"),
    _csv("label-unnamed", "a,target\n1,1\n2,0\n", "'target'", "looks like a label"),
    _csv("word-column-without-label", "a,kind\n1,x\n2,z\n", "line 2", "'x' is not a number", "--label"),
    _csv("positive-absent", "a,label\n1,x\n2,z\n", "positive='w'", "'x', 'z'", positive="w"),
    _csv("positive-only", "a,label\n1,x\n2,x\n", "every label is 'x'", "only one class", positive="x"),
    _csv("positive-without-label", "1,2\n3,4\n", "positive='1'", "needs labels", positive="1"),
    _csv("intercept-without-label", "1,2\n3,4\n", "intercept=True", "needs labels", intercept=True),
    # --- JSON
    _json("empty", "", "line 1, column 1", "not JSON"),
    _json("cut-short", '{"X": [[1, 2]], "y": [1', "not JSON"),
    _json("list", "[[1, 2], [3, 4]]", '"X" and "y"', "a list of 2"),
    _json("number", "17", '"X" and "y"', "the number '17'"),
    _json("no-y", '{"X": [[1, 2]]}', '"X" and "y"', "'X'"),
    _json("unknown-key", '{"X": [[1]], "y": [1], "z": 1}', '"X" and "y"', "'z'"),
    _json("duplicate-key", '{"X": [[1]], "X": [[2]], "y": [1]}', "key 'X' occurs twice"),
    _json("nan", '{"X": [[1, NaN]], "y": [1]}', "X[0][1]='NaN' is not finite"),
    _json("infinity", '{"X": [[-Infinity]], "y": [1]}', "X[0][0]='-Infinity' is not finite"),
    _json("huge", '{"X": [[1e999999999]], "y": [1]}', "X[0][0]='1e999999999'", "2^500"),
    _json("long-integer", '{"X": [[1, ' + "9" * 6000 + ']], "y": [1]}', "X[0][1]='999", "6000 characters"),
    _json("divide-by-zero", '{"X": [["1/0"]], "y": [1]}', "X[0][0]='1/0' divides by zero"),
    _json("boolean", '{"X": [[true, 2]], "y": [1]}', "X[0][0] is true"),
    _json("null", '{"X": [[1, null]], "y": [1]}', "X[0][1] is null"),
    _json("boolean-label", '{"X": [[1]], "y": [true]}', "y[0] is true"),
    _json("nested", '{"X": [[[1, 2]]], "y": [1]}', "X[0][0] is a list of 2"),
    _json("flat", '{"X": [1, 2], "y": [1, 1]}', "X[0] is the number '1'"),
    _json("object-row", '{"X": [{"a": 1}], "y": [1]}', "X[0] is an object"),
    _json("string-x", '{"X": "abc", "y": [1]}', "X is the string 'abc'"),
    _json("number-y", '{"X": [[1]], "y": 1}', "y is the number '1'"),
    _json("ragged", '{"X": [[1, 2], [3]], "y": [1, 1]}', "X[1] has 1 entries", "X[0] has 2"),
    _json("no-rows", '{"X": [], "y": []}', "no rows"),
    _json("no-columns", '{"X": [[], []], "y": [1, 1]}', "shape (2, 0)", "no columns"),
    _json("length", '{"X": [[1], [2]], "y": [1, -1, 1]}', "y has 3 labels", "X has 2 rows"),
    _json("labels", '{"X": [[1], [2]], "y": [1, 5]}', "'1', '5'", "--positive"),
    _json("zero-row", '{"X": [[1, 1], [0, "0/7"]], "y": [1, -1]}', "row 1 is zero"),
    _json("empty-lists", '{"X": [' + "[]," * 1_000_002 + '[]], "y": []}', "lists", "fewer rows"),
    _json("long-list", '{"X": [[1]], "y": [' + "1," * 4_000_002 + "1]}", "values", "the most is 4000000"),
    _json("objects-in-objects", '{"X": ' + '{"a":' * 50_000 + "1", "nested too deeply"),
    _json("deep", "[" * 200_000, "nested too deeply"),
    _json("binary", b"\xff\xfe\x00", "not UTF-8"),
    _json("label-option", '{"X": [[1]], "y": [1]}', "label='y'", ".json", label="y"),
    # --- NumPy arrays
    _array("nan", "bad.npy", _npy([[1.0, 2.0], [3.0, np.nan]]), "row 1, column 1", "nan is not finite"),
    _array("inf", "bad.npy", _npy([[1.0, -np.inf]]), "row 0, column 1", "-inf is not finite"),
    _array("complex", "bad.npy", _npy([[1j, 2]]), "complex128"),
    _array("string", "bad.npy", _npy([["1", "2"]]), "<U1"),
    _array("boolean", "bad.npy", _npy([[True, False]]), "bool"),
    _array("pickled", "bad.npy", _npy(np.array([[1, None]], dtype=object), allow_pickle=True), "bad.npy"),
    _array("structured", "bad.npy", _npy(np.zeros(2, dtype=[("a", "f8")])), "'a'"),
    _array("date", "bad.npy", _npy(np.array([["2020-01-01"]], dtype="M8[D]")), "datetime64"),
    _array("scalar", "bad.npy", _npy(1.0), "shape ()"),
    _array("vector", "bad.npy", _npy([1.0, 2.0]), "shape (2,)"),
    _array("cube", "bad.npy", _npy(np.ones((2, 2, 2))), "shape (2, 2, 2)"),
    _array("no-rows", "bad.npy", _npy(np.ones((0, 3))), "no rows"),
    _array("no-columns", "bad.npy", _npy(np.ones((3, 0))), "shape (3, 0)", "no columns"),
    _array("zero-row", "bad.npy", _npy([[1.0, 2.0], [0.0, -0.0]]), "row 1 is zero"),
    _array("too-large", "bad.npy", _npy([[1e300, 1.0]]), "X[0][0]=1e+300", "2^500"),
    _array("subnormal", "bad.npy", _npy([[5e-324, 1.0]]), "X[0][0]=4.94066e-324", "2^500"),
    _array("empty", "bad.npy", b"", "not a readable NumPy array"),
    _array("text", "bad.npy", b"1,2\n3,4\n", "not a readable NumPy array"),
    _array("cut-short", "bad.npy", _npy(np.ones((4, 4)))[:-40], "cut short"),
    _array("claims-a-terabyte", "bad.npy", _npy_claiming("(1000000, 1000000)"), "1000000000000 entries"),
    _array("claims-a-thousand", "bad.npy", _npy_claiming("(1000, 1000)"), "cut short", "8000000 bytes"),
    _array("rows-of-nothing", "bad.npy", _npy_claiming("(1000000000, 0)"), "1000000000 rows", "fewer rows"),
    _array("columns-of-nothing", "bad.npy", _npy_claiming("(0, 1000000000)"), "no rows"),
    _array("a-shape-of-thousands", "bad.npy", _npy_claiming(f"({'9' * 90}, 1)"), "fewer rows"),
    _array(
        "types-of-nothing", "bad.npy", _npy_claiming("(9, 9)", "('<f8', (1000000000, 0))"), "expected floats"
    ),
    _array(
        "texts-of-nothing", "bad.npz", _npz_of(_npy_claiming("(1000000000,)", "'<U0'")), "1000000000 rows"
    ),
    _array("small-bomb", "bad.npz", _npz_of(_npy_claiming("(20000, 20000)", "'|i1'")), "400000000 entries"),
    _array("objects", "bad.npz", _npz(X=[[1.0]], y=np.array([None])), "Python objects", "never loaded"),
    _array("deep-header", "bad.npy", _npy_claiming("(" * 5000), "not a readable NumPy array"),
    _array("long-header", "bad.npy", b"\x93NUMPY\x02\x00\xff\xff\xff\x7f" + b" " * 20000, "not a readable"),
    _array("many-arrays", "bad.npz", lambda: _npz_of_many(2000), "save X and y alone"),
    _array("lzma", "bad.npz", _npz_of(_npy([1]), zipfile.ZIP_LZMA), "packed by method 14"),
    _array("subnormal-long-double", "bad.npy", _npy(np.array([[1, np.longdouble(2) ** -600]])), "X[0][1]="),
    _array("negative-shape", "bad.npy", _npy_claiming("(-1, 2)"), "bad.npy"),
    _array("bad-header", "bad.npy", _npy_claiming("(1, 2"), "not a readable NumPy array"),
    _array("npz-inside", "bad.npy", _npz(X=[[1.0]], y=[1]), "not a readable NumPy array"),
    _array("intercept", "bad.npy", _npy([[1.0, 2.0]]), "intercept=True", "needs labels", intercept=True),
    _array("positive", "bad.npy", _npy([[1.0, 2.0]]), "positive='1'", "needs labels", positive="1"),
    _array("label", "bad.npy", _npy([[1.0, 2.0]]), "label='0'", ".npy", label="0"),
    _array("no-y", "bad.npz", _npz(X=[[1.0, 2.0]]), "no array y", "'X'"),
    _array("no-x", "bad.npz", _npz(a=[[1.0, 2.0]], y=[1]), "no array X", "'a'"),
    _array("length", "bad.npz", _npz(X=[[1.0], [2.0]], y=[1]), "y has 1 labels", "X has 2 rows"),
    _array("wide-y", "bad.npz", _npz(X=[[1.0], [2.0]], y=[[1, 0], [0, 1]]), "shape (2, 2)"),
    _array("complex-y", "bad.npz", _npz(X=[[1.0]], y=[1j]), "complex128"),
    _array("nan-y", "bad.npz", _npz(X=[[1.0], [2.0]], y=[1.0, np.nan]), "row 1", "missing"),
    _array("labels", "bad.npz", _npz(X=[[1.0], [2.0]], y=[1, 2]), "'1', '2'", "--positive"),
    _array("cut-short", "bad.npz", _npz(X=[[1.0, 2.0]], y=[1])[:-30], "not a readable .npz"),
    _array("text", "bad.npz", b"X", "not a readable .npz"),
    _array("bomb", "bad.npz", _zip_bomb, "314572800 bytes"),
    # --- what DATA names
    _spec("nothing", "", "neither a file nor"),
    _spec("missing-file", "no/such/file.csv", "no/such/file.csv: no such file"),
    _spec("misspelt", "irsi", "irsi", "iris"),
    _spec("directory", "/", "a directory"),
    _spec("no-regular-file", "/dev/null", "/dev/null"),
    _spec("long-name", "x" * 5000, "5000 characters"),
    _spec("newline-in-name", "a\nb.csv", "'a\\nb.csv'"),
    BadInputCase("file-extension", "bad.xlsx", b"PK\x03\x04", ("bad.xlsx", "'.xlsx'", ".csv")),
    BadInputCase("file-no-extension", "bad", b"1,2\n", ("bad", "extension ''")),
    _spec("unknown-family", "poisson:n=3", "poisson:n=3"),
    _spec("family-alone", "gaussian", "missing parameter n, d"),
    _spec("missing-d", "gaussian:n=3", "missing parameter d"),
    _spec("missing-delta", "shifted-diagonal:d=3", "missing parameter delta"),
    _spec("unknown-parameter", "gaussian:n=3,d=2,sigma=1", "'sigma'", "n, d, seed"),
    _spec("twice", "gaussian:n=3,d=2,n=4", "n is given twice", "'4'"),
    _spec("no-value", "gaussian:n=3,d", "'d' is not name=value"),
    _spec("empty-value", "gaussian:n=3,d=", "d=''"),
    _spec("empty-item", "gaussian:n=3,,d=2", "'' is not name=value"),
    _spec("float", "gaussian:n=3.5,d=2", "n='3.5'"),
    _spec("scientific", "gaussian:n=1e3,d=2", "n='1e3'"),
    _spec("negative", "gaussian:n=-3,d=2", "n='-3'"),
    _spec("zero-n", "gaussian:n=0,d=2", "n=0"),
    _spec("zero-d", "scaled-rademacher:n=2,d=0", "d=0"),
    _spec("too-many", "gaussian:n=1000000,d=1000000", "1000000000000"),
    _spec("long-number", f"gaussian:n={'9' * 5000},d=2", "n='999"),
    _spec("unicode-number", "gaussian:n=\u0663,d=2", "n="),
    _spec("negative-seed", "gaussian:n=3,d=2,seed=-1", "seed='-1'"),
    _spec("zero-delta", "shifted-diagonal:d=3,delta=0", "delta=0"),
    _spec("negative-delta", "shifted-diagonal:d=3,delta=-1/10", "delta=-1e-1"),
    _spec("nan-delta", "shifted-diagonal:d=3,delta=nan", "delta='nan' is not finite"),
    _spec("delta-by-zero", "shifted-diagonal:d=3,delta=1/0", "delta='1/0' divides by zero"),
    _spec("huge-delta", "shifted-diagonal:d=3,delta=1e200", "1e+200", "2^500"),
    _spec("s-decreasing", "shifted-diagonal:d=3,delta=1,s=1:3:2", "s[2]=2e+0"),
    _spec("s-short", "shifted-diagonal:d=3,delta=1,s=1:2", "s has 2 values"),
    _spec("s-not-number", "shifted-diagonal:d=2,delta=1,s=1:x", "s='1:x' is not a number"),
    _spec("family-label", "gaussian:n=3,d=2", "label='y'", "generated", label="y"),
    _spec("bundled-intercept", "iris", "intercept=True", "has an intercept", intercept=True),
    _spec("family-intercept", "gaussian:n=3,d=2", "intercept=True", "generated", intercept=True),
    _spec("bundled-label", "iris", "label='kind'", "'label'", label="kind"),
    _spec("bundled-positive", "iris", "positive='rose'", "'setosa'", positive="rose"),
]

# Data that no w separates: (id, rows).
NOT_SEPARABLE: list[tuple[str, list[list[str]]]] = [
    ("opposite", [["1", "2"], ["-1", "-2"]]),
    ("opposite-scaled", [["1/3", "2/3"], ["-7", "-14"]]),
    ("triangle", [["1", "0"], ["-1", "1"], ["0", "-1"]]),
    ("weakly-only", [["1", "0"], ["-1", "0"], ["0", "1"]]),
    ("weakly-only-large", [["1e100", "1"], ["-1e100", "-1"], ["1", "1e-100"]]),
    ("rank-deficient", [["1", "1", "2"], ["1", "-1", "0"], ["-2", "0", "-2"]]),
]

# One or two of a kind, for the command itself, where each costs the start of a process.
_THROUGH_THE_COMMAND = """
csv-nan csv-infinity-first-line csv-word csv-empty-cell csv-divide-by-zero csv-huge-exponent csv-too-large
csv-five-thousand-digits csv-megabyte-cell csv-newline-in-cell csv-escape-in-cell csv-empty csv-header-only
csv-ragged-short csv-zero-row csv-unclosed-quote csv-bars csv-binary csv-utf-16 csv-numbered-header
csv-three-labels csv-two-words csv-no-such-label csv-label-out-of-range csv-label-negative csv-label-unnamed
csv-positive-absent csv-positive-only csv-intercept-without-label
json-cut-short json-no-y json-unknown-key json-duplicate-key json-nan json-long-integer json-boolean json-nested
json-ragged json-length json-deep
npy-nan npy-complex npy-pickled npy-vector npy-no-rows npy-cut-short npy-claims-a-terabyte npy-npz-inside
npz-no-y npz-length npz-cut-short npz-bomb
spec-nothing spec-missing-file spec-misspelt spec-directory spec-long-name spec-newline-in-name file-extension
spec-unknown-family spec-missing-d spec-unknown-parameter spec-twice spec-float spec-zero-n spec-too-many
spec-long-number spec-negative-delta spec-delta-by-zero spec-s-decreasing spec-family-intercept
spec-bundled-positive
""".split()  # noqa: SIM905
COMMAND_INPUTS = [case for case in BAD_INPUTS if case.id in _THROUGH_THE_COMMAND]
assert len(COMMAND_INPUTS) == len(_THROUGH_THE_COMMAND)

"""The data sets: reading, families, what their rows allow."""

from __future__ import annotations

from mutants.fault import Part

# fmt: off
PARTS = (
    Part("data",
        ("test_data.py", "test_bad_data.py"),
        {
            "verify/data/text.py": (
                ("decimals do not lower the exponent", "int(power or 0) - len(decimals)", "int(power or 0)"),
                ("the sign of a decimal is dropped", "int(sign + whole + decimals)", "int(whole + decimals)"),
            ),
            "verify/data/read.py": (
                ("an intercept of the label's sign", "signs, how = _signs(", "signs, how = ([1] * len(X), \"\") or _signs("),
            ),
            "verify/data/facts.py": (
                ("scaled Rademacher without absolute values", "{abs(entry) for entry in row}", "{entry for entry in row}"),
                ("s_1 <= s_2 for s_1 < s_2", "all(a < b for a, b", "all(a <= b for a, b"),
            ),
            "verify/data/separability.py": (
                ("a margin of 0 separates", "all(margin > 0 for", "all(margin >= 0 for"),
                ("weights need not sum to 1", " or sum(weights) != 1:", ":"),
                ("the witness is not rescaled", "[y * r for y, r in zip(best.y, by_row", "[y for y, r in zip(best.y, by_row"),
            ),
            "verify/data/families/planted.py": (
                ("rows are not turned to the separator's side", "in (side * x).tolist()", "in x.tolist()"),
            ),
            "verify/data/families/shifted_diagonal.py": (
                ("delta on the diagonal", "diagonal[i] if k == i else delta", "diagonal[i] if k != i else delta"),
            ),
            "verify/data/tables.py": (
                ("lines counted without the empty ones", "lines.append((reader.line_num, [", "lines.append((len(lines) + 1, ["),
                ("rows of other lengths", "if len(cells) != len(data[\"X\"][0]):", "if False:"),
                ("a key twice", "if key in found:", "if False:"),
            ),
            "verify/data/header.py": (
                ("a row with a word is a header", "    if len(words) == width:\n", "    if words:\n"),
                ("y for label, where both are", "DEFAULT_LABELS = (\"label\", \"y\")", "DEFAULT_LABELS = (\"y\", \"label\")"),
            ),
            "verify/data/arrays.py": (
                ("infinite entries let in", "for i, k in np.argwhere(np.isinf(array))[:1].tolist():", "for i, k in np.argwhere(np.isnan(array))[:1].tolist():"),
                ("a long double through float64", "math.nan if entry != entry else Fraction(*entry.as_integer_ratio())", "math.nan if entry != entry else Fraction(float(entry))"),
            ),
            "verify/data/dataset.py": (
                ("a range a bit too wide", "-499 <= bits <= 499", "-501 <= bits <= 501"),
                ("a zero row", "if not any(row):", "if False:"),
            ),
        },
    ),
    Part("data as they come",
        ("test_as_they_come.py",),
        {
            "verify/data/table.py": (
                ("rows with a missing value stay", "if gap is None and not (no_label", "if not (no_label"),
                ("a word in the wrong column", "cells = [Fraction(each == word) for each in words]", "cells = [Fraction(each != word) for each in words]"),
            ),
            "verify/margins/free.py": (
                ("whole differences for half", "tuple((p - q) / 2 for p, q", "tuple(p - q for p, q"),
                ("labels left in the features", "tuple(entry * row[-1] for entry in row[:-1])", "tuple(entry for entry in row[:-1])"),
            ),
        },
    ),
    Part("Python",
        ("test_python.py",),
        {
            "verify/data/given.py": (
                ("labels of a column each a list", "        values = [value[0] for value in values]\n", "        pass\n"),
            ),
            "verify/data/scaling.py": (
                ("the deviation over N - 1", "for x in column) / len(column)", "for x in column) / (len(column) - 1)"),
            ),
            "verify/ask/answer.py": (
                ("all answers are equal", "self._key() == other._key()", "True"),
            ),
            "marginproof.py": (
                ("another package taken for ours", "if os.path.realpath(where) != ", "if False and os.path.realpath(where) != "),
            ),
        },
    ),
)

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
                ("an intercept of the label's sign", "signs = _signs(", "signs = [1] * len(X) or _signs("),
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
                ("infinite entries let in", "for i, k in np.argwhere(~np.isfinite(array))[:1].tolist():", "for i, k in np.argwhere(np.isnan(array))[:1].tolist():"),
                ("a long double through float64", "return [[Fraction(*entry.as_integer_ratio()) for entry in row] for row in array]", "return [[Fraction(float(entry)) for entry in row] for row in array]"),
            ),
            "verify/data/dataset.py": (
                ("a range a bit too wide", "-499 <= bits <= 499", "-501 <= bits <= 501"),
                ("a zero row", "if not any(row):", "if False:"),
            ),
        },
    ),
)

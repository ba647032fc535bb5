"""The max margins and the linear programs below them."""

from __future__ import annotations

from mutants.fault import Part

# fmt: off
PARTS = (
    Part("exact LP",
        ("test_exact_lp.py",),
        {
            "verify/numbers/lp/exact.py": (
                ("a proposal taken as optimal", "not any(infeasibility_costs(basis, value))", "True"),
                ("reduced costs not looked at", "and entering_variable(basis, reduced, None) is None", "and True"),
                ("a Farkas proof with a wrong sign", "[d - g * unit for", "[d + g * unit for"),
                ("row duals in units of the integer rows", "[d * scale for d, scale in zip(reduced", "[d for d, scale in zip(reduced"),
                ("a point in units of its bounds", "value.denominator * lp.bound_unit", "value.denominator"),
            ),
            "verify/numbers/lp/basis.py": (
                ("a violated upper bound costs nothing", "elif up is not None and v > up * unit:", "elif False:"),
            ),
            "verify/numbers/linear/rational.py": (
                ("right sides unscaled", "right = [fmpz(entry * scale) for", "right = [fmpz(entry) for"),
            ),
        },
    ),
    Part("margins",
        ("test_margins.py",),
        {
            "verify/margins/maximum.py": (
                ("the margin for its inverse", "from_flint(least.square)", "from_flint(1 / least.square)"),
                ("no refusal where no w separates", "if optimum.margin == 0:", "if False:"),
            ),
            "verify/margins/euclidean.py": (
                ("Wolfe's method stops at its first corral", "        if short:", "        if False:"),
                ("the float support unchecked for dependence", "if nmod_mat(part, PRIME).rank() == len(corral):", "if True:"),
            ),
            "verify/margins/polyhedral.py": (
                ("only positive entries attain the dual norm", "if abs(entry) == largest]", "if entry == largest]"),
                ("linf weights of the integer rows", "[entry * scale for entry, scale in zip(y.numerators, rows.scales, strict=True)]", "list(y.numerators)"),
                ("l1 weights of the integer rows", "[entry * scale for entry, scale in zip(found.numerators, rows.scales, strict=True)]", "list(found.numerators)"),
                ("every maximizer called unique", "    if nmod_mat(equations, PRIME).rank() == len(free) or", "    if True or"),
                ("a step to the bound, not half way", "-gap / rate / 2 for", "-gap / rate for"),
                ("inward is outward", "-1 if w[k] > 0 else 1 for k in free", "1 if w[k] > 0 else -1 for k in free"),
            ),
            "verify/margins/mahalanobis.py": (
                ("c x^2 for (c x)^2", "sum((c * x) ** 2 for", "sum(c * x**2 for"),
                ("roots from below for a lower bound", "for entry, (_, above) in zip(w, roots", "for entry, (above, _) in zip(w, roots"),
                ("a bound rounded inwards", "rounded(1 / length, bits, floor)", "rounded(1 / length, bits, ceil)"),
            ),
            "verify/margins/rows.py": (
                ("rows of other denominators combined as they are", "c.numerators[i] * (common // self.scales[i])", "c.numerators[i]"),
            ),
            "verify/margins/result.py": (
                ("the l2 margin squared called the margin", "1 if self.norm == \"l2\" else 0, digits", "0, digits"),
            ),
            "verify/margins/certify.py": (
                ("a certificate without its face", "{\"margin\": margin.value, \"face\": margin.face}", "{\"margin\": margin.value, \"face\": []}"),
            ),
        },
    ),
)

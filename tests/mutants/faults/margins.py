"""Exact linear programs and max margins."""

from __future__ import annotations

from mutants.fault import Part

# fmt: off
PARTS = (
    Part("exact LP",
        ("test_exact_lp.py",),
        {
            ("verify/numbers/lp/exact.py", "_is_optimal"): (
                ("a proposal taken as optimal", "not any(infeasibility_costs(basis, value))", "True"),
                ("reduced costs not looked at", "entering_variable(basis, reduced, None) is None", "True"),
            ),
        },
    ),
    Part("margins",
        ("test_margins.py",),
        {
            ("verify/margins/maximum.py", "l2_margin"): (
                ("the margin for its inverse", "from_flint(least.square)", "from_flint(1 / least.square)"),
            ),
            ("verify/margins/euclidean.py", "independent_rows"): (
                ("the float support unchecked for dependence", "nmod_mat(part, PRIME).rank() == len(corral)", "True"),
            ),
            ("verify/margins/polyhedral.py", "holding"): (
                ("only positive entries attain the dual norm", "abs(entry)", "entry"),
            ),
            ("verify/margins/polyhedral.py", "bounds_met"): (
                ("inward is outward", "-1 if w[k] > 0 else 1", "1 if w[k] > 0 else -1"),
            ),
            ("verify/margins/mahalanobis.py", "mahalanobis_margin"): (
                ("c x^2 for (c x)^2", "(c * x) ** 2", "c * x ** 2"),
                ("roots from below for a lower bound", "(entry ** 2 * above for entry, (_, above) in zip(w, roots, strict=True))", "(entry ** 2 * above for entry, (above, _) in zip(w, roots, strict=True))"),
            ),
        },
    ),
)

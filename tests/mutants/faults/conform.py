"""Implementations held against rules."""

from __future__ import annotations

from mutants.fault import Part

# fmt: off
PARTS = (
    Part("conform",
        (
            "test_conform.py::test_the_bound_holds_what_any_order_of_operations_makes",
            "test_conform.py::test_what_has_no_bound_is_not_judged",
            "test_conform.py::test_what_cannot_be_held_is_refused_in_a_line",
            "test_conform.py::test_a_difference_names_the_convention_and_the_test_shows_it_again",
            "test_conform.py::test_whatever_a_step_does_is_a_difference",
            "test_conform.py::test_accumulation_means_what_it_says",
            "test_conform.py::test_what_is_right_in_its_convention_agrees",
        ),
        {
            ("verify/conform/bounded.py", "Bounded.made"): (
                ("operations that do not round", "each * size", "0 * size"),
                ("sizes that cancel", "s + e", "abs(x) + e"),
            ),
            ("verify/conform/bounded.py", "Bounded.__truediv__"): (
                ("a divisor that may be 0", "low > 0", "other.x != 0"),
            ),
            ("verify/conform/bounded.py", "_sign"): (
                ("a sign that rounding may turn", "(abs(a.x) > a.e) | (a.e == 0)", "abs(a.x) >= 0"),
            ),
            ("verify/conform/formula.py", "formula"): (
                ("eps inside is eps outside", "(eps, ZERO)", "(ZERO, eps)"),
                ("no correction of v", "swaps[id(old)] / _input('p' if state.degree == 1 else 'q')", "swaps[id(old)] / _input('p')"),
                ("a decay that is not times lr", "-(step + eta * rate * w)", "-(step + rate * w)"),
            ),
            ("verify/conform/reference.py", "_judge"): (
                ("nan agrees with everything", "np.where(np.isnan(away), np.inf, away)", "np.where(np.isnan(away), 0, away)"),
                ("a bound that nothing passes", "known & (away > bound)", "known & (away > 1e9 * bound)"),
            ),
            ("verify/conform/reference.py", "Reference._compare"): (
                ("gradients may be changed", "call.changed and (not self.how.overwrites)", "False"),
                ("a step that fails is passed over", "if trace.failed:\n    found.difference = Difference(len(trace.calls) + 1, 0, 0, 0, does=f'it failed: {trace.failed}')", "pass"),
            ),
            ("verify/conform/reference.py", "Reference._accumulated"): (
                ("a sum for a mean", "self.every > 1 and self.how.accumulated == 'mean'", "False"),
            ),
            ("verify/conform/matrices.py", "_in_the_format"): (
                ("products of matrices that do not round", "n * of_bent + (short + 2) * of.each * bent * n + 2 * of.each * a * n", "0.0"),
                ("errors that a polynomial keeps as they are", "(float(abs(slopes).max()) + bend * e) * e + rounded", "0 * e + 1e-3 * rounded"),
            ),
            ("verify/conform/matrices.py", "factor"): (
                ("columns for rows", "math.sqrt(max(1.0, rows / columns))", "math.sqrt(max(1.0, columns / rows))"),
            ),
            ("verify/conform/feeding.py", "_weights"): (
                ("weights of another shape", "(seen := [tuple(each.shape) for each in found]) != shapes", "(seen := []) and shapes"),
            ),
        },
    ),
)

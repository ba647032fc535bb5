"""The claims."""

from __future__ import annotations

from mutants.fault import Part

# fmt: off
PARTS = (
    Part("claims",
        ("test_claims.py",),
        {
            "verify/claims/registry.py": (
                ("what should fail may hold", '(self.verdict is Verdict.REFUTED) == (self.claim.expected == "fails")', "True"),
            ),
            "verify/evidence.py": (
                ("a refutation outvoted", "if Verdict.REFUTED in kinds:", "if False:"),
                ("the weakest word", "return min(kinds, key=list(Verdict).index", "return max(kinds, key=list(Verdict).index"),
            ),
            "verify/claims/epoch_map.py": (
                ("C(beta1, beta2) without its root", "* np.sqrt((1 - b2**n) / (1 - b2))", "* (1 - b2**n) / (1 - b2)"),
                ("any order of e_r will do", "order > 0.9,  # e_r", "order > -9,  # e_r"),
            ),
            "verify/claims/signum.py": (
                ("any room will do", "tightest >= 0, f", "tightest >= -99, f"),
            ),
            "verify/claims/__init__.py": (
                ("a derivation that fails proves", "if failed := [result.chain.name for result in results if not result.passed]:", "if failed := []:"),
            ),
        },
    ),
    Part("claims on AdamProxy",
        ("test_claims.py::test_counterexample_sums_diverge_and_stay_bounded_as_said",),
        {
            "verify/claims/proxy.py": (
                ("the counterexample one term short", "for t in range(1, 2**powers + 1)), Fraction(0))", "for t in range(1, powers + 1)), Fraction(0))"),
            ),
        },
    ),
    Part("claims on the game",
        ("test_claims.py::test_false_variant_is_refuted[fixed-point-not-unique: on a Gaussian set]",),
        {
            "verify/claims/game.py": (
                ("a list of any length", "if not checked.valid or len(weights) != 3:", "if not checked.valid:"),
            ),
        },
    ),
    Part("claims on cycles",
        ("test_game_cycles.py::test_corners",),
        {
            "verify/claims/cycles.py": (
                ("a corner where all costs are equal repels", "data.n * sum(abs(s) for s in row) <= sum(costs)", "data.n * sum(abs(s) for s in row) < sum(costs)"),
            ),
        },
    ),
    Part("claims on signs",
        ("test_claims.py::test_false_variant_is_refuted[full-batch-sign: per-sample Adam too]",),
        {
            "verify/claims/full_batch_sign.py": (
                ("any distance from a sign will do", "slack <= 0 and covered > 0", "slack <= 9 and covered > 0"),
            ),
        },
    ),
    Part("claims on max margins",
        ("test_claims.py::test_false_variant_is_refuted[full-batch-linf: per-sample Adam too]",),
        {
            "verify/claims/max_margins.py": (
                ("a shortfall that stays", "slowest < 0.5,", "slowest < 1.5,"),
            ),
        },
    ),
    Part("claims on Adam",
        ("test_claims.py::test_claim_is_as_expected[false-fixed-point-unique]",),
        {
            "verify/claims/adam.py": (
                ("a fixed point of any number", "len(limits) == 1,\n        TWO", "len(limits) >= 1,\n        TWO"),
            ),
        },
    ),
)

"""The claims."""

from __future__ import annotations

from mutants.fault import Part

# fmt: off
PARTS = (
    Part("claims",
        ("test_claims.py",),
        {
            "properties/claim.py": (
                ("what should fail may hold", '(self.verdict is Verdict.REFUTED) == (self.clause.expected == "fails")', "True"),
                ("evidence covers what it does not", "return set(evidence.hypotheses) <= set(self.hypotheses)", "return True"),
                ("the word of the strongest clause", "else max(words, key=ORDER)", "else min(words, key=ORDER)"),
                ("a refuted clause outvoted", "return Verdict.REFUTED if Verdict.REFUTED in words else", "return"),
                ("a false claim without a clause that must fail", 'if (self.expected == "fails") != any(', 'if False and any('),
            ),
            "properties/property.py": (
                ("hypotheses that nobody asks for", "if each.test is not None and not each.test(case)]", "if False]"),
            ),
            "verify/evidence.py": (
                ("a refutation outvoted", "if Verdict.REFUTED in kinds:", "if False:"),
                ("the weakest word", "return min(kinds, key=ORDER", "return max(kinds, key=ORDER"),
            ),
            "verify/hypotheses.py": (
                ("betas of any size", "opt.beta1**2 < opt.beta2", "opt.beta1 <= 1"),
            ),
            "verify/claims/__init__.py": (
                ("a derivation that fails proves", "if failed := [result.chain.name for result in results if not result.passed]:", "if failed := []:"),
                ("a chain proves more than its hypotheses allow", "if more := [each.text for each in needed if each not in clause.hypotheses]:", "if more := []:"),
            ),
        },
    ),
    Part("judges of claims",
        (
            "test_property_engine.py::test_each_false_variant_is_caught[epoch-closed-form: exponent j - i]",
            "test_property_engine.py::test_each_false_variant_is_caught[signum-increments: no loss of margin]",
            "test_property_engine.py::test_each_false_variant_is_caught[three-fixed-points: one of three left out]",
            "test_property_engine.py::test_each_false_variant_is_caught[full-batch-signs: per-sample Adam]",
            "test_property_engine.py::test_each_false_variant_is_caught[full-batch-shortfall: per-sample Adam]",
            "test_property_engine.py::test_each_true_variant_of_a_false_claim_stands[fixed-point-unique: of normalized GD]",
            "test_optimizers_systems.py",
            "test_game_cycles.py::test_corners",
        ),
        {
            "verify/claims/epoch_map.py": (
                ("C(beta1, beta2) without its root", "* np.sqrt((1 - b2**n) / (1 - b2))", "* (1 - b2**n) / (1 - b2)"),
            ),
            "verify/claims/judges/growth.py": (
                ("any shortfall will do", 'return within(short, allowed, "1 - margin', 'return within(short, 99 + allowed, "1 - margin'),
            ),
            "verify/claims/fixed_point_not_unique.py": (
                ("a list that the checker refuses", "return within(float(not valid), 0.5, detail, Verdict.CERTIFIED)", "return within(0.0, 0.5, detail, Verdict.CERTIFIED)"),
            ),
            "verify/claims/weights_cycle.py": (
                ("a corner where all costs are equal repels", "data.n * sum(abs(s) for s in row) <= sum(costs)", "data.n * sum(abs(s) for s in row) < sum(costs)"),
            ),
            "verify/claims/full_batch_sign.py": (
                ("any distance from a sign will do", "float((error / bound).max()), 1.0, what", "float((error / bound).max()), 1e9, what"),
            ),
            "verify/claims/full_batch_linf.py": (
                ("a shortfall that stays", "late / early, 0.5,", "late / early, 1.5,"),
            ),
            "verify/claims/false_fixed_point_unique.py": (
                ("one direction seen as two", "misalignment(end.drift, other.drift) < SAME_DIRECTION", "False"),
            ),
        },
    ),
)

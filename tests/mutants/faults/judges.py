"""Claims, chains, properties and diagnosis: what judges."""

from __future__ import annotations

from mutants.fault import Part

# fmt: off
PARTS = (
    Part("derive",
        ("test_derive_roads.py", "test_derive.py"),
        {
            ("verify/derive/roads.py", "equality"): (
                ("any equality passes", "Finding(rest == 0, 'left - right is 0 in normal form' if rest == 0 else f'left - right = {rest}')", "Finding(True, 'left - right is 0 in normal form' if rest == 0 else f'left - right = {rest}')"),
            ),
            ("verify/derive/roads.py", "inequality"): (
                ("an inequality whose terms have any sign", "not nonnegative(because)", "False"),
            ),
            ("verify/derive/roads.py", "induction"): (
                ("an induction without its start", "base == 0 and growth == 0", "growth == 0"),
                ("an induction without its step", "base == 0 and growth == 0", "base == 0"),
            ),
            ("verify/derive/roads.py", "everywhere"): (
                ("points that fail are passed over", "not passed", "False"),
            ),
            ("verify/derive/run.py", "StepResult.passed"): (
                ("one road is enough", "self.check.passed and self.second_road.passed", "self.check.passed or self.second_road.passed"),
            ),
            ("verify/derive/evaluate.py", "agree"): (
                ("wide balls agree", "compare(gap.rad(), ball(WIDTH) * (1 + abs(a))) is Order.LESS", "True"),
            ),
            ("verify/derive/evaluate.py", "at_most"): (
                ("a wide ball is at most another", "tight", "True"),
            ),
        },
    ),
    Part("claims",
        ("test_claims.py",),
        {
            ("verify/claims/registry.py", "Result.as_expected"): (
                ("what should fail may hold", "(self.verdict is Verdict.REFUTED) == (self.claim.expected == 'fails')", "True"),
            ),
            ("verify/evidence.py", "strongest"): (
                ("a refutation outvoted", "Verdict.REFUTED in kinds", "False"),
                ("the weakest word", "min", "max"),
            ),
            ("verify/claims/epoch_map.py", "_epoch"): (
                ("any order of e_r will do", "0.9", "-9"),
            ),
            ("verify/claims/signum.py", "_bound"): (
                ("any room will do", "tightest >= 0", "tightest >= -99"),
            ),
            ("verify/claims/__init__.py", "derived"): (
                ("a derivation that fails proves", "[result.chain.name for result in results if not result.passed]", "[]"),
            ),
        },
    ),
    Part("claims on AdamProxy",
        ("test_claims.py::test_counterexample_sums_diverge_and_stay_bounded_as_said",),
        {
            ("verify/claims/proxy.py", "counterexample"): (
                ("the counterexample one term short", "2 ** powers", "powers"),
            ),
        },
    ),
    Part("claims on the game",
        ("test_claims.py::test_false_variant_is_refuted[fixed-point-not-unique: on a Gaussian set]",),
        {
            ("verify/claims/game.py", "_three"): (
                ("a list of any length", "not checked.valid or len(weights) != 3", "not checked.valid"),
            ),
        },
    ),
    Part("claims on cycles",
        ("test_game_cycles.py::test_corners",),
        {
            ("verify/claims/cycles.py", "outward"): (
                ("a corner where all costs are equal repels", "data.n * sum((abs(s) for s in row)) <= sum(costs)", "data.n * sum((abs(s) for s in row)) < sum(costs)"),
            ),
        },
    ),
    Part("claims on signs",
        ("test_claims.py::test_false_variant_is_refuted[full-batch-sign: per-sample Adam too]",),
        {
            ("verify/claims/full_batch_sign.py", "_steps_are_signs"): (
                ("any distance from a sign will do", "slack <= 0", "slack <= 9"),
            ),
        },
    ),
    Part("claims on max margins",
        ("test_claims.py::test_false_variant_is_refuted[full-batch-linf: per-sample Adam too]",),
        {
            ("verify/claims/max_margins.py", "_full_batch_linf"): (
                ("a shortfall that stays", "0.5", "1.5"),
            ),
        },
    ),
    Part("claims on Adam",
        ("test_claims.py::test_claim_is_as_expected[false-fixed-point-unique]",),
        {
            ("verify/claims/adam.py", "_unique"): (
                ("a fixed point of any number", "len(limits) == 1", "len(limits) >= 1"),
            ),
        },
    ),
    Part("judges",
        ("test_property_engine.py::test_judgements", "test_property_engine.py::test_vacuous_cases_are_counted_apart", "test_property_engine.py::test_a_violation_is_shrunk_kept_and_judged_first_the_next_time", "test_property_engine.py::test_the_search_is_steered_towards_the_worst_case", "test_property_engine.py::test_a_run_from_far_off_is_given_the_time_that_its_flow_takes", "test_property_engine.py::test_each_false_variant_is_caught[proxy-weights: c* of the next row]", "test_property_engine.py::test_each_false_variant_is_caught[batch-one-near-proxy: batch 5 between them]"),
        {
            ("properties/property.py", "within"): (
                ("nan is within any bound", "not seen <= allowed", "seen > allowed"),
            ),
            ("properties/property.py", "worst"): (
                ("the best of several", "max", "min"),
            ),
            ("properties/run.py", "Tally.add"): (
                ("vacuous cases count as judged", "judgement.vacuous", "False"),
            ),
            ("properties/run.py", "run"): (
                ("a violation is not kept", "if store:\n    keep(property, violation.case, store)", "if False:\n    keep(property, violation.case, store)"),
            ),
            ("properties/increments.py", "settled"): (
                ("at the limit from the start", "arrival(opt, X, case.w_0, attracting, LATEST * settling)", "0.0"),
            ),
            ("properties/max_margin_limits.py", "near_the_proxy"): (
                ("the larger batch left out", "[near, nearer] if between else [near]", "[near]"),
            ),
        },
    ),
    Part("properties",
        ("test_property_evidence.py",),
        {
            ("properties/evidence.py", "_agreed"): (
                ("vacuous cases test a claim", "not telling", "not runs"),
                ("what should fail is tested", "Verdict.TESTED if holds else Verdict.UNDECIDED", "Verdict.TESTED"),
            ),
        },
    ),
    Part("diagnose",
        ("test_diagnose.py", "test_diagnose_states.py", "test_numbers_formats.py"),
        {
            ("verify/diagnose/diagnosis.py", "compared"): (
                ("the last underflow for the first", "min(expected.values(), default=None)", "max(expected.values(), default=None)"),
                ("observed and predicted exchanged", "(last.watched.events, rounded[-1].watched.events)", "(rounded[-1].watched.events, last.watched.events)"),
            ),
            ("verify/diagnose/diagnosis.py", "correct_digits"): (
                ("digits of what is not finite", "not np.all(np.isfinite(u) & np.isfinite(v))", "False"),
                ("half the correct digits", "-math.log10(distance)", "-math.log10(distance) / 2"),
            ),
            ("verify/optimizers/look.py", "_look"): (
                ("a 0 by right is called small", "fed[M, q, k] and size < least_m and (size > 0 or zeros_tell)", "size < least_m and (size > 0 or zeros_tell)"),
                ("v at degree 1", "degree * scale", "scale"),
                ("eps against v, not its root", "least_root * least_root", "least_root"),
                ("infinity is finite", "abs(after) < np.inf", "abs(after) <= np.inf"),
                ("the shadow of v follows g", "to_bits(come * x, bits)", "come"),
            ),
            ("verify/optimizers/averages.py", "_shapes"): (
                ("a state that follows another is an average", "reached == {'g'}", "reached >= {'g'}"),
            ),
            ("verify/diagnose/recommend.py", "_underflow"): (
                ("a negative margin to stop before", "margin is not None and margin > 0", "margin is not None"),
                ("a stall after an underflow named first", "stall < step", "stall > step"),
            ),
            ("verify/diagnose/recommend.py", ""): (
                ("no run is behind", "BEHIND = 0.1", "BEHIND = 1000000000.0"),
                ("any digits are enough", "KEPT = 0.5", "KEPT = 0.0"),
            ),
        },
    ),
)

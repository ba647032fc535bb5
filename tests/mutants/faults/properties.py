"""The properties, the strategies and the hunts."""

from __future__ import annotations

from mutants.fault import Part

# fmt: off
PARTS = (
    Part("properties",
        ("test_property_evidence.py",),
        {
            "properties/evidence.py": (
                ("vacuous cases count as telling", "        if not judgement.vacuous:\n            self.telling", "        if True:\n            self.telling"),
                ("what should fail is tested", 'if any(drawn.property.expected == "fails" for drawn in telling):', "if False:"),
                ("a few cases test a claim", "Verdict.TESTED if told >= LEAST else", "Verdict.TESTED if told else"),
                ("a violation passed over", "if outcome.violation is not None:", "if False:"),
                ("the seed forgotten", "seed=seed, judge=judge", "seed=0, judge=judge"),
            ),
        },
    ),
    Part("judges",
        (
            "test_property_engine.py::test_judgements",
            "test_property_engine.py::test_vacuous_cases_are_counted_apart",
            "test_property_engine.py::test_a_violation_is_shrunk_kept_and_judged_first_the_next_time",
            "test_property_engine.py::test_the_search_is_steered_towards_the_worst_case",
            "test_property_engine.py::test_a_run_from_far_off_is_given_the_time_that_its_flow_takes",
            "test_property_engine.py::test_each_false_variant_is_caught[proxy-weights: c* of the next row]",
            "test_property_engine.py::test_each_false_variant_is_caught[batch-one-near-proxy: batch 5 between them]",
        ),
        {
            "properties/property.py": (
                ("nan is within any bound", "violated = not seen <= allowed", "violated = seen > allowed"),
                ("the best of several", "found = max(judgements, key", "found = min(judgements, key"),
            ),
            "properties/run.py": (
                ("vacuous cases count as judged", "if judgement.vacuous:\n            return", "if False:\n            return"),
                ("stored cases are not judged", "in kept(property, store) if store else []", "in []"),
                ("a violation is not kept", "        if store:\n            keep(", "        if False:\n            keep("),
                ("the search is not steered", "target(judgement.badness)", "pass"),
            ),
            "verify/claims/judges/settling.py": (
                ("at the limit from the start", "near = arrival(opt, X, case.w_0, attracting, LATEST * settling)", "near = 0.0"),
                ("the way to the limit takes no time", "math.sqrt(2) * (near + 2 * settling)", "math.sqrt(2) * 2 * settling"),
                ("weights held against themselves", "np.roll(limit.weights, shift)", "c"),
            ),
            "verify/claims/gaussian_figure.py": (
                ("the larger batch left out", "replace(case.optimizer, batch_size=5)] if between else", "replace(case.optimizer, batch_size=5)] if False else"),
            ),
        },
    ),
    Part("strategies",
        ("test_strategies.py",),
        {
            "properties/strategies.py": (
                ("rows on the wrong side", "        x = tuple(-a for a in x)\n    wanted", "        pass\n    wanted"),
                ("less margin than asked for", "wanted = margin * max(map(abs, w))", "wanted = margin * min(map(abs, w))"),
                ("a tie that is none", "moved[l] -= t * w[k]", "moved[l] += t * w[k]"),
            ),
            "properties/choices.py": (
                ("weights that do not sum to 1", "return tuple(c / sum(raw) for c in raw)", "return tuple(raw)"),
                ("beta1^2 above beta2", "if b * b < second] or", "if b * b >= second] or"),
            ),
        },
    ),
    Part("hunts",
        (
            "test_hunt.py::test_none_found_is_not_none_exists",
            "test_hunt.py::test_the_time_ends_a_hunt",
            "test_hunt.py::test_the_time_ends_a_round_which_is_then_begun_anew",
            "test_hunt.py::test_an_interrupt_keeps_what_was_seen_and_resume_goes_on",
            "test_hunt.py::test_what_is_no_counterexample_is_not_confirmed",
            "test_hunt.py::test_a_stall_is_certified_where_it_is_one",
            "test_hunt.py::test_a_cycle_is_no_counterexample_where_its_mean_is_the_fixed_point_s_direction",
            "test_hunt.py::test_tidying_reaches_what_single_choices_do_not",
            "test_hunt.py::test_simpler_is_a_total_order_on_rows",
            "test_hunt.py::test_where_a_fixed_point_attracts_a_cycle_says_nothing",
            "test_hunt.py::test_a_bound_of_a_margin_holds_over_the_whole_box",
            "test_hunt.py::test_a_start_weighs_more_than_the_entries",
            "test_hunt.py::test_verdict_is_that_of_the_weakest_link",
        ),
        {
            "properties/hunt.py": (
                ("violations are not stored", "            keep(self.property, case, self.store)\n        return", "            pass\n        return"),
                ("the time does not end it", "elif time.monotonic() > self.deadline:", "elif False:"),
                ("to go on is to begin anew", "state, hit = _last(state, folder), stored(", "state, hit = state, stored("),
                ("a round that was cut short is done", "elif whole:  # a", "elif True:  # a"),
            ),
            "properties/found.py": (
                ("certified if anything is", "if kinds == {Verdict.CERTIFIED} else", "if Verdict.CERTIFIED in kinds else"),
            ),
            "verify/claims/judges/certified.py": (
                ("the radius left out of a margin", "_dot(x, center) + _dot(tuple(map(abs, x)), radius)", "_dot(x, center)"),
            ),
            "verify/claims/false_fixed_point_unique.py": (
                ("one fixed point is several", "len(prediction.limits) < 2", "len(prediction.limits) < 1"),
            ),
            "verify/claims/false_limit_is_fixed_point.py": (
                ("a fixed point may attract", "    if not none_attracts(prediction):\n", "    if False:\n"),
                ("any direction of the cycle's mean", "if gap > SAME_DIRECTION and cycle.rate < 1", "if cycle.rate < 1"),
            ),
            "verify/claims/judges/cycles.py": (
                ("all directions are one", "SAME_DIRECTION = 1e-6", "SAME_DIRECTION = 1e6"),
                ("fixed points that attract passed over", 'if not found or any(point.stability == "attracting" for point in found):', "if not found:"),
                ("weights that rest go round", "    if not np.ptp(shares(log_c), axis=0).max() > SWING:\n", "    if np.ptp(shares(log_c), axis=0).max() > SWING:\n"),
            ),
            "properties/tidy.py": (
                ("a start weighs nothing", "sum(map(_length, case.start)),", "0,"),
            ),
        },
    ),
)

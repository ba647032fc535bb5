"""Claims, chains, properties and diagnosis: what judges."""

from __future__ import annotations

from mutants.fault import Part

CLAIMS = "test_claims.py::test_"
WORDS = (
    "one_refutation_outweighs_all_other_evidence",
    "a_claim_has_the_word_of_its_weakest_clause",
    "what_should_fail_must_be_refuted",
    "evidence_that_assumes_more_than_the_clause_adds_no_word",
    "a_chain_proves_no_clause_without_its_hypotheses",
    "a_derivation_that_falls_proves_nothing",
    "a_case_that_misses_a_hypothesis_of_its_clause_judges_nothing",
)

# fmt: off
PARTS = (
    Part("derive",
        ("test_derive_roads.py", "test_derive_chains.py", "test_derive.py"),
        {
            ("verify/derive/roads.py", "equality"): (
                ("any equality passes", "Finding(rest == 0, 'left - right is 0 in normal form' if rest == 0 else f'left - right = {rest}')", "Finding(True, 'left - right is 0 in normal form' if rest == 0 else f'left - right = {rest}')"),
            ),
            ("verify/derive/roads.py", "induction"): (
                ("an induction without its start", "base == 0 and growth == 0", "growth == 0"),
            ),
            ("verify/derive/roads.py", "everywhere"): (
                ("points that fail are passed over", "not passed", "False"),
            ),
            ("verify/derive/evaluate.py", "agree"): (
                ("wide balls agree", "compare(gap.rad(), ball(WIDTH) * (1 + abs(a))) is Order.LESS", "True"),
            ),
        },
    ),
    Part("claims",
        tuple(f"{CLAIMS}{name}" for name in WORDS),
        {
            ("properties/claim.py", "Found.as_expected"): (
                ("what should fail may hold", "(self.verdict is Verdict.REFUTED) == (self.clause.expected == 'fails')", "True"),
            ),
            ("properties/claim.py", "Clause.covered"): (
                ("evidence covers what it does not", "{each.text for each in evidence.hypotheses} <= {each.text for each in self.hypotheses}", "True"),
            ),
            ("properties/claim.py", "Result.verdict"): (
                ("the word of the strongest clause", "max", "min"),
            ),
            ("properties/claim.py", "Claim.__post_init__"): (
                ("a false claim without a clause that must fail", "(self.expected == 'fails') != any((clause.expected == 'fails' for clause in clauses))", "False and any((clause.expected == 'fails' for clause in clauses))"),
            ),
            ("properties/property.py", "Property.with_judge"): (
                ("hypotheses that nobody asks for", "each.test is not None and (not each.test(case))", "False"),
            ),
            ("verify/evidence.py", "strongest"): (
                ("a refutation outvoted", "Verdict.REFUTED in kinds", "False"),
            ),
            ("verify/claims/hypotheses.py", "_fades"): (
                ("betas of any size", "opt.beta1 ** 2 < opt.beta2", "opt.beta1 <= 1"),
            ),
            ("verify/claims/__init__.py", "derived"): (
                ("a derivation that fails proves", "[chain for chain, _, result in named if not result.passed]", "[]"),
                ("a chain proves more than its hypotheses allow", "() if fails else handed_on((each.assertion for each in steps))", "()"),
            ),
        },
    ),
    Part("theorems",
        ("test_formal.py", "test_formal_certificates.py"),
        {
            ("verify/formal/theories.py", "statement_digest"): (
                ("definitions that change", "[statements(folder)[name][1], *(definitions(folder)[word] for word in words(name, folder))]", "[statements(folder)[name][1]]"),
            ),
            ("verify/formal/theories.py", "_faults"): (
                ("admitted proofs", "_FORBIDDEN.search(sentence)", "None"),
            ),
            ("verify/formal/kernel.py", "allowed"): (
                ("any axiom", "any(fnmatchcase(axiom, pattern) for pattern in meanings(folder)[1])", "True"),
            ),
            ("verify/formal/__init__.py", "evidence"): (
                ("other sources than those that were built", "compiled.sources != sources_digest()", "False"),
            ),
            ("verify/formal/certificates.py", "check_file"): (
                ("a theorem of a part for the whole", "kind.check(data, claim, fields['witness'])", "None"),
            ),
            ("verify/formal/form.py", "theorem_text"): (
                ("numbers that are not read back", "read_back(text) != numbers", "False"),
            ),
        },
    ),
    Part("judges of claims",
        ("test_property_engine.py::test_each_false_variant_is_caught[epoch-closed-form: exponent j - i]", "test_property_engine.py::test_each_false_variant_is_caught[signum-increments: no loss of margin]", "test_property_engine.py::test_each_false_variant_is_caught[three-fixed-points: one of three left out]", "test_property_engine.py::test_each_false_variant_is_caught[full-batch-signs: per-sample Adam]", "test_property_engine.py::test_each_false_variant_is_caught[full-batch-shortfall: per-sample Adam]", "test_property_engine.py::test_each_true_variant_of_a_false_claim_stands[fixed-point-unique: of normalized GD]", "test_optimizers_systems.py", "test_game_cycles.py::test_corners"),
        {
            ("verify/claims/epoch_map.py", "published"): (
                ("C(beta1, beta2) without its root", "(1 - b1) / (1 - b1 ** n) * np.sqrt((1 - b2 ** n) / (1 - b2))", "(1 - b1) / (1 - b1 ** n) * (1 - b2 ** n) / (1 - b2)"),
            ),
            ("verify/claims/judges/growth.py", "signum_increments"): (
                ("any shortfall will do", "within(short, allowed, '1 - margin of increments / linf margin')", "within(short, 99 + allowed, '1 - margin of increments / linf margin')"),
            ),
            ("verify/claims/fixed_point_not_unique.py", "three"): (
                ("a list that the checker refuses", "float(not valid)", "0.0"),
            ),
            ("verify/claims/weights_cycle.py", "outward"): (
                ("a corner where all costs are equal repels", "data.n * sum((abs(s) for s in row)) <= sum(costs)", "data.n * sum((abs(s) for s in row)) < sum(costs)"),
            ),
            ("verify/claims/full_batch_sign.py", "full_batch_signs"): (
                ("any distance from a sign will do", "1.0", "1000000000.0"),
            ),
            ("verify/claims/full_batch_linf.py", "shortfall_falls"): (
                ("a shortfall that stays", "0.5", "1.5"),
            ),
            ("verify/claims/false_fixed_point_unique.py", "one_fixed_point"): (
                ("one direction seen as two", "misalignment(end.drift, other.drift) < SAME_DIRECTION", "False"),
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
                ("the best of several", "max(judgements, key=lambda each: (not each.vacuous, each.violated, each.badness))", "min(judgements, key=lambda each: (not each.vacuous, each.violated, each.badness))"),
            ),
            ("properties/run.py", "run"): (
                ("stored cases are not judged", "kept(property, store) if store else []", "[]"),
                ("the search is not steered", "if not judgement.vacuous:\n    target(judgement.badness)", "if not judgement.vacuous:\n    pass"),
            ),
            ("verify/claims/judges/settling.py", "settled"): (
                ("at the limit from the start", "arrival(opt, X, case.w_0, attracting, LATEST * settling)", "0.0"),
            ),
            ("verify/claims/judges/settling.py", "weights_settle"): (
                ("weights held against themselves", "np.roll(limit.weights, shift)", "c"),
            ),
        },
    ),
    Part("properties",
        ("test_property_evidence.py",),
        {
            ("properties/run.py", "drawing_by_seed_alone"): (
                ("numbers of sources drawn", "provider._local_constants = inside.Constants()", "pass"),
            ),
            ("properties/evidence.py", "Drawn.__call__"): (
                ("vacuous cases count as telling", "not judgement.vacuous", "True"),
            ),
            ("properties/evidence.py", "_agreed"): (
                ("what should fail is tested", "any((drawn.property.expected == 'fails' for drawn in telling))", "False"),
                ("a few cases test a claim", "told >= LEAST", "told"),
                ("a part that told nothing", "not silent", "True"),
            ),
            ("properties/evidence.py", "from_properties"): (
                ("a violation passed over", "outcome.violation is not None", "False"),
                ("the seed forgotten", "run(property, cases=number, seed=seed, judge=judge, shrink=property.expected == 'holds')", "run(property, cases=number, seed=0, judge=judge, shrink=property.expected == 'holds')"),
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
                ("a 0 by right is called small", "m_fed[k] & (sizes[k] < least_m[i, k]) & ((sizes[k] > 0) | zeros_tell[k])", "(sizes[k] < least_m[i, k]) & ((sizes[k] > 0) | zeros_tell[k])"),
                ("eps against v, not its root", "least_root * least_root", "least_root"),
                ("infinity is finite", "abs(after) < np.inf", "abs(after) <= np.inf"),
                ("the shadow of v follows g", "to_bits(come * x, bits[i])", "come"),
            ),
            ("verify/optimizers/averages.py", "_shapes"): (
                ("a state that follows another is an average", "reached == {'g'}", "reached >= {'g'}"),
            ),
            ("verify/diagnose/recommend.py", "_underflow"): (
                ("a negative margin to stop before", "margin > 0", "True"),
            ),
            ("verify/diagnose/recommend.py", ""): (
                ("no run is behind", "BEHIND = 0.1", "BEHIND = 1000000000.0"),
                ("any digits are enough", "KEPT = 0.5", "KEPT = 0.0"),
            ),
        },
    ),
    Part("formats by role",
        ("test_formats_by_role.py",),
        {
            ("verify/optimizers/look.py", "_moves"): (
                ("the gap above a power of two for that below", "unit /= 2", "pass"),
            ),
            ("verify/optimizers/stores.py", "_nearest"): (
                ("the code below for the nearest", "bounds[j + step] <= x", "bounds[j + step] < 0.9 * x"),
            ),
            ("verify/optimizers/stores.py", "keeping.keep"): (
                ("always down for at random", "units + draw(random)", "units"),
            ),
            ("verify/diagnose/foretold.py", "sticking"): (
                ("m fades to the code below", "(codes + below) / 2", "codes"),
            ),
            ("verify/diagnose/foretold.py", "_stall"): (
                ("a stall of the code above", "cells[place + i]", "cells[np.minimum(place + i + 1, len(cells) - 1)]"),
                ("squares of one sign", "_between(low, high, mean, deviation) + _between(-high, -low, mean, deviation)", "_between(low, high, mean, deviation)"),
                ("what is kept is not subtracted", "average.keep * s + average.gain * x**average.power", "average.gain * x**average.power"),
            ),
            ("verify/diagnose/foretold.py", "_between"): (
                ("a wider bell", "math.sqrt(2)", "4 * math.sqrt(2)"),
            ),
            ("verify/diagnose/foretold.py", "vanishing_ratio"): (
                ("a ratio of squares", "1 / second_degree(opt.rule)", "1"),
            ),
            ("verify/diagnose/foretold.py", "safe_eps"): (
                ("an eps far below the root", "(math.log(form.vanishing) + largest) / degree", "math.log(form.vanishing) + largest / degree"),
            ),
            ("verify/optimizers/roles.py", "size"): (
                ("a sign that takes no bit", "(exponent_bits + form.bits) / 8", "(exponent_bits + form.bits - 1) / 8"),
                ("scales that take nothing", "1 + 4 / block", "1"),
            ),
            ("verify/optimizers/roles.py", "Roles.bytes_per_parameter"): (
                ("a master that takes nothing", "[self.master] * (self.has_master + self.kahan)", "[self.master] * 0"),
            ),
            ("verify/diagnose/diagnosis.py", "_digits_of_data"): (
                ("data as they were", "roles.data.array(X)", "X"),
            ),
            ("verify/optimizers/kernel.py", "kernel"): (
                ("a mean that is taken after rounding", "share = forward(c * forward(real(1) / samples))", "share = forward(c / samples)"),
            ),
            ("verify/numbers/formats/float8_e4m3.py", "rounded"): (
                ("what is too large is 448", "np.float32(np.nan)", "np.float32(448)"),
            ),
        },
    ),
)

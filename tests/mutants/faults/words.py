"""What a word rests on: hypotheses, enclosures, declared and carried rules, losses, evidence of claims."""

from __future__ import annotations

from mutants.fault import Part

STANDING = (
    "nothing_is_foretold_while_v_rises_and_where_it_falls_as_fast_as_it_can_its_decay_tells",
    "eps_stands_beside_the_root_or_under_it_and_half_of_the_corrected_roots_are_below",
    "states_remember_longer_where_margins_grow",
    "the_nearest_limit_is_that_of_the_least_angle",
    "what_still_remembers_its_start_foretells_nothing",
    "where_the_steps_end_tau_is_the_ruler",
    "the_table_says_where_the_run_stands",
)
CARRIED = (
    "one_obligation_rejects_the_forgery",
    "what_is_beyond_the_programs_end_is_refused",
    "the_factor_of_a_state_depends_on_no_data",
    "a_rule_has_one_line_for_each_state",
    "a_rule_is_carried_whose_program_does_not_tell_how_it_fades",
    "a_statement_names_all_states_that_share_a_line_and_tells_once_what_is_used_twice",
)

# fmt: off
PARTS = (
    Part("hypotheses",
        ("test_words.py", "test_own_losses.py::test_a_tail_declared_wrongly_is_undecided_where_the_object_is_passed", "test_own_losses.py::test_a_tail_that_was_tried_at_some_margins_is_tested_and_no_more", "test_rules_predicted.py::test_nothing_is_predicted_for_a_rule_that_is_not_what_it_declares"),
        {
            ("verify/game/hypotheses.py", "_of_rule"): (
                ("eps of any size", "opt.eps == 0", "True"),
                ("steps that read w", "rule.uses('w', 'eta')", "False"),
                ("updates of degree 1 that are not linear", "kind == 'linear'", "True"),
            ),
            ("verify/optimizers/at_rest.py", "Rate.__add__"): (
                ("a sum that cancels falls like its terms", "self.signs or other.signs", "False"),
            ),
            ("verify/optimizers/at_rest.py", "fades_at_rest"): (
                ("states that others do not feed", "max(alone, added_at_rest.up)", "alone"),
                ("updates that stay as they are", "falls.up < -ROUNDING", "falls.up <= ROUNDING"),
            ),
            ("verify/game/hypotheses.py", "_tail"): (
                ("any tail", "Hypothesis('the loss has an exponential tail', checked.exponential, how, remedy)", "Hypothesis('the loss has an exponential tail', True, how, remedy)"),
                ("a tail that was tried is proved", "shipped or checked.proved or (not checked.exponential)", "True"),
            ),
            ("verify/game/hypotheses.py", "_small_steps"): (
                ("a multiple of the gradient moves as the gradient", "share(opt)", "1"),
                ("the exponential loss from any start", "not any(start)", "True"),
                ("steps shown small enough for momentum and for batches", "opt.rule.states or not opt.full_batch(data.n) or (not known)", "not known"),
            ),
            ("verify/game/hypotheses.py", "_bounded"): (
                ("updates bounded in the mean for any betas", "moments(still)", "True"),
            ),
            ("verify/game/hypotheses.py", "of_question"): (
                ("a run that remembers may end", "bool(opt.schedule.last)", "True"),
            ),
            ("verify/game/hypotheses.py", "of_limits"): (
                ("costs as well known as the best of the limits", "max(words, key=ORDER)", "min(words, key=ORDER)"),
            ),
            ("verify/game/hypotheses.py", "of_waves"): (
                ("waves that do not attract", "True if found else None if open_ones else False", "True"),
            ),
        },
    ),
    Part("whole lists",
        ("test_game_balls.py::test_a_list_is_not_complete_without_its_check",),
        {
            ("verify/game/smooth/completeness.py", "whether_all"): (
                ("complete, whatever the checker says", "return checked.valid, '' if checked.valid else f'not decided whether these are all: {checked.why}'", "return True, ''"),
            ),
        },
    ),
    Part("enclosures",
        ("test_game_balls.py", "test_game_populations.py::test_no_limit_where_a_batch_has_a_cost_below_zero"),
        {
            ("verify/game/smooth/enclose.py", "_attempt"): (
                ("Newton's method shows a zero", "abs(entry) < half", "True"),
                ("digits that the ball does not have", "u.rad() * (2 << needed) < 1", "True"),
            ),
            ("verify/game/smooth/enclose.py", "_complementarity"): (
                ("a common cost of any sign", "compare(own[0], zero) is not Order.GREATER", "False"),
                ("batches of any cost", "compare(cost, zero) is Order.GREATER", "True"),
            ),
            ("verify/game/smooth/enclose.py", "_least_excess"): (
                ("rows off the support that cost less", "compare(e, ball(0)) is Order.GREATER", "True"),
            ),
            ("verify/game/smooth/enclose.py", "_stability"): (
                ("a saddle repels", "every_row and unstable == jacobian.nrows()", "every_row"),
                ("rows off the support repel too", "every_row and unstable == jacobian.nrows()", "unstable == jacobian.nrows()"),
            ),
        },
    ),
    Part("runs asked for",
        ("test_certificates_arrival.py::test_where_no_run_is_certified_it_is_said_why", "test_certificates_rules.py::test_rules_that_no_certificate_carries_are_refused", "test_game_starts.py::test_a_step_contains_the_flow_from_all_of_the_place_before", "test_game_starts.py::test_a_place_with_floats_for_its_middle_contains_what_it_was"),
        {
            ("verify/game/flows/run_arrival.py", "require_run"): (
                ("a run with a schedule", "opt.scheduled or data.classes is not None", "data.classes is not None"),
                ("steps that stay", "0 < opt.decay <= 1", "opt.decay <= 1"),
            ),
            ("verify/optimizers/carried.py", "carried_game"): (
                ("a game with eps", "not opt.eps", "True"),
                ("a game that corrects its bias", "not opt.bias_correction", "True"),
                ("a game whose weights decay", "not opt.weight_decay", "True"),
                ("batches in any order", "opt.order == 'cyclic' or opt.full_batch(n)", "True"),
            ),
            ("verify/game/flows/enclosed_flow.py", "_rounded"): (
                ("the middle's rounding forgotten", "a + b", "a"),
            ),
            ("verify/game/flows/enclosed_flow.py", "step"): (
                ("how velocities differ over the box", "back * (J - J_0) * moving", "back * (J_0 - J_0) * moving"),
            ),
        },
    ),
    Part("hand-over",
        tuple(f"test_standing.py::test_{name}" for name in STANDING),
        {
            ("verify/game/handover.py", "hand_over"): (
                ("below eps from the start", "below and above", "below"),
            ),
            ("verify/game/handover.py", "threshold"): (
                ("eps under the root as beside it", "1.0 if opt.eps_place == 'outside' else 0.5", "1.0"),
            ),
            ("verify/game/handover.py", "lower_half"): (
                ("bias not corrected", "opt.bias_correction and opt.rule.corrects", "False"),
                ("the larger half", "(len(roots) - 1) // 2", "len(roots) // 2"),
            ),
            ("verify/game/handover.py", "_foretold"): (
                ("foretold of what remembers its start", "half.step * (1 - kept) >= 1", "True"),
                ("foretold where sqrt(v) rises", "time > 0 and roots[0] > roots[1]", "time > 0"),
                ("v falls slower than it can", "fall >= AS_FAST * fastest * steps", "False"),
            ),
            ("verify/game/standing.py", "Marks._one"): (
                ("increments against the flow", "(name, of) == ('flow', 'increments')", "False"),
            ),
            ("verify/game/standing.py", "memory_steps"): (
                ("memory as where margins stand still", "rate * np.exp(float(state.degree) * growth)", "rate"),
            ),
            ("verify/game/standing.py", "Standing.nearest"): (
                ("the farthest limit", "min(known)", "max(known)"),
            ),
        },
    ),
    Part("carried rules",
        (*(f"test_certificates_rules.py::test_{name}" for name in CARRIED), "test_certificates_hostile.py::test_betas_without_a_game_are_refused"),
        {
            ("verify/certificate/rule.py", "require_program"): (
                ("inputs that the rule has not", "line.name in inputs", "True"),
                ("operations on any number of lines", "len(line.args) in arity", "True"),
                ("lines that look ahead", "arg < i", "True"),
                ("names of the formula's letters", "names.count(name) == 1 and (not taken(name))", "names.count(name) == 1"),
                ("two of one name", "names.count(name) == 1 and (not taken(name))", "not taken(name)"),
                ("an update beyond the end", "max(ends) < len(rule.lines)", "True"),
            ),
            ("verify/certificate/rule.py", "_degree"): (
                ("a quotient by 0", "op == '/' and last is None and (first is not None)", "False"),
            ),
            ("verify/certificate/rule.py", "traits_of"): (
                ("states that need each other", "bool(ready)", "True"),
            ),
            ("verify/certificate/rule.py", "_rest"): (
                ("a rest of states that others feed", "found[end] in (unit[i], None)", "True"),
            ),
            ("verify/certificate/rule.py", "fades"): (
                ("quotients by states that vanish", "degree < 0 and (not abs(slope) > 0)", "False"),
            ),
            ("verify/certificate/rule.py", "_require_affine"): (
                ("a state times itself", "len(with_it) == 1", "with_it"),
                ("a factor made of gradients", "any((depends[arg] for arg in others))", "False"),
            ),
            ("verify/certificate/program.py", "formulas"): (
                ("one of two states that share a line", "' = '.join(names)", "names[0]"),
                ("what is used twice is told once", "uses[i] > 1 and (not leaf)", "False"),
            ),
            ("verify/certificate/program.py", "Rule.needed"): (
                ("lines that a state alone needs", "found.update(self.lines[i].args)", "found.update(self.lines[i].args[:1])"),
            ),
            ("verify/certificate/program.py", "read_rule"): (
                ("a state without a line", "len(found['after']) == len(found['states'])", "True"),
            ),
        },
    ),
    Part("losses declared",
        ("test_losses.py", "test_own_losses.py"),
        {
            ("verify/losses/check_loss.py", "LossCheck.exponential"): (
                ("exponential as it is declared", "self.ok and self['tail'].declared == 'exponential'", "self['tail'].declared == 'exponential'"),
            ),
            ("verify/losses/check_loss.py", "LossCheck.proved"): (
                ("any exponential tail is proved", "self.exponential and self.identical", "self.exponential"),
            ),
            ("verify/losses/check_loss.py", "_identical"): (
                ("what symbols do not show", "sympy.simplify(gap) == 0", "True"),
            ),
            ("verify/losses/check_loss.py", "_decreasing"): (
                ("weights that stay", "_order(below, above) is not Order.LESS", "_order(below, above) is Order.GREATER"),
                ("a last weight of any sign", "[*weights[1:], ball(0)]", "[*weights[1:], weights[-1] - 1]"),
            ),
            ("verify/losses/check_loss.py", "_logarithm"): (
                ("any logarithm", "not log_weight.exp().overlaps(weight)", "False"),
            ),
            ("verify/losses/check_loss.py", "_tail"): (
                ("a tail that is far from its limit", "not abs(factor(far) - factor(ball(0))) < ball(Fraction(1, 1000)) * factor(ball(0))", "False"),
                ("a tail of another weight", "not (shrunk * factor(shrunk)).overlaps(loss.weight(BALLS)(ball(z)))", "False"),
                ("a tail that vanishes", "_order(ball(0), factor(ball(0))) is not Order.LESS", "False"),
                ("an exponential tail undeclared", "abs(ratios[1] - ratios[0]) < ball(Fraction(1, 1000))", "False"),
            ),
            ("verify/losses/check_loss.py", "_floats"): (
                ("floats of any size", "not abs(found - exact) <= FLOAT * max(1.0, abs(float(z)))", "False"),
                ("no derivatives", "_derivatives(loss) or (_plain(loss) if compiled else '')", "_plain(loss) if compiled else ''"),
                ("no plain weights", "_derivatives(loss) or (_plain(loss) if compiled else '')", "_derivatives(loss)"),
            ),
            ("verify/losses/check_loss.py", "_derivatives"): (
                ("duals of another tail", "not (dual * 0 + slopes(dual)).value.overlaps(wanted)", "False"),
                ("series of another tail", "not coefficient(series([shrunk]) * 0 + along(series([shrunk])), 0).overlaps(wanted)", "False"),
            ),
            ("verify/losses/check_loss.py", "_plain"): (
                ("mpf of another weight", "not abs(Fraction(*_ratio(weight(MPF.number(z)))) - low) <= (high - low) + NEAR * low", "False"),
                ("a compiled weight of another size", "not abs(float(compiled(float(z))) - float(low)) <= share * float(low) + TINY", "False"),
            ),
        },
    ),
    Part("rules declared",
        ("test_rules.py::test_a_false_declaration_is_caught", "test_rules.py::test_every_rule_that_ships_is_what_it_declares"),
        {
            ("verify/optimizers/check_rule.py", "_degree_check"): (
                ("degrees that are not decided", "found == said or (found == 'any' and said is not None)", "found in (said, 'any', 'undecided')"),
            ),
            ("verify/optimizers/check_rule.py", "_stands"): (
                ("a smooth update counts as linear", "found == declared or (declared, found) == weaker.get(trait)", "found == declared or {declared, found} == {*weaker.get(trait, ())}"),
            ),
            ("verify/optimizers/check_rule.py", "check_rule"): (
                ("number systems that differ", "Trait('systems', True, agree, how, agree)", "Trait('systems', True, agree, how, True)"),
            ),
            ("verify/optimizers/check_rule.py", "_not_of_degree"): (
                ("no example against a degree", "not (after - wanted).contains(0)", "False"),
            ),
            ("verify/optimizers/check_rule.py", "_not_homogeneous"): (
                ("no example against all degrees", "not (second * second - first * third).contains(0)", "False"),
            ),
            ("verify/optimizers/check_rule.py", "_update"): (
                ("jumps that nobody looks for", "_jump(rule, update)", "''"),
            ),
            ("verify/optimizers/check_rule.py", "_forgets"): (
                ("forgetting at the defaults alone", "VALUES if rule.hyper else 0", "0"),
            ),
            ("verify/optimizers/check_rule.py", "_reads"): (
                ("what is declared is read", "not uses", "False"),
            ),
            ("verify/optimizers/check_rule.py", "_divided_by"): (
                ("a matrix divided by the sizes of its rows", "np.allclose(of(scales * A, 0.0), once, rtol=0, atol=ALIKE)", "True"),
            ),
        },
    ),
    Part("evidence of claims",
        ("test_claims.py::test_named_cases_can_refute_where_nothing_is_generated", "test_claims.py::test_a_theorem_that_the_kernel_did_not_compile_refutes_nothing", "test_claims.py::test_of_a_chain_only_the_step_that_is_named_gives_to_others", "test_own_claims.py::test_a_property_beside_a_claim_is_about_its_first_clause", "test_own_claims.py::test_a_claim_of_ones_own_is_verified", "test_own_claims.py::test_a_judge_or_check_that_does_not_catch_its_false_variants_tells_nothing", "test_formal.py::test_a_theorem_proves_no_clause_without_its_hypotheses"),
        {
            ("verify/claims/__init__.py", "formalized"): (
                ("a theorem proves more than its hypotheses allow", "() if fails else THEOREMS[name]", "()"),
                ("theorems that no kernel compiled", "[each for each in found if each.kind is not Verdict.FORMAL]", "[]"),
            ),
            ("verify/claims/__init__.py", "check_clause"): (
                ("a few cases are enough for a word", "LEAST if ORDER(Found(clause, tuple(evidence)).verdict) >= ORDER(Verdict.TESTED) else 0", "0"),
                ("no named cases", "on_named(property, profile)", "()"),
                ("judges that catch no false variant", "uncaught(property, profile)", "''"),
            ),
            ("verify/claims/__init__.py", "derived"): (
                ("all of a chain given by one of its steps", "step in ('', name)", "True"),
            ),
            ("verify/claims/__init__.py", "checked_claim"): (
                ("what stands beside a claim about each clause", "() if k else beside", "beside"),
            ),
            ("verify/claims/__init__.py", "_as_said"): (
                ("checks of a file in our name", "'' if own is None else f' ({by.format(own)})'", "''"),
            ),
        },
    ),
    Part("vacuity",
        ("test_vacuity.py",),
        {
            ("verify/claims/judges/growth.py", "falls_short"): (
                ("a bound that leaves nearly all open", "not 0 < lost < most * scale", "not 0 < lost < 1000 * most * scale"),
                ("a bound that loses nothing", "not 0 < lost < most * scale", "not lost < most * scale"),
                ("no run is long enough", "not 0 < lost < most * scale", "True"),
            ),
            ("verify/claims/judges/growth.py", "signum_increments"): (
                ("a margin below a negative bound", "allowed >= 1", "False"),
            ),
            ("verify/claims/judges/growth.py", "proxy_loss"): (
                ("promises below 0", "wanted <= 0", "False"),
                ("promises of any size are too small", "wanted <= 0", "wanted <= 1000000.0"),
            ),
            ("verify/claims/judges/maps.py", "equal"): (
                ("some entry is promised", "not np.isfinite(allowed).all()", "not np.isfinite(allowed).any()"),
            ),
            ("verify/claims/judges/maps.py", "largest_update"): (
                ("a bound at beta1^2 = beta2", "b1 * b1 >= b2", "b1 * b1 > b2 + 1e-9"),
            ),
            ("verify/claims/equilibrium_unique.py", "in_ratio"): (
                ("sizes half as far apart", "2 * p", "3 * p"),
            ),
            ("verify/claims/equilibrium_unique.py", "only_one"): (
                ("any sizes", "not in_ratio(case)", "False"),
            ),
            ("verify/claims/equilibrium_unique.py", "monotone"): (
                ("no sizes are near enough", "not (everywhere or in_spectrum(case))", "True"),
            ),
            ("verify/claims/fixed_point_exists.py", "indices_add_up"): (
                ("lists that are not whole", "not found.complete", "False"),
            ),
            ("verify/claims/weights_cycle.py", "repels"): (
                ("several equilibria", "len(found.limits) != 1", "not found.limits"),
            ),
            ("verify/claims/judges/reached.py", "reaches_linf"): (
                ("a shortfall that hardly falls", "last < 0.9 * first", "last < first"),
                ("a shortfall that falls", "last > SAME_MARGIN and last < 0.9 * first", "False"),
            ),
            ("verify/claims/judges/settling.py", "weights_settle"): (
                ("weights of any steps", "allowed > VAGUE_WEIGHTS", "False"),
                ("weights of no steps", "allowed > VAGUE_WEIGHTS", "allowed > VAGUE_WEIGHTS / 2"),
            ),
            ("verify/claims/hand_over.py", "foretold"): (
                ("a hand-over that nobody saw", "seen is None or told is None or seen.foretold", "seen is None or told is None"),
                ("a factor of 4.5", "np.log(1.5)", "np.log(4.5)"),
            ),
        },
    ),
)

"""Waves, levels, orbits, where runs go, growth at a finite time, conformance, joins: the newest parts."""

from __future__ import annotations

from mutants.fault import Part

SMALL = "test_game_together.py::test_"
ARRIVAL = "test_certificates_arrival.py::test_"
CHAINS = "test_derive_chains.py::test_"
CAUGHT = "test_property_engine.py::test_each_false_variant_is_caught"

# fmt: off
PARTS = (
    Part("waves checked",
        ("test_certificates_waves.py",),
        {
            ("verify/certificate/waves.py", "require_wave"): (
                ("levels in any order", "all((own and all((a < b for a, b in pairwise(own))) for own in levels))", "True"),
                ("margins that need not grow", "wave['growths'][0] > wave['growth_radius']", "True"),
                ("columns that nobody decides", "not missing", "True"),
            ),
            ("verify/certificate/waves.py", "require_spectral_radius"): (
                ("any spectral radius", "bool(shown)", "True"),
                ("a spectral radius bounded on one side", "low >= ball(point['spectral_low']) and high <= ball(point['spectral_high'])", "low >= ball(point['spectral_low'])"),
            ),
            ("verify/certificate/waves.py", "require_one_fixed"): (
                ("a zero of the map for a fixed point", "derivative - identity(len(center))", "derivative"),
            ),
            ("verify/certificate/waves.py", "check_growth"): (
                ("any growth", "abs(r - ball(said)) <= radius", "True"),
                ("levels that may grow slower", "all((below > above for above, below in pairwise(found)))", "True"),
                ("rows off the support may grow slower", "bool(faster)", "True"),
            ),
            ("verify/certificate/waves.py", "growth"): (
                ("an epoch's growth for a step's", "-setting.lr / len(setting.batches)", "-setting.lr"),
            ),
        },
    ),
    Part("levels checked",
        ("test_certificates_levels.py",),
        {
            ("verify/certificate/kinds/levels.py", "check"): (
                ("a row on two levels", "len(set(rows)) == len(rows)", "True"),
                ("a column that no level decides", "not seen", "True"),
            ),
            ("verify/certificate/kinds/levels.py", "check_point"): (
                ("levels of any cost", "cost > least", "True"),
                ("levels that cost less than those before", "own[depth - 1] if depth else ball(0)", "ball(0)"),
                ("rows without weight may cost less", "inside.costs[i] > own[deepest]", "True"),
                ("levels that do not attract", "not unstable", "True"),
            ),
        },
    ),
    Part("orbits checked",
        ("test_certificates_logit.py",),
        {
            ("verify/certificate/kinds/logit.py", "check"): (
                ("complete of rules of no degree", "require_periodic if claim['complete'] == 'yes' else require_forgetting", "require_forgetting"),
            ),
            ("verify/certificate/kinds/logit.py", "row_weights"): (
                ("each row a sample", "value + soft - z[i]", "value + soft - z[first]"),
            ),
            ("verify/certificate/orbit.py", "epoch"): (
                ("no decay of w", "1 - setting.lr * setting.decay", "1"),
            ),
        },
    ),
    Part("index",
        ("test_certificates_balls.py::test_a_list_whose_indices_do_not_sum_to_1_is_refused_whatever_the_search_says",),
        {
            ("verify/certificate/index.py", "add_index"): (
                ("every index 1", "sign(matrix(turned).det()) if others else 1", "1"),
            ),
        },
    ),
    Part("arrival",
        (f"{ARRIVAL}the_genuine_ones_are_valid", f"{ARRIVAL}one_obligation_rejects_the_forgery", f"{ARRIVAL}only_adam_is_taken_for_adam", f"{ARRIVAL}an_error_takes_from_what_holds_the_region", f"{ARRIVAL}a_bound_on_eigenvalues_sees_what_is_off_the_diagonal", f"{ARRIVAL}what_holds_the_region_bounds_the_flow_all_over_it"),
        {
            ("verify/certificate/kinds/arrival.py", "check"): (
                ("a run of any distance", "distance < ball(claim['rho'])", "True"),
                ("a run whose other rows weigh as much as they like", "late < ball(claim['late'])", "True"),
                ("steps that do not vanish", "0 < claim['decay'] <= 1", "claim['decay'] <= 1"),
                ("an epoch cut short", "claim['steps'] % (1 if whole else data.n) == 0", "True"),
                ("any rule's epochs", "whole or (is_ratio(rule) and size == 1)", "True"),
                ("a metric of another size", "rows == sum((1 for c in claim['center'] if c))", "True"),
            ),
            ("verify/certificate/kinds/arrival.py", "check_region"): (
                ("a region that need not hold", "held.lacks(claim['rho'], eta, delta) < 0", "True"),
            ),
            ("verify/certificate/kinds/arrival.py", "is_ratio"): (
                ("every program is Adam's", "'; '.join(spelled) == RATIO and sizes == (2, 2, 16, (7, 14))", "True"),
            ),
            ("verify/certificate/kinds/arrival.py", "is_logistic"): (
                ("any loss", "logistic or tuple(loss) == EXPONENTIAL", "True"),
            ),
            ("verify/certificate/kinds/arrival.py", "step_and_error"): (
                ("epochs without residual", "data.n * first, _residual(data, claim)", "data.n * first, ZERO"),
            ),
            ("verify/certificate/kinds/arrival.py", "_residual"): (
                ("steps of any length for the memory", "2 * two < floor", "True"),
                ("gradients of before the run are not forgotten", "power2 * after * after / (1 - b2 * further * further)", "ZERO"),
            ),
            ("verify/certificate/basin.py", "require_growth"): (
                ("margins that errors may shrink", "found[first] > delta * own", "True"),
                ("rows that errors may give weight", "found[j] - found[first] > delta * apart", "True"),
            ),
            ("verify/certificate/basin.py", "Hold.lacks"): (
                ("steps of any length", "eta * self.length * self.length / 2 - self.kappa", "-self.kappa"),
                ("errors that do not push", "self.push + self.spread * delta", "self.push"),
            ),
            ("verify/certificate/basin.py", "hold"): (
                ("rows off the support do not push", "[E[j] for j in off]", "[ZERO for j in off]"),
                ("half of the region", "_norm(row) * rho", "_norm(row) * rho / 2"),
            ),
            ("verify/certificate/basin.py", "_above"): (
                ("a bound without what is off the diagonal", "abs((B[i][j] + B[j][i]) / 2)", "ZERO"),
            ),
        },
    ),
    Part("growth judged",
        (f"{CAUGHT}[finite-time-signum: three times the pace]", f"{CAUGHT}[finite-time-adam: tau on the left]", f"{CAUGHT}[keeps-pace: three times the pace]", f"{CAUGHT}[finite-time-ngd-logistic: no constant]", f"{CAUGHT}[finite-time-signgd-exponential: three times the pace]"),
        {
            ("verify/claims/judges/at_any_time.py", "grows"): (
                ("any excess over the bound", "1000.0 * EPS * (1 + np.abs(w).max() * radius(case.X))", "1000000000000.0"),
            ),
            ("verify/claims/judges/at_any_time.py", "adam_grows"): (
                ("any excess of Adam's", "1000.0 * EPS * (1 + np.abs(z).max())", "1000000000000.0"),
            ),
            ("verify/claims/judges/at_any_time.py", "signum_grows"): (
                ("any excess of Signum's", "1000.0 * EPS * (1 + float(np.abs(z).max()))", "1000000000000.0"),
            ),
            ("verify/claims/judges/at_any_time.py", "keeps_pace"): (
                ("every case is vacuous", "not left[-1] > D2 / 4 * float(eta[s:] @ eta[s:])", "True"),
            ),
            ("verify/claims/judges/at_any_time.py", "of_loss"): (
                ("log N of either loss, and more", "(np.log(n), 1)", "(np.log(n) + 1000000000.0, 1)"),
            ),
        },
    ),
    Part("conform",
        ("test_conform.py::test_the_bound_holds_what_any_order_of_operations_makes", "test_conform.py::test_what_has_no_bound_is_not_judged", "test_conform.py::test_keywords_are_literals_and_are_matched_by_their_synonyms", "test_conform.py::test_what_cannot_be_held_is_refused_in_a_line", "test_conform.py::test_a_keyword_is_the_place_of_one_hyperparameter_alone"),
        {
            ("verify/conform/bounded.py", "Bounded.__add__"): (
                ("a sum's size after it has cancelled", "self.s + other.s", "abs(self.x + other.x)"),
            ),
            ("verify/conform/bounded.py", "Bounded.made"): (
                ("no rounding", "each * size", "0 * size"),
            ),
            ("verify/conform/bounded.py", "_sign"): (
                ("a sign that is always known", "np.where(known, 0.0, 2.0)", "0.0"),
            ),
            ("verify/conform/matching.py", "match"): (
                ("one keyword for two hyperparameters", "synonym not in places.values()", "True"),
            ),
            ("verify/conform/matching.py", "parsed"): (
                ("keywords that need not be literals", "ast.literal_eval(keyword.value)", "keyword.value"),
            ),
        },
    ),
    Part("joins",
        (f"{CHAINS}chained", f"{CHAINS}scaled_and_added", f"{CHAINS}summed", f"{CHAINS}substituted_stays_in_range", f"{CHAINS}what_is_assumed_of_a_letter_is_assumed_of_its_value", f"{CHAINS}by_cases_needs_both", f"{CHAINS}rooted", f"{CHAINS}a_page_tells_what_is_checked_from_what_the_reason_says", f"{CHAINS}what_a_step_is_made_of_must_stand", f"{CHAINS}signs_of_the_terms_of_a_sum", f"{CHAINS}by_invariant_needs_start_and_every_phase", f"{CHAINS}steps_that_lead_nowhere", f"{CHAINS}a_reason_is_made_of_the_slacks_of_others", f"{CHAINS}increasing_needs_a_positive_left_side", f"{CHAINS}a_scope_is_no_text", f"{CHAINS}what_is_said_of_another_side_is_refused", f"{CHAINS}a_derivation_falls_with_what_it_was_handed", f"{CHAINS}what_another_chain_hands_on_is_checked_with_its_hypotheses"),
        {
            ("verify/derive/joins.py", "scaled"): (
                ("a factor of either sign", "part.relation == '<=' and nonnegative(seen)", "part.relation == '<='"),
            ),
            ("verify/derive/joins.py", "chained"): (
                ("links that do not meet", "normal(rewritten(one.right - other.left, given)) != 0", "False"),
            ),
            ("verify/derive/joins.py", "summed"): (
                ("a weight of either sign", "part.relation in ('=', '<=') and nonnegative(weight)", "part.relation in ('=', '<=')"),
            ),
            ("verify/derive/invariants.py", "by_invariant"): (
                ("an induction without its start", "not _signed([each.subs(start, simultaneous=True)], strict)", "False"),
                ("an induction without its step", "not _signed(forms, strict)", "False"),
            ),
            ("verify/derive/joins.py", "substituted"): (
                ("values out of range", "not _in_range(letter, rewritten(sympy.sympify(value), given))", "False"),
                ("values of which less is assumed", "_not_assumed(part, values, domain)", "''"),
            ),
            ("verify/derive/cases.py", "by_cases"): (
                ("cases that leave a gap", "same and len(pairs) == 1", "same"),
            ),
            ("verify/derive/cases.py", "_reverse"): (
                ("a case between two strict ones", "(one.lhs, one.rhs) == (other.rhs, other.lhs) and not strict", "(one.lhs, one.rhs) == (other.rhs, other.lhs)"),
            ),
            ("verify/derive/cases.py", "all_right"): (
                ("a threshold of another size", "algebraic(where.rhs - where.lhs - left) == 0", "True"),
            ),
            ("verify/derive/cases.py", "one_right"): (
                ("a sum of either sign", "positive(over_)", "True"),
            ),
            ("verify/derive/joins.py", "joined"): (
                ("pieces that do not stand", "not part.check().passed", "False"),
            ),
            ("verify/derive/joins.py", "rooted"): (
                ("a root of either sign", "nonnegative(right)", "True"),
            ),
            ("verify/derive/joins.py", "resting"): (
                ("slacks of others", "normal(rest) != 0", "False"),
            ),
            ("verify/derive/joins.py", "increasing"): (
                ("logarithms of what may be negative", "positive(seen)", "True"),
            ),
            ("verify/derive/chain.py", "Chain.scope"): (
                ("joins by reason unnamed", "step.beside", "False"),
            ),
            ("verify/derive/chain.py", "Chain.__post_init__"): (
                ("a step that leads nowhere", "step not in leading", "False"),
            ),
            ("verify/derive/chain.py", "Assertion.right_of"): (
                ("what is said of another side", "self.left != left", "False"),
            ),
            ("verify/derive/chain.py", "Chain.leading_to"): (
                ("steps of other chains that nobody looks at", "other.leading_to(name.partition(':')[2] for name in wanted if name.startswith(f'{other.name}:'))", "()"),
            ),
            ("verify/derive/run.py", "Derivation.__post_init__"): (
                ("steps that were handed on", "(*self.handed, *self.steps)", "self.steps"),
            ),
        },
    ),
    Part("small sets",
        (f"{SMALL}the_checker_decides_whether_the_list_is_all", f"{SMALL}drift_and_costs_are_those_of_the_epoch_map", f"{SMALL}where_indices_do_not_add_up_there_are_more_starts"),
        {
            ("verify/studies/asks.py", "_proof"): (
                ("a list that was refused", "check_document(proof).valid", "True"),
            ),
            ("verify/game/smooth/together.py", "equilibria_together"): (
                ("no more starts", "sum(each.index for each in found) == 1", "True"),
            ),
            ("verify/game/smooth/each_start.py", "newton"): (
                ("sums over batches for means", "term / size", "term"),
            ),
        },
    ),
    Part("one equilibrium",
        ("test_monotone.py",),
        {
            ("verify/certificate/monotone.py", "one_at_most"): (
                ("any rule", "is_proxy(game.rule) and by_samples and all((entry for row in rows for entry in row))", "by_samples and all((entry for row in rows for entry in row))"),
                ("entries 0", "is_proxy(game.rule) and by_samples and all((entry for row in rows for entry in row))", "is_proxy(game.rule) and by_samples and (min(max(map(abs, row)) for row in rows) > 0)"),
                ("a power less", "K * (K * K - 1) ** 2 * largest", "(K * K - 1) ** 2 * largest"),
                ("a square less", "K * (K * K - 1) ** 2 * largest", "K * (K * K - 1) * largest"),
                ("rows of one size", "K * (K * K - 1) ** 2 * largest", "0"),
            ),
            ("verify/game/smooth/continuous.py", "answer"): (
                ("flows of every loss", "found.complete and opt.loss.name == 'exponential'", "found.complete"),
            ),
        },
    ),
    Part("given hypotheses",
        ("test_claims.py::test_what_a_chain_assumes_another_gives_only_if_it_stands_before", f"{CHAINS}what_a_chain_gives_to_others_is_of_a_step_that_does_not_assume_it"),
        {
            ("verify/claims/__init__.py", "derived"): (
                ("what is assumed is given", "each not in given", "False"),
            ),
            ("verify/derive/chain.py", "Chain.__post_init__"): (
                ("what a step assumes it gives", "name not in before or set(given) & set(before[name].assertion.hypotheses)", "name not in before"),
                ("what no step shows", "name not in before or set(given) & set(before[name].assertion.hypotheses)", "False"),
            ),
        },
    ),
    Part("sorted data",
        (f"{CAUGHT}[sorted-costs: a tenth lower]", f"{CAUGHT}[sorted-threshold: the other sign]", f"{CAUGHT}[full-batch-reach: no constant]", f"{CAUGHT}[full-batch-updates: half of C]", f"{CAUGHT}[rows-monotone: whatever the ratio]"),
        {
            ("verify/claims/separable_not_enough.py", "costs_below"): (
                ("any cost above the bound", "(T / copies - 1) / 3 - lower", "(T / copies - 1) / 3 - lower + 1000000000.0"),
            ),
            ("verify/claims/separable_not_enough.py", "sign_of_cost"): (
                ("any sign", "cost * sign > 0", "True"),
            ),
            ("verify/claims/judges/at_any_time.py", "goes_no_farther"): (
                ("any distance", "1000.0 * EPS * (1 + np.abs(w).max())", "1000000000000.0"),
            ),
            ("verify/claims/judges/at_any_time.py", "updates_bounded"): (
                ("updates of any length", "1000.0 * EPS * np.abs(w).max() / float(opt.step_sizes(0, STEPS).min())", "1000000000000.0"),
            ),
            ("verify/claims/equilibrium_unique.py", "monotone"): (
                ("G may fall", "64 * EPS * float(np.abs(G).max())", "1000000000000.0"),
            ),
        },
    ),
)

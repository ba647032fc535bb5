"""Faults that the tests must notice: one wrong sign, exponent, radius or forgotten obligation each.

A fault replaces a text that stands exactly once in a file. ``tests`` are the files that are run against it.
"""

from __future__ import annotations

from dataclasses import dataclass

# What is run against the faults of each part of the product: files, or single tests where a whole file takes long.
TESTS = {
    "data": ("test_data.py", "test_bad_data.py"),
    "tables": ("test_cli_tables.py",),
    "folds": ("test_game_folds.py",),
    "flow": ("test_game_flow.py",),
    "numbers": ("test_numbers_balls.py", "test_numbers_formats.py", "test_simulate_exact.py"),
    "exact LP": ("test_exact_lp.py",),
    "optimizers": ("test_optimizers_systems.py", "test_optimizers_choices.py", "test_simulate_floats.py"),
    "stored code": ("test_numbers_stored.py",),
    "epoch map": ("test_game.py", "test_optimizers_systems.py"),
    "simulate": ("test_simulate_exact.py", "test_simulate_floats.py"),
    "diagnose": ("test_diagnose.py", "test_numbers_formats.py"),
    "margins": ("test_margins.py",),
    "certificate": ("test_forgeries.py", "test_certificates.py", "test_certificates_balls.py"),
    "game": ("test_game.py", "test_game_balls.py"),
    "dominance": ("test_game_dominance.py",),
    "switching": ("test_game_switching.py",),
    "starts": ("test_game_starts.py",),
    "random orders": ("test_game_orders.py",),
    "derive": ("test_derive_roads.py", "test_derive.py"),
    "claims": ("test_claims.py",),
    "command": ("test_cli.py",),
    "cycles": ("test_game_cycles.py::test_what_it_takes_to_say_that_none_attracts",),
    "convex": ("test_game.py::test_gd_shares_weight_evenly_among_duplicates_and_names_a_tie",),
    "iteration": (
        "test_game.py::test_the_iteration_contracts_at_its_spectral_radius_and_not_to_every_attracting_equilibrium",
    ),
    "search": (
        "test_game.py::test_a_corner_that_no_direction_singles_out_is_not_reached",
        "test_game.py::test_the_two_rows_with_three_fixed_points",
        "test_game.py::test_what_is_not_known_is_said",
    ),
    "game balls": ("test_game_balls.py",),
    "draws": (
        "test_game_orders.py::test_the_standard_error_is_that_of_a_mean",
        "test_game_orders.py::test_the_flow_from_the_start_is_that_of_the_mean",
    ),
    "pivots": (
        "test_game_switching.py::test_pivots_see_the_memory_of_the_rationals_and_count_steps_to_the_next",
        "test_game_switching.py::test_a_few_pivots_lead_from_every_row_to_an_equilibrium",
    ),
    "tails": ("test_game_starts.py::test_balls_duals_series_and_floats_have_one_velocity",),
    "statements": ("test_certificates.py",),
    "roots": ("test_forgeries.py::test_the_genuine_ones_are_valid",),
    "claims on AdamProxy": ("test_claims.py::test_counterexample_sums_diverge_and_stay_bounded_as_said",),
    "claims on the game": (
        "test_claims.py::test_false_variant_is_refuted[fixed-point-not-unique: on a Gaussian set]",
    ),
    "claims on cycles": ("test_game_cycles.py::test_corners",),
    "claims on signs": (
        "test_claims.py::test_false_variant_is_refuted[full-batch-sign: per-sample Adam too]",
    ),
    "claims on max margins": (
        "test_claims.py::test_false_variant_is_refuted[full-batch-linf: per-sample Adam too]",
    ),
    "claims on Adam": ("test_claims.py::test_claim_is_as_expected[false-fixed-point-unique]",),
    "chain ema-steady-state": (
        "test_derive.py::test_every_step_stands_and_the_page_is_fresh[ema-steady-state]",
    ),
    "chain epoch-map": ("test_derive.py::test_every_step_stands_and_the_page_is_fresh[epoch-map]",),
    "chain eps-takeover": ("test_derive.py::test_every_step_stands_and_the_page_is_fresh[eps-takeover]",),
    "chain replicator": ("test_derive.py::test_every_step_stands_and_the_page_is_fresh[replicator]",),
    "chain signum-bound": ("test_derive.py::test_every_step_stands_and_the_page_is_fresh[signum-bound]",),
    "chain full-batch-sign": (
        "test_derive.py::test_every_step_stands_and_the_page_is_fresh[full-batch-sign]",
    ),
    "chain proxy-limit": ("test_derive.py::test_every_step_stands_and_the_page_is_fresh[proxy-limit]",),
    "chain max-margin-kkt": ("test_derive.py::test_every_step_stands_and_the_page_is_fresh[max-margin-kkt]",),
    "chain scaled-rademacher": (
        "test_derive.py::test_every_step_stands_and_the_page_is_fresh[scaled-rademacher]",
    ),
    "paths": (
        "test_game_paths.py::test_an_equilibrium_changes_its_support_and_ends_where_it_meets_a_saddle",
        "test_game_paths.py::test_a_change_of_stability_is_told_as_beta2_rises_whichever_way_it_is_met",
    ),
    "results": ("test_game_balls.py::test_decimals_keep_their_zeros_and_signs_and_floats_their_distance",),
    "views": ("test_cli_views.py",),
    "pieces": ("test_game_orders.py::test_pieces_read_functions_to_their_tolerance",),
    "basins": ("test_game_basins.py::test_two_rows_meet_at_the_repelling_equilibrium",),
    "properties": ("test_property_evidence.py",),
    "judges": (
        "test_property_engine.py::test_judgements",
        "test_property_engine.py::test_vacuous_cases_are_counted_apart",
        "test_property_engine.py::test_a_violation_is_shrunk_kept_and_judged_first_the_next_time",
        "test_property_engine.py::test_the_search_is_steered_towards_the_worst_case",
        "test_property_engine.py::test_a_run_from_far_off_is_given_the_time_that_its_flow_takes",
        "test_property_engine.py::test_each_false_variant_is_caught[proxy-weights: c* of the next row]",
        "test_property_engine.py::test_each_false_variant_is_caught[batch-one-near-proxy: batch 5 between them]",
    ),
    "strategies": ("test_strategies.py",),
    "hunts": (
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
}


@dataclass(frozen=True)
class Fault:
    """In ``file``, ``right`` becomes ``wrong``; ``part`` says which tests must notice."""

    part: str
    file: str
    right: str
    wrong: str
    what: str


def _faults(
    part: str, file: str, *changes: tuple[str, str, str], folder: str = "verify"
) -> tuple[Fault, ...]:
    return tuple(Fault(part, f"{folder}/{file}", right, wrong, what) for what, right, wrong in changes)


# A table: a line a fault.
# fmt: off
FAULTS: tuple[Fault, ...] = (
    *_faults(
        "data", "data/text.py",
        ("decimals do not lower the exponent", "int(power or 0) - len(decimals)", "int(power or 0)"),
        ("the sign of a decimal is dropped", "int(sign + whole + decimals)", "int(whole + decimals)"),
    ),
    *_faults(
        "data", "data/read.py",
        ("an intercept of the label's sign", "signs = _signs(", "signs = [1] * len(X) or _signs("),
    ),
    *_faults(
        "data", "data/facts.py",
        ("scaled Rademacher without absolute values", "{abs(entry) for entry in row}", "{entry for entry in row}"),
        ("s_1 <= s_2 for s_1 < s_2", "all(a < b for a, b", "all(a <= b for a, b"),
    ),
    *_faults(
        "data", "data/separability.py",
        ("a margin of 0 separates", "all(margin > 0 for", "all(margin >= 0 for"),
        ("weights need not sum to 1", " or sum(weights) != 1:", ":"),
        ("the witness is not rescaled", "[y * r for y, r in zip(best.y, rows", "[y for y, r in zip(best.y, rows"),
    ),
    *_faults(
        "data", "data/families.py",
        ("rows are not turned to the separator's side", "in (side * x).tolist()", "in x.tolist()"),
        ("delta on the diagonal", "diagonal[i] if k == i else delta", "diagonal[i] if k != i else delta"),
    ),
    *_faults(
        "tables", "cli/views.py",
        ("each limit against one margin", "misalignment(limit.direction, m.unit()) for limit in prediction.limits]", "misalignment(limit.direction, [*margins.values()][0].unit()) for limit in prediction.limits]"),
        ("a star where the maximizer is unique", '+ ("" if m.unique else "*")', '+ ("*" if m.unique else "")'),
        ("claims not as expected go unnamed", "if not result.as_expected]", "if result.as_expected]"),
        ("what should fail is as it should be where it holds", 'result.claim.expected == "fails" and result.as_expected else note', 'result.claim.expected == "fails" else note'),
        ("a face called one maximizer", '        if found.unique\n        else f"the maximizer is not', '        if found.support\n        else f"the maximizer is not'),
        ("w_T and its direction exchanged", "zip(run.weights, *radius, run.direction, run.increment_direction,", "zip(run.direction, *radius, run.weights, run.increment_direction,"),
        ("a row less of a long table", "        if k == SHOWN_ENTRIES:\n", "        if k == SHOWN_ENTRIES - 1:\n"),
    ),
    *_faults(
        "tables", "cli/paths.py",
        ("the limits of the full batch at each size", "replace(opt, batch_size=b), starts", "replace(opt, batch_size=data.n), starts"),
        ("limits of all batch sizes on one line", "            else:\n                lines.append([point])", "            else:\n                lines[0].append(point)"),
        ("a mark at beta2 for p", "np.interp(change.p, _to_p(x), y)", "np.interp(change.beta2, _to_p(x), y)"),
        ("a line that ends said to begin", '(line.begin, "begins"),', '(line.end, "begins"),'),
        ("log(beta2) for log(beta2 / (1 - beta2))", "np.log10(inside / (1 - inside))", "np.log10(inside)"),
    ),
    *_faults(
        "tables", "cli/pictures.py",
        ("the full batch twice", "*(b for b in steps if b < n), n]", "*(b for b in steps if b <= n), n]"),
        ("the two margins' axes exchanged", "return degrees(direction, l2), degrees(direction, linf)", "return degrees(direction, linf), degrees(direction, l2)"),
        ("a label away from its places", 'annotate(", ".join(shared), point,', 'annotate(", ".join(shared), points[0],'),
        ("the next label has the last one's too", "            shared.clear()\n", "            pass\n"),
    ),
    *_faults(
        "tables", "report.py",
        ("a folder that is not there seen after the work", "    if not folder.is_dir():\n", "    if False:\n"),
        ("tables between the lines of a document", "quiet=STANDARD_OUTPUT in targets", "quiet=STANDARD_OUTPUT in targets[:1]"),
        ("a picture's folder not looked at", 'PICTURES)}")\n    check_writable(target)', 'PICTURES)}")\n    check_writable(None)'),
    ),
    *_faults(
        "folds", "game/paths.py",
        ("any equilibrium near by is the partner", " and _orientation(game, met) != own:", ":"),
        ("a path that ends in a fold ends nowhere", 'return places, changes, Change(p, "fold", f"two equilibria on rows {rows} meet"), met', "return places, changes, None, met"),
        ("the dearest row joins", "int(np.argmin(here.excess))", "int(np.argmax(here.excess))"),
        ("a row may cost less on the way", "if found is None or not found.valid or _orientation", "if found is None or _orientation"),
        ("a fold where steps are still long", "FARTHEST, SMALLEST_STEP = 0.05, 1e-9", "FARTHEST, SMALLEST_STEP = 0.05, 1e-1"),
        ("no step from one equilibrium of a fold to the other", "np.linalg.svd(jacobian)[2][-1]", "0 * np.linalg.svd(jacobian)[2][-1]"),
    ),
    *_faults(
        "flow", "game/flow.py",
        ("log c for margins", "for z in _pieces(field, -log_c,", "for z in _pieces(field, log_c,"),
        ("a start of the tail at minus its margins", "yield from from_weights(field, -z, evaluations)", "yield from from_weights(field, z, evaluations)"),
        ("differences alone, where the loss sees margins", "_pieces(field, z, span(field.X), log_weight", "_pieces(field, z, span(centred(field.X)), log_weight"),
        ("half of each move", "        z = z + basis @ piece.y[:, -1]\n", "        z = z + basis @ piece.y[:, -1] / 2\n"),
        ("weights that stay those of the start", "field.drift(log_weight(start + basis @ move)))", "field.drift(log_weight(start)))"),
    ),
    *_faults(
        "flow", "game/proposed_flow.py",
        ("a step of twice its length", "self.velocity(states).T * (length / 2)", "self.velocity(states).T * length"),
        ("an integral from the middle", "chebyshev.chebint(slope, lbnd=-1)", "chebyshev.chebint(slope, lbnd=0)"),
        ("margins without the base row's", "margins[others] = states[:-1] + states[-1]", "margins[others] = states[:-1]"),
        ("the last row's cost for the base row's", "np.vstack([F[others] - F[base], F[base]])", "np.vstack([F[others] - F[base], F[-1:][0]])"),
        ("a first step by the least speed", "float(np.max(np.abs(self.velocity(state[:, None]))))", "float(np.min(np.abs(self.velocity(state[:, None]))))"),
        ("coefficients of Chebyshev polynomials for those of powers", "chebyshev.cheb2poly(column) for column", "column for column"),
    ),
    *_faults(
        "data", "data/tables.py",
        ("lines counted without the empty ones", "lines.append((reader.line_num, [", "lines.append((len(lines) + 1, ["),
    ),
    *_faults(
        "numbers", "numbers/balls.py",
        ("a float comes in undeclared", "    if type(value) is int:\n", "    if type(value) is float:\n        return arb(value)\n    if type(value) is int:\n"),
        ("a rounded NumPy float is declared exact", "if type(value.value) is not float:", "if False:"),
        ("a radius dropped", "return center + arb(0, radius)", "return center"),
        ("overlapping balls are equal", "a.is_exact() and b.is_exact() and a == b", "a.overlaps(b)"),
        ("a sign guessed", "    if a.is_zero():\n        return 0\n", "    if a.contains(0):\n        return 0\n"),
        ("the root of a ball that touches 0", "if root.is_nan():", "if False:"),
        ("precision leaks", "        ctx.prec = before\n", "        pass\n"),
        ("a ladder without its cap", "if 2 * bits > last:", "if bits > 8 * last:"),
        ("bounds without the radius", "return middle - radius, middle + radius", "return middle, middle"),
        ("the largest for the smallest", "reduce(arb.min, values)", "reduce(arb.max, values)"),
    ),
    *_faults(
        "numbers", "numbers/decimals.py",
        ("a radius rounded to the nearest", "rounding=rounding", "rounding=ROUND_HALF_EVEN"),
        ("a radius about the wrong center", "max(high - center, center - low)", "(high - low) / 2"),
        ("ten times too wide", "if (high - low) * 10**digits > unit_of:", "if (high - low) * 10**digits > 1000 * unit_of:"),
    ),
    *_faults(
        "numbers", "numbers/formats.py",
        ("bfloat16 ties away from even", "0x7FFF + ((bits >> 16) & 1)", "0x8000"),
        ("float16 without subnormal numbers", "if abs(x) < np.float32(2**-14):", "if abs(x) < np.float32(2**-30):"),
        ("float16 that never overflows", "if abs(normal) <= np.float32(65504)", "if abs(normal) <= np.float32(1e30)"),
    ),
    *_faults(
        "stored code", "numbers/stored.py",
        ("captured values left out of the key", "{**outside.globals, **outside.nonlocals}", "{**outside.globals}"),
        ("the compiler's options left out of the key", "_described(tuple(sorted(thing.targetoptions.items())))", "()"),
        ("a named tuple's names left out of the key", 'getattr(kind, "fields", ())', "()"),
        ("damage not looked for", "if hashlib.sha256(code).digest() != digest:", "if False:"),
    ),
    *_faults(
        "game", "numbers/duals.py",
        ("the product rule with one factor twice", "[s * self.value for s in other.slopes]", "[s * other.value for s in other.slopes]"),
        ("the quotient rule with a wrong sign", "[-value * s for s in other.slopes]", "[value * s for s in other.slopes]"),
        ("the derivative of a root without its 2", "double = root + root", "double = root"),
    ),
    *_faults(
        "starts", "numbers/taylor.py",
        ("a coefficient beyond the cut is 0", "if k >= a.prec:", "if False:"),
        ("the root of a series that may begin with 0", "    if a[0] > 0:\n        return a.sqrt()", "    if True:\n        return a.sqrt()"),
    ),
    *_faults(
        "starts", "numbers/definite.py",
        ("a definite matrix without its radii", "entry.mid() - spread * int(i == j)", "entry.mid()"),
        ("a bound on eigenvalues that is not shown", "if not positive_definite(shifted):", "if False:"),
    ),
    *_faults(
        "starts", "optimizers/loss.py",
        ("the logistic loss with an exponential tail", "one / (one + shrunk)", "one"),
    ),
    *_faults(
        "starts", "game/enclosed_flow.py",
        ("the defect without its remainder", "g + around(ball(0), abs(row[K]).abs_upper())", "g"),
        ("the defect does not add to the error", "r = [s.abs_upper() for s in _times((M * time).exp(), grown)]", "r = [s.abs_upper() for s in _times((M * time).exp(), r)]"),
    ),
    *_faults(
        "starts", "game/trapping.py",
        ("rows off the support may cost less", "if not all(compare(cost.value, ball(0)) is Order.GREATER for cost in costs):", "if False:"),
        ("a region that need not contract", "if compare(kappa, ball(0)) is not Order.GREATER:", "if False:"),
        ("what is off the support does not push", "row[r:], falling, strict=True", "row[r:r], [], strict=True"),
        ("a place that is inside but for its off-support weights", "falling = [(-margin[j]).exp() for j in self.off] + [(-z).exp()]", "falling = [(-z).exp()]"),
    ),
    *_faults(
        "starts", "game/arrival.py",
        ("an equilibrium that does not attract", 'if proved.stability != "attracting":', "if False:"),
        ("arrived without being inside", "if region.contains(place):", "if number > 20:"),
    ),
    *_faults(
        "exact LP", "numbers/exact_lp.py",
        ("a proposal taken as optimal", "not any(infeasibility_costs(basis, value))", "True"),
        ("reduced costs not looked at", "and entering_variable(basis, reduced, None) is None", "and True"),
        ("a Farkas proof with a wrong sign", "[d - g * unit for", "[d + g * unit for"),
        ("row duals in units of the integer rows", "[d * scale for d, scale in zip(reduced", "[d for d, scale in zip(reduced"),
        ("a point in units of its bounds", "value.denominator * lp.bound_unit", "value.denominator"),
    ),
    *_faults(
        "optimizers", "optimizers/rules.py",
        ("betas exchanged", "m = h.beta1 * m + (1 - h.beta1) * g\n        v = h.beta2 * v + (1 - h.beta2) * g * g", "m = h.beta2 * m + (1 - h.beta2) * g\n        v = h.beta1 * v + (1 - h.beta1) * g * g"),
        ("v sums g, not g^2", "(1 - h.beta2) * g * g", "(1 - h.beta2) * g"),
        ("v weighs by 1 - beta1", "v = h.beta2 * v + (1 - h.beta2)", "v = h.beta2 * v + (1 - h.beta1)"),
        ("eps inside the root taken outside", "sqrt(v + h.inside) + h.eps", "sqrt(v) + h.inside + h.eps"),
        ("AdamProxy without the root", "ratio(g, sqrt(squares))", "ratio(g, squares)"),
        ("Signum's sign of g", "return sign(m), m, v", "return sign(g), m, v"),
        ("normalized GD without its norm", "return ratio(g, norm), m, v", "return g, m, v"),
    ),
    *_faults(
        "simulate", "optimizers/loss.py",
        ("the logistic weight of -z", "return 1 / (1 + exp(z))", "return 1 / (1 + exp(-z))"),
        ("the logarithm of the logistic weight is -z", "return -softplus(z)", "return -z"),
    ),
    *_faults(
        "optimizers", "optimizers/order.py",
        ("samples backwards", "np.arange(n)[None, :]", "np.arange(n)[None, ::-1]"),
        ("one permutation for all epochs", "rng.permuted(np.tile(np.arange(n), (epochs, 1)), axis=1)", "np.tile(rng.permutation(n), (epochs, 1))"),
    ),
    *_faults(
        "optimizers", "optimizers/optimizer.py",
        ("t + 1 for t + 2 under the root", "lr / sqrt(t + 2)", "lr / sqrt(t + 1)"),
        ("t + 1 for t + 2 in a power", "exp(-decay * log(t + 2))", "exp(-decay * log(t + 1))"),
        ("bias correction of m alone", "eta(t) * sqrt(q) / p", "eta(t) / p"),
        ("eps not corrected", "eps * sqrt(q), inside * q", "eps, inside * q"),
    ),
    *_faults(
        "optimizers", "optimizers/kernel.py",
        ("samples absent from a block weigh on it", "if log_scale and not data.present[i, q]:", "if False:"),
        ("a unit falls without end", "min(scale[q] - level[q], FALL)", "scale[q] - level[q]"),
        ("an eps of 0 in infinite units", "if inside > 0:", "if True:"),
        ("v rescaled as m", "v[q, k] *= unit * unit", "v[q, k] *= unit"),
        ("m not rescaled", "m[q, k] *= unit\n", "m[q, k] *= 1.0\n"),
        ("the sum of a batch for its mean", "share = rounded(c / real(size))", "share = rounded(c / real(1))"),
    ),
    *_faults(
        "optimizers", "optimizers/trajectory.py",
        ("a scale that fades like beta2", '"beta2": math.sqrt(opt.beta2)', '"beta2": float(opt.beta2) ** 4'),
        ("tau without the last step", "tau += float(np.sum(steps.eta))", "tau += float(np.sum(steps.eta[:-1]))"),
    ),
    *_faults(
        "simulate", "optimizers/interpreted.py",
        ("the square of the sum for the sum of squares", "seen = [dot(column, column) for column in", "seen = [sum(column) * sum(column) for column in"),
        ("batches not averaged", "[-weight_j / len(batch) for weight_j in c]", "[-weight_j for weight_j in c]"),
    ),
    *_faults(
        "epoch map", "optimizers/epoch_map.py",
        ("m not periodic", "ratio(m, 1 - m_slope), ratio(v, 1 - v_slope)", "m, ratio(v, 1 - v_slope)"),
        ("v not periodic", "ratio(m, 1 - m_slope), ratio(v, 1 - v_slope)", "ratio(m, 1 - m_slope), v"),
        ("the sum of an epoch for its mean", "U[k] = -total / steps", "U[k] = -total"),
        ("a smaller last batch not averaged by its size", "size = np.array([len(batch) for batch in batches])", "size = np.array([len(batches[0]) for batch in batches])"),
        ("steps without gradient do not move w", "u, m, v = u * (1 + rests[q][1]), m", "u, m, v = u, m"),
        ("a rest of v as long as one step", "rests.append((steps, echo + update, m * fade, v * decay))", "rests.append((steps, echo + update, m * fade, decay))"),
    ),
    *_faults(
        "simulate", "simulate/simulation.py",
        ("increments over three quarters", "half, last = trajectory(X, opt, [steps // 2, steps]", "half, last = trajectory(X, opt, [steps // 4, steps]"),
        ("the iterate for its increment", "direction(last - half),", "direction(last),"),
        ("the largest margin for the least", "text(min(margins)),", "text(max(margins)),"),
    ),
    *_faults(
        "diagnose", "diagnose/diagnosis.py",
        ("the last underflow for the first", "step = min(expected.values(), default=None)", "step = max(expected.values(), default=None)"),
        ("observed and predicted exchanged", "last.watched.events, rounded[-1].watched.events", "rounded[-1].watched.events, last.watched.events"),
        ("digits of what is not finite", "    if not np.all(np.isfinite(u)):", "    if False:"),
        ("half the correct digits", "max(0.0, -math.log10(distance))", "max(0.0, -math.log10(distance) / 2)"),
    ),
    *_faults(
        "diagnose", "optimizers/watch.py",
        ("nan is called small", "size = old if old > term else term", "size = max(old, term)"),
        ("v at degree 1", "watch.log_normal / 2 - scale if norm else watch.log_normal - 2 * scale", "watch.log_normal / 2 - scale if norm else watch.log_normal - scale"),
        ("eps against v, not its root", "least_root * least_root", "least_root"),
        ("infinity is finite", "finite += abs(state.w[q, k]) < np.inf", "finite += abs(state.w[q, k]) <= np.inf"),
    ),
    *_faults(
        "diagnose", "diagnose/recommend.py",
        ("the reach of a format at degree 1", "degree = 1 if found.optimizer in", "degree = 1 if found.optimizer not in"),
    ),
    *_faults(
        "margins", "margins/maximum.py",
        ("the margin for its inverse", "from_flint(least.square)", "from_flint(1 / least.square)"),
        ("no refusal where no w separates", "if optimum.margin == 0:", "if False:"),
    ),
    *_faults(
        "margins", "margins/euclidean.py",
        ("Wolfe's method stops at its first corral", "        if short:", "        if False:"),
        ("the float support unchecked for dependence", "if nmod_mat(part, PRIME).rank() == len(corral):", "if True:"),
    ),
    *_faults(
        "margins", "margins/polyhedral.py",
        ("only positive entries attain the dual norm", "if abs(entry) == largest]", "if entry == largest]"),
        ("linf weights of the integer rows", "[entry * scale for entry, scale in zip(y.numerators, rows.scales, strict=True)]", "list(y.numerators)"),
        ("l1 weights of the integer rows", "[entry * scale for entry, scale in zip(found.numerators, rows.scales, strict=True)]", "list(found.numerators)"),
        ("every maximizer called unique", "    if nmod_mat(equations, PRIME).rank() == len(free) or", "    if True or"),
        ("a step to the bound, not half way", "-gap / rate / 2 for", "-gap / rate for"),
        ("inward is outward", "-1 if w[k] > 0 else 1 for k in free", "1 if w[k] > 0 else -1 for k in free"),
    ),
    *_faults(
        "margins", "margins/mahalanobis.py",
        ("c x^2 for (c x)^2", "sum((c * x) ** 2 for", "sum(c * x**2 for"),
        ("roots from below for a lower bound", "for entry, (_, above) in zip(w, roots", "for entry, (above, _) in zip(w, roots"),
        ("a bound rounded inwards", "rounded(1 / length, bits, floor)", "rounded(1 / length, bits, ceil)"),
    ),
    *_faults(
        "certificate", "certificate/margins.py",
        ("separable with a margin of 0", 'require(dot > 0, "separates"', 'require(dot >= 0, "separates"'),
        ("a combination that need not vanish", 'require(entry == 0, "vanishes"', 'require(True, "vanishes"'),
        ("||w||_2 not checked", "norm * square.numerator <= denominator**2 * square.denominator", "True"),
        ("||X'c||_2 not checked", "norm * square.denominator <= denominator**2 * square.numerator", "True"),
        ("||w||_inf not checked", "require(all(abs(x) <= one for x in w)", "require(True"),
        ("||w||_1 not checked", "require(sum(map(abs, w)) <= one", "require(True"),
        ("the dual norm not checked", "dual_norm(p) * margin.denominator <= margin.numerator * unit", "True"),
        ("a face may be larger", "has_rank(equations, len(free) - len(face))", "True"),
        ("a face's directions may be dependent", "require(has_rank(directions, len(face))", "require(True"),
        ("a face's point may be on its edge", 'require(all(inside), "face-interior"', 'require(True, "face-interior"'),
        ("a tight row without weight", "require(slack[i], ", "require(True, "),
        ("elimination by adding, not subtracting", "(-(packed >> place & mask) % prime)", "((packed >> place & mask) % prime)"),
    ),
    *_faults(
        "certificate", "certificate/data.py",
        ("negative weights", 'require(weight >= 0, "weights-nonnegative"', 'require(True, "weights-nonnegative"'),
        ("weights of any sum", "require(sum(c) == denominator", "require(True"),
    ),
    *_faults(
        "certificate", "certificate/reading.py",
        ("2/4 for 1/2", "gcd(numerator, denominator) != 1 or", ""),
        ("3/1 for 3", ' or bottom == "1":', ":"),
        ("unknown fields", "require(name in fields,", "require(True,"),
        ("a field twice", "require(len(fields) == len(pairs)", "require(True"),
        ("a bare number", 'raise Refused("schema", f"the number', 'return number\n    raise Refused("schema", f"the number'),
    ),
    *_faults(
        "certificate", "certificate/check.py",
        ("another statement", 'fields["statement"] == state(data.name, kind, claim)', "True"),
        ("another data set", "given == data.ratios", "True"),
    ),
    *_faults(
        "certificate", "certificate/boxes.py",
        ("Krawczyk's image may leave the box", "require(abs(row[0]) < size", "require(True"),
        ("the Jacobian's spread dropped", "image = (identity - inverse * jacobian) * spread - inverse", "image = ball(0) * spread - inverse"),
        ("a cheaper row off the support", "everywhere[i] > base", "True"),
        ("a cost of any sign", 'require(base > 0, "cost-positive"', 'require(True, "cost-positive"'),
        ("a direction of any distance", "require(squared < limit * limit", "require(True"),
        ("a weight that may vanish", "weight == 0 or weight > radius", "True"),
    ),
    *_faults(
        "certificate", "certificate/complete.py",
        ("any region holds one equilibrium", "return all(norm < 1 for norm in norms)", "return True"),
        ("a cell need not lie within its region", "if reduced is None or any(within(reduced, region) for region in regions):", "if reduced is None or regions:"),
        ("the same point twice", 'require(any(gap > apart for gap in gaps), "distinct"', 'require(True, "distinct"'),
    ),
    *_faults(
        "certificate", "certificate/dominance.py",
        ("any factors dominate", 'require(sum(factors) > 1, "dominated"', 'require(True, "dominated"'),
        ("factors that are negative", 'require(all(a >= 0 for a in factors), "dominated"', 'require(True, "dominated"'),
    ),
    *_faults(
        "dominance", "game/dominance.py",
        ("ties dominate", "sum(best.x) <= 1", "sum(best.x) < 1"),
        ("any ray that is below 0", "key=lambda j: f[j] / size[j]", "key=lambda j: f[j]"),
    ),
    *_faults(
        "certificate", "certificate/iterate.py",
        ("an iterate outside its box", "gap <= ball(radius)", "True"),
        ("the checker's betas exchanged", "m = [beta1 * a + (1 - beta1) * b", "m = [beta2 * a + (1 - beta2) * b"),
    ),
    *_faults(
        "certificate", "certificate/field.py",
        ("exponent p - q for q - p", "[[(q - p) % steps", "[[(p - q) % steps"),
        ("steps between support rows forgotten", "root = sqrt(under) / echo", "root = sqrt(under)"),
        ("a square from below", "return (low * low).union(high * high)", "return low * low"),
        ("a derivative without the root's", "(first[age[p]] - mean * second[age[p]] * G[p] / under) / root", "first[age[p]] / root"),
    ),
    *_faults(
        "certificate", "certificate/metric.py",
        ("costs that differ on the support", 'require(order == 0, "costs-equal"', 'require(True, "costs-equal"'),
        ("c x^2 for (c x)^2 in M(c)", "(weight * x) ** 2", "weight * x**2"),
        ("x_i.w below 1", 'require(dot >= unit, "feasible"', 'require(True, "feasible"'),
    ),
    *_faults(
        "game", "game/field.py",
        ("the derivative backwards", "1j * STEP * V[:, part]", "-1j * STEP * V[:, part]"),
    ),
    *_faults(
        "game", "game/face.py",
        ("inequalities not looked at", "return self.least >= -self.error and self.cost > self.error", "return True"),
        ("the float tie ignored", "tie = self.least <= self.error", "tie = False"),
    ),
    *_faults(
        "game", "game/spectrum.py",
        ("signs that stay are counted", "changes += here != last", "changes += here == last"),
        ("stable eigenvalues counted", "orders.count(Order.GREATER)", "orders.count(Order.LESS)"),
    ),
    *_faults(
        "game", "game/enclose.py",
        ("a box that Newton's step leaves", "if not all(abs(entry) < half for entry in image):", "if False:"),
        ("a row that may be cheaper", "if not all(e > 0 for e in excess):", "if False:"),
        ("a saddle called attracting", "    if unstable == 0:\n", "    if unstable <= 1:\n"),
        ("digits not reached", "if not all(u.rad() * (2 << needed) < 1 for u in direction):", "if False:"),
    ),
    *_faults(
        "random orders", "optimizers/expected_update.py",
        ("m decays once too often", "A = each.expected(each.p + each.q * each.at_next(A))", "A = each.expected(each.p + each.q * each.q * each.at_next(A))"),
        ("the covariance of m and v forgotten", "gains.append(each.r + each.s * at_next)", "gains.append(each.r)"),
        ("the sum of an epoch for its mean", "B.mean(axis=-1).reshape(d, r) / len(stages)", "B.mean(axis=-1).reshape(d, r)"),
    ),
    *_faults(
        "random orders", "optimizers/order.py",
        ("every batch drawn with replacement as likely", "factorial(size) / prod(map(factorial, Counter(batch).values())) if order", "1.0 if order"),
        ("a subset forgotten", "follow = [list(combinations(sorted(everything - state), size)) for state in states]", "follow = [list(combinations(sorted(everything - state), size))[-2:] for state in states]"),
    ),
    *_faults(
        "random orders", "compare.py",
        ("a run's noise forgotten", "return float(np.sqrt(count / (count - 1) * (astray**2).sum()) / np.linalg.norm(total))", "return float(np.sqrt((astray**2).sum()) / count / np.linalg.norm(total))"),
    ),
    *_faults(
        "game", "game/sign.py",
        ("a face called a point", "if rank([[entries[p][q] for q in seen] for p in support]) < len(seen):", "if False:"),
    ),
    *_faults(
        "switching", "game/settling.py",
        ("each stage from 0", "half, w = run.weights", "half, _ = run.weights"),
        ("the pairs farthest from 0", "share.argmin(axis=0)", "share.argmax(axis=0)"),
    ),
    *_faults(
        "switching", "game/switching.py",
        ("a sign outside [-1, 1]", "if abs(s) > counts[q]:", "if False:"),
        ("a cheaper row off the support", "if off and min(off) < 0:", "if False:"),
        ("weights of any sign", "if c is None or min(c) <= 0:", "if c is None:"),
        ("steps that are alike counted once", "(after - q - 1) % P + 1", "1"),
        ("a gradient's age backwards", "self.trace[(q - self.step[j]) %", "self.trace[(self.step[j] - q) %"),
        ("one population where m forgets", "return self.step if not any(self.trace[1:]) else", "return"),
        ("a run that stops has a direction", "stops = speed <= STOPPED", "stops = False"),
        ("any limit is where the run goes", "REACHED, STOPPED = 1e-3,", "REACHED, STOPPED = 3.0,"),
        ("a limit of any cost", "if min(equilibrium.costs) > 0", "if True"),
        ("signs of samples that do not separate", "    if cost <= 0:\n", "    if False:\n"),
    ),
    *_faults(
        "game", "game/limits.py",
        ("a list complete without its check", "return checked.valid, ", "return True, "),
    ),
    *_faults(
        "game", "compare.py",
        ("1 - cos without its 2", "float(np.sum((u - v) ** 2) / 2)", "float(np.sum((u - v) ** 2))"),
        ("the iterate for its increment", "last - half, last, error", "last, last, error"),
    ),
    *_faults(
        "derive", "derive/roads.py",
        ("any equality passes", 'rest == 0, "left - right is 0 in normal form"', 'True, "left - right is 0 in normal form"'),
        ("an inequality whose terms have any sign", "if not nonnegative(because):", "if False:"),
        ("an induction without its start", "passed = base == 0 and growth == 0", "passed = growth == 0"),
        ("an induction without its step", "passed = base == 0 and growth == 0", "passed = base == 0"),
        ("points that fail are passed over", "        if not passed:\n            shown", "        if False:\n            shown"),
    ),
    *_faults(
        "derive", "derive/chain.py",
        ("a float in a formula", "if expression.atoms(sympy.Float):", "if False:"),
    ),
    *_faults(
        "derive", "derive/run.py",
        ("one road is enough", "return self.check.passed and self.second_road.passed", "return self.check.passed or self.second_road.passed"),
        ("measurements do not count", "steps and all(each.agrees for each in self.measurements)", "steps"),
    ),
    *_faults(
        "claims", "claims/registry.py",
        ("what should fail may hold", '(self.verdict is Verdict.REFUTED) == (self.claim.expected == "fails")', "True"),
    ),
    *_faults(
        "claims", "evidence.py",
        ("a refutation outvoted", "if Verdict.REFUTED in kinds:", "if False:"),
        ("the weakest word", "return min(kinds, key=list(Verdict).index", "return max(kinds, key=list(Verdict).index"),
    ),
    *_faults(
        "claims", "claims/epoch_map.py",
        ("C(beta1, beta2) without its root", "* np.sqrt((1 - b2**n) / (1 - b2))", "* (1 - b2**n) / (1 - b2)"),
        ("any order of e_r will do", "order > 0.9,  # e_r", "order > -9,  # e_r"),
    ),
    *_faults(
        "claims", "claims/signum.py",
        ("any room will do", "tightest >= 0, f", "tightest >= -99, f"),
    ),
    *_faults(
        "claims", "claims/__init__.py",
        ("a derivation that fails proves", "if failed := [result.chain.name for result in results if not result.passed]:", "if failed := []:"),
    ),
    *_faults(
        "command", "cli/__init__.py",
        ("bad input is status 1", "    return 2\n", "    return 1\n"),
    ),
    *_faults(
        "command", "cli/commands.py",
        ("an invalid certificate is status 0", "    if not valid:\n        raise typer.Exit(1)", "    if not valid:\n        raise typer.Exit(0)"),
    ),
    *_faults(
        "command", "cli/options.py",
        ("half a step", "if number.denominator != 1:", "if False:"),
        ("any size of number", "if number and not SMALLEST <= abs(number) <= LARGEST:", "if False:"),
    ),
    *_faults(
        "cycles", "game/cycles.py",
        ("a saddle left out of none_attracts", "limit.stability in (\"repelling\", \"saddle\") and", "limit.stability != \"attracting\" and"),
    ),
    *_faults(
        "convex", "game/convex.py",
        ("ties go unnamed", "if len(tight) > len(margin.support) else \"\"", "if False else \"\""),
    ),
    *_faults(
        "iteration", "game/iteration.py",
        ("a tangent without its projection", "tangent = np.eye(len(S)) - np.outer(c[S], np.ones(len(S)))", "tangent = np.eye(len(S))"),
    ),
    *_faults(
        "search", "game/search.py",
        ("any corner is reached", "if found is not None and found.valid and _reached(game, found):", "if found is not None and found.valid:"),
        ("invalid points found", "if found is not None and found.valid and _reached(game, found):", "if found is not None and _reached(game, found):"),
        ("no face of all rows", "for size in range(1, len(among) + 1):", "for size in range(1, len(among)):"),
        ("each equilibrium as often as it is found", "if not any(alike(e, other) for other in found):", "if True:"),
    ),
    *_faults(
        "game balls", "game/certify.py",
        ("weights of a sum not 1", "c[first] += 1 - sum(c)\n", "pass\n"),
    ),
    *_faults(
        "game balls", "game/ball_field.py",
        ("the wrong end of a difference", "return [float(log_c[place[b]] - log_c[place[i]]) for", "return [float(log_c[place[i]] - log_c[place[b]]) for"),
    ),
    *_faults(
        "draws", "game/monte_carlo.py",
        ("a sample's error for the mean's", "(count * (count - 1))", "(count - 1)"),
    ),
    *_faults(
        "draws", "game/random_order.py",
        ("the cyclic order's limits", "rough = newton(half, proposal.levels", "rough = proposal if proposal is not first else newton(half, proposal.levels"),
    ),
    *_faults(
        "pivots", "game/pivoting.py",
        ("steps that are alike counted once", "return np.diff(np.append(steps, steps[0] + len(self.trace)))", "return np.ones(len(steps), dtype=np.int64)"),
        ("a gradient's age backwards", "(steps[:, None] - self.step[S]) % len(self.trace)", "(self.step[S] - steps[:, None]) % len(self.trace)"),
        ("a sign that turns counts once", "turned = 2 * edge.counts[place]", "turned = edge.counts[place]"),
        ("batches not averaged", "% len(self.trace)] / self.size[S])", "% len(self.trace)])"),
        ("a bound on a sign that one step has", "violation = np.concatenate([np.abs(s) / edge.counts[p] - 1", "violation = np.concatenate([np.abs(s) - 1"),
        ("the last row to vanish", "row, (place, k) = int(wasting.argmin())", "row, (place, k) = int(np.where(np.isfinite(wasting), wasting, -1).argmax())"),
    ),
    *_faults(
        "tails", "game/tail.py",
        ("the tail at exp(-u)", "c = {i: shrunk * factor(t * shrunk) for", "c = {i: shrunk * factor(shrunk) for"),
    ),
    *_faults(
        "statements", "certificate/kinds.py",
        ("an upper decimal that is none", "for n in (digits, digits + 1))", "for n in (digits, digits))"),
    ),
    *_faults(
        "statements", "certificate/writing.py",
        ("zeros within a number dropped", "_digits(low).zfill(size // 2)", "_digits(low)"),
        ("the sign of a long number dropped", "return \"-\" + _digits(-number)", "return _digits(-number)"),
    ),
    *_faults(
        "roots", "certificate/roots.py",
        ("the upper bound of a root is the lower", "Fraction(root + 1, 1 << shift)", "Fraction(root, 1 << shift)"),
    ),
    *_faults(
        "simulate", "simulate/certify.py",
        ("a certificate of another start", "list(start or [Fraction(0)] * data.d)", "[Fraction(0)] * data.d"),
    ),
    *_faults(
        "diagnose", "diagnose/recommend.py",
        ("a stall after an underflow named first", "(underflow is None or stall < underflow)", "(underflow is None or stall > underflow)"),
    ),
    *_faults(
        "claims on AdamProxy", "claims/proxy.py",
        ("the counterexample one term short", "for t in range(1, 2**powers + 1)), Fraction(0))", "for t in range(1, powers + 1)), Fraction(0))"),
    ),
    *_faults(
        "claims on the game", "claims/game.py",
        ("a list of any length", "if not checked.valid or len(weights) != 3:", "if not checked.valid:"),
    ),
    *_faults(
        "claims on cycles", "claims/cycles.py",
        ("a corner where all costs are equal repels", "data.n * sum(abs(s) for s in row) <= sum(costs)", "data.n * sum(abs(s) for s in row) < sum(costs)"),
    ),
    *_faults(
        "claims on signs", "claims/full_batch_sign.py",
        ("any distance from a sign will do", "slack <= 0 and covered > 0", "slack <= 9 and covered > 0"),
    ),
    *_faults(
        "claims on max margins", "claims/max_margins.py",
        ("a shortfall that stays", "slowest < 0.5,", "slowest < 1.5,"),
    ),
    *_faults(
        "claims on Adam", "claims/adam.py",
        ("a fixed point of any number", "len(limits) == 1,\n        TWO", "len(limits) >= 1,\n        TWO"),
    ),
    *_faults(
        "chain ema-steady-state", "derive/topics/ema.py",
        ("weights summed to N, not N - 1", "window = over(b1**k * g[i - k], (k, N))", "window = over(b1**k * g[i - k], (k, N + 1))"),
    ),
    *_faults(
        "chain epoch-map", "derive/topics/epoch.py",
        ("C with the inverse of its root", "sympy.sqrt((1 - b2**size) / (1 - b2))\n", "sympy.sqrt((1 - b2) / (1 - b2**size))\n"),
    ),
    *_faults(
        "chain eps-takeover", "derive/topics/takeover.py",
        ("the second order without its square of beta", "K = b1 / (1 - b1) - b2 / (1 - b2) if", "K = b1 / (1 - b1) - b2 / (1 - b2**2) if"),
    ),
    *_faults(
        "chain replicator", "derive/topics/replicator.py",
        ("Lagrange's identity without its half", "(k, d), (l, d)) / 2", "(k, d), (l, d))"),
    ),
    *_faults(
        "chain signum-bound", "derive/topics/signum.py",
        ("theta with exponent B", "last = b1 ** (B - 1)", "last = b1**B"),
    ),
    *_faults(
        "chain full-batch-sign", "derive/topics/full_batch.py",
        ("the pace without the square of the ratio", "sympy.sqrt((1 - beta2 / ratio**2) / (1 - beta2))", "sympy.sqrt((1 - beta2 / ratio) / (1 - beta2))"),
    ),
    *_faults(
        "chain proxy-limit", "derive/topics/proxy_limit.py",
        ("a limit without its root of N", "return -total / sympy.sqrt(N * squares)", "return -total / sympy.sqrt(squares)"),
    ),
    *_faults(
        "chain max-margin-kkt", "derive/topics/kkt.py",
        ("weak duality with a weight forgotten", "(S[k] / M[k] * u[l] - S[l] / M[l] * u[k]) ** 2", "(S[k] * u[l] - S[l] * u[k]) ** 2"),
    ),
    *_faults(
        "chain max-margin-kkt", "derive/topics/margin_duality.py",
        ("the norm itself for its dual", "sum(sizes, Fraction(0)) if norm == \"linf\" else max(sizes)", "max(sizes) if norm == \"linf\" else sum(sizes, Fraction(0))"),
    ),
    *_faults(
        "chain scaled-rademacher", "derive/topics/rademacher.py",
        ("V bounded by beta2^N", "moment_bound(False, b2 ** (N - 1)),\n                \"Term", "moment_bound(False, b2 ** (N - 2)),\n                \"Term"),
    ),
    *_faults(
        "derive", "derive/sums.py",
        ("the length of a range one short", "term = term * (high - low + 1)", "term = term * (high - low)"),
    ),
    *_faults(
        "derive", "derive/signs.py",
        ("odd powers are nonnegative", "e.exp.is_even and e.base.is_real", "e.base.is_real"),
    ),
    *_faults(
        "derive", "derive/evaluate.py",
        ("wide balls agree", "narrow = compare(gap.rad(), ball(WIDTH) * (1 + abs(a))) is Order.LESS", "narrow = True"),
        ("a wide ball is at most another", "return tight, f\"in", "return True, f\"in"),
    ),
    *_faults(
        "derive", "derive/measure.py",
        ("the first slope for the last", "slopes[-1], abs(slopes[-1] - slopes[-2]), over)", "slopes[0], abs(slopes[-1] - slopes[0]), over)"),
    ),
    *_faults(
        "derive", "derive/points.py",
        ("weights that need not sum to one", "parts[int(i)] / sum(parts)", "parts[int(i)]"),
        ("what has a sign is positive", "rng.choice((-1, 1)) * ", "1 * "),
        ("a period one too long", "(int(index[0]) % wrap,)", "(int(index[0]) % (wrap + 1),)"),
    ),
    *_faults(
        "paths", "game/paths.py",
        ("what happens going down told as going up", "more = (len(others) > len(rows)) == (side > 0)", "more = len(others) > len(rows)"),
        ("stabilities in the order they are met", "first, then = kinds if side > 0 else kinds[::-1]", "first, then = kinds"),
        ("the partner looked for beyond the fold", "q = p - side * back", "q = p + side * back"),
        ("beta2 falls as p rises", "return float(1 / (1 + 10.0**-p))", "return float(1 / (1 + 10.0**p))"),
        ("a change of stability located to a step", "and moved.stability != here.stability and abs(there - p) > HOPF", "and moved.stability != here.stability and abs(there - p) > 100 * HOPF"),
        ("a fold of two supports called a change", "((side, \"support\"), (-side, \"fold\"))", "((side, \"fold\"), (-side, \"support\"))"),
    ),
    *_faults(
        "results", "game/result.py",
        ("zeros after the point dropped", "{abs(n) % 10**digits:0{digits}d}", "{abs(n) % 10**digits:d}"),
        ("the whole part rounded down", "{abs(n) // 10**digits}.{abs(n) %", "{abs(n // 10**digits)}.{abs(n) %"),
        ("a radius that is a squared distance", "sqrt(sum((gap * gap for gap in gaps), ball(0)).abs_upper())", "sum((gap * gap for gap in gaps), ball(0)).abs_upper()"),
        ("the radii of the balls dropped", "gaps = [abs(u - ball(Dyadic(float(f)))) for", "gaps = [abs(u.mid() - ball(Dyadic(float(f)))) for"),
    ),
    *_faults(
        "views", "cli/views.py",
        ("a run that ended early is no agreement", "if run.steps < run.needed:", "if run.steps > run.needed:"),
        ("complete is incomplete", "(\"these are all\" if prediction.complete else", "(\"these are all\" if not prediction.complete else"),
        ("the last zero entry named as first", "i, k = zeros[0]", "i, k = zeros[-1]"),
        ("what is measured called certified", "elif prediction.from_start is Verdict.CERTIFIED:", "elif True:"),
        ("a start that no flow was followed from", "(any(prediction.start) and prediction.from_start is not Verdict.UNDECIDED)", "any(prediction.start)"),
    ),
    *_faults(
        "views", "cli/paths.py",
        ("another start's limit on the line of w_0 = 0", "if number == 0 and not found.note:", "if number == 0:"),
        ("where a line ends told as its begin", "\"begin\": change(line.begin)", "\"begin\": change(line.end)"),
        ("angles from the point itself", "{name: degrees(point.direction, u) for name", "{name: degrees(u, u) for name"),
        ("only the ends of a line over batch sizes", "for point in ends if found.kind == \"beta2\" else line.points:", "for point in ends:"),
    ),
    *_faults(
        "views", "cli/simplex.py",
        ("arrows without the mean cost", "(-c * (F - c @ F)) @ CORNERS", "(-c * F) @ CORNERS"),
        ("arrows against the flow", "(-c * (F - c @ F)) @ CORNERS", "(c * (F - c @ F)) @ CORNERS"),
        ("rows exchanged in the velocity", "difference = game.X[0] - game.X[1]", "difference = game.X[1] - game.X[0]"),
        ("angles from the last limit", "degrees(limit.direction, limits[0].direction):.1f", "degrees(limit.direction, limits[-1].direction):.1f"),
    ),
    *_faults(
        "views", "report.py",
        ("nan in a document", "allow_nan=False", "allow_nan=True"),
        ("a document that only its writer reads", "os.chmod(part.name, 0o666 & ~umask)", "os.chmod(part.name, 0o600)"),
    ),
    *_faults(
        "pieces", "numbers/chebyshev.py",
        ("the ends weigh like the rest", "    C[:, [0, -1]] /= 2\n", "    pass\n"),
    ),
    *_faults(
        "exact LP", "numbers/lp_basis.py",
        ("a violated upper bound costs nothing", "elif up is not None and v > up * unit:", "elif False:"),
    ),
    *_faults(
        "exact LP", "numbers/rational.py",
        ("right sides unscaled", "right = [fmpz(entry * scale) for", "right = [fmpz(entry) for"),
    ),
    *_faults(
        "margins", "margins/rows.py",
        ("rows of other denominators combined as they are", "c.numerators[i] * (common // self.scales[i])", "c.numerators[i]"),
    ),
    *_faults(
        "margins", "margins/result.py",
        ("the l2 margin squared called the margin", "1 if self.norm == \"l2\" else 0, digits", "0, digits"),
    ),
    *_faults(
        "margins", "margins/certify.py",
        ("a certificate without its face", "{\"margin\": margin.value, \"face\": margin.face}", "{\"margin\": margin.value, \"face\": []}"),
    ),
    *_faults(
        "numbers", "numbers/traced.py",
        ("scalars rounded as values are", "{expression if scalar else f'rounded({expression})'}", "{f'rounded({expression})'}"),
        ("operations unrounded", "{expression if scalar else f'rounded({expression})'}", "{expression}"),
    ),
    *_faults(
        "data", "data/header.py",
        ("a row with a word is a header", "    if len(words) == width:\n", "    if words:\n"),
        ("y for label, where both are", "DEFAULT_LABELS = (\"label\", \"y\")", "DEFAULT_LABELS = (\"y\", \"label\")"),
    ),
    *_faults(
        "data", "data/tables.py",
        ("rows of other lengths", "if len(cells) != len(data[\"X\"][0]):", "if False:"),
        ("a key twice", "if key in found:", "if False:"),
    ),
    *_faults(
        "data", "data/arrays.py",
        ("infinite entries let in", "for i, k in np.argwhere(~np.isfinite(array))[:1].tolist():", "for i, k in np.argwhere(np.isnan(array))[:1].tolist():"),
        ("a long double through float64", "return [[Fraction(*entry.as_integer_ratio()) for entry in row] for row in array]", "return [[Fraction(float(entry)) for entry in row] for row in array]"),
    ),
    *_faults(
        "data", "data/dataset.py",
        ("a range a bit too wide", "-499 <= bits <= 499", "-501 <= bits <= 501"),
        ("a zero row", "if not any(row):", "if False:"),
    ),
    *_faults(
        "basins", "game/basins.py",
        ("the farther half kept", "(middle, b) if limit(middle) == limit(a) else (a, middle)", "(a, middle) if limit(middle) == limit(a) else (middle, b)"),
    ),
    *_faults(
        "properties", "evidence.py",
        ("vacuous cases test a claim", "if not telling:", "if not runs:"),
        ("what should fail is tested", "Verdict.TESTED if holds else Verdict.UNDECIDED", "Verdict.TESTED"),
        ("a violation passed over", "if outcome.violation is not None:", "if False:"),
        ("the seed forgotten", "seed=seed, judge=judge", "seed=0, judge=judge"),
        folder="properties",
    ),
    *_faults(
        "judges", "property.py",
        ("nan is within any bound", "violated = not seen <= allowed", "violated = seen > allowed"),
        ("the best of several", "return max(judgements, key", "return min(judgements, key"),
        folder="properties",
    ),
    *_faults(
        "judges", "run.py",
        ("vacuous cases count as judged", "if judgement.vacuous:\n            return", "if False:\n            return"),
        ("stored cases are not judged", "in kept(property, store) if store else []", "in []"),
        ("a violation is not kept", "        if store:\n            keep(", "        if False:\n            keep("),
        ("the search is not steered", "target(judgement.badness)", "pass"),
        folder="properties",
    ),
    *_faults(
        "judges", "increments.py",
        ("at the limit from the start", "near = arrival(opt, X, case.w_0, attracting, LATEST * settling)", "near = 0.0"),
        ("the way to the limit takes no time", "math.sqrt(2) * (near + 2 * settling)", "math.sqrt(2) * 2 * settling"),
        ("weights held against themselves", "np.roll(limit.weights, shift)", "c"),
        folder="properties",
    ),
    *_faults(
        "judges", "max_margin_limits.py",
        ("the larger batch left out", "worst([near, nearer] if between else [near])", "worst([near])"),
        folder="properties",
    ),
    *_faults(
        "strategies", "strategies.py",
        ("rows on the wrong side", "        x = tuple(-a for a in x)\n    wanted", "        pass\n    wanted"),
        ("less margin than asked for", "wanted = margin * max(map(abs, w))", "wanted = margin * min(map(abs, w))"),
        ("a tie that is none", "moved[l] -= t * w[k]", "moved[l] += t * w[k]"),
        folder="properties",
    ),
    *_faults(
        "strategies", "choices.py",
        ("weights that do not sum to 1", "return tuple(c / sum(raw) for c in raw)", "return tuple(raw)"),
        ("beta1 above beta2", "if b <= second] or", "if b >= second] or"),
        folder="properties",
    ),
    *_faults(
        "hunts", "hunt.py",
        ("violations are not stored", "            keep(self.property, case, self.store)\n        return", "            pass\n        return"),
        ("the time does not end it", "elif time.monotonic() > self.deadline:", "elif False:"),
        ("to go on is to begin anew", "state, hit = _last(state, folder), stored(", "state, hit = state, stored("),
        ("a round that was cut short is done", "elif whole:  # a", "elif True:  # a"),
        folder="properties",
    ),
    *_faults(
        "hunts", "found.py",
        ("certified if anything is", "if kinds == {Verdict.CERTIFIED} else", "if Verdict.CERTIFIED in kinds else"),
        folder="properties",
    ),
    *_faults(
        "hunts", "certified.py",
        ("the radius left out of a margin", "_dot(x, center) + _dot(tuple(map(abs, x)), radius)", "_dot(x, center)"),
        folder="properties",
    ),
    *_faults(
        "hunts", "confirm/limits.py",
        ("one fixed point is several", "len(prediction.limits) < 2", "len(prediction.limits) < 1"),
        ("a fixed point may attract", "    if not none_attracts(prediction):\n", "    if False:\n"),
        ("any direction of the cycle's mean", "if gap > SAME_DIRECTION and cycle.rate < 1", "if cycle.rate < 1"),
        folder="properties",
    ),
    *_faults(
        "hunts", "cycles.py",
        ("all directions are one", "SAME_DIRECTION = 1e-6", "SAME_DIRECTION = 1e6"),
        ("fixed points that attract passed over", 'if not found or any(point.stability == "attracting" for point in found):', "if not found:"),
        ("weights that rest go round", "    if not np.ptp(weights, axis=0).max() > SWING:\n", "    if np.ptp(weights, axis=0).max() > SWING:\n"),
        folder="properties",
    ),
    *_faults(
        "hunts", "tidy.py",
        ("a start weighs nothing", "sum(map(_length, case.start)),", "0,"),
        folder="properties",
    ),
)
# fmt: on

"""Faults that the tests must notice: one wrong sign, exponent, radius or forgotten obligation each.

A fault replaces a text that stands exactly once in a file. ``tests`` are the files that are run against it.
"""

from __future__ import annotations

from dataclasses import dataclass

# What is run against the faults of each part of the product.
TESTS = {
    "data": ("test_data.py", "test_bad_data.py"),
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
    "switching": ("test_game_switching.py",),
    "starts": ("test_game_starts.py",),
    "random orders": ("test_game_orders.py",),
    "derive": ("test_derive_roads.py", "test_derive.py"),
    "claims": ("test_claims.py",),
    "command": ("test_cli.py",),
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
        "test_hunt.py::test_an_interrupt_keeps_what_was_seen_and_resume_goes_on",
        "test_hunt.py::test_what_is_no_counterexample_is_not_confirmed",
        "test_hunt.py::test_a_stall_is_certified_where_it_is_one",
        "test_hunt.py::test_a_cycle_is_no_counterexample_where_its_mean_is_the_fixed_point_s_direction",
        "test_hunt.py::test_tidying_reaches_what_single_choices_do_not",
        "test_hunt.py::test_simpler_is_a_total_order_on_rows",
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
        "game", "game/dominance.py",
        ("ties dominate", "sum(best.x) <= 1", "sum(best.x) < 1"),
        ("a ray that the others make up", "for i in kept:  # where", "for i in kept[:0]:  # where"),
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
        ("at the limit from the start", "near = arrival(opt, X, case.w_0, limits, LATEST * settling)", "near = 0.0"),
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

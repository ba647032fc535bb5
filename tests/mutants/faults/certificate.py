"""The checker of certificates, and the words that rest on it."""

from __future__ import annotations

from mutants.fault import Part

# fmt: off
PARTS = (
    Part("weight decay",
        ("test_certificates_logit.py",),
        {
            ("verify/certificate/kinds/logit.py", "check_point"): (
                ("stability as it is said", "found == point['stability']", "True"),
            ),
            ("verify/certificate/cover.py", "parts_left"): (
                ("no cell need be searched", "cut is None or any((within(cut, region) for region in regions))", "True"),
            ),
            ("verify/certificate/kinds/box_minimum.py", "check_minimum"): (
                ("a boundary that does not hold", "not fixed or bool(outwards > 0)", "True"),
            ),
        },
    ),
    Part("certificate",
        ("test_forgeries.py", "test_certificates.py", "test_certificates_balls.py", "test_certificates_rules.py"),
        {
            ("verify/certificate/kinds/separable.py", "check"): (
                ("separable with a margin of 0", "dot > 0", "dot >= 0"),
            ),
            ("verify/certificate/kinds/not_separable.py", "check"): (
                ("a combination that need not vanish", "entry == 0", "True"),
            ),
            ("verify/certificate/kinds/max_margin_l2.py", "check"): (
                ("||w||_2 not checked", "norm * square.numerator <= denominator ** 2 * square.denominator", "True"),
                ("||X'c||_2 not checked", "norm * square.denominator <= denominator ** 2 * square.numerator", "True"),
            ),
            ("verify/certificate/kinds/max_margin_linf.py", "check"): (
                ("||w||_inf not checked", "all((abs(x) <= one for x in w))", "True"),
            ),
            ("verify/certificate/duality.py", "duality"): (
                ("the dual norm not checked", "dual_norm(p) * margin.denominator <= margin.numerator * unit", "True"),
            ),
            ("verify/certificate/duality.py", "face_complete"): (
                ("a face may be larger", "has_rank(equations, len(free) - len(face))", "True"),
                ("a face's point may be on its edge", "all(inside)", "True"),
            ),
            ("verify/certificate/data.py", "in_simplex"): (
                ("negative weights", "weight >= 0", "True"),
                ("weights of any sum", "sum(c) == denominator", "True"),
            ),
            ("verify/certificate/reading.py", "ratio"): (
                ("2/4 for 1/2", "gcd(numerator, denominator) != 1 or bottom == '1'", "bottom == '1'"),
            ),
            ("verify/certificate/reading.py", "record"): (
                ("unknown fields", "name in fields", "True"),
            ),
            ("verify/certificate/check.py", "read_stated"): (
                ("another statement", "fields['statement'] == stated", "True"),
            ),
            ("verify/certificate/krawczyk.py", "require_one_zero"): (
                ("Krawczyk's image may leave the box", "abs(entry) < size", "True"),
            ),
            ("verify/certificate/krawczyk.py", "image"): (
                ("the Jacobian's spread dropped", "identity(len(sizes)) - inverse * jacobian", "0 * jacobian"),
            ),
            ("verify/certificate/krawczyk.py", "contracts"): (
                ("any region holds one equilibrium", "all((norm < 1 for norm in norms))", "True"),
            ),
            ("verify/certificate/boxes.py", "check_box"): (
                ("a cost of any sign", "base > 0", "True"),
            ),
            ("verify/certificate/boxes.py", "require_direction"): (
                ("a direction of any distance", "squared < limit * limit", "True"),
            ),
            ("verify/certificate/boxes.py", "check_center"): (
                ("a weight that may vanish", "weight == 0 or weight > radius", "True"),
            ),
            ("verify/certificate/complete.py", "holds_one"): (
                ("a region of uniqueness that forgets rows off the support", "all((gaps[i] > 0 for i in range(len(rows)) if i not in kept))", "True"),
            ),
            ("verify/certificate/complete.py", "search"): (
                ("a cell need not lie within its region", "any((within(reduced, region) for region in regions))", "regions"),
                ("half of what is cut", "((low, (low + high) / 2), ((low + high) / 2, high))", "((low, (low + high) / 2),)"),
            ),
            ("verify/certificate/boxes.py", "require_apart"): (
                ("the same point twice", "any((gap > apart for gap in gaps))", "True"),
            ),
            ("verify/certificate/index.py", "require_sum"): (
                ("any sum of indices", "total == 1", "True"),
            ),
            ("verify/certificate/dominance.py", "rows_left"): (
                ("any factors dominate", "sum(a) > unit", "True"),
            ),
            ("verify/certificate/kinds/run.py", "check"): (
                ("an iterate outside its box", "gap <= ball(radius)", "True"),
            ),
            ("verify/certificate/kinds/run.py", "run"): (
                ("states that are not kept", "u, states[k] = lines.step(g[k], seen[k], states[k])", "u, _ = lines.step(g[k], seen[k], states[k])"),
            ),
            ("verify/certificate/field.py", "Epoch._periodic"): (
                ("states that do not have the epoch's period", "times(total, 1 / (1 - slope ** self.steps))", "total"),
            ),
            ("verify/certificate/field.py", "Epoch.mean"): (
                ("steps between support rows forgotten", "times(self._idle(values), self.echoes[gap])", "ZERO"),
                ("steps without gradient keep a state", "self.fall[gap][state]", "ball(1)"),
            ),
            ("verify/certificate/field.py", "_gradient"): (
                ("batches not averaged", "-x / size", "-x"),
            ),
            ("verify/certificate/duals.py", "squared"): (
                ("a square from below", "(low * low).union(high * high)", "low * low"),
            ),
            ("verify/certificate/rule.py", "_require_degrees"): (
                ("states of any degree", "mine is None or mine == (degree,)", "True"),
                ("updates of any degree", "update is None or not any(update)", "True"),
            ),
            ("verify/certificate/rule.py", "_degree"): (
                ("sums of what scales differently", "first is not None and last is not None and (first != last)", "False"),
            ),
            ("verify/certificate/rule.py", "require_forgetting"): (
                ("states that keep all", "bool(abs(slope) < 1)", "True"),
            ),
            ("verify/certificate/rule.py", "_require_affine"): (
                ("states that are not affine", "not with_it or plain", "True"),
            ),
            ("verify/certificate/rule.py", "require_fading"): (
                ("updates that stay without gradients", "fades(rule, traits)", "True"),
            ),
            ("verify/certificate/kinds/dual_fixed_point_exact.py", "check"): (
                ("costs that differ on the support", "order == 0", "True"),
            ),
            ("verify/certificate/complete.py", "region_of"): (
                ("a region of uniqueness that reaches weight 0", "all((cell[i][0] > 0 for i in support))", "True"),
            ),
            ("verify/certificate/complete.py", "settle"): (
                ("a weight put to 0 in a cell that keeps it positive", "cell[i][0] > 0", "False"),
            ),
            ("verify/certificate/complete.py", "enclose_gaps"): (
                ("half of a cell", "(cell[l][1] - cell[l][0]) / 2", "(cell[l][1] - cell[l][0]) / 4"),
            ),
        },
    ),
    Part("stability",
        ("test_certificates_balls.py", "test_game_balls.py::test_an_eigenvalue_on_the_imaginary_axis_is_not_counted", "test_game_balls.py::test_a_saddle_whose_routh_array_is_singular", "test_game_balls.py::test_unstable_eigenvalues_are_counted"),
        {
            ("verify/certificate/kinds/stability.py", "check_stability"): (
                ("any word for stability", "found == point['stability']", "True"),
                ("the flow backwards", "at[first][l] - at[i][l]", "at[i][l] - at[first][l]"),
                ("a point that is unstable on its support repels", "unstable == data.n - 1", "unstable == len(others)"),
            ),
            ("verify/certificate/spectrum.py", "unstable_count"): (
                ("eigenvalues on the imaginary axis are stable", "Order.UNDECIDED in orders or Order.EQUAL in orders", "False"),
            ),
            ("verify/certificate/spectrum.py", "routh"): (
                ("changes of sign not counted", "here != last", "here == last"),
            ),
        },
    ),
    Part("signs checked",
        ("test_certificates_signs.py",),
        {
            ("verify/certificate/kinds/signs.py", "check_costs"): (
                ("a row of less cost", "costs[i] < least[p]", "False"),
                ("a cost of 0 or less", "min(least.values()) > 0", "True"),
                ("rows of a level at any cost", "costs[i] == least.setdefault(game.population[i], costs[i])", "bool(least.setdefault(game.population[i], costs[i])) or True"),
            ),
            ("verify/certificate/kinds/signs.py", "check_weights"): (
                ("a row in two levels", "sum(map(bool, entries)) <= 1", "True"),
                ("weights of any sum", "bool(totals) and all((total == unit for total in totals.values()))", "True"),
            ),
            ("verify/certificate/kinds/signs.py", "sum_of"): (
                ("multiples of a sum with another sense", "1 if common > 0 else -1", "1"),
                ("a sum that no level decides is 0", "not any((game.term(q, j, k) for j in range(game.data.n)))", "True"),
            ),
            ("verify/certificate/kinds/signs.py", "check"): (
                ("any drift", "point['drift'] == U", "True"),
            ),
            ("verify/certificate/kinds/signs.py", "game_of"): (
                ("the last batch as large as the others", "last if q < steps - 1 else size", "1"),
                ("one simplex where u remembers nothing", "steps > 1 and (not any(kept[1:]))", "False"),
            ),
            ("verify/certificate/kinds/signs.py", "Game.term"): (
                ("a gradient's age backwards", "(q - self.step[j]) % self.steps", "(self.step[j] - q) % self.steps"),
            ),
            ("verify/certificate/kinds/signs.py", "signs_of"): (
                ("means of sums that do not vanish", "found is not None and bool(found.terms)", "found is not None"),
            ),
            ("verify/certificate/signed.py", "_size"): (
                ("an update of any size against another gradient", "up == -down", "True"),
            ),
            ("verify/certificate/signed.py", "signed"): (
                ("a rule that runs away at the full batch", "require_fading(rule, traits)", "None"),
            ),
            ("verify/certificate/signed.py", "_kept"): (
                ("states that are not periodic", "total / (1 - slope ** steps)", "total"),
            ),
            ("verify/certificate/signed.py", "_operated"): (
                ("what is not known counts as 0", "a is None or b is None", "False"),
            ),
        },
    ),
    Part("statements",
        ("test_certificates.py",),
        {
            ("verify/certificate/phrases.py", "exactly"): (
                ("long numbers told by their first digits", "f'{below}... (the fraction p/q of {len(spelled)} characters with SHA-256 {digest})'", "f'{below}... (the fraction p/q of {len(spelled)} characters )'"),
            ),
            ("verify/certificate/reading.py", "digits"): (
                ("zeros within a number dropped", "digits(low).zfill(size // 2)", "digits(low)"),
                ("the sign of a long number dropped", "'-' + digits(-number)", "digits(-number)"),
            ),
        },
    ),
    Part("roots",
        ("test_forgeries.py::test_the_genuine_ones_are_valid",),
        {
            ("verify/certificate/roots.py", "root_bounds"): (
                ("the upper bound of a root is the lower", "root + 1", "root"),
            ),
        },
    ),
    Part("words",
        ("test_words.py", "test_certificates_rules.py::test_what_an_engine_has_wrong_is_not_called_certified", "test_companion.py"),
        {
            ("verify/game/proof.py", "_proved"): (
                ("certificates that nobody checked", "accepted(document_of(found, [limit], known))", "document_of(found, [limit], known)"),
            ),
            ("verify/game/proof.py", "require_digits"): (
                ("digits that no certificate bears", "abs(Fraction(text) - Fraction(limit.decimals[k])) + radius >= unit", "False"),
                ("a direction that no certificate bears", "sum((gap * gap for gap in gaps)) > (Fraction(limit.radius) + radius) ** 2", "False"),
            ),
            ("verify/game/proof.py", "document_of"): (
                ("a certificate without the stability", "[limit.stability for limit in limits]", "()"),
            ),
            ("verify/evidence.py", "weakest"): (
                ("a hypothesis that is not known", "each.holds is not True", "each.holds is False"),
            ),
            ("verify/game/hypotheses.py", "steps_vanish"): (
                ("steps that do not vanish", "opt.decay > 0 and (not ends)", "not ends"),
                ("steps whose sum is finite", "not opt.schedule.last", "False"),
            ),
            ("verify/game/hypotheses.py", "_small_steps"): (
                ("steps of any size", "opt.lr * opt.schedule.largest * curvature < 2", "True"),
            ),
            ("verify/game/hypotheses.py", "of_limits"): (
                ("limits of any cost", "least > doubt", "True"),
            ),
            ("verify/game/hypotheses.py", "_fades"): (
                ("rules that run away", "not runs_away(opt)", "True"),
            ),
            ("verify/game/hypotheses.py", "_of_rule"): (
                ("rules that are not homogeneous", "False if refuted else None if degree else True", "True"),
            ),
            ("verify/game/hypotheses.py", "forgets"): (
                ("rules that never forget", "False if kept else None if reason else True", "True"),
            ),
            ("verify/game/companion.py", "Simulated.contradicts"): (
                ("a run that disagrees", "self.could_settle and self.misalignment > max(self.allowed, self.coarse)", "False"),
            ),
        },
    ),
    Part("updates in the mean",
        ("test_own_rules.py",),
        {
            ("verify/game/signs/mean_length.py", "moments"): (
                ("a mean that forgets last", "gain > 0 and beta1 <= beta2 and min(a, b) >= 0 and (a + b > 0)", "gain > 0 and min(a, b) >= 0 and (a + b > 0)"),
            ),
        },
    ),
    Part("completeness",
        ("test_words.py", "test_game_balls.py"),
        {
            ("verify/game/smooth/completeness.py", "whether_all"): (
                ("completeness asked with zero entries", "all((x for row in data.rows for x in row))", "True"),
                ("completeness of what is not certified", "limit.evidence is not Verdict.CERTIFIED", "False"),
            ),
        },
    ),
)

"""The margin game: its equilibria and how they are found."""

from __future__ import annotations

from mutants.fault import Part

# fmt: off
PARTS = (
    Part("game",
        ("test_game.py", "test_game_balls.py", "test_game_populations.py"),
        {
            "verify/numbers/systems/duals.py": (
                ("the product rule with one factor twice", "[s * self.value for s in other.slopes]", "[s * other.value for s in other.slopes]"),
                ("the quotient rule with a wrong sign", "[-value * s for s in other.slopes]", "[value * s for s in other.slopes]"),
                ("the derivative of a root without its 2", "double = root + root", "double = root"),
            ),
            "verify/game/smooth/field.py": (
                ("the derivative backwards", "np.asarray(self.by_row(", "np.asarray(-self.by_row("),
            ),
            "verify/game/smooth/face.py": (
                ("rounding of a level for that of its place below", "eps = EPS * max(1.0, below)", "eps = EPS"),
                ("a cost of another batch", "costs - np.array(own)[field.population]", "costs - own[0]"),
                ("inequalities not looked at", "return self.balanced and self.cost > self.error", "return True"),
                ("the float tie ignored", "tie = self.least <= self.error", "tie = False"),
            ),
            "verify/certificate/spectrum.py": (
                ("signs that stay are counted", "changes += here != last", "changes += here == last"),
                ("stable eigenvalues counted", "orders.count(Order.GREATER)", "orders.count(Order.LESS)"),
            ),
            "verify/game/smooth/enclose.py": (
                ("a box that Newton's step leaves", "if not all(abs(entry) < half for entry in image):", "if False:"),
                ("a row that may be cheaper", "if not all(compare(e, ball(0)) is Order.GREATER for e in excess):", "if False:"),
                ("a saddle called attracting", "    if unstable == 0:\n", "    if unstable <= 1:\n"),
                ("digits not reached", "if not all(u.rad() * (2 << needed) < 1 for u in direction):", "if False:"),
            ),
            "verify/game/signs/sign_limit.py": (
                ("a face called a point", "if rank([[row[q] for q in self.seen] for row in self._support]) == len(self.seen):", "if True:"),
            ),
            "verify/game/smooth/completeness.py": (
                ("a list complete without its check", "return checked.valid, ", "return True, "),
            ),
            "verify/numbers/linear/angles.py": (
                ("1 - cos without its 2", "float(np.sum((u - v) ** 2) / 2)", "float(np.sum((u - v) ** 2))"),
            ),
            "verify/optimizers/increments.py": (
                ("the iterate for its increment", "last - half, last, error", "last, last, error"),
            ),
        },
    ),
    Part("dominance",
        ("test_game_dominance.py",),
        {
            "verify/game/smooth/dominance.py": (
                ("ties dominate", "sum(best.x) <= 1", "sum(best.x) < 1"),
                ("any ray that is below 0", "key=lambda j: f[j] / size[j]", "key=lambda j: f[j]"),
            ),
        },
    ),
    Part("switching",
        ("test_game_switching.py",),
        {
            "verify/game/signs/settling.py": (
                ("each stage from 0", "half, w = run.weights", "half, _ = run.weights"),
                ("any limit is where the run goes", "REACHED = 1e-3", "REACHED = 3.0"),
                ("the pairs farthest from 0", "share.argmin(axis=0)", "share.argmax(axis=0)"),
            ),
            "verify/game/signs/deciding.py": (
                ("a sign outside [-1, 1]", "if any(abs(s) > 1 for s in signs):", "if False:"),
                ("a cheaper row off the support", "if off and min(off) < 0:", "if False:"),
                ("weights of any sign", "if c is None or min(c) <= 0:", "if c is None:"),
                ("coordinates left undecided", "    if undecided or set(", "    if set("),
                ("a cheaper row below", "if any(costs[i] < least[number, p] for i in seeing):", "if False:"),
            ),
            "verify/game/signs/memory.py": (
                ("steps that are alike counted once", "(after - q - 1) % P + 1", "1"),
                ("a gradient's age backwards", "self.trace[(q - step) %", "self.trace[(step - q) %"),
                ("one population where m forgets", "return tuple(steps[0] for steps in self.step) if not any(self.trace[1:]) else", "return"),
            ),
            "verify/game/signs/switching.py": (
                ("a run that stops has a direction", "stops = speed <= STOPPED", "stops = False"),
                ("a limit of any cost", "if min(equilibrium.costs) > 0", "if True"),
            ),
        },
    ),
    Part("signs",
        ("test_game_signs.py", "test_game_switching.py::test_where_margins_do_not_grow_there_is_no_limit"),
        {
            "verify/game/signs/constant.py": (
                ("signs of samples that do not separate", "    if cost <= 0:\n", "    if False:\n"),
                ("a column of both signs has one", "return None if len(signs) == 2 else sum(signs)", "return sum(signs)"),
            ),
            "verify/game/signs/moves.py": (
                ("equality fades", "opt.beta1**2 >= opt.beta2", "opt.beta1**2 > opt.beta2"),
                ("any rule moves by signs", "return updates <= {-1, 0, 1}", "return True"),
                ("any rule plays the game of signs", "if moved[0] != -EXACT.sign(g):", "if False:"),
            ),
        },
    ),
    Part("one batch",
        ("test_game_one_batch.py",),
        {
            "verify/game/signs/one_batch.py": (
                ("the support of several batches", "if len(seen) != 1:", "if False:"),
                ("a continuum attracts", "plain = sign.one_c and", "plain ="),
            ),
            "verify/game/signs/columns.py": (
                ("columns alike in their first entries", "head if len(group) == 1 else", "head if group else"),
                ("a column against the others moves with them", "1 if factor > 0 else -1", "1"),
            ),
        },
    ),
    Part("cycles",
        ("test_game_cycles.py::test_what_it_takes_to_say_that_none_attracts",),
        {
            "verify/game/flows/cycles.py": (
                ("a saddle left out of none_attracts", "limit.stability in (\"repelling\", \"saddle\") and", "limit.stability != \"attracting\" and"),
            ),
        },
    ),
    Part("convex",
        ("test_game.py::test_gd_shares_weight_evenly_among_duplicates_and_names_a_tie",),
        {
            "verify/game/linear.py": (
                ("ties go unnamed", "if len(tight) > len(margin.support) else \"\"", "if False else \"\""),
            ),
        },
    ),
    Part("iteration",
        (
            "test_game.py::test_the_iteration_contracts_at_its_spectral_radius_and_not_to_every_attracting_equilibrium",
        ),
        {
            "verify/game/smooth/iteration.py": (
                ("a tangent without its projection", "tangent = np.eye(len(S)) - np.outer(c[S], np.ones(len(S)))", "tangent = np.eye(len(S))"),
            ),
        },
    ),
    Part("search",
        (
            "test_game.py::test_a_corner_that_no_direction_singles_out_is_not_reached",
            "test_game.py::test_the_two_rows_with_three_fixed_points",
            "test_game.py::test_what_is_not_known_is_said",
        ),
        {
            "verify/game/smooth/search.py": (
                ("any corner is reached", "if found is not None and found.valid and _reached(game, found):", "if found is not None and found.valid:"),
                ("invalid points found", "if found is not None and found.valid and _reached(game, found):", "if found is not None and _reached(game, found):"),
                ("no face of all rows", "for size in range(1, len(m) + 1)", "for size in range(1, len(m))"),
                ("each equilibrium as often as it is found", "if not any(alike(e, other) for other in found):", "if True:"),
            ),
        },
    ),
    Part("game balls",
        ("test_game_balls.py",),
        {
            "verify/game/smooth/certify.py": (
                ("weights of a sum not 1", "c[first] += 1 - sum(c)\n", "pass\n"),
            ),
            "verify/game/smooth/ball_field.py": (
                ("the wrong end of a difference", "return [float(log_c[place[b]] - log_c[place[i]]) for", "return [float(log_c[place[i]] - log_c[place[b]]) for"),
            ),
        },
    ),
    Part("pivots",
        (
            "test_game_switching.py::test_pivots_see_the_memory_of_the_rationals_and_count_steps_to_the_next",
            "test_game_switching.py::test_a_few_pivots_lead_from_every_row_to_an_equilibrium",
        ),
        {
            "verify/game/signs/pivoting.py": (
                ("steps that are alike counted once", "return np.diff(np.append(steps, steps[0] + len(self.trace)))", "return np.ones(len(steps), dtype=np.int64)"),
                ("a gradient's age backwards", "(steps[:, None] - seen) % len(self.trace)", "(seen - steps[:, None]) % len(self.trace)"),
                ("a sign that turns counts once", "turned = 2 * vertex.counts[place]", "turned = vertex.counts[place]"),
                ("batches not averaged", "% len(self.trace)] / size", "% len(self.trace)]"),
                ("a bound on a sign that one step has", "np.abs(s) / vertex.counts[vertex.at[0]] - 1", "np.abs(s) - 1"),
                ("the last row to vanish", "row = int(wasting.argmin())", "row = int(np.where(np.isfinite(wasting), wasting, -1).argmax())"),
            ),
        },
    ),
    Part("results",
        ("test_game_balls.py::test_decimals_keep_their_zeros_and_signs_and_floats_their_distance",),
        {
            "verify/game/result.py": (
                ("zeros after the point dropped", "{abs(n) % 10**digits:0{digits}d}", "{abs(n) % 10**digits:d}"),
                ("the whole part rounded down", "{abs(n) // 10**digits}.{abs(n) %", "{abs(n // 10**digits)}.{abs(n) %"),
                ("a radius that is a squared distance", "sqrt(sum((gap * gap for gap in gaps), ball(0)).abs_upper())", "sum((gap * gap for gap in gaps), ball(0)).abs_upper()"),
                ("the radii of the balls dropped", "gaps = [abs(u - ball(Dyadic(float(f)))) for", "gaps = [abs(u.mid() - ball(Dyadic(float(f)))) for"),
            ),
        },
    ),
)

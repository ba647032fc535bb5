"""The games, and the flows of their weights."""

from __future__ import annotations

from mutants.fault import Part

# fmt: off
PARTS = (
    Part("tails",
        ("test_tail.py",),
        {
            ("verify/numbers/leading.py", "_lasting"): (
                ("leading parts that cancel are kept", "zeros == POINTS", "False"),
            ),
            ("verify/optimizers/tail.py", "tail_of"): (
                ("states that do not forget", "forgetting(still.rule, still.values)", "''"),
            ),
        },
    ),
    Part("settings of a run",
        ("test_measured.py", "test_chatter.py"),
        {
            ("verify/game/measured.py", "_metric"): (
                ("a metric that does not settle", "shrinks > SETTLES", "False"),
                ("a metric that is exact", "float(np.abs(np.log(then / now)).max())", "0.0"),
            ),
            ("verify/optimizers/tail.py", "tail_rule"): (
                ("what is kept may move", "(end.op, end.value) != ('input', state.name)", "False"),
            ),
            ("verify/game/signs/chatter.py", "guaranteed"): (
                ("chatter that costs nothing", "others != [1, 2]", "False"),
            ),
        },
    ),
    Part("dominance",
        ("test_game_dominance.py",),
        {
            ("verify/game/smooth/dominance.py", "_proof"): (
                ("ties dominate", "sum(best.x) <= 1", "sum(best.x) < 1"),
            ),
            ("verify/game/smooth/dominance.py", "_lacking"): (
                ("any ray that is below 0", "f[j] / size[j]", "f[j]"),
            ),
            ("verify/game/smooth/completeness.py", "costs_positive"): (
                ("every Adam's costs are positive", "forgets_slowly(known.of('linf'), opt.beta2)", "True"),
            ),
            ("verify/game/flows/cycles.py", "none_attracts"): (
                ("what attracts at negative cost", "not prediction.growing", "True"),
            ),
        },
    ),
    Part("switching",
        ("test_game_switching.py",),
        {
            ("verify/game/signs/deciding.py", "_signs_of_equal_cost"): (
                ("a sign outside [-1, 1]", "any((abs(s) > 1 for s in signs))", "False"),
            ),
            ("verify/game/signs/deciding.py", "decide"): (
                ("a cheaper row off the support", "off and min(off) < 0", "False"),
            ),
            ("verify/game/signs/deciding.py", "_levels"): (
                ("coordinates left undecided", "undecided or set(levels[0].populations) != set(population)", "set(levels[0].populations) != set(population)"),
            ),
            ("verify/game/signs/memory.py", "Memory.alike"): (
                ("steps that are alike counted once", "(after - q - 1) % P + 1", "1"),
            ),
            ("verify/game/signs/memory.py", "Memory.population"): (
                ("one population where m forgets", "tuple((steps[0] for steps in self.step)) if not any(self.trace[1:]) else (0,) * len(self.step)", "(0,) * len(self.step)"),
            ),
        },
    ),
    Part("signs",
        ("test_game_signs.py", "test_game_switching.py::test_where_margins_do_not_grow_there_is_no_limit", "test_rules_predicted.py::test_signs_that_climb_have_no_limit"),
        {
            ("verify/game/signs/constant.py", "constant_prediction"): (
                ("signs of samples that do not separate", "cost <= 0", "False"),
            ),
            ("verify/game/signs/constant.py", "_common_sign"): (
                ("a column of both signs has one", "None if len(signs) == 2 else sum(signs)", "sum(signs)"),
            ),
            ("verify/game/signs/moves.py", "_always_signs"): (
                ("any rule moves by signs", "step(*point)[0] == EXACT.sign(held(*point)[0])", "True"),
            ),
            ("verify/game/signs/moves.py", "fading"): (
                ("what climbs descends", "max(map(abs, left))", "left[0]"),
            ),
        },
    ),
    Part("one batch",
        ("test_game_one_batch.py",),
        {
            ("verify/game/signs/one_batch.py", "one_batch_limit"): (
                ("the support of several batches", "len(seen) != 1", "False"),
            ),
            ("verify/game/signs/columns.py", "together"): (
                ("columns alike in their first entries", "len(group) == 1", "group"),
            ),
        },
    ),
    Part("search",
        ("test_game_together.py", "test_game.py::test_a_corner_that_no_direction_singles_out_is_not_reached", "test_game.py::test_the_two_rows_with_three_fixed_points", "test_game.py::test_what_is_not_known_is_said"),
        {
            ("verify/game/smooth/search.py", "on_faces"): (
                ("invalid points found", "found is not None and found.valid and _reached(game, found)", "found is not None and _reached(game, found)"),
            ),
            ("verify/game/smooth/search.py", "_nearer"): (
                ("only what the middle of a face leads to", "list(found.values())", "[]"),
            ),
            ("verify/game/smooth/columns.py", "solutions"): (
                ("any short step is a solution", "np.abs(residual).max(axis=1) <= RESIDUAL * np.abs(F).max(axis=1)", "np.full(len(F), True)"),
                ("solved where no cost changes", "step[~residual.any(axis=1)] = 0.0", "pass"),
            ),
        },
    ),
    Part("game balls",
        ("test_game_balls.py",),
        {
            ("verify/game/smooth/certify.py", "polish"): (
                ("weights of a sum not 1", "weights[rows[0]] += 1 - sum(weights)", "pass"),
            ),
            ("verify/game/smooth/ball_field.py", "BallField.margins"): (
                ("the wrong end of a difference", "log_c[place[b]] - log_c[place[i]]", "log_c[place[i]] - log_c[place[b]]"),
            ),
        },
    ),
    Part("flow",
        ("test_game_flow.py",),
        {
            ("verify/game/flows/flow.py", "from_weights"): (
                ("log c for margins", "-log_c", "log_c"),
            ),
            ("verify/game/flows/flow.py", "from_start"): (
                ("differences alone, where the loss sees margins", "field.X", "centred(field.X)"),
            ),
            ("verify/game/flows/proposed_flow.py", "Proposals.polynomial"): (
                ("a step of twice its length", "length / 2", "length"),
            ),
        },
    ),
    Part("starts",
        ("test_game_starts.py",),
        {
            ("verify/numbers/systems/taylor.py", "coefficient"): (
                ("a coefficient beyond the cut is 0", "k >= a.prec", "False"),
            ),
            ("verify/numbers/systems/taylor.py", "_sqrt"): (
                ("the root of a series that may begin with 0", "a[0] > 0", "True"),
            ),
            ("verify/numbers/linear/definite.py", "positive_definite"): (
                ("a definite matrix without its radii", "entry.mid() - spread * int(i == j)", "entry.mid()"),
            ),
            ("verify/numbers/linear/definite.py", "above_eigenvalues"): (
                ("a bound on eigenvalues that is not shown", "not positive_definite(shifted)", "False"),
            ),
            ("verify/losses/logistic.py", "tail"): (
                ("the logistic loss with an exponential tail", "one / (one + shrunk)", "one"),
            ),
            ("verify/game/flows/enclosed_flow.py", "defect"): (
                ("the defect without its remainder", "g + around(ball(0), abs(row[K]).abs_upper())", "g"),
                ("the defect over half of a step", "around(ball(0), ball(1))", "around(ball(0), ball(Fraction(1, 2)))"),
            ),
            ("verify/game/flows/enclosed_flow.py", "step"): (
                ("the defect does not add to the error", "grown", "r"),
                ("the flow may leave its box", "compare(a, b) is Order.LESS", "True"),
                ("the gap between polynomials", "zip(place.error, times(_sizes(_inverse(C)), gap), strict=True)", "zip(place.error, [ball(0)] * len(gap), strict=True)"),
            ),
            ("verify/game/flows/trapping.py", "pushed"): (
                ("rows off the support may cost less", "not all((compare(cost.value, ball(0)) is Order.GREATER for cost in costs))", "False"),
                ("a region that need not contract", "compare(kappa, ball(0)) is not Order.GREATER", "False"),
                ("what is off the support does not push", "zip(row[r:], falling, strict=True)", "zip(row[r:r], [], strict=True)"),
                ("half of the region", "(norm(row) * region.rho).abs_upper()", "(norm(row) * region.rho / 2).abs_upper()"),
                ("half of what is off the support", "region.late / 2", "region.late / 4"),
            ),
            ("verify/game/flows/trapping.py", "Region.contains"): (
                ("a place that is inside but for its off-support weights", "[(-margin[j]).exp() for j in self.off] + [(-z).exp()]", "[(-z).exp()]"),
                ("a place of any distance", "compare(norm(_times(self.A, gap)), self.rho) is Order.LESS", "True"),
            ),
            ("verify/game/flows/arrival.py", "certify_arrival"): (
                ("an equilibrium that does not attract", "proved.stability != 'attracting'", "False"),
                ("arrived without being inside", "region.contains(place)", "number > 20"),
            ),
        },
    ),
)

"""The flows of the weights: where they go, and how that is enclosed."""

from __future__ import annotations

from mutants.fault import Part

# fmt: off
PARTS = (
    Part("folds",
        ("test_game_folds.py",),
        {
            "verify/game/flows/paths.py": (
                ("any equilibrium near by is the partner", "if _orientation(game, met) != own:", "if True:"),
                ("a path that ends in a fold ends nowhere", 'self.end = Change(self.p, "fold", f"two equilibria on rows {rows} meet")', 'self.end = Change(self.p, "lost", "")'),
                ("the dearest row joins", "int(np.argmin(here.excess))", "int(np.argmax(here.excess))"),
                ("a row may cost less on the way", "        if found is None or not found.valid:\n            return False", "        if found is None:\n            return False"),
                ("a fold where steps are still long", "FARTHEST, SMALLEST_STEP = 0.05, 1e-9", "FARTHEST, SMALLEST_STEP = 0.05, 1e-1"),
                ("no step from one equilibrium of a fold to the other", "np.linalg.svd(jacobian)[2][-1]", "0 * np.linalg.svd(jacobian)[2][-1]"),
            ),
        },
    ),
    Part("flow",
        ("test_game_flow.py",),
        {
            "verify/game/flows/flow.py": (
                ("log c for margins", "for z in _pieces(field, -log_c,", "for z in _pieces(field, log_c,"),
                ("a start of the tail at minus its margins", "yield from from_weights(field, -z, evaluations, tolerance)", "yield from from_weights(field, z, evaluations, tolerance)"),
                ("differences alone, where the loss sees margins", "_pieces(field, z, field.span(field.X), log_weight", "_pieces(field, z, field.span(centred(field.X)), log_weight"),
                ("half of each move", "        z = z + basis @ piece.y[:, -1]\n", "        z = z + basis @ piece.y[:, -1] / 2\n"),
                ("weights that stay those of the start", "field.drift(log_weight(start + basis @ move)))", "field.drift(log_weight(start)))"),
            ),
            "verify/game/flows/proposed_flow.py": (
                ("a step of twice its length", "self.velocity(states).T * (length / 2)", "self.velocity(states).T * length"),
                ("an integral from the middle", "chebyshev.chebint(slope, lbnd=-1)", "chebyshev.chebint(slope, lbnd=0)"),
                ("margins without the base row's", "margins[others] = states[:-1] + states[-1]", "margins[others] = states[:-1]"),
                ("the last row's cost for the base row's", "np.vstack([F[others] - F[base], F[base]])", "np.vstack([F[others] - F[base], F[-1:][0]])"),
                ("a first step by the least speed", "float(np.max(np.abs(self.velocity(state[:, None]))))", "float(np.min(np.abs(self.velocity(state[:, None]))))"),
                ("coefficients of Chebyshev polynomials for those of powers", "kept = chebyshev.cheb2poly(coefficients)", "kept = coefficients"),
            ),
        },
    ),
    Part("starts",
        ("test_game_starts.py",),
        {
            "verify/numbers/systems/taylor.py": (
                ("a coefficient beyond the cut is 0", "if k >= a.prec:", "if False:"),
                ("the root of a series that may begin with 0", "    if a[0] > 0:\n        return a.sqrt()", "    if True:\n        return a.sqrt()"),
            ),
            "verify/numbers/linear/definite.py": (
                ("a definite matrix without its radii", "entry.mid() - spread * int(i == j)", "entry.mid()"),
                ("a bound on eigenvalues that is not shown", "if not positive_definite(shifted):", "if False:"),
            ),
            "verify/losses/logistic.py": (
                ("the logistic loss with an exponential tail", "one / (one + shrunk)", "one"),
            ),
            "verify/game/flows/enclosed_flow.py": (
                ("the defect without its remainder", "g + around(ball(0), abs(row[K]).abs_upper())", "g"),
                ("the defect does not add to the error", "r = [s.abs_upper() for s in _times((M * time).exp(), grown)]", "r = [s.abs_upper() for s in _times((M * time).exp(), r)]"),
            ),
            "verify/game/flows/trapping.py": (
                ("rows off the support may cost less", "if not all(compare(cost.value, ball(0)) is Order.GREATER for cost in costs):", "if False:"),
                ("a region that need not contract", "if compare(kappa, ball(0)) is not Order.GREATER:", "if False:"),
                ("what is off the support does not push", "row[r:], falling, strict=True", "row[r:r], [], strict=True"),
                ("a place that is inside but for its off-support weights", "falling = [(-margin[j]).exp() for j in self.off] + [(-z).exp()]", "falling = [(-z).exp()]"),
            ),
            "verify/game/flows/arrival.py": (
                ("an equilibrium that does not attract", 'if proved.stability != "attracting":', "if False:"),
                ("arrived without being inside", "if region.contains(place):", "if number > 20:"),
            ),
        },
    ),
    Part("tails",
        ("test_game_starts.py::test_balls_duals_series_and_floats_have_one_velocity",),
        {
            "verify/game/flows/tail.py": (
                ("the tail at exp(-u)", "c = {i: shrunk * factor(t * shrunk) for", "c = {i: shrunk * factor(shrunk) for"),
            ),
        },
    ),
    Part("paths",
        (
            "test_game_paths.py::test_an_equilibrium_changes_its_support_and_ends_where_it_meets_a_saddle",
            "test_game_paths.py::test_a_change_of_stability_is_told_as_beta2_rises_whichever_way_it_is_met",
        ),
        {
            "verify/game/flows/paths.py": (
                ("what happens going down told as going up", "more = (len(others) > len(rows)) == (self.side > 0)", "more = len(others) > len(rows)"),
                ("stabilities in the order they are met", "(here, found) if self.side > 0 else (found, here)", "(here, found)"),
                ("the partner looked for beyond the fold", "q = self.p - self.side * back", "q = self.p + self.side * back"),
                ("beta2 falls as p rises", "return float(1 / (1 + 10.0**-p))", "return float(1 / (1 + 10.0**p))"),
                ("a change of stability located to a step", "if abs(there - self.p) > HOPF:", "if abs(there - self.p) > 100 * HOPF:"),
                ("a fold of two supports called a change", "self._of_support(\"support\", self.side)", "self._of_support(\"support\", -self.side)"),
            ),
        },
    ),
    Part("basins",
        ("test_game_basins.py::test_two_rows_meet_at_the_repelling_equilibrium",),
        {
            "verify/game/flows/basins.py": (
                ("the farther half kept", "(middle, b) if limit(middle) == limit(a) else (a, middle)", "(a, middle) if limit(middle) == limit(a) else (middle, b)"),
            ),
        },
    ),
)

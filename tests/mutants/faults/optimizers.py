"""The optimizers, their epoch maps, and runs of them."""

from __future__ import annotations

from mutants.fault import Part

# fmt: off
PARTS = (
    Part("optimizers",
        ("test_optimizers_systems.py", "test_optimizers_choices.py", "test_simulate_floats.py"),
        {
            "verify/optimizers/rules/adam.py": (
                ("betas exchanged", "m = h.beta1 * s.m + (1 - h.beta1) * g\n        v = h.beta2 * s.v + (1 - h.beta2) * g * g", "m = h.beta2 * s.m + (1 - h.beta2) * g\n        v = h.beta1 * s.v + (1 - h.beta1) * g * g"),
                ("v sums g, not g^2", "(1 - h.beta2) * g * g", "(1 - h.beta2) * g"),
                ("v weighs by 1 - beta1", "v = h.beta2 * s.v + (1 - h.beta2)", "v = h.beta2 * s.v + (1 - h.beta1)"),
                ("eps inside the root taken outside", "sqrt(v + h.inside) + h.eps", "sqrt(v) + h.inside + h.eps"),
            ),
            "verify/optimizers/rules/adam_proxy.py": (
                ("AdamProxy without the root", "ratio(g, sqrt(squares))", "ratio(g, squares)"),
            ),
            "verify/optimizers/rules/signum.py": (
                ("Signum's sign of g", "return sign(m), s", "return sign(g), s"),
            ),
            "verify/optimizers/rules/ngd.py": (
                ("normalized GD without its norm", "return ratio(g, norm), s", "return g, s"),
            ),
            "verify/optimizers/order.py": (
                ("samples backwards", "np.arange(n)[None, :]", "np.arange(n)[None, ::-1]"),
                ("one permutation for all epochs", "rng.permuted(np.tile(np.arange(n), (epochs, 1)), axis=1)", "np.tile(rng.permutation(n), (epochs, 1))"),
            ),
            "verify/optimizers/optimizer.py": (
                ("t + 1 for t + 2 under the root", "lr / sqrt(t + 2)", "lr / sqrt(t + 1)"),
                ("t + 1 for t + 2 in a power", "exp(-decay * log(t + 2))", "exp(-decay * log(t + 1))"),
                ("bias correction of m alone", "eta(t) * sqrt(q) / p", "eta(t) / p"),
                ("eps not corrected", "eps * sqrt(q), inside * q", "eps, inside * q"),
            ),
            "verify/optimizers/kernel.py": (
                ("samples absent from a block weigh on it", "if log_scale and not data.present[i, q]:", "if False:"),
                ("a unit falls without end", "min(scale[q] - level[q], FALL)", "scale[q] - level[q]"),
                ("an eps of 0 in infinite units", "if inside > 0:", "if True:"),
                ("v rescaled as m", '" * ".join(["unit"] * int(degree))', '"unit"'),
                ("states not rescaled", "rescale(s, q, k, unit)\n", "rescale(s, q, k, 1.0)\n"),
                ("the sum of a batch for its mean", "share = rounded(c / real(size))", "share = rounded(c / real(1))"),
            ),
            "verify/optimizers/trajectory.py": (
                ("a scale that fades like beta2^4", "rate ** (1 / float(state.degree))", "rate ** (4 / float(state.degree))"),
                ("tau without the last step", "tau += float(np.sum(steps.eta))", "tau += float(np.sum(steps.eta[:-1]))"),
            ),
        },
    ),
    Part("simulate",
        ("test_simulate_exact.py", "test_simulate_floats.py", "test_simulate_digits.py"),
        {
            "verify/losses/logistic.py": (
                ("the logistic weight of -z", "return 1 / (1 + exp(z))", "return 1 / (1 + exp(-z))"),
                ("the logarithm of the logistic weight is -z", "return -softplus(z)", "return -z"),
            ),
            "verify/problem/problem.py": (
                ("the square of the sum for the sum of squares", "_sum([p * p for p in part], zero)", "_sum(part, zero) ** 2"),
                ("batches not averaged", "[-weight / len(batch) for weight in c]", "[-weight for weight in c]"),
            ),
            "verify/simulate/simulation.py": (
                ("increments over three quarters", "half, last = trajectory(X, opt, [steps // 2, steps]", "half, last = trajectory(X, opt, [steps // 4, steps]"),
                ("the iterate for its increment", "direction(last - half),", "direction(last),"),
                ("the largest margin for the least", "margin = min(dot(row, last)", "margin = max(dot(row, last)"),
            ),
            "verify/simulate/agreed.py": (
                ("a digit that only one run has", "if text(a, known) == text(b, known):", "if True:"),
            ),
            "verify/simulate/certify.py": (
                ("a certificate of another start", "list(start or [Fraction(0)] * data.d)", "[Fraction(0)] * data.d"),
            ),
        },
    ),
    Part("epoch map",
        ("test_game.py", "test_optimizers_systems.py"),
        {
            "verify/numbers/systems/floats.py": (
                ("sums reordered", "operations in order\", strict)", "operations in order\", compiled)"),
            ),
            "verify/problem/frozen.py": (
                ("a smaller last batch not averaged by its size", "size = np.array([len(batch) for batch in batches])", "size = np.array([len(batches[0]) for batch in batches])"),
            ),
            "verify/optimizers/mean_update.py": (
                ("states not periodic", "f\"ratio(end[{i}], 1 - kept[{i}]) if", "f\"end[{i}] if"),
                ("the sum of an epoch for its mean", "U[k] = -total / steps", "U[k] = -total"),
                ("steps without gradient do not move w", "u + echo * rest[1], fade(s, rest[2:])", "u, fade(s, rest[2:])"),
                ("a rest of states as long as one step", "rests.append((steps, echo, *kept))", "rests.append((steps, echo, *(slopes if steps > 1 else ones)))"),
            ),
        },
    ),
    Part("diagnose",
        ("test_diagnose.py", "test_diagnose_states.py", "test_numbers_formats.py"),
        {
            "verify/diagnose/diagnosis.py": (
                ("the last underflow for the first", "step = min(expected.values(), default=None)", "step = max(expected.values(), default=None)"),
                ("observed and predicted exchanged", "last.watched.events, rounded[-1].watched.events", "rounded[-1].watched.events, last.watched.events"),
                ("digits of what is not finite", "    if not np.all(np.isfinite(u) & np.isfinite(v)):", "    if False:"),
                ("half the correct digits", "max(0.0, -math.log10(distance))", "max(0.0, -math.log10(distance) / 2)"),
            ),
            "verify/optimizers/look.py": (
                ("a 0 by right is called small", "small_m += fed[M, q, k] and size", "small_m += size"),
                ("v at degree 1", "log_normal / squared - degree * scale", "log_normal / squared - scale"),
                ("eps against v, not its root", "least_root * least_root if", "least_root if"),
                ("infinity is finite", "finite += abs(after) < np.inf", "finite += abs(after) <= np.inf"),
                ("the shadow of v follows g", "come = to_bits(come * x, bits)", "come = come"),
            ),
            "verify/optimizers/averages.py": (
                ("a state that follows another is an average", 'reached == {"g"}', 'reached >= {"g"}'),
            ),
            "verify/diagnose/recommend.py": (
                ("a negative margin to stop before", "if margin is not None and margin > 0", "if margin is not None"),
                ("a stall after an underflow named first", "if stall is not None and stall < step:", "if stall is not None and stall > step:"),
            ),
        },
    ),
    Part("random orders",
        ("test_game_orders.py",),
        {
            "verify/problem/expected_update.py": (
                ("m decays once too often", "self.expected(self.p + self.q * self.at_next(following))", "self.expected(self.p + self.q * self.q * self.at_next(following))"),
                ("the covariance of m and v forgotten", "gains.append(each.r + each.s * each.at_next(A))", "gains.append(each.r)"),
                ("the sum of an epoch for its mean", "B.mean(axis=-1).reshape(d, r) / len(stages)", "B.mean(axis=-1).reshape(d, r)"),
            ),
            "verify/optimizers/order.py": (
                ("every batch drawn with replacement as likely", "factorial(size) / prod(map(factorial, Counter(drawn).values())) if order", "1.0 if order"),
                ("a subset forgotten", "follow = [list(combinations(sorted(everything - state), size)) for state in states]", "follow = [list(combinations(sorted(everything - state), size))[-2:] for state in states]"),
            ),
            "verify/optimizers/increments.py": (
                ("a run's noise forgotten", "return float(np.sqrt(count / (count - 1) * (astray**2).sum()) / np.linalg.norm(total))", "return float(np.sqrt((astray**2).sum()) / count / np.linalg.norm(total))"),
            ),
        },
    ),
    Part("draws",
        (
            "test_game_orders.py::test_the_standard_error_is_that_of_a_mean",
            "test_game_orders.py::test_the_flow_from_the_start_is_that_of_the_mean",
        ),
        {
            "verify/game/smooth/monte_carlo.py": (
                ("a sample's error for the mean's", "(count * (count - 1))", "(count - 1)"),
            ),
            "verify/game/smooth/random_order.py": (
                ("the cyclic order's limits", "rough = newton(half, proposal.levels", "rough = proposal if proposal is not first else newton(half, proposal.levels"),
            ),
        },
    ),
)

"""Rules, losses, steps and the epoch map."""

from __future__ import annotations

from mutants.fault import Part

# fmt: off
PARTS = (
    Part("optimizers",
        ("test_optimizers_systems.py", "test_optimizers_choices.py", "test_simulate_floats.py"),
        {
            ("verify/optimizers/rules/adam.py", "adam"): (
                ("v sums g, not g^2", "(1 - h.beta2) * g", "1 - h.beta2"),
                ("v weighs by 1 - beta1", "1 - h.beta2", "1 - h.beta1"),
            ),
            ("verify/optimizers/rules/signum.py", "signum"): (
                ("Signum's sign of g", "sign(m)", "sign(g)"),
            ),
            ("verify/optimizers/order.py", "tables"): (
                ("samples backwards", "np.arange(n)[None, :]", "np.arange(n)[None, ::-1]"),
            ),
            ("verify/optimizers/optimizer.py", "Optimizer.step_size"): (
                ("t + 1 for t + 2 under the root", "sqrt(t + 2)", "sqrt(t + 1)"),
            ),
            ("verify/optimizers/stores.py", "_power"): (
                ("v rescaled as m", "' * '.join(['unit'] * int(degree))", "'unit'"),
            ),
            ("verify/optimizers/kernel.py", "kernel"): (
                ("the sum of a batch for its mean", "share = c / samples", "share = c"),
            ),
        },
    ),
    Part("simulate",
        ("test_simulate_exact.py", "test_simulate_floats.py", "test_simulate_digits.py"),
        {
            ("verify/losses/logistic.py", "weight"): (
                ("the logistic weight of -z", "z", "-z"),
            ),
            ("verify/losses/logistic.py", "log_weight"): (
                ("the logarithm of the logistic weight is -z", "softplus(z)", "z"),
            ),
            ("verify/problem/problem.py", "Batch.seen"): (
                ("batches not averaged", "-weight * owned / size", "-weight"),
            ),
            ("verify/simulate/agreed.py", "_entry"): (
                ("a digit that only one run has", "text(a, known) == text(b, known)", "True"),
            ),
        },
    ),
    Part("samples of several rows",
        ("test_epoch_slope.py",),
        {
            ("verify/problem/by_samples.py", "BySamples._of_classes"): (
                ("a class row that its sample pulls to it", "-c", "c"),
            ),
            ("verify/problem/by_samples.py", "BySamples._bands"): (
                ("one unit for all entries", "unit - BAND", "-np.inf"),
            ),
            ("verify/problem/by_samples.py", "BySamples.along"): (
                ("half the derivative of a square", "2 * (weighed.T @ turn)", "weighed.T @ turn"),
            ),
        },
    ),
    Part("epoch map",
        ("test_game.py", "test_optimizers_systems.py"),
        {
            ("verify/numbers/systems/floats.py", ""): (
                ("sums reordered", "strict", "compiled"),
            ),
            ("verify/problem/frozen.py", "frozen_gradients"): (
                ("a smaller last batch not averaged by its size", "batch", "batches[0]"),
            ),
            ("verify/optimizers/mean_update.py", "_periodic"): (
                ("states not periodic", "f'ratio(end[{i}], 1 - kept[{i}]) if level == {each.level} else start[{i}], '", "f'end[{i}] if level == {each.level} else start[{i}], '"),
            ),
            ("verify/optimizers/mean_update.py", "mean_update"): (
                ("the sum of an epoch for its mean", "-total / steps", "-total"),
            ),
            ("verify/optimizers/mean_update.py", "periodic_states"): (
                ("steps without gradient do not move w", "u + echo * rest[1]", "u"),
            ),
            ("verify/optimizers/mean_update.py", "resting"): (
                ("a rest of states as long as one step", "(steps, echo, *kept)", "(steps, echo, *(slopes if steps > 1 else ones))"),
            ),
        },
    ),
)

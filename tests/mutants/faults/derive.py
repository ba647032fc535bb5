"""The derivations."""

from __future__ import annotations

from mutants.fault import Part

# fmt: off
PARTS = (
    Part("derive",
        ("test_derive_roads.py", "test_derive_chains.py", "test_derive.py"),
        {
            "verify/derive/roads.py": (
                ("any equality passes", 'rest == 0, "left - right is 0 in normal form"', 'True, "left - right is 0 in normal form"'),
                ("an inequality whose terms have any sign", "if not nonnegative(because):", "if False:"),
                ("an induction without its start", "passed = base == 0 and growth == 0", "passed = growth == 0"),
                ("an induction without its step", "passed = base == 0 and growth == 0", "passed = base == 0"),
                ("points that fail are passed over", "        if not passed:\n            shown", "        if False:\n            shown"),
            ),
            "verify/derive/chain.py": (
                ("a float in a formula", "if expression.atoms(sympy.Float):", "if False:"),
                ("a step drops a hypothesis", "if each not in step.assertion.hypotheses:", "if False:"),
                ("a step leads nowhere", "if step.name not in leads:", "if False:"),
                ("a printed formula is another", "if opened(shown, self.where) != checked:", "if False:"),
                ("roads of other sides", "if sides != [self.left, self.right]:", "if False:"),
            ),
            "verify/derive/joins.py": (
                ("pieces that do not fit are chained", "if normal(rest) != 0:", "if False:"),
                ("a case that leaves others out", "whole = (here.lhs, here.rhs) == (there.rhs, there.lhs)", "whole = True"),
                ("an invariant that does not hold at the start", "if not _signed([each.subs(start, simultaneous=True)], strict):", "if False:"),
                ("an invariant that a phase does not keep", "if not _signed(forms, strict):", "if False:"),
                ("letters put in out of their range", "if not _in_range(letter, seen):", "if False:"),
            ),
            "verify/derive/hypotheses.py": (
                ("every point meets a condition", "return gap > 0 if", "return True if"),
            ),
            "verify/derive/residual_runs.py": (
                ("the residual's bound a thousand times too large", "(grown * grown - 1)", "1000 * (grown * grown - 1)"),
            ),
            "verify/derive/run.py": (
                ("one road is enough", "return self.check.passed and self.second_road.passed", "return self.check.passed or self.second_road.passed"),
                ("measurements do not count", "steps and all(each.agrees for each in self.measurements)", "steps"),
            ),
            "verify/derive/sums.py": (
                ("the length of a range one short", "term = term * (high - low + 1)", "term = term * (high - low)"),
            ),
            "verify/derive/signs.py": (
                ("odd powers are nonnegative", "e.exp.is_even and e.base.is_real", "e.base.is_real"),
            ),
            "verify/derive/evaluate.py": (
                ("wide balls agree", "narrow = compare(gap.rad(), ball(WIDTH) * (1 + abs(a))) is Order.LESS", "narrow = True"),
                ("a wide ball is at most another", "return tight, f\"in", "return True, f\"in"),
            ),
            "verify/derive/measure.py": (
                ("the first slope for the last", "slopes[-1], abs(slopes[-1] - slopes[-2]), over)", "slopes[0], abs(slopes[-1] - slopes[0]), over)"),
            ),
            "verify/derive/points.py": (
                ("weights that need not sum to one", "parts[int(i)] / sum(parts)", "parts[int(i)]"),
                ("what has a sign is positive", "rng.choice((-1, 1)) * ", "1 * "),
                ("a period one too long", "(int(index[0]) % wrap,)", "(int(index[0]) % (wrap + 1),)"),
            ),
        },
    ),
    Part("chain ema-steady-state",
        ("test_derive.py::test_every_step_stands_and_the_page_is_fresh[ema-steady-state]",),
        {
            "verify/derive/topics/ema.py": (
                ("weights summed to N, not N - 1", "window = over(b1**k * g[i - k], (k, N))", "window = over(b1**k * g[i - k], (k, N + 1))"),
            ),
        },
    ),
    Part("chain epoch-map",
        ("test_derive.py::test_every_step_stands_and_the_page_is_fresh[epoch-map]",),
        {
            "verify/derive/topics/epoch.py": (
                ("C with the inverse of its root", "sympy.sqrt((1 - b2**size) / (1 - b2))\n", "sympy.sqrt((1 - b2) / (1 - b2**size))\n"),
            ),
        },
    ),
    Part("chain eps-takeover",
        ("test_derive.py::test_every_step_stands_and_the_page_is_fresh[eps-takeover]",),
        {
            "verify/derive/topics/takeover.py": (
                ("the second order without its square of beta", "K = b1 / (1 - b1) - b2 / (1 - b2) if", "K = b1 / (1 - b1) - b2 / (1 - b2**2) if"),
            ),
        },
    ),
    Part("chain replicator",
        ("test_derive.py::test_every_step_stands_and_the_page_is_fresh[replicator]",),
        {
            "verify/derive/topics/replicator.py": (
                ("Lagrange's identity without its half", "(k, d), (l, d)) / 2", "(k, d), (l, d))"),
            ),
        },
    ),
    Part("chain signum-bound",
        ("test_derive.py::test_every_step_stands_and_the_page_is_fresh[signum-bound]",),
        {
            "verify/derive/topics/signum.py": (
                ("theta with exponent B", "last = b1 ** (B - 1)", "last = b1**B"),
            ),
        },
    ),
    Part("chain full-batch-sign",
        ("test_derive.py::test_every_step_stands_and_the_page_is_fresh[full-batch-sign]",),
        {
            "verify/derive/topics/full_batch.py": (
                ("the pace without the square of the ratio", "sympy.sqrt((1 - beta2 / ratio**2) / (1 - beta2))", "sympy.sqrt((1 - beta2 / ratio) / (1 - beta2))"),
            ),
        },
    ),
    Part("chain proxy-limit",
        ("test_derive.py::test_every_step_stands_and_the_page_is_fresh[proxy-limit]",),
        {
            "verify/derive/topics/proxy_limit.py": (
                ("a limit without its root of N", "return -total / sympy.sqrt(N * squares)", "return -total / sympy.sqrt(squares)"),
            ),
        },
    ),
    Part("chain max-margin-kkt",
        ("test_derive.py::test_every_step_stands_and_the_page_is_fresh[max-margin-kkt]",),
        {
            "verify/derive/topics/kkt.py": (
                ("weak duality with a weight forgotten", "(S[k] / M[k] * u[l] - S[l] / M[l] * u[k]) ** 2", "(S[k] * u[l] - S[l] * u[k]) ** 2"),
            ),
            "verify/derive/topics/margin_duality.py": (
                ("the norm itself for its dual", "sum(sizes, Fraction(0)) if norm == \"linf\" else max(sizes)", "max(sizes) if norm == \"linf\" else sum(sizes, Fraction(0))"),
            ),
        },
    ),
    Part("chain scaled-rademacher",
        ("test_derive.py::test_every_step_stands_and_the_page_is_fresh[scaled-rademacher]",),
        {
            "verify/derive/topics/rademacher.py": (
                ("V bounded by beta2^N", "\"moment-below\": moment_bound(False, b2 ** (N - 1))", "\"moment-below\": moment_bound(False, b2 ** (N - 2))"),
            ),
        },
    ),
)

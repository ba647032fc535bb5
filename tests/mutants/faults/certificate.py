"""The checker of certificates."""

from __future__ import annotations

from mutants.fault import Part

# fmt: off
PARTS = (
    Part("certificate",
        ("test_forgeries.py", "test_certificates.py", "test_certificates_balls.py", "test_certificates_rules.py"),
        {
            "verify/certificate/margins.py": (
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
            "verify/certificate/data.py": (
                ("negative weights", 'require(weight >= 0, "weights-nonnegative"', 'require(True, "weights-nonnegative"'),
                ("weights of any sum", "require(sum(c) == denominator", "require(True"),
            ),
            "verify/certificate/reading.py": (
                ("2/4 for 1/2", "gcd(numerator, denominator) != 1 or", ""),
                ("3/1 for 3", ' or bottom == "1":', ":"),
                ("unknown fields", "require(name in fields,", "require(True,"),
                ("a field twice", "require(len(fields) == len(pairs)", "require(True"),
                ("a bare number", 'raise Refused("schema", f"the number', 'return number\n    raise Refused("schema", f"the number'),
            ),
            "verify/certificate/check.py": (
                ("another statement", 'fields["statement"] == stated', "True"),
                ("another data set", "if given == data.ratios:", "if True:"),
            ),
            "verify/certificate/boxes.py": (
                ("Krawczyk's image may leave the box", "require(abs(row[0]) < size", "require(True"),
                ("the Jacobian's spread dropped", "image = (identity - inverse * jacobian) * spread - inverse", "image = ball(0) * spread - inverse"),
                ("a cheaper row off the support", "everywhere[i] > base", "True"),
                ("a cost of any sign", 'require(base > 0, "cost-positive"', 'require(True, "cost-positive"'),
                ("a direction of any distance", "require(squared < limit * limit", "require(True"),
                ("a weight that may vanish", "weight == 0 or weight > radius", "True"),
            ),
            "verify/certificate/complete.py": (
                ("any region holds one equilibrium", "return all(norm < 1 for norm in norms)", "return True"),
                ("a cell need not lie within its region", "if reduced is None or any(within(reduced, region) for region in regions):", "if reduced is None or regions:"),
                ("the same point twice", 'require(any(gap > apart for gap in gaps), "distinct"', 'require(True, "distinct"'),
            ),
            "verify/certificate/dominance.py": (
                ("any factors dominate", 'require(sum(a) > unit, "dominated"', 'require(True, "dominated"'),
                ("factors that are negative", 'require(all(a >= 0 for a in factors), "dominated"', 'require(True, "dominated"'),
            ),
            "verify/certificate/iterate.py": (
                ("an iterate outside its box", "gap <= ball(radius)", "True"),
                ("states that are not kept", "states[k] = [values[end] for end in rule.after]", "values[0] = ZERO"),
                ("a loss of any operations", "line.op in known,", "True,"),
            ),
            "verify/certificate/field.py": (
                ("states that do not have the epoch's period", "return times(total, 1 / (1 - slope**self.steps))", "return total"),
                ("steps between support rows forgotten", "times(self._idle(values), self.echoes[gap])", "ZERO"),
                ("steps without gradient keep a state", "s = times(s, self.fall[gap][state])", "s = times(s, ball(1))"),
                ("batches not averaged", "turn[place[j]] = -x / size", "turn[place[j]] = -x"),
            ),
            "verify/certificate/duals.py": (
                ("a square from below", "return (low * low).union(high * high)", "return low * low"),
                ("a derivative without the root's", "slopes = _sum(a.slopes, down)", "slopes = a.slopes"),
            ),
            "verify/certificate/rule.py": (
                ("states of any degree", "mine is None or mine == (degree,),", "True,"),
                ("updates of any degree", "require(update is None or not any(update)", "require(True"),
                ("sums of what scales differently", "if first is not None and last is not None and first != last:", "if False:"),
                ("states that keep all", "bool(abs(slope) < 1),", "True,"),
                ("states that are not affine", "require(not with_it or plain", "require(True"),
                ("updates that stay without gradients", "        fades(rule, traits),", "        True,"),
                ("lines that look ahead", "all(arg < i for arg in line.args)", "True"),
            ),
            "verify/certificate/metric.py": (
                ("costs that differ on the support", 'require(order == 0, "costs-equal"', 'require(True, "costs-equal"'),
                ("c x^2 for (c x)^2 in M(c)", "(weight * x) ** 2", "weight * x**2"),
                ("x_i.w below 1", 'require(dot >= unit, "feasible"', 'require(True, "feasible"'),
            ),
        },
    ),
    Part("statements",
        ("test_certificates.py",),
        {
            "verify/certificate/statements.py": (
                ("long numbers told by their first digits", "with SHA-256 {digest})", ")"),
            ),
            "verify/certificate/reading.py": (
                ("zeros within a number dropped", "digits(low).zfill(size // 2)", "digits(low)"),
                ("the sign of a long number dropped", "return \"-\" + digits(-number)", "return digits(-number)"),
            ),
        },
    ),
    Part("hostile",
        ("test_certificates_hostile.py",),
        {
            "verify/certificate/reading.py": (
                ("any fraction in a range", 'require(above and below, "range"', 'require(True, "range"'),
                ("an upper end that is taken in", 'number == high and ends[1] == "]"', "number == high"),
            ),
            "verify/certificate/effort.py": (
                ("work without a bound", "if bound.taken + units > most:", "if False:"),
            ),
            "verify/certificate/files.py": (
                ("files of any size", "if len(content) > most:", "if False:"),
            ),
            "verify/certificate/check.py": (
                ("terminal escapes shown", "c if c.isprintable() else ascii(c)[1:-1]", "c"),
            ),
        },
    ),
    Part("roots",
        ("test_forgeries.py::test_the_genuine_ones_are_valid",),
        {
            "verify/certificate/roots.py": (
                ("the upper bound of a root is the lower", "Fraction(root + 1, 1 << shift)", "Fraction(root, 1 << shift)"),
            ),
        },
    ),
)

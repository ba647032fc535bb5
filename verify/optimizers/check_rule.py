"""Is a rule what it declares? Each trait is proved or refuted.

Degrees and forgetting are read off the program, operation by operation, which is a proof (`verify.numbers.formula`).
Where that has no answer for a degree, symbols are substituted and simplified. What is false is refuted by an example,
at rational points in balls. A trait that is neither proved nor refuted does not pass.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any

import numpy as np

from verify.errors import Undecided
from verify.evidence import Declared, Trait, Verdict
from verify.numbers.formula import NoAnswerError, degrees, evaluate, replaced, signs_in
from verify.numbers.program import Node, inputs_of
from verify.numbers.systems.arrays import ARRAYS
from verify.numbers.systems.balls import BALLS, Ball, ball, bounds, precision
from verify.optimizers.matrices import Map
from verify.optimizers.rule import ADDED, Decay, Rule, Switch
from verify.optimizers.systems import systems_agree
from verify.optimizers.traits import forgetting, input_degrees, keeps, update_kind

# A refutation is looked for at this many points; forgetting is tried at this many values of the hyperparameters.
POINTS, VALUES = 12, 20
BITS = 256
# A program of more nodes is not simplified: sympy may take minutes.
MOST_NODES = 60
# Two matrices of entries near 1 that differ by no more than this count as the same.
ALIKE = 1e-9
# Halvings of a segment on which a sign changes: then its ends differ by 2^-200 of their size.
HALVINGS = 200
# What is found where a trait is neither proved nor refuted.
UNDECIDED = Verdict.UNDECIDED

Found = tuple[Any, str]  # what was found, and how


class RuleCheck(Declared):
    """All traits of the rule ``rule``."""

    kind = "rule"

    @property
    def rule(self) -> str:
        """Its name."""
        return self.name


def check_rule(rule: Rule, whole: bool = True) -> RuleCheck:
    """Prove or refute each declared trait of a rule. Unless ``whole``, only the number systems that games use are held
    against each other. Raises BadInput where its step cannot be traced."""
    checks = _degree_checks(rule)
    for trait, declared, (found, how) in (
        ("update", rule.update, _update(rule)),
        ("forgets", rule.forgets, _forgets(rule)),
        ("batch", "full" if rule.batch is None else rule.batch, _batch(rule)),
        ("reads", rule.reads, _reads(rule)),
        ("blocks", rule.divided, _blocks(rule)),
    ):
        ok = _stands(trait, declared, found)
        checks.append(Trait(trait, declared, found, how, ok, found is not UNDECIDED))
    agree, how = systems_agree(rule, whole)
    checks.append(Trait("systems", True, agree, how, agree))
    return RuleCheck(rule.name, tuple(checks))


def _stands(trait: str, declared: Any, found: Any) -> bool:
    """Whether the declaration stands. It does where less is declared than was found: a linear update is smooth too, and
    a rule that is not said to forget need not be shown to keep anything."""
    weaker = {"update": ("smooth", "linear"), "forgets": (False, UNDECIDED)}
    return bool(found == declared or (declared, found) == weaker.get(trait))


# --- degrees -------------------------------------------------------------------------------------------------------


def degree_refuted(rule: Rule) -> bool:
    """Whether it is shown, by an example or a proof, that the update or a state has another degree than declared, or
    none."""
    return any(
        each.found is None or (each.declared is not None and not each.ok and each.decided)
        for each in _degree_checks(rule)
    )


def _degree_checks(rule: Rule) -> list[Trait]:
    ends: list[tuple[str, int | Fraction | None, Node]] = [("degree", rule.degree, rule.lean.update)]
    for state, after in zip(rule.states, rule.lean.after, strict=True):
        ends.append((f"{state.name}.degree", state.degree, after))
    return [_degree_check(trait, rule, declared, end) for trait, declared, end in ends]


def _degree_check(trait: str, rule: Rule, declared: int | Fraction | None, end: Node) -> Trait:
    found, how = _degree(rule, declared, end)
    said = None if declared is None else _plain(Fraction(declared))
    ok = found == said or (found == "any" and said is not None)
    return Trait(trait, said, found, how, ok, found is not UNDECIDED)


def _plain(value: Fraction) -> int | str:
    return int(value) if value.denominator == 1 else str(value)


def _degree(rule: Rule, declared: int | Fraction | None, end: Node) -> Found:
    try:
        (found,) = degrees([end], input_degrees(rule))
    except NoAnswerError as reason:
        return _by_other_roads(rule, declared, end, str(reason))
    if found is None:
        return "any", "proved: it is 0"
    return _plain(found[0]), "proved: each operation takes what has degrees to what has one"


def _by_other_roads(rule: Rule, declared: int | Fraction | None, end: Node, reason: str) -> Found:
    """The degree where reading the program gave none, for this reason: refuted by an example, or shown in symbols."""
    if declared is None:
        counter = _not_homogeneous(rule, end)
        return (
            (None, counter) if counter else (UNDECIDED, f"it {reason}, and no example shows that it has none")
        )
    counter = _not_of_degree(rule, Fraction(declared), end)
    if counter:
        return None, f"refuted: {counter}; it {reason}"
    if _symbolically(rule, Fraction(declared), end):
        return _plain(Fraction(declared)), "proved: symbols substituted and simplified"
    return UNDECIDED, f"it {reason}; no example refutes it"


def _points(rule: Rule, label: str) -> Iterator[dict[str, Fraction]]:
    """Rational inputs: states of even degree are positive, as sums of squares are."""
    rng = random.Random(f"{rule.name} {label}")
    for _ in range(POINTS):
        point = {name: Fraction(0) for name in ADDED}
        point |= {"g": _signed(rng), "seen": abs(_signed(rng)), "w": _signed(rng), "eta": abs(_signed(rng))}
        for state in rule.states:
            value = _signed(rng)
            point[state.name] = abs(value) if state.degree % 2 != 1 else value
        yield point | _hyper(rule, rng)


def _signed(rng: random.Random) -> Fraction:
    return Fraction(rng.choice([-1, 1]) * rng.randint(1, 40), rng.randint(1, 40))


def _hyper(rule: Rule, rng: random.Random) -> dict[str, Fraction]:
    """Values of the hyperparameters in their ranges."""
    found = {}
    for number in rule.hyper:
        if isinstance(number, Decay):
            found[number.name] = Fraction(rng.randint(1, 99), 100)
        elif isinstance(number, Switch):
            found[number.name] = Fraction(rng.randint(0, 1))
        else:
            tried = [number.usual * Fraction(rng.randint(1, 40), rng.randint(1, 40)) for _ in range(8)]
            found[number.name] = next((value for value in tried if number.holds(value)), number.usual)
    return found


def _at(end: Node, point: Mapping[str, Any]) -> Ball | None:
    """The value at a point, in balls; None where it has none there."""
    try:
        (value,) = evaluate([end], {name: ball(entry) for name, entry in point.items()}, BALLS)
    except (Undecided, ZeroDivisionError):
        return None
    return value if value.is_finite() else None


def _scaled(rule: Rule, point: Mapping[str, Fraction], factor: int) -> dict[str, Fraction]:
    """The point with gradient and states multiplied as their degrees say; ``factor`` is a square, for half degrees."""
    root = {1: 1, 4: 2, 9: 3, 16: 4}[factor]
    known = input_degrees(rule)
    scaled = {}
    for name, value in point.items():
        degree = known[name]
        assert degree is not None
        power = 2 * degree[0]
        scaled[name] = value * (Fraction(root) ** int(power) if power.denominator == 1 else 1)
    return scaled


def _not_of_degree(rule: Rule, declared: Fraction, end: Node) -> str:
    """A point at which the degree is not the declared one, in words; the empty text where none is found."""
    with precision(BITS):
        for point in _points(rule, "degree"):
            before, after = _at(end, point), _at(end, _scaled(rule, point, 4))
            if before is None or after is None:
                continue
            wanted = before * ball(4) ** ball(declared)
            if not (after - wanted).contains(0):
                return f"at {_shown(end, point)} it is {_decimal(before)}, with lambda = 4 {_decimal(after)}"
    return ""


def _not_homogeneous(rule: Rule, end: Node) -> str:
    """A point at which no degree fits both lambda = 4 and lambda = 16, in words; the empty text where none is found."""
    with precision(BITS):
        for point in _points(rule, "degree"):
            first, second, third = (_at(end, _scaled(rule, point, factor)) for factor in (1, 4, 16))
            if first is None or second is None or third is None:
                continue
            if not (second * second - first * third).contains(0):
                return (
                    f"refuted: at {_shown(end, point)} it is {_decimal(first)}, with lambda = 4 "
                    f"{_decimal(second)} and with 16 {_decimal(third)}"
                )
    return ""


def _shown(end: Node, point: Mapping[str, Any]) -> str:
    used = inputs_of(end)
    return ", ".join(f"{name} = {value}" for name, value in point.items() if name in used)


def _decimal(value: Ball) -> str:
    low, high = bounds(value)
    return f"{float((low + high) / 2):.6g}"


def _symbolically(rule: Rule, declared: Fraction, end: Node) -> bool:
    """Whether sympy simplifies the difference to 0."""
    import sympy

    from verify.numbers.systems.symbols import SYMBOLS

    if len(rule.program.nodes) > MOST_NODES:
        return False
    names = inputs_of(end)
    letters = {name: sympy.Symbol(name, positive=name not in ("g", "w")) for name in names}
    scale = sympy.Symbol("lambda", positive=True)
    known = input_degrees(rule)
    scaled = {}
    for name, letter in letters.items():
        degree = known[name]
        assert degree is not None
        scaled[name] = letter * scale ** sympy.Rational(degree[0].numerator, degree[0].denominator)
    (before,), (after,) = evaluate([end], letters, SYMBOLS), evaluate([end], scaled, SYMBOLS)
    power = scale ** sympy.Rational(declared.numerator, declared.denominator)
    return bool(sympy.simplify(after - power * before) == 0)


# --- the other traits ----------------------------------------------------------------------------------------------


def _update(rule: Rule) -> Found:
    update = rule.lean.update
    kind = update_kind(rule, update)
    if kind == "linear":
        return kind, "proved: no operation but sums and products with what does not depend on gradients"
    if kind == "sign":
        how = "proved: gradients reach the update through signs alone"
        return kind, how if signs_in(rule.program.update) else f"{how}; x/|x| is one"
    if kind == "smooth":
        return kind, "proved: there is no sign in it, so it jumps nowhere but where it divides by 0"
    jump = _jump(rule, update)
    return ("jumps", f"refuted: {jump}") if jump else ("smooth", "its signs change where they do not matter")


def _jump(rule: Rule, update: Node) -> str:
    """Where the update jumps as a sign in it changes, in words; the empty text where no jump is found."""
    with precision(BITS):
        for sign in signs_in(update):
            for point in _points(rule, "jump"):
                other = {name: -value if name == "g" else value for name, value in point.items()}
                there = _crossing(sign.args[0], point, other)
                if there is None:
                    continue
                above, below = (_with_sign(update, sign, there, value) for value in (1, -1))
                # The crossing is 2^-HALVINGS wide, so an update that does not jump differs by about as little there.
                if above is not None and below is not None and abs(above - below) > ball(Fraction(1, 2**100)):
                    return f"from {_decimal(below)} to {_decimal(above)} near {_near(there, update)}"
    return ""


def _near(point: Mapping[str, Fraction], end: Node) -> str:
    used = inputs_of(end)
    return ", ".join(f"{name} = {float(value):.4g}" for name, value in point.items() if name in used)


def _crossing(of: Node, a: Mapping[str, Fraction], b: Mapping[str, Fraction]) -> dict[str, Fraction] | None:
    """A point between a and b at which the node changes its sign, to 2^-HALVINGS. None where its sign is the same at
    both, or not known."""
    low, high = Fraction(0), Fraction(1)

    def at(share: Fraction) -> dict[str, Fraction]:
        return {name: value + share * (b[name] - value) for name, value in a.items()}

    def positive(share: Fraction) -> bool | None:
        value = _at(of, at(share))
        return None if value is None or value.contains(0) else bool(value > 0)

    first, last = positive(low), positive(high)
    if first is None or last is None or first == last:
        return None
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        side = positive(middle)
        if side is None:
            return at(middle)
        low, high = (middle, high) if side == first else (low, middle)
    return at(high)


def _with_sign(update: Node, sign: Node, point: Mapping[str, Fraction], value: int) -> Ball | None:
    """The update at a point with one of its signs taken as given."""
    taken = Node("constant", value=Fraction(value))
    return _at(replaced(update, {id(sign): taken}), point)


def _forgets(rule: Rule) -> Found:
    if not rule.states:
        return True, "proved: it has no states"
    rng = random.Random(rule.name)
    usual = {number.name: number.usual for number in rule.hyper}
    for values in (usual, *(_hyper(rule, rng) for _ in range(VALUES if rule.hyper else 0))):
        reason, example = forgetting(rule, values), keeps(rule, values)
        at = "" if values is usual else ", at " + ", ".join(f"{name} = {x}" for name, x in values.items())
        if reason:
            both = f"refuted: {reason}" + f", and {example}" * (example != reason) + at
            return (False, both) if example else (UNDECIDED, f"{reason}; no example shows that it is kept")
    return True, (
        "proved that each state is affine in itself, with a factor that depends on hyperparameters alone; tried that "
        f"it is below 1, at the defaults and at {VALUES} other values of them"
    )


def _divided_by(of_all: Map) -> Found:
    """The part of a matrix over which a map divides the scale out, as it is seen on a random one."""
    rng = np.random.default_rng(0)
    A, scales = rng.standard_normal((3, 4)), rng.uniform(1, 3, size=(3, 1))
    A -= A.mean(axis=0)  # gradients of softmax sum to 0 over the classes
    of = of_all.of(ARRAYS)
    once = of(A, 0.0)
    how = "tried: {} is taken to the same"
    if np.allclose(of(scales * A, 0.0), once, rtol=0, atol=ALIKE):
        return "row", how.format("a matrix whose rows are scaled each for itself")
    if np.allclose(of(2.5 * A, 0.0), once, rtol=0, atol=ALIKE):
        return "gradient", how.format("a matrix that is scaled as a whole")
    return "none", "tried: a matrix that is scaled is taken to another"


def _batch(rule: Rule) -> Found:
    declared = "full" if rule.batch is None else rule.batch
    if declared == "full" or (isinstance(declared, int) and declared >= 1):
        return declared, "any batch" if rule.batches else "defined for the full batch only"
    return "invalid", "neither a number of samples from 1 on, None, nor full"


def _reads(rule: Rule) -> Found:
    uses = rule.uses("seen")
    beside = [name for name in ("w", "eta") if rule.uses(name)]
    how = (
        "the step "
        + ("uses" if uses else "does not use")
        + " seen"
        + (f", and {' and '.join(beside)}" * bool(beside))
    )
    if not uses:
        return "nothing", how
    return ("seen" if rule.reads == "nothing" else rule.reads), how


def _blocks(rule: Rule) -> Found:
    if rule.matrix is not None:
        return _divided_by(rule.matrix)
    if rule.uses("seen") and rule.reads == "norm":
        whole, how = "gradient", "the step compares a coordinate with the norm of all"
    else:
        whole, how = "coordinate", "the step sees one coordinate, and its degree is 0"
    return (whole, how) if rule.degree == 0 else ("none", "its degree is not 0")

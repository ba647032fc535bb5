"""Where a run of the rule and the loss that are carried is after T steps: they are run again, in balls.

This checker shares no definition with the simulator whose results it checks: it evaluates the lines of the rule, and of
the loss's weight -l'(z), one after the other.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from verify.certificate.data import Data
from verify.certificate.duals import BINARY, UNARY, ZERO
from verify.certificate.effort import exponential, operation, spend
from verify.certificate.field import Balls, dot
from verify.certificate.kind import Fields, Kind, Readers, game_fields
from verify.certificate.part import Lines
from verify.certificate.phrases import batches, beside, exactly, values_of
from verify.certificate.program import Line, Rule, formulas, loss_alone, read_lines
from verify.certificate.reading import between, fraction, integer, many
from verify.certificate.refusal import Refused, require
from verify.certificate.rule import LINES, require_program
from verify.errors import Undecided
from verify.numbers.systems.balls import ball, precision, sqrt

MOST_STEPS = 10**12
MOST_BITS = 1 << 20


def check(data: Data, claim: Fields, witness: Fields) -> None:
    """Run the steps at the witness's precision; the claim's box must contain the final ball, weight by weight."""
    rule, weight = claim["rule"], claim["loss"]
    require(data.owned == 1, "classes", "runs on several classes are not checked")
    require_program(rule)
    require_weight(weight)
    bits = witness["bits"]
    rounding = data.n * data.d * operation(bits)
    each = claim["batch_size"] * (len(weight) * exponential(bits) + 5 * data.d * operation(bits))
    step = each + exponential(bits) + (len(rule.lines) + 12) * data.d * operation(bits)
    spend(rounding + claim["steps"] * step, f"{claim['steps']} steps in {bits} bits")
    with precision(bits):
        try:
            w = run(data, claim)
        except (Undecided, ZeroDivisionError) as reason:
            raise Refused("precision", str(reason)) from None
        for k, (weight_k, center, radius) in enumerate(zip(w, claim["center"], claim["radius"], strict=True)):
            gap = abs(weight_k - ball(center))
            require(
                bool(gap <= ball(radius)),
                "enclosed",
                f"w[{k}] is not shown to be within its radius of its center",
            )


def require_weight(lines: Sequence[Line], functions: Collection[str] = ("exp",)) -> None:
    """The loss's weight is a program: operations that there are, on earlier lines, and no input but z. ``functions``
    are those that a rule does not have."""
    require(len(lines) <= LINES, "loss-size", f"the loss's program has more than {LINES} lines")
    for i, line in enumerate(lines):
        if line.op == "input":
            require(line.name == "z", "loss-input", f"line {i} of the loss reads {line.name}, not z")
        elif line.op != "constant":
            known = {*UNARY, *functions} if len(line.args) == 1 else {*BINARY}
            require(
                line.op in known,
                "loss-op",
                f"line {i} of the loss: there is no {line.op} of {len(line.args)}",
            )
        require(all(arg < i for arg in line.args), "loss-index", f"line {i} of the loss looks ahead")


def run(data: Data, claim: Fields) -> Balls:
    """w_T (d), from w_0 = ``start``: cyclic batches, all states 0 before the first step."""
    X = [[ball(x) for x in row] for row in data.rows]
    w, size, d = [ball(entry) for entry in claim["start"]], claim["batch_size"], data.d
    batches = [range(start, min(start + size, data.n)) for start in range(0, data.n, size)]
    rule, loss = claim["rule"], claim["loss"]
    lines, weight, last = Lines(rule), Lines(loss_alone(loss)), len(loss) - 1
    states = [[ZERO] * len(rule.states) for _ in range(d)]
    lr, decay = ball(claim["lr"]), ball(-claim["decay"])
    for t in range(claim["steps"]):
        batch = batches[t % len(batches)]
        sizes = [weight.values({"z": dot(X[j], w)})[last] for j in batch]
        parts = [[-size * x for x in X[j]] for size, j in zip(sizes, batch, strict=True)]
        g = [sum(column, ZERO) / len(batch) for column in zip(*parts, strict=True)]
        seen = _seen(rule, g, parts)
        eta = lr * ball(t + 2) ** decay
        for k in range(d):
            u, states[k] = lines.step(g[k], seen[k], states[k])
            w[k] -= eta * u
    return w


def _seen(rule: Rule, g: Balls, parts: Sequence[Balls]) -> Balls:
    if rule.reads == "squares":
        return [sum((part * part for part in column), ZERO) for column in zip(*parts, strict=True)]
    if rule.reads == "norm":
        return [sqrt(sum((a * a for a in g), ZERO))] * len(g)
    return [ZERO] * len(g)


def run_fields(n: int, d: int) -> Readers:
    """Rule, loss, step sizes, start and length of a run."""
    return game_fields(n) | {
        "loss": read_lines,
        "lr": between(0, None, "()"),
        "decay": between(0, 1000),
        "start": many(fraction, d),
        "steps": integer(0, MOST_STEPS),
    }


def fields(n: int, d: int) -> Readers:
    """A run, and where it ends."""
    return run_fields(n, d) | {"center": many(fraction, d), "radius": many(between(0, None, "[)"), d)}


def statement(claim: Fields) -> str:
    """The statement of an enclosed iterate."""
    rule, eta = claim["rule"], f"{exactly(claim['lr'])} (t+2)^-({exactly(claim['decay'])})"
    begun = (
        f", from {', '.join(f'{name} = 0' for name in rule.names)}, primed after the step"
        if rule.names
        else ""
    )
    weight = formulas(loss_alone(claim["loss"]), exactly, "q")
    return (
        f"after {claim['steps']} steps from the claim's start, each weight is within the claim's radius of its center; "
        f"a step is w <- w - eta_t u with eta_t = {eta} for t = 0, 1, ..., and in each coordinate "
        f"{formulas(rule, exactly)}{values_of(rule)}{begun}, where g is the mean of the samples' gradients over the "
        f"batch{beside(rule)}, that of a sample with z = x_i.w is -q x_i for {weight}, "
        f"{batches(claim['batch_size'], 'a pass')}"
    )


KIND = Kind(
    claim=fields, witness=lambda n, d: {"bits": integer(8, MOST_BITS)}, statement=statement, check=check
)

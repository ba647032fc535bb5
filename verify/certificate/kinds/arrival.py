"""A run of the rule and the loss that are carried goes to an equilibrium: after T steps it is where it cannot leave.

The equilibrium is alone in a box (`verify.certificate.boxes`), the run is made again in balls
(`verify.certificate.kinds.run`), and what holds it is shown over a region (`verify.certificate.basin`): for a rule
without states at the full batch, whose every step is eta_t U, and for u = m/sqrt(v) by single samples, m and v being
averages of g and g^2. Of that a step here is an epoch, eta N eta_t, and delta its residual, by the bound of the
derivation epoch-residual-bound.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import partial
from itertools import accumulate
from operator import mul

from verify.certificate.basin import hold, place
from verify.certificate.boxes import at_rising_precision, first_bits
from verify.certificate.data import Data
from verify.certificate.duals import ZERO
from verify.certificate.effort import exponential, operation, spend
from verify.certificate.field import game_of
from verify.certificate.kind import Fields, Kind, Readers, box_fields
from verify.certificate.kinds import equilibrium
from verify.certificate.kinds.run import MOST_BITS, require_weight, run, run_fields
from verify.certificate.phrases import exactly
from verify.certificate.program import Line, Rule
from verify.certificate.reading import between, fraction, integer, many
from verify.certificate.refusal import Refused, require
from verify.errors import Undecided
from verify.numbers.systems.balls import Ball, ball, bits, log, precision, sqrt

# The weights of the losses for which a region is shown: exp(-z) and 1/(1 + exp(z)).
EXPONENTIAL = (Line("input", name="z"), Line("-", (0,)), Line("exp", (1,)))
LOGISTIC = (
    Line("constant", value=Fraction(1)),
    Line("input", name="z"),
    Line("exp", (1,)),
    Line("+", (0, 2)),
    Line("/", (0, 3)),
)
# u = m/sqrt(v), line by line, m and v averages of g and g^2.
RATIO = "beta1; m; * 0 1; 1; - 3 0; g; * 4 5; + 2 6; beta2; v; * 8 9; - 3 8; * 11 5; * 12 5; + 10 13; sqrt 14; / 7 15"


def is_ratio(rule: Rule) -> bool:
    """Whether the program is that of m/sqrt(v), whatever its states and hyperparameters are called."""
    called = dict(zip([*rule.names, *rule.hyper], ("m", "v", "beta1", "beta2"), strict=False)) | {"g": "g"}
    spelled = [
        called.get(line.name, "") if line.op == "input"
        else str(line.value) if line.op == "constant"
        else " ".join(map(str, (line.op, *line.args)))
        for line in rule.lines
    ]  # fmt: skip
    sizes = (len(rule.names), len(rule.hyper), rule.update, rule.after)
    return "; ".join(spelled) == RATIO and sizes == (2, 2, 16, (7, 14))


def is_logistic(loss: Sequence[Line]) -> bool:
    """Whether the weight is the logistic loss's. Refused if it is not the exponential one's either."""
    logistic = tuple(loss) == LOGISTIC
    require(logistic or tuple(loss) == EXPONENTIAL, "loss", "its tail is not known")
    return logistic


def check(data: Data, claim: Fields, witness: Fields) -> None:
    """The equilibrium, the run, and the region that it is in after T steps."""
    require(data.owned == 1, "classes", "runs on several classes are not checked")
    equilibrium.check(data, claim, {})
    require_weight(claim["loss"])
    logistic = is_logistic(claim["loss"])
    require(0 < claim["decay"] <= 1, "steps", "they do not tend to 0 with a divergent sum")
    rule, size = claim["rule"], claim["batch_size"]
    whole = not rule.states and size >= data.n
    require(whole or (is_ratio(rule) and size == 1), "rule", "no residual of its epochs is known")
    require(claim["steps"] % (1 if whole else data.n) == 0, "epoch", "the run does not end with an epoch")
    rows = len(claim["metric"]) + 1
    require(rows == sum(1 for c in claim["center"] if c), "metric", "it is not of the support's size")
    require(all(len(row) == rows - 1 for row in claim["metric"]), "metric", "it is not square")
    own = witness["bits"]
    step = data.n * (5 * exponential(own) + 5 * data.d * operation(own))
    step += exponential(own) + (len(rule.lines) + 12) * data.d * operation(own)
    spend(claim["steps"] * step, f"{claim['steps']} steps in {own} bits")
    with precision(own):
        try:
            w = run(data, claim)
            distance, falling = place(data, claim, w)
        except (Undecided, ZeroDivisionError) as reason:
            raise Refused("precision", str(reason)) from None
        require(distance < ball(claim["rho"]), "arrived", "the run is not shown to be in the region")
        for late in falling:
            require(
                late < ball(claim["late"]),
                "arrived",
                "a weight off the support, or the loss, is not that small",
            )
    at_rising_precision(partial(check_region, data, claim, logistic), first_bits(claim["radius"]))


def check_region(data: Data, claim: Fields, logistic: bool) -> None:
    """What holds the run in the region, for the steps from T on."""
    eta, delta = step_and_error(data, claim)
    held = hold(data, game_of(claim, data), claim, logistic, delta)
    require(held.lacks(claim["rho"], eta, delta) < 0, "held", "the run is not shown to stay in the region")


def step_and_error(data: Data, claim: Fields) -> tuple[Ball, Ball]:
    """eta and delta of the steps from T on, at most."""
    first = _eta(claim, claim["steps"])
    return (first, ZERO) if not claim["rule"].states else (data.n * first, _residual(data, claim))


def _eta(claim: Fields, t: int) -> Ball:
    return ball(claim["lr"]) * (-ball(claim["decay"]) * log(ball(t + 2))).exp()


def _residual(data: Data, claim: Fields) -> Ball:
    """A bound on the residual of an epoch of m/sqrt(v) that begins at T or later, over N.

    kappa_k = exp(c (N eta + the last k steps)) - 1 is the share by which a gradient of age k may have changed, where
    c = U max ||x||_1; for ages above T these steps are at most all before T, and eta for each age more.
    """
    T, n = claim["steps"], data.n
    b1, b2 = (ball(value) for value in claim["rule"].hyper.values())
    require(b1 >= 0 and b1 * b1 < b2, "fades", "0 <= beta_1 and beta_1^2 < beta_2 is not shown")
    spend(T * (4 * exponential(bits()) + 12 * operation(bits())), "the memory of the run")
    U = (1 - b1) / sqrt((1 - b2) * (1 - b1 * b1 / b2))
    c = U * ball(max(sum(map(abs, row)) for row in data.rows))  # exact: rationals
    powers = list(accumulate([b2] * (n - 1), mul, initial=ball(1)))
    eta, floor = _eta(claim, T), powers[-1] / sum(powers, ZERO)
    grown, one, two = (c * n * eta).exp(), ZERO, ZERO
    power1, power2 = 1 - b1, 1 - b2
    for age in range(T + 1):
        one, two = one + power1 * (grown - 1), two + power2 * (grown * grown - 1)
        power1, power2 = power1 * b1, power2 * b2
        if age < T:
            grown *= (c * _eta(claim, T - 1 - age)).exp()
    further = (c * eta).exp()
    require(b2 * further * further < 1, "memory", "the steps are too long for the memory of v")
    one += power1 * grown * further / (1 - b1 * further)
    after = grown * further
    two += power2 * after * after / (1 - b2 * further * further)
    require(2 * two < floor, "memory", "the steps are too long for the memory of v")
    position = ball(3) / 2 * one / sqrt(floor) + U * two / floor
    drift = sum((1 - _eta(claim, T + i) / eta for i in range(n)), ZERO)
    return (position + U * drift / n).abs_upper()


def fields(n: int, d: int) -> Readers:
    """A run, an equilibrium in a box, and the region that the run comes to."""
    return (
        run_fields(n, d)
        | box_fields(n, d)
        | {
            "metric": many(many(fraction, most=n), most=n),
            "rho": between(0, None, "()"),
            "late": between(0, None, "()"),
        }
    )


def statement(claim: Fields) -> str:
    """Where the run goes."""
    eta = f"{exactly(claim['lr'])} (t+2)^-({exactly(claim['decay'])})"
    return (
        f"{equilibrium.KIND.statement(claim)}; the run from the claim's start with eta_t = {eta} and the claim's loss "
        f"is in the claim's region after {claim['steps']} steps and stays there: its normalized weights tend to that "
        "equilibrium, and w_t over the sum of its step sizes to U there"
    )


KIND = Kind(
    claim=fields, witness=lambda n, d: {"bits": integer(8, MOST_BITS)}, statement=statement, check=check
)

"""Periodic orbits of a run with decoupled weight decay at a constant step, each in a box, with its spectral radius."""

from __future__ import annotations

from functools import partial
from itertools import chain

from verify.certificate.boxes import LONGEST, at_rising_precision, first_bits
from verify.certificate.data import Data
from verify.certificate.duals import ZERO
from verify.certificate.effort import operation, spend, within
from verify.certificate.kind import MOST_POINTS, Fields, Kind, Readers, game_fields
from verify.certificate.kinds.run import require_weight
from verify.certificate.orbit import Decayed, epoch
from verify.certificate.phrases import exactly, values_of
from verify.certificate.program import SEEN, formulas, loss_alone, read_lines
from verify.certificate.reading import between, fraction, many, record
from verify.certificate.refusal import require
from verify.certificate.rule import require_forgetting
from verify.certificate.spectrum import spectral_radius
from verify.certificate.waves import jacobian, krawczyk, variables
from verify.certificate.weight import FUNCTIONS, OWNED, SOFTPLUS
from verify.numbers.systems.balls import around, ball, bits, sqrt


def setting_of(data: Data, claim: Fields) -> Decayed:
    """The run that a claim is about."""
    return Decayed(
        data.rows,
        claim["rule"],
        claim["batch_size"],
        claim["lr"],
        claim["weight_decay"],
        claim["loss"],
        data.owned,
    )


def check(data: Data, claim: Fields, witness: Fields) -> None:
    """Each orbit of the list."""
    require_weight(claim["loss"], FUNCTIONS)
    require_forgetting(claim["rule"])
    setting = setting_of(data, claim)
    for point in claim["points"]:
        for name in ("center", "radii"):
            require(
                len(point[name]) == setting.length, "box", f"{name} has not one entry for w and each state"
            )
        numbers = chain(point["center"], point["radii"], point["direction"], *data.rows)
        longest = max(max(x.numerator.bit_length(), x.denominator.bit_length()) for x in numbers)
        within(longest, LONGEST, f"a number of {longest} bits where balls are made of it")
        at_rising_precision(partial(check_orbit, setting, point), first_bits(min(point["radii"])))


def check_orbit(setting: Decayed, point: Fields) -> None:
    """Existence, uniqueness, direction and spectral radius, at the present precision."""
    size = setting.length
    spend(setting.work(0) + setting.work(size) + 4 * size**3 * operation(bits()), "an epoch of the orbit")
    center, radii = ([ball(x) for x in point[name]] for name in ("center", "radii"))
    box = [around(middle, radius) for middle, radius in zip(center, radii, strict=True)]
    turn = jacobian(epoch(setting, variables(box)), setting.length)
    krawczyk(epoch(setting, center), turn, center, radii)
    w = box[: len(setting.rows[0])]
    length = sqrt(sum((entry * entry for entry in w), ZERO))
    gaps = [entry / length - ball(v) for entry, v in zip(w, point["direction"], strict=True)]
    limit = ball(point["direction_radius"])
    near = sum((gap * gap for gap in gaps), ZERO) < limit * limit
    require(near, "direction", "w is not shown to be that close to the direction")
    low, high = spectral_radius(turn)
    shown = low >= ball(point["spectral_low"]) and high <= ball(point["spectral_high"])
    require(bool(shown), "spectral-radius", "the spectral radius is not shown to be within its bounds")


def fields(n: int, d: int) -> Readers:
    """Rule, loss, step and decay, and a list of orbits in boxes: w, then the states coordinate by coordinate."""
    point: Readers = {
        "center": many(fraction, most=MOST_POINTS),
        "radii": many(between(0, None, "()"), most=MOST_POINTS),
        "direction": many(between(-2, 2), d),
        "direction_radius": between(0, 2, "(]"),
        "spectral_low": between(0, None, "[)"),
        "spectral_high": between(0, None, "[)"),
    }
    return game_fields(n) | {
        "loss": read_lines,
        "lr": between(0, None, "()"),
        "weight_decay": between(0, None, "()"),
        "points": many(lambda value, where: record(value, where, point), most=MOST_POINTS),
    }


def statement(claim: Fields) -> str:
    """The run with all conventions, and each orbit."""
    rule, eta, decay = claim["rule"], exactly(claim["lr"]), exactly(claim["weight_decay"])
    log = formulas(loss_alone(claim["loss"]), exactly, "q")
    soft = f", {SOFTPLUS}" if any(line.op == "softplus" for line in claim["loss"]) else ""
    seen = f", {SEEN[rule.reads]}" if SEEN[rule.reads] else ""
    said = "; ".join(
        f"{i} from {exactly(point['spectral_low'])} to {exactly(point['spectral_high'])}"
        for i, point in enumerate(claim["points"])
    )
    return (
        f"an epoch of steps w <- (1 - ({eta}) ({decay})) w - ({eta}) u leaves one and only one w with states in each "
        f"of the claim's {len(claim['points'])} boxes as they were, and w there, at l2 norm 1, is within "
        "direction_radius of the box's direction; the derivative of that map of w and states has the spectral radius "
        f"named, box by box: {said or 'none'}; in each coordinate {formulas(rule, exactly)}{values_of(rule)}, primed "
        f"after the step, where g is the mean of -exp(q) x_j over the batch{seen}, {log}{soft} at z = "
        f"x_j.w{OWNED}, batches of {claim['batch_size']} come in cyclic order of the rows and the last of "
        "an epoch may be smaller, 0/0 = 0 and sign(0) = 0"
    )


KIND = Kind(claim=fields, statement=statement, check=check)

"""Periodic orbits of a run with decoupled weight decay at a constant step, each in a box, with its spectral radius."""

from __future__ import annotations

from functools import partial

from verify.certificate.boxes import at_rising_precision, first_bits, require_direction, require_short_numbers
from verify.certificate.data import Data
from verify.certificate.duals import FUNCTIONS
from verify.certificate.effort import operation, spend
from verify.certificate.kind import (
    MOST_POINTS,
    Fields,
    Kind,
    Readers,
    direction_fields,
    game_fields,
    listed,
    spectral_fields,
)
from verify.certificate.kinds.run import require_weight
from verify.certificate.orbit import Decayed, epoch
from verify.certificate.phrases import OWNED, batches, beside, exactly, values_of, weight_formula
from verify.certificate.program import formulas, read_lines
from verify.certificate.reading import between, fraction, many
from verify.certificate.refusal import require
from verify.certificate.rule import require_forgetting
from verify.certificate.waves import jacobian, require_one_fixed, require_spectral_radius, variables
from verify.numbers.systems.balls import around, ball, bits


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
        require_short_numbers(point["center"], point["radii"], point["direction"], *data.rows)
        at_rising_precision(partial(check_orbit, setting, point), first_bits(min(point["radii"])))


def check_orbit(setting: Decayed, point: Fields) -> None:
    """Existence, uniqueness, direction and spectral radius, at the present precision."""
    size = setting.length
    spend(setting.work(0) + setting.work(size) + 4 * size**3 * operation(bits()), "an epoch of the orbit")
    center, radii = ([ball(x) for x in point[name]] for name in ("center", "radii"))
    box = [around(middle, radius) for middle, radius in zip(center, radii, strict=True)]
    turn = jacobian(epoch(setting, variables(box)), setting.length)
    require_one_fixed(epoch(setting, center), turn, center, radii)
    w = box[: len(setting.rows[0])]
    require_direction(w, point, "w is not shown to be that close to the direction")
    require_spectral_radius(turn, point)


def fields(n: int, d: int) -> Readers:
    """Rule, loss, step and decay, and a list of orbits in boxes: w, then the states coordinate by coordinate."""
    point: Readers = {
        "center": many(fraction, most=MOST_POINTS),
        "radii": many(between(0, None, "()"), most=MOST_POINTS),
        **direction_fields(d),
        **spectral_fields(),
    }
    return game_fields(n) | {
        "loss": read_lines,
        "lr": between(0, None, "()"),
        "weight_decay": between(0, None, "()"),
        "points": listed(point),
    }


def statement(claim: Fields) -> str:
    """The run with all conventions, and each orbit."""
    rule, eta, decay = claim["rule"], exactly(claim["lr"]), exactly(claim["weight_decay"])
    said = "; ".join(
        f"{i} from {exactly(point['spectral_low'])} to {exactly(point['spectral_high'])}"
        for i, point in enumerate(claim["points"])
    )
    return (
        f"an epoch of steps w <- (1 - ({eta}) ({decay})) w - ({eta}) u leaves one and only one w with states in each "
        f"of the claim's {len(claim['points'])} boxes as they were, and w there, at l2 norm 1, is within "
        "direction_radius of the box's direction; the derivative of that map of w and states has the spectral radius "
        f"named, box by box: {said or 'none'}; in each coordinate {formulas(rule, exactly)}{values_of(rule)}, primed "
        f"after the step, where g is the mean of -exp(q) x_j over the batch{beside(rule)}, "
        f"{weight_formula(claim['loss'])} at z = x_j.w{OWNED}, {batches(claim['batch_size'])}"
    )


KIND = Kind(claim=fields, statement=statement, check=check)

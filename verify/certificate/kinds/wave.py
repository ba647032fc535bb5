"""Travelling waves at a constant step: each exists, alone in its box, with growth, direction and spectral radius."""

from __future__ import annotations

from functools import partial

from verify.certificate.boxes import at_rising_precision, first_bits
from verify.certificate.data import Data
from verify.certificate.kind import MOST_POINTS, Fields, Kind, Readers, game_fields
from verify.certificate.phrases import exactly, values_of
from verify.certificate.program import SEEN, formulas
from verify.certificate.reading import between, fraction, integer, many, record
from verify.certificate.refusal import Refused
from verify.certificate.rule import require_rule
from verify.certificate.waves import Setting, check_wave, require_wave


def setting_of(data: Data, claim: Fields, wave: Fields) -> Setting:
    """The rule that is carried, at the claim's step, on a wave's support."""
    return Setting(
        data.rows, claim["rule"], claim["batch_size"], claim["lr"], wave["support"], owned=data.owned
    )


def check(data: Data, claim: Fields, witness: Fields) -> None:
    """Each wave of the list."""
    if data.owned > 1:
        raise Refused("classes", "waves on several classes are not checked")
    require_rule(claim["rule"])
    for wave in claim["waves"]:
        setting = setting_of(data, claim, wave)
        require_wave(setting, wave)
        finest = min([wave["growth_radius"], *wave["radii"]])
        at_rising_precision(partial(check_wave, setting, wave), first_bits(finest))


def fields(n: int, d: int) -> Readers:
    """The fields of a claim: an optimizer at a constant step, and waves in boxes."""
    wave: Readers = {
        "support": many(integer(0, n - 1), most=n),
        "center": many(fraction, most=MOST_POINTS),
        "radii": many(between(0, None, "()"), most=MOST_POINTS),
        "growth": between(0, None, "()"),
        "growth_radius": between(0, None, "()"),
        "direction": many(between(-2, 2), d),
        "direction_radius": between(0, 2, "(]"),
        "spectral_low": between(0, None, "[)"),
        "spectral_high": between(0, None, "[)"),
    }
    waves = many(lambda value, where: record(value, where, wave), most=MOST_POINTS)
    return game_fields(n) | {"lr": between(0, None, "()"), "waves": waves}


def statement(claim: Fields) -> str:
    """The optimizer, and each wave."""
    rule = claim["rule"]
    states = "".join(f", {name} by c_b^{exactly(degree)}" for name, degree in rule.states)
    seen = f", {SEEN[rule.reads]}" if SEEN[rule.reads] else ""
    said = [
        f"on the support {', '.join(map(str, wave['support']))} with r within {exactly(wave['growth_radius'])} of "
        f"{exactly(wave['growth'])} and spectral radius from {exactly(wave['spectral_low'])} to "
        f"{exactly(wave['spectral_high'])}"
        for wave in claim["waves"]
    ]
    return (
        f"at the constant step eta = {exactly(claim['lr'])}, where sample i has the weight c_i = exp(-x_i.w) and rows "
        "off the support have none, there is one and only one wave in each box of the claim: an epoch of steps "
        "w <- w - eta u leaves log(c_i / c_b) and the states as they were once these are divided by powers of c_b, the "
        f"weight of the support's first row{states}; every margin of the support then grows by r > 0 a step on average "
        "and those of all other rows by more, what an epoch adds to w, at l2 norm 1, is within direction_radius of the "
        "claim's direction, and the derivative of that map of log(c_i / c_b) and states has the spectral radius named: "
        f"{'; '.join(said) or 'none'}; in each coordinate {formulas(rule, exactly)}{values_of(rule)}, primed after the "
        f"step, where g is the mean of -c_j x_j over the batch{seen}, batches of {claim['batch_size']} come in cyclic "
        "order of the rows and the last of an epoch may be smaller, 0/0 = 0 and sign(0) = 0"
    )


KIND = Kind(claim=fields, statement=statement, check=check)

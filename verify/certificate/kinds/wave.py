"""Travelling waves at a constant step: each exists, alone in its box, with growth, direction and spectral radius."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import partial

from verify.certificate.boxes import at_rising_precision, first_bits
from verify.certificate.data import Data
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
from verify.certificate.phrases import batches, beside, exactly, values_of
from verify.certificate.program import formulas
from verify.certificate.reading import between, fraction, integer, many
from verify.certificate.rule import require_rule
from verify.certificate.waves import Setting, check_wave, require_wave


def setting_of(data: Data, claim: Fields, wave: Fields) -> Setting:
    """The rule that is carried, at the claim's step, on a wave's levels."""
    return Setting(
        data.rows, claim["rule"], claim["batch_size"], claim["lr"], wave["levels"], owned=data.owned
    )


def check(data: Data, claim: Fields, witness: Fields) -> None:
    """Each wave of the list."""
    require_rule(claim["rule"])
    for wave in claim["waves"]:
        setting = setting_of(data, claim, wave)
        require_wave(setting, wave)
        finest = min([wave["growth_radius"], *wave["radii"]])
        at_rising_precision(partial(check_wave, setting, wave), first_bits(finest))


def fields(n: int, d: int) -> Readers:
    """The fields of a claim: an optimizer at a constant step, and waves in boxes."""
    wave: Readers = {
        "levels": many(many(integer(0, n - 1), most=n), most=n),
        "center": many(fraction, most=MOST_POINTS),
        "radii": many(between(0, None, "()"), most=MOST_POINTS),
        "growths": many(between(0, None, "()"), most=n),
        "growth_radius": between(0, None, "()"),
        **direction_fields(d),
        **spectral_fields(),
    }
    return game_fields(n) | {"lr": between(0, None, "()"), "waves": listed(wave)}


def statement(claim: Fields) -> str:
    """The optimizer, and each wave."""
    rule = claim["rule"]
    states = "".join(f", {name} by c_b^{exactly(degree)}" for name, degree in rule.states)
    said = [
        f"on {'; below it '.join(map(_level, wave['levels'], wave['growths']))}, each r within "
        f"{exactly(wave['growth_radius'])}, and spectral radius from {exactly(wave['spectral_low'])} to "
        f"{exactly(wave['spectral_high'])}"
        for wave in claim["waves"]
    ]
    return (
        f"at the constant step eta = {exactly(claim['lr'])}, where row i has the weight c_i = exp(-x_i.w), rows on no "
        "level have none, and a column is decided by the first level that has a row with an entry in it, whose rows "
        "alone weigh there, there is one and only one wave in each box of the claim: an epoch of steps w <- w - eta u "
        "leaves log(c_i / c_b) and the states as they were, b the first row of the level of row i or of the state's "
        f"column, once states are divided by powers of c_b{states}; every margin of a level then grows by its r > 0 a "
        "step on average, those of a level by more than those of the level before, and those of all other rows by more "
        "than those of every level that decides a column in which they have an entry; what an epoch adds to w, at l2 "
        "norm 1, is within direction_radius of the claim's direction, and the derivative of that map of log(c_i / c_b) "
        f"and states has the spectral radius named: {' | '.join(said) or 'none'}; in each coordinate "
        f"{formulas(rule, exactly)}{values_of(rule)}, primed after the step, where g is the mean of -c_j x_j over the "
        f"batch{beside(rule)}, {batches(claim['batch_size'])}"
    )


def _level(rows: Sequence[int], r: Fraction) -> str:
    return f"the level of the rows {', '.join(map(str, rows))} with r = {exactly(r)}"


KIND = Kind(claim=fields, statement=statement, check=check)

"""Travelling waves as theorems: the rule as a program, the numbers of a box, and what Krawczyk's test multiplies by.

The kernel tells an epoch in units of the base's weight at its start, the checker of `verify.certificate.waves` in those
of each step: for a rule of degree 0 the same. All else the kernel computes, exponentials included.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import accumulate, count
from operator import mul

from flint import fmpq, fmpq_mat

from verify.certificate.boxes import LONGEST
from verify.certificate.data import Data
from verify.certificate.effort import operation, spend, within
from verify.certificate.kind import Fields
from verify.certificate.kinds.wave import setting_of
from verify.certificate.reading import whole
from verify.certificate.refusal import Refused, Unread
from verify.certificate.rule import require_rule
from verify.certificate.waves import Setting, epoch, jacobian, require_wave, variables
from verify.errors import Undecided
from verify.formal.boxes import KERNEL_CLIMBS
from verify.formal.form import Form, Numbers, all_of
from verify.formal.programs import program
from verify.numbers.systems.balls import ball, fraction, identity, precision

HALVINGS = 64  # of an exponential's argument, until it is at most 1/2: of any number that fits in a double's exponent


def waves(data: Data, claim: Fields, witness: Fields) -> Form:
    """Each wave of the list; the spectral radii have no theorem."""
    one = data.owned == 1 and all(len(wave["levels"]) == 1 for wave in claim["waves"])
    if not one or not claim["waves"] or not all(map(any, data.rows)):
        raise Unread(
            "waves have a theorem on one level, of two classes, where no row is 0; check it without --kernel"
        )
    require_rule(claim["rule"])
    return at(data, claim, KERNEL_CLIMBS)


def at(data: Data, claim: Fields, climbs: int, times: int = 1) -> Form:
    """The theorem, its balls over so many ``times`` the usual bits; if the kernel does not say yes, that at twice as
    many."""
    step, bottom = claim["lr"].as_integer_ratio()
    numbers: dict[str, Numbers] = {"step": step, "bottom": bottom}
    settings = [setting_of(data, claim, wave) for wave in claim["waves"]]
    for setting, wave in zip(settings, claim["waves"], strict=True):
        require_wave(setting, wave)
    bits = times * max(map(bits_for, settings, claim["waves"]))
    within(bits, LONGEST, "balls of as many bits as this growth and these radii call for")
    terms = next(n for n, f in zip(count(1), accumulate(count(1), mul)) if f << n > 8 << bits)
    more = [program("R0", claim["rule"]), f"Definition P : precision := machine_precision {bits}%positive."]
    said, steps = [], []
    for k, (setting, wave) in enumerate(zip(settings, claim["waves"], strict=True)):
        own = numbers_of(setting, wave, bits)
        numbers |= {f"{name}{k}": value for name, value in own.items()}
        support, chosen = (
            f"[{'; '.join(map(str, rows))}]%nat" for rows in (setting.levels[0], setting.chart[0])
        )
        more.append(
            f"Definition W{k} : waved P := Build_waved P (Build_boxed P s rows t{k} m{k} 1 1 {support} v{k} way{k} "
            f"near{k} far{k} inverse{k}) u{k} radii{k} {chosen} a{k} movers{k} step bottom r{k} under{k} spread{k} "
            f"over{k} {terms}%nat {HALVINGS}%nat."
        )
        said.append(
            "(one_wave K R0 (length rows) d (matrix_of K s rows) (IZR (value K step) / IZR (value K bottom)) "
            f"{claim['batch_size']} {support} {chosen}\n"
            f"    (vector_of K t{k} m{k}) (vector_of K u{k} radii{k})\n"
            f"    (IZR (value K r{k}) / IZR (value K under{k})) (IZR (value K spread{k}) / IZR (value K over{k}))\n"
            f"    (vector_of K v{k} way{k}) (IZR (value K near{k}) / IZR (value K far{k})))"
        )
        steps.append(f"apply (check_wave_sound P R0 d {claim['batch_size']} W{k})")
    return Form(
        numbers,
        *all_of(said, steps),
        theories="Base MaxMargin Checkers Contraction Balls Boxes Fields Exponential Programs Waves WaveBoxes Machine",
        machine=True,
        more=more,
        part=f"that each of the claim's {len(steps)} boxes holds one wave and only one, its growth and its direction",
        finer=(lambda: at(data, claim, climbs - 1, 2 * times)) if climbs > 1 else None,
    )


def bits_for(setting: Setting, wave: Fields) -> int:
    """Bits enough for numbers as small as the radii, in units that change by the growth of an epoch."""
    finest = min([wave["growth_radius"], *wave["radii"]])
    largest = max([Fraction(1), *(abs(degree) for _, degree in setting.rule.states)])
    grown = int(2 * largest * wave["growths"][0] * len(setting.batches))
    return 128 + 2 * (int(1 / finest).bit_length() + grown)


def numbers_of(setting: Setting, wave: Fields, bits: int) -> dict[str, Numbers]:
    """The numbers of a wave in its box."""
    if len(setting.decides) < len(setting.rows[0]) and (setting.rule.states or setting.rule.reads != "norm"):
        raise Unread("a column without entries on the support has no theorem; check it without --kernel")
    found: dict[str, Numbers] = {}
    for name, unit, values in (("m", "t", "center"), ("radii", "u", "radii"), ("way", "v", "direction")):
        found[name], found[unit] = whole(wave[values])
    for top, under, value in (
        ("r", "under", wave["growths"][0]),
        ("spread", "over", wave["growth_radius"]),
        ("near", "far", wave["direction_radius"]),
    ):
        found[top], found[under] = value.as_integer_ratio()
    found["movers"], found["a"] = movers(setting)
    found["inverse"] = near_inverse(setting, wave, bits)
    empty: list[list[int]] = [[]]  # so that a list without rows is one of lists
    for name in ("movers", "inverse"):
        found[name] = found[name] or empty
    return found


def movers(setting: Setting) -> tuple[list[list[int]], int]:
    """For each chosen row a vector on which it has the margin -1, and the others and the base 0; over a denominator."""
    chosen, d = setting.chart[0], len(setting.rows[0])
    rows = [setting.rows[i] for i in (setting.levels[0][0], *chosen)]
    across = fmpq_mat([[fmpq(*x.as_integer_ratio()) for x in row] for row in rows])
    try:
        inverse = across.transpose() * (across * across.transpose()).inv()
    except ZeroDivisionError:
        raise Refused(
            "growth-positive", "the base's row is made of differences of the support's rows"
        ) from None
    flat, unit = whole(
        [-Fraction(int(inverse[k, l].p), int(inverse[k, l].q)) for l in range(1, len(rows)) for k in range(d)]
    )
    return [flat[l * d : (l + 1) * d] for l in range(len(chosen))], unit


def near_inverse(setting: Setting, wave: Fields, bits: int) -> list[list[int]]:
    """The inverse, rounded, times 2^bits, of the derivative of what has to be 0 at the center, each unknown in units of
    its radius: of y the base's growth minus its own, of a state what it becomes minus what it is."""
    size = setting.length
    spend(setting.work(size) + size**3 * operation(bits), "the inverse of a derivative")
    if not size:
        return []
    with precision(bits):
        try:
            derivative = jacobian(epoch(setting, variables([ball(c) for c in wave["center"]])).after, size)
            found = (derivative - identity(size)).inv().tolist()
        except (Undecided, ZeroDivisionError) as reason:
            raise Refused(
                "one-zero", f"1 is not shown to be no eigenvalue of the epoch map: {reason}"
            ) from None
        r = len(setting.chart[0])
        return [
            [
                round((-1 if l < r else 1) * fraction(entry.mid()) / radius * (1 << bits))
                for l, entry in enumerate(line)
            ]
            for line, radius in zip(found, wave["radii"], strict=True)
        ]

"""Enclosed equilibria as theorems: the numbers of a box, and a matrix that Krawczyk's test multiplies by.

The kernel knows AdamProxy's game of samples and Adam's at any betas and batch size by their formulas, if the program of
the carried rule reads as theirs does, and that of any rule without states by its program. Everything else that the
theorem needs the checker computes, in balls of integers over 2^bits.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction

from verify.certificate.boxes import CLIMBS, box_of, check_center, first_bits, require_short
from verify.certificate.data import Data
from verify.certificate.effort import operation, spend
from verify.certificate.field import costs, game_of
from verify.certificate.kind import Fields
from verify.certificate.phrases import exactly
from verify.certificate.program import Rule, formulas
from verify.certificate.reading import whole
from verify.certificate.refusal import Refused, Unread
from verify.certificate.rule import require_rule
from verify.errors import Undecided
from verify.formal.form import Form, Numbers, all_of
from verify.formal.programs import program
from verify.numbers.systems.balls import ball, fraction, matrix, precision

PROXY = "u = g / sqrt(seen)"
SECOND = "v' = (beta2 * v) + (((1 - beta2) * g) * g), "
ADAM = "m' = (beta1 * m) + ((1 - beta1) * g), " + SECOND + "u = m' / sqrt(v')"
RMSPROP = SECOND + "u = g / sqrt(v')"

# The climbs of precision that the kernel makes before it says no; Python makes more, in less time.
KERNEL_CLIMBS = CLIMBS - 2


def box(data: Data, claim: Fields, witness: Fields) -> Form:
    """One equilibrium in a box, and only one; and its direction."""
    require_rule(claim["rule"])
    return at(data, claim, [claim], KERNEL_CLIMBS)


def several(data: Data, claim: Fields, witness: Fields) -> Form:
    """One equilibrium in the box of each point of a list; what else is claimed of the list has no theorem."""
    if not claim["points"]:
        raise Unread("a list without points has nothing for the kernel; check it without --kernel")
    return replace(
        at(data, claim, claim["points"], KERNEL_CLIMBS),
        part=f"that each of the claim's {len(claim['points'])} boxes holds one equilibrium and only one, and its "
        "direction",
    )


def at(data: Data, claim: Fields, points: Sequence[Fields], climbs: int, times: int = 1) -> Form:
    """The theorem, its balls over so many ``times`` the usual bits; if the kernel does not say yes, that at twice as
    many."""
    require_short(data, *points)
    field, step, numbers, before, carried = game(data, claim)
    bits = times * (first_bits(min(point["radius"] for point in points)) + 2 * data.denominator.bit_length())
    more = [*carried, f"Definition P : precision := machine_precision {bits}%positive."]
    said, steps = [], []
    for k, point in enumerate(points):
        check_center(point["center"], point["radius"])
        center, unit = whole(point["center"])
        way, way_unit = whole(point["direction"])
        own: dict[str, Numbers] = {"t": unit, "m": center, "v": way_unit, "way": way}
        own["top"], own["bottom"] = point["radius"].as_integer_ratio()
        own["near"], own["far"] = point["direction_radius"].as_integer_ratio()
        own["inverse"] = near_inverse(data, claim, point, bits)
        numbers |= {f"{name}{k}": value for name, value in own.items()}
        held = "; ".join(str(i) for i, c in enumerate(point["center"]) if c)
        more.append(
            f"Definition B{k} : boxed P := Build_boxed P s rows t{k} m{k} top{k} bottom{k} [{held}]%nat v{k} way{k} "
            f"near{k} far{k} inverse{k}."
        )
        said.append(
            f"(let X := matrix_of K s rows in\n  {before}one_equilibrium (length rows) d X ({field})\n"
            f"    (vector_of K t{k} m{k}) (IZR (value K top{k}) / IZR (value K bottom{k}))\n"
            f"    (vector_of K v{k} way{k}) (IZR (value K near{k}) / IZR (value K far{k})))"
        )
        steps.append(f"apply ({step.format(box=f'B{k}')})")
    return Form(
        numbers,
        *all_of(said, steps),
        theories="Base MaxMargin Ema EpochMap Game Checkers Contraction Balls Boxes Fields Programs Machine",
        machine=True,
        more=more,
        finer=(lambda: at(data, claim, points, climbs - 1, 2 * times)) if climbs > 1 else None,
    )


def game(data: Data, claim: Fields) -> tuple[str, str, dict[str, Numbers], str, list[str]]:
    """The field, the proof's step, its numbers, what is said before the equilibrium, and definitions of a program."""
    rule: Rule = claim["rule"]
    told, size = formulas(rule, exactly), claim["batch_size"]
    if data.owned == 1 and told == PROXY and rule.reads == "squares" and size == data.n:
        return (
            "fun c => proxy_field (length rows) (samples c X)",
            "check_proxy_box_sound P d {box}",
            {},
            "",
            [],
        )
    if data.owned == 1 and told in (ADAM, RMSPROP) and rule.reads == "nothing":
        beta1, beta2 = (Fraction(0) if told == RMSPROP else rule.hyper["beta1"]), rule.hyper["beta2"]
        numbers: dict[str, Numbers] = {}
        for k, beta in enumerate((beta1, beta2), 1):
            numbers[f"p{k}"], numbers[f"q{k}"] = beta.as_integer_ratio()
        return (
            f"fun c => adam_field b1 b2 (batch_count {size} (length rows)) (mean_batches {size} (length rows) c X)",
            f"check_adam_box_sound P d {{box}} {size} p1 q1 p2 q2",
            numbers,
            "let b1 := IZR (value K p1) / IZR (value K q1) in\n"
            "  let b2 := IZR (value K p2) / IZR (value K q2) in\n"
            "  0 <= b1 < 1 /\\ b1 * b1 < b2 < 1 /\\\n  ",
            [],
        )
    if data.owned == 1 and not rule.states:
        return (
            f"program_field K R0 d {size} (length rows) X",
            f"check_program_box_sound P R0 d {{box}} {size}",
            {},
            "",
            [program("R0", rule)],
        )
    raise Unread(
        "of equilibria Adam's have theorems and those of rules without states, each row its own sample, and no other "
        "rule's yet; check it without --kernel"
    )


def near_inverse(data: Data, claim: Fields, point: Fields, bits: int) -> list[list[int]]:
    """The inverse of the derivative of (sum c - 1, F_i - F_s) at the center, rounded, times 2^bits."""
    support, _ = box_of(point)
    first, *others = support
    spend(len(support) ** 3 * operation(bits), "the inverse of a derivative")
    with precision(bits):
        try:
            slopes = costs(
                game_of(claim, data), data.rows, [ball(c) for c in point["center"]], support
            ).slopes
            derivative = [[slopes[i][l] - slopes[first][l] for l in support] for i in others]
            inverse = matrix([[ball(1)] * len(support), *derivative]).inv()
        except (Undecided, ZeroDivisionError) as reason:
            raise Refused("one-zero", f"H' at the center is not shown to be regular: {reason}") from None
        return [[round(fraction(entry.mid()) * (1 << bits)) for entry in line] for line in inverse.tolist()]


BOXES: dict[str, Callable[[Data, Fields, Fields], Form]] = {
    "equilibrium": box,
    "equilibria": several,
    "stability": several,
}

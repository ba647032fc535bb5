"""Enclosed equilibria as theorems: the numbers of a box, and a matrix that Krawczyk's test multiplies by.

The kernel's checker knows two games, AdamProxy's and Adam's at any betas and batch size; a carried rule is one of them
if its program reads as theirs does. Everything else that the theorem needs the checker computes, in balls of integers
over 2^bits.
"""

from __future__ import annotations

from collections.abc import Callable
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
from verify.formal.form import Form, Numbers
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
    require_short(data, claim)
    check_center(claim["center"], claim["radius"])
    return at(data, claim, first_bits(claim["radius"]) + 2 * data.denominator.bit_length(), KERNEL_CLIMBS)


def at(data: Data, claim: Fields, bits: int, climbs: int) -> Form:
    """The theorem, its balls over 2^bits; if the kernel does not say yes, that at twice the bits."""
    field, step, numbers, call = game(data, claim)
    try:
        numbers |= {"near_inverse": near_inverse(data, claim, bits)}
    except (Undecided, ZeroDivisionError) as reason:
        raise Refused(
            "one-zero", f"the derivative at the center is not shown to be regular: {reason}"
        ) from None
    center, unit = whole(claim["center"])
    way, way_unit = whole(claim["direction"])
    top, bottom = claim["radius"].as_integer_ratio()
    near, far = claim["direction_radius"].as_integer_ratio()
    numbers |= {"t": unit, "m": center, "top": top, "bottom": bottom, "v": way_unit, "way": way}
    numbers |= {"near": near, "far": far}
    held = "; ".join(str(i) for i, c in enumerate(claim["center"]) if c)
    return Form(
        numbers,
        "let X := matrix_of K s rows in\n"
        f"  {call}one_equilibrium (length rows) d X (fun c => {field})\n"
        "    (vector_of K t m) (IZR (value K top) / IZR (value K bottom))\n"
        "    (vector_of K v way) (IZR (value K near) / IZR (value K far))",
        f"apply {step}",
        theories="Base MaxMargin Ema EpochMap Game Checkers Contraction Balls Boxes Fields Machine",
        machine=True,
        more=(
            f"Definition P : precision := machine_precision {bits}%positive.",
            f"Definition B : boxed P := Build_boxed P s rows t m top bottom [{held}]%nat v way near far near_inverse.",
        ),
        finer=(lambda: at(data, claim, 2 * bits, climbs - 1)) if climbs > 1 else None,
    )


def game(data: Data, claim: Fields) -> tuple[str, str, dict[str, Numbers], str]:
    """The field, the proof's step, its numbers, and what is said before the equilibrium."""
    rule: Rule = claim["rule"]
    told, size = formulas(rule, exactly), claim["batch_size"]
    if data.owned == 1 and told == PROXY and rule.reads == "squares" and size == data.n:
        return (
            "proxy_field (length rows) (samples c X)",
            "(check_proxy_box_sound P d B)",
            {},
            "",
        )
    if data.owned == 1 and told in (ADAM, RMSPROP) and rule.reads == "nothing":
        beta1, beta2 = (Fraction(0) if told == RMSPROP else rule.hyper["beta1"]), rule.hyper["beta2"]
        numbers: dict[str, Numbers] = {}
        for k, beta in enumerate((beta1, beta2), 1):
            numbers[f"p{k}"], numbers[f"q{k}"] = beta.as_integer_ratio()
        return (
            f"adam_field b1 b2 (batch_count {size} (length rows)) (mean_batches {size} (length rows) c X)",
            f"(check_adam_box_sound P d B {size} p1 q1 p2 q2)",
            numbers,
            "let b1 := IZR (value K p1) / IZR (value K q1) in\n"
            "  let b2 := IZR (value K p2) / IZR (value K q2) in\n"
            "  0 <= b1 < 1 /\\ b1 * b1 < b2 < 1 /\\\n  ",
        )
    raise Unread(
        "of equilibria AdamProxy's and Adam's have theorems, each row its own sample, and no other rule's yet; check "
        "it without --kernel"
    )


def near_inverse(data: Data, claim: Fields, bits: int) -> list[list[int]]:
    """The inverse of the derivative of (sum c - 1, F_i - F_s) at the center, rounded, times 2^bits."""
    support, _ = box_of(claim)
    first, *others = support
    spend(len(support) ** 3 * operation(bits), "the inverse of a derivative")
    with precision(bits):
        slopes = costs(game_of(claim, data), data.rows, [ball(c) for c in claim["center"]], support).slopes
        derivative = [[slopes[i][l] - slopes[first][l] for l in support] for i in others]
        inverse = matrix([[ball(1)] * len(support), *derivative]).inv()
        return [[round(fraction(entry.mid()) * (1 << bits)) for entry in line] for line in inverse.tolist()]


BOXES: dict[str, Callable[[Data, Fields, Fields], Form]] = {"equilibrium": box}

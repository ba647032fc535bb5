"""Compiled: how a value is stored in a format that is not the one it was computed in, and a rule's states in theirs."""

from __future__ import annotations

import math
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np

from verify.numbers.formats import Blockwise, Format
from verify.numbers.systems.floats import strict
from verify.optimizers.roles import Roles
from verify.optimizers.rule import Rule


@cache
def rounding(form: Format, real: Any) -> Any:
    """rounded(x): a value of the type ``real`` to the format, of that type again.

    A float64 goes by way of float32 where the format's values are held in one, which for the result of an operation on
    numbers of up to 24 bits is rounding once (`verify.numbers.formats.format`).
    """
    if form.real is real:
        return form.rounded
    own, inner = form.real, form.rounded
    return strict(lambda x: real(inner(own(x))))


def _draw(random: Any) -> Any:
    """The next number in [0, 1) of splitmix64, whose state is random[0]."""
    random[0] += np.uint64(0x9E3779B97F4A7C15)
    z = random[0]
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z = z ^ (z >> np.uint64(31))
    return float(z >> np.uint64(11)) * 2.0**-53


draw: Any = strict(_draw)


@cache
def keeping(form: Format, real: Any, stochastic: bool) -> Any:
    """keep(x, random): a value rounded to the format, to the nearest or at random.

    At random: to the number of the format below or above it, with probabilities that make the mean x.
    """
    rounded = rounding(form, real)
    if not stochastic:
        return strict(lambda x, random: rounded(x))
    bits, lowest = form.bits, form.lowest

    def keep(x: Any, random: Any) -> Any:
        y = float(x)
        if y == 0 or not abs(y) < np.inf:
            return rounded(x)
        exponent = max(math.frexp(y)[1] - 1, lowest) - bits + 1
        # Both factors are in float64's range, where 2^-exponent may not be.
        half = exponent // 2
        units = y * 2.0**-half * 2.0 ** (half - exponent)
        return rounded(real(math.floor(units + draw(random)) * 2.0**half * 2.0 ** (exponent - half)))

    return strict(keep)


def _nearest(bounds: Any, x: Any) -> Any:
    """The place of the nearest of 256 ascending numbers, the upper one of two as near: bounds[j] lies midway between
    number j - 1 and number j. Eight halvings, without a branch that a processor could guess wrongly."""
    j = 0
    for step in (128, 64, 32, 16, 8, 4, 2, 1):
        j += step * (bounds[j + step] <= x)
    return j


nearest: Any = strict(_nearest)


@cache
def packing(stochastic: bool) -> Any:
    """pack(values, maps, block, random): a flat array stored blockwise, each entry then the number that it stands for.
    ``maps`` (2, 256) are the numbers and their bounds (`Blockwise.maps`).

    Of a block with an entry that is not finite every entry becomes nan.
    """

    def pack(values: Any, maps: Any, block: int, random: Any) -> None:
        codes, bounds = maps
        for first in range(0, len(values), block):
            last = min(first + block, len(values))
            largest, finite = abs(values[first]), True
            for k in range(first, last):
                largest = max(largest, abs(values[k]))
                finite &= abs(values[k]) < np.inf
            if not finite:
                values[first:last] = np.nan
            if largest == 0 or not finite:
                continue
            for k in range(first, last):
                x = float(values[k] / largest)
                j = nearest(bounds, x)
                if stochastic:
                    low = j if codes[j] <= x else j - 1
                    if 0 <= low < len(codes) - 1 and bounds[low + 1] < np.inf:
                        gap = codes[low + 1] - codes[low]
                        j = low + 1 if draw(random) * gap < x - codes[low] else low
                values[k] = codes[j] * largest

    return strict(pack)


def stores(rule: Rule, roles: Roles | None, real: Any, build: Any) -> tuple[Any, Any, tuple[Any, ...]]:
    """How w is kept, how the forward pass sees it, and ``_entries``; for no roles all is kept as it is."""
    plain = build(lambda x, random: x)
    keeps, packs = [plain] * len(rule.states), [None] * len(rule.states)
    if roles is None:
        return plain, plain, _entries(rule, build, keeps, packs)

    def kept(role: str) -> Any:
        form, random = getattr(roles, role), role in roles.stochastic
        return plain if form == roles.arithmetic else keeping(form, real, random)

    for i, state in enumerate(rule.states):
        role = roles.of_state(Fraction(state.degree))
        if isinstance(getattr(roles, role), Blockwise):
            packs[i] = packing(role in roles.stochastic)
        else:
            keeps[i] = kept(role)
    return kept("master"), kept("weights"), _entries(rule, build, keeps, packs)


def _entries(rule: Rule, build: Any, keeps: list[Any], packs: list[Any]) -> tuple[Any, ...]:
    """Compiled: read(s, q, k), the tuple of the states of one coordinate; write(s, q, k, values, random), which keeps
    each as its format does; rescale(s, q, k, unit), which multiplies each by unit^degree; note(states, t, q, k,
    values), which writes step t's; pack(s, maps, block, random), which stores those of blockwise formats. Written out,
    since a compiled loop cannot go over the entries of a tuple."""
    places = range(len(rule.states))
    read = "".join(f"s[{i}][q, k], " for i in places)
    write = "".join(f"    s[{i}][q, k] = keep{i}(values[{i}], random)\n" for i in places)
    note = "".join(f"    states[t, {i}, q, k] = values[{i}]\n" for i in places)
    factors = (_power(Fraction(state.degree)) for state in rule.states)
    rescale = "".join(f"    s[{i}][q, k] *= {factor}\n" for i, factor in zip(places, factors, strict=True))
    pack = "".join(
        f"    pack{i}(s[{i}].reshape(s[{i}].size), maps[{i}], block, random)\n" for i in places if packs[i]
    )
    space: dict[str, Any] = {f"keep{i}": keep for i, keep in enumerate(keeps)}
    space |= {f"pack{i}": each for i, each in enumerate(packs)}
    parts = {
        "read(s, q, k)": f"    return ({read})\n",
        "write(s, q, k, values, random)": write,
        "rescale(s, q, k, unit)": rescale,
        "note(states, t, q, k, values)": note,
        "pack(s, maps, block, random)": pack,
    }
    for head, body in parts.items():
        exec(f"def {head}:\n{body}    return\n", space)
    return tuple(build(space[head.partition("(")[0]]) for head in parts)


def _power(degree: Fraction) -> str:
    if degree.denominator == 1 and 0 < degree <= 4:
        return " * ".join(["unit"] * int(degree))
    return f"unit ** {float(degree)}"

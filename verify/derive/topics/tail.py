"""The tail of a rule: what its step tends to as gradients vanish."""

from __future__ import annotations

from functools import cache

import sympy

from verify.derive.analysis import limit
from verify.derive.chain import Assertion, Chain
from verify.derive.definitions import rule_output
from verify.derive.joins import follows, substituted, together
from verify.derive.letters import b1, b2, m, v
from verify.derive.points import Domain, positive, signed, unit
from verify.derive.prose import told
from verify.derive.roads import equality

scale, eps, size, a, b = sympy.symbols("lambda epsilon sigma a b", positive=True)
G, mean = sympy.symbols("g m_1", real=True)


def _adam(share: int = 1) -> Assertion:
    """Adam's update where gradient and states are scaled by their degrees."""
    scaled = rule_output("adam", "u", scale * G, eps=eps).subs(
        {m: scale * m, v: scale**2 * v}, simultaneous=True
    )
    domain: Domain = {b1: unit, b2: unit, m: signed, v: positive, G: signed, eps: positive}
    return limit(scaled / scale, scale, 0, (b1 * m + (1 - b1) * G) / (share * eps), domain)


def _relative(sign: int = -1) -> Assertion:
    """The update over that of the tail, less 1."""
    return equality(
        (mean / (size + eps)) / (mean / eps) - 1,
        sign * size / (size + eps),
        {mean: signed, size: positive, eps: positive},
    )


def _half(relative: Assertion) -> Assertion:
    """The same where sqrt(v) = eps."""
    return substituted(relative, {size: eps}, {mean: signed, eps: positive})


@cache
def tail() -> Chain:
    """R_0 = lim lambda^-p R(lambda .)."""
    return told(
        __file__,
        "tail",
        steps={
            "adam": _adam(),
            "inside": limit(
                a / sympy.sqrt(scale**2 * b + eps),
                scale,
                0,
                a / sympy.sqrt(eps),
                {a: positive, b: positive, eps: positive},
            ),
            "clipped": limit(rule_output("clipped", "u", scale * a) / scale, scale, 0, a, {a: positive}),
            "relative": _relative(),
            "half": follows(_half, "relative"),
            "rests-on": follows(together, "adam", "inside", "clipped", "half"),
        },
        wrong={
            "a tail of half the size": _adam(2),
            "an update that exceeds its tail": _relative(1),
        },
    )


PLACE, CHAINS = 186, {"tail": tail}

"""A region around an equilibrium that holds the iterates themselves, and in which they tend to it: discrete steps."""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from typing import Any

import sympy

from verify.derive.analysis import limit
from verify.derive.chain import Assertion, Chain, Finding
from verify.derive.evaluate import BITS
from verify.derive.hypotheses import EQUILIBRIUM, TAIL, VANISHING, words
from verify.derive.invariants import Phase, by_invariant
from verify.derive.joins import chained, follows, resting, rooted, scaled, substituted, together
from verify.derive.letters import eta
from verify.derive.points import Domain, positive, signed, unit
from verify.derive.prose import told
from verify.derive.roads import inequality
from verify.derive.topics.replicator_runs import measured_rate
from verify.numbers.systems.balls import ball, precision

kappa, length, rho, k = sympy.symbols("kappa L rho k", positive=True)
gain, square, begun = sympy.symbols("P Q D", real=True)
size = sympy.Symbol("V", nonnegative=True)
v, r, small, tau, f, g, h, x, y = sympy.symbols("v r epsilon tau f g h x y", nonnegative=True)
E = sympy.Symbol("E", positive=True)

REGION = words(
    "over the region the support's margins grow, others faster, by more than a step's errors; v'B v <= -kappa |v|^2 "
    "and |B v| <= L |v|; and |A q| + |A D d| + rho eta L^2/2 < kappa rho"
)


def _contracts(twice: int = 2) -> Assertion:
    """|v + eta B v|^2 <= (1 - 2 eta kappa + eta^2 L^2) |v|^2, with V = |v|^2, P = v'B v, Q = |B v|^2."""
    left = size + 2 * eta * gain + eta**2 * square
    right = (1 - twice * eta * kappa + eta**2 * length**2) * size
    letters = {gain: -kappa * size - f, square: length**2 * size - g}
    domain: Domain = {
        eta: unit, kappa: positive, length: positive, size: positive,
        gain: lambda rng, at: -at[kappa] * at[size] * (1 + unit(rng, at) / 50),
        square: lambda rng, at: at[length] ** 2 * at[size] * unit(rng, at),
    }  # fmt: skip
    return inequality(left, right, 2 * eta * f + eta**2 * g, domain, given=(lambda e: e.subs(letters),))


HERE = sympy.Symbol("x", real=True)


def _root() -> Assertion:
    """1 - 2 x <= (1 - x)^2."""
    return inequality(1 - 2 * HERE, (1 - HERE) ** 2, HERE**2, {HERE: signed})


def _squares(contracts: Assertion, root: Assertion) -> Assertion:
    """|v + eta B v|^2 <= (1 - x)^2 |v|^2, at x = eta kappa - eta^2 L^2/2."""
    at: Domain = {eta: unit, kappa: positive, length: positive, size: positive}
    here = substituted(root, {HERE: eta * kappa - eta**2 * length**2 / 2}, at)
    domain: Domain = {
        **at, gain: lambda rng, at: -at[kappa] * at[size] * (1 + unit(rng, at)),
        square: lambda rng, at: at[length] ** 2 * at[size] * unit(rng, at),
    }  # fmt: skip
    return chained(contracts, scaled(here, size, at), domain=domain)


def _half() -> Assertion:
    """1/2 <= 1 - eta kappa + eta^2 L^2/2, as kappa <= L: the factor is positive."""
    here = HERE
    because = (1 - here) ** 2 / 2 + h * (2 * eta * kappa + h) / 2
    letters = {length: kappa + h / eta}
    domain: Domain = {
        eta: unit, kappa: positive, length: lambda rng, at: at[kappa] * (1 + unit(rng, at)),
    }  # fmt: skip
    right = 1 - eta * kappa + eta**2 * length**2 / 2
    given = (lambda e: e.subs(letters).subs(here, eta * kappa),)
    return inequality(sympy.Rational(1, 2), right, because, domain, given=given)


new, o = sympy.symbols("n o", nonnegative=True)


def _by_factor(squares: Assertion, half: Assertion) -> Assertion:
    """|v + eta B v| <= o |v|, o = 1 - eta kappa + eta^2 L^2/2, which is 1/2 and more."""
    names = {square: (new**2 - size - 2 * eta * gain) / eta**2}
    given = (
        lambda e: e.subs({h: o - sympy.Rational(1, 2)}).subs(o, half.right),
        lambda e: e.subs(names).subs(size, v**2),
    )
    domain: Domain = {o: unit, v: positive, new: lambda rng, at: at[o] * at[v] * unit(rng, at)}
    return resting(rooted(squares, new, o * v, domain, given=given), (half, h), given=given)


def _stays(factor: Assertion, share: int = 1) -> Assertion:
    """|v + eta B v| + eta r <= rho, for |v| <= rho and r + rho eta L^2/2 <= kappa rho: eta r <= (1 - o) rho."""
    # rho = v + f, eta r = rho (1 - o) - eta g, |v + eta B v| = o |v| - h
    letters = {r: ((v + f) * (1 - o)) / eta - g, rho: v + f, new: o * v - h}
    domain: Domain = {
        eta: unit, v: positive, o: unit, rho: lambda rng, at: at[v] * (1 + unit(rng, at)),
        r: lambda rng, at: at[rho] * (1 - at[o]) / at[eta] * (1 - unit(rng, at) / 50),
        new: lambda rng, at: at[o] * at[v] * (1 - unit(rng, at) / 50),
    }  # fmt: skip
    given = (lambda e: e.subs(letters, simultaneous=True),)
    made = inequality(AFTER, rho / share, f * o + eta * g + h, domain, given=given)
    return resting(made, (factor, h), given=given)


def _goes_over(factor: Assertion) -> Assertion:
    """|v + eta B v| + eta r <= (1 - eta k) |v| + eta epsilon, once o <= 1 - eta k and r <= epsilon."""
    letters = {new: o * v - h, r: small - g, k: (1 - o - f) / eta}
    domain: Domain = {
        eta: unit, v: positive, o: unit, small: positive, r: lambda rng, at: at[small] * unit(rng, at),
        k: lambda rng, at: (1 - at[o]) / at[eta] * unit(rng, at),
        new: lambda rng, at: at[o] * at[v] * unit(rng, at),
    }  # fmt: skip
    given = (lambda e: e.subs(letters),)
    right = (1 - eta * k) * v + eta * small
    return resting(
        inequality(AFTER, right, h + f * v + eta * g, domain, given=given), (factor, h), given=given
    )


slow = sympy.Symbol("delta", positive=True)
# What a weight off the support, and the distance from the equilibrium, go over to in a step.
FALLING, AFTER = E * sympy.exp(-y), new + eta * r


def _falls() -> Assertion:
    """E e^-y <= E e^(-eta delta): a row that costs more than the first of the support, by delta and a step's error."""
    domain: Domain = {
        E: positive,
        eta: unit,
        slow: positive,
        y: lambda rng, at: at[eta] * at[slow] + unit(rng, at),
    }
    given = (lambda e: e.subs(y, eta * slow + sympy.log(1 + h)),)
    because = E * sympy.exp(-eta * slow) * h / (1 + h)
    return inequality(FALLING, E * sympy.exp(-eta * slow), because, domain, given=given)


HELD = sympy.Symbol("E", nonnegative=True)


def _fallen(falls: Assertion) -> Assertion:
    """E <= E_0 e^(-delta tau) along the run."""
    begun_, room = sympy.symbols("E_0 b", nonnegative=True)
    here, X = HELD, sympy.Symbol("X", nonnegative=True)
    left, right = here, begun_ * sympy.exp(-slow * tau)
    after = falls.right_of(FALLING).subs(E, here)
    moved = {here: after - f, tau: tau + eta}

    def given(e: Any) -> Any:
        e = sympy.expand(e, power_exp=True).subs(sympy.exp(-slow * tau), X)
        return sympy.expand(e.subs(here, begun_ * X - room))

    def run() -> Finding:
        with precision(BITS):
            now, time, held = ball(2), ball(0), True
            for t in range(100):
                step = ball(Fraction(1, t + 3))
                held = held and bool(now <= ball(2) * (-time / 2).exp() + ball(Fraction(1, 2**200)))
                now, time = now * (-step * (1 + step) / 2).exp(), time + step
        return Finding(held, "100 steps in balls, delta = 1/2")

    first = {here: begun_, tau: sympy.Integer(0)}
    return by_invariant(
        left, right, first, (Phase({right - left: False}, moved, (given,)),), {}, second_road=run
    )


def _errors(fallen: Assertion) -> Assertion:
    """c E + s, the bound of r, tends to s."""
    c, s = sympy.symbols("c s", positive=True)
    value = c * fallen.right_of(HELD) + s
    (start,) = value.free_symbols - {c, s, slow, tau}
    known: Domain = dict.fromkeys((c, s, slow, start), positive)
    time = sympy.Symbol("tau", positive=True)
    rate = sympy.Symbol("delta", positive=True)
    return limit(value.subs({tau: time, slow: rate}), time, sympy.oo, s, known)


def _tends(goes_over: Assertion, shrinks: int = 1) -> Assertion:
    """v - epsilon/k <= D e^(-k tau), from where v goes over to at most (1 - eta k) v + eta epsilon."""
    left, right = v - small / k, begun * sympy.exp(-k * tau) / shrinks
    X, start = sympy.symbols("X d", nonnegative=True)
    gap = right - left
    moved = {v: goes_over.right_of(AFTER) - f, tau: tau + eta}

    def given(e: Any) -> Any:
        """e^(-k eta) = 1 - k eta + g, and 1 - k eta = o; the gap before is h."""
        e = sympy.expand(sympy.expand(e, power_exp=True)).subs(sympy.exp(-k * tau), X)
        e = e.subs(sympy.exp(-k * eta), o + g).subs(eta, (1 - o) / k).subs(begun, start)
        return sympy.expand(sympy.expand(e).subs(v, start * X / shrinks + small / k - h))

    def run() -> Finding:
        with precision(BITS):
            here, time, held = ball(3), ball(0), True
            for t in range(200):
                step = ball(Fraction(1, t + 3))
                held = held and bool(here - ball(1) <= ball(2) * (-time / 2).exp() / shrinks)
                here, time = (1 - step / 2) * here + step / 2, time + step
        return Finding(held, "200 steps in balls, k = 1/2, epsilon = 1/2")

    first = {v: begun + small / k, tau: sympy.Integer(0)}
    return by_invariant(left, right, first, (Phase({gap: False}, moved, (given,)),), {}, second_road=run)


def _factor() -> Assertion:
    return _by_factor(_squares(_contracts(), _root()), _half())


@cache
def attracting_basin() -> Chain:
    """Iterates in the region stay there and tend to the equilibrium."""
    return told(
        __file__,
        "attracting-basin",
        steps={
            "contracts": _contracts(),
            "root": _root(),
            "squares": follows(_squares, "contracts", "root"),
            "half": _half(),
            "by-factor": follows(_by_factor, "squares", "half"),
            "stays": follows(_stays, "by-factor", under=(REGION,)),
            "falls": _falls().under(REGION, TAIL),
            "fallen": follows(_fallen, "falls"),
            "errors": follows(_errors, "fallen", under=(VANISHING,)),
            "goes-over": follows(_goes_over, "by-factor"),
            "tends": follows(_tends, "goes-over", under=(REGION, TAIL, EQUILIBRIUM)),
            "limit": limit(
                begun * sympy.exp(-k * tau) + small / k, tau, sympy.oo, small / k,
                {begun: positive, k: unit, small: positive},
            ).under(VANISHING),
            "attracting-basin": follows(together, "stays", "errors", "tends", "limit"),
        },
        wrong={
            "three times kappa": _contracts(6),
            "half the radius": _stays(_factor(), 2),
            "a hundredth of D": _tends(_goes_over(_factor()), 100),
        },
        measurements=(lambda: measured_rate(False),),
    )  # fmt: skip


PLACE, CHAINS = 116, {"attracting-basin": attracting_basin}

"""What the bounds at a finite time say in the end: margins grow at least at the pace, both losses, no convergence."""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from typing import Any

import sympy

from verify.derive.analysis import limit
from verify.derive.chain import Assertion, Chain, Finding, Measured
from verify.derive.evaluate import BITS
from verify.derive.hypotheses import REMEMBERED, SEPARABLE, VANISHING, words
from verify.derive.invariants import Phase, by_invariant
from verify.derive.joins import follows, in_the_limit, resting, rooted, substituted, summed, together
from verify.derive.letters import B, b1, eta, j, n, over
from verify.derive.measure import DIGITS, agreement, number, weights
from verify.derive.points import Domain, beyond_one, indexed, positive, unit, whole
from verify.derive.prose import told
from verify.derive.roads import asserted, inequality
from verify.derive.topics import growth_steps
from verify.derive.topics.adam_update import A1, A2, E1, E2, LOST, C
from verify.derive.topics.growth import growth
from verify.derive.topics.growth_runs import GAMMA, ROWS
from verify.derive.topics.growth_steps import (
    AHEAD,
    BOUNDED,
    CHANGE,
    PACE,
    Phi,
    gain,
    gamma,
    h,
    margin,
    mu,
    p,
    spread,
    tau,
    top,
)
from verify.numbers.systems.balls import BALLS, ball, log, precision
from verify.numbers.systems.mpf import MPF, digits
from verify.optimizers.optimizer import optimizer
from verify.problem.interpreted import interpreted
from verify.problem.problem import dot

BEYOND = words("the bound is positive")
small, begun, first = sympy.symbols("epsilon tau_s Phi_s", real=True)
lost, counts, f, g, x, y, z = sympy.symbols("l A f g x y z", nonnegative=True)
room = sympy.Symbol("h", nonnegative=True)
rho = sympy.Symbol("rho", real=True)


def _step(loss: int = 8) -> Assertion:
    """-F + s^2/8 <= -eta (gamma - epsilon): F = A eta (gamma - l) + f, A >= 1, and l + s^2/(8 eta) <= epsilon."""
    left, right = -gain + spread**2 / loss, -eta * (gamma - small)
    narrow = sympy.Symbol("s", nonnegative=True)
    because = f + counts * eta * g + eta * x
    letters = {
        gain: (1 + counts) * eta * g + f,
        gamma: lost + g,
        small: lost + narrow**2 / (8 * eta) + x,
        spread: narrow,
    }
    domain: Domain = {
        eta: positive, lost: unit, spread: positive,
        gamma: lambda rng, at: at[lost] + positive(rng, at),
        gain: lambda rng, at: (1 + unit(rng, at)) * at[eta] * (at[gamma] - at[lost]),
        small: lambda rng, at: at[lost] + at[spread] ** 2 / (8 * at[eta]),
    }  # fmt: skip
    return inequality(
        left, right, because, domain, given=(lambda e: e.subs(letters, simultaneous=True),)
    ).under(PACE, AHEAD)


def _change(moved: Assertion, step: Assertion) -> Assertion:
    """What a step changes Phi by."""
    return growth_steps.of_step(moved, step, {
        eta: positive, lost: unit, gamma: lambda rng, at: at[lost] + positive(rng, at),
        top: lambda rng, at: at[p] * at[h] + (1 + unit(rng, at)) * at[eta] * (at[gamma] - at[lost]),
        small: lambda rng, at: at[lost] + at[h] ** 2 / (8 * at[eta]),
    })  # fmt: skip


def _grown(step: Assertion, times: int = 1) -> Assertion:
    """(gamma - epsilon) (tau - tau_s) + Phi <= Phi_s from the step s on."""
    left = (gamma - small) * (tau - begun)
    bound = sympy.Symbol("b", nonnegative=True)
    gap = first - left - Phi
    moved = {Phi: Phi + step.right_of(CHANGE) - f, tau: tau + eta}
    phase = Phase({gap: False}, moved, (lambda e: e.subs(Phi, first - left - bound),))

    def run() -> Finding:
        held = [loss for loss in ("exponential", "logistic") if _holds(loss, times)]
        return Finding(
            len(held) == 2, f"sign descent in balls, from the step {SINCE} on: {', '.join(held)} loss"
        )

    return by_invariant(
        times * left + Phi, first, {Phi: first, tau: begun}, (phase,), {}, second_road=run
    ).under(*step.hypotheses)  # fmt: skip


SINCE, STEPS, RATE = 20, 100, Fraction(1, 20)


def _holds(loss: str, times: int) -> bool:
    """Sign descent on ROWS, whose rows and sums are at most 4 apart in l1: it loses 2 eta a step at most."""
    opt = optimizer("signgd", lr=RATE, decay=Fraction(1, 2), loss=loss)
    with precision(BITS):
        rows, rate = [[ball(e) for e in row] for row in ROWS], opt.step_size(BALLS)
        worst, time, start = 2 * rate(ball(SINCE)), ball(0), None
        for seen in interpreted(ROWS, opt, range(SINCE, STEPS), BALLS):
            weights_ = [(-dot(row, seen.w)).exp() for row in rows]
            product = (1 + weights_[0]) * (1 + weights_[1]) - 1
            here = log(weights_[0] + weights_[1] if loss == "exponential" else product)
            start = here if start is None else start
            if not times * (ball(GAMMA) - worst) * time + here <= start + ball(Fraction(1, 2**200)):
                return False
            time = time + rate(ball(seen.step))
    return True


def _rate(grown: Assertion) -> Assertion:
    """gamma - epsilon <= rho for every rho that mu/tau does not exceed again and again."""
    known: Domain = {gamma: positive, small: unit, begun: positive, first: positive, rho: positive}
    time = sympy.Symbol("tau", positive=True)
    left = ((gamma - small) * (time - begun) - rho * time) / time
    at = {
        **known, time: lambda rng, at: at[begun] + positive(rng, at),
        first: lambda rng, at: (at[gamma] - at[small]) * (at[time] - at[begun]) - at[rho] * at[time] + unit(rng, at),
    }  # fmt: skip
    here = grown.left.subs(tau, time).subs(mu, rho * time) / time - left
    one = asserted(
        "inequality", left, "<=", first / time, at,
        lambda _, __: Finding(
            sympy.simplify(here) == 0 and grown.right == first, "the line before at mu = rho tau, over tau"
        ),
    )  # fmt: skip
    within = {**known, rho: lambda rng, at: at[gamma] - at[small] + unit(rng, at)}
    made = in_the_limit(one, time, gamma - small - rho, sympy.Integer(0), within)
    return made.under(*grown.hypotheses, VANISHING)


def _square() -> Assertion:
    """(e^s - 1)^2 <= e^(2 s) - 1: E_2^2 is a memory sum too."""
    E = sympy.Symbol("E", positive=True)
    domain: Domain = {E: beyond_one}
    return inequality((E - 1) ** 2, E**2 - 1, 2 * y, domain, given=(lambda e: e.subs(E, 1 + y),))


def _late(square: Assertion) -> Assertion:
    """What Adam loses, for memory sums E_1 <= c eta and S <= c eta, where E_2 <= sqrt(S) by the squares."""
    weight, grown_ = sympy.IndexedBase("w", nonnegative=True), sympy.IndexedBase("E", positive=True)
    c, S, root = sympy.symbols("c S s", positive=True)
    one = substituted(
        square, {sympy.Symbol("E", positive=True): grown_[j]}, {grown_: indexed(beyond_one), j: whole(0, 3)}
    )
    sums: Domain = {n: whole(1, 4), weight: indexed(positive), grown_: indexed(beyond_one)}
    memory = summed(one, j, 0, n - 1, sums, weight=weight[j])
    squares = (over(weight[j] * e, (j, n)) for e in ((grown_[j] - 1) ** 2, grown_[j] ** 2 - 1))
    sums_ = dict(zip(squares, (E2**2, root**2), strict=True))
    drawn: Domain = {S: positive, E2: lambda rng, at: exact_root(at[S]) * ball(unit(rng, at))}
    second = rooted(memory, E2, root, {**drawn, root: lambda rng, at: exact_root(at[S])},
                    given=(lambda e: e.subs(sums_),))  # fmt: skip
    small_ = sympy.sqrt(c * eta)
    right = c * eta * (1 / A2 + C / A1) + small_ * A1 / A2**2
    because = f * (1 / A2 + C / A1) + (g + room) * A1 / A2**2

    def put_in(e: Any) -> Any:
        return e.subs({E1: c * eta - f, root: small_ - g}).subs(E2, small_ - g - room)

    domain: Domain = {
        c: positive, eta: positive, A1: unit, A2: unit, C: positive,
        E1: lambda rng, at: at[c] * at[eta] * unit(rng, at),
        E2: lambda rng, at: exact_root(at[c] * at[eta]) * ball(unit(rng, at)),
    }  # fmt: skip
    return resting(
        inequality(LOST, right, because, domain, given=(put_in,)), (second, room), given=(put_in,)
    ).under(REMEMBERED)


def exact_root(value: Any) -> Any:
    """A ball around the root of a rational."""
    with precision(BITS):
        return ball(Fraction(value)).sqrt()


def _lost(late: Assertion) -> Assertion:
    """So what Adam loses tends to 0 with the steps."""
    c = sympy.Symbol("c", positive=True)
    made = limit(
        late.right_of(LOST), eta, 0, sympy.Integer(0), {c: positive, A1: unit, A2: unit, C: positive}
    )
    return made.under(REMEMBERED, VANISHING, SEPARABLE)


def _signum(share: Any = None) -> Assertion:
    """2 ((1 - p) (theta + c e) + c e) with p = (1 - e)/B tends to 2 (1 - 1/B) theta."""
    e, c, angle = sympy.symbols("e c theta", positive=True)
    loss = 2 * ((1 - (1 - e) / B) * (angle + c * e) + c * e)
    to = 2 * (1 - 1 / B) * angle if share is None else share * angle
    made = limit(loss, e, 0, to, {c: positive, B: whole(2, 6), angle: unit})
    return made.under(REMEMBERED, VANISHING, BEYOND)


def _near_one() -> Assertion:
    """Signum's theta vanishes as beta tends to 1."""
    last = b1 ** (B - 1)
    return limit((1 - last) / (1 + last), b1, 1, sympy.Integer(0), {B: whole(2, 6)}, side="-")


def _measured() -> Measured:
    """min z/tau of sign descent on ROWS late in a run, against gamma_inf = 3/2: off by at most a constant over tau."""
    with digits(DIGITS):
        steps = 4000
        (w,) = weights("signgd", ROWS, [steps], lr=Fraction(1, 10), decay=Fraction(1, 2), loss="logistic")
        time = sum((number(Fraction(1, 10)) / MPF.sqrt(number(t + 2)) for t in range(steps)), number(0))
        least = min(number(a) * w[0] + number(b) * w[1] for a, b in ROWS)
        return agreement(
            "min z/tau of SignGD, logistic loss, gamma_inf = 3/2", number(GAMMA), least / time, number(1) / time,
            f"{steps} steps, eta = (t+2)^(-1/2)/10",
        )  # fmt: skip


@cache
def growth_rates() -> Chain:
    """liminf min z/tau >= gamma - limsup l."""
    return told(
        __file__,
        "growth-rates",
        steps={
            "step": _step(),
            "change": follows(_change, "growth-bounds:moved", "step"),
            "growth": follows(_grown, "change"),
            "margin": follows(margin, "growth", "growth-bounds:smallest"),
            "rate": follows(_rate, "margin"),
            "square": _square(),
            "late": follows(_late, "square"),
            "adam": follows(_lost, "late"),
            "signum": _signum(),
            "near-one": _near_one(),
            "growth-rates": follows(together, "rate", "adam", "signum", "near-one"),
        },
        wrong={
            "a quarter for an eighth": _step(4),
            "twice the pace": _grown(_change(growth().said("moved"), _step()), 2),
            "Signum loses a tenth of theta": _signum(sympy.Rational(1, 10)),
        },
        measurements=(_measured,),
        gives={"rate": (BOUNDED,), "adam": (AHEAD,), "signum": (AHEAD,)},
        others=(growth(),),
    )


PLACE, CHAINS = 214, {"growth-rates": growth_rates}

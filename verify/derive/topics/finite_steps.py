"""Steps whose sum is finite: where a run can come, and that the time tau is the ruler of where it stands."""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from typing import Any

import sympy

from verify.derive.analysis import limit
from verify.derive.chain import Assertion, Chain, Finding, Measured
from verify.derive.evaluate import BITS
from verify.derive.hypotheses import words
from verify.derive.invariants import Phase, by_invariant
from verify.derive.joins import chained, follows, resting, together
from verify.derive.letters import eta, j, over, p
from verify.derive.measure import DIGITS, number, order_of, weights
from verify.derive.points import Domain, positive, unit, whole
from verify.derive.prose import told
from verify.derive.roads import by_derivative, induction, inequality
from verify.numbers.systems.balls import BALLS, ball, log, precision
from verify.numbers.systems.mpf import MPF, digits
from verify.optimizers.optimizer import optimizer
from verify.problem.interpreted import interpreted

M, R, L, K = sympy.symbols("M R L K", positive=True)
tau, begun, n, D, h, s = sympy.symbols("tau tau_s n D h s", nonnegative=True)
a, e, f, g, k, y, z = sympy.symbols("a e f g k y z", nonnegative=True)

UPDATES = words("no update is longer than M")
FINITE = words("the sum of the steps is finite")
LIPSCHITZ = words("the update is U(w), with |U(w)| <= M and |U(w) - U(w')| <= L |w - w'|")


def _length(factor: int = 1) -> Assertion:
    """factor |w_t - w_s| <= M (tau_t - tau_s): a step is at most eta M long."""
    left, right = factor * D, M * (tau - begun)
    moved = {D: D + eta * M - f, tau: tau + eta}
    phase = Phase({right - left: False}, moved, (lambda x: x.subs(D, right - g),))
    domain: Domain = {
        M: positive, begun: positive, tau: lambda rng, at: at[begun] + positive(rng, at),
        D: lambda rng, at: at[M] * (at[tau] - at[begun]),
    }  # fmt: skip
    return by_invariant(left, right, {D: 0, tau: begun}, (phase,), domain).under(UPDATES)


def _margin(length: Assertion) -> Assertion:
    """A margin is at most R |w_t| <= R (n + M tau), n = |w_0|."""
    domain: Domain = {
        R: positive, M: positive, n: positive, tau: positive, D: lambda rng, at: at[M] * at[tau] * unit(rng, at),
    }  # fmt: skip
    given = (lambda x: x.subs({begun: 0, D: M * tau - f}),)
    made = inequality(R * (n + D), R * (n + M * tau), R * f, domain, given=given)
    return resting(made, (length, f), given=given)


def _loss() -> Assertion:
    """exp(-z) is at least exp(-b) at a margin z = b - f."""
    b = sympy.Symbol("b", positive=True)
    return by_derivative(sympy.exp(-b), sympy.exp(f - b), f, sympy.exp(f - b), {b: positive, f: positive})


def _turned(ends: int = 2) -> Assertion:
    """|w/|w| - v| <= (s + D)/K for w = K v + d, |d| = D, s = ||w| - K| <= D; at most ``ends`` D/K."""
    domain: Domain = {K: positive, D: positive, s: lambda rng, at: at[D] * (1 - unit(rng, at) / 9)}
    return inequality((s + D) / K, ends * D / K, f / K, domain, given=(lambda x: x.subs(s, D - f),))


def _anywhere(turned: Assertion, length: Assertion) -> Assertion:
    """At most 2 M tau/K."""
    domain: Domain = {
        K: positive, M: positive, tau: positive, D: lambda rng, at: at[M] * at[tau] * unit(rng, at),
        s: lambda rng, at: at[D] * unit(rng, at),
    }  # fmt: skip
    given = (lambda x: x.subs({begun: 0, D: M * tau - f}),)
    last = inequality(2 * D / K, 2 * M * tau / K, 2 * f / K, domain, given=given)
    return chained(turned, resting(last, (length, f), given=given), domain=domain)


PARTS = over(L * M * (j + 1) * y**2, (j, p))
# All of them, where a step has s parts y = eta/s.
CLOSED = L * M * y**2 * p * (p + 1) / 2
WHOLE = sympy.simplify(CLOSED.subs({y: eta / s, p: s}))


def _parts() -> Assertion:
    """sum over j < p of L M (j + 1) y^2 = L M y^2 p (p + 1)/2."""
    domain: Domain = {L: positive, M: positive, y: positive, p: whole(0, 9)}
    return induction(PARTS.function, j, p, CLOSED, domain)


def _apart(parts: Assertion) -> Assertion:
    """At s parts y = eta/s, as s grows."""
    whole_step = sympy.simplify(parts.right_of(PARTS).subs({y: eta / s, p: s}))
    known = {L: positive, M: positive, eta: positive}
    return limit(whole_step, s, sympy.oo, L * M * eta**2 / 2, known)


def _exponential() -> Assertion:
    """1 + a <= e^a."""
    return by_derivative(1 + a, sympy.exp(a), a, sympy.exp(a), {a: positive}, order=2)


def _ruler(apart: Assertion, exponential: Assertion, power: int = 1) -> Assertion:
    """e <= (h M/2) (exp(L tau) - 1) for the distance e of a run from the flow at the same tau, no step above h."""
    right = h**power * M / 2 * (sympy.exp(L * tau) - 1)
    moved = {e: (1 + L * eta) * e + apart.right_of(sympy.Limit(WHOLE, s, sympy.oo, "+")) - f, tau: tau + eta}
    grown = {exponential.right_of(1 + a).subs(a, L * eta): 1 + L * eta + y}

    def letters(x: Any) -> Any:
        """e = right - g, the largest step h = eta + k, e^(L eta) = 1 + L eta + y and e^(L tau) = 1 + z."""
        x = sympy.expand(x, power_exp=True).subs(grown).subs(e, right - g).subs(h, eta + k)
        return sympy.expand(x).subs(sympy.exp(L * tau), 1 + z)

    phase = Phase({right - e: False}, moved, (letters,))

    def run() -> Finding:
        return Finding(
            _near_the_flow(power), "gradient descent on one row in balls, cosine steps, after each"
        )

    start = {e: sympy.Integer(0), tau: sympy.Integer(0)}
    return by_invariant(e, right, start, (phase,), {}, second_road=run).under(LIPSCHITZ)


def _near_the_flow(power: int) -> bool:
    """GD on the row 1, exponential loss: U = exp(-w), L = M = 1 where w >= 0, and the flow is log(1 + tau)."""
    rate, last = Fraction(1, 8), 40
    opt = optimizer("gd", lr=rate, schedule=f"cosine:{last}", loss="exponential")
    with precision(BITS):
        size, time = opt.step_size(BALLS), ball(0)
        for seen in interpreted([[Fraction(1)]], opt, range(1, last), BALLS):
            time = time + size(ball(seen.step - 1))
            off = abs(seen.w[0] - log(1 + time))
            if not off <= ball(rate) ** power / 2 * (time.exp() - 1):
                return False
    return True


def _measured() -> Measured:
    """The same run at tau = 1, in ever finer steps."""
    with digits(DIGITS):
        seen = []
        for steps in (2**p for p in range(4, 12)):
            ((w,),) = weights("gd", [[Fraction(1)]], [steps], lr=Fraction(1, steps), decay=Fraction(0))
            seen.append((number(Fraction(1, steps)), w - MPF.log(number(2))))
        return order_of(
            "order in the step of the distance from the flow at tau = 1", 1, seen,
            "GD on the row 1, exponential loss, 16 to 2048 steps",
        )  # fmt: skip


@cache
def finite_steps() -> Chain:
    """|w_t - w_s| <= M (tau_t - tau_s), the ends of runs from afar, and e <= (h M/2) (exp(L tau) - 1)."""
    far = 2 * M * tau / K
    return told(
        __file__,
        "finite-steps",
        steps={
            "length": _length(),
            "rest": limit(M * y, y, 0, 0, {M: positive}).under(UPDATES, FINITE),
            "margin": follows(_margin, "length"),
            "loss": _loss(),
            "turned": _turned(),
            "anywhere": follows(_anywhere, "turned", "length"),
            "far": limit(far, K, sympy.oo, 0, {M: positive, tau: positive}),
            "parts": _parts(),
            "apart": follows(_apart, "parts"),
            "exponential": _exponential(),
            "ruler": follows(_ruler, "apart", "exponential"),
            "ends": follows(
                together, "length", "rest", "margin", "loss", "anywhere", "far", "ruler"
            ),
        },
        wrong={
            "twice the path": _length(2),
            "one D for two": _turned(1),
            "the square of the step": _ruler(_apart(_parts()), _exponential(), 2),
        },
        measurements=(_measured,),
    )  # fmt: skip


PLACE, CHAINS = 182, {"finite-steps": finite_steps}

"""Claims 6, 7, 8 and 9: where AdamProxy goes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise, takewhile

import numpy as np

from verify.certificate import check_document
from verify.claims.instances import (
    GAUSSIAN,
    NOT_SEPARABLE,
    REAL,
    ROUND,
    SMALL_GAUSSIAN,
    TWO_ROWS,
    dataset,
    judged,
    margin,
    predicted,
    rows,
    scope,
    seeds,
    settled,
    simulated,
)
from verify.claims.max_margins import RADEMACHER, SCALED_RADEMACHER, SEPARABLE
from verify.claims.registry import Claim, Profile
from verify.data.facts import is_scaled_rademacher
from verify.errors import Undecided
from verify.evidence import Evidence, Verdict
from verify.game import Limit
from verify.game.smooth.certify import equilibrium_certificate
from verify.game.smooth.iteration import contraction, iterate, mahalanobis, solve_P
from verify.margins.certify import margin_certificate
from verify.numbers.linear.angles import Vector, misalignment
from verify.optimizers import optimizer

PROXY = optimizer("adam-proxy")
SHIFTED = "shifted-diagonal:d=4,delta=1/10"
SHIFTED_SETS = (SHIFTED, "shifted-diagonal:d=3,delta=1/100")


# Newton's method ends at rounding, 2e-16 amplified by the condition of the rows in the support; 3e-15 was
# seen on the sets here, and another equilibrium or formula misses by 1e-2 and more.
KKT_ROUNDING = 1e-9


def fixed_point_error(X: Vector, limit: Limit, power: float = 0.5) -> tuple[float, float]:
    """How far a limit is from P(c*): 1 - cos of the solution to its direction, and |c* - d/||d||_1| at most."""
    w, d = solve_P(X, limit.weights, power)
    return misalignment(w, limit.direction), float(np.abs(d / d.sum() - limit.weights).max())


def _dual_fixed_point(profile: Profile, power: float = 0.5) -> Evidence:
    """Solve P(c*) by a general solver at each equilibrium of the game."""
    specs = [*REAL, GAUSSIAN, *seeds("gaussian:n=4,d=3", profile)]
    errors = [fixed_point_error(rows(s), limit, power) for s in specs for limit in predicted(s, PROXY).limits]
    direction, weights = (max(column) for column in zip(*errors, strict=True))
    # An interior point method that stops at a gap of 1e-12 leaves 1e-6 in w and in d.
    return judged(
        direction < 1e-9 and weights < 1e-4,
        f"{scope(specs)}: {len(errors)} equilibria",
        f"P(c*) by Clarabel: 1 - cos {direction:.0e}, |c* - d/||d||_1| {weights:.0e}",
    )


def _simulation_agrees(profile: Profile) -> Evidence:
    """Simulated AdamProxy from w_0 = 0 against the game's limit."""
    specs = [GAUSSIAN, SHIFTED, *seeds(RADEMACHER, profile)]
    worst = 0.0
    for spec in specs:
        limit = predicted(spec, PROXY).limits[0]
        run = settled(spec, PROXY, 400_000)
        worst = max(worst, misalignment(run.direction, limit.direction))
    return judged(
        worst < 1e-6, f"{scope(specs)}, 400,000 steps", f"1 - cos of increments to U(c*): {worst:.0e}"
    )


def _loss_falls(
    profile: Profile, specs: Sequence[str] = (GAUSSIAN, "iris", RADEMACHER + ",seed=0")
) -> Evidence:
    """min_i x_i.w_t, whose growth sends the loss to 0, at T and 4 T."""
    seen, ok = [], True
    for spec in specs:
        X = rows(spec)
        early, late = ((X @ simulated(spec, PROXY, steps).weights).min() for steps in (25_000, 100_000))
        ok = ok and late > 1.5 * max(early, 0)  # margins grow like tau, which doubles
        seen.append(f"{early:.1f} to {late:.1f}")
    return judged(ok, f"{scope(specs)}, 25,000 and 100,000 steps", "least margin: " + ", ".join(seen))


def counterexample(powers: int) -> tuple[Fraction, Fraction]:
    """eta_t = 1/(t+1) and a_t = 1 if t + 1 is a power of 2, else 0: the sums of eta_t a_t and of eta_t to
    t = 2^powers - 1. The first stays below 2 and the second exceeds powers/2, while a_t does not tend to 0."""
    weighted = sum((Fraction(1, 2**k) for k in range(powers + 1)), Fraction(0))
    total = sum((Fraction(1, t) for t in range(1, 2**powers + 1)), Fraction(0))
    return weighted, total


def _inference(profile: Profile) -> Evidence:
    """The inference that a reviewer objected to, on its counterexample (exact)."""
    weighted, total = counterexample(10)
    return judged(
        weighted < 2 and total > 5,
        "eta_t = 1/(t+1), a_t = [t+1 is a power of 2], exact partial sums to t = 1023",
        f"sum eta_t a_t = {float(weighted):.4f} < 2, sum eta_t = {float(total):.2f} diverges, a_t does not tend "
        "to 0: the proof needs |a_(t+1) - a_t| <= K eta_t, which AdamProxy has",
    )


def kkt_error(X: Vector, c: Vector, power: float = 0.5) -> float:
    """How badly w = M(c)^(-1) X'c fails the KKT conditions of P(c) with multipliers c, relative to its margin."""
    F = X @ (c @ X / mahalanobis(X, c, power))
    return float(np.abs(F[c > 0] / F.min() - 1).max()) if F.min() > 0 else math.inf


def _exists(profile: Profile, shift: int = 0) -> Evidence:
    """A certificate of a dual fixed point on every data set, accepted by the checker."""
    specs = [*REAL, GAUSSIAN, SHIFTED, *seeds("gaussian:n=6,d=4", profile), *seeds(RADEMACHER, profile)]
    for spec in specs:
        limits = predicted(spec, PROXY).limits
        if not limits:
            return Evidence(Verdict.UNDECIDED, spec, "none was found, which does not mean that there is none")
        weights = np.roll(limits[0].weights, shift)
        if (error := kkt_error(rows(spec), weights)) > KKT_ROUNDING:
            return Evidence(
                Verdict.REFUTED, spec, f"the weights miss the KKT conditions of P(c) by {error:.0e}"
            )
        if refused := refusal(spec, weights):
            return Evidence(Verdict.UNDECIDED, spec, refused)
    return Evidence(
        Verdict.CERTIFIED, scope(specs), f"{len(specs)} certificates of a dual fixed point in a box accepted"
    )


def refusal(spec: str, weights: Vector) -> str:
    """Why weights are not those of a dual fixed point; "" if the checker accepts the certificate that they are."""
    try:
        document = equilibrium_certificate(dataset(spec), PROXY, [float(c) for c in weights])
    except Undecided as error:
        return str(error)
    checked = check_document(document, dataset(spec).rows)
    return "" if checked.valid else checked.line()


def _iteration(profile: Profile, steps: int = 60) -> Evidence:
    """Run it, and see whether where it stops is an equilibrium of the game."""
    specs = ["iris", *seeds("gaussian:n=4,d=3", profile), SMALL_GAUSSIAN, TWO_ROWS.name]
    worst, moved = 0.0, 0.0
    for spec in specs:
        *_, before, c = iterate(rows(spec), steps)
        limits = predicted(spec, PROXY).limits
        worst = max(worst, min(float(np.abs(c - limit.weights).max()) for limit in limits))
        moved = max(moved, float(np.abs(c - before).max()))
    return judged(
        worst < 1e-4,  # the solver's accuracy, as in the check of P(c*)
        f"{scope(specs)}, at most {steps} iterations from c = 1/N",
        f"last move {moved:.0e}, distance to an equilibrium {worst:.0e}",
    )


def _iteration_everywhere(profile: Profile) -> Evidence:
    """On the rows whose only fixed point repels: how far c still moves at the end."""
    path = iterate(rows(ROUND.name), 60)
    moves = [float(np.abs(a - b).max()) for a, b in pairwise(path)]
    radius = contraction(rows(ROUND.name), predicted(ROUND.name, PROXY).limits[0])
    return judged(
        moves[-1] < 1e-4,  # the solver's accuracy, as above
        f"{ROUND.name}, {len(moves)} iterations from c = 1/N",
        f"the last ten moves of c are {min(moves[-10:]):.2g} to {max(moves[-10:]):.2g}; the spectral radius is "
        f"{radius:.3f} at the only fixed point",
    )


def _contraction(profile: Profile, factor: float = 1.0) -> Evidence:
    """The spectral radius of the iteration's derivative against what it does: the ratio of successive errors
    where it converges; and from near an equilibrium where the radius exceeds 1, whether it leaves."""
    seen = []
    for spec in (*seeds("gaussian:n=4,d=3", profile)[:2], SMALL_GAUSSIAN):
        X = rows(spec)
        for limit in predicted(spec, PROXY).limits:
            radius = factor * contraction(X, limit)
            start = limit.weights.copy()
            start[list(limit.support)] *= 1 + 1e-4 * np.cos(np.arange(len(limit.support)))
            path = iterate(X, 12, start / start.sum(), within=0.0)
            errors = [float(np.abs(c - limit.weights).max()) for c in path]
            # Ratios while well above the solver's 1e-9 and still near by; the first is of another direction.
            linear = takewhile(lambda pair: 1e-7 < pair[1] < 1e-3, pairwise(errors))
            ratios = [after / before for before, after in linear][1:]
            if not ratios or abs(ratios[-1] / radius - 1) > 0.1:
                return Evidence(
                    Verdict.REFUTED, spec, f"radius {radius:.3f}, ratios of errors {np.round(ratios, 3)}"
                )
            seen.append((radius, limit.stability))
    repelled = sum(radius > 1 and stability == "attracting" for radius, stability in seen)
    return Evidence(
        Verdict.MEASURED,
        f"{scope((*seeds('gaussian:n=4,d=3', profile)[:2], SMALL_GAUSSIAN))}: {len(seen)} equilibria",
        f"errors shrink or grow by the spectral radius, {min(seen)[0]:.2f} to {max(seen)[0]:.2f}, to 10%; {repelled} "
        "attract the flow and repel the iteration",
    )


def _corollaries(profile: Profile, exchanged: bool = False) -> Evidence:
    """AdamProxy's limit from w_0 = 0 against the exact l2 and l_inf max-margin directions."""
    first, second = ("linf", "l2") if exchanged else ("l2", "linf")
    cases = [(spec, first) for spec in seeds(RADEMACHER, profile)] + [(spec, second) for spec in SHIFTED_SETS]
    worst = max(
        misalignment(predicted(spec, PROXY).limits[0].direction, margin(spec, norm).unit())
        for spec, norm in cases
    )
    return judged(  # Newton's method leaves 1e-13 or so in a direction, hence 1e-26 in 1 - cos
        worst < 1e-18,
        scope(spec for spec, _ in cases),
        f"1 - cos of U(c*) to the {first} and {second} max margins {worst:.0e}",
    )


def _exact_corollaries(profile: Profile, exchanged: bool = False) -> Evidence:
    """The same fixed points in rational numbers, beside max margins whose certificates are accepted.

    On scaled-Rademacher data M(c) is a multiple of the identity, so the l2 dual weights are a dual fixed point
    by their own certificate. On shifted-diagonal data U(1, 0, ..., 0) = (1, ..., 1) exactly, and that is a fixed
    point if no row has a smaller sum than the first.
    """
    l2_sets, linf_sets = list(seeds(RADEMACHER, profile)), list(SHIFTED_SETS)
    if exchanged:
        l2_sets, linf_sets = linf_sets, l2_sets
    for spec in (*l2_sets, *linf_sets):
        found = margin(spec, "l2" if spec in l2_sets else "linf")
        checked = check_document(margin_certificate(found), dataset(spec).rows)
        if not checked.valid:
            return Evidence(Verdict.REFUTED, spec, checked.line())
        if spec in l2_sets and not is_scaled_rademacher(dataset(spec)):
            return Evidence(Verdict.REFUTED, spec, "M(c) is no multiple of the identity")
        sums = [sum(row) for row in dataset(spec).rows]
        ones = set(found.direction) == {1} and found.unique and min(dataset(spec).rows[0]) > 0
        if spec in linf_sets and not (ones and min(sums) == sums[0]):
            return Evidence(
                Verdict.REFUTED, spec, "(1, ..., 1) is not the l_inf direction or no fixed point's"
            )
    return Evidence(
        Verdict.CERTIFIED,
        scope((*l2_sets, *linf_sets)),
        "fixed point and max margin agree in rational numbers",
    )


PLACE = 40
CLAIMS = (
    Claim(
        id="proxy-loss",
        title="AdamProxy drives the loss to 0",
        statement=r"AdamProxy's $L(w_t) \to 0$. (The inference from $\sum \eta_t a_t < \infty$ and "
        r"$\sum \eta_t = \infty$ to $a_t \to 0$ is false in general.)",
        source="arXiv 2510.26303, Prop. 4.3 (as reconstructed from reviews)",
        hypotheses=(SEPARABLE,),
        derivations=("proxy-loss",),
        checks=(_loss_falls, _inference),
        false_variants={"not separable": lambda profile: _loss_falls(profile, [NOT_SEPARABLE.name])},
    ),
    Claim(
        id="proxy-direction",
        title="AdamProxy's limit solves P(c*) at a dual fixed point c*",
        statement=r"With $M(c) = \operatorname{diag}_k \sqrt{\sum_j c_j^2 x_j[k]^2}$ and $P(c)$: minimize "
        r"$\frac12 w^\top M(c) w$ subject to $x_i^\top w \ge 1$, the limit direction is that of $P(c^*)$'s "
        r"solution, where $c^* = d/\|d\|_1$ for a dual solution $d$ of $P(c^*)$.",
        source="arXiv 2510.26303, Ass. 4.4, Thm 4.8 (as reconstructed from reviews)",
        hypotheses=(SEPARABLE,),
        checks=(_dual_fixed_point, _simulation_agrees),
        false_variants={"M without the root": lambda profile: _dual_fixed_point(profile, power=1.0)},
    ),
    Claim(
        id="fixed-point-exists",
        title="A dual fixed point exists",
        statement=r"On separable data with nonzero entries some $c^*$ satisfies $c^* \in d(c^*)/\|d(c^*)\|_1$.",
        source="arXiv 2510.26303 (Kakutani; as reconstructed from reviews)",
        hypotheses=(SEPARABLE,),
        checks=(_exists,),
        false_variants={"weights of the next row": lambda profile: _exists(profile, shift=1)},
    ),
    Claim(
        id="fixed-point-iteration",
        title="Iterating c <- d(c)/||d(c)||_1 finds a dual fixed point that attracts it",
        statement=r"Where a dual fixed point attracts it (the spectral radius of its derivative there is below 1), the "
        r"iteration $c \leftarrow d(c)/\|d(c)\|_1$ converges from near by, at that rate; from $c = 1/N$ it does on "
        r"the data named.",
        source="arXiv 2510.26303, Alg. 3 (as reconstructed from reviews)",
        hypotheses=(SEPARABLE,),
        checks=(_iteration, _contraction),
        false_variants={
            "in one step": lambda profile: _iteration(profile, steps=1),
            "twice the spectral radius": lambda profile: _contraction(profile, factor=2.0),
        },
        remark="The radius can exceed 1 at an equilibrium to which AdamProxy converges: gaussian:n=4,d=3,seed=1 has "
        "one, with 3.8.",
    ),
    Claim(
        id="proxy-l2-linf",
        title="AdamProxy: l2 max margin on scaled-Rademacher, l_inf on shifted-diagonal data",
        statement=r"On scaled-Rademacher data AdamProxy's limit is the $\ell_2$-max-margin direction. On "
        r"shifted-diagonal data ($x_i[i] = s_i$, other entries $\delta$, $0 < s_1 < \dots < s_d$) the "
        r"$\ell_\infty$-max-margin direction is that of an attracting fixed point, the only one for $\delta$ in an "
        r"interval around $[s_1, s_2]$.",
        source="arXiv 2510.26303, abstract",
        hypotheses=(SEPARABLE, SCALED_RADEMACHER),
        derivations=("scaled-rademacher", "shifted-diagonal"),
        checks=(_exact_corollaries, _corollaries),
        false_variants={
            "the two norms exchanged": lambda profile: _corollaries(profile, exchanged=True),
            "the two norms exchanged, exactly": lambda profile: _exact_corollaries(profile, exchanged=True),
        },
    ),
    Claim(
        id="false-iteration-converges",
        title="The iteration c <- d(c)/||d(c)||_1 converges on all separable data",
        statement=r"From $c = 1/N$ the iteration $c \leftarrow d(c)/\|d(c)\|_1$ converges, on any separable data.",
        source="the unqualified reading of arXiv 2510.26303, Alg. 3",
        expected="fails",
        hypotheses=(SEPARABLE,),
        checks=(_iteration_everywhere,),
        false_variants={},
    ),
)

"""The margin game: its equilibria are the dual fixed points, may be several, and hold at any beta2."""

from __future__ import annotations

from fractions import Fraction
from functools import cache

import numpy as np

from verify.certificate import check_document
from verify.claims.instances import (
    GAUSSIAN,
    SMALL_GAUSSIAN,
    THREE_ROWS,
    TWO_ROWS,
    dataset,
    judged,
    predicted,
    rows,
    scope,
    seeds,
    settled,
)
from verify.claims.max_margins import SEPARABLE
from verify.claims.proxy import KKT_ROUNDING, PROXY, kkt_error
from verify.claims.random_sets import runs_end_at_limits
from verify.claims.registry import Claim, Profile
from verify.evidence import Evidence, Verdict
from verify.game import predict
from verify.game.games import pace
from verify.game.pace import Pace, suited_step_size
from verify.game.smooth.certify import equilibria_certificate
from verify.numbers.linear.angles import Vector, misalignment
from verify.optimizers import Optimizer, optimizer
from verify.optimizers.increments import increments
from verify.problem.epoch_map import epoch_map

# Starts on THREE_ROWS in the basins of its two attracting equilibria.
STARTS = ((0.0, 0.0, 0.0), (-1.0, 0.0, 0.0))


@cache
def from_starts(opt: Optimizer) -> tuple[Vector, ...]:
    """Increments on THREE_ROWS from each of the STARTS, of runs twice as long as the slower one needs, as the
    start is away from the limit."""
    X = rows(THREE_ROWS.name)
    paces = [pace(limit, X, opt) for limit in predicted(THREE_ROWS.name, opt).limits]
    slow = Pace(min(p.slowest for p in paces) / 2, max(p.fastest for p in paces))
    suited = suited_step_size(opt, X, 10**6, slow)
    return tuple(increments(X, suited, 10**6, start=np.array(start)).direction for start in STARTS)


def _same_points(profile: Profile, power: float = 0.5) -> Evidence:
    """At every equilibrium found, the KKT conditions of P(c) with dual c, written down anew."""
    specs = [GAUSSIAN, "iris", *seeds("gaussian:n=6,d=4", profile), TWO_ROWS.name]
    found = [(spec, limit) for spec in specs for limit in predicted(spec, PROXY).limits]
    worst = max(kkt_error(rows(spec), limit.weights, power) for spec, limit in found)
    return judged(
        worst < KKT_ROUNDING,
        f"{scope(specs)}: {len(found)} equilibria",
        f"KKT conditions of P(c*) up to {worst:.0e}",
    )


def _replicator(profile: Profile) -> Evidence:
    """d log c_i / d tau = -(F_i - sum_j c_j F_j) along a simulation with small steps."""
    X = rows(SMALL_GAUSSIAN)
    opt = optimizer("adam-proxy", lr=Fraction(1, 10**5), decay=Fraction(0), loss="exponential")
    run = increments(X, opt, 2000)
    middle = -X @ (run.weights - run.direction / 2)
    change = -X @ run.direction
    F = X @ epoch_map(opt, X)(middle).real
    seen, wanted = change - change.mean(), -(F - F.mean()) * run.tau / 2
    error = float(np.abs(seen - wanted).max() / np.abs(wanted).max())
    return judged(
        error < 1e-4, f"{SMALL_GAUSSIAN}, 1000 steps of 1e-5", f"replicator equation to {error:.0e}"
    )


def _three(profile: Profile, data: str = TWO_ROWS.name, left_out: int | None = None) -> Evidence:
    """The equilibria of the example with three, certified to be all."""
    limits = predicted(data, PROXY).limits
    weights = [list(map(float, x.weights)) for number, x in enumerate(limits) if number != left_out]
    checked = check_document(equilibria_certificate(dataset(data), PROXY, weights), dataset(data).rows)
    seen = "; ".join(f"c = ({', '.join(f'{c:.4f}' for c in x.weights)}) {x.stability}" for x in limits)
    if not checked.valid or len(weights) != 3:
        return Evidence(Verdict.REFUTED, data, f"{checked.line()}: {len(weights)}")
    return Evidence(
        Verdict.CERTIFIED, data, f"three dual fixed points and no other: {seen} (stability as measured)"
    )


def _two_basins(profile: Profile, starts: tuple[int, int] = (0, 1)) -> Evidence:
    """AdamProxy and per-sample Adam from two starts: each run ends at another attracting equilibrium."""
    farthest, angle, ok = 0.0, 180.0, True
    for opt in (PROXY, optimizer("adam", beta2=Fraction(99, 100))):
        runs = [from_starts(opt)[start] for start in starts]
        limits = [limit.direction for limit in predicted(THREE_ROWS.name, opt).limits]
        gaps = [[misalignment(run, direction) for direction in limits] for run in runs]
        ok = ok and len({int(np.argmin(gap)) for gap in gaps}) == 2
        farthest = max(farthest, *(min(gap) for gap in gaps))
        angle = min(angle, float(np.degrees(np.arccos(1 - misalignment(*runs)))))
    return judged(
        ok and farthest < 1e-6,
        f"{THREE_ROWS.name}, w_0 = {STARTS[0]} and {STARTS[1]}, AdamProxy and Inc-Adam (beta2 = 0.99)",
        f"the runs end {angle:.1f} degrees apart, each within 1 - cos {farthest:.0e} of a predicted limit",
    )


def _two_limits(profile: Profile, starts: tuple[int, int] = (0, 1)) -> Evidence:
    """AdamProxy's flow from two starts, enclosed until it is where it cannot leave, each at another equilibrium."""
    data = dataset(THREE_ROWS.name)
    found = [predict(data, PROXY, start=[Fraction(x) for x in STARTS[start]], starts=0) for start in starts]
    where = f"{THREE_ROWS.name}, w_0 = {STARTS[starts[0]]} and {STARTS[starts[1]]}, AdamProxy's flow"
    steps = [prediction.enclosed_steps for prediction in found]
    if None in steps:
        return Evidence(Verdict.UNDECIDED, where, "; ".join(prediction.note for prediction in found))
    supports = [prediction.limits[0].support for prediction in found]
    return Evidence(
        Verdict.CERTIFIED if supports[0] != supports[1] else Verdict.REFUTED,
        where,
        f"enclosed in {steps[0]} and {steps[1]} steps; the supports of its limits are {supports[0]} and {supports[1]}",
    )


def _finite_beta2(profile: Profile, proxy: bool = False) -> Evidence:
    """Simulated increments of Adam at finite beta2 and several batch sizes against its own game."""
    worst, where, cases = 0.0, "", 0
    for beta2 in (Fraction(95, 100), Fraction(99, 100), Fraction(999, 1000)):
        for batch in (1, 2, 5):
            opt = optimizer("adam", beta2=beta2, batch_size=batch)
            limit = predicted(GAUSSIAN, opt).limits[0]
            run = settled(GAUSSIAN, opt, 10**6)
            target = predicted(GAUSSIAN, PROXY).limits[0] if proxy else limit
            gap = misalignment(run.direction, target.direction)
            cases += 1
            if gap >= worst:
                worst, where = gap, f"beta2 = {float(beta2)}, batch {batch}"
    return judged(
        worst < 1e-6,
        f"{GAUSSIAN}: {cases} cases, 10^6 steps",
        f"1 - cos of increments to U(c*): at most {worst:.0e}, at {where}",
    )


PLACE = 70
CLAIMS = (
    Claim(
        id="game-fixed-point",
        title="Dual fixed points are the equilibria of the margin game",
        statement=r"$c$ is a dual fixed point iff $F_i(c) = \min_j F_j(c)$ wherever $c_i > 0$, with "
        r"$F_i(c) = x_i^\top U(c)$; and $\dot c_i = -c_i (F_i(c) - \sum_j c_j F_j(c))$ along the flow.",
        source="this project (the margin game)",
        hypotheses=(SEPARABLE,),
        derivations=("fixed-point-game", "replicator"),
        checks=(_same_points, _replicator, runs_end_at_limits),
        false_variants={
            "M without the root": lambda profile: _same_points(profile, power=1.0),
            "one limit dropped from each list": lambda profile: runs_end_at_limits(profile, dropped=True),
            "beta2 ignored": lambda profile: runs_end_at_limits(profile, ignored=True),
        },
    ),
    Claim(
        id="fixed-point-not-unique",
        title="The dual fixed point need not be unique",
        statement=r"$X = [[3.01, 1], [1, 3]]$ has three dual fixed points, two of them attracting. AdamProxy and "
        r"per-sample Adam go to different directions from different starts.",
        source="this project (the margin game)",
        checks=(_three, _two_limits, _two_basins),
        false_variants={
            "on a Gaussian set": lambda profile: _three(profile, "gaussian:n=2,d=2,seed=0"),
            "one of three left out": lambda profile: _three(profile, left_out=0),
            "from one start": lambda profile: _two_basins(profile, (0, 0)),
            "the flow from one start": lambda profile: _two_limits(profile, (0, 0)),
        },
    ),
    Claim(
        id="finite-beta2",
        title="The game of Adam's own epoch map gives its limit at finite beta2 and any batch size",
        statement=r"Per-sample and mini-batch Adam in cyclic order go to $U(c^*)$ at an equilibrium $c^*$ of "
        r"the game of their own epoch map.",
        source="this project (the margin game)",
        hypotheses=(SEPARABLE,),
        checks=(_finite_beta2,),
        false_variants={"AdamProxy's limit instead": lambda profile: _finite_beta2(profile, proxy=True)},
    ),
)

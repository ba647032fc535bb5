"""The margin game: its equilibria are the dual fixed points, may be several, and hold at any beta2."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from verify.claims.instances import (
    GAUSSIAN,
    SMALL_GAUSSIAN,
    TWO_ROWS,
    judged,
    predicted,
    rows,
    scope,
    seeds,
    simulated,
)
from verify.claims.max_margins import SEPARABLE
from verify.claims.proxy import KKT_ROUNDING, PROXY, kkt_error
from verify.claims.registry import Claim, Profile
from verify.compare import increments, misalignment, time_to_settle
from verify.evidence import Evidence
from verify.optimizers import optimizer
from verify.optimizers.epoch_map import epoch_map

# AdamProxy's starts that lead to the two attracting equilibria of the example with several.
STARTS = (np.zeros(2), np.array([-4.0, 4.0]))


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


def _several(profile: Profile, data: str = TWO_ROWS.name) -> Evidence:
    """Equilibria of the example, and AdamProxy from two starts."""
    limits = predicted(data, PROXY).limits
    attracting = [limit.direction for limit in limits if limit.stability == "attracting"]
    if len(attracting) < 2:
        return judged(False, data, f"{len(attracting)} attracting equilibrium of {len(limits)}")
    apart = misalignment(attracting[0], attracting[1])
    runs = [increments(rows(data), PROXY, 10**6, start=start).direction for start in STARTS]
    gaps = [[misalignment(run, direction) for direction in attracting] for run in runs]
    weights = "; ".join(
        f"c = ({limit.weights[0]:.4f}, {limit.weights[1]:.4f}) {limit.stability}" for limit in limits
    )
    return judged(
        {int(np.argmin(gap)) for gap in gaps} == {0, 1} and max(min(gap) for gap in gaps) < apart / 100,
        data,
        f"{weights}; the attracting directions are {np.degrees(np.sqrt(2 * apart)):.2f} degrees apart, and runs "
        f"from (0, 0) and (-4, 4) end within {max(min(gap) for gap in gaps) / apart:.0e} of that (in 1 - cos)",
    )


def _finite_beta2(profile: Profile, proxy: bool = False) -> Evidence:
    """Simulated increments of Adam at finite beta2 and several batch sizes against its own game."""
    worst, where, cases = 0.0, "", 0
    for beta2 in (Fraction(95, 100), Fraction(99, 100), Fraction(999, 1000)):
        for batch in (1, 2, 5):
            opt = optimizer("adam", beta2=beta2, batch_size=batch)
            limit = predicted(GAUSSIAN, opt).limits[0]
            run = simulated(GAUSSIAN, opt, 10**6, tau=time_to_settle(limit, rows(GAUSSIAN), opt))
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


CLAIMS = (
    Claim(
        id="game-fixed-point",
        title="Dual fixed points are the equilibria of the margin game",
        statement=r"$c$ is a dual fixed point iff $F_i(c) = \min_j F_j(c)$ wherever $c_i > 0$, with "
        r"$F_i(c) = x_i^\top U(c)$; and $\dot c_i = -c_i (F_i(c) - \sum_j c_j F_j(c))$ along the flow.",
        source="this project (the margin game)",
        hypotheses=(SEPARABLE,),
        checks=(_same_points, _replicator),
        false_variants={"M without the root": lambda profile: _same_points(profile, power=1.0)},
    ),
    Claim(
        id="fixed-point-not-unique",
        title="The dual fixed point need not be unique",
        statement=r"$X = [[3.01, 1], [1, 3]]$ has several dual fixed points, two of them attracting, with "
        r"different directions.",
        source="this project (the margin game)",
        checks=(_several,),
        false_variants={"on one Gaussian set": lambda profile: _several(profile, "gaussian:n=2,d=2,seed=0")},
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

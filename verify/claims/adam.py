"""Claim 12 and the false claims about Adam: what batches, beta2, eps and the start change."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from verify.claims.game import STARTS, from_starts
from verify.claims.instances import (
    GAUSSIAN,
    THREE_ROWS,
    TWO_ROWS,
    judged,
    margin,
    predicted,
    settled,
    simulated,
)
from verify.claims.max_margins import SEPARABLE
from verify.claims.proxy import PROXY
from verify.claims.registry import Claim, Profile
from verify.evidence import Evidence
from verify.margins import Norm
from verify.numbers.linear.angles import Vector, misalignment
from verify.optimizers import Optimizer, optimizer

STEPS = 10**6


def _run(batch_size: int | str, order: str = "cyclic") -> Vector:
    """Increments of Adam on the Gaussian set, with the step size that suits batch 1 in cyclic order."""
    opt = optimizer("adam", beta2=Fraction(99, 100), batch_size=batch_size, order=order)
    return settled(GAUSSIAN, opt, STEPS, optimizer("adam", beta2=Fraction(99, 100))).direction


def _figure(profile: Profile, norm: Norm = "linf") -> Evidence:
    """The paper's Gaussian experiment: distances to the l_inf direction and to the fixed point's."""
    linf = margin(GAUSSIAN, norm).unit()
    fixed_point = predicted(GAUSSIAN, PROXY).limits[0].direction
    to_linf = {batch: misalignment(_run(batch), linf) for batch in (1, 2, 5, "full")}
    batch_one = {order: _run(1, order) for order in ("cyclic", "reshuffle", "replacement")}
    to_fixed_point = {order: misalignment(run, fixed_point) for order, run in batch_one.items()}
    away = {order: misalignment(run, linf) for order, run in batch_one.items()}
    distances = list(to_linf.values())
    ok = (
        distances == sorted(distances, reverse=True)
        and distances[-1] < 1e-2 * distances[0]
        and all(to_fixed_point[order] < 1e-2 * away[order] for order in away)
    )
    return judged(
        ok,
        f"{GAUSSIAN}, beta2 = 0.99, {STEPS} steps",
        f"1 - cos to {norm}: " + ", ".join(f"batch {b} {gap:.1e}" for b, gap in to_linf.items())
        + "; to the fixed point, batch 1: " + ", ".join(f"{order} {gap:.1e}" for order, gap in to_fixed_point.items()),
    )  # fmt: skip


def _per_sample_goes_to(norm: Norm) -> Evidence:
    opt = optimizer("adam")
    limit = predicted(GAUSSIAN, opt).limits[0].direction
    run = settled(GAUSSIAN, opt, STEPS).direction
    target = margin(GAUSSIAN, norm).unit()
    gap, gap_run = misalignment(limit, target), misalignment(run, target)
    return judged(
        min(gap, gap_run) < 1e-6,
        GAUSSIAN,
        f"1 - cos to the {norm} max margin: game {gap:.4f}, increments of {STEPS} steps {gap_run:.4f}",
    )


def _unique(profile: Profile) -> Evidence:
    limits = predicted(TWO_ROWS.name, PROXY).limits
    return judged(
        len(limits) == 1,
        TWO_ROWS.name,
        f"{len(limits)} fixed points: "
        + ", ".join(f"c = ({limit.weights[0]:.4f}, {limit.weights[1]:.4f})" for limit in limits),
    )


def _proxy_at_beta2(profile: Profile) -> Evidence:
    opt = optimizer("adam", beta2=Fraction(9, 10))
    limit = predicted(GAUSSIAN, opt).limits[0]
    run = settled(GAUSSIAN, opt, STEPS).direction
    gap = misalignment(run, predicted(GAUSSIAN, PROXY).limits[0].direction)
    own = misalignment(run, limit.direction)
    return judged(
        gap < 1e-6,
        f"{GAUSSIAN}, {STEPS} steps",
        f"1 - cos of increments to AdamProxy's limit {gap:.1e}, to that of Adam's own game {own:.0e}",
    )


def _batch_invariant(profile: Profile) -> Evidence:
    one, five = (predicted(GAUSSIAN, optimizer("adam", batch_size=b)).limits[0].direction for b in (1, 5))
    runs = misalignment(_run(1), _run(5))
    return judged(
        runs < 1e-6,
        GAUSSIAN,
        f"1 - cos between batch 1 and batch 5: game {misalignment(one, five):.1e}, increments {runs:.1e}",
    )


def _eps_stays(profile: Profile) -> Evidence:
    """Full-batch Adam, eps = 1e-3, small constant step: the l2 direction in the end (Wang et al. 2022)."""
    opt = optimizer(
        "adam",
        beta2=Fraction(9, 10),
        batch_size="full",
        eps=Fraction(1, 10**3),
        lr=Fraction(1, 100),
        decay=Fraction(0),
    )
    linf, l2 = margin(GAUSSIAN, "linf").unit(), margin(GAUSSIAN, "l2").unit()

    def seen(variant: Optimizer) -> tuple[float, float]:
        run = simulated(GAUSSIAN, variant, STEPS).direction
        return misalignment(run, linf), misalignment(run, l2)

    with_eps, without = seen(opt), seen(replace(opt, eps=Fraction(0)))
    return judged(
        with_eps[0] < 10 * without[0],
        f"{GAUSSIAN}, full batch, eps = 1e-3, eta = 0.01, {STEPS} steps",
        f"1 - cos of increments to l_inf {with_eps[0]:.1e} and to l2 {with_eps[1]:.1e}; "
        f"with eps = 0, to l_inf {without[0]:.1e}",
    )


def _start_independent(profile: Profile) -> Evidence:
    gap = misalignment(*from_starts(PROXY))
    return judged(
        gap < 1e-6,
        THREE_ROWS.name,
        f"1 - cos between the increments from w_0 = {STARTS[0]} and {STARTS[1]}: {gap:.1e}",
    )


def _false(id: str, title: str, statement: str, check: object, source: str = "a false reading") -> Claim:
    return Claim(id, title, statement, source, (check,), {}, expected="fails")  # type: ignore[arg-type]


PLACE = 60
CLAIMS = (
    Claim(
        id="gaussian-figure",
        title="On Gaussian data batch-1 Adam goes to the fixed point, full-batch Adam to l_inf",
        statement=r"For $N=10$, $d=50$: batch-1 Adam in any order stays away from the $\ell_\infty$ direction and "
        r"goes to the fixed point's direction (for $\beta_2$ near 1); full-batch Adam goes to $\ell_\infty$; "
        r"on the figure's own data larger batches lie between, the larger the nearer to $\ell_\infty$ (not on all "
        r"Gaussian data: notes/properties.md).",
        source="arXiv 2510.26303, Figs 1, 3, 6 (as reconstructed from reviews)",
        hypotheses=(SEPARABLE,),
        checks=(_figure,),
        false_variants={"l2 for l_inf": lambda profile: _figure(profile, norm="l2")},
    ),
    _false(
        "false-per-sample-linf",
        "Per-sample Adam goes to the l_inf max margin",
        r"Per-sample Adam converges in direction to the $\ell_\infty$-max-margin classifier on all data.",
        lambda profile: _per_sample_goes_to("linf"),
        "what full-batch theory suggests (Zhang, Zou, Cao 2024); arXiv 2510.26303 refutes it",
    ),
    _false(
        "false-per-sample-l2",
        "Per-sample Adam goes to the l2 max margin on all data",
        r"Per-sample Adam converges in direction to the $\ell_2$-max-margin classifier on all data.",
        lambda profile: _per_sample_goes_to("l2"),
        "scaled-rademacher-l2 without its hypothesis",
    ),
    _false(
        "false-fixed-point-unique",
        "The dual fixed point is unique",
        r"On separable data with nonzero entries there is one dual fixed point.",
        _unique,
        "a reading of arXiv 2510.26303 ('the' fixed point)",
    ),
    _false(
        "false-proxy-at-beta2-0.9",
        "AdamProxy's direction is per-sample Adam's at beta2 = 0.9",
        r"At $\beta_2 = 0.9$ per-sample Adam and AdamProxy have the same limit direction.",
        _proxy_at_beta2,
        "proxy-direction without beta2 -> 1",
    ),
    _false(
        "false-adam-batch-invariant",
        "Adam's limit direction does not depend on the batch size",
        r"Adam's limit direction is the same for every batch size.",
        _batch_invariant,
    ),
    _false(
        "false-eps-stays-linf",
        "Full-batch Adam with eps > 0 stays at l_inf for ever",
        r"Full-batch Adam with $\varepsilon > 0$ converges in direction to the $\ell_\infty$ max margin.",
        _eps_stays,
        "full-batch-linf without eps = 0; Wang et al. 2022 refutes it",
    ),
    _false(
        "false-start-independent",
        "AdamProxy's direction does not depend on the start",
        r"AdamProxy's limit direction is the same from every $w_0$.",
        _start_independent,
    ),
)

"""Claims 3, 4 and 11: the max-margin classifiers that Adam and GD find."""

from __future__ import annotations

from fractions import Fraction

from verify.claims.instances import (
    GAUSSIAN,
    SMALL_GAUSSIAN,
    judged,
    margin,
    predicted,
    relative_margin,
    scope,
    seeds,
    settled,
    simulated,
)
from verify.claims.registry import Claim, Hypothesis, Profile
from verify.data import Dataset
from verify.data.facts import is_scaled_rademacher
from verify.data.separability import separate
from verify.evidence import Evidence
from verify.margins import Norm
from verify.numbers.linear.angles import misalignment
from verify.optimizers import optimizer

RADEMACHER = "scaled-rademacher:n=6,d=4"
BETAS = (
    (Fraction(1, 2), Fraction(1, 2)),
    (Fraction(9, 10), Fraction(9, 10)),
    (Fraction(0), Fraction(99, 100)),
)


def _scaled_rademacher(data: Dataset) -> str:
    return "" if is_scaled_rademacher(data) else f"{data.name} has a row with entries of different size"


def _separable(data: Dataset) -> str:
    return "" if separate(data)[0] is not None else f"{data.name} is not separable"


SCALED_RADEMACHER = Hypothesis(r"$|x_i[k]| = a_i > 0$ for all $k$", _scaled_rademacher)
SEPARABLE = Hypothesis(r"some $w$ has $x_i^\top w > 0$ for all $i$", _separable)


def _per_sample_l2(profile: Profile, norm: Norm = "l2") -> Evidence:
    """Equilibria of the game and simulated increments against the exact max-margin direction."""
    specs = seeds(RADEMACHER, profile)
    game, run = 0.0, 0.0
    for spec in specs:
        target = margin(spec, norm).unit()
        for beta1, beta2 in BETAS:
            opt = optimizer("adam", beta1=beta1, beta2=beta2)
            for limit in predicted(spec, opt).limits:
                game = max(game, misalignment(limit.direction, target))
            run = max(run, misalignment(settled(spec, opt, 300_000).direction, target))
    # Newton's method leaves 1e-13 or so in the direction, hence 1e-24 in 1 - cos; a run of step size eta
    # leaves about (eta N ||x||_1)^2, 1e-5 at the coarsest step size that the run may take.
    return judged(
        game < 1e-18 and run < 1e-5,
        f"{scope(specs)}; (beta1, beta2) = (1/2, 1/2), (0.9, 0.9), (0, 0.99)",
        f"1 - cos to the {norm} max margin: game {game:.0e}, increments {run:.0e}",
    )


def _shortfalls(specs: list[str], batch_size: int | str) -> list[tuple[float, float]]:
    """The shortfall of the l_inf margin of w_T, relative to the largest, at T and at 16 T."""
    opt = optimizer("adam", beta2=Fraction(9, 10), batch_size=batch_size)
    found = []
    for spec in specs:
        early, late = (
            relative_margin(spec, simulated(spec, opt, steps).weights) for steps in (20_000, 320_000)
        )
        found.append((1 - early, 1 - late))
    return found


def _full_batch_linf(profile: Profile, batch_size: int | str = "full") -> Evidence:
    """The margin of w_t falls short of gamma_inf by O(log N / tau); 16 times the steps are 4 times the time."""
    specs = [GAUSSIAN, *seeds(RADEMACHER, profile)]
    found = _shortfalls(specs, batch_size)
    slowest = max(late / early for early, late in found)
    return judged(
        slowest < 0.5,  # 1/4 expected; a limit short of gamma_inf gives 1
        f"{scope(specs)}; beta = (0.9, 0.9), 320,000 steps",
        f"l_inf margin short by {max(late for _, late in found):.1e}; 4 times the time leaves "
        f"{slowest:.2f} of the shortfall",
    )


def _gd_l2(profile: Profile, norm: Norm = "l2") -> Evidence:
    """GD, SGD and normalized GD: w_t / ||w_t|| errs by O(1/log t), so the test is that the error falls."""
    steps = {"quick": 10**6, "standard": 4 * 10**6, "thorough": 10**8}[profile]
    spec, target, seen, ok = SMALL_GAUSSIAN, margin(SMALL_GAUSSIAN, norm).unit(), [], True
    for batch, order in (("full", "cyclic"), (1, "cyclic"), (1, "reshuffle"), (2, "replacement")):
        opt = optimizer("gd", batch_size=batch, order=order, lr=Fraction(1, 20), decay=Fraction(0))
        early, late = (misalignment(simulated(spec, opt, t).direction, target) for t in (steps // 100, steps))
        ok = ok and late < early / 4 and late < 1e-3
        seen.append(f"batch {batch} {order} {late:.0e}")
    return judged(
        ok, f"{spec}, {steps} steps", "1 - cos of increments to the l2 max margin: " + ", ".join(seen)
    )


PLACE = 30
CLAIMS = (
    Claim(
        id="scaled-rademacher-l2",
        title="Per-sample Adam goes to the l2 max margin on scaled-Rademacher data",
        statement=r"If $|x_i[k]| = a_i$ for all $k$, per-sample Adam converges in direction to the "
        r"$\ell_2$-max-margin classifier, for all $\beta_1 \le \beta_2$.",
        source="arXiv 2510.26303, abstract; Cor. 3.2, Thm 3.3 (as reconstructed from reviews)",
        hypotheses=(SEPARABLE, SCALED_RADEMACHER),
        derivations=("scaled-rademacher",),
        checks=(_per_sample_l2,),
        false_variants={"l_inf instead": lambda profile: _per_sample_l2(profile, norm="linf")},
    ),
    Claim(
        id="full-batch-linf",
        title="Full-batch Adam goes to the l_inf max margin",
        statement=r"Full-batch Adam's $w_t$ has $\min_i x_i^\top w_t / \|w_t\|_\infty \to \gamma_\infty$.",
        source="arXiv 2510.26303, abstract; Zhang, Zou, Cao 2024",
        hypotheses=(SEPARABLE,),
        checks=(_full_batch_linf,),
        false_variants={"per-sample Adam too": lambda profile: _full_batch_linf(profile, batch_size=1)},
    ),
    Claim(
        id="gd-l2",
        title="GD and SGD go to the l2 max margin at any batch size",
        statement=r"GD, and SGD with any batch size and order of samples, converge in direction to the "
        r"$\ell_2$-max-margin classifier.",
        source="Soudry et al. 2018; Nacson, Srebro, Soudry 2019",
        hypotheses=(SEPARABLE,),
        checks=(_gd_l2,),
        false_variants={"l_inf instead": lambda profile: _gd_l2(profile, norm="linf")},
    ),
)

"""False: full-batch Adam with eps > 0 stays at l_inf for ever."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from properties import Case, Confirmed, Judgement, known_false, named, trial
from verify.claims.hypotheses import SEPARABLE
from verify.claims.instances import GAUSSIAN, on
from verify.claims.judges.certified import above, margin, most_margin, share_of
from verify.claims.judges.reached import reaches_linf, small
from verify.claims.judges.runs import BALL_STEPS, LONG, certified_run, long_run
from verify.evidence import Verdict
from verify.numbers.linear.angles import misalignment
from verify.optimizers import optimizer
from verify.optimizers.increments import increments

# The step is constant and small (Wang et al. 2022), so that the moments follow the gradient.
WITH_EPS = optimizer("adam", beta2=Fraction(9, 10), batch_size="full", eps=Fraction(1), decay=Fraction(0))


@st.composite
def with_eps(draw: DrawFn) -> Case:
    """Full-batch Adam with eps."""
    eps = Fraction(1, 10 ** draw(st.integers(0, 2)))
    return Case(draw(small((1, 3), (1, 3))), replace(WITH_EPS, eps=eps))


def without_eps(case: Case) -> Judgement:
    """At eps = 0 and steps that vanish it does."""
    return reaches_linf(
        replace(case, optimizer=replace(case.optimizer, eps=Fraction(0), decay=Fraction(1, 2)))
    )


def eps_short(case: Case, found: Confirmed) -> None:
    """The increments of a run in balls fall short of the l_inf max margin, and long ones go to the l2 maximizer."""
    largest = margin(case.data, "linf", found)
    late, r = certified_run("iterate", case, found)
    early, s = certified_run("iterate-at-half", case, found, BALL_STEPS // 2)
    moved = tuple(a - b for a, b in zip(late, early, strict=True))
    room = tuple(a + b for a, b in zip(r, s, strict=True))
    share = share_of(largest, most_margin(case.data.rows, moved, room, "linf"))
    found.add(
        Verdict.CERTIFIED, named(case.optimizer, case.data) + f", eps = {case.optimizer.eps}",
        f"the l_inf margin of w_{BALL_STEPS} - w_{BALL_STEPS // 2} is less than {above(share)} of the largest "
        "(of later steps this says nothing)",
    )  # fmt: skip
    long_run(case, found)
    l2 = margin(case.data, "l2", found).unit()
    seen = [misalignment(increments(case.X, case.optimizer, t).direction, l2) for t in (LONG // 100, LONG)]
    found.add(
        Verdict.MEASURED, case.data.name,
        f"1 - cos of the increments to the l2 maximizer: {seen[0]:.0e} and {seen[1]:.0e} after {LONG // 100} and "
        f"{LONG} steps, where Wang et al. 2022 say that they go",
    )  # fmt: skip


PLACE = 26
CLAIM = known_false(
    "false-eps-stays-linf",
    "Full-batch Adam with eps > 0 stays at l_inf for ever",
    r"Full-batch Adam with $\varepsilon > 0$ converges in direction to the $\ell_\infty$ max margin.",
    "full-batch-linf without eps = 0; Wang et al. 2022 refutes it",
    trial("eps-stays-linf", with_eps(), reaches_linf, true={"at eps = 0": without_eps},
          named=on(GAUSSIAN, opts=(replace(WITH_EPS, eps=Fraction(1, 10)),)), confirm=eps_short),
    hypotheses=(SEPARABLE,),
)  # fmt: skip

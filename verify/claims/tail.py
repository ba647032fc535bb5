"""A rule that scales with its gradient only where that vanishes: its tail takes over, and goes to l2."""

from __future__ import annotations

from fractions import Fraction
from functools import partial

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from properties import Case, Judgement, clause, stated, trial, within, worst
from properties.strategies import separable
from verify.claims.hypotheses import BETAS, CONVERGE, SEPARABLE
from verify.claims.instances import SMALL_GAUSSIAN, on
from verify.derive.hypotheses import words
from verify.margins import max_margin
from verify.numbers.formula import evaluate
from verify.numbers.linear.angles import misalignment
from verify.numbers.systems.balls import BALLS, ball, bounds, precision
from verify.optimizers import optimizer
from verify.optimizers.increments import increments
from verify.optimizers.tail import EPSILON, in_the_long_run, tail_of

VANISH = words("the loss goes to zero, so that gradients vanish")

# Gradients of this size, at which an update differs from its tail by that over eps at most, up to a factor.
SMALL, BITS = Fraction(1, 1 << 60), 400
STEPS = 200_000


def tends(case: Case, factor: int = 1) -> Judgement:
    """At small gradients the update is that of the tail, with eps as it is."""
    whole, tail = in_the_long_run(case.optimizer), tail_of(case.optimizer)
    found = []
    with precision(BITS):
        for entry in case.data.rows[0]:
            given = {
                "g": SMALL * entry,
                "seen": SMALL * abs(entry),
                **dict.fromkeys(("eps", "inside", "w", "eta"), Fraction(0)),
            }
            given |= {
                s.name: SMALL ** int(s.degree) * (abs(entry) if s.degree == 2 else entry)
                for s in whole.rule.states
            }
            at = {name: ball(value) for name, value in (whole.values | given).items()}
            off = at | (
                {EPSILON: ball(factor) * at[EPSILON]} if EPSILON in at else {"g": ball(factor) * at["g"]}
            )
            (exact,), (lead,) = (
                evaluate([rule.program.update], inputs, BALLS)
                for rule, inputs in ((whole.rule, at), (tail.rule, off))
            )
            gap = float(bounds(abs(exact / lead - 1))[1])
            found.append(within(gap, 1e-9, "relative distance of the update from its tail"))
    return worst(found)


def nears(case: Case, norm: str = "l2") -> Judgement:
    """Increments of runs come nearer and nearer to the l2 max margin."""
    target = max_margin(case.data, norm).unit()  # type: ignore[arg-type]
    early, late = (
        misalignment(increments(case.X, case.optimizer, steps).direction, target)
        for steps in (STEPS // 100, STEPS)
    )
    return within(
        late, early / 2, f"1 - cos of late increments to the {norm} direction, over that of early ones"
    )


RULES = [
    *(optimizer(name, eps=Fraction(1, 100)) for name in ("adam", "nadam", "rmsprop", "adam-abs")),
    optimizer("adam", eps=Fraction(1, 100), eps_place="inside"),
    optimizer("clipped"),
    optimizer("norm-clipped"),
]


@st.composite
def with_tails(draw: DrawFn) -> Case:
    """A rule that has a tail, and a row for its gradients."""
    return Case(draw(separable((1, 1), (1, 3))), draw(st.sampled_from(RULES)))


PLACE = 19
SLOWLY = [
    optimizer("adam", batch_size="full", beta2="9/10", eps=Fraction(1), decay=Fraction(0)),
    optimizer("clipped", decay=Fraction(0)),
]
CLAIM = stated(
    "tail",
    "Where gradients vanish the tail of a rule plays in its place",
    "this project; for Adam with eps: Wang et al. 2022",
    clause(
        r"As gradients vanish the update tends to $R_0 = \lim \lambda^{-p} R(\lambda\,\cdot)$: for Adam with "
        r"$\varepsilon > 0$ to $m/\varepsilon$, for soft-clipped GD to $g$.",
        BETAS,
        trial("updates-tend-to-tails", with_tails(), tends, {"twice eps, or twice g": partial(tends, factor=2)}),
        chains=("tail",),
    ),
    clause(
        r"So both go to the $\ell_2$ max margin.",
        (SEPARABLE, VANISH, CONVERGE),
        trial("tails-near-l2", None, nears, {"l_inf": partial(nears, norm="linf")},
              named=on(SMALL_GAUSSIAN, opts=SLOWLY)),
    ),
)  # fmt: skip

"""False: Adam's limit direction does not depend on the batch size."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from properties import Case, Confirmed, Judgement, dataset, known_false, trial, within
from verify.claims.hypotheses import SEPARABLE
from verify.claims.instances import GAUSSIAN, on
from verify.claims.judges.certified import equilibria, margin, tell_apart
from verify.claims.judges.cycles import SAME_DIRECTION
from verify.claims.judges.reached import NOT_REACHED, reached, same_direction, small
from verify.claims.judges.runs import held, long_run, most
from verify.evidence import Verdict
from verify.margins import max_margin
from verify.numbers.linear.angles import misalignment
from verify.optimizers import optimizer


def batch_does_not_matter(case: Case) -> Judgement:
    """A full batch goes to the l_inf maximizer, if there is one only: its game is that of sign descent."""
    what = f"1 - cos between the limits with batch 1 and batch {case.optimizer.batch_size}"
    one = reached(case.data, replace(case.optimizer, batch_size=1))
    if not case.optimizer.full_batch(case.data.n):
        return same_direction((one, reached(case.data, case.optimizer)), what)
    linf = max_margin(case.data, "linf")
    if one is None or not linf.unique:
        return NOT_REACHED
    return within(misalignment(one.drift, linf.unit()), SAME_DIRECTION, what)


def one_sample(case: Case) -> Judgement:
    """If all samples are the first one it does not."""
    return batch_does_not_matter(replace(case, data=dataset([case.data.rows[0]] * case.data.n)))


@st.composite
def with_batches(draw: DrawFn) -> Case:
    """Adam with batches of two or more."""
    data = draw(small((2, 3), (1, 3)))
    return Case(data, optimizer("adam", batch_size=draw(st.integers(2, data.n))))


def batches_differ(case: Case, found: Confirmed) -> None:
    """Batch 1 and the case's batch size have no limit direction in common."""
    single = replace(case.optimizer, batch_size=1)
    one, first = equilibria(case.data, single, "batch-1", found)
    size = case.optimizer.batch_size
    if not case.optimizer.full_batch(case.data.n):
        other, second = equilibria(case.data, case.optimizer, f"batch-{size}", found)
        tell_apart(first, second, case, found)
        held(other, found)
    else:  # the game of sign descent: its limit is the l_inf maximizer
        found.add(
            Verdict.CERTIFIED,
            case.data.name,
            "the limits of the full batch's game are the l_inf maximizers; with batch 1 the margin is less than "
            f"{most(first, margin(case.data, 'linf', found))} of theirs",
        )
        long_run(case, found, short=False)
    held(one, found)


PLACE = 25
CLAIM = known_false(
    "false-adam-batch-invariant",
    "Adam's limit direction does not depend on the batch size",
    r"Adam's limit direction is the same for every batch size.",
    "a false reading",
    trial("adam-batch-invariant", with_batches(), batch_does_not_matter,
          true={"of one sample repeated": one_sample},
          named=on(GAUSSIAN, opts=(optimizer("adam", beta2=Fraction(9, 10), batch_size=5),)),
          confirm=batches_differ),
    hypotheses=(SEPARABLE,),
)  # fmt: skip

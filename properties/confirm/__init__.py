"""Verifying a hit again, in exact and ball arithmetic, with certificates for ``marginproof check``.

What is certified is what the certificates say: the equilibria of the margin game, max margins, and where a
run is after so many steps. That an optimizer converges to an equilibrium of its game is theory; no finite run
certifies a limit, so what longer runs show is called measured.
"""

from __future__ import annotations

from collections.abc import Callable

from properties.certified import Confirmed
from properties.confirm.limits import (
    batches_differ,
    goes_elsewhere,
    iteration_goes_on,
    no_common_limit,
    several,
    starts_differ,
)
from properties.confirm.margins import eps_short, shorter, signum_short
from properties.property import Case
from verify.errors import BadInput, Undecided
from verify.evidence import Verdict
from verify.margins.certify import separability_certificate


def confirm(case: Case, claim: str) -> Confirmed:
    """Verify that the case breaks the claim; what cannot be told is undecided evidence, never an error."""
    found = Confirmed()
    try:
        separable = separability_certificate(case.data)
        found.certify(separable["claim"]["kind"], separable, case.data)
        if claim in STEPS:
            STEPS[claim](case, found)
    except (Undecided, BadInput) as reason:
        found.add(Verdict.UNDECIDED, case.data.name, f"not certified: {reason}")
    return found


STEPS: dict[str, Callable[[Case, Confirmed], None]] = {
    "false-per-sample-linf": shorter("linf"),
    "false-per-sample-l2": shorter("l2"),
    "false-fixed-point-unique": several,
    "false-signum-fixed-beta": signum_short,
    "false-proxy-at-beta2-0.9": no_common_limit,
    "false-adam-batch-invariant": batches_differ,
    "false-eps-stays-linf": eps_short,
    "false-start-independent": starts_differ,
    "false-iteration-converges": iteration_goes_on,
    "false-limit-is-fixed-point": goes_elsewhere,
}

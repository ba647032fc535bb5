"""Whether a list of equilibria is complete: that is for the independent checker to say."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from verify.certificate import check_document
from verify.certificate.complete import SEARCH_BITS
from verify.certificate.field import game_of
from verify.certificate.kinds.arrival import is_ratio
from verify.certificate.monotone import is_proxy, one_at_most
from verify.data.dataset import Dataset
from verify.errors import BadInput, Undecided
from verify.evidence import Verdict
from verify.game.margins import Margins
from verify.game.result import Limit
from verify.game.smooth.certify import equilibria_certificate, game_fields, game_read
from verify.game.smooth.dominance import Dominated, dominated
from verify.game.smooth.merging import merged
from verify.game.smooth.search import FEW
from verify.margins import Margin
from verify.numbers.systems.balls import precision
from verify.optimizers.optimizer import Optimizer

# To tell which rows may be support vectors takes 3 ms a row, and to check a list some microseconds for each row, step
# of an epoch and feature: with more than this in the product it is not tried.
MANY = 200_000
# The most rows that may be left when dominated ones are set aside: on four rows in three dimensions the search for
# other equilibria ends, more often than not, without an answer after half a minute.
LEFT = 3


def never_support(data: Dataset, opt: Optimizer, ask: bool) -> tuple[Dominated, ...] | None:
    """Rows that no equilibrium gives weight, if that can be shown of all but a few, else None; of many rows nothing
    is shown unless ``ask``."""
    if data.n <= FEW:
        return ()
    return dominated(data, LEFT) if ask and data.n * opt.steps_per_epoch(data.n) * data.d <= MANY else None


def costs_positive(data: Dataset, opt: Optimizer, known: Margins) -> bool:
    """Whether every equilibrium is shown to have a positive cost, as proofs of dominance need. That is known of
    AdamProxy, and of m/sqrt(v) by single samples where v forgets slowly."""
    try:
        rule = game_read(game_fields(data, opt))["rule"]
    except BadInput:
        return False
    if is_ratio(rule):
        return opt.batch(data.n) == 1 and forgets_slowly(known.of("linf"), opt.beta2)
    return is_proxy(rule) and opt.full_batch(data.n)


def forgets_slowly(best: Margin, beta2: Fraction) -> bool:
    """Whether beta2^(-(N-1)/2) < 1 + gamma_inf/(sqrt N R), R = max ||x_i||_1; decided exactly. What follows from it is
    in the derivation positive-cost."""
    rows, n = best.data.rows, best.data.n
    share = best.value / max(sum(map(abs, row)) for row in rows)
    # With s = share/sqrt N that is beta2^-(N-1) < (1 + s)^2, or beta2^-(N-1) - 1 - s^2 < 2 s; squared it has no root.
    rest = 1 / beta2 ** (n - 1) - 1 - share**2 / n
    return bool(share > 0 and (rest < 0 or rest**2 < 4 * share**2 / n))


def strictly_monotone(data: Dataset, opt: Optimizer) -> bool:
    """Whether the checker's condition under which there is one equilibrium at most is met."""
    if opt.rule.states or opt.rule.reads != "squares":
        return False
    with precision(SEARCH_BITS):
        return one_at_most(data.rows, game_of(game_read(game_fields(data, opt)), data))


def whether_all(
    data: Dataset, opt: Optimizer, limits: Sequence[Limit], spare: Sequence[Dominated]
) -> tuple[bool, str]:
    """Whether the checker accepts that there are no more equilibria, where rows ``spare`` never have weight; and if
    not, why."""
    if not limits:
        return False, ""
    if any(limit.evidence is not Verdict.CERTIFIED for limit in limits):
        return False, "not decided whether these are all: one of them is not certified"
    try:
        weights = [limit.weights.tolist() for limit in limits]
        if not spare:  # proofs of dominance name rows by number
            data, weights = merged(data, opt, weights)
        if not all(x for row in data.rows for x in row):
            raise Undecided("some entries are 0")
        document = equilibria_certificate(data, opt, weights, dominated=spare)
    except (BadInput, Undecided) as reason:
        return False, f"not decided whether these are all: {reason}"
    checked = check_document(document)
    return checked.valid, "" if checked.valid else f"not decided whether these are all: {checked.why}"

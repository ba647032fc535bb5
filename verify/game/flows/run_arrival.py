"""Which limit the run itself goes to, with the steps that were asked for: proposed here, decided by the checker.

A region about the equilibrium holds iterates whose steps are small enough (`verify.certificate.basin`). It is sought
from wide ones on; then the run is enclosed in balls until it is inside, at a step from which the region holds it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np

from verify.certificate.basin import Hold, hold, place
from verify.certificate.data import Data
from verify.certificate.field import costs, game_of
from verify.certificate.kinds.arrival import is_logistic, is_ratio, step_and_error
from verify.certificate.program import read_lines
from verify.certificate.refusal import Refused
from verify.certificate.writing import Document, certificate, spell
from verify.data.dataset import Dataset
from verify.errors import BadInput, Undecided
from verify.game.result import Limit
from verify.game.smooth.certify import enclose, game_fields, game_read
from verify.numbers.systems.balls import BALLS, ball, precision
from verify.optimizers.carried import carried_weight
from verify.optimizers.optimizer import Optimizer
from verify.problem.interpreted import interpreted

# Regions are tried with rho = 2^-h and e = rho/FACTOR^a, where h + a is small first. Half of kappa rho is left to steps
# and errors.
HALVINGS, ATTEMPTS, FACTOR = 12, 7, 4
# Bits of the equilibrium's box; of the region; and of the run, more where these do not tell.
BOX, BITS, RUN_BITS = 100, 128, (128, 512)
# Lines of programs of all coordinates and rows that a run may take, some two seconds; and how much later it is looked
# at again.
WORK, LATER = 250_000, Fraction(5, 4)


def arrival_certificate(
    data: Dataset,
    opt: Optimizer,
    start: Sequence[Fraction],
    limit: Limit,
    progress: Callable[[int], None] = lambda step: None,
) -> Document:
    """The proof that the run from ``start`` goes to this limit, for the checker. Raises BadInput for what the format
    has no words for, Undecided, saying why, where the run does not come to a region that holds it in its time."""
    require_run(data, opt)
    game = game_fields(data, opt)
    known_rule = not opt.rule.states and opt.full_batch(data.n)
    if not known_rule and not (is_ratio(game_read(game)["rule"]) and opt.batch(data.n) == 1):
        raise BadInput("of rules with memory, or by batches, it knows Adam by single samples only")
    claim = game | enclose(data, game_read(game), limit.weights.tolist(), BOX)
    claim |= {"loss": carried_weight(opt.loss), "lr": opt.lr, "decay": opt.decay, "start": list(start)}
    known, logistic = Data.read(spell(data.carried)), is_logistic(_read(claim)["loss"])
    claim, held = _region(known, claim, logistic)
    most = WORK // (data.d * (len(claim["rule"]["program"]) + 2 * opt.batch(data.n)))
    first = _holding(known, claim, held, most)
    for bits in RUN_BITS:
        try:
            arrived = _arrived(data, opt, known, claim, first, most, bits, progress)
        except Undecided as reason:
            why = str(reason)
            continue
        if arrived is None:
            raise Undecided(f"the run is not in a region that holds it after {most} steps")
        return certificate(data.carried, "arrival", claim | {"steps": arrived}, {"bits": bits})
    raise Undecided(why)


def require_run(data: Dataset, opt: Optimizer) -> None:
    """Raise BadInput for a run whose game may have certificates, but none that says where the run goes."""
    if opt.scheduled or data.classes is not None:
        raise BadInput("schedules and several classes are not in it")
    if not 0 < opt.decay <= 1:
        raise BadInput(f"decay={opt.decay}: the steps have to tend to 0")


def _read(claim: dict[str, Any]) -> dict[str, Any]:
    """The claim as the checker reads it."""
    return game_read(claim) | {"loss": read_lines(spell(claim["loss"]), "loss")}


def _region(known: Data, claim: dict[str, Any], logistic: bool) -> tuple[dict[str, Any], Hold]:
    """The claim with a metric, rho and e for which the region holds a flow with half its strength left."""
    claim = claim | {"metric": _metric(known, claim)}
    why = ""
    with precision(BITS):
        for halving, attempt in sorted(product(range(HALVINGS), range(ATTEMPTS)), key=sum):
            rho = Fraction(1, 2**halving)
            wider = claim | {"rho": rho, "late": rho / FACTOR**attempt}
            try:
                held = hold(known, game_of(_read(wider), known), _read(wider), logistic, ball(0))
            except (Refused, Undecided, ZeroDivisionError) as reason:
                why = str(reason)
                continue
            if held.push * 2 < held.kappa * ball(rho):
                return wider, held
            contracts = bool(held.kappa > 0)
            why = (
                "what is off the support pushes the run out"
                if contracts
                else "the flow does not contract there"
            )
    raise Undecided(f"no region is found that holds a run: {why}")


def _metric(known: Data, claim: dict[str, Any]) -> list[list[Fraction]]:
    """A float A in which the Jacobian of the flow at the equilibrium is diagonal, but for complex pairs; |A^-1| = 1."""
    support = [i for i, c in enumerate(claim["center"]) if c]
    first, *others = support
    if not others:
        return []
    with precision(BITS):
        at = costs(
            game_of(_read(claim), known), known.rows, [ball(c) for c in claim["center"]], support
        ).slopes
        slopes = [
            [-float((at[i][l] - at[first][l]) * ball(claim["center"][l])) for l in others] for i in others
        ]
    values, vectors = np.linalg.eig(np.array(slopes))
    basis = np.array(
        [v.real if value.imag >= 0 else v.imag for value, v in zip(values, vectors.T, strict=True)]
    ).T
    try:
        A = np.linalg.inv(basis) * np.linalg.norm(basis, 2)
    except np.linalg.LinAlgError:
        raise Undecided("the Jacobian's eigenvectors at the equilibrium") from None
    return [[Fraction(float(a)) for a in row] for row in A]


def _holding(known: Data, claim: dict[str, Any], held: Hold, most: int) -> int:
    """A step, of whole epochs, from which on the region holds the run, not far from the first one that there is."""
    read = _read(claim)
    epoch = known.n if read["rule"].states else 1
    last = most // epoch * epoch
    if why := _too_long(known, read, held, last):
        raise Undecided(f"{why}, up to step {last}")
    steps = epoch
    while steps < last and _too_long(known, read, held, steps):
        steps = _later(steps, epoch)
    return min(steps, last)


def _too_long(known: Data, read: dict[str, Any], held: Hold, steps: int) -> str:
    """Why the region does not hold a run from this step on, "" if it does."""
    with precision(BITS):
        try:
            eta, delta = step_and_error(known, read | {"steps": steps})
            if delta > 0:  # the region's margins have to grow whatever errors do
                hold(known, game_of(read, known), read, is_logistic(read["loss"]), delta)
        except (Refused, Undecided) as reason:
            return getattr(reason, "why", str(reason))
        return "" if held.lacks(read["rho"], eta, delta) < 0 else "the steps are too long for the region"


def _later(steps: int, epoch: int) -> int:
    return -(-int(steps * LATER + 1) // epoch) * epoch


def _arrived(
    data: Dataset,
    opt: Optimizer,
    known: Data,
    claim: dict[str, Any],
    first: int,
    most: int,
    bits: int,
    progress: Callable[[int], None],
) -> int | None:
    """The first step looked at in which the run is in the region. Raises Undecided where balls grow too wide."""
    epoch = data.n if claim["rule"]["states"] else 1
    looks = [first]
    while (later := _later(looks[-1], epoch)) <= most:
        looks.append(later)
    with precision(bits):
        for seen in interpreted(data.rows, opt, looks, BALLS, start=claim["start"], progress=progress):
            distance, falling = place(known, claim, seen.w)
            if distance < ball(claim["rho"]) and all(late < ball(claim["late"]) for late in falling):
                return seen.step
    return None

"""The one place where a limit's word becomes *certified*: by a certificate that the independent checker accepted.

Engines decide limits in rationals or balls of their own. What certificates have no words for keeps the word below.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from verify.certificate import check_document
from verify.certificate.effort import UNITS
from verify.certificate.field import game_of, work
from verify.certificate.writing import Document
from verify.errors import BadInput, Undecided
from verify.evidence import Verdict
from verify.game import linear
from verify.game.logit.box import box_certificate
from verify.game.logit.certify import logit_certificate
from verify.game.logit.orbit import orbit_certificate
from verify.game.margins import Margins
from verify.game.result import Limit, Prediction
from verify.game.signs.certify import signs_certificate
from verify.game.signs.moves import plays_sign
from verify.game.smooth.certify import equilibria_certificate, game_fields, game_read, levels_certificate
from verify.game.smooth.completeness import never_support
from verify.game.waves.certify import waves_certificate
from verify.margins import Norm
from verify.margins.certify import margin_certificate
from verify.optimizers.tail import in_the_long_run

# Bits of a box's radius, and what a direction to so many decimals takes: log2(10) a digit, and a margin for what U
# makes of the box. (Directions are known to within 1e-27 at 100 bits on iris, wine and Gaussian 10 x 50.)
BITS, MORE = 100, 30
# Evaluations of the costs with derivatives that Newton's method and the checker make, at the least.
EVALUATIONS = 8


def proved(found: Prediction, known: Margins) -> Prediction:
    """The prediction, in which a limit is called certified only if the checker accepts a certificate of it; the note of
    another says why there is none."""
    limits = tuple(_proved(found, limit, known) for limit in found.limits)
    reached = found.from_start
    if reached is Verdict.CERTIFIED and (
        found.enclosed_steps is not None or limits[0].evidence is not reached
    ):
        reached = Verdict.MEASURED  # there is no kind of certificate for where a flow goes
    return replace(found, limits=limits, from_start=reached)


def _proved(found: Prediction, limit: Limit, known: Margins) -> Limit:
    if limit.evidence is not Verdict.CERTIFIED:
        return limit
    try:
        claim = accepted(document_of(found, [limit], known))["claim"]
        require_digits(limit, claim)
    except (BadInput, Undecided) as reason:
        return replace(limit.noted(f"no certificate: {reason}"), evidence=Verdict.MEASURED)
    return limit


def require_digits(limit: Limit, claim: Document) -> None:
    """Raise Undecided unless the claim's enclosure of the direction, where it has one, bears the limit's digits."""
    kinds = {"stability": "points", "levels": "points", "logit": "points", "orbit": "points", "wave": "waves"}
    point = claim[kinds[claim["kind"]]][0] if claim["kind"] in kinds else None
    point = claim if claim["kind"] == "box-minimum" else point
    if point is None or limit.radius is None:
        return
    radius, gaps = Fraction(point["direction_radius"]), list[Fraction]()
    for k, text in enumerate(point["direction"]):
        gaps.append(Fraction(text) - Fraction(float(limit.direction[k])))
        if limit.decimals:
            unit = Fraction(1, 10 ** len(limit.decimals[k].partition(".")[2]))
            if abs(Fraction(text) - Fraction(limit.decimals[k])) + radius >= unit:
                raise Undecided("the direction to that many digits")
    if sum(gap * gap for gap in gaps) > (Fraction(limit.radius) + radius) ** 2:
        raise Undecided("the direction within its radius")


def prediction_certificate(found: Prediction, known: Margins) -> Document:
    """One document about all certified limits, and that there are no others where that is proved. Raises BadInput, in
    one line that says why, where there is none."""
    certified = [limit for limit in found.limits if limit.evidence is Verdict.CERTIFIED]
    if not certified:
        notes = "; ".join(filter(None, (*(limit.note for limit in found.limits), found.note)))
        raise BadInput(f"certificate: no limit is certified{f': {notes}' if notes else ''}")
    why: Exception | None = None
    for complete in (True, False) if found.complete and len(certified) == len(found.limits) else (False,):
        try:
            return accepted(document_of(found, certified, known, complete))
        except (BadInput, Undecided) as reason:
            why = why or reason
    raise BadInput(f"certificate: the checker does not accept one: {why}")


def accepted(document: Document) -> Document:
    """The document, if the checker accepts it. Raises Undecided, naming the obligation, if not."""
    checked = check_document(document)
    if not checked.valid:
        raise Undecided(f"{checked.obligation}: {checked.why}")
    return document


def document_of(
    found: Prediction, limits: Sequence[Limit], known: Margins, complete: bool = False
) -> Document:
    """What a certificate says of these limits: the max margin where that is the limit; points of a game of signs; else
    equilibria in boxes, with their stability. Raises BadInput where there is no such kind, Undecided where Newton's
    method does not settle or the checker would take too long."""
    data, opt = found.dataset, found.plays
    points = [dict(limit.point) for limit in limits if limit.point is not None]
    if opt.weight_decay and not opt.decay:
        return orbit_certificate(data, opt, points)
    if all(limit.growth is not None for limit in limits):
        return waves_certificate(data, opt, points)
    if opt.weight_decay and plays_sign(in_the_long_run(opt), data.n):
        return box_certificate(data, opt, points[0])
    if opt.weight_decay:
        return logit_certificate(data, opt, points, complete)
    norm: Norm | None = "l2" if linear.takes(opt, data.n) else "linf" if plays_sign(opt, data.n) else None
    if norm == "l2" or (norm == "linf" and known.of("linf").unique):
        return margin_certificate(known.of(norm))
    if len(points) == len(limits):
        return signs_certificate(data, opt, points)
    game = game_of(game_read(game_fields(data, opt)), data)
    for limit in limits:
        size = len(limit.support)
        busy = len({i // opt.batch(data.n) for i in limit.support})
        if EVALUATIONS * work(game, data.d, data.n, busy, size) > UNITS:
            raise Undecided(f"with {size} rows in the support it would take the checker too long")
    digits = max((len(text) for limit in limits for text in limit.decimals), default=0)
    bits = max(BITS, 10 * digits // 3 + MORE)
    if any(limit.levels for limit in limits):
        if any(limit.stability != "attracting" for limit in limits):
            raise Undecided("of levels certificates say only which attract")
        return levels_certificate(data, opt, limits, bits)
    return equilibria_certificate(
        data,
        opt,
        [limit.weights.tolist() for limit in limits],
        bits=bits,
        dominated=(never_support(data, opt, True) or ()) if complete else (),
        complete=complete,
        stability=[limit.stability for limit in limits],
    )

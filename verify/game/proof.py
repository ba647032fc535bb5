"""The certificate of what a prediction calls certified, accepted by the independent checker before it is handed out."""

from __future__ import annotations

from collections.abc import Sequence

from verify.certificate import check_document
from verify.certificate.writing import Document
from verify.data.dataset import Dataset
from verify.errors import BadInput, Undecided
from verify.evidence import Verdict
from verify.game import linear
from verify.game.margins import Margins
from verify.game.result import Prediction
from verify.game.signs.moves import plays_sign
from verify.game.smooth.certify import equilibria_certificate, game_fields
from verify.game.smooth.completeness import never_support
from verify.game.smooth.dominance import Dominated
from verify.margins.certify import margin_certificate
from verify.optimizers.optimizer import Optimizer


def prediction_certificate(found: Prediction, known: Margins) -> Document:
    """One document about all certified limits.

    Where the limit is a max margin, that of the margin; else ``equilibria``: all there are where the prediction is
    complete, and those that are certified where it is not. Raises BadInput in one line, saying why, where nothing is
    certified or the format has no words for it.
    """
    data, opt = found.dataset, found.optimizer
    certified = [limit for limit in found.limits if limit.evidence is Verdict.CERTIFIED]
    if not certified:
        raise BadInput(f"certificate: no limit is certified{f': {found.note}' if found.note else ''}")
    if linear.takes(opt, data.n):
        return margin_certificate(known.of("l2"))
    if plays_sign(opt, data.n) and known.of("linf").unique:
        return margin_certificate(known.of("linf"))
    game_fields(data, opt)  # refuses what certificates have no words for
    weights = [limit.weights.tolist() for limit in certified]
    why = ""
    if found.complete:
        document, why = _accepted(data, opt, weights, never_support(data, opt, True) or ())
        if document is not None:
            return document
    document, reason = _accepted(data, opt, weights, None)
    if document is None:
        raise BadInput(f"certificate: the checker does not accept one: {why or reason}")
    return document


def _accepted(
    data: Dataset, opt: Optimizer, weights: Sequence[Sequence[float]], spare: Sequence[Dominated] | None
) -> tuple[Document | None, str]:
    """The list of equilibria, of all where rows are told that are ``spare``; or why the checker does not accept it."""
    try:
        document = equilibria_certificate(
            data, opt, weights, dominated=spare or (), complete=spare is not None
        )
    except Undecided as reason:
        return None, f"not decided {reason}"
    checked = check_document(document)
    return (document, "") if checked.valid else (None, f"{checked.obligation}: {checked.why}")

"""The l1 max margin, and the face of directions that attain it."""

from __future__ import annotations

from verify.certificate.data import Data
from verify.certificate.duality import duality, face_complete, margin_kind
from verify.certificate.kind import Fields
from verify.certificate.reading import whole
from verify.certificate.refusal import require


def check(data: Data, claim: Fields, witness: Fields) -> None:
    """||w||_1 <= 1 and |(X'c)_k| <= margin; a maximizer has w_k = 0 where |(X'c)_k| is smaller."""
    w, one = whole(claim["maximizer"])
    require(sum(map(abs, w)) <= one, "maximizer-norm", "||w||_1 is above 1")
    p, slack = duality(data, claim, witness, (w, one), lambda p: max(map(abs, p)))
    largest = max(map(abs, p))
    free = [k for k, entry in enumerate(p) if abs(entry) == largest]
    face_complete(data, claim, witness, free, slack, [w[k] != 0 for k in free])


KIND = margin_kind("l1", check)

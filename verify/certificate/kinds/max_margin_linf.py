"""The linf max margin, and the face of directions that attain it."""

from __future__ import annotations

from verify.certificate.data import Data
from verify.certificate.duality import duality, face_complete, margin_kind
from verify.certificate.kind import Fields
from verify.certificate.reading import whole
from verify.certificate.refusal import require


def check(data: Data, claim: Fields, witness: Fields) -> None:
    """|w_k| <= 1 and ||X'c||_1 <= margin; a maximizer has w_k = sign (X'c)_k where that is not 0."""
    w, one = whole(claim["maximizer"])
    require(all(abs(x) <= one for x in w), "maximizer-norm", "||w||_inf is above 1")
    p, slack = duality(data, claim, witness, (w, one), lambda p: sum(map(abs, p)))
    free = [k for k, entry in enumerate(p) if entry == 0]
    face_complete(data, claim, witness, free, slack, [abs(w[k]) < one for k in free])


KIND = margin_kind("linf", check)

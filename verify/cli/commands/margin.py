"""``marginproof margin``."""

from __future__ import annotations

from typing import Annotated

from verify.cli.options import All, Json, expand_freely, option
from verify.console import console, progress, write_json
from verify.data import Dataset, NotSeparable


@expand_freely
def command(
    data: Dataset,
    norm: Annotated[str, option("--norm", "l1, l2, linf, spectral, nuclear or mahalanobis")],
    weights: Annotated[
        str | None, option("--weights", "c of the Mahalanobis norm sqrt(w'M(c)w).", "C1,...,CN")
    ] = None,
    certificate: Annotated[
        str | None, option("--certificate", "Write the proof, for `marginproof check`.", "FILE")
    ] = None,
    json: Json = None,
    whole: All = False,
) -> None:
    """The exact max margin, who attains it, and whether alone."""
    from verify.ask.margin import margin
    from verify.margins.certify import not_separable_certificate

    try:
        with progress(f"{norm} max margin", None):
            found = margin(data, norm, weights)
            proof = found.certificate() if certificate else None
    except NotSeparable as refusal:
        write_json(not_separable_certificate(refusal) if certificate else None, certificate)
        raise
    found.show(console(json, certificate, whole=whole))
    write_json(proof, certificate)
    write_json(found.to_dict(), json)

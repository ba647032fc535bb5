"""Pages that people read: of a sweep, of one data set, of claims. Each is one file, and needs no network."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from verify.errors import BadInput
from verify.studies.ledger import NAME

Progress = Callable[..., None]
ALL = "verify"


def page_of(
    source: str, beside: Path | None = None, progress: Progress = lambda done, now="": None, **reading: Any
) -> str:
    """The page of a folder with a ledger, of a claim, of all claims for ``verify``, or of data, which ``reading`` says
    how to read. Links to certificates lead there from the folder ``beside``."""
    is_claim = source == ALL or _is_claim(source)
    if reading and (is_claim or Path(source).is_dir()):
        raise BadInput(f"{next(iter(reading))}: it goes with data, and {source} is none")
    if Path(source).is_dir():
        if not (Path(source) / NAME).is_file():
            raise BadInput(
                f"{source}: the folder has no {NAME}, which `marginproof sweep --out {source}` writes"
            )
        from verify.studies.report.of_sweep import sweep_page

        return sweep_page(Path(source), Path() if beside is None else beside)
    if is_claim:
        from verify.studies.report.of_claims import claims_page

        return claims_page(None if source == ALL else [source], progress)
    from verify.studies.report.of_data import data_page

    return data_page(source, progress, **reading)


def _is_claim(text: str) -> bool:
    """Whether a text names a claim: one that ships, or one in a file."""
    from properties.claim import Claim
    from properties.registry import shipped
    from verify.drawers import module_of, split

    file, name = split(text)
    if file is None:
        return text in shipped()
    return isinstance(getattr(module_of(file, "report"), name, None), Claim)

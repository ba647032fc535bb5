"""Verifying a hit again, in exact and ball arithmetic, with certificates for ``marginproof check``.

What is certified is what the certificates say: the equilibria of the margin game, max margins, and where a
run is after so many steps. That an optimizer converges to an equilibrium of its game is theory; no finite run
certifies a limit, so what longer runs show is called measured.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from properties.property import Case, Property
from verify.certificate import check_document
from verify.certificate.writing import Document
from verify.data import Dataset
from verify.errors import BadInput, Undecided
from verify.evidence import Evidence, Verdict
from verify.margins.certify import separability_certificate


@dataclass
class Confirmed:
    """What was verified of a hit: the evidence, and certificates by a short name."""

    evidence: list[Evidence] = field(default_factory=list)
    certificates: dict[str, Document] = field(default_factory=dict)

    def add(self, kind: Verdict, scope: str, detail: str) -> None:
        """One more piece of evidence."""
        self.evidence.append(Evidence(kind, scope, detail))

    def certify(self, name: str, document: Document, data: Dataset) -> None:
        """Keep a certificate. Raises Undecided unless the independent checker accepts it."""
        checked = check_document(document, data.rows)
        if not checked.valid:
            raise Undecided(f"the {name} certificate: {checked.line()}")
        self.certificates[name] = document


def confirm(case: Case, property: Property) -> Confirmed:
    """Verify that the case breaks the property; what cannot be told is undecided evidence, never an error."""
    found = Confirmed()
    try:
        separable = separability_certificate(case.data)
        found.certify(separable["claim"]["kind"], separable, case.data)
        if property.confirm is not None:
            property.confirm(case, found)
    except (Undecided, BadInput) as reason:
        found.add(Verdict.UNDECIDED, case.data.name, f"not certified: {reason}")
    return found

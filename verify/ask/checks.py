"""Is a certificate valid? Is a rule, or a loss, what it declares?"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from verify.ask.answer import Answer
from verify.ask.values import rational, shown
from verify.asked import version
from verify.certificate import Checked, Unread, check_file, check_files
from verify.certificate.check import check_text
from verify.console import Page
from verify.data import Dataset
from verify.data.text import show
from verify.errors import BadInput
from verify.evidence import Declared
from verify.losses.check_loss import check_loss as checked_loss
from verify.losses.load import loss_named
from verify.losses.loss import Loss
from verify.optimizers.check_rule import check_rule as checked_rule
from verify.optimizers.load import rule_named
from verify.optimizers.rule import Rule


@dataclass(frozen=True, eq=False, repr=False)
class Verdict(Answer):
    """Whether a certificate is ``valid``; then ``statement`` is what it shows, else ``reason`` what it fails to."""

    found: Checked

    @property
    def reason(self) -> str:
        """The obligation that failed, and why; nothing for a valid certificate."""
        return "" if self.found.valid else f"{self.found.obligation}: {self.found.why}"

    def to_dict(self) -> dict[str, Any]:
        found = self.found
        return {
            "valid": found.valid,
            "statement": found.statement,
            "obligation": found.obligation,
            "why": found.why,
        }

    def show(self, page: Page) -> None:
        page.say(self.found.line())

    def summary(self) -> str:
        return self.found.line()

    def table(self) -> tuple[Sequence[str], Sequence[Sequence[str]]]:
        return ("valid", "says"), [[str(self.found.valid).lower(), self.found.statement or self.reason]]


def check(certificate: Any, data: Dataset | None = None, work: Any = 1) -> Verdict:
    """Check a certificate: a path, or the document that it holds; ``data``: and that it is about these rows."""
    times = rational("work", work)
    if times <= 0:
        raise BadInput(f"work={shown(work)} is not positive")
    rows, owned = (None, None) if data is None else (data.rows, data.owned)
    try:
        if isinstance(certificate, str | os.PathLike):
            return Verdict(check_file(os.fspath(certificate), rows, float(times), owned))
        # As a file would hold it: what JSON does not hold, no certificate does.
        return Verdict(check_text(json.dumps(certificate), rows, float(times), owned))
    except Unread as error:
        raise BadInput(f"certificate={shown(certificate)}: {error}") from None
    except (TypeError, ValueError) as error:
        raise BadInput(f"certificate={show(certificate)}: {' '.join(str(error).split())[:120]}") from None


def checked_files(
    paths: Sequence[str], data: Dataset | None, times: float, quiet: bool, kernel: bool = False
) -> tuple[dict[str, Any], int]:
    """The document about certificates in files, and the status: 0 if all are valid, 1 if one is not, 2 if one cannot be
    read. A line is printed for each, unless ``quiet``. With ``kernel`` Rocq's kernel decides."""
    checker = check_file
    if kernel:
        from verify.formal.certificates import check_file as checker
    rows, owned = (None, None) if data is None else (data.rows, data.owned)
    read, status = check_files(paths, lambda path: checker(path, rows, times, owned), quiet)
    unread = {"valid": None, "statement": None, "obligation": ""}
    found = [
        {
            "file": path,
            **(unread | {"why": str(each)} if isinstance(each, Unread) else Verdict(each).to_dict()),
        }
        for path, each in read
    ]
    return {"ok": status == 0, "certificates": found, "version": version()}, status


@dataclass(frozen=True, eq=False, repr=False)
class Traits(Answer):
    """Whether a rule, or a loss, is what it declares: ``ok``, and ``traits``, each with ``trait``, ``declared``,
    ``found``, ``how`` and ``ok``."""

    found: Declared

    def __getitem__(self, trait: str) -> Any:
        return self.found[trait]

    def to_dict(self) -> dict[str, Any]:
        return self.found.to_json() | {"version": version()}

    def show(self, page: Page) -> None:
        page.head(self.found.name, f": {self._said()}")
        for trait in self.found.traits:
            page.say(
                f"{trait.verdict:5}  {trait.trait}: declared {said(trait.declared)}, found {said(trait.found)}; "
                f"{trait.how}"
            )

    def summary(self) -> str:
        wrong = [trait.trait for trait in self.found.traits if not trait.ok]
        return f"{self.found.name}: {self._said()}" + f": {', '.join(wrong)}" * bool(wrong)

    def _said(self) -> str:
        if self.found.ok:
            return "as declared"
        refuted = any(not trait.ok and trait.decided for trait in self.found.traits)
        return "not as declared" if refuted else "not shown to be as declared"

    def table(self) -> tuple[Sequence[str], Sequence[Sequence[str]]]:
        rows = [
            [each.trait, said(each.declared), said(each.found), each.verdict, each.how]
            for each in self.found.traits
        ]
        return ("trait", "declared", "found", "verdict", "how"), rows


def check_rule(rule: str | Rule) -> Traits:
    """Prove or refute each trait that a rule, given itself or by name, declares."""
    return Traits(checked_rule(rule if isinstance(rule, Rule) else rule_named(rule)))


def check_loss(loss: str | Loss) -> Traits:
    """Try each trait that a loss, given itself or by name, declares."""
    return Traits(checked_loss(loss if isinstance(loss, Loss) else loss_named(loss, check=False)))


def said(value: Any) -> str:
    """What is declared or found, as text."""
    return "none" if value is None else str(value).lower() if isinstance(value, bool) else str(value)

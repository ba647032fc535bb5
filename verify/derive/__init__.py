"""Derivations: the paper's formulas step by step, each step checked by a machine on two roads."""

from verify.derive.chain import Assertion, Chain, Finding, Measured, Step, Wrong
from verify.derive.notes import overviews, page, pages, write_notes
from verify.derive.run import Derivation, StepResult, chain, derive, names
from verify.derive.text import as_text

__all__ = [
    "Assertion", "Chain", "Derivation", "Finding", "Measured", "Step", "StepResult", "Wrong", "as_text",
    "chain", "derive", "names", "overviews", "page", "pages", "write_notes",
]  # fmt: skip

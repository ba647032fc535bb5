"""Certificates: one JSON document a claim, and a checker that trusts nothing but the document.

The exact kinds need the standard library alone; kinds about balls need python-flint.
"""

from verify.certificate.check import FORMAT, Checked, check_document, check_file, check_files, statement_of
from verify.certificate.refusal import Unread
from verify.certificate.writing import certificate, write

__all__ = [
    "FORMAT", "Checked", "Unread", "certificate", "check_document", "check_file", "check_files",
    "statement_of", "write",
]  # fmt: skip

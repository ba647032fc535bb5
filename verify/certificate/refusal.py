"""How a certificate fails: by an obligation that was not shown, or by being out of reach."""

from __future__ import annotations


class Refused(Exception):
    """The certificate fails an obligation: which one, and why."""

    def __init__(self, obligation: str, why: str) -> None:
        super().__init__(f"{obligation}: {why}")
        self.obligation = obligation
        self.why = why


class Unread(Exception):
    """Nothing can be said of the certificate, since it could not be read, or not be checked here: why."""


def require(holds: bool, obligation: str, why: str) -> None:
    """Raise Refused unless the obligation holds."""
    if not holds:
        raise Refused(obligation, why)

"""The kinds of certificate, one a file: ``max-margin-l2`` is ``max_margin_l2.py``, whose ``KIND`` it is.

A file is imported when a certificate of its kind is met, so that the exact kinds need no python-flint.
"""

from __future__ import annotations

import pkgutil
from importlib import import_module

from verify.certificate.kind import Kind
from verify.certificate.refusal import Unread

NAMES = tuple(sorted(module.name.replace("_", "-") for module in pkgutil.iter_modules(__path__)))


def kind_of(name: str) -> Kind:
    """The kind of one of the NAMES; Unread where what it needs is not installed."""
    try:
        found: Kind = import_module(f"{__name__}.{name.replace('-', '_')}").KIND
    except ModuleNotFoundError as error:
        raise Unread(f"certificates about balls need python-flint ({error})") from None
    return found

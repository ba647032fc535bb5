"""Generated data: a file a family, whose `FAMILY` is found by looking into this folder.

Those that ship, Gaussian, scaled Rademacher and shifted-diagonal rows, are separable by construction. Entries are
exact: float64 draws are taken as the dyadic rationals they are. The same arguments give the same rows (NumPy's PCG64
generator).
"""

from __future__ import annotations

import re
from pathlib import Path

from verify.data.dataset import Dataset
from verify.data.families.family import Family
from verify.data.text import plain
from verify.drawers import Drawer, in_folder

FAMILIES: dict[str, Family] = {
    module.FAMILY.name: module.FAMILY for module in in_folder(__name__, __path__) if hasattr(module, "FAMILY")
}

# After the loop, which binds the names of the modules: these are the functions.
from verify.data.families.gaussian import gaussian  # noqa: E402
from verify.data.families.scaled_rademacher import scaled_rademacher  # noqa: E402
from verify.data.families.shifted_diagonal import shifted_diagonal  # noqa: E402

DRAWER = Drawer("data", Family, "marginproof.families", lambda: FAMILIES)

# FILE.py:NAME, and parameters after another colon.
_IN_FILE = re.compile(r"(.+?\.py):([^:]*)(?::(.*))?", re.DOTALL)


def is_family(spec: str) -> bool:
    """Whether a text names a family: one that ships, one in a file, or one of an installed package."""
    return spec.partition(":")[0] in FAMILIES or file_of(spec) is not None or _packaged(spec)


def file_of(spec: str) -> str | None:
    """The file in which a text names a family."""
    match = _IN_FILE.fullmatch(spec)
    return None if match is None else match[1]


def parse_family(spec: str) -> Dataset:
    """The data of ``family:name=value,...`` or ``FILE.py:NAME:name=value,...``; raises BadInput that names what is
    wrong. n, d and seed are nonnegative integers, delta a decimal or a fraction, s a list like ``1:3/2:4``."""
    if match := _IN_FILE.fullmatch(spec):
        file, name, text = match.groups()
        return DRAWER.in_file(Path(file), name).data(text or "", plain(f"{file}:{name}"))
    family, _, text = spec.partition(":")
    found = DRAWER.named(family)
    return found.data(text, None if family in FAMILIES else family)


def _packaged(spec: str) -> bool:
    name = spec.partition(":")[0]
    return bool(re.fullmatch(r"[\w-]+", name)) and name in DRAWER.installed()


__all__ = [
    "FAMILIES", "Family", "file_of", "gaussian", "is_family", "parse_family", "scaled_rademacher",
    "shifted_diagonal",
]  # fmt: skip

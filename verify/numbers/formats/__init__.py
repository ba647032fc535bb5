"""The formats people train in, rounded for real: a file each, whose `FORMAT` is found by looking into this folder."""

from __future__ import annotations

from verify.drawers import Drawer, in_folder
from verify.errors import BadInput
from verify.numbers.formats.blockwise import Blockwise
from verify.numbers.formats.check_format import require_declared
from verify.numbers.formats.format import Format

_FOUND = [module.FORMAT for module in in_folder(__name__, __path__) if hasattr(module, "FORMAT")]

# From the shortest to the longest.
FORMATS: dict[str, Format] = {
    form.name: form
    for form in sorted(
        (form for form in _FOUND if isinstance(form, Format)), key=lambda form: (-form.lowest, form.bits)
    )
}

# Those that only states can be stored in.
BLOCKWISE: dict[str, Blockwise] = {form.name: form for form in _FOUND if isinstance(form, Blockwise)}


def _require_usable(form: Format) -> None:
    if form.name in FORMATS and FORMATS[form.name] is not form:
        raise BadInput(f"format {form.name}: a format that ships has this name")
    require_declared(form)


DRAWER = Drawer("dtype", Format, "marginproof.formats", lambda: FORMATS, check=_require_usable)


def format_named(given: str | Format) -> Format:
    """The format that a text names: one that ships, ``FILE.py:NAME`` (whose code is run), or an entry point of the
    group marginproof.formats; a format itself is taken as it is. Raises BadInput, in one line, where there is none."""
    return given if isinstance(given, Format) else DRAWER.named(given)


__all__ = ["BLOCKWISE", "FORMATS", "Blockwise", "Format", "format_named"]

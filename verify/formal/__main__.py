"""`python -m verify.formal`, which is `make rocq`."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict

from verify.files import write_whole
from verify.formal import kernel
from verify.formal.page import page
from verify.formal.theories import FOLDER, faults


def main() -> int:
    """Compile, compare, and write what was found; `make rocq`."""
    wrong = list(faults())
    if kernel.command() is None:
        print(
            f"Rocq is absent: install it with `{kernel.INSTALL}`, then run `make rocq` again.",
            file=sys.stderr,
        )
        return 2
    if not wrong:
        compiled = kernel.build()
        wrong = list(kernel.refused_axioms(compiled))
    for each in wrong:
        print(each, file=sys.stderr)
    if wrong:
        return 1
    write_whole(FOLDER / "built.json", json.dumps(asdict(compiled), indent=1) + "\n")
    notes = FOLDER.parent.parent / "notes"
    if notes.is_dir():
        write_whole(notes / "kernel.md", page(compiled))
    used = {axiom for rests in compiled.axioms.values() for axiom in rests}
    print(
        f"{len(compiled.axioms)} theorems compiled by Rocq {compiled.rocq}; they rest on {len(used)} axioms."
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Certificates as theorems: a file for Rocq is written from the document alone, and the kernel compiles it.

The file (`verify.formal.form`) holds the certificate's numbers as integers over common denominators, the statement, and
a proof of one step: the checker of this kind, whose soundness is a theorem, says true. That it does is computed by the
kernel.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from verify.certificate.check import Checked, Rows, read_stated
from verify.certificate.data import Data
from verify.certificate.effort import allowance
from verify.certificate.files import content_of
from verify.certificate.kind import Fields
from verify.certificate.reading import parse, whole
from verify.certificate.refusal import Refused, Unread, require
from verify.errors import BadInput
from verify.formal.boxes import BOXES
from verify.formal.form import Form, theorem_text
from verify.formal.kernel import (
    INSTALL,
    allowed,
    axiom_lists,
    command,
    compile_file,
    compile_theories,
    imports,
    keep,
    kept_folder,
    rocq_version,
)
from verify.formal.margins import MARGINS
from verify.formal.theories import FOLDER, files
from verify.formal.waves import waves


def separable(data: Data, claim: Fields, witness: Fields) -> Form:
    """x_i.w > 0 for every row."""
    w, t = whole(claim["separator"])
    return Form(
        {"t": t, "w": w},
        "forall i, (i < length rows)%nat -> 0 < dot d (matrix_of K s rows i) (vector_of K t w)",
        "apply (check_separable_sound K d s rows t w)",
    )


def not_separable(data: Data, claim: Fields, witness: Fields) -> Form:
    """No w has x_i.w > 0 for every row."""
    c, one = whole(claim["weights"])
    return Form(
        {"one": one, "c": c},
        "~ separable (length rows) d (matrix_of K s rows)",
        "apply (check_not_separable_sound K d s rows one c)",
    )


def dominated(data: Data, claim: Fields, witness: Fields) -> Form:
    """Rows without weight at any equilibrium, whatever the game."""
    proofs = {proof["row"]: proof for proof in witness["dominated"]}
    units: list[int] = []
    factors: list[list[int]] = []
    for row in claim["rows"]:
        require(row in proofs, "dominated", f"there is no proof for row {row}")
        by, given = proofs[row]["by"], proofs[row]["factors"]
        require(
            len(by) == len(given) and max(by, default=0) < data.n,
            "dominated",
            f"the proof for row {row} is not about these rows",
        )
        found, unit = whole(given)
        units.append(unit)
        line = [0] * data.n
        for j, factor in zip(by, found, strict=True):
            line[j] += factor
        factors.append(line)
    if not factors:  # so that a list without rows is one of lists
        factors.append([])
    return Form(
        {"gone": list(claim["rows"]), "units": units, "factors": factors},
        "forall u c lam, 0 < lam -> equilibrium (length rows) d (matrix_of K s rows) u c lam ->\n"
        "  forall r, In (Z.of_nat r) (map (value K) gone) -> c r = 0",
        "apply (check_dominated_sound K d s rows gone units factors)",
        theories="Base MaxMargin Ema EpochMap Game Dominance Checkers DominanceChecker",
    )


FORMS: dict[str, Callable[[Data, Fields, Fields], Form]] = {
    **BOXES,
    **MARGINS,
    "dominated": dominated,
    "separable": separable,
    "not-separable": not_separable,
    "wave": waves,
}


@contextmanager
def library(theories: str) -> Iterator[Path]:
    """A folder with these compiled theories: that in the user's cache, or one for this once."""
    needed = {"Machine", *theories.split()}
    for file in reversed(files()):
        needed |= set(imports(file, FOLDER)) if file in needed else set()
    order = [file for file in files() if file in needed]
    kept = kept_folder()
    if kept and all((kept / f"{file}.vo").exists() for file in order):
        yield kept
        return
    with tempfile.TemporaryDirectory() as place:
        compile_theories(order, FOLDER, Path(place))
        if kept:
            keep(Path(place), kept)
        yield Path(place)


def check_file(
    path: str | Path, rows: Rows | None = None, work: float = 1, owned: int | None = None
) -> Checked:
    """Check the certificate in a file by the kernel. Raises Unread if nothing can be said of it."""
    if command() is None:
        raise Unread(f"Rocq is absent: install it with `{INSTALL}`")
    try:
        with allowance(work):
            document = parse(content_of(path, work).decode())
            data, kind, claim, fields = read_stated(document, rows, owned)
            form = FORMS.get(claim["kind"])
            if form is None:
                raise Unread(f"kind {claim['kind']} has no theorem yet; check it without --kernel")
            found = form(data, claim, fields["witness"])
            if found.part:
                kind.check(data, claim, fields["witness"])
            rests = axioms_of(data, found)
    except UnicodeDecodeError as error:
        return Checked(None, "json", f"not UTF-8: {error.reason}")
    except Refused as refusal:
        return Checked(None, refusal.obligation, refusal.why)
    if refused := [axiom for axiom in rests if not allowed(axiom)]:
        return Checked(
            None, "axioms", f"the theorem rests on {refused[0]}, which is not in the list of axioms"
        )
    of = f" {found.part} (all else is shown by Python's checker)" if found.part else ""
    return Checked(
        f"{fields['statement']}; theorem{of} compiled by Rocq {rocq_version()}, on {summary(rests)}"
    )


def axioms_of(data: Data, form: Form) -> list[str]:
    """Have the kernel compile the theorem; the axioms that it rests on. Refused if the kernel does not."""
    text = theorem_text(data, form)
    with library(form.theories) as compiled, tempfile.TemporaryDirectory() as place:
        (Path(place) / "Certificate.v").write_text(text, "utf-8")
        try:
            return axiom_lists(compile_file("Certificate", Path(place), compiled))[0]
        except BadInput:
            if form.finer is None:
                raise Refused("kernel", "the checker in Rocq's kernel does not say true") from None
    return axioms_of(data, form.finer())


def summary(rests: Sequence[str]) -> str:
    """The axioms of a theorem in few words."""
    words = [axiom for axiom in rests if "nt63" not in axiom]
    return f"{len(words)} axioms of the reals" + (
        " and the processor's integers" if len(words) < len(rests) else ""
    )

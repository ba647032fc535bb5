"""Certificates as theorems: what the file for Rocq holds, what is refused; that the kernel decides as Python does."""

import copy
import json
import random
import re
from contextlib import nullcontext
from fractions import Fraction
from itertools import chain
from pathlib import Path

import pytest
from forging import Document, dataset

from verify.ask.checks import checked_files
from verify.certificate import Unread, check_document, statement_of
from verify.certificate.check import read
from verify.certificate.refusal import Refused
from verify.data import Dataset
from verify.errors import BadInput, Undecided
from verify.formal import certificates, kernel
from verify.formal import form as forms
from verify.formal.certificates import FORMS, check_file
from verify.formal.form import Form, read_back, theorem_text
from verify.formal.theories import LIBRARY
from verify.game.smooth.certify import equilibria_certificate, equilibrium_certificate
from verify.game.smooth.dominance import dominance_certificate, dominated
from verify.margins import max_margin
from verify.margins.certify import margin_certificate, separability_certificate
from verify.optimizers import optimizer

SEPARABLE = dataset((3, "1/2"), (1, 2), (2, -1))
OPPOSED = dataset((1, 2), (-1, "-1/3"), (0, "-5/3"))
LOPSIDED = dataset(("3.01", 1), (1, 3))
DOMINATED = dataset(("3.01", 1), (1, 3), ("4.01", 4))
PROXY = optimizer("adam-proxy")
ADAMS = [
    optimizer("adam", beta1="1/2", beta2="9/10"),
    optimizer("adam", beta1="1/2", beta2="9/10", batch_size=2),
    optimizer("rmsprop", beta2="3/4"),
]
# The l_inf margin of the second is attained by a segment.
FACE = dataset((1, 0), (2, 0))


def documents() -> list[Document]:
    """One certificate of each kind that has a theorem."""
    margins = [margin_certificate(max_margin(SEPARABLE, norm)) for norm in ("l1", "l2", "linf")]
    boxes = [
        equilibrium_certificate(LOPSIDED, PROXY, (1.0, 1.0), 60),
        equilibrium_certificate(DOMINATED, ADAMS[1], (1.0, 0.0, 0.0), 60),
        equilibrium_certificate(LOPSIDED, ADAMS[2], (1.0, 1.0), 60),
    ]
    proofs = dominance_certificate(DOMINATED, dominated(DOMINATED, 2) or ())
    exact = [*margins, separability_certificate(SEPARABLE), separability_certificate(OPPOSED), proofs]
    return exact + boxes


def text_of(document: Document) -> str:
    """The file for Rocq."""
    data, _, claim, fields = read(document)
    return theorem_text(data, FORMS[claim["kind"]](data, claim, fields["witness"]))


def restated(document: Document) -> Document:
    """With the statement that the claim must carry."""
    return document | {"statement": statement_of(document)}


def forgeries(document: Document, lenient: bool = False) -> list[Document]:
    """One number of claim or witness a little larger or smaller, with the statement that goes with it."""
    found = []
    for part, name in (
        ("claim", "margin"),
        ("claim", "margin_squared"),
        ("claim", "maximizer"),
        ("claim", "separator"),
        ("witness", "weights"),
        ("claim", "weights"),
        ("claim", "center"),
        ("claim", "direction"),
        ("claim", "radius"),
    ):
        if name not in document[part]:
            continue
        value = document[part][name]
        for change in (Fraction(1, 7), Fraction(-10) if isinstance(value, list) else Fraction(-1, 7)):
            forged = copy.deepcopy(document)
            value = forged[part][name]
            if isinstance(value, list):
                value[0] = str(Fraction(value[0]) + change)
            else:
                forged[part][name] = str(Fraction(value) + change)
            try:
                found.append(restated(forged))
            except Refused:  # out of range, so that nothing states it
                assert lenient or name in ("center", "direction", "radius")
    return found + near_forgeries(document)


def near_forgeries(document: Document) -> list[Document]:
    """Of a box: it is moved by twice its radius along the simplex, it shrinks to where there is no telling, its
    direction turns by more than it says, beta2 is another; of dominated rows: one that is not, a factor that is too
    small."""
    claim, witness = document["claim"], document["witness"]
    changes: list[tuple[str, str, object]] = []
    if "center" in claim:
        first, *others = claim["center"]
        held = next((i for i, c in enumerate(others, 1) if c != "0"), None)
        if held is not None:
            moved, step = list(claim["center"]), 2 * Fraction(claim["radius"])
            moved[0], moved[held] = str(Fraction(first) + step), str(Fraction(moved[held]) - step)
            changes += [
                ("claim", "center", moved),
                ("claim", "radius", str(Fraction(claim["radius"]) / 2**90)),
            ]
        turned = [
            str(Fraction(claim["direction"][0]) + 2 * Fraction(claim["direction_radius"])),
            *claim["direction"][1:],
        ]
        changes.append(("claim", "direction", turned))
        if "beta2" in claim["rule"]["hyper"]:
            hyper = claim["rule"]["hyper"] | {"beta2": "1/5"}
            changes.append(("claim", "rule", claim["rule"] | {"hyper": hyper}))
    if "dominated" in witness:
        proofs = witness["dominated"]
        changes.append(("claim", "rows", [*claim["rows"], "0"]))
        fewer = [proof | {"factors": [str(Fraction(a) / 4) for a in proof["factors"]]} for proof in proofs]
        changes.append(("witness", "dominated", fewer))
    found = []
    for part, name, value in changes:
        found.append(restated(copy.deepcopy(document) | {part: document[part] | {name: value}}))
    return found


def test_the_file_holds_the_certificate_and_nothing_else() -> None:
    for document in documents():
        text = text_of(document)
        data, _, claim, _ = read(document)
        numbers = read_back(text)
        assert numbers["rows"] == data.integers
        assert numbers["s"] == data.denominator
        assert text.count("Theorem") == 1
        assert "Admitted" not in text
        for name in ("margin", "margin_squared"):
            if name in claim:
                assert Fraction(numbers["p"], numbers["q"]) == claim[name]
        truncated = text.replace("[[", "[[1", 1)
        assert read_back(truncated) != numbers


def test_a_number_that_is_written_wrong_proves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forms, "digits", lambda value: str(value)[:1] or "0")
    with pytest.raises(Refused, match="not those of the certificate"):
        text_of(margin_certificate(max_margin(dataset((30, 5), (1, 20)), "linf")))


def test_large_data_become_machine_integers() -> None:
    rows = [tuple(3**i + 2**k for k in range(20)) for i in range(20, 60)]
    text = text_of(separability_certificate(dataset(*rows)))
    assert "Definition K : numbers := machine." in text
    assert "integers" in text_of(documents()[0])


def test_what_has_no_theorem_is_said() -> None:
    for rule in ("adabelief", "adam-abs"):
        with pytest.raises(Unread, match="no other rule's yet"):
            text_of(equilibrium_certificate(LOPSIDED, optimizer(rule), (1.0, 0.0), 60))


def test_what_has_a_theorem_in_part_is_shown_by_python_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Several maximizers; equilibria that are all, with their stability: the line names the theorem's part."""
    monkeypatch.setattr(certificates, "command", lambda: ["coqc"])
    monkeypatch.setattr(certificates, "rocq_version", lambda: "8.16.1")
    monkeypatch.setattr(certificates, "axioms_of", lambda data, form: [])
    path = tmp_path / "certificate.json"
    starts = ((0.0, 1.0), (1.0, 0.0019), (1.0, 1.0))
    words = ("attracting", "attracting", "repelling")
    whole = equilibria_certificate(LOPSIDED, PROXY, starts, 60, stability=words)
    for document, said in (
        (margin_certificate(max_margin(FACE, "linf")), "theorem that this is the margin"),
        (whole, "theorem that each of the claim's 3 boxes holds one equilibrium"),
    ):
        path.write_text(json.dumps(document), "utf-8")
        assert said in check_file(path).line()
        assert "(all else is shown by Python's checker)" in check_file(path).line()
    points = [point | {"stability": "attracting"} for point in whole["claim"]["points"]]
    path.write_text(json.dumps(restated(whole | {"claim": whole["claim"] | {"points": points}})), "utf-8")
    assert "invalid: stability" in check_file(path).line()


def test_without_rocq_the_command_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(certificates, "command", lambda: None)
    path = tmp_path / "certificate.json"
    path.write_text(json.dumps(documents()[0]), "utf-8")
    document, status = checked_files([str(path)], None, 1, quiet=False, kernel=True)
    assert (document["ok"], status) == (False, 2)
    assert "Rocq is absent: install it with `apt-get install" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("answer", "line"),
    [
        (
            "Axioms:\nClassicalDedekindReals.sig_forall_dec : t\n",
            "; theorem compiled by Rocq 8.16.1, on 1 axioms",
        ),
        ("Axioms:\nCertificate.luck : False\n", "invalid: axioms: the theorem rests on Certificate.luck"),
        (None, "invalid: kernel: the checker in Rocq's kernel does not say true"),
    ],
)
def test_the_kernel_has_the_last_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: str | None, line: str
) -> None:
    def compiled(file: str, place: Path, library: Path) -> str:
        if answer is None:
            raise BadInput("refused")
        return answer

    monkeypatch.setattr(certificates, "command", lambda: ["coqc"])
    monkeypatch.setattr(certificates, "rocq_version", lambda: "8.16.1")
    monkeypatch.setattr(certificates, "library", lambda theories: nullcontext(tmp_path))
    monkeypatch.setattr(certificates, "compile_file", compiled)
    path = tmp_path / "certificate.json"
    path.write_text(json.dumps(documents()[0]), "utf-8")
    assert line in check_file(path).line()


@pytest.mark.slow
def test_the_kernel_decides_as_python_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if kernel.command() is None:
        pytest.skip(f"Rocq is absent: {kernel.INSTALL}")
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "cache"))
    path = tmp_path / "certificate.json"
    seen = set()
    for document in documents():
        for each in (document, *forgeries(document)):
            path.write_text(json.dumps(each), "utf-8")
            found = check_file(path)
            assert found.valid == check_document(each).valid, each["claim"]
            seen.add((each["claim"]["kind"], found.valid))
    assert len(seen) == 14


def candidates(data: Dataset, draw: random.Random) -> list[Document]:
    """Boxes around weights that may be an equilibrium, or none."""
    weights = [draw.choice((0.0, 1.0)) for _ in range(data.n)]
    weights[draw.randrange(data.n)] = 1.0
    try:
        return [equilibrium_certificate(data, draw.choice((PROXY, *ADAMS)), weights, 60)]
    except (BadInput, Undecided, Refused):
        return []


def checkers(form: Form) -> str:
    """What the kernel computes in the proof of this theorem."""
    norm = re.search(r"held_(linf|l1) ", form.step) or re.search(r"check_(linf|l1)_alone", form.step)
    (call,) = re.findall(r"\((check_\w+?)_sound (.*?)\)", form.step)[:1]
    main = f"{call[0]} {call[1]}"
    if not norm:
        return main
    held = f"held_{norm[1]} K {'s p q one ' if norm[1] == 'l1' else ''}(combined K d c rows)"
    return f"{main} && check_alone K d rows c ({held}) inverse"


@pytest.mark.slow
def test_both_checkers_agree_on_300_certificates_and_300_forgeries(tmp_path: Path) -> None:
    """All are computed in one run of the kernel, each by the checkers that its theorem would run."""
    if kernel.command() is None:
        pytest.skip(f"Rocq is absent: {kernel.INSTALL}")
    draw = random.Random(0)
    parts, expected, valid, forged = [], [], 0, 0
    while valid < 300 or forged < 300:
        n, d = draw.randint(1, 4), draw.randint(1, 3)
        sizes = [[Fraction(draw.randint(1, 9), draw.randint(1, 3)) for _ in range(d)] for _ in range(n)]
        data = dataset(*(tuple(draw.choice((1, 1, -1)) * size for size in row) for row in sizes))
        made = [separability_certificate(data)]
        if made[0]["claim"]["kind"] == "separable":
            made += [margin_certificate(max_margin(data, norm)) for norm in ("l1", "l2", "linf")]
            made += [*candidates(data, draw), dominance_certificate(data, dominated(data, n) or ())]
        forged_too = [
            draw.sample(found, min(2, len(found))) for found in (forgeries(one, True) for one in made)
        ]
        for each in [*made, *chain.from_iterable(forged_too)]:
            said = check_document(each).valid
            try:
                read_data, _, claim, fields = read(each)
                form = FORMS[claim["kind"]](read_data, claim, fields["witness"])
            except Refused:
                assert not said
                continue
            if form.part:  # several maximizers
                continue
            valid, forged = valid + said, forged + (not said)
            numbers = re.findall(
                r"^(?:Open|Definition).*_scope.*$|^Definition.*$", theorem_text(read_data, form), re.M
            )
            lines = [line for line in numbers if "R_scope" not in line]
            name, asked = f"M{len(parts)}", f"Eval vm_compute in ({checkers(form)})."
            parts.append("\n".join([f"Module {name}.", *lines, asked, f"End {name}."]))
            expected.append(said)
    head = [
        "From Coq Require Import Reals ZArith List Bool.",
        "From Bignums Require Import BigZ.",
        f"From {LIBRARY} Require Import Base MaxMargin Checkers DominanceChecker.",
        f"From {LIBRARY} Require Import Contraction Balls Boxes Fields Machine.",
        "Import ListNotations.",
    ]
    (tmp_path / "Many.v").write_text("\n".join([*head, *parts]) + "\n", "utf-8")
    with certificates.library("DominanceChecker Fields") as compiled:
        printed = kernel.compile_file("Many", tmp_path, compiled)
    assert [word == "true" for word in re.findall(r"= (true|false)", printed)] == expected

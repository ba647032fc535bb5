"""Certificates as theorems: what the file for Rocq holds, what is refused; that the kernel decides as Python does."""

import copy
import json
import math
import random
import re
from contextlib import nullcontext
from fractions import Fraction
from itertools import chain
from pathlib import Path

import pytest
from forging import Document, dataset, restated
from test_certificates_waves import FORGERIES as WAVE_FORGERIES
from test_certificates_waves import GENUINE as WAVE
from test_certificates_waves import genuine as wave

from verify.ask.checks import checked_files
from verify.certificate import Unread, check_document
from verify.certificate.check import read
from verify.certificate.data import Data
from verify.certificate.effort import allowance
from verify.certificate.refusal import Refused
from verify.data import Dataset
from verify.errors import BadInput, Undecided
from verify.formal import certificates, kernel, programs
from verify.formal import form as forms
from verify.formal.certificates import FORMS, check_file
from verify.formal.form import Form, read_back, theorem_text
from verify.formal.programs import lines, program
from verify.formal.theories import LIBRARY
from verify.game.smooth.certify import equilibria_certificate, equilibrium_certificate
from verify.game.smooth.dominance import dominance_certificate, dominated
from verify.game.waves.certify import setting_of
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
NORMALIZED = optimizer("ngd")
# The l_inf margin of the second is attained by a segment.
FACE = dataset((1, 0), (2, 0))


def documents() -> list[Document]:
    """One certificate of each kind that has a theorem."""
    margins = [margin_certificate(max_margin(SEPARABLE, norm)) for norm in ("l1", "l2", "linf")]
    boxes = [
        equilibrium_certificate(LOPSIDED, PROXY, (1.0, 1.0), 60),
        equilibrium_certificate(DOMINATED, ADAMS[1], (1.0, 0.0, 0.0), 60),
        equilibrium_certificate(LOPSIDED, NORMALIZED, (1.0, 0.0), 60),
        WAVE,
    ]
    proofs = dominance_certificate(DOMINATED, dominated(DOMINATED, 2) or ())
    margins.append(margin_certificate(max_margin(FACE, "linf")))
    exact = [*margins, separability_certificate(SEPARABLE), separability_certificate(OPPOSED), proofs]
    return exact + boxes


def form_of(document: Document) -> tuple[Data, Form]:
    """The theorem of a certificate, with the data it is about."""
    data, _, claim, fields = read(document)
    return data, FORMS[claim["kind"]](data, claim, fields["witness"])


def text_of(document: Document) -> str:
    """The file for Rocq."""
    return theorem_text(*form_of(document))


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
        found.append(restated(document, part, **{name: value}))
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


def test_a_rule_becomes_the_program_that_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """What its lines say in numbers is what the rule's own say; a number that is written wrong proves nothing."""
    rule = setting_of(LOPSIDED, optimizer("adam-abs"), []).rule
    values: list[float] = [-0.75, 0.0, *(0.5 for _ in rule.states)]

    def told(of: tuple) -> float:
        word, *args = of
        if word == "Unknown":
            return values[args[0]]
        if word == "Ratio":
            return args[0] / args[1]
        parts = [told(arg) for arg in args]
        if word in ("Plus", "Times"):
            return sum(parts) if word == "Plus" else parts[0] * parts[1]
        return math.sqrt(parts[0]) if word == "Root" else 1 / parts[0]

    for line in lines(rule):
        values.append(told(line))
    m, v = (values[2 + len(rule.states) + end] for end in rule.after)
    beta1, beta2 = (float(rule.hyper[name]) for name in ("beta1", "beta2"))
    assert m == pytest.approx(beta1 * 0.5 - (1 - beta1) * 0.75)
    assert v == pytest.approx(beta2 * 0.5 + (1 - beta2) * 0.75)
    assert values[2 + len(rule.states) + rule.update] == pytest.approx(m / v)
    assert "Root" in program("R0", rule)
    monkeypatch.setattr(programs, "digits", lambda value: str(value)[-1:])
    with pytest.raises(Refused, match="not that of the certificate"):
        program("R0", rule)


def test_uniqueness_is_shown_modulo_a_prime_that_keeps_the_columns_independent() -> None:
    """Modulo 2^31 - 1 the second column of these rows is 0; of dependent columns there is no such prime."""
    first = 2**31 - 1
    data, form = form_of(margin_certificate(max_margin(dataset((1, first), (1, -first)), "linf")))
    modulus, (row,) = form.numbers["modulus"], [line for line in form.numbers["inverse"] if line]
    assert modulus > first
    (place,) = re.findall(r"modulus \[(\d)\]%nat", form.step)
    assert row[0] * data.integers[int(place)][1] % modulus == 1
    document = margin_certificate(max_margin(FACE, "linf"))
    alone = restated(document, "claim", face=[])
    with pytest.raises(Refused, match="more directions"):
        form_of(alone)


def test_what_has_no_theorem_is_said() -> None:
    for rule in ("adabelief", "adam-abs"):
        with pytest.raises(Unread, match="rule's yet"):
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
    path.write_text(json.dumps(restated(whole, "claim", points=points)), "utf-8")
    assert "invalid: stability" in check_file(path).line()


def test_a_wave_that_outgrows_all_numbers_is_refused_at_once() -> None:
    """The kernel's balls have as many bits as a claim's numbers call for, up to a bound."""
    claim = WAVE["claim"]
    waves = [claim["waves"][0] | {"growths": [str(10**300)]}]
    with allowance(1), pytest.raises(Refused, match="as many bits"):
        form_of(restated(WAVE | {"claim": claim | {"waves": waves}}))


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
    """Whole files are compiled, one valid certificate of each form and forgeries of three kinds; the next test has many
    more."""
    if kernel.command() is None:
        pytest.skip(f"Rocq is absent: {kernel.INSTALL}")
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "cache"))
    path = tmp_path / "certificate.json"
    seen = set()
    for document in documents():
        kind = document["claim"]["kind"]
        forged = [] if (kind, False) in seen else forgeries(document)[-1:]
        for each in (document, *(forged if kind in ("max-margin-l2", "dominated", "equilibrium") else ())):
            path.write_text(json.dumps(each), "utf-8")
            found = check_file(path)
            assert found.valid == check_document(each).valid, each["claim"]
            seen.add((kind, found.valid))
    assert len(seen) == 11


def candidates(data: Dataset, draw: random.Random) -> list[Document]:
    """Boxes around weights that may be an equilibrium, or none."""
    weights = [draw.choice((0.0, 1.0)) for _ in range(data.n)]
    weights[draw.randrange(data.n)] = 1.0
    try:
        return [equilibrium_certificate(data, draw.choice((PROXY, NORMALIZED, *ADAMS)), weights, 60)]
    except (BadInput, Undecided, Refused):
        return []


def checkers(form: Form) -> str:
    """What the kernel computes in the proof of this theorem."""
    ((checker, called),) = re.findall(r"\((check_\w+)_sound (.*)\)", form.step)
    if not (found := re.fullmatch("check_(linf|l1)_(alone|face)", checker)):
        return f"{checker} {called}"
    norm, how = found.groups()
    main, more = "K d s rows t w p q one c", called.removeprefix("K d s rows t w p q one c")
    held = f"held_{norm} K {'s p q one ' if norm == 'l1' else ''}(combined K d c rows)"
    return f"check_{norm} {main} && check_{how} K d rows c ({held}){more}"


def in_the_kernel(found: list[tuple[Data, Form]], tmp_path: Path) -> list[bool]:
    """What the checkers of these theorems say, all computed in one run of the kernel."""
    parts = []
    for k, (data, form) in enumerate(found):
        lines = [
            line
            for line in theorem_text(data, form).splitlines()
            if line.startswith(("Open", "Definition")) and "R_scope" not in line
        ]
        asked = f"Eval vm_compute in ({checkers(form)})."
        parts.append("\n".join([f"Module M{k}.", *lines, asked, f"End M{k}."]))
    head = [
        "From Coq Require Import Reals ZArith List Bool.",
        "From Bignums Require Import BigZ.",
        f"From {LIBRARY} Require Import Base MaxMargin Checkers Uniqueness Faces DominanceChecker.",
        f"From {LIBRARY} Require Import Contraction Balls Boxes Fields Exponential Programs Waves WaveBoxes Machine.",
        "Import ListNotations.",
    ]
    (tmp_path / "Many.v").write_text("\n".join([*head, *parts]) + "\n", "utf-8")
    with certificates.library("DominanceChecker Faces WaveBoxes") as compiled:
        printed = kernel.compile_file("Many", tmp_path, compiled)
    return [word == "true" for word in re.findall(r"= (true|false)", printed)]


@pytest.mark.slow
def test_the_kernel_tells_waves_from_what_are_none(tmp_path: Path) -> None:
    """Waves of rules of every make, and each forgery of what the theorem says of a wave."""
    if kernel.command() is None:
        pytest.skip(f"Rocq is absent: {kernel.INSTALL}")
    step = {"lr": Fraction(1, 10), "decay": Fraction(0)}
    betas = {"beta1": Fraction(1, 2), "beta2": Fraction(3, 5)}
    waves = [
        WAVE,
        wave(optimizer("nadam", **step, **betas)),
        wave(optimizer("adam-proxy", **step)),
        wave(optimizer("ngd", **step), (0.3, 0.3, 0.4)),
        wave(optimizer("adam-abs", **step, **betas)),
    ]
    said = ("growth", "slack", "direction", "one-zero")
    made = [forge() for obligation, forge in WAVE_FORGERIES.values() if obligation in said]
    forged = [each for each in made if len(each["claim"]["waves"][0]["levels"]) == 1]
    found = in_the_kernel([form_of(each) for each in [*waves, *forged]], tmp_path)
    assert found == [True] * len(waves) + [False] * len(forged)
    assert len(forged) >= 4


@pytest.mark.slow
def test_both_checkers_agree_on_300_certificates_and_300_forgeries(tmp_path: Path) -> None:
    """All are computed in one run of the kernel, each by the checkers that its theorem would run."""
    if kernel.command() is None:
        pytest.skip(f"Rocq is absent: {kernel.INSTALL}")
    draw = random.Random(0)
    found, expected = list[tuple[Data, Form]](), list[bool]()
    while min(expected.count(True), expected.count(False)) < 300:
        n, d = draw.randint(1, 4), draw.randint(1, 3)
        sizes = [[Fraction(draw.randint(1, 9), draw.randint(1, 3)) for _ in range(d)] for _ in range(n)]
        data = dataset(*(tuple(draw.choice((1, 1, -1)) * size for size in row) for row in sizes))
        made = [separability_certificate(data)]
        if made[0]["claim"]["kind"] == "separable":
            made += [margin_certificate(max_margin(data, norm)) for norm in ("l1", "l2", "linf")]
            made += [*candidates(data, draw), dominance_certificate(data, dominated(data, n) or ())]
        forged = [draw.sample(each, min(2, len(each))) for each in (forgeries(one, True) for one in made)]
        for document in [*made, *chain.from_iterable(forged)]:
            said = check_document(document).valid
            try:
                theorem = form_of(document)
            except Refused:
                assert not said
                continue
            if said or not theorem[1].part:  # else what the theorem does not say may be wrong
                found.append(theorem)
                expected.append(said)
    assert in_the_kernel(found, tmp_path) == expected

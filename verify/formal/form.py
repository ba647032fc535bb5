"""A certificate as a file for Rocq: its numbers as integers, the statement, and a proof of one step.

The numbers are read back from the text and compared with the document, so that no other statement is proved than the
certificate's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from verify.certificate.data import Data
from verify.certificate.reading import digits
from verify.certificate.refusal import Refused
from verify.formal.theories import LIBRARY

Numbers = int | list[int] | list[list[int]]

# From this many bits of data on, numbers are machine words: Z is easier to read, but its literals are slow to read in.
LARGE = 40_000


@dataclass(frozen=True)
class Form:
    """What a certificate becomes: its numbers by name, the statement and the proof's first step.

    theories   that are imported;
    machine    whether numbers are machine words, however small the data;
    more       further definitions, which the statement does not name;
    part       of a claim that has a theorem in part: that part; Python's checker must find all of it;
    finer      what is tried if the kernel does not say yes, where more precision might help.
    """

    numbers: dict[str, Numbers]
    statement: str
    step: str
    theories: str = "Base MaxMargin Checkers"
    machine: bool = False
    more: Sequence[str] = ()
    part: str = ""
    finer: Callable[[], Form] | None = None


def all_of(said: Sequence[str], steps: Sequence[str]) -> tuple[str, str]:
    """Several statements as one, and its proof by a step for each."""
    splits = "".join(f"split; [{each} | " for each in steps[:-1])
    return " /\\\n  ".join(said), splits + steps[-1] + "]" * (len(steps) - 1)


def theorem_text(data: Data, form: Form) -> str:
    """The file for Rocq."""
    large = form.machine or data.n * data.d * data.bits > LARGE
    theories = form.theories + (" Machine" if large and "Machine" not in form.theories else "")
    numbers = {"s": data.denominator, "rows": data.integers, **form.numbers}
    lines = [
        "From Coq Require Import Reals ZArith List.",
        *(["From Bignums Require Import BigZ."] if large else []),
        f"From {LIBRARY} Require Import {theories}.",
        "Import ListNotations.",
        f"Open Scope {'bigZ_scope' if large else 'Z_scope'}.",
        "Open Scope list_scope.",  # before bigZ_scope, in which [x] is the integer that x is
        f"Definition K : numbers := {'machine' if large else 'integers'}.",
        f"Definition d : nat := {data.d}%nat.",
        *(f"Definition {name} : {_type(value)} := {_literal(value)}." for name, value in numbers.items()),
        *form.more,
        "Open Scope R_scope.",
        "Theorem certificate :",
        f"  {form.statement}.",
        "Proof.",
        f"  {form.step}; vm_cast_no_check (eq_refl true).",
        "Qed.",
        "Print Assumptions certificate.",
    ]
    text = "\n".join(lines) + "\n"
    if read_back(text) != numbers:
        raise Refused("kernel", "the numbers in the theorem are not those of the certificate")
    return text


def _type(value: Numbers) -> str:
    depth = 0
    while isinstance(value, list):
        depth, value = depth + 1, value[0] if value else 0
    return "list (" * depth + "carrier K" + ")" * depth


def _literal(value: Numbers) -> str:
    return digits(value) if isinstance(value, int) else "[" + "; ".join(map(_literal, value)) + "]"


def read_back(text: str) -> dict[str, Numbers]:
    """The numbers that a file for Rocq defines, by name."""
    return {
        name: _read(value)
        for name, value in re.findall(r"^Definition (\w+) : .*carrier K\)* := (.*)\.$", text, re.M)
    }


def _read(value: str) -> Numbers:
    if not value.startswith("["):
        return _whole_number(value)
    inside = value[1:-1]
    if inside.startswith("["):
        return [[_whole_number(x) for x in row.split("; ") if x] for row in inside[1:-1].split("]; [")]
    return [_whole_number(x) for x in inside.split("; ") if x]


def _whole_number(text: str) -> int:
    """An integer of any length, which `int` refuses beyond some thousand digits."""
    sign, size = (-1, text[1:]) if text.startswith("-") else (1, text)
    value = 0
    for start in range(0, len(size), 4000):
        part = size[start : start + 4000]
        value = value * 10 ** len(part) + int(part)
    return sign * value

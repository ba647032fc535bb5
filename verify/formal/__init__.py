"""Theorems of Rocq behind a clause: the sources, the table that says what they mean, and what the kernel made of them.

`verify/rocq/` holds the theories, `theorems.toml` (for each theorem what its hypotheses say in a claim's words, and a
digest that pins its statement) and `built.json` (what the kernel said of these sources, and which axioms each theorem
rests on). ``python -m verify.formal``, which is `make rocq`, compiles all of it, compares it with the table, and writes
`built.json` and `notes/kernel.md`.
"""

from __future__ import annotations

from verify.evidence import Evidence, Verdict
from verify.formal.kernel import established, refused_axioms
from verify.formal.theories import faults, sources_digest, table


def evidence(name: str) -> Evidence:
    """The evidence that a theorem is for a clause: ``formal`` if the kernel accepts what the table says of it."""
    theorem = table()[name]
    compiled, where = established()
    # Of whatever theorem or file: others may rest on it.
    wrong = [*faults(), *refused_axioms(compiled)]
    if compiled.sources != sources_digest():
        wrong.append("the sources are not those that were built")
    if wrong:
        return Evidence(Verdict.UNDECIDED, f"theorem {name}", "; ".join(wrong))
    rests = ", ".join(axiom.rsplit(".", 1)[-1] for axiom in compiled.axioms[name]) or "no axioms"
    detail = f"verify/rocq/{theorem.file}.v, Rocq {compiled.rocq}, {where}; rests on {rests}"
    return Evidence(Verdict.FORMAL, theorem.says, f"theorem {name}: {detail}", theorem=name)


__all__ = ["evidence", "table"]

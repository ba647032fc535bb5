"""Is a rule one of those that ship? Certificates name rules, and a name may be anyone's."""

from __future__ import annotations

from collections.abc import Sequence

from verify.numbers.mpf import MPF
from verify.numbers.program import source
from verify.optimizers.optimizer import Optimizer
from verify.optimizers.rule import Rule
from verify.optimizers.rules import RULES


def shipped_as(opt: Optimizer, names: Sequence[str]) -> str | None:
    """The name, among these, of the rule that ships and does what the optimizer does, operation by operation; None if
    there is none, or w decays by itself, for which no certificate has a word."""
    if opt.weight_decay:
        return None
    return next((name for name in names if _same(RULES[name], opt.rule)), None)


def _same(a: Rule, b: Rule) -> bool:
    if a is b:
        return True
    if (a.states, a.reads, a.names) != (b.states, b.reads, b.names):
        return False
    texts = [source(rule.program, MPF) for rule in (a, b)]
    constants = [{name: value for name, value in space.items() if name.startswith("c")} for _, space in texts]
    return texts[0][0] == texts[1][0] and constants[0] == constants[1]

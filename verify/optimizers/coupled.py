"""Coupled decay, L2 in the gradient: the rule is given g + l2 w in place of g."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from verify.errors import BadInput
from verify.numbers.system import Numbers
from verify.optimizers.rule import Number, Rule, Step

# What the factor is called.
L2 = "l2"


@cache
def with_l2(rule: Rule) -> Rule:
    """The rule with l2 as a hyperparameter of its own. As it reads w it has no degree. Raises BadInput for a rule that
    reads more than the gradient in its own coordinate."""
    if rule.matrix is not None or rule.reads != "nothing":
        what = "the gradient as a matrix" if rule.matrix is not None else f"the {rule.reads} of gradients"
        raise BadInput(f"l2: {rule.name} reads {what}, to which no decay is added here")

    def define(num: Numbers) -> Step:
        step = rule.define(num)
        return lambda g, seen, s, h: step(g + h.l2 * h.w, seen, s, h)

    hyper = (*rule.hyper, Number(L2, 0, 0))
    return replace(rule, define=define, hyper=hyper, degree=None, blocks=None, also=(), torch="")

"""Where decay has one balance, and every flow comes to it: at the full batch, by a rule that goes along each entry of
the gradient.

Let the update at a gradient a that stays be phi(a), entry by entry, odd and strictly increasing: a/(|a| + eps) of Adam.
Then lambda w = phi(-grad L) says that w minimizes L plus a strictly convex function of each entry, and along the flow
that sum falls (chain `weight-decay-temperature`).
"""

from __future__ import annotations

from functools import cache

from verify.losses.load import is_shipped
from verify.numbers.formula import NoAnswerError, evaluate
from verify.optimizers.optimizer import Optimizer
from verify.optimizers.tail import in_the_long_run
from verify.optimizers.traits import forgetting


def has_one_point(opt: Optimizer, n: int) -> bool:
    """Whether an optimizer with weight decay on n samples is known to have one balance: the losses that ship are
    convex."""
    shipped = is_shipped(opt.loss, "logistic") or is_shipped(opt.loss, "exponential")
    return shipped and opt.full_batch(n) and increases(in_the_long_run(opt))


@cache
def increases(still: Optimizer) -> bool:
    """Whether the update of a rule whose states have settled is odd in a gradient that stays, entry by entry, and grows
    strictly with its size: by symbols. False also where that is not seen."""
    rule = still.rule
    degrees = [state.degree for state in rule.states]
    entrywise = rule.matrix is None and rule.reads == "nothing" and not forgetting(rule, still.values)
    if not entrywise or any(int(p) != p for p in degrees):
        return False
    import sympy

    from verify.numbers.systems.symbols import SYMBOLS

    a = sympy.Symbol("a", positive=True)
    known = {name: SYMBOLS.number(value) for name, value in still.values.items()}
    known |= dict.fromkeys(("eps", "inside", "w", "eta"), sympy.Integer(0))
    updates = []
    for g in (a, -a):
        states = {state.name: g ** int(state.degree) for state in rule.states}
        try:
            update, *after = evaluate(
                [rule.program.update, *rule.program.after], known | states | {"g": g}, SYMBOLS
            )
        except (NoAnswerError, KeyError, TypeError):
            return False
        if any(sympy.simplify(end - at) != 0 for end, at in zip(after, states.values(), strict=True)):
            return False
        updates.append(update)
    slope = sympy.factor(sympy.diff(updates[0], a))
    return sympy.simplify(sum(updates)) == 0 and bool(slope.is_positive)

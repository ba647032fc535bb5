"""A rule in a convention as one program: from gradient, states and weight to the move and the weight after it.

A rule of matrices makes a direction, one number a coordinate, of which the matrix is made: that stands for the update.

The rule's own program is rewritten, operation by operation. Beside the rule's inputs the program takes ``decayed`` (the
rate of weight decay), ``start`` (1 in the first step, else 0), the corrections ``p`` = 1 - beta1^t and ``q`` =
1 - beta2^t, for momentum that looks ahead ``p_next``, ``mu``, ``mu_next`` and ``left`` (the product of the mu), and
for a matrix ``turned``, what is made of the direction, and ``factor``, what it is multiplied by.
"""

from __future__ import annotations

from functools import cache

from verify.conform.convention import Convention
from verify.errors import BadInput
from verify.numbers.formula import ZERO, read_off, rebuilt, replaced, substituted
from verify.numbers.program import TRACED, Node, Program
from verify.optimizers.matrices import NEWTON_SCHULZ
from verify.optimizers.rule import Rule

SCALARS = ("decayed", "start", "p", "q", "p_next", "mu", "mu_next", "left", "turned", "factor")


def _input(name: str) -> Node:
    return Node("input", value=name)


@cache
def formula(rule: Rule, how: Convention, decays: bool) -> Program:
    """The program; its update is the move of the weight, and after the rule's states comes the weight, and then, of a
    matrix, the direction.

    Raises BadInput for a rule that reads what one gradient does not have.
    """
    if rule.reads == "squares":
        raise BadInput(
            f"rule={rule.name}: it reads squares by samples, and an implementation is fed one gradient"
        )
    if rule.matrix not in (None, NEWTON_SCHULZ):
        raise BadInput(
            f"rule={rule.name}: it reads a matrix, and of such rules implementations are held against muon-ns, Newton "
            "and Schulz's polynomial"
        )
    eps, eta, w, rate, start = map(_input, ("eps", "eta", "w", "decayed", "start"))
    q = _input("q")
    beta2_corrected = rule.corrects is not None and how.correction in ("both", "v")
    inside, outside = {
        "outside": (ZERO, eps),
        "inside": (eps, ZERO),
        "before": (eps / q if beta2_corrected else eps, ZERO),
        "hat": (ZERO, eps / TRACED.sqrt(q) if beta2_corrected else eps),
        "maximum": (ZERO, eps),
        "in v": (ZERO, ZERO),
        "none": (ZERO, ZERO),
    }[how.eps]
    given: dict[str, Node] = {}
    if how.dampening == "not first":
        given["dampening"] = _input("dampening") * (1 - start)
    elif how.dampening == "average":
        given["dampening"] = _input("beta1")
    g = _input("g")
    if how.ascent:
        g = -g
    if how.decay == "coupled" and decays:
        g = g + rate * w
    if how.buffer == "steps":
        g = eta * g
    first = ((how.start_m is None, "beta1", 1), (how.start_v is None, "beta2", 2))
    after = []
    for state, end in zip(rule.states, rule.program.after, strict=True):
        forgets = {
            beta: _input(beta) * (1 - start)
            for wanted, beta, degree in first
            if wanted and state.degree == degree
        }
        if forgets:
            (end,) = substituted([end], forgets)
        if how.eps == "in v" and state.degree == 2:
            end = end + eps
        after.append(end)
    # What the update is made of: the states after the step, by the identity of their nodes.
    swaps = {id(old): new for old, new in zip(rule.program.after, after, strict=True)}
    corrected = dict(swaps)
    shown = {"both": (1, 2), "m": (1,), "v": (2,), "none": ()}[how.correction] if rule.corrects else ()
    for state, old in zip(rule.states, rule.program.after, strict=True):
        if state.degree in shown:
            corrected[id(old)] = swaps[id(old)] / _input("p" if state.degree == 1 else "q")
    if how.largest == "of corrected v":
        _maximum_of_corrected(rule, after, corrected)
    update = rule.program.update
    if how.ahead != "plain":
        update = _ahead(rule, update, how.ahead)
        for state, old in zip(rule.states, rule.program.after, strict=True):
            if state.degree == 2:
                corrected[id(old)] = swaps[id(old)] / q
    update = replaced(update, corrected)
    if how.eps == "maximum":
        update = _largest(update)
    update, *after = substituted([update, *after], given | {"g": g})
    # In a pass of its own, since eps itself stands in what replaces inside; in the states eps stays what it is.
    (update,) = substituted([update], {"inside": inside, "eps": outside})
    after = substituted(after, {"inside": inside})
    direction = () if rule.matrix is None else (update,)
    if direction:
        update = _input("factor") * _input("turned")
    step = update if how.buffer == "steps" else eta * update
    if not decays or how.decay == "coupled":
        move, weight = -step, w - step
    elif how.decay == "decoupled":
        move, weight = -(step + eta * rate * w), w * (1 - eta * rate) - step
    elif how.decay == "after":
        weight = (w - step) * (1 - eta * rate)
        move = -(step + eta * rate * (w - step))
    else:
        move, weight = -(step + rate * w), w * (1 - rate) - step
    names = (*rule.names, *SCALARS)
    return Program(tuple(state.name for state in rule.states), names, move, (*after, weight, *direction))


def _maximum_of_corrected(rule: Rule, after: list[Node], corrected: dict[int, Node]) -> None:
    """The last state of degree 2 is the maximum: it takes v corrected, and is not corrected itself."""
    v, top = [place for place, state in enumerate(rule.states) if state.degree == 2]
    old = rule.program.after
    after[top] = replaced(old[top], {id(old[v]): after[v] / _input("q")})
    corrected[id(old[top])] = after[top]


def _largest(update: Node) -> Node:
    """The larger of the two where eps is added."""

    def made(each: Node, args: list[Node]) -> Node:
        adds = each.op == "+" and any(arg.op == "input" and arg.value == "eps" for arg in args)
        return Node("max", tuple(args)) if adds else rebuilt(each, args)

    return read_off([update], made)[0]


def _ahead(rule: Rule, update: Node, how: str) -> Node:
    """The ratio with NAdam's numerator in one of its two corrected forms; the direction of a matrix in the second."""
    m = next(old for state, old in zip(rule.states, rule.program.after, strict=True) if state.degree == 1)
    g, beta1, p, later = map(_input, ("g", "beta1", "p", "p_next"))
    mu, then, left = map(_input, ("mu", "mu_next", "left"))
    if rule.matrix is not None:
        plain = m / p
        return plain + _input("nesterov") * (beta1 * m / later + (1 - beta1) * g / p - plain)
    if how == "corrected":
        top = beta1 * m / later + (1 - beta1) * g / p
    else:
        top = (1 - mu) * g / (1 - left) + then * m / (1 - left * then)
    return Node("ratio", (top, update.args[1]))

"""What a carried rule does at frozen gradients: its update after any number of steps, and a row's costs."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from mpmath import exp, log, mpf, sqrt

from independent.algebra import Claim, Drift, dot, real


def drift_of_proxy(rows: list[list[mpf]], c: list[mpf]) -> list[mpf]:
    parts = [[weight * x for x in row] for weight, row in zip(c, rows, strict=True)]
    return [sum(column) / sqrt(dot(column, column)) for column in zip(*parts, strict=True)]


def step_of_rule(rule: Claim) -> Callable[..., tuple[mpf, list[mpf]]]:
    """The carried program: (g, seen, states) to the update and the states after."""
    names = [name for name, _ in rule["states"]]
    hyper = {name: real(Fraction(value)) for name, value in rule["hyper"].items()}
    functions = {
        "+": lambda a, b: a + b,
        "-": lambda a, b=None: -a if b is None else a - b,
        "*": lambda a, b: a * b,
        "/": lambda a, b: (
            mpf(0) if a == b == 0 else a / b if b else mpf("nan")
        ),  # in a line that nothing uses
        "sqrt": sqrt,
        "sign": lambda a: mpf((a > 0) - (a < 0)),
        "abs": abs,
        "max": max,
        "exp": exp,
        "log": log,
        "softplus": lambda a: log(1 + exp(a)),
    }

    def step(g: mpf, seen: mpf, s: list[mpf]) -> tuple[mpf, list[mpf]]:
        given = {"g": g, "z": g, "seen": seen, **hyper, **dict(zip(names, s, strict=True))}
        values: list[mpf] = []
        for op, *args in rule["program"]:
            if op == "input":
                values.append(given[args[0]])
            elif op == "constant":
                values.append(real(Fraction(args[0])))
            else:
                values.append(functions[op](*(values[int(i)] for i in args)))
        return values[int(rule["update"])], [values[int(i)] for i in rule["after"]]

    return step


def updates(step: Callable[..., Any], states: int, batches: list[tuple[mpf, mpf]]) -> list[mpf]:
    """What each step of an epoch does on frozen gradients. Epochs from states of 1 and 2 tell what is kept of a state,
    so the periodic one; once more for each state, so that those that others need are known when these are asked."""

    def epoch(s: list[mpf]) -> tuple[list[mpf], list[mpf]]:
        found = []
        for g, seen in batches:
            u, s = step(g, seen, s)
            found.append(u)
        return found, s

    s = [mpf(1)] * states
    for _ in range(states):
        for i in range(states):
            ends = [epoch([*s[:i], mpf(start), *s[i + 1 :]])[1][i] for start in (1, 2)]
            kept = ends[1] - ends[0]
            s[i] = (ends[0] - kept) / (1 - kept)
    return epoch(s)[0]


def drift_of_rule(claim: Claim) -> Drift:
    """U, by the program itself."""
    rule, size, owned = claim["rule"], int(claim["batch_size"]), claim["classes"] - 1
    step, names = step_of_rule(rule), rule["states"]

    def column(batches: list[tuple[mpf, mpf]]) -> mpf:
        return -sum(updates(step, len(names), batches)) / len(batches)

    def drift(rows: list[list[mpf]], c: list[mpf]) -> list[mpf]:
        moves = [[-weight * x for x in row] for weight, row in zip(c, rows, strict=True)]
        owners = [moves[i : i + owned] for i in range(0, len(rows), owned)]
        terms = [[sum(column) for column in zip(*own, strict=True)] for own in owners]
        parts = [terms[i : i + size] for i in range(0, len(terms), size)]
        means = [[sum(column) / len(part) for column in zip(*part, strict=True)] for part in parts]
        U = []
        for k in range(len(rows[0])):
            seen = {
                "nothing": lambda p: mpf(0),
                "squares": lambda p, k=k: sum(term[k] ** 2 for term in parts[p]),
                "norm": lambda p: sqrt(dot(means[p], means[p])),
            }[rule["reads"]]
            U.append(column([(means[p][k], seen(p)) for p in range(len(parts))]))
        return U

    return drift


def fades(rule: Claim) -> bool:
    """Whether a second step without gradient has a smaller update than the first, from states of 1."""
    step, zero = step_of_rule(rule), mpf(0)
    first, s = step(zero, zero, [mpf(1)] * len(rule["states"]))
    second, _ = step(zero, zero, s)
    return first == 0 or abs(second) < abs(first)


def game(claim: Claim) -> Drift | None:
    """U of the claim's game; None where its update does not fade, so that there is none."""
    return drift_of_rule(claim) if fades(claim["rule"]) else None


def costs(drift: Drift, rows: list[list[mpf]], c: list[mpf]) -> list[mpf]:
    U = drift(rows, c)
    return [dot(row, U) for row in rows]


def loss_of(program: Any) -> Callable[[mpf], mpf]:
    """A function of z that is carried line by line."""
    rule = {"states": [], "hyper": {}, "program": program, "update": str(len(program) - 1), "after": []}
    step = step_of_rule(rule)
    return lambda z: step(z, mpf(0), [])[0]


def row_weights(weight: Callable[[mpf], mpf], z: list[mpf], owned: int) -> list[mpf]:
    """The weights of rows with margins z: -l'(s) exp(s - z) at the soft minimum s of a sample's margins."""
    found = []
    for first in range(0, len(z), owned):
        own = z[first : first + owned]
        soft = -log(sum(exp(-each) for each in own))
        found += [exp(weight(soft) + soft - each) for each in own]
    return found

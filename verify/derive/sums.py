"""Identities between finite sums with symbolic ranges, decided by a normal form.

An expression is expanded into monomials, each with its own summation indices; products of sums become double
sums, so the order of summation is immaterial. Indices of one range may be renamed. For an index i over
0..N-1 that occurs in a lag (i - a) mod N, (k + a) mod N may be put, and likewise for (a - i) mod N, since
these permute 0..N-1. Of all ways to write a monomial the simplest is kept, so equal monomials meet and
cancel.

If the normal form of left - right is 0 they are equal, for every N and every summand. The converse does not
hold: what depends on the value of a geometric sum, or on more than one of these moves at once inside a
nonpolynomial factor, may keep a nonzero normal form though it vanishes.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations, product
from typing import Any

import sympy

Limits = tuple[Any, Any, Any]

# Ways to write a monomial that are looked at; missing some may only leave equal monomials apart.
ORBIT = 24


def canonical(expression: Any) -> Any:
    """The normal form: 0 only if the expression vanishes identically."""
    total: dict[Any, Any] = {}
    for term in sympy.Add.make_args(sympy.expand(expression)):
        for coefficient, summand, limits in _flat(term):
            key = min(
                _spellings(summand, limits),
                key=lambda e: (int(sympy.count_ops(e)), sympy.default_sort_key(e)),
            )
            total[key] = total.get(key, 0) + coefficient
    return sympy.Add(*(sympy.simplify(value) * key for key, value in total.items()))


def _flat(term: Any) -> Iterator[tuple[Any, Any, tuple[Limits, ...]]]:
    """The term as (coefficient free of indices, monomial, ranges), after merging all its sums into one."""
    scalars, sums = [], []
    for factor in sympy.Mul.make_args(term):
        base, exponent = factor.as_base_exp()
        if isinstance(base, sympy.Sum) and exponent.is_Integer and exponent > 0:
            sums.extend([base] * int(exponent))
        else:
            scalars.append(factor)
    outside = sympy.Mul(*scalars)
    if not sums:
        yield outside, sympy.Integer(1), ()
        return
    for parts in product(*(list(_opened(s)) for s in sums)):
        limits: list[Limits] = []
        inside = sympy.Integer(1)
        for coefficient, summand, ranges in parts:
            fresh = {
                index: sympy.Dummy(f"i{len(limits) + p}", integer=True)
                for p, (index, _, _) in enumerate(ranges)
            }
            outside_part = coefficient
            inside = inside * outside_part * summand.xreplace(fresh)
            limits += [
                (fresh[i], sympy.sympify(a).xreplace(fresh), sympy.sympify(b).xreplace(fresh))
                for i, a, b in ranges
            ]
        yield _factored(outside * inside, tuple(limits))


def _opened(total: sympy.Sum) -> Iterator[tuple[Any, Any, tuple[Limits, ...]]]:
    """The monomials of a sum's expanded summand, with the sum's own ranges added to theirs."""
    own = tuple(tuple(limit) for limit in total.limits)
    for term in sympy.Add.make_args(sympy.expand(total.function)):
        for coefficient, summand, limits in _flat(term):
            yield _factored(coefficient * summand, (*own, *limits))


def _factored(term: Any, limits: tuple[Limits, ...]) -> tuple[Any, Any, tuple[Limits, ...]]:
    """Factors without an index in front; an index that occurs nowhere is worth the length of its range."""
    used = []
    for index, low, high in limits:
        if term.has(index) or any(low_.has(index) or high_.has(index) for _, low_, high_ in limits):
            used.append((index, low, high))
        else:
            term = term * (high - low + 1)
    indices = {index for index, _, _ in used}
    term = sympy.powsimp(sympy.expand_power_exp(term), combine="exp")
    coefficient, summand = sympy.Mul(term).as_independent(*indices) if indices else (term, sympy.Integer(1))
    return coefficient, summand, tuple(used)


def _spellings(summand: Any, limits: tuple[Limits, ...]) -> Iterator[Any]:
    """The monomial under every renaming of indices and every cyclic shift, as an unevaluated pair."""
    for shifted in _shifts(summand, limits):
        for order in permutations(range(len(limits))):
            names = {limits[p][0]: sympy.Symbol(f"_{q}", integer=True) for q, p in enumerate(order)}
            ranges = sympy.Tuple(
                *(
                    sympy.Tuple(
                        names[limits[p][0]], *(sympy.sympify(b).xreplace(names) for b in limits[p][1:])
                    )
                    for p in order
                )
            )
            yield sympy.Function("sum")(shifted.xreplace(names), ranges) if limits else sympy.Integer(1)


def _shifts(summand: Any, limits: tuple[Limits, ...]) -> list[Any]:
    """The summand under all cyclic moves of its indices, one after another, as far as ORBIT goes."""
    found = [summand]
    for one in found:
        for moved in _moved(one, limits):
            if moved not in found and len(found) < ORBIT:
                found.append(moved)
    return found


def _moved(summand: Any, limits: tuple[Limits, ...]) -> Iterator[Any]:
    """The summand after each single move."""
    for index, low, high in limits:
        if low == 0:
            for m in sorted(summand.atoms(sympy.Mod), key=sympy.default_sort_key):
                if m.has(index) and m.args[1] == high + 1:
                    for move in _inverse(m.args[0], index):
                        yield _lag_reduced(summand.subs(index, sympy.Mod(move, high + 1)), limits)


def _inverse(lag: Any, index: Any) -> list[Any]:
    """What to put for the index so that i - a, or a - i, becomes i."""
    slope = sympy.diff(lag, index)
    return [2 * index - lag] if slope == 1 else [lag] if slope == -1 else []


def _lag_reduced(summand: Any, limits: tuple[Limits, ...]) -> Any:
    """(k mod N) is k for an index k over 0..N-1."""
    for index, low, high in limits:
        if low == 0:
            summand = summand.xreplace({sympy.Mod(index, high + 1): index})
    return summand

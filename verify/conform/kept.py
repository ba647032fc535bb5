"""What an optimizer keeps between its steps: the numbers and arrays in a state, or in an object's attributes."""

from __future__ import annotations

from collections.abc import Callable, Collection
from numbers import Real
from types import ModuleType
from typing import Any

# The values of a tree are visited in one order: reading them and writing them is the same walk.
Visit = Callable[[Any], Any]


def leaves(tree: Any, others: Collection[int]) -> list[Any]:
    """All numbers and arrays in nested tuples, lists, dictionaries and attributes, but in ``others``, by identity."""
    found: list[Any] = []

    def read(leaf: Any) -> Any:
        found.append(leaf)
        return leaf

    _walked(tree, read, set(others))
    return found


def with_leaves(tree: Any, values: list[Any], others: Collection[int]) -> Any:
    """The tree with these in their places. What can be changed is changed, and what cannot, as a tuple, made anew."""
    rest = iter(values)
    return _walked(tree, lambda leaf: next(rest), set(others))


def _walked(tree: Any, visit: Visit, seen: set[int]) -> Any:
    if isinstance(tree, bool | str | ModuleType) or tree is None or callable(tree) or id(tree) in seen:
        return tree
    if isinstance(tree, Real) or hasattr(tree, "shape"):
        return visit(tree)
    if isinstance(tree, tuple):
        made = [_walked(each, visit, seen) for each in tree]
        return type(tree)(*made) if hasattr(tree, "_fields") else tuple(made)
    seen.add(id(tree))
    held = tree if isinstance(tree, dict) else getattr(tree, "__dict__", None)
    if isinstance(tree, list):
        tree[:] = [_walked(each, visit, seen) for each in tree]
    elif held is not None:
        for key, value in list(held.items()):
            held[key] = _walked(value, visit, seen)
    return tree

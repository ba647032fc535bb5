"""What the tests of forged certificates share: mutations of documents, and obligations switched off."""

from __future__ import annotations

import ast
import copy
import inspect
import random
from collections.abc import Callable, Iterable, Iterator, Mapping
from fractions import Fraction
from types import ModuleType
from typing import Any

import pytest

from verify.certificate import boxes, check_document, krawczyk, statement_of, waves
from verify.certificate.field import costs, game_of
from verify.certificate.writing import spell
from verify.data import Dataset
from verify.numbers.systems.balls import ball, precision

Document = dict[str, Any]
Path = tuple[str | int, ...]
# The obligation that must refuse it, and what makes it.
Forgery = tuple[str, Callable[[], Document]]

# What kinds have shown by functions that they share, and the obligation that these require.
SHARED = {
    "require_one_zero": "one-zero",
    "require_one_fixed": "one-zero",
    "require_direction": "direction",
    "require_spectral_radius": "spectral-radius",
    "require_apart": "distinct",
}

# One sample of three classes and one feature.
CLASSES = {"samples": [["1"]], "labels": ["0"], "classes": "3"}


def dataset(*rows: tuple[object, ...]) -> Dataset:
    """A data set of these rows, spelled as ints or text."""
    return Dataset("hand-made", tuple(tuple(Fraction(str(x)) for x in row) for row in rows))


def obligations(modules: Iterable[ModuleType]) -> set[str]:
    """The second argument of each `require` in the modules, and what functions that several kinds share require."""
    named = set()
    for module in modules:
        for node in ast.walk(ast.parse(inspect.getsource(module))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "require":
                label = node.args[1]
                assert isinstance(label, ast.Constant)
                named.add(label.value)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in SHARED:
                named.add(SHARED[node.func.id])
    return named


def switch_off(obligation: str, modules: Iterable[ModuleType], monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the modules' `require` pass over one obligation."""
    from verify.certificate.reading import require

    def lenient(holds: bool, named: str, why: str) -> None:
        require(holds or named == obligation, named, why)

    for module in (*modules, boxes, krawczyk, waves):
        if hasattr(module, "require"):
            monkeypatch.setattr(module, "require", lenient)


def assert_refused(forgery: Forgery) -> None:
    """The named obligation rejects the forgery, and no other before it."""
    obligation, make = forgery
    checked = check_document(make())
    assert not checked.valid
    assert checked.obligation == obligation, checked.line()


def assert_only_that_refuses(
    forgery: Forgery, modules: Iterable[ModuleType], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the one obligation switched off the forgery passes: everything else about it is intact."""
    obligation, make = forgery
    document = make()
    switch_off(obligation, modules, monkeypatch)
    checked = check_document(document)
    assert checked.valid, checked.line()


def trials(
    forgeries: Mapping[str, Forgery],
    modules: Iterable[ModuleType],
    alone: Iterable[str] | None = None,
    elsewhere: Iterable[str] = (),
) -> tuple[Callable[..., None], Callable[..., None], Callable[[], None]]:
    """Three tests: the named obligation refuses each forgery; of those ``alone``, or all, no other does; and every
    obligation of the modules, but for those that are tried ``elsewhere``, has a forgery."""

    @pytest.mark.parametrize("name", forgeries)
    def one_rejects(name: str) -> None:
        assert_refused(forgeries[name])

    @pytest.mark.parametrize("name", forgeries if alone is None else alone)
    def only_that(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
        assert_only_that_refuses(forgeries[name], modules, monkeypatch)

    def every() -> None:
        assert obligations(modules) - {*elsewhere} == {obligation for obligation, _ in forgeries.values()}

    return one_rejects, only_that, every


def assert_slopes(game: dict[str, Any], data: Dataset, c: list[Fraction]) -> None:
    """The slopes of the checker's costs, at weights (N) that are none or positive, are difference quotients."""
    rules, h, among = game_of(game, data), Fraction(1, 2**60), [i for i, weight in enumerate(c) if weight]
    with precision(400):
        slopes = costs(rules, data.rows, [ball(x) for x in c], among).slopes
        for l in among:
            up, down = (
                costs(rules, data.rows, [ball(x + way * h * (l == j)) for j, x in enumerate(c)]).costs
                for way in (1, -1)
            )
            for i in range(data.n):
                assert abs(float(((up[i] - down[i]) / ball(2 * h) - slopes[i][l]).mid())) < 1e-30


def leaves(node: Any, path: Path = ()) -> Iterator[Path]:
    """The paths of every field and entry, containers too."""
    if path:
        yield path
    if isinstance(node, dict):
        for key, value in node.items():
            yield from leaves(value, (*path, key))
    elif isinstance(node, list):
        for i, value in enumerate(node):
            yield from leaves(value, (*path, i))


def random_mutant(document: Document, draw: random.Random) -> Document:
    """The document with a few places edited at random: a character of a text, the place of an entry, two swapped."""
    changed = copy.deepcopy(document)
    for _ in range(draw.choice((1, 1, 2, 3))):
        path = draw.choice(list(leaves(changed)))
        holder, old = at(changed, path[:-1]), at(changed, path)
        if isinstance(old, str):
            k = draw.randrange(len(old) + 1)
            holder[path[-1]] = old[:k] + draw.choice(("", *"0123456789-/")) + old[k + draw.randrange(2) :]
        elif isinstance(old, list):
            draw.shuffle(old)
        else:
            other = draw.choice(list(leaves(changed)))
            if other[: len(path)] != path:  # else the field would come to lie inside itself
                holder[path[-1]] = copy.deepcopy(at(changed, other))
    return changed


def at(document: Any, path: Path) -> Any:
    for step in path:
        document = document[step]
    return document


def restated(document: Document, *path: str | int, **changes: Any) -> Document:
    """A copy with fields of what is at the path replaced, and the statement made to fit."""
    document = copy.deepcopy(document)
    at(document, path).update(spell(changes))
    return document | {"statement": statement_of(document)}


def mutants(document: Document, path: Path) -> Iterator[Document]:
    """The document with one place changed, dropped, doubled, or turned into another type."""
    old = at(document, path)
    values: list[Any] = [
        None,
        1,
        0.5,
        True,
        [],
        {},
        "",
        "0",
        "1",
        "-1",
        "1/2",
        "2/4",
        "01",
        "1.5",
        "nan",
        [old],
        {"x": old},
    ]
    if isinstance(old, str):
        values += [old + "0", "-" + old, " " + old, old + "/1", old[:-1], old.upper()]
        try:
            number = Fraction(old)
        except (ValueError, ZeroDivisionError):
            pass
        else:
            tiny = Fraction(1, 10**12)
            values += [
                str(v) for v in (-number, number + 1, number / 2, number * 2, number + tiny, number - tiny)
            ]
            values += [f"{2 * number.numerator}/{2 * number.denominator}"]
    if isinstance(old, list):
        values += [old[:-1], old[1:], old + old[:1], old[::-1]]
    if isinstance(old, dict):
        values += [old | {"extra": "1"}]
    for value in values:
        if value != old or type(value) is not type(old):
            changed = copy.deepcopy(document)
            at(changed, path[:-1])[path[-1]] = value
            yield changed
    parent = at(document, path[:-1])
    changed = copy.deepcopy(document)
    del at(changed, path[:-1])[path[-1]]
    yield changed
    if isinstance(parent, dict):
        changed = copy.deepcopy(document)
        holder = at(changed, path[:-1])
        holder[f"{path[-1]}_"] = holder.pop(path[-1])
        yield changed

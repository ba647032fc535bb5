"""What a planted fault is: an expression or a statement of a function becomes another."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

Place = tuple[str, str]


@dataclass(frozen=True)
class Fault:
    """In ``file``, in the ``function`` (``Class.method``; "" for what stands outside of all), the expression or the
    statement ``right`` becomes ``wrong``, which is ``what``."""

    part: str
    file: str
    function: str
    what: str
    right: str
    wrong: str

    @property
    def name(self) -> str:
        """Its part and what it is."""
        return f"{self.part}: {self.what}"

    def planted(self, code: str) -> str:
        """The file's code with the fault. Raises LookupError unless ``right`` is there exactly once, however it is laid
        out."""
        wanted = ast.dump(_parsed(self.right))
        found = [node for node in _within(ast.parse(code), self.function) if ast.dump(node) == wanted]
        if len(found) != 1:
            raise LookupError(f"{self.file}: {self.function}: {self.right!r} is there {len(found)} times")
        return _replaced(code, found[0], self.wrong)


@dataclass(frozen=True)
class Part:
    """Faults as (what, right, wrong) by file and function, and the tests that must notice them.

    A test is a file, or one function of it where the whole file takes long.
    """

    name: str
    tests: tuple[str, ...]
    places: dict[Place, tuple[tuple[str, str, str], ...]]

    @property
    def faults(self) -> tuple[Fault, ...]:
        """The faults, in order."""
        return tuple(
            Fault(self.name, *place, *change) for place, changes in self.places.items() for change in changes
        )


def _parsed(text: str) -> ast.AST:
    try:
        return ast.parse(text, mode="eval").body
    except SyntaxError:
        (statement,) = ast.parse(text).body
        return statement


def _within(tree: ast.Module, function: str) -> Iterator[ast.AST]:
    """All nodes of a function, or of what is in none."""
    body: list[ast.stmt] = tree.body
    for name in function.split(".") if function else ():
        (scope,) = [
            node for node in body if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name == name
        ]
        body = scope.body
    for statement in body:
        if function or not isinstance(statement, ast.FunctionDef | ast.ClassDef):
            yield from ast.walk(statement)


def _replaced(code: str, node: ast.AST, wrong: str) -> str:
    assert isinstance(node, ast.expr | ast.stmt)
    assert node.end_lineno is not None
    assert node.end_col_offset is not None
    lines = code.encode().splitlines(keepends=True)
    first, last = node.lineno - 1, node.end_lineno - 1
    text = f"({wrong})" if isinstance(node, ast.expr) else wrong.replace("\n", "\n" + " " * node.col_offset)
    lines[first : last + 1] = [
        lines[first][: node.col_offset] + text.encode() + lines[last][node.end_col_offset :]
    ]
    return b"".join(lines).decode()

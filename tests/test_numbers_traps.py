"""Our own source, read for the traps of balls.

What is forbidden, and why:

- making balls elsewhere than at the one door: flint takes a float or an mpf as exact, and reads "nan";
- making series elsewhere than at theirs: their length is a global too;
- setting a precision elsewhere than in the `with` blocks of verify.numbers: it is a global;
- mpmath.iv: its exp can miss the value (mpmath issue 1181);
- ``==`` with a ball made on the spot (False for an inexact one), and the truth of a ball (always True);
- in functions whose annotations speak of balls: max, min and sorted (they go by comparisons that answer False
  where they do not know), ``not (a < b)`` (proves nothing), and ``**`` (nan where the ball reaches across 0).
  A line there that deals with exact numbers after all says so in a comment that begins with "exact".
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
DOOR = "verify/numbers/systems/balls.py"
SERIES_DOOR = "verify/numbers/systems/taylor.py"
PRECISION = {DOOR, SERIES_DOOR, "verify/numbers/systems/mpf.py"}
MAKERS = {"arb", "acb", "arb_mat", "acb_mat", "arf"}
SERIES_MAKERS = {"arb_series", "arb_poly", "acb_series", "acb_poly"}
BY_LUCK = {"max", "min", "sorted"}
ORDER = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)


def called(node: ast.AST) -> str:
    """The last name of what is called, or an empty string."""
    if not isinstance(node, ast.Call):
        return ""
    return node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")


def ball_call(node: ast.AST) -> bool:
    return called(node) in {"ball", "around"}


def handles_balls(function: ast.FunctionDef) -> bool:
    annotations = [a.annotation for a in (*function.args.args, *function.args.kwonlyargs)] + [
        function.returns
    ]
    written = {n.id for a in annotations if a is not None for n in ast.walk(a) if isinstance(n, ast.Name)}
    return bool(written & {"Ball", "arb"})


def everywhere(tree: ast.AST, path: str) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if path != DOOR and called(node) in MAKERS:
            yield node.lineno, f"{called(node)}(...) beside the door"  # type: ignore[attr-defined]
        if path != SERIES_DOOR and called(node) in SERIES_MAKERS:
            yield node.lineno, f"{called(node)}(...) beside the door"  # type: ignore[attr-defined]
        if isinstance(node, ast.Attribute) and node.attr == "iv":
            yield node.lineno, "mpmath.iv"
        if isinstance(node, ast.ImportFrom) and any(a.name == "iv" for a in node.names):
            yield node.lineno, "mpmath.iv"
        if isinstance(node, ast.Compare):
            equal = any(isinstance(op, ast.Eq | ast.NotEq) for op in node.ops)
            if equal and any(map(ball_call, [node.left, *node.comparators])):
                yield node.lineno, "== with a ball"
        if isinstance(node, ast.If | ast.IfExp | ast.While | ast.Assert) and ball_call(node.test):
            yield node.lineno, "the truth of a ball"
        targets = node.targets if isinstance(node, ast.Assign) else []
        for target in targets:
            if path not in PRECISION and ast.unparse(target).endswith(
                ("ctx.prec", "ctx.cap", "mp.prec", "mp.dps", "ctx.dps")
            ):
                yield node.lineno, "precision is set"


def with_balls(function: ast.FunctionDef) -> Iterator[tuple[int, str]]:
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in BY_LUCK:
            yield node.lineno, f"{node.func.id} of balls"
        if (
            isinstance(node, ast.BinOp)
            and isinstance(node.op, ast.Pow)
            and not isinstance(node.left, ast.Constant)
        ):
            yield node.lineno, "** of a ball"
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            inner = node.operand
            if isinstance(inner, ast.Compare) and any(isinstance(op, ORDER) for op in inner.ops):
                yield node.lineno, "not (a < b)"


def traps(source: str, path: str) -> list[str]:
    """The traps in one file, as ``path:line: what``."""
    tree = ast.parse(source)
    lines = source.splitlines()
    found = set(everywhere(tree, path))
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and handles_balls(node) and path != DOOR:
            found |= set(with_balls(node))
    return [f"{path}:{line}: {what}" for line, what in sorted(found) if "# exact" not in lines[line - 1]]


FILES = sorted(path for folder in ("verify", "properties") for path in (ROOT / folder).rglob("*.py"))


def test_our_source_is_free_of_traps() -> None:
    assert len(FILES) > 20
    found = [trap for path in FILES for trap in traps(path.read_text(), path.relative_to(ROOT).as_posix())]
    assert not found, "\n" + "\n".join(found)


@pytest.mark.parametrize(
    ("trap", "source"),
    [
        ("arb(...) beside the door", "x = arb(0.1)"),
        ("arb(...) beside the door", "x = flint.arb('nan')"),
        ("arb_mat(...) beside the door", "x = arb_mat([[0.1]])"),
        ("arb_series(...) beside the door", "x = arb_series([1, 2])"),
        ("precision is set", "ctx.prec = 100"),
        ("precision is set", "ctx.cap = 100"),
        ("precision is set", "mpmath.mp.dps = 100"),
        ("mpmath.iv", "mpmath.iv.exp(1)"),
        ("mpmath.iv", "from mpmath import iv"),
        ("max of balls", "def f(a: Ball, b: Ball) -> Ball:\n    return max(a, b)"),
        ("sorted of balls", "def f(a: Sequence[Ball]) -> Any:\n    return sorted(a)"),
        ("** of a ball", "def f(a: Ball) -> Ball:\n    return a**2"),
        ("not (a < b)", "def f(a: Ball) -> bool:\n    return not (1 < a)"),
        ("== with a ball", "def f(a: Any) -> bool:\n    return a == ball(1)"),
        ("the truth of a ball", "def f() -> int:\n    return 1 if ball(0) else 2"),
    ],
)
def test_each_trap_is_noticed(trap: str, source: str) -> None:
    (found,) = traps(source, "verify/somewhere.py")
    assert found.endswith(trap)


def test_exact_lines_are_let_through_and_balls_elsewhere_do_not_matter() -> None:
    assert not traps("def f(a: Ball) -> Any:\n    return max(1, 2)  # exact: integers", "verify/somewhere.py")
    assert not traps("def f(a: int) -> int:\n    return max(a, 2) ** 2", "verify/somewhere.py")

"""The floor plan of ARCHITECTURE.md against the imports: they go down it, and every package stands on it."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest
from command import defines

ROOT = Path(__file__).parent.parent
PLAN = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
PACKAGES = ("marginproof", "properties", "verify")
Import = tuple[str, str, str]


def levels(plan: str) -> dict[str, int]:
    """Each part of the plan with its level, 0 at the bottom."""
    (block,) = re.findall(r"```text\n(.*?)```", plan, re.DOTALL)
    lines = reversed(block.splitlines())
    part = re.compile(r"(?:marginproof|properties|verify\.\w+)(?=\s)")
    return {name: level for level, line in enumerate(lines) for name in part.findall(line)}


def part_of(module: str) -> str:
    """The part of the plan in which a module stands."""
    names = module.split(".")
    if names[0] != "verify":
        return names[0]
    if len(names) > 1 and any((ROOT / "verify").glob(f"{names[1]}*")):
        return ".".join(names[:2])
    return "verify.__init__"


@cache
def imports() -> tuple[Import, ...]:
    """The part, the module and what it imports, also within functions, of every module of the product."""
    files = (*ROOT.glob("marginproof.py"), *ROOT.glob("verify/**/*.py"), *ROOT.glob("properties/**/*.py"))
    found = []
    for path in files:
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [n for n in imported(node) if n.split(".")[0] in PACKAGES]
            found += [(part_of(module), module, name) for name in names]
    return tuple(found)


def imported(node: ast.AST) -> list[str]:
    """What a statement imports, by full names; the product has no relative imports."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        assert node.level == 0, "a relative import"
        return [f"{node.module}.{alias.name}" for alias in node.names]
    return []


def against(plan: str, found: tuple[Import, ...]) -> list[str]:
    """The imports that do not go down the plan."""
    level = levels(plan)
    return [
        f"{module} imports {name}"
        for part, module, name in found
        if part != part_of(name) and level[part] <= level[part_of(name)]
    ]


def test_imports_go_down_the_floor_plan() -> None:
    assert against(PLAN, imports()) == []


def test_every_package_stands_on_the_floor_plan_and_nothing_else_does() -> None:
    there = {part_of(module) for _, module, _ in imports()} | {part_of(name) for _, _, name in imports()}
    assert there == set(levels(PLAN))


def test_an_import_that_goes_up_or_sideways_is_seen() -> None:
    up = ("verify.numbers", "verify.numbers.balls", "verify.game.predict")
    sideways = ("verify.margins", "verify.margins.cost", "verify.simulate.simulate")
    assert len(against(PLAN, (up, sideways))) == 2


def test_a_plan_in_another_order_is_refused() -> None:
    lines = PLAN.splitlines()
    at = next(number for number, line in enumerate(lines) if line.startswith("verify.game"))
    lines[at], lines[at + 1] = lines[at + 1], lines[at]
    assert against("\n".join(lines), imports())


@pytest.mark.parametrize("mark", ["slow", "lengthy"])
def test_what_was_seen_to_take_long_is_there(mark: str) -> None:
    """A test that was renamed would be a quick one again, unseen."""
    seen = (ROOT / "tests" / f"{mark}.txt").read_text(encoding="utf-8").splitlines()
    assert seen == sorted(set(seen))
    for line in seen:
        path, name = line.split("::", 1)
        assert defines((ROOT / "tests" / path).read_text(encoding="utf-8"), name), line

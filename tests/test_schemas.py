"""What each command writes is what its schema says, and the schema can fail."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from command import run

from verify.ask.schemas import SCHEMAS

TYPES: dict[str, Any] = {
    "string": str, "integer": int, "number": (int, float), "boolean": bool, "array": list, "object": dict,
    "null": type(None),
}  # fmt: skip


def faults(value: Any, schema: dict[str, Any], place: str = "$") -> Iterator[str]:
    """Where a document differs from a schema, in the words of JSON Schema that ours use."""
    if "anyOf" in schema and all(any(faults(value, part)) for part in schema["anyOf"]):
        yield f"{place}: none of {len(schema['anyOf'])}"
    if "enum" in schema and value not in schema["enum"]:
        yield f"{place}: {value!r} is none of {schema['enum']}"
    kind = schema.get("type")
    if kind and (not isinstance(value, TYPES[kind]) or (isinstance(value, bool) and kind != "boolean")):
        yield f"{place}: {value!r:.40} is no {kind}"
        return
    if "pattern" in schema and not re.search(schema["pattern"], value):
        yield f"{place}: {value!r:.40} is not {schema['pattern']}"
    for name in schema.get("required", ()):
        if name not in value:
            yield f"{place}: lacks {name}"
    if isinstance(value, dict):
        for name, part in value.items():
            inner = schema.get("properties", {}).get(name, schema.get("additionalProperties", {}))
            yield from faults(part, inner, f"{place}.{name}")
    if isinstance(value, list):
        for k, part in enumerate(value):
            first = schema.get("prefixItems", [])
            yield from faults(part, first[k] if k < len(first) else schema.get("items", {}), f"{place}[{k}]")


COMMANDS = {
    "check": "check PROOF",
    "check-loss": "check-loss logistic",
    "check-rule": "check-rule gd",
    "conform": "conform FACTORY:Descent --rule gd --cases 5",
    "derive": "derive ema-steady-state",
    "diagnose": "diagnose DATA --optimizer signgd --dtype float16 --steps 40",
    "hunt": "hunt false-per-sample-l2 --cases 10 --directory FOLDER",
    "locate": "locate DATA --optimizer adam --eps 1/10 --weights LOG",
    "margin": "margin DATA --norm linf",
    "path": "predict DATA --optimizer adam --path batch-size",
    "plan": "sweep STUDY --dry-run",
    "predict": "predict DATA --optimizer gd --steps 1000",
    "recipes": "diagnose DATA --optimizer adam --recipes --steps 40",
    "rules": "rules",
    "simulate": "simulate DATA --optimizer gd --steps 10 --arithmetic ball --digits 5",
    "sweep": "sweep STUDY --out FOLDER",
    "verify": "verify false-signum-fixed-beta",
}
FACTORY = """
class Descent:
    def __init__(self, params, lr=0.1):
        self.params, self.lr = params, lr

    def step(self):
        for p in self.params:
            p.data = p.data + p.data.dtype.type(self.lr) * p.grad
"""
MORE = [
    ("margin", "margin DATA --norm l2 --label 2 --intercept free"),
    ("margin", "margin DATA --norm mahalanobis --weights 1/3,1/3,1/3"),
    ("margin", "margin DATA --norm l2 --label 2 --standardize --intercept"),
    ("simulate", "simulate DATA --optimizer adam --steps 10"),
    ("simulate", "simulate DATA --optimizer adam --steps 10 --arithmetic mpf --digits 5"),
    ("predict", "predict DATA --optimizer adam --steps 0 --margins none --eps 1/10"),
    ("predict", "predict DATA --optimizer adam --steps 50 --schedule cosine"),
    ("diagnose", "diagnose DATA --optimizer adam --dtype bfloat16 --steps 40"),
    (
        "diagnose",
        "diagnose DATA --optimizer adam --recipe 8bit-states --steps 40 --eps 1e-8 --batch-size full",
    ),
]


def written(name: str, line: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    """The document that a command writes; DATA, PROOF, FACTORY and FOLDER stand for files."""
    (folder / "factory.py").write_text(FACTORY)
    (folder / "data.csv").write_text("1,3,1\n2,-1,1\n2,5,-1\n" if "--label 2" in line else "3,1\n1,2\n2,5\n")
    if "PROOF" in line:
        run(["margin", str(folder / "data.csv"), "--norm", "l2", "--certificate", str(folder / "proof.json")])
        capsys.readouterr()
    (folder / "log.csv").write_text("step,a,b\n50,1,1\n100,2,1.5\n")
    (folder / "study.toml").write_text('ask = "margin"\n[data]\nfile = "data.csv"\n[options]\nnorm = "linf"')
    places = {
        "DATA": folder / "data.csv",
        "STUDY": folder / "study.toml",
        "LOG": folder / "log.csv",
        "PROOF": folder / "proof.json",
        "FOLDER": folder,
    }
    line = line.replace("FACTORY", str(folder / "factory.py"))
    words = [str(places.get(word, word)) for word in line.split()]
    assert run([*words, "--json", "-"]) in (0, 1)
    return json.loads(capsys.readouterr().out)


# Each recipe is a loop of its own, which is compiled.
SLOW = {"recipes"}
CASES = [
    pytest.param(name, line, marks=[pytest.mark.slow] if name in SLOW else [])
    for name, line in (*COMMANDS.items(), *MORE)
]


@pytest.mark.parametrize(("name", "line"), CASES, ids=lambda text: text)
def test_what_a_command_writes_is_what_its_schema_says(
    name: str, line: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = written(name, line, tmp_path, capsys)
    assert list(faults(document, SCHEMAS[name])) == []
    assert set(document) <= set(SCHEMAS[name]["properties"])  # no field that the schema does not know
    for key in SCHEMAS[name]["required"]:
        wrong = copy.deepcopy(document)
        del wrong[key]
        assert list(faults(wrong, SCHEMAS[name])) == [f"$: lacks {key}"]
        if SCHEMAS[name]["properties"][key]:
            assert list(faults(document | {key: object()}, SCHEMAS[name]))


def test_every_command_that_writes_json_has_a_schema(capsys: pytest.CaptureFixture[str]) -> None:
    import typer

    from verify.cli.commands import app

    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    writing = {name for name, each in commands.items() if any(p.name == "json" for p in each.params)}
    assert writing | {"path", "plan", "recipes"} == set(SCHEMAS) == set(COMMANDS)
    assert run(["schema", "predict"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["$schema"].startswith("https://json-schema.org/draft/2020-12")
    assert printed["properties"]["word"]["enum"][-1] == "undecided"
    assert run(["schema", "predicts"]) == 2
    assert "did you mean predict?" in capsys.readouterr().err

"""One item of a study: its data, its optimizer, its question; and what is kept of the answer."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

from verify.ask.optimizers import optimizer_of
from verify.data import Dataset, load
from verify.data.reading import without_free_intercept
from verify.data.text import is_number, show
from verify.drawers import module_of, split
from verify.errors import BadInput
from verify.optimizers import Optimizer
from verify.studies.asks import ASKS
from verify.studies.plan import text_of
from verify.studies.sources import own_digest, placed


def answer(work: Mapping[str, Any]) -> dict[str, Any]:
    """What became of an item: ``result`` (JSON), ``evidence``, and ``certificate`` (JSON) or None.

    ``work`` holds what is ``asked``, the ``base`` folder of the study, and the ``own`` digest of files of one's own.
    """
    asked, base = work["asked"], Path(work["base"])
    if own_digest(asked, base) != work["own"]:
        raise BadInput("a file that the study names was changed while it ran")
    options = dict(asked.get("options", {}))
    for name in ("dtype", "property"):
        if name in options:
            options[name] = placed(options[name], base)
    opt = optimizer_at(asked["optimizer"], base) if "optimizer" in asked else None
    data = data_at(asked["data"], base, options.get("property")) if "data" in asked else None
    if isinstance(data, Dataset) and opt is not None:
        opt.batch(without_free_intercept(data).n)  # refuses a batch larger than the data
    if split(asked["ask"])[0] is None:
        ask = ASKS[asked["ask"]]
        document, word, certificate = ask.answer(data, *([opt] if ask.optimizer else []), **options)
    else:
        document, word, certificate = _called(asked, base, data, opt), "measured", None
    proof = certificate() if certificate is not None and asked.get("certificates") else None
    return {
        "result": text_of(kept(document, asked.get("keep"))),
        "evidence": word,
        "certificate": None if proof is None else json.dumps(proof, indent=1),
    }


def optimizer_at(chosen: Mapping[str, Any], base: Path) -> Optimizer:
    """The optimizer of a table of the study."""
    choices = dict(chosen)
    if "loss" in choices:
        choices["loss"] = placed(choices["loss"], base)
    return optimizer_of(placed(choices.pop("name"), base), **choices)


def data_at(chosen: Mapping[str, Any], base: Path, property: str | None = None) -> Any:
    """The data set of a table of the study, or what its strategy draws."""
    keys = dict(chosen)
    if "family" in keys:
        name = placed(keys.pop("family"), base)
        return load(f"{name}:{','.join(f'{key}={value}' for key, value in keys.items())}")
    if "file" in keys:
        name = keys.pop("file")
        keys.pop("sha256", None)
        return load(file_at(name, base), **keys)
    from verify.studies.draws import drawn, strategy_at

    name, seed = keys.pop("strategy"), keys.pop("seed", 0)
    return drawn(strategy_at(placed(name, base), property, keys), seed)


def file_at(name: str, base: Path) -> str:
    """The path of a file, from the folder of the study; the name of a bundled set as it is."""
    return str(base / name) if (base / name).is_file() else name


def function_at(text: str, base: Path) -> Callable[..., Any]:
    """The function that FILE.py:NAME names. Raises BadInput where there is none."""
    file, name = split(placed(text, base))
    assert file is not None
    found = getattr(module_of(file, "ask"), name, None)
    if not callable(found):
        raise BadInput(f"ask={show(text)}: the file has no function {name}")
    return found  # type: ignore[no-any-return]


def _called(asked: Mapping[str, Any], base: Path, data: Any, opt: Optimizer | None) -> Any:
    """What a function of one's own returns for its options by name, numbers as int or Fraction."""
    given = {name: _number(value) for name, value in asked.get("options", {}).items()}
    given |= {name: value for name, value in (("data", data), ("optimizer", opt)) if value is not None}
    return function_at(asked["ask"], base)(**given)


def _number(value: Any) -> Any:
    return Fraction(value) if isinstance(value, str) and is_number(value) else value


def kept(document: Any, keep: Mapping[str, str] | None) -> Any:
    """The parts of a document that are kept, by their names; the whole where nothing is said.

    A path is of names and numbers with dots between them, ``*`` for all of a list. A number beyond the end of a list is
    null; a name that is not there is refused.
    """
    if keep is None:
        return document
    return {name: _part(document, path.split("."), f"keep.{name}") for name, path in keep.items()}


def _part(found: Any, path: list[str], where: str) -> Any:
    if not path or found is None:
        return found
    step, rest = path[0], path[1:]
    if isinstance(found, list) and step == "*":
        return [_part(each, rest, where) for each in found]
    if isinstance(found, list) and step.isdigit():
        return _part(found[int(step)], rest, where) if int(step) < len(found) else None
    if isinstance(found, dict) and step in found:
        return _part(found[step], rest, where)
    has = (
        f"it has {', '.join(map(str, found))}"
        if isinstance(found, dict)
        else f"there is a {type(found).__name__}"
    )
    raise BadInput(f"{where}: the result has no {show(step)} there; {has:.200}")

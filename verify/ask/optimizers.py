"""The optimizer that a question is about, from options as people give them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from verify.ask.values import batch_size, pairs, rational, shown
from verify.conform.black_box import black_box
from verify.conform.matching import parsed
from verify.conform.target import LIBRARIES, target
from verify.drawers import module_of, split
from verify.errors import BadInput
from verify.optimizers.optimizer import Optimizer, optimizer
from verify.optimizers.rule import TAKEN, Rule

# Choices that are exact numbers, and the others.
NUMBERS = ("eps", "lr", "decay", "weight_decay", "l2")
CHOICES = ("batch_size", "order", "loss", "eps_place", "bias_correction", "schedule")


def optimizer_of(name: str | Rule | Optimizer, **given: Any) -> Optimizer:
    """The optimizer of this name, or of this rule, with these choices: ``NUMBERS`` and ``CHOICES``, the rule's own
    hyperparameters by their names, and ``set``, further ones as NAME=VALUE, a list of such, or a mapping. A factory,
    a FILE.py:FACTORY, and a name in torch or optax, is an implementation, which takes ``kwargs``.

    Raises BadInput, with the value as it was given, for what cannot be.
    """
    if isinstance(name, Optimizer):
        for key, value in given.items():
            raise BadInput(f"{key}={shown(value)}: the optimizer is given with all its choices")
        return name
    given = {key: value for key, value in given.items() if value is not None}
    kwargs = given.pop("kwargs", None)
    if not isinstance(name, Rule) and (kwargs is not None or names_target(name)):
        name = _implementation(name, {} if kwargs is None else kwargs)
    elif kwargs is not None:
        raise BadInput(
            f"kwargs={shown(kwargs)}: {shown(getattr(name, 'name', name))} is a rule; its hyperparameters go in --set"
        )
    for text, value in pairs("set", given.pop("set", None)).items():
        if text != "eps" and text in (*TAKEN, *CHOICES, *NUMBERS):
            raise BadInput(f"set={shown(f'{text}={value}')}: {text} is no hyperparameter of a rule")
        if text in given and (text, given[text]) != ("eps", "0"):  # the command's default
            raise BadInput(f"set={shown(f'{text}={value}')}: {text} is given twice")
        given[text] = value
    written = {key: given.pop(key) for key in NUMBERS if key in given}
    exact: dict[str, Any] = {key: rational(key, value) for key, value in written.items()}
    chosen: dict[str, Any] = {key: given.pop(key) for key in CHOICES if key in given}
    if "batch_size" in chosen:
        chosen["batch_size"] = batch_size(chosen["batch_size"])
    hyper: dict[str, Any] = {
        key: value if isinstance(value, str | bool) else rational(key, value) for key, value in given.items()
    }
    try:
        return optimizer(name, **exact, **chosen, **hyper)
    except BadInput as error:
        message = str(error)
        for key, number in exact.items():  # -0.1 is shown as it was written, not as -1/10
            message = message.replace(f"{key}={number} ", f"{key}={shown(written[key])} ")
        raise BadInput(message) from None


def names_target(name: Any) -> bool:
    """Whether an optimizer is given as an implementation: a factory, one in a file, or a name in torch or optax."""
    if not isinstance(name, str):
        return callable(name)
    file, word = split(name, "optimizer")
    if file is not None:
        found = getattr(module_of(file, "optimizer"), word, None)
        return callable(found) and not isinstance(found, Rule)
    return ":" in name and name.partition(":")[0].partition(".")[0] in LIBRARIES


def _implementation(name: Any, kwargs: str | Mapping[str, Any]) -> Rule:
    """The implementation in the place of a rule, with these keywords."""
    return black_box(target(name), parsed(kwargs) if isinstance(kwargs, str) else dict(kwargs))

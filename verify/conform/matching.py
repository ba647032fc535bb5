"""Which keyword of a target is which hyperparameter of a rule."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from verify.data.text import show
from verify.errors import BadInput
from verify.optimizers.rule import Rule

# What targets call them, the likeliest first; NAME.K is entry K of a sequence. A name that could be two is the first
# hyperparameter's that the rule has: alpha is RMSprop's decay rate, and momentum that of the first moment.
SYNONYMS: dict[str, tuple[str, ...]] = {
    "lr": ("lr", "learning_rate", "step_size", "stepsize", "eta", "alpha", "rate"),
    "beta1": ("betas.0", "beta1", "beta_1", "b1", "momentum", "mu", "beta", "betas_0"),
    "beta2": ("betas.1", "beta2", "beta_2", "b2", "rho", "alpha", "decay", "decay_rate", "beta"),
    "eps": ("eps", "epsilon"),
    "weight_decay": ("weight_decay", "wd", "decoupled_weight_decay", "l2"),
    "dampening": ("dampening", "dampen"),
    "nesterov": ("nesterov", "use_nesterov"),
    "radius": ("radius", "max_norm", "clip", "clip_norm"),
}  # fmt: skip
# What conform itself draws for every rule that has a place for it.
ALWAYS = ("lr", "eps", "weight_decay")


@dataclass(frozen=True)
class Matching:
    """``places``: the target's keyword of each hyperparameter; ``fixed``: the keywords that were given."""

    places: Mapping[str, str]
    fixed: Mapping[str, Any]

    def keywords(self, values: Mapping[str, float]) -> dict[str, Any]:
        """The target's keywords at these values of the hyperparameters."""
        found = dict(self.fixed)
        sequences: dict[str, dict[int, float]] = {}
        for name, place in self.places.items():
            if name not in values:
                continue
            keyword, dot, index = place.partition(".")
            if dot:
                sequences.setdefault(keyword, {})[int(index)] = values[name]
            elif name == "nesterov":
                found[keyword] = bool(values[name])
            else:
                found[keyword] = values[name]
        for keyword, entries in sequences.items():
            given = list(self.fixed.get(keyword, ()))
            given += [0.0] * (max(entries) + 1 - len(given))
            for at, value in entries.items():
                given[at] = value
            found[keyword] = tuple(given)
        return found

    def given(self) -> dict[str, float]:
        """The hyperparameters whose keywords were given, at those values."""
        found = {}
        for name, place in self.places.items():
            keyword, dot, index = place.partition(".")
            if keyword in self.fixed:
                value = self.fixed[keyword]
                try:
                    found[name] = float(value[int(index)] if dot else value)
                except (TypeError, ValueError, IndexError):
                    raise BadInput(f"kwargs: {keyword}={value!r:.40} is no {name}") from None
        return found


def match(
    rule: Rule, keywords: Sequence[str], mapped: Mapping[str, str], fixed: Mapping[str, Any]
) -> Matching:
    """The places of the rule's hyperparameters, and of lr, eps and weight decay, among a target's keywords.

    Raises BadInput for a mapped name that the rule has not, and for a hyperparameter of the rule, or lr, without place.
    """
    own = [number.name for number in rule.hyper]
    wanted = [*dict.fromkeys([*own, *ALWAYS])]
    for name in mapped:
        if name not in wanted:
            raise BadInput(
                f"map={show(name)}: {rule.name} has no such hyperparameter, only {', '.join(wanted)}"
            )
    places: dict[str, str] = dict(mapped)
    for name in wanted:
        for synonym in SYNONYMS.get(name, (name,)):
            if (
                name not in places
                and synonym.partition(".")[0] in keywords
                and synonym not in places.values()
            ):
                places[name] = synonym
    return Matching(places, dict(fixed))


def parsed(text: str) -> dict[str, Any]:
    """Keywords of a text such as ``lr=0.1, betas=(0.9, 0.99)``: literals alone, nothing is executed.

    Raises BadInput for anything else.
    """
    try:
        call = ast.parse(f"f({text})", mode="eval").body
        if not isinstance(call, ast.Call) or call.args or not isinstance(call.func, ast.Name):
            raise ValueError("not keywords")
        found = {}
        for keyword in call.keywords:
            if keyword.arg is None:
                raise ValueError("**")
            found[keyword.arg] = ast.literal_eval(keyword.value)
        return found
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        raise BadInput(f"kwargs={show(text)} is not NAME=LITERAL, NAME=LITERAL") from None

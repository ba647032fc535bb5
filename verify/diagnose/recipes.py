"""Recipes: which roles round, in the ways of training that people run. Sums are accumulated in float32 in all of them,
as by the matrix products of CPUs and GPUs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from verify.drawers import near
from verify.errors import BadInput
from verify.numbers.formats import BLOCKWISE, FORMATS
from verify.optimizers.roles import ROLES, STATES, Roles


@dataclass(frozen=True)
class Recipe:
    """A way of training: what it says of itself, and its formats by role."""

    text: str
    roles: Roles


# The roles that a model in a short format has in it, and all that follows from it but the states.
MODEL = ("data", "forward", "gradients", "weights")
EVERY = (*MODEL, "master", *STATES)


def _recipe(name: str, text: str, form: str, short: tuple[str, ...], **more: Any) -> Recipe:
    formats: dict[str, Any] = dict.fromkeys(ROLES, FORMATS["float32"]) | dict.fromkeys(short, FORMATS[form])
    return Recipe(text, Roles(**(formats | more), called=name))


_W = frozenset({"weights", "master"})
_STATES: dict[str, Any] = dict.fromkeys(STATES, BLOCKWISE["int8_dynamic"])
_BF16, _FP16 = "bfloat16", "float16"

_ALL = (
    _recipe("float32", "all in float32", "float32", ()),
    _recipe("pure-bf16", "model, gradients and states in bfloat16", _BF16, EVERY),
    _recipe(
        "bf16-fused", "the same, each step computed in float32 as by fused kernels", _BF16, EVERY,
        step=FORMATS["float32"],
    ),
    _recipe("bf16-float32-states", "model and gradients in bfloat16, states in float32", _BF16, (*MODEL, "master")),
    _recipe("bf16-stochastic", "that with w rounded at random", _BF16, (*MODEL, "master"), stochastic=_W),
    _recipe("bf16-kahan", "that with Kahan sums of w instead", _BF16, (*MODEL, "master"), kahan=True),
    _recipe("bf16-master", "model and gradients in bfloat16, states and master weights in float32", _BF16, MODEL),
    _recipe("8bit-states", "float32, states in int8_dynamic", "float32", (), **_STATES),
    _recipe("pure-fp16", "model, gradients and states in float16", _FP16, EVERY),
    _recipe(
        "fp16-scaled", "model and gradients in float16 with dynamic loss scaling, states and master weights in float32",
        _FP16, MODEL, loss_scale="dynamic",
    ),
)  # fmt: skip
RECIPES: dict[str, Recipe] = {each.roles.called: each for each in _ALL}


def recipe(name: str) -> Roles:
    """The roles of a recipe. Raises BadInput if there is none of that name."""
    if name not in RECIPES:
        raise BadInput(f"recipe={name:.60} is none of {', '.join(RECIPES)}{near(name, list(RECIPES))}")
    return RECIPES[name].roles


def rounding_roles(roles: Roles) -> str:
    """Which roles round more than float32 does, by format."""
    by_form: dict[str, list[str]] = {}
    for role, form in roles.forms().items():
        if form not in ("float32", "float64"):
            by_form.setdefault(form, []).append(role.replace("_", " "))
    return "; ".join(f"{', '.join(each)} in {form}" for form, each in by_form.items()) or "none"

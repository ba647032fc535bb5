"""``marginproof conform``."""

from __future__ import annotations

from typing import Annotated

import typer

from verify.cli.options import Json, option, own_files, tell, whole
from verify.console import check_targets, progress


def command(
    target: Annotated[
        str,
        typer.Argument(
            metavar="TARGET", help="torch.optim:Adam, optax:adam, or FILE.py:FACTORY, whose code is run."
        ),
    ],
    rule: Annotated[str, option("--rule", "A rule (marginproof rules lists them), or FILE.py:NAME.", "NAME")],
    kwargs: Annotated[
        str, option("--kwargs", "For the target, literals: lr=0.1, betas=(0.9, 0.99).", "K=V,...")
    ] = "",
    set_: Annotated[
        list[str] | None, option("--set", "A hyperparameter of the rule; repeatable.", "NAME=VALUE")
    ] = None,
    map_: Annotated[
        list[str] | None,
        option("--map", "The target's keyword of it, KWARG.1 for its second entry.", "HYPER=KWARG"),
    ] = None,
    variant: Annotated[
        list[str] | None, option("--variant", "A convention that is meant; repeatable.", "NAME")
    ] = None,
    dtype: Annotated[str, option("--dtype", "The format of weights and gradients.", "F")] = "float32",
    states: Annotated[
        str, option("--states", "That of states and steps, where it does not follow --dtype.", "F")
    ] = "",
    device: Annotated[str, option("--device", "cpu, or torch's name of another.", "D")] = "cpu",
    jit: Annotated[bool, option("--jit", "Compile the step (torch.compile, jax.jit).")] = False,
    accumulate: Annotated[str, option("--accumulate", "Calls that make one step.", "K")] = "1",
    cases: Annotated[str, option("--cases", "Sequences that are drawn.", "N")] = "200",
    seed: Annotated[str, option("--seed", "Draws them.", "S")] = "0",
    json: Json = None,
) -> None:
    """Does an implementation compute what a rule says? Differences are shrunk, and explained by known conventions."""
    check_targets(*own_files([target, rule]), json=json)
    from verify.ask.conformance import conform

    with progress("cases", whole("cases", cases, least=1)) as update:
        found = conform(
            target, rule, kwargs=kwargs, set=set_, map=map_, variants=variant or (), dtype=dtype, states=states,
            device=device, jit=jit, accumulate=accumulate, cases=cases, seed=seed, progress=update,
        )  # fmt: skip
    tell(found, json, found.agrees)

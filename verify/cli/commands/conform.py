"""``marginproof conform``."""

from __future__ import annotations

from typing import Annotated

import typer

from verify.cli.options import Json, own_files, whole
from verify.console import check_targets, console, progress, write_json


def command(
    target: Annotated[
        str,
        typer.Argument(
            metavar="TARGET", help="torch.optim:Adam, optax:adam, or FILE.py:FACTORY, whose code is run."
        ),
    ],
    rule: Annotated[
        str,
        typer.Option(
            "--rule", metavar="NAME", help="A rule (marginproof rules lists them), or FILE.py:NAME."
        ),
    ],
    kwargs: Annotated[
        str,
        typer.Option(
            "--kwargs", metavar="K=V,...", help="For the target, literals: lr=0.1, betas=(0.9, 0.99)."
        ),
    ] = "",
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="A hyperparameter of the rule; repeatable."),
    ] = None,
    map_: Annotated[
        list[str] | None,
        typer.Option(
            "--map", metavar="HYPER=KWARG", help="The target's keyword of it, KWARG.1 for its second entry."
        ),
    ] = None,
    variant: Annotated[
        list[str] | None,
        typer.Option("--variant", metavar="NAME", help="A convention that is meant; repeatable."),
    ] = None,
    dtype: Annotated[
        str, typer.Option("--dtype", metavar="F", help="The format of weights and gradients.")
    ] = "float32",
    states: Annotated[
        str,
        typer.Option(
            "--states", metavar="F", help="That of states and steps, where it does not follow --dtype."
        ),
    ] = "",
    device: Annotated[
        str, typer.Option("--device", metavar="D", help="cpu, or torch's name of another.")
    ] = "cpu",
    jit: Annotated[bool, typer.Option("--jit", help="Compile the step (torch.compile, jax.jit).")] = False,
    accumulate: Annotated[
        str, typer.Option("--accumulate", metavar="K", help="Calls that make one step.")
    ] = "1",
    cases: Annotated[str, typer.Option("--cases", metavar="N", help="Sequences that are drawn.")] = "200",
    seed: Annotated[str, typer.Option("--seed", metavar="S", help="Draws them.")] = "0",
    json: Json = None,
) -> None:
    """Does an implementation compute what a rule says? Differences are shrunk, and explained by known conventions."""
    check_targets(*own_files([target, rule]), json=json)
    from verify.ask.conformance import conform

    with progress("cases", whole("cases", cases, least=1)) as update:
        found = conform(
            target,
            rule,
            kwargs=kwargs,
            set=set_,
            map=map_,
            variants=variant or (),
            dtype=dtype,
            states=states,
            device=device,
            jit=jit,
            accumulate=accumulate,
            cases=cases,
            seed=seed,
            progress=update,
        )
    found.show(console(json))
    write_json(found.to_dict(), json)
    if not found.agrees:
        raise typer.Exit(1)

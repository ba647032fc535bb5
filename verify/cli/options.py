"""Options that several commands share: the data and the optimizer, from text to exact values.

A command asks for ``data: Dataset`` or ``opt: Optimizer``; ``expand`` turns these parameters into the
options that make them, so that each option is declared once.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from os.path import isfile
from typing import Annotated, Any, get_type_hints

import typer

from verify.ask.answer import Answer
from verify.ask.optimizers import optimizer_of
from verify.ask.values import point, rational, shown, whole
from verify.console import check_targets, console, write_json
from verify.data import Dataset, load
from verify.data.families import file_of
from verify.data.reading import Reading, reading, without_free_intercept
from verify.optimizers import Optimizer

__all__ = [
    "All", "Formats", "Json", "Plot", "Seed", "Start", "expand", "option", "own_files", "point", "rational",
    "shown", "tell", "whole",
]  # fmt: skip

# What `--intercept free` is turned into before the options are read, since a flag takes no value.
FREE = "--intercept-free"


def option(flag: str, text: str, metavar: str | None = None) -> Any:
    """An option of a command, with its help."""
    return typer.Option(flag, metavar=metavar, help=text)


Json = Annotated[str | None, option("--json", "Write JSON; - for standard output.", "FILE")]
Plot = Annotated[str | None, option("--plot", "Draw a picture (png, pdf, svg).", "FILE")]

Start = Annotated[str | None, option("--start", "w_0; the origin by default.", "W1,...,Wd")]

Seed = Annotated[str, option("--seed", "Draws random orders of samples.", "S")]


All = Annotated[bool, option("--all", "Show all entries of long vectors.")]

# The options that name a file to be written.
OUTPUTS = ("json", "plot", "certificate")


# An option in a table: its annotation and its default.
Option = tuple[Any, Any]


def _text(flag: str, metavar: str, text: str, default: str | None = None) -> Option:
    kind = str | None if default is None else str
    return Annotated[kind, option(f"--{flag}", text, metavar)], default


def _texts(flag: str, metavar: str, text: str) -> Option:
    return Annotated[list[str] | None, option(f"--{flag}", text, metavar)], None


def _flag(flag: str, text: str, hidden: bool = False) -> Option:
    return Annotated[bool, typer.Option(f"--{flag}", help=text, hidden=hidden)], False


_READING: dict[str, Option] = {
    "label": _text("label", "COLUMN", "The column of the labels; none: rows carry them."),
    "positive": _text("positive", "VALUE", "The label that is +1."),
    "intercept": _flag("intercept", "Append a constant feature 1; free: one that no norm counts."),
    "intercept_free": _flag(FREE.removeprefix("--"), "", hidden=True),
    "drop": _text("drop", "A,B", "Columns to leave out."),
    "features": _text("features", "A,B", "The columns that are features."),
    "decimal_comma": _flag("decimal-comma", "20,5 is 41/2."),
    "missing": _text("missing", "WHAT", "Samples with a missing value: refuse, or drop.", "refuse"),
    "one_hot": _flag("one-hot", "Words become columns of 0 and 1."),
    "standardize": _flag("standardize", "Less the mean, over a standard deviation."),
    "scale": _flag("scale", "Over the largest absolute value."),
    "multiclass": _flag("multiclass", "Each label is a class."),
    "drop_fewest": _flag("drop-fewest", "Leave out the fewest samples without which data separate."),
}

_NAMES_DATA = "A file, - (input), iris, wine, digits, a family, or FILE.py:NAME."
_DATA: dict[str, Option] = {
    "data": (Annotated[str, typer.Argument(metavar="DATA", help=_NAMES_DATA)], ...),
    **_READING,
}

_NAMES_RULE = "A rule (marginproof rules lists them), or FILE.py:NAME."
_SCHEDULES = (
    "power, constant, warmup:W, cosine, linear (to 0 at --steps), piecewise:FILE (lines step,size; lr is 1), or "
    "FILE.py:NAME."
)
_OPTIMIZER: dict[str, Option] = {
    "optimizer": (Annotated[str, option("--optimizer", _NAMES_RULE, "NAME")], ...),
    "beta1": _text("beta1", "B", "Decay rate of m; the rule's own by default."),
    "beta2": _text("beta2", "B", "Decay rate of v; likewise."),
    "set_": _texts("set", "NAME=VALUE", "Any hyperparameter of the rule; repeatable."),
    "kwargs": _text("kwargs", "K=V,...", "For torch.optim:Adam, optax:adam or FILE.py:FACTORY, literals."),
    "eps": _text("eps", "E", "Added to sqrt(v).", "0"),
    "weight_decay": _text("weight-decay", "L", "Decoupled: w <- w - eta (u + L w)."),
    "l2": _text("l2", "L", "Coupled decay: the gradient is g + L w."),
    "eps_place": _text("eps-place", "PLACE", "sqrt(v) + eps: outside; sqrt(v + eps): inside", "outside"),
    "bias_correction": _flag("bias-correction", "Adam's; off by default."),
    "batch_size": _text("batch-size", "b", "A number, or full.", "default"),
    "order": _text("order", "ORDER", "cyclic, reshuffle or replacement", "cyclic"),
    "loss": _text("loss", "LOSS", "logistic, exponential, or FILE.py:NAME.", "logistic"),
    "lr": _text("lr", "ETA", "Step size: eta_t = lr (t+2)^(-decay); 0.1."),
    "decay": _text("decay", "A", "Exponent of the step size, of power and warmup; 0.5."),
    "schedule": _text("schedule", "S", _SCHEDULES, "power"),
}

_ROLES = {
    "data-format": "the rows",
    "forward": "margins and the weights of losses",
    "accumulate": "the sums in margins and gradients",
    "gradients": "the gradient that the rule is given",
    "moments": "states of degree 1 (m); int8_dynamic, int8_linear too",
    "second-moments": "other states (v); likewise",
    "weights": "w in the forward pass",
    "master": "w as the step changes it",
}
_ALL_IN = "All in float64, float32, bfloat16, float16, float8_e4m3, float8_e5m2 or FILE.py:NAME."
_FORMATS: dict[str, Option] = {
    "dtype": _text("dtype", "F", _ALL_IN),
    "recipe": _text("recipe", "NAME", "Formats by role, as people train."),
    **{flag.replace("-", "_"): _text(flag, "F", f"The format of {text}.") for flag, text in _ROLES.items()},
    "block": _text("block", "B", "Entries of a state with one scale; 256."),
    "step_format": _text("step-format", "F", "What a step computes in, if longer than need be."),
    "rounding": _texts("rounding", "[ROLE=]MODE", "nearest or stochastic; repeatable."),
    "loss_scale": _text("loss-scale", "N", "A factor of the loss, or dynamic."),
    "kahan": _flag("kahan", "Updates of w with Kahan sums."),
}


@dataclass(frozen=True)
class Formats:
    """The options that say which formats and roundings a run has, as they were given."""

    given: dict[str, Any]


def _make_reading(**given: Any) -> Reading:
    given["intercept"] = "free" if given.pop("intercept_free") else given["intercept"]
    return reading(**given)


def _make_optimizer(optimizer_name: str, **given: Any) -> Optimizer:
    given["set"] = given.pop("set_")
    return optimizer_of(optimizer_name, **given)


def tell(answer: Answer, json: str | None, ok: bool = True, *, whole: bool = False) -> None:
    """Show an answer and write its document, if that was asked for; if it is not ``ok``, end with status 1."""
    answer.show(console(json, whole=whole))
    write_json(answer.to_dict(), json)
    if not ok:
        raise typer.Exit(1)


def own_files(texts: Iterable[str | None]) -> list[tuple[str, str]]:
    """The files of one's own that such texts name, as `check_targets` takes what is read."""
    files = [file for text in texts if text and (file := file_of(text)) is not None and isfile(file)]
    return [("the file of one's own", file) for file in files]


def expand(command: Callable[..., None], free: bool = False) -> Callable[..., None]:
    """The command with its parameters of type Dataset, Optimizer, Reading and Formats replaced by the options that
    make them.

    Before anything is read, it is seen whether what the command is to write can be written, and over nothing else.
    ``free``: it knows an intercept that is free.
    """
    hints = get_type_hints(command, include_extras=True)
    wanted = {name: hint for name, hint in hints.items() if hint in _OPTIONS}
    parameters: list[inspect.Parameter] = []
    for name, parameter in inspect.signature(command).parameters.items():
        if name not in wanted:
            parameters.append(parameter.replace(annotation=hints[name]))
            continue
        for option, (annotation, default) in _OPTIONS[wanted[name]].items():
            default = inspect.Parameter.empty if default is ... else default
            parameters.append(
                inspect.Parameter(
                    option, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation
                )
            )

    @functools.wraps(command)
    def run(**given: Any) -> None:
        files = {
            "data": given.get("data"),
            "weights": given.get("weights"),
            "schedule": (given.get("schedule") or "").partition("piecewise:")[2],
        }
        source = [(f"the {what}", file) for what, file in files.items() if file and isfile(file)]
        own = own_files(given.get(name) for name in ("data", "optimizer", "loss", "dtype", "schedule"))
        check_targets(*source, *own, **{name: given[name] for name in OUTPUTS if name in given})
        made: dict[str, Any] = {}
        for name, kind in wanted.items():
            values = {option: given.pop(option) for option in _OPTIONS[kind]}
            if kind is Optimizer:
                made[name] = _make_optimizer(values.pop("optimizer"), **values)
            elif kind is Reading:
                made[name] = _make_reading(**values)
            elif kind is Formats:
                made[name] = Formats(values)
            else:
                made[name] = load(values.pop("data"), **_make_reading(**values).asked)
                if not free:
                    without_free_intercept(made[name])
        if "data" in made and "opt" in made:
            made["opt"] = made["opt"].on(made["data"])
        command(**made, **given)

    # Typer reads the signature; keyword-only parameters may stand in any order.
    run.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in parameters]
    )
    run.__annotations__ = {p.name: p.annotation for p in parameters}
    return run


expand_freely = functools.partial(expand, free=True)

_OPTIONS: dict[Any, dict[str, tuple[Any, Any]]] = {
    Dataset: _DATA,
    Optimizer: _OPTIMIZER,
    Reading: _READING,
    Formats: _FORMATS,
}

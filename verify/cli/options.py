"""Options that several commands share: the data and the optimizer, from text to exact values.

A command asks for ``data: Dataset`` or ``opt: Optimizer``; ``expand`` turns these parameters into the
options that make them, so that each option is declared once.
"""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Callable, Iterable
from fractions import Fraction
from os.path import isfile
from typing import Annotated, Any, get_type_hints

import typer

from verify.console import check_targets
from verify.data import Dataset, load
from verify.data.dataset import LARGEST, SMALLEST
from verify.data.families import file_of
from verify.data.text import NotANumberError, exact, show
from verify.errors import BadInput
from verify.optimizers import Optimizer, optimizer
from verify.optimizers.rule import TAKEN

Json = Annotated[
    str | None, typer.Option("--json", metavar="FILE", help="Write JSON; - for standard output.")
]
Plot = Annotated[str | None, typer.Option("--plot", metavar="FILE", help="Draw a picture (png, pdf, svg).")]

Start = Annotated[
    str | None, typer.Option("--start", metavar="W1,...,Wd", help="w_0; the origin by default.")
]

Seed = Annotated[str, typer.Option("--seed", metavar="S", help="Draws random orders of samples.")]


# A whole number as it may be written: no sign but a minus, no blanks, no other digits than these.
_WHOLE = re.compile(r"-?[0-9]+(?:[eE][0-9]+)?", re.ASCII)

# The options that name a file to be written.
OUTPUTS = ("json", "plot", "certificate")


def _option(flag: str, metavar: str, text: str) -> Any:
    return typer.Option(f"--{flag}", metavar=metavar, help=text)


_DATA: dict[str, tuple[Any, Any]] = {
    "data": (
        Annotated[str, typer.Argument(metavar="DATA", help="A file, iris, wine, a family, or FILE.py:NAME.")],
        ...,
    ),
    "label": (Annotated[str | None, _option("label", "COLUMN", "The label column of a CSV.")], None),
    "positive": (Annotated[str | None, _option("positive", "VALUE", "The label that is +1.")], None),
    "intercept": (Annotated[bool, typer.Option("--intercept", help="Append a constant feature 1.")], False),
}

_OPTIMIZER: dict[str, tuple[Any, Any]] = {
    "optimizer": (
        Annotated[
            str, _option("optimizer", "NAME", "A rule (marginproof rules lists them), or FILE.py:NAME.")
        ],
        ...,
    ),
    "beta1": (
        Annotated[str | None, _option("beta1", "B", "Decay rate of m; the rule's own by default.")],
        None,
    ),
    "beta2": (Annotated[str | None, _option("beta2", "B", "Decay rate of v; likewise.")], None),
    "set_": (
        Annotated[
            list[str] | None, _option("set", "NAME=VALUE", "Any hyperparameter of the rule; repeatable.")
        ],
        None,
    ),
    "eps": (Annotated[str, _option("eps", "E", "Added to sqrt(v).")], "0"),
    "weight_decay": (
        Annotated[str | None, _option("weight-decay", "L", "Decoupled: w <- w - eta (u + L w).")],
        None,
    ),
    "eps_place": (
        Annotated[str, _option("eps-place", "PLACE", "sqrt(v) + eps: outside; sqrt(v + eps): inside")],
        "outside",
    ),
    "bias_correction": (
        Annotated[bool, typer.Option("--bias-correction", help="Adam's; off by default.")],
        False,
    ),
    "batch_size": (Annotated[str, _option("batch-size", "b", "A number, or full.")], "default"),
    "order": (Annotated[str, _option("order", "ORDER", "cyclic, reshuffle or replacement")], "cyclic"),
    "loss": (Annotated[str, _option("loss", "LOSS", "logistic, exponential, or FILE.py:NAME.")], "logistic"),
    "lr": (Annotated[str, _option("lr", "ETA", "Step size: eta_t = lr (t+2)^(-decay).")], "0.1"),
    "decay": (Annotated[str, _option("decay", "A", "Exponent of the step size.")], "0.5"),
}


def rational(name: str, text: str) -> Fraction:
    """The number that a text such as ``0.9``, ``1e-8`` or ``3/7`` spells. Raises BadInput if it spells none."""
    try:
        number = exact(text)
    except NotANumberError as error:
        raise BadInput(f"{name}={show(text)} {error}") from None
    if number and not SMALLEST <= abs(number) <= LARGEST:
        raise BadInput(f"{name}={show(text)} is outside [2^-500, 2^500], which float64 can square")
    return number


def point(name: str, text: str | None, d: int) -> tuple[Fraction, ...]:
    """The d numbers that a text such as ``1,-2/3,0`` spells, none if there is no text. Raises BadInput otherwise."""
    if text is None:
        return ()
    entries = tuple(rational(name, part) for part in text.split(","))
    if len(entries) != d:
        raise BadInput(f"{name}={show(text)} has {len(entries)} entries, but the data have d={d} features")
    return entries


def shown(text: str) -> str:
    """A value as it was written, if that is short and plain; else quoted and cut."""
    return text if text.isprintable() and " " not in text and 0 < len(text) <= 40 else show(text)


def whole(name: str, text: str, least: int = 0, most: int = 10**12) -> int:
    """The integer in [least, most] that a text spells in digits, ``1e6`` included. Raises BadInput if it does not."""
    number = rational(name, text)
    if not _WHOLE.fullmatch(text):
        raise BadInput(f"{name}={shown(text)} is not a whole number in plain digits, such as 100 or 1e6")
    if not least <= number <= most:
        raise BadInput(f"{name}={shown(text)} is outside [{least}, {most}]")
    return int(number)


def _batch_size(text: str) -> int | str:
    """A whole number, or one of the words that stand for one. Raises BadInput for anything else."""
    if text in ("default", "full"):
        return text
    if not _WHOLE.fullmatch(text):
        raise BadInput(f"batch-size={shown(text)} is neither a whole number in plain digits nor full")
    return whole("batch-size", text, least=1)


def _make_data(data: str, label: str | None, positive: str | None, intercept: bool) -> Dataset:
    return load(data, label=label, positive=positive, intercept=intercept)


def _make_optimizer(optimizer_name: str, **texts: Any) -> Optimizer:
    size, written = _batch_size(texts.pop("batch_size")), dict(texts)
    exact: dict[str, Any] = {name: rational(name, texts.pop(name)) for name in ("eps", "lr", "decay")}
    given = texts.pop("weight_decay")
    decay = None if given is None else rational("weight_decay", given)
    sugar = {name: texts.pop(name) for name in ("beta1", "beta2")}
    chosen = {name: text for name, text in sugar.items() if text is not None}
    for text in texts.pop("set_") or []:
        name, equals, value = text.partition("=")
        if not equals or not name.isidentifier():
            raise BadInput(f"set={show(text)} is not NAME=VALUE")
        if name in chosen:
            raise BadInput(f"set={show(text)}: {name} is given twice")
        if name == "eps" and written["eps"] == "0":
            exact["eps"] = rational("eps", value)
            continue
        if name in TAKEN or name in texts or name in exact:
            raise BadInput(f"set={show(text)}: {name} is no hyperparameter of a rule")
        chosen[name] = value
    try:
        return optimizer(optimizer_name, batch_size=size, weight_decay=decay, **exact, **texts, **chosen)
    except BadInput as error:
        message = str(error)
        for name, number in exact.items():  # -0.1 is shown as it was written, not as -1/10
            message = message.replace(f"{name}={number} ", f"{name}={shown(written[name])} ")
        raise BadInput(message) from None


def own_files(texts: Iterable[str | None]) -> list[tuple[str, str]]:
    """The files of one's own that such texts name, as `check_targets` takes what is read."""
    files = [file for text in texts if text and (file := file_of(text)) is not None and isfile(file)]
    return [("the file of one's own", file) for file in files]


def expand(command: Callable[..., None]) -> Callable[..., None]:
    """The command with its parameters of type Dataset and Optimizer replaced by the options that make them.

    Before anything is read, it is seen whether what the command is to write can be written, and over nothing else.
    """
    hints = get_type_hints(command, include_extras=True)
    wanted = {name: hint for name, hint in hints.items() if hint in (Dataset, Optimizer)}
    parameters: list[inspect.Parameter] = []
    for name, parameter in inspect.signature(command).parameters.items():
        declared = {Dataset: _DATA, Optimizer: _OPTIMIZER}.get(wanted.get(name, object))
        if declared is None:
            parameters.append(parameter.replace(annotation=hints[name]))
            continue
        for option, (annotation, default) in declared.items():
            default = inspect.Parameter.empty if default is ... else default
            parameters.append(
                inspect.Parameter(
                    option, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation
                )
            )

    @functools.wraps(command)
    def run(**given: Any) -> None:
        source = [("the data", given["data"])] if isfile(given.get("data", "")) else []
        own = own_files(given.get(name) for name in ("data", "optimizer", "loss", "dtype"))
        check_targets(*source, *own, **{name: given[name] for name in OUTPUTS if name in given})
        made: dict[str, Any] = {}
        for name, kind in wanted.items():
            declared = _DATA if kind is Dataset else _OPTIMIZER
            values = {option: given.pop(option) for option in declared}
            if kind is Optimizer:
                made[name] = _make_optimizer(values.pop("optimizer"), **values)
            else:
                made[name] = _make_data(**values)
        command(**made, **given)

    # Typer reads the signature; keyword-only parameters may stand in any order.
    run.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in parameters]
    )
    run.__annotations__ = {p.name: p.annotation for p in parameters}
    return run

"""How data are to be read: the options that go with every source, as the command line and Python take them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any

from verify.data.dataset import Dataset
from verify.data.text import show
from verify.drawers import near
from verify.errors import BadInput


@dataclass(frozen=True)
class Reading:
    """What a reader says of a table.

    label          the column of the labels, by name or number from 0; "none": rows carry their labels;
    positive       the label that is +1 against all others;
    intercept      a constant feature 1 is appended; "free": one that the norm of a margin does not count;
    drop           columns that are left out; ``features``: those that are kept, in this order (all but the label);
    decimal_comma  ``20,5`` is 41/2;
    missing        "refuse", or "drop": samples with a missing value are left out;
    one_hot        a column of words becomes a column of 0 and 1 for each word;
    standardize    each feature less its mean, over a rational next to its standard deviation;
    scale          each feature over its largest absolute value;
    multiclass     each label is a class, and a sample owns a row for each class but its own;
    drop_fewest    where nothing separates the data, the fewest samples are left out without which something does.
    """

    label: str | None = None
    positive: str | None = None
    intercept: bool | str = False
    drop: tuple[str, ...] = ()
    features: tuple[str, ...] = ()
    decimal_comma: bool = False
    missing: str = "refuse"
    one_hot: bool = False
    standardize: bool = False
    scale: bool = False
    multiclass: bool = False
    drop_fewest: bool = False

    def __post_init__(self) -> None:
        if self.missing not in ("refuse", "drop"):
            raise BadInput(f"missing={show(self.missing)} is neither refuse nor drop")
        if self.intercept not in (True, False, "free"):
            raise BadInput(f"intercept={show(self.intercept)} is none of true, false, free")
        if self.standardize and self.scale:
            raise BadInput("standardize=True, scale=True: a feature can be scaled in one way only")
        if self.multiclass and self.positive is not None:
            raise BadInput(
                f"positive={show(self.positive)}, multiclass=True: one class against all, or all of them"
            )
        if self.multiclass and self.intercept == "free":
            raise BadInput("intercept=free, multiclass=True: a free intercept is known for two classes only")

    @property
    def asked(self) -> dict[str, Any]:
        """The options that differ from the defaults, as JSON holds them."""
        values = {each.name: getattr(self, each.name) for each in fields(self)}
        changed = {name: value for name, value in values.items() if value != getattr(USUAL, name)}
        return {name: list(value) if isinstance(value, tuple) else value for name, value in changed.items()}

    def refuse(self, name: str, what: str, *allowed: str) -> None:
        """BadInput for options other than these, for which this kind of data has no use."""
        for key, value in self.asked.items():
            if key not in allowed:
                shown = (
                    value if value is True else show(",".join(value) if isinstance(value, list) else value)
                )
                raise BadInput(f"{name}: {key}={shown} has no meaning for {what}")


USUAL = Reading()
OPTIONS = tuple(each.name for each in fields(Reading))


def reading(**options: Any) -> Reading:
    """The reading that options ask for: names of columns as a list or as text with commas, labels of any type.

    Raises BadInput for an option that there is not.
    """
    for name in options:
        if name not in OPTIONS:
            raise BadInput(f"{name}: no option of reading{near(name, OPTIONS)}")
    for name in ("label", "positive"):
        if options.get(name) is not None:
            options[name] = label_text(options[name])
    for name in ("drop", "features"):
        options[name] = _names(options.get(name))
    return Reading(**options)


def without_free_intercept(data: Dataset) -> Dataset:
    """The data, for questions about an optimizer. Raises BadInput where the intercept is to be free."""
    if data.origin.asked.get("intercept") == "free":
        raise BadInput(
            "intercept=free: only margins leave it out of the norm; an optimizer moves it like the rest"
        )
    return data


def label_text(value: Any) -> str:
    """A label of any type as text: truth is 1."""
    return str(int(value)) if type(value).__name__ in ("bool", "bool_") else str(value)


def _names(given: Any) -> tuple[str, ...]:
    if given is None:
        return ()
    parts: Iterable[Any] = given.split(",") if isinstance(given, str) else given
    if isinstance(parts, int):
        parts = [parts]
    return tuple(str(part).strip() for part in parts if str(part).strip())

"""What every answer can do: it reads as text, HTML and JSON, is compared and pickled, and may be drawn."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from io import StringIO
from typing import Any

from verify.console import Page
from verify.errors import BadInput

# As wide as a terminal that nobody widened.
WIDTH = 80
# A repr is one line, and no longer than this.
LONGEST_REPR = 200

# What does not count where answers are compared: how long it took, and whether a list or an array was read.
_APART = ("seconds", "reading")


@dataclass(frozen=True, eq=False, repr=False)
class Answer:
    """An answer. ``found`` is what the engine returned, and all its attributes are the answer's too."""

    found: Any

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name == "found":  # while it is being unpickled there is no ``found`` yet
            raise AttributeError(name)
        try:
            return getattr(self.found, name)
        except AttributeError:
            raise AttributeError(f"{type(self).__name__} has no {name}") from None

    def __dir__(self) -> list[str]:
        own = {*super().__dir__(), *dir(self.found)}
        return sorted(name for name in own if not name.startswith("_") or name.startswith("__"))

    def to_dict(self) -> dict[str, Any]:
        """The document that the command writes with ``--json``."""
        document: dict[str, Any] = self.found if isinstance(self.found, dict) else self.found.to_json()
        return document

    def show(self, page: Page) -> None:
        """Print it as the command does."""
        raise NotImplementedError

    def summary(self) -> str:
        """What it says, in a few words."""
        raise NotImplementedError

    def table(self) -> tuple[Sequence[str], Sequence[Sequence[str]]]:
        """Headings, and rows of text, for what shows tables."""
        raise NotImplementedError

    def plot(self, ax: Any = None) -> Any:
        """Draw it into the axes ``ax``, new ones by default, and return these."""
        raise BadInput(f"plot: there is nothing to draw of a {type(self).__name__}")

    def text(self, width: int = WIDTH) -> str:
        """What the command prints on a terminal so many columns wide."""
        stream = StringIO()
        self.show(Page(file=stream, width=width))
        return stream.getvalue().rstrip("\n")

    def __str__(self) -> str:
        return self.text()

    def __repr__(self) -> str:
        text = " ".join(self.summary().split())
        return f"<{text if len(text) <= LONGEST_REPR else text[:LONGEST_REPR] + '...'}>"

    def _repr_html_(self) -> str:
        headings, rows = self.table()
        head = "".join(f"<th>{escape(text)}</th>" for text in headings)
        body = "".join(f"<tr>{''.join(f'<td>{escape(str(text))}</td>' for text in row)}</tr>" for row in rows)
        caption = f"<caption>{escape(self.summary())}</caption>"
        return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"

    def __eq__(self, other: object) -> bool:
        if type(self) is not type(other):
            return NotImplemented
        return isinstance(other, Answer) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def _key(self) -> str:
        return json.dumps(_timeless(self.to_dict()), sort_keys=True)


def _timeless(document: Any) -> Any:
    """The document without the times that things took."""
    if isinstance(document, dict):
        return {key: _timeless(value) for key, value in document.items() if key not in _APART}
    return [_timeless(value) for value in document] if isinstance(document, list) else document


def own_axes(ax: Any) -> Any:
    """The axes to draw into, new ones if there are none."""
    if ax is not None:
        return ax
    from matplotlib import pyplot  # late: it takes half a second

    return pyplot.subplots(layout="constrained")[1]

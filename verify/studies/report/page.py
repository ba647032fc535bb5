"""HTML by hand: a page with its style and its few lines of script, tables that sort, sections."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

from verify.asked import version

# Nothing is loaded from anywhere; what is inline is ours.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:"

_STYLE = """
:root { color-scheme: light; }
body { font: 16px/1.5 system-ui, sans-serif; color: #111; background: #fff; }
body { margin: 0 auto; max-width: 60rem; padding: 0 1rem 4rem; }
h1 { font-size: 1.6rem; line-height: 1.2; margin: 1.5rem 0 .5rem; } h2 { font-size: 1.2rem; margin: 2rem 0 .5rem; }
h1, h2, p, dd, td { overflow-wrap: break-word; }
p, dl { max-width: 45rem; }
figure { margin: 1rem 0; max-width: 32rem; } figcaption { font-size: .9rem; }
figcaption svg { display: inline; width: 34px; height: 12px; }
figcaption span { display: inline-block; margin-right: .6rem; }
svg { width: 100%; height: auto; display: block; } svg a:focus { outline: 2px solid #000; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; font-size: .9rem; }
th, td { text-align: left; padding: .2rem .6rem .2rem 0; border-bottom: 1px solid #ccc; vertical-align: top; }
td { font-variant-numeric: tabular-nums; max-width: 30rem; }
th button { all: unset; cursor: pointer; font-weight: 600; } th button:focus-visible { outline: 2px solid #000; }
th[aria-sort=ascending] button::after { content: " ↑"; } th[aria-sort=descending] button::after { content: " ↓"; }
tr:target td { background: #eee; } a { color: #00527a; } code { font-size: .85em; }
dt { font-weight: 600; } dd { margin: 0 0 .4rem 0; }
@media (min-width: 40rem) { dl { display: grid; grid-template-columns: max-content 1fr; gap: 0 1.5rem; } }
 summary { cursor: pointer; margin: .3rem 0; }
@media print { details { display: block; } }
"""

# A click on a heading sorts by its column, numbers by size; another click turns the order.
_SCRIPT = """
for (const button of document.querySelectorAll("th button")) button.addEventListener("click", () => {
  const th = button.parentElement, row = th.parentElement, body = th.closest("table").tBodies[0];
  const at = [...row.children].indexOf(th), up = th.getAttribute("aria-sort") !== "ascending";
  for (const other of row.children) other.removeAttribute("aria-sort");
  th.setAttribute("aria-sort", up ? "ascending" : "descending");
  const key = tr => tr.children[at].dataset.v ?? tr.children[at].textContent;
  const order = (a, b) => { const x = key(a), y = key(b), m = Number(x), n = Number(y);
    return x !== "" && y !== "" && !isNaN(m) && !isNaN(n) ? m - n : x.localeCompare(y); };
  const rows = [...body.rows].sort(order); if (!up) rows.reverse(); body.append(...rows);
});
// A row that is linked to may stand in a part that is folded.
const open = () => { const at = location.hash && document.getElementById(location.hash.slice(1));
  for (let e = at; e; e = e.parentElement) if (e.tagName === "DETAILS") e.open = true;
  if (at) at.scrollIntoView(); };
addEventListener("hashchange", open); open();
"""


class Html(str):
    """Text that is HTML already."""

    __slots__ = ()


def html(value: Any) -> Html:
    """A value as HTML; what is HTML stays as it is."""
    return value if isinstance(value, Html) else Html(escape(str(value)))


def link(to: str, text: Any) -> Html:
    """A link."""
    return Html(f'<a href="{escape(to, quote=True)}">{html(text)}</a>')


def section(title: str, *parts: Any) -> Html:
    """A heading with what stands below it."""
    return Html(f"<section><h2>{html(title)}</h2>{''.join(map(html, parts))}</section>")


def paragraph(text: Any) -> Html:
    """A paragraph."""
    return Html(f"<p>{html(text)}</p>")


def terms(pairs: Iterable[tuple[str, Any]]) -> Html:
    """A list of names and what they stand for."""
    return Html(
        f"<dl>{''.join(f'<dt>{html(name)}</dt><dd>{html(value)}</dd>' for name, value in pairs)}</dl>"
    )


def folded(summary: str, part: Any) -> Html:
    """What is shown when it is asked for."""
    return Html(f"<details><summary>{html(summary)}</summary>{html(part)}</details>")


def table(headings: Sequence[str], rows: Iterable[Sequence[Any]], ids: Sequence[str] = ()) -> Html:
    """A table that sorts. A cell is a value, or a pair of what is shown and the value by which it sorts."""
    head = "".join(f'<th scope="col"><button type="button">{html(each)}</button></th>' for each in headings)
    body = []
    for number, row in enumerate(rows):
        name = f' id="{escape(ids[number], quote=True)}"' if ids else ""
        body.append(f"<tr{name}>{''.join(map(_cell, row))}</tr>")
    whole = f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(body)}</tbody></table>"
    return Html(f'<div class="scroll" tabindex="0">{whole}</div>')


def _cell(value: Any) -> str:
    if isinstance(value, tuple):
        shown, key = html(value[0]), str(value[1])
        sorts = "" if shown == key else f' data-v="{escape(key, quote=True)}"'
        return f"<td{sorts}>{shown}</td>"
    if isinstance(value, float):
        return _cell((f"{value:.6g}", f"{value:.17g}"))
    return f"<td>{html('' if value is None else value)}</td>"


def document(title: str, *parts: Any) -> str:
    """The whole page."""
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<title>{html(title)}</title><link rel="icon" href="data:,"><style>{_STYLE}</style></head>\n'
        f"<body><main><h1>{html(title)}</h1>{''.join(map(html, parts))}</main>"
        f"<footer><p>marginproof {html(version())}</p></footer><script>{_SCRIPT}</script></body></html>\n"
    )

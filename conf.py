"""The book: `make docs` builds the pages of notes/, the API reference and the gallery into site/, strictly."""

import re
from collections.abc import Callable
from pathlib import Path

from docutils import nodes
from latex2mathml.converter import convert
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.writers.html5 import HTML5Translator

ROOT = Path(__file__).parent

project = "marginproof"
author = copyright = "The marginproof authors"
extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.viewcode",
    "sphinx_copybutton",
    "sphinx_gallery.gen_gallery",
]
html_theme = "furo"
html_title = "marginproof"
html_copy_source = False
html_math_renderer = "mathml"
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True

myst_enable_extensions = ["dollarmath"]
myst_fence_as_directive = ["math"]
myst_heading_anchors = 3

autodoc_typehints = "signature"
autodoc_member_order = "bysource"

# The scripts of notes/gallery are run; the pages and notebooks made from them stand in notes/examples.
sphinx_gallery_conf = {
    "examples_dirs": "gallery",
    "gallery_dirs": "examples",
    "filename_pattern": r"\.py$",
    "capture_repr": ("__repr__",),
    "download_all_examples": False,
    "show_memory": False,
    "write_computation_times": False,
    "abort_on_example_error": True,
    "within_subsection_order": "FileNameSortKey",
}

exclude_patterns = ["gallery", "sg_execution_times.rst"]

_LINK = re.compile(r"\[([^\]]*)\]\(((?:\.\./)+[^)#]*)\)")
_log = logging.getLogger(__name__)


def page_of_the_repository(app: Sphinx, name: str, source: list[str]) -> None:
    """Pages are written for a reader of the files too: turn what only the repository has into what the site has.

    Mathematics in $`...`$ becomes $...$; a link to a file outside notes/ becomes its text, once the file is found
    there; the list of derivations becomes a table of contents.
    """
    folder = (ROOT / "notes" / name).parent

    def text_of_link(found: re.Match[str]) -> str:
        target = (folder / found[2]).resolve()
        if target.is_relative_to(ROOT / "notes"):
            return found[0]
        if not target.exists():
            _log.warning("%s links to %s, which is not there", name, found[2], location=name)
        return found[1]

    text = _LINK.sub(text_of_link, source[0])
    text = re.sub(r"\$`([^`]+)`\$", r"$\1$", text)
    if name == "derivations":
        chains = re.findall(r"^- \[.*\]\(([\w-]+)\.md\)", text, re.MULTILINE)
        text += "\n".join(["", "```{toctree}", ":hidden:", *chains, "```", ""])
    source[0] = text


def lists_of_fields(
    app: Sphinx, what: str, name: str, thing: object, options: object, lines: list[str]
) -> None:
    """Docstrings list fields as aligned columns, ``name    what it is``: turn these into a list."""
    made, indent = [], 0
    for line in lines:
        entry = re.match(r"(\w+) +(?=\S)", line) if indent else re.match(r"(\w+)  +(?=\S)", line)
        if entry and (not indent or entry.end() == indent):
            indent = entry.end()
            made.append(f"- ``{entry[1]}``: {line[indent:]}")
        elif indent and line.startswith(" " * indent):
            made.append(f"  {line.strip()}")
        else:
            indent = 0
            made.append(line)
    lines[:] = made


def mathml(display: str) -> Callable[[HTML5Translator, nodes.math | nodes.math_block], None]:
    """What writes a formula as MathML, which browsers show without a script and without a network."""

    def visit(self: HTML5Translator, node: nodes.math | nodes.math_block) -> None:
        # Of the environments for several lines the converter knows those that align, at the right.
        formula = convert(node.astext().replace("{gathered}", "{align*}"), display=display)
        formula = formula.replace('columnalign="right"', 'columnalign="center"')
        self.body.append(f'<div class="math">{formula}</div>' if display == "block" else formula)
        raise nodes.SkipNode

    return visit


def setup(app: Sphinx) -> None:
    app.add_html_math_renderer(
        "mathml", inline_renderers=(mathml("inline"), None), block_renderers=(mathml("block"), None)
    )
    app.connect("source-read", page_of_the_repository)
    app.connect("autodoc-process-docstring", lists_of_fields)

"""What the pages show is what happens: commands with their output, files and Python, page by page and in order.

In a page of notes/ (those that are written by commands excepted), README or CONTRIBUTING

- ``console`` blocks hold commands after ``$``, and below each what it prints; ``...`` stands for anything;
- ``python`` and ``toml`` blocks that begin with a comment which is a file's name are that file; other Python runs;
- ``pycon`` blocks are doctests.

All happens in an empty folder that has the data of notes/.
"""

from __future__ import annotations

import doctest
import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from command import run

import marginproof
from properties.claim import Found, Result
from verify.ask.statements import page
from verify.claims import CLAIMS
from verify.derive import names
from verify.derive.notes import file_names

ROOT = Path(__file__).parent.parent
WRITTEN = {*file_names(names()), "kernel.md", "mutants.md", "statements.md"}
PAGES = [
    *(path for path in sorted((ROOT / "notes").rglob("*.md")) if path.name not in WRITTEN),
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
]
# More than about a second on a quiet core.
SLOW = {
    "notes/start/reviewer.md",
    "notes/start/theorist.md",
    *(
        f"notes/howto/{page}.md"
        for page in (
            "claim",
            "classes",
            "conform",
            "constant-steps",
            "formats",
            "hunt",
            "loss",
            "sweep",
            "weight-decay",
        )
    ),
}
BLOCK = re.compile(r"^```(console|python|pycon|toml)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def commands(block: str) -> Iterator[tuple[str, str]]:
    """Each command of a block with what stands below it."""
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        line, _, output = part.partition("\n")
        yield line, output


def shown(command: str, capsys: pytest.CaptureFixture[str]) -> str:
    """What a command prints; where it is refused, the line that says so."""
    program, *arguments = shlex.split(command)
    assert program == "marginproof", f"{command}: only marginproof is run here"
    status = run(arguments)
    out, err = capsys.readouterr()
    return out if status < 2 else err


def follow(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Do what a page says."""
    names: dict[str, object] = {}
    for kind, block in BLOCK.findall(text):
        file = re.match(r"# (\w+\.(?:py|toml))\n", block)
        if kind == "console":
            for command, output in commands(block):
                got = shown(command, capsys)
                assert not output.strip() or doctest.OutputChecker().check_output(output, got, FLAGS), (
                    f"$ {command}\n{got}\nwhere the page has\n{output}"
                )
        elif kind == "pycon":
            test = doctest.DocTestParser().get_doctest(block, names, "page", None, None)
            runner = doctest.DocTestRunner(optionflags=FLAGS, verbose=False)
            said: list[str] = []
            assert runner.run(test, out=said.append, clear_globs=False).failed == 0, "".join(said)
            names.update(test.globs)
        elif file:
            Path(file[1]).write_text(block)
        elif kind == "python":
            exec(compile(block, "page", "exec"), names)


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize(
    "page",
    [pytest.param(p, id=relative(p), marks=[pytest.mark.slow] if relative(p) in SLOW else []) for p in PAGES],
)
def test_what_a_page_shows_happens(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("COLUMNS", "FORCE_COLOR"):  # pages show what is piped
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "notes").mkdir()
    for data in (ROOT / "notes").glob("*.csv"):
        shutil.copy(data, tmp_path / "notes")
    follow(page.read_text(encoding="utf-8"), capsys)


@pytest.mark.parametrize(
    "page",
    [
        "```console\n$ marginproof --version\nmarginproof 0.0.9\n```\n",
        "```pycon\n>>> 1 + 1\n3\n```\n",
        "```python\nassert 1 == 2\n```\n",
    ],
)
def test_a_page_that_shows_what_does_not_happen_is_seen(
    page: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(AssertionError):
        follow(page, capsys)


@pytest.mark.parametrize("name", ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "tests/README.md"])
def test_links_lead_somewhere(name: str) -> None:
    page = ROOT / name
    for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), f"{name} links to {target}, which is not there"


def test_every_statement_stands_on_its_page() -> None:
    text = (ROOT / "notes" / "statements.md").read_text(encoding="utf-8")
    stale = "notes/statements.md is stale: run `make statements`"
    assert re.findall(r"^## (.*)$", text, re.MULTILINE) == list(CLAIMS), stale
    without = [
        Result(claim, tuple(Found(each, ()) for each in claim.clauses), 0.0) for claim in CLAIMS.values()
    ]
    quoted = page([result.to_json() for result in without])
    for line in quoted.splitlines():
        if line.startswith((">", "Source: ")):
            assert line in text.splitlines(), f"{stale}: {line}"


def test_the_page_of_statements_is_text_that_markdown_does_not_read_as_its_own() -> None:
    evidence = {"kind": "tested", "detail": "a_b <c>", "scope": "[[1, 2]]"}
    clause = {"text": r"$c_1 > 0$", "hypotheses": [], "verdict": "tested", "evidence": [evidence]}
    claim = {"id": "mine", "title": "l_2", "source": "me", "verdict": "tested", "clauses": [clause]}
    text = page([claim])
    assert r"- tested: a\_b \<c\> (on \[\[1, 2\]\])" in text
    assert "> $`c_1 > 0`$" in text


def test_every_public_name_is_in_the_reference() -> None:
    text = (ROOT / "notes" / "api.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\.\. auto\w+:: marginproof\.(\w+)$", text, re.MULTILINE)) == set(
        marginproof.__all__
    )


def test_readme_is_no_longer_than_a_page_to_start_from() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 150

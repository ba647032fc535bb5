"""Pages: what they say of a ledger, and that a browser shows them without a complaint."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import pytest
from command import run
from scipy.stats import binom

from verify.errors import BadInput
from verify.studies.ledger import Row, reading, writing
from verify.studies.report import page_of
from verify.studies.report.of_sweep import CONFIDENCE, MOST, Plot, clopper_pearson
from verify.studies.report.plots import Point, bars, curves, grid, ticks
from verify.studies.swept import record

PLOTS = [
    {"kind": "curve", "x": "optimizer.beta2", "value": "angle", "by": "data.n", "title": "Angle"},
    {"kind": "share", "x": "data.n", "value": "several"},
    {"kind": "map", "x": "optimizer.beta2", "y": "data.n", "value": "angle"},
    {"kind": "share-map", "x": "optimizer.beta2", "y": "data.n", "value": "word=certified"},
]


def ledger_in(folder: Path, plots: list[dict[str, str]] = PLOTS, items: int = 40) -> Path:
    """A ledger as a sweep would leave it; its second item failed, its third has a certificate."""
    rows: list[tuple[Row, str | None]] = []
    for k in range(items):
        beta2, n, seed = ("9/10", "99/100")[k % 2], (2, 3)[k // 2 % 2], k
        asked = {
            "data": {"family": "gaussian", "n": n, "seed": seed},
            "optimizer": {"name": "<adam>", "beta2": beta2},
        }
        result = {"angle": float(k), "several": k % 4 == 0, "word": "certified" if k % 2 else "measured"}
        row = Row(
            key=f"{k:012x}{0:020x}",
            task="predict",
            asked=json.dumps(asked),
            result=None if k == 1 else json.dumps(result),
            evidence="measured",
            seconds=0.5,
            status="failed" if k == 1 else "done",
            error="ValueError: <b>bad</b>" if k == 1 else None,
            version="0.2",
            code="c" * 64,
            source="",
            certificate=None,
            study="s",
        )
        rows.append((row, '{"proof": 1}' if k == 2 else None))
    with writing(folder) as ledger:
        ledger.say(
            title="A <study>",
            about="What it is about.\n\nMore.",
            study="s",
            items=items + 2,
            varied=[],
            plots=plots,
        )
        ledger.write(rows)
    return folder


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("report")
    return page_of(str(ledger_in(folder / "out")), folder)


def test_a_share_has_the_interval_that_its_definition_gives() -> None:
    for hits, count in ((0, 5), (3, 10), (7, 7), (1, 1000)):
        low, high = clopper_pearson(hits, count)
        tail = (1 - CONFIDENCE) / 2
        if hits:
            assert binom.sf(hits - 1, count, low) == pytest.approx(tail)
        if hits < count:
            assert binom.cdf(hits, count, high) == pytest.approx(tail)
    assert clopper_pearson(0, 5)[0] == 0.0
    assert clopper_pearson(7, 7)[1] == 1.0


@pytest.mark.parametrize(("low", "high"), [(0, 1), (0.1, 0.13), (-3e-9, 7e-8), (5, 5), (0, 0), (99, 1e6)])
def test_ticks_are_few_and_span_their_range(low: float, high: float) -> None:
    found = ticks(low, high)
    assert 3 <= len(found) <= 9
    assert found[0] <= low <= high <= found[-1]


def test_a_page_says_what_is_in_the_ledger(page: str) -> None:
    assert "40 of 42; 2 are still to be asked" in page
    assert "1 failed: the ledger says why" in page
    assert "ValueError: &lt;b&gt;bad&lt;/b&gt;" in page
    assert "A &lt;study&gt;" in page
    assert "<b>" not in page
    assert page.count('<svg role="img"') == len(PLOTS)
    assert "0.526" in page  # the share of items with several equilibria for n = 2: 10 of 19, since one failed
    assert 'href="out/certificates/' in page


def test_a_page_needs_nothing_from_elsewhere(page: str) -> None:
    assert not re.search(r"(?:src|href)=\"(?!#|out/certificates/|data:,)", page)
    assert "default-src 'none'" in page
    assert "@import" not in page
    assert "url(" not in page


def test_links_within_a_page_lead_somewhere(page: str) -> None:
    ids = set(re.findall(r' id="([^"]+)"', page))
    links = set(re.findall(r'href="#([^"]+)"', page))
    assert len(links) > 10
    assert links <= ids


def test_drawings_are_well_formed_and_have_an_alternative() -> None:
    points = [Point("a<b", 1.0, 0.5, 1.5, "#1"), Point("c", 2.0, 2.0, 2.0, "#2")]
    drawings = [
        curves({"one": points, "two": points}, ["a<b", "c"], "x & y", "value", 'says "it"'),
        grid({("a<b", "c"): points[0]}, ["a<b"], ["c"], "x", "y", "a map"),
        bars(["f<1>", "f2"], {"u": [0.5, -1.0], "v": [0.0, 0.0]}, "bars"),
    ]
    for drawing in drawings:
        tree = ElementTree.fromstring(drawing)
        (drawn,) = [each for each in tree if each.tag == "svg"]
        assert drawn.get("role") == "img"
        assert drawn.get("aria-label")
        assert "nan" not in drawing


def test_lines_are_told_apart_without_colour() -> None:
    points = [Point("1", 1.0, 1.0, 1.0, "#1")]
    drawn = curves({str(k): points for k in range(7)}, ["1"], "x", "y", "text")
    dashes = re.findall(r'stroke-dasharray="([^"]*)"', drawn)[:7]
    assert len(set(dashes)) == 7


def test_many_items_are_cut_and_the_page_says_so(tmp_path: Path) -> None:
    page = page_of(str(ledger_in(tmp_path / "out", items=MOST + 5)))
    assert f"The first {MOST} of {MOST + 5}; the ledger has all." in page
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(re.findall(r' id="([^"]+)"', page))


def test_an_item_of_which_nothing_is_known_counts_for_no_share() -> None:
    plot = Plot(0, {"kind": "share", "x": "n", "value": "several"})
    for key, several in enumerate((True, None, False, None)):
        plot.see({"status": "done", "key": str(key), "n": 2, "several": several})
    assert plot.cells["2", ""].values == [1.0, 0.0]


def test_a_result_named_as_a_column_of_the_ledger_has_a_column_of_its_own(tmp_path: Path) -> None:
    with reading(ledger_in(tmp_path, items=1)) as ledger:
        (row,) = ledger.rows()
    flat = record(row._replace(result='{"error": 0.5, "seconds": 3, "angle": 1}'))
    assert (flat["result.error"], flat["result.seconds"], flat["angle"]) == (0.5, 3, 1)
    assert (flat["error"], flat["seconds"]) == (None, 0.5)


def test_a_column_that_is_not_there_and_a_folder_without_a_ledger_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = ledger_in(tmp_path / "out", [{"x": "data.m", "value": "angle"}])
    with pytest.raises(BadInput, match=r"plot: a row has no column data\.m; it has .*data\.n"):
        page_of(str(out))
    assert run(["report", str(tmp_path), "-o", str(tmp_path / "p.html")]) == 2
    assert "has no ledger.sqlite" in capsys.readouterr().err


@pytest.mark.slow
def test_claims_have_a_page(tmp_path: Path) -> None:
    assert run(["report", "false-signum-fixed-beta", "-o", str(tmp_path / "p.html")]) == 0
    page = (tmp_path / "p.html").read_text()
    assert "refuted" in page
    assert 'id="c-false-signum-fixed-beta"' in page


@pytest.mark.slow
def test_data_have_a_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from verify.studies.report import of_data

    (tmp_path / "rows.csv").write_text("3,1\n1,2\n")
    monkeypatch.setattr(of_data, "RULES", ("gd", "signgd", "adam"))
    page = page_of(str(tmp_path / "rows.csv"))
    assert "2 rows in 2 dimensions" in page
    for text in ("gd: certified", "adam, full batch", "float16", "the weights of the samples converge"):
        assert text in page, text


# Clicks on a heading, and says what became of the table, whether the page is wider than the window, and what was said.
CLICKS = """<script>
const errors = []; addEventListener("error", e => errors.push(e.message));
addEventListener("load", () => {
  for (const d of document.querySelectorAll("details")) d.open = true;
  const tables = [...document.querySelectorAll("table")], t = tables[tables.length - 1];
  const heads = [...t.querySelectorAll("th")], at = heads.findIndex(h => h.textContent.trim() === "angle");
  const column = () => [...t.tBodies[0].rows].map(r => r.children[at].textContent.trim()).filter(x => x).map(Number);
  const b = heads[at].querySelector("button"); b.click(); const up = column(); b.click(); const down = column();
  const links = [...document.querySelectorAll('a[href^="#"]')].map(a => a.getAttribute("href").slice(1));
  const dead = links.filter(id => !document.getElementById(id));
  document.title = JSON.stringify({up, down, sort: heads[at].getAttribute("aria-sort"), dead: dead.length, errors,
    wide: document.documentElement.scrollWidth - innerWidth});
});</script>"""


@pytest.mark.slow
@pytest.mark.parametrize("width", [1000, 360])
def test_a_browser_shows_a_page_without_a_complaint_and_sorts(page: str, width: int, tmp_path: Path) -> None:
    browser = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    assert browser is not None, "this test needs a browser: apt-get install chromium"
    (tmp_path / "page.html").write_text(page.replace("<main>", CLICKS + "<main>"))
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr", "--dump-dom"]
    options += [f"--window-size={width},800", f"--user-data-dir={tmp_path / 'profile'}"]
    command = [browser, *options, (tmp_path / "page.html").as_uri()]
    seen = subprocess.run(command, capture_output=True, text=True, timeout=120)
    found = json.loads(re.findall("<title>(.*?)</title>", seen.stdout)[0].replace("&quot;", '"'))
    assert "CONSOLE" not in seen.stderr
    assert found["errors"] == []
    assert found["dead"] == 0
    assert found["up"] == sorted(found["up"])
    assert found["down"] == found["up"][::-1] == sorted(found["up"], reverse=True)
    assert found["sort"] == "descending"
    assert len(found["up"]) == 39
    assert found["wide"] <= 0, "the page is wider than the window"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("report d.csv -o p.html --label side", "('side'): labels 'a', 'b': say with --positive"),
        ("report d.csv -o p.html", "('side') looks like a label: give --label side"),
        ("report verify -o p.html --label side", "label: it goes with data, and verify is none"),
        ("report false-signum-fixed-beta -o p.html --one-hot", "one_hot: it goes with data, and"),
    ],
)
def test_a_report_reads_data_as_it_is_told(
    line: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "d.csv").write_text("x,z,side\n1,2,a\n2,3,a\n3,-1,b\n4,-2,b\n")
    monkeypatch.chdir(tmp_path)
    assert run(line.split()) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "p.html").exists()

"""The commands. Each turns text into exact values, calls one engine and shows what it returns."""

from __future__ import annotations

from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from verify.cli.options import Json, Plot, Seed, Start, expand, own_files, point, rational, shown, whole
from verify.console import check_targets, check_writable, console, progress, write_json, write_picture
from verify.data import Dataset, NotSeparable, load, require_separable
from verify.data.text import show
from verify.errors import BadInput
from verify.optimizers import Optimizer

if TYPE_CHECKING:
    from verify.margins import MahalanobisMargin, Margin

app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    no_args_is_help=False,
    help="Which direction does this optimizer converge to on separable data, and how do we know?",
    epilog="Compiled loops are kept between runs: `python -m verify.numbers.stored` says where.",
)


@app.command()
def verify(
    claims: Annotated[
        list[str] | None, typer.Argument(metavar="[CLAIM]...", help="Ids, or FILE.py:CLAIM; all if none.")
    ] = None,
    profile: Annotated[str, typer.Option("--profile", help="quick, standard or thorough")] = "quick",
    json: Json = None,
) -> None:
    """Check the claims, on generated cases too, and print what each verdict rests on."""
    from verify.claims import check_claims, select
    from verify.cli.views import show_claims

    check_targets(*own_files(claims or []), json=json)
    chosen = select(claims or [], profile)
    results = []
    ok = False
    try:
        with progress("claims", len(chosen)) as update:
            for result in check_claims(chosen, profile, update):
                results.append(result)
        ok = all(result.as_expected for result in results)
    finally:  # an interrupted run keeps what it has, and is not ok
        show_claims(results, console(json))
        write_json({"ok": ok, "claims": [result.to_json() for result in results]}, json)
    if not ok:
        raise typer.Exit(1)


@app.command()
@expand
def predict(
    data: Dataset,
    opt: Optimizer,
    digits: Annotated[
        str,
        typer.Option(
            "--digits", help="Of the direction, certified; 0: none; auto: 30, where that takes seconds."
        ),
    ] = "auto",
    beside: Annotated[
        str,
        typer.Option(
            "--margins", help="Max margins to hold the limits against: all, none, auto: what takes seconds."
        ),
    ] = "auto",
    steps: Annotated[
        str,
        typer.Option(
            "--steps", help="Of the simulation beside it; 0: none; auto: what it needs, or seconds."
        ),
    ] = "auto",
    start: Start = None,
    work: Annotated[
        str,
        typer.Option(
            "--work", metavar="X", help="The search for limits may take X times the usual (about a minute)."
        ),
    ] = "1",
    path: Annotated[
        str | None,
        typer.Option("--path", metavar="WHAT", help="How the limits move: by beta2 or batch-size."),
    ] = None,
    certificate: Annotated[
        str | None,
        typer.Option("--certificate", metavar="FILE", help="Write the proof of the certified limits."),
    ] = None,
    plot: Plot = None,
    json: Json = None,
) -> None:
    """Limit directions from the margin game, beside the max-margin directions and a simulation."""
    from verify.cli.views import prediction_json, show_prediction
    from verify.game import predict as limits_of
    from verify.game.companion import after, runs_beside
    from verify.game.margins import Margins
    from verify.game.smooth.enclosure_cost import BY_ITSELF
    from verify.margins import NORMS
    from verify.margins.cost import affordable

    count = None if steps == "auto" else whole("steps", steps)
    w_0 = point("start", start, data.d)
    times = rational("work", work)
    if not 0 < times <= 10**6:
        raise BadInput(f"work={work} is not between 0 and 1e6")
    if path is not None:
        given = {
            "certificate": certificate,
            "start": start,
            "digits": digits,
            "steps": steps,
            "margins": beside,
        }
        for name, value in (given | {"work": work}).items():
            if value not in (None, "auto") and (name, value) != ("work", "1"):
                raise BadInput(f"{name}={shown(value)}: it goes with one prediction, not with --path")
        _predict_path(data, opt, path, plot, json)
        return
    wanted = 30 if digits == "auto" else whole("digits", digits, 0, 1000)
    if beside not in ("all", "none", "auto"):
        raise BadInput(f"margins={beside} is none of all, none, auto")
    known, margins = Margins(data), {}
    with progress("separability", None) as update:
        if beside == "all" or (beside == "auto" and affordable(data)):
            for norm in NORMS:  # first: these refuse data that are not separable
                update(0, f"{norm} max margin")
                margins[norm] = known.of(norm)
        else:
            known.separator()
        update(0, "limits")
        prediction = limits_of(
            data, opt, start=w_0, digits=wanted, within=BY_ITSELF if digits == "auto" else None, margins=known,
            work=float(times), progress=lambda now: update(0, now),
        )  # fmt: skip
    proof = None
    if certificate is not None:
        from verify.game.proof import prediction_certificate

        with progress("certificate", None):
            proof = prediction_certificate(prediction, known)
    runs = []
    if count != 0 and prediction.limits:
        with progress("simulation", count) as update:
            runs = runs_beside(prediction, count, update)
        prediction = after(prediction, runs[0])
    show_prediction(console(json, certificate), prediction, margins, *runs)
    write_json(proof, certificate)
    write_json(prediction_json(prediction, margins, *runs), json)
    if plot is not None:
        from verify.cli.pictures import draw

        draw(prediction, plot)
    if runs and runs[0].contradicts:
        raise typer.Exit(1)


def _predict_path(data: Dataset, opt: Optimizer, kind: str, plot: str | None, json: str | None) -> None:
    """The limits along beta2 or the batch size, in place of the prediction for one optimizer."""
    from verify.cli.paths import draw_path, path_json, show_path
    from verify.cli.paths import path as follow
    from verify.game.hypotheses import require_game

    require_separable(data)
    require_game(data, opt)
    with progress("following the limits", None):
        found = follow(data, opt, kind)
    show_path(console(json), found)
    write_json(path_json(found), json)
    if plot is not None:
        write_picture(draw_path(found), plot, dpi=160)


@app.command()
@expand
def margin(
    data: Dataset,
    norm: Annotated[str, typer.Option("--norm", help="l1, l2, linf or mahalanobis")],
    weights: Annotated[
        str | None,
        typer.Option("--weights", metavar="C1,...,CN", help="c of the Mahalanobis norm sqrt(w'M(c)w)."),
    ] = None,
    certificate: Annotated[
        str | None,
        typer.Option("--certificate", metavar="FILE", help="Write the proof, for `marginproof check`."),
    ] = None,
    json: Json = None,
) -> None:
    """The exact max margin, who attains it, and whether alone."""
    from verify.cli.views import show_margin
    from verify.margins import Norm, mahalanobis_margin, max_margin
    from verify.margins.certify import mahalanobis_certificate, margin_certificate, not_separable_certificate

    metric = None if weights is None else [rational("weights", part) for part in weights.split(",")]
    if norm == "mahalanobis" and metric is None:
        raise BadInput("norm=mahalanobis needs --weights c_1,...,c_N")
    if norm != "mahalanobis" and metric is not None:
        raise BadInput(f"weights: they go with norm=mahalanobis, not with norm={norm}")
    found: Margin | MahalanobisMargin
    try:
        if metric is not None:
            found = mahalanobis_margin(data, metric)
            proof = mahalanobis_certificate(found) if certificate else None
        else:
            found = max_margin(data, cast(Norm, norm))  # any other norm is refused there
            proof = margin_certificate(found) if certificate else None
    except NotSeparable as refusal:
        write_json(not_separable_certificate(refusal) if certificate else None, certificate)
        raise
    show_margin(console(json, certificate), found)
    write_json(proof, certificate)
    write_json(found.to_json(), json)


@app.command()
def check(
    certificates: Annotated[list[str], typer.Argument(metavar="CERTIFICATE...")],
    data: Annotated[
        str | None, typer.Option("--data", metavar="DATA", help="The data it must be about.")
    ] = None,
    label: Annotated[
        str | None, typer.Option("--label", metavar="COLUMN", help="As for other commands.")
    ] = None,
    positive: Annotated[str | None, typer.Option("--positive", metavar="VALUE", help="Likewise.")] = None,
    intercept: Annotated[bool, typer.Option("--intercept", help="Likewise.")] = False,
    work: Annotated[
        str,
        typer.Option(
            "--work",
            metavar="TIMES",
            help="Times the usual bounds: some ten seconds and a gigabyte a certificate, files of 40 MiB.",
        ),
    ] = "1",
) -> None:
    """Re-check certificates, trusting nothing but the files themselves.

    Status 0 if all are valid, 1 if one is not, 2 if one could not be read.
    """
    from verify.certificate import check_files

    times = rational("work", work)
    if times <= 0:
        raise BadInput(f"work={show(work)} is not positive")
    for name, given in {"label": label, "positive": positive, "intercept": intercept or None}.items():
        if data is None and given is not None:
            raise BadInput(f"{name}={show(given)}: it says how to read --data, and there is none")
    rows = None if data is None else load(data, label=label, positive=positive, intercept=intercept).rows
    status = check_files(certificates, rows, float(times))
    if status:
        raise typer.Exit(status)


@app.command("check-rule")
def check_rule(
    rule: Annotated[str, typer.Argument(metavar="RULE", help="A name, or FILE.py:NAME, whose code is run.")],
    json: Json = None,
) -> None:
    """Prove or refute each trait that a rule declares."""
    from verify.cli.rules import show_check
    from verify.optimizers.check_rule import check_rule as checked
    from verify.optimizers.load import rule_named

    check_targets(*own_files([rule]), json=json)
    found = checked(rule_named(rule))
    show_check(console(json), found.rule, found)
    write_json(found.to_json(), json)
    if not found.ok:
        raise typer.Exit(1)


@app.command("check-loss")
def check_loss(
    loss: Annotated[str, typer.Argument(metavar="LOSS", help="A name, or FILE.py:NAME, whose code is run.")],
    json: Json = None,
) -> None:
    """Prove or refute each trait that a loss declares."""
    from verify.cli.rules import show_check
    from verify.losses.check_loss import check_loss as checked
    from verify.losses.load import loss_named

    check_targets(*own_files([loss]), json=json)
    found = checked(loss_named(loss, check=False))
    show_check(console(json), found.loss, found)
    write_json(found.to_json(), json)
    if not found.ok:
        raise typer.Exit(1)


@app.command()
def rules(json: Json = None) -> None:
    """The rules that ship, with what they declare."""
    from verify.cli.rules import rules_json, show_rules

    check_writable(json)
    show_rules(console(json))
    write_json(rules_json(), json)


@app.command()
@expand
def simulate(
    data: Dataset,
    opt: Optimizer,
    steps: Annotated[str, typer.Option("--steps", help="Number of steps T.")],
    arithmetic: Annotated[str, typer.Option("--arithmetic", help="float64, mpf or ball")] = "float64",
    digits: Annotated[str, typer.Option("--digits", help="Correct digits wanted of mpf and ball.")] = "30",
    start: Start = None,
    seed: Seed = "0",
    json: Json = None,
) -> None:
    """Run the optimizer from w_0 and show where it is and where it goes."""
    from verify.cli.views import show_simulation
    from verify.simulate import simulate as run

    count, wanted, drawn = (
        whole("steps", steps, least=2),
        whole("digits", digits, 1, 1000),
        whole("seed", seed),
    )
    w_0 = point("start", start, data.d)
    require_separable(data)
    with progress("steps", count) as update:
        found = run(data, opt, count, arithmetic, digits=wanted, seed=drawn, progress=update, start=w_0)
    show_simulation(console(json), found)
    write_json(found.to_json(), json)


@app.command()
def derive(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME]...", help="Chains, or FILE.py:CHAIN; all if none.")
    ] = None,
    notes: Annotated[
        str | None, typer.Option("--notes", metavar="DIR", help="Write the notes, one page a topic.")
    ] = None,
    json: Json = None,
) -> None:
    """Derive the formulas step by step, each step checked on two roads and held against simulation."""
    from verify.derive import as_text, chain
    from verify.derive import derive as carry_out
    from verify.derive import names as all_names
    from verify.derive.notes import file_names, write_notes

    if notes is not None and not (notes and Path(notes).is_dir()):
        raise BadInput(f"notes={shown(notes)} is not a folder")
    chosen = list(dict.fromkeys(names or all_names()))
    for name in chosen:
        chain(name)  # refuses a name that is none before any work
    pages = [] if notes is None else [Path(notes) / name for name in file_names(chosen)]
    for page in pages:
        check_writable(str(page))
    check_targets(*own_files(chosen), *(("a page of the notes,", page) for page in pages), json=json)
    results = []
    out = console(json)
    with progress("derivations", len(chosen)) as update:
        for done, name in enumerate(chosen):
            update(done, name)
            results.append(carry_out(name))
            out.print(as_text(results[-1]), markup=False)
    if notes is not None:
        write_notes(Path(notes), results)
    passed = all(result.passed for result in results)
    out.print(f"{len(results)} derivations: " + ("all stand" if passed else "NOT all stand"))
    write_json({"ok": passed, "derivations": [result.to_json() for result in results]}, json)
    if not passed:
        raise typer.Exit(1)


@app.command()
@expand
def diagnose(
    data: Dataset,
    opt: Optimizer,
    dtype: Annotated[
        str, typer.Option("--dtype", help="float16, bfloat16, float32, float64, or FILE.py:NAME.")
    ],
    steps: Annotated[str, typer.Option("--steps", help="Number of steps T.")] = "100000",
    seed: Seed = "0",
    plot: Plot = None,
    json: Json = None,
) -> None:
    """How much of the direction survives in a number format, where it is lost, and what to do."""
    from verify.cli.views import show_diagnosis
    from verify.diagnose import diagnose as run
    from verify.diagnose import plot as draw

    count, drawn = whole("steps", steps, least=1), whole("seed", seed)
    require_separable(data)
    with progress("steps, twice", count) as update:
        found = run(data, opt, dtype, count, drawn, update)
    show_diagnosis(console(json), found)
    write_json(found.to_json(), json)
    if plot is not None:
        draw(found, plot)


@app.command()
def hunt(
    claim: Annotated[
        str, typer.Argument(metavar="CLAIM", help="Its id, as `verify` shows it, or FILE.py:CLAIM.")
    ],
    seconds: Annotated[
        str | None,
        typer.Option(
            "--seconds",
            help="Time for the search (its last case is finished); 60, or no limit with --cases.",
        ),
    ] = None,
    cases: Annotated[
        str | None, typer.Option("--cases", help="End after so many cases (in rounds of up to 100).")
    ] = None,
    seed: Annotated[str, typer.Option("--seed", metavar="S", help="Draws the cases.")] = "0",
    jobs: Annotated[str, typer.Option("--jobs", help="Processes that search; the result is the same.")] = "1",
    directory: Annotated[
        str, typer.Option("--directory", metavar="DIR", help="What is found is written to DIR/CLAIM.")
    ] = "hunts",
    resume: Annotated[
        bool, typer.Option("--resume", help="Judge what DIR/CLAIM holds, then go on where its hunt ended.")
    ] = False,
    json: Json = None,
) -> None:
    """Search for a counterexample; shrink it, verify it again, and write data and certificates."""
    limit = inf if cases is None else whole("cases", cases, least=1)
    longest = rational("seconds", seconds) if seconds is not None else 60 if cases is None else inf
    if longest <= 0:
        raise BadInput(f"seconds={shown(str(seconds))} is not positive")
    drawn, workers = whole("seed", seed, most=2**32 - 1), whole("jobs", jobs, 1, 64)
    folder = Path(directory)
    if not directory or (folder.exists() and not folder.is_dir()):
        raise BadInput(f"directory={shown(directory)} is not a folder")

    from properties.found import command, to_json, write_files
    from properties.found import own_files as files_of
    from properties.hunt import hunt as search
    from properties.hunt import properties_of
    from properties.registry import claim_and_properties
    from verify.cli.views import show_hunt

    properties_of(claim)
    own = folder / claim_and_properties(claim)[0].id
    if own.exists() and not own.is_dir():
        raise BadInput(f"directory={shown(directory)}: {shown(str(own))} is not a folder")
    written = (("a file of the hunt,", file) for file in files_of(folder, own.name, json))
    check_targets(*own_files([claim]), *written, json=json)
    folder.mkdir(parents=True, exist_ok=True)
    with progress(claim, None if longest == inf else int(longest)) as update:
        done = search(
            claim,
            seconds=float(longest),
            cases=limit,
            seed=drawn,
            directory=folder,
            jobs=workers,
            resume=resume,
            progress=lambda elapsed, text: update(int(elapsed), text),
        )
    files, unwritten = [], None
    try:
        files = [] if done.found is None else write_files(done.found, own)
    except OSError as error:  # the find is shown all the same
        unwritten = error
    reproduce = command(done, folder, resume)
    show_hunt(console(json), done, files, reproduce)
    write_json(to_json(done, files, reproduce), json)
    if unwritten is not None:
        raise unwritten
    if done.found is not None:
        raise typer.Exit(1)
    if done.interrupted:
        raise KeyboardInterrupt

"""Which direction does this optimizer converge to on separable data, and how do we know?

The questions, each a function: ``predict``, ``max_margin``, ``simulate``, ``locate``, ``diagnose``, ``check_rule``,
``check``, ``conform``, ``hunt``, ``verify``, ``derive``, ``sweep``; ``load`` reads data, ``report`` makes a page. Data
are arrays, data frames, lists of rows, paths, names of bundled sets (iris, wine) and families. A float is the exact
dyadic rational that it is (0.1 is not 1/10); text and Fractions are exact: ``beta2="0.99"``. What cannot be is a
``BadInput``, in one line that names the value. Answers read as text, compare, are pickled, and have ``to_dict()`` and
``plot(ax=None)``.

What a file with objects of one's own needs, which all of these take as ``FILE.py:NAME``:

- a rule: ``Rule``, ``State``, and for its hyperparameters ``Number``, ``Positive``, ``Decay``, ``Switch``;
- a schedule of step sizes: ``Schedule``;
- a loss: ``Loss`` and ``check_loss``;
- a number format: ``Format``; a data family: ``Family``;
- a claim: ``Claim``, with checks that return ``Evidence`` with a ``Verdict``, and properties of cases: ``Property``,
  ``Case``, ``case``, strategies such as ``separable``, and for its judge ``Judgement``, ``within``, ``vacuous``;
- a chain: ``Chain``, ``Step``, ``Wrong``, ``Assertion`` and ``equality``, which makes one with its two roads,
  ``Finding``, ``Measured``.

Each name is imported when it is first asked for.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from verify.ask.chains import ChainAnswer
    from verify.ask.checks import Traits
    from verify.ask.checks import Verdict as CertificateVerdict
    from verify.ask.claims import ClaimAnswer
    from verify.ask.conformance import Conforms
    from verify.ask.diagnosis import Report
    from verify.ask.hunts import Hunted
    from verify.ask.location import Location
    from verify.ask.margin import MaxMargin
    from verify.ask.prediction import Limits
    from verify.ask.simulation import Run
    from verify.data.dataset import Dataset
    from verify.optimizers.rule import Rule
    from verify.studies.swept import Swept

# The names that stand in each module, and are imported from there.
_NAMES = {
    "properties.claim": "Claim",
    "properties.property": "Case Judgement Property case vacuous within",
    "properties.strategies": "separable",
    "verify.ask.checks": "check_loss",
    "verify.data.dataset": "Dataset",
    "verify.data.families.family": "Family",
    "verify.derive.chain": "Assertion Chain Finding Measured Step Wrong",
    "verify.derive.roads": "equality",
    "verify.errors": "BadInput Undecided",
    "verify.evidence": "Evidence Verdict",
    "verify.losses.loss": "Loss",
    "verify.numbers.formats.format": "Format",
    "verify.optimizers.rule": "Decay Number Positive Rule State Switch",
    "verify.optimizers.schedule": "Schedule",
}
_PLACES = {name: place for place, names in _NAMES.items() for name in names.split()}

__all__ = [
    *sorted(_PLACES), "check", "check_rule", "conform", "derive", "diagnose", "hunt", "load", "locate", "max_margin",
    "predict", "report", "simulate", "sweep", "verify",
]  # fmt: skip


def predict(X: Any, y: Any = None, optimizer: Any = "adam", **asked: Any) -> Limits:
    """Where does an optimizer go on separable data?

    ``X`` (N, d) and labels ``y`` (N) as arrays, a data frame or lists, or without ``y`` rows that already carry their
    labels, or what names data. ``optimizer`` is a name, ``FILE.py:NAME`` or a Rule. ``asked`` are the options of the
    command `predict` with underscores: the rule's hyperparameters (``beta2=``), ``batch_size``, ``order``, ``loss``,
    ``lr``, ``decay``, ``eps``, ``weight_decay``; of reading ``positive``, ``label``, ``intercept``, ``features``,
    ``drop``, ``missing``, ``one_hot``, ``standardize``, ``scale``; and ``digits``, ``margins``, ``steps`` (0: no run
    beside it), ``start``, ``work``.

    Raises BadInput for what cannot be, and NotSeparable, one of them, where no w separates the data.

    >>> import marginproof
    >>> answer = marginproof.predict([[2, 0], [0, 1]], optimizer="gd", steps=0)
    >>> answer
    <gd on rows: 1 limit, certified>
    >>> answer.limits[0].direction.round(6).tolist()
    [0.447214, 0.894427]
    >>> answer.word, answer.names
    (<Verdict.CERTIFIED: 'certified'>, ('x0', 'x1'))
    >>> marginproof.predict([[2, 0], [0, 1]], optimizer="Adam")
    Traceback (most recent call last):
    verify.errors.BadInput: optimizer=Adam is none of ... (did you mean adam?)
    """
    _ours()
    from verify.ask import prediction
    from verify.ask.python import question

    data, opt, options = question(X, y, optimizer, asked, ("digits", "margins", "steps", "start", "work"))
    return prediction.predict(data, opt, **options)


def max_margin(X: Any, y: Any = None, norm: Any = "l2", weights: Any = None, **reading: Any) -> MaxMargin:
    """The exact max margin over w of min_i y_i x_i.w / ||w|| in the norm l1, l2 or linf, or mahalanobis with weights.

    It converts to a float and has the exact ``direction``, ``unique`` and ``certificate()``. With
    ``intercept="free"`` the norm does not count the intercept, as in support vector machines. Data and ``reading`` are
    those of ``predict``.

    >>> import marginproof
    >>> margin = marginproof.max_margin([[3, 4], [1, 4], [2, 3], [6, -1], [7, -1], [5, -3]], [-1, -1, -1, 1, 1, 1],
    ...                                 intercept="free")
    >>> margin
    <l2 max margin 2.82842712474619 of rows>
    >>> marginproof.check(margin.certificate()).valid
    True
    """
    _ours()
    from verify.ask import margin
    from verify.data.given import given

    return margin.margin(given(X, y, **reading), norm, weights)


def simulate(X: Any, y: Any = None, optimizer: Any = "adam", **asked: Any) -> Run:
    """Run an optimizer for ``steps`` steps from ``start`` in ``arithmetic`` float64, mpf or ball, the latter two to
    ``digits`` digits; ``seed`` draws random orders. ``at``, found when it is asked for, has the angles to limits and
    max margins on the way, unless ``angles="none"``. The rest is as for ``predict``.

    >>> import marginproof
    >>> run = marginproof.simulate([[2, 0], [0, 1]], optimizer="signgd", steps=2, arithmetic="ball", digits=5, decay=0)
    >>> run.weights
    ('0.20000', '0.20000')
    """
    _ours()
    from verify.ask import simulation
    from verify.ask.python import question

    data, opt, options = question(X, y, optimizer, asked, (*simulation.OPTIONS, "steps"))
    return simulation.simulate(data, opt, **options)


def locate(X: Any, y: Any = None, optimizer: Any = "adam", *, weights: Any, **asked: Any) -> Location:
    """Where a logged run stands: ``weights`` is a file, CSV of step and w or ``.npy``, or an array (K, d + 1) of these,
    or (K, d) of w alone at even distances up to the step ``steps``, by default at every step.

    ``at`` has the angles of the last iterate and of the increments to each limit and max margin, ``along`` those on the
    way, ``phase`` and ``phases`` where it is, and ``settled`` whether it has settled there. The rest is as for
    ``predict``.

    >>> import marginproof
    >>> run = marginproof.locate([[2, 0], [0, 1]], optimizer="signgd", weights=[[10, 1.1, 0.9], [20, 2.1, 1.9]])
    >>> run.phase, round(run.at[1].limits[0], 6)
    ('game', 0.0)
    """
    _ours()
    from verify.ask import location
    from verify.ask.python import question

    data, opt, options = question(X, y, optimizer, asked, location.OPTIONS)
    return location.locate(data, opt, weights, **options)


def diagnose(X: Any, y: Any = None, optimizer: Any = "adam", **asked: Any) -> Report:
    """How much of the direction survives in the number format ``dtype``, where it is lost, and what to do.

    ``steps`` are run, twice; ``seed`` draws random orders and roundings. ``recipe`` names a way of training; formats by
    role are ``data_format``, ``forward``, ``accumulate``, ``gradients``, ``moments``, ``second_moments``, ``weights``,
    ``master``; ``rounding`` is "stochastic" or a list of ROLE=MODE; ``loss_scale`` a number or "dynamic"; ``kahan``
    true or false; ``block`` the entries of a block; ``step_format`` what a step computes in, if that is longer than
    what it reads and writes. The rest is as for ``predict``.

    >>> import marginproof
    >>> report = marginproof.diagnose([[2, 0], [0, 1]], optimizer="gd", dtype="float16", steps=100, decay=0)
    >>> report.first_nonfinite_step is None
    True
    """
    _ours()
    from verify.ask import diagnosis
    from verify.ask.python import question

    data, opt, options = question(X, y, optimizer, asked, (*diagnosis.OPTIONS, "steps", "seed"))
    return diagnosis.diagnose(data, opt, **options)


def check_rule(rule: str | Rule) -> Traits:
    """Prove or refute each trait that a rule declares: a Rule, a name, or ``FILE.py:NAME``, whose code is run.

    >>> import marginproof
    >>> marginproof.check_rule("lion").ok
    True
    """
    _ours()
    from verify.ask import checks

    return checks.check_rule(rule)


def check(
    certificate: Any, X: Any = None, y: Any = None, *, work: Any = 1, **reading: Any
) -> CertificateVerdict:
    """Re-check a certificate, a path or the document itself, trusting nothing else: ``valid``, ``statement``,
    ``reason``. With data, it must be about these. ``work`` multiplies the usual bounds on what it may ask for.

    >>> import marginproof
    >>> marginproof.check({"format": "none"}).reason
    "schema: certificate lacks the field 'statement' (earlier versions wrote others, which must be written anew)"
    """
    _ours()
    from verify.ask import checks
    from verify.data.given import given

    return checks.check(certificate, None if X is None else given(X, y, **reading), work)


def conform(target: Any, rule: str | Rule, **asked: Any) -> Conforms:
    """Does an implementation compute what a rule says? ``agrees``, ``counterexample``, ``variant``, ``test``.

    ``target`` is a factory, ``torch.optim:Adam``, ``optax:adam`` or ``FILE.py:FACTORY``, in torch's style
    (``factory(params, **kwargs)`` with ``step()``) or optax's (``factory(**kwargs)`` with ``init`` and ``update``).
    ``asked``: ``kwargs`` for it, ``set`` for the rule, ``map`` from a hyperparameter to its keyword, ``variants``, the
    conventions that are meant, ``dtype`` of weights and gradients, ``states`` that of states and steps where it is
    another, ``jit``, ``device``, ``accumulate``, ``cases``, ``seed``.

    >>> import marginproof
    >>> class Descent:
    ...     def __init__(self, params, lr=0.1):
    ...         self.params, self.lr = params, lr
    ...     def step(self):
    ...         for p in self.params:
    ...             if p.grad is not None:
    ...                 p.data = p.data - p.data.dtype.type(self.lr) * p.grad
    >>> marginproof.conform(Descent, "gd", cases=20)
    <Descent agrees with gd in 20 cases>
    """
    _ours()
    from verify.ask import conformance

    return conformance.conform(target, rule, **asked)


def hunt(claim: str, seconds: Any = None, seed: Any = 0, **options: Any) -> Hunted:
    """Search for a counterexample to a claim for ``seconds``, 60 by default, or ``cases``, by ``jobs`` processes
    or the workers of a Dask ``scheduler``.

    ``violation`` is None, which does not say that there is none, or has ``again``, the text of the case, and
    ``command``. Nothing is written but to ``directory``, if one is given.

    >>> import marginproof
    >>> marginproof.hunt("false-per-sample-l2", cases=20).violation.again[:7]
    'case([['
    """
    _ours()
    from verify.ask import hunts

    for name in options:
        if name not in ("cases", "jobs", "scheduler", "directory", "resume"):
            from verify.errors import BadInput

            raise BadInput(f"{name}: no option of hunt; there are cases, jobs, scheduler, directory, resume")
    found = hunts.hunt(claim, seconds=seconds, seed=seed, **options)
    if found.unwritten is not None:
        raise found.unwritten
    return found


def verify(claims: Sequence[str] | str | None = None, profile: str = "quick") -> list[ClaimAnswer]:
    """Check claims, by their ids or ``FILE.py:CLAIM``, all if none are named: ``ok``, ``verdict``, ``clauses``.

    >>> import marginproof
    >>> (claim,) = marginproof.verify(["false-signum-fixed-beta"])
    >>> claim.ok, claim.verdict
    (True, 'refuted')
    """
    _ours()
    from verify.ask import claims as asking

    return [asking.answer_of(result) for result in asking.verify(claims, profile)]


def derive(names: Sequence[str] | str | None = None, measure: bool = True) -> list[ChainAnswer]:
    """Carry out derivations, all if none are named: ``ok``, ``steps``, each ``ok``; a notebook shows them as a page.

    ``measure`` holds their formulas against simulations too.

    >>> import marginproof
    >>> (chain,) = marginproof.derive("ema-steady-state", measure=False)
    >>> chain.ok, all(step.ok for step in chain.steps)
    (True, True)
    """
    _ours()
    from verify.ask.chains import answer_of
    from verify.ask.values import several
    from verify.derive import run

    chosen = several(run.names() if names is None else names)
    return [answer_of(run.derive(name, measure=measure)) for name in chosen]


def sweep(study: Any, out: str, *, jobs: Any = 1, scheduler: str | None = None, retry: bool = False) -> Swept:
    """Ask one question of many items, ``jobs`` at a time or on the Dask scheduler at that address, and keep the answers
    in the ledger in the folder ``out``, where a second run goes on: ``frame()`` is a pandas data frame of them.

    ``study`` is the path of a file in TOML, or the same as a dictionary, whose files are found from the working
    directory; ``retry`` asks again for items that failed. A script that sweeps has an ``if __name__ == "__main__":``,
    since the processes that answer import it.

    >>> import marginproof, tempfile
    >>> study = {"ask": "margin", "data": {"family": "gaussian", "n": 2, "d": [2, 3]}, "options": {"norm": "l1"}}
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     found = marginproof.sweep(study, folder)
    ...     sorted(found.frame()["evidence"])
    ['certified', 'certified']
    """
    _ours()
    from verify.studies import sweep as studies

    return studies.sweep(study, out, jobs=jobs, scheduler=scheduler, retry=retry)


def report(source: str, output: str | None = None, **reading: Any) -> str:
    """The page, one file of HTML, of a sweep's folder, of data, of a claim, or of all claims for ``verify``; written to
    ``output`` if that is given. ``reading`` says how data are read, as for ``predict``.

    >>> import marginproof
    >>> marginproof.report("false-signum-fixed-beta")[:15]
    '<!doctype html>'
    """
    _ours()
    from pathlib import Path

    from verify.ask.values import path_of
    from verify.files import write_whole
    from verify.studies.report import page_of

    page = page_of(
        path_of("source", source), None if output is None else Path(output).resolve().parent, **reading
    )
    if output is not None:
        write_whole(output, page)
    return page


def load(source: Any, y: Any = None, **reading: Any) -> Dataset:
    """The exact data set that a source holds or names; ``reading`` are the options of ``predict`` that say how.

    >>> import marginproof
    >>> data = marginproof.load({"dose": [0.5, 2], "age": ["31", "1/3"]}, ["well", "sick"], positive="sick")
    >>> data.columns, data.rows[0]
    (('dose', 'age'), (Fraction(-1, 2), Fraction(-31, 1)))
    """
    _ours()
    from verify.data.given import given

    return given(source, y, **reading)


@cache
def _ours() -> None:
    """Raise ImportError, in one line, where another `verify` or `properties` stands before ours on the path."""
    for name in ("verify", "properties"):
        found = sys.modules.get(name)
        spec = importlib.util.find_spec(name) if found is None else found.__spec__
        where = "none" if spec is None else spec.origin or "a folder without code"
        own = os.path.join(os.path.dirname(__file__), name, "__init__.py")
        if os.path.realpath(where) != os.path.realpath(own):
            raise ImportError(
                f"marginproof needs its own package {name}, but Python finds {where}: rename that one, or install "
                "marginproof in an environment of its own"
            )


def main() -> None:
    """The command ``marginproof``."""
    try:
        _ours()
    except ImportError as error:
        print(f"marginproof: {error}", file=sys.stderr)
        sys.exit(2)
    from verify.cli import main as run

    run()


def _plugin() -> Any:
    """The plugin for pytest, from its file: every run of pytest loads it, and the packages only once a test asks."""
    file = os.path.join(os.path.dirname(os.path.abspath(__file__)), "properties", "plugin.py")
    spec = importlib.util.spec_from_file_location("marginproof_pytest", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from verify.asked import version

        return version()
    if name == "pytest_plugin":
        return _plugin()
    if name not in _PLACES:
        raise AttributeError(f"module marginproof has no {name}")
    _ours()
    return getattr(importlib.import_module(_PLACES[name]), name)


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])

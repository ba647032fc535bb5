"""How much of a run's direction survives in a number format, and why not more.

The optimizer runs as a user would run it, every operation rounded to the format, beside the log-scale run
of the same optimizer, which no margin troubles. What the format loses is told twice: predicted by the
log-scale run, which knows the size of m and v at every step, and observed in the rounded one.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, fields, replace
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from verify.data.dataset import Dataset
from verify.diagnose.foretold import Runaway, Stall, runaway, safe_eps, stalls, vanishing_ratio
from verify.diagnose.reach import Reach, reach
from verify.diagnose.recommend import recommendation
from verify.errors import BadInput, Undecided
from verify.numbers.decimals import enclosing_decimals
from verify.numbers.formats import FORMATS, Blockwise, Format
from verify.numbers.systems.balls import BALLS, bounds, climb
from verify.optimizers.averages import averages
from verify.optimizers.look import UNDERFLOWS
from verify.optimizers.optimizer import Optimizer
from verify.optimizers.roles import Roles
from verify.optimizers.rule import Rule
from verify.optimizers.traits import traits
from verify.optimizers.trajectory import Snapshot, iterates
from verify.optimizers.watch import STANDING_STEPS, Limits, has_second, has_v, second_degree
from verify.problem.interpreted import interpreted

# Steps at which directions are compared: this many for each factor of ten.
PER_DECADE = 8

# The log-scale run is held against balls for so many steps, in balls of so many digits, of so many bits
# at most.
CERTIFIED_STEPS = 500
CERTIFIED_DIGITS = 18
MOST_BITS = 2048


@dataclass(frozen=True)
class Diagnosis:
    """What became of a run in a number format.

    Steps count from 1 and are None for what does not happen. Underflow: the terms of m, v, or all of the
    update are below the smallest normal number, 0 by right excepted; ``underflow_since`` is where that lasts to the
    end. ``predicted_*`` is the same of the log-scale run. ``reach`` says from which margin min_i x_i.w on underflow
    lasts, for this format and for wider ones: read off a log-scale run, or None with the margin that the run came to;
    ``predicted_underflow_margin`` is that of this format.
    ``stalled``: from that step to the last, most coordinates of w do not move, the update being less than half
    a unit of their last digit. ``first_still_step`` is the first step in which no coordinate of w moves,
    ``last_move`` the last in which one does. ``frozen``: the states of which at least half the entries stand still
    from that step to the last, though what they follow is far from them; ``predicted_frozen`` is the same of the
    recurrence b s + c g in the format's bits, of the log-scale run's gradients. ``cannot_fall`` names the states with
    1 - b below half a unit of the last place, by formula. All three are said of states that are running averages, whose
    decay rates ``decays`` names; of others (a largest so far, a sum) nothing is. ``state_roles`` are the roles that
    give the states their formats.
    ``called`` is what the rule has in the places "m" and "v" of the underflows, and "root", what eps is added to;
    ``roots`` whether that is the root of a state.
    ``without_gradient`` counts the coordinates that the first step divides 0 by 0 in: zero entries of the data.
    ``eps_step``: sqrt(v) < eps in all coordinates. ``digits`` are correct digits of w / ||w||_2,
    ``wrong_signs`` the coordinates of the update with another sign than the log-scale run's (None for rules
    without sign), ``margins`` the log-scale run's, ``run_margins`` this run's (None where not finite), and
    ``behind`` the difference at the end. ``reference_digits`` is to how many digits the log-scale
    run was confirmed by balls at step ``certified_steps``.
    ``predicted_first_still_step`` and ``predicted_last_move`` are told from the run's stored numbers: w moves where
    |eta u| is more than half of the distance to its neighbour; ``moves_told_wrongly`` counts where it did not so (all
    None where w rounds at random, decays, or has Kahan sums), ``moves_after_still`` moves after a step without any.
    ``digits_of_data`` are those that the log-scale run keeps on the rounded data, ``digits_lost_to_data`` what is then
    missing. The rest is from formulas: ``safe_eps``, ``vanishing_ratio``, ``runaway``, ``stall`` (`foretold`), and
    ``bytes_per_parameter`` with gradient and states.
    """

    dataset: str
    optimizer: str
    dtype: str
    eps: str
    steps: int
    first_underflow_step: int | None
    first_nonfinite_step: int | None
    first_stalled_step: int | None
    first_still_step: int | None
    last_move: int | None
    frozen: dict[str, int]
    predicted_frozen: dict[str, int]
    cannot_fall: tuple[str, ...]
    decays: dict[str, str]
    state_roles: dict[str, str]
    called: dict[str, str]
    roots: bool
    without_gradient: int
    eps_step: int | None
    underflow: dict[str, int]
    underflow_since: dict[str, int]
    predicted_underflow: dict[str, int]
    predicted_underflow_step: int | None
    predicted_underflow_margin: float | None
    reach: dict[str, Reach]
    digits: tuple[tuple[int, float], ...]
    wrong_signs: tuple[tuple[int, int], ...] | None
    margins: tuple[tuple[int, float | None], ...]
    run_margins: tuple[tuple[int, float | None], ...]
    behind: float | None
    certified_steps: int
    reference_digits: float | None
    recommendation: str
    predicted_first_still_step: int | None
    predicted_last_move: int | None
    moves_told_wrongly: int | None
    moves_after_still: int | None
    digits_of_data: float
    digits_lost_to_data: float
    safe_eps: float | None
    vanishing_ratio: float | None
    runaway: Runaway | None
    stall: dict[str, Stall]
    bytes_per_parameter: float
    roles: Roles = field(repr=False)

    def to_json(self) -> dict[str, Any]:
        """The document of ``diagnose --json``."""
        return {each.name: _plain(getattr(self, each.name)) for each in fields(self)}

    @property
    def form(self) -> Format:
        """The format of w as the step changes it."""
        return self.roles.master

    def form_of(self, state: str) -> Format | Blockwise:
        """The format that a state is kept in."""
        kept: Format | Blockwise = getattr(self.roles, self.state_roles[state])
        return kept


def _plain(value: Any) -> Any:
    if isinstance(value, Roles):
        return value.forms()
    if isinstance(value, tuple):
        return [list(pair) if isinstance(pair, tuple) else pair for pair in value]
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    return asdict(value) if isinstance(value, Reach | Runaway | Stall) else value


def diagnose(
    data: Dataset,
    opt: Optimizer,
    dtype: str | Format | Roles,
    steps: int = 100_000,
    seed: int = 0,
    progress: Callable[[int], None] = lambda step: None,
    certified_steps: int = CERTIFIED_STEPS,
    reaching: bool = True,
) -> Diagnosis:
    """Diagnose ``steps`` steps in the format ``dtype``, by name or as an object; ``progress`` is told the step, first
    of the log-scale run, then of the rounded one. ``reaching``: up to which margin the format serves is found out too.

    Raises BadInput for an unknown dtype or a number of steps below 1.
    """
    roles, X, at = Roles.of(dtype), data.floats(), snapshot_steps(steps)
    limits = Limits.of(roles)
    reference, rounded = (
        list(iterates(X, opt, at, seed=seed, dtype=run, watched=limits, progress=progress))
        for run in (None, roles)
    )
    return compared(data, opt, roles, seed, reference, rounded, certified_steps, reaching)


def snapshot_steps(steps: int) -> list[int]:
    """Steps 1 to ``steps``, evenly spaced in the logarithm. Raises BadInput if there are none."""
    if steps < 1:
        raise BadInput(f"steps={steps} is less than 1")
    count = max(2, round(PER_DECADE * math.log10(steps)) + 1)
    return sorted({round(float(t)) for t in np.geomspace(1, steps, count)})


def compared(
    data: Dataset,
    opt: Optimizer,
    roles: Roles,
    seed: int,
    reference: list[Snapshot],
    rounded: list[Snapshot],
    certified_steps: int = CERTIFIED_STEPS,
    reaching: bool = True,
) -> Diagnosis:
    """The diagnosis from the two runs' snapshots, at the same steps."""
    X = data.floats()
    last = reference[-1]
    predicted, observed = last.watched.events, rounded[-1].watched.events
    end = rounded[-1].watched
    underflow, since, expected = (
        {event: run[event] for event in UNDERFLOWS if event in run}
        for run in (observed, end.since, predicted)
    )
    step = min(expected.values(), default=None)
    # Where the log-scale run stands still too, the optimizer does so, not the format.
    stalled = last.step if "stalled" in predicted else observed.get("stalled", last.step)
    pairs = list(zip(reference, rounded, strict=True))
    certified, confirmed = _certified(data, opt, seed, reference, certified_steps)
    reached = reach(X, opt, roles, seed, last) if reaching else {}
    moves, kept = end.moves, _digits_of_data(X, opt, roles, seed, last)
    run_margins = tuple((b.step, _margin(X, b.w)) for b in rounded)
    exact_margins = tuple((a.step, _margin(X, a.w)) for a in reference)
    final, exact = run_margins[-1][1], exact_margins[-1][1]
    nonfinite = observed.get("nonfinite")
    found = Diagnosis(
        dataset=data.name,
        optimizer=opt.rule.name,
        dtype=roles.name,
        eps=str(opt.eps),
        steps=last.step,
        first_underflow_step=min(underflow.values(), default=None),
        first_nonfinite_step=nonfinite,
        first_stalled_step=stalled if nonfinite is None and last.step - stalled >= STANDING_STEPS else None,
        first_still_step=observed.get("still"),
        last_move=end.last_move,
        frozen=end.frozen,
        predicted_frozen=last.watched.frozen,
        cannot_fall=cannot_fall(opt, roles),
        decays={average.state: average.decay for average in averages(opt) if average is not None},
        state_roles={state.name: roles.of_state(state.degree) for state in opt.rule.states},
        called=_called(opt.rule),
        roots=has_v(opt.rule) and second_degree(opt.rule) == 2,
        without_gradient=_without_gradient(opt, reference[0]),
        eps_step=predicted.get("eps"),
        underflow=underflow,
        underflow_since=since,
        predicted_underflow=expected,
        predicted_underflow_step=step,
        predicted_underflow_margin=reached[roles.name].margin if reaching else None,
        reach=reached,
        digits=tuple((a.step, correct_digits(b.w, a.w, roles.master)) for a, b in pairs),
        wrong_signs=tuple((a.step, _wrong_signs(a, b)) for a, b in pairs)
        if traits(opt.rule).update == "sign"
        else None,
        margins=exact_margins,
        run_margins=run_margins,
        behind=None if final is None or exact is None else exact - final,
        certified_steps=certified,
        reference_digits=confirmed,
        recommendation="",
        predicted_first_still_step=None if moves is None else moves.predicted_first_still,
        predicted_last_move=None if moves is None else moves.predicted_last_move,
        moves_told_wrongly=None if moves is None else moves.wrong,
        moves_after_still=None if moves is None else moves.returns,
        digits_of_data=kept,
        digits_lost_to_data=round(max(0.0, roles.master.digits - kept), 2),
        safe_eps=safe_eps(opt, roles, reference),
        vanishing_ratio=vanishing_ratio(opt, roles),
        runaway=runaway(opt, roles, reference, rounded),
        stall=stalls(X, opt, roles, rounded[-1], seed) if nonfinite is None else {},
        bytes_per_parameter=roles.bytes_per_parameter
        + sum(roles.state_bytes(state.degree) for state in opt.rule.states),
        roles=roles,
    )
    return replace(found, recommendation=recommendation(found))


def cannot_fall(opt: Optimizer, roles: Roles) -> tuple[str, ...]:
    """The states that cannot fall in their formats: b s rounds to s, whatever s is.

    A number s of p bits has neighbours at a distance of s 2^-p at least, and at the powers of 2 of half a unit of the
    binade above; (1 - b) s is less than half of that distance for every s if 1 - b < 2^-(p+1).
    """
    bits = Limits.of(roles).bits
    return tuple(
        state.name
        for state, average in zip(opt.rule.states, averages(opt), strict=True)
        if average is not None
        and 1 - opt.values[average.decay] < Fraction(1, 2 ** (bits[state.degree != 1] + 1))
    )


def _called(rule: Rule) -> dict[str, str]:
    """The names of what underflows: the first state of degree 1, and the last, which is divided by."""
    read = {"squares": "the sum of squared gradients", "norm": "the gradient's norm", "nothing": "v"}[
        rule.reads
    ]
    first = next((state.name for state in rule.states if state.degree == 1), "the gradient")
    second = rule.states[-1].name if has_v(rule) else read
    root = second if second_degree(rule) == 1 else f"sqrt({second})"
    return {"m": first, "v": second, "update": "the update", "root": root}


def _margin(X: NDArray[np.float64], w: NDArray[Any]) -> float | None:
    with np.errstate(invalid="ignore", over="ignore"):
        margin = float((X @ np.asarray(w, dtype=np.float64)).min())
    return margin if math.isfinite(margin) else None


def _without_gradient(opt: Optimizer, first: Snapshot) -> int:
    """In how many coordinates the update is 0/0 after the first step."""
    return 0 if opt.eps or not has_second(opt.rule) else int(np.count_nonzero(first.watched.second == 0))


def correct_digits(w: NDArray[Any], exact: NDArray[np.float64], form: Format) -> float:
    """-log10 of the distance of the directions, from 0 to the digits of the format; 0 where either is not finite."""
    u, v = unit(np.asarray(w, dtype=np.float64)), unit(exact)
    if not np.all(np.isfinite(u) & np.isfinite(v)):
        return 0.0
    distance = float(np.linalg.norm(u - v))
    return (
        round(min(form.digits, max(0.0, -math.log10(distance))), 2) if distance > 0 else round(form.digits, 2)
    )


def unit(w: NDArray[np.float64]) -> NDArray[np.float64]:
    """w / ||w||_2, or 0 for 0, also where the squares of its entries are not in float64's range."""
    with np.errstate(invalid="ignore"):
        scaled = w / (np.max(np.abs(w)) or 1.0)
        return np.asarray(scaled / (np.linalg.norm(scaled) or 1.0))


def _wrong_signs(exact: Snapshot, rounded: Snapshot) -> int:
    """In how many coordinates the last update has another sign; nan is wrong."""
    with np.errstate(invalid="ignore"):
        return int(np.count_nonzero(np.sign(exact.watched.update) != np.sign(rounded.watched.update)))


def _digits_of_data(X: NDArray[np.float64], opt: Optimizer, roles: Roles, seed: int, last: Snapshot) -> float:
    """The digits of the direction that the log-scale run keeps on the data as they are rounded."""
    held = np.asarray(roles.data.array(X), np.float64)
    if np.array_equal(held, X):
        return round(roles.master.digits, 2)
    if not np.all(np.isfinite(held)):
        return 0.0
    (run,) = iterates(held, opt, [last.step], seed=seed)
    return correct_digits(run.w, last.w, roles.master)


def _certified(
    data: Dataset, opt: Optimizer, seed: int, reference: list[Snapshot], steps: int
) -> tuple[int, float | None]:
    """The last snapshot within so many steps, and the digits of its direction that balls confirm.

    (0, None) if there is none, or the balls cannot tell (gradients that cancel exactly), or the rule divides by 0.
    """
    within = [snapshot for snapshot in reference if snapshot.step <= steps]
    if not within:
        return 0, None

    def attempt(bits: int) -> NDArray[np.float64]:
        (enclosed,) = interpreted(data.rows, opt, [within[-1].step], BALLS, seed=seed)
        printed = enclosing_decimals([bounds(entry) for entry in enclosed.w], CERTIFIED_DIGITS)
        return np.array([float(entry) for entry, _ in printed])

    try:
        exact = climb(attempt, first=192, last=MOST_BITS)
    except (Undecided, ZeroDivisionError):
        return 0, None
    return within[-1].step, correct_digits(within[-1].w, exact, FORMATS["float64"])

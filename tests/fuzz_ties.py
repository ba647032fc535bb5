"""Every command that takes data, on sets in which ties are the normal case.

    python tests/fuzz_ties.py                 # 1,000 sets, each through one optimizer that is drawn with it
    python tests/fuzz_ties.py --all           # 30 sets through every optimizer, batch size and order
    python tests/fuzz_ties.py --replay DIR    # what an earlier run wrote to DIR, again

A set is fine if each command ends with status 0, 1 or 2, with no traceback and no warning, a refusal in one line,
within 30 s of processor time and 2 GB, if the checker accepts each certificate written, and if nothing that is called
certified contradicts an independent computation (`tests/ties/contradictions.py`). What is not fine is counted by kind,
and the smallest sets of each kind are written as CSV with the command that failed.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

ROOT = Path(__file__).parent
sys.path[:0] = [str(ROOT), str(ROOT.parent)]
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the command does, before NumPy is imported

from ties.report import Report  # noqa: E402
from ties.trials import Trial, draw_trials, every_choice, replayed  # noqa: E402
from ties.workers import run_all  # noqa: E402


def fuzz(trials: list[Trial], out: Path | None, *, jobs: int = 2, seconds: float = 30.0) -> Report:
    """Run the commands of all trials in ``jobs`` processes; each command may take so many seconds of processor time."""
    report = Report(out)
    for trial, outcome in run_all(trials, jobs=jobs, seconds=seconds):
        report.add(trial, outcome)
        if report.outcomes % 200 == 0:
            failed = sum(map(len, report.failures.values()))
            print(f"{report.outcomes} commands, {failed} failed", file=sys.stderr, flush=True)
    return report


def main() -> None:
    """Draw, run, print the summary; status 1 if anything failed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--count", type=int, help="sets: 1000, or 30 with --all")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--all", action="store_true", help="every optimizer, batch size and order on each set"
    )
    parser.add_argument("--only", default="", help="only commands whose name contains this")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=30.0, help="processor time of a command")
    parser.add_argument("--out", type=Path, default=Path("ties-failed"))
    parser.add_argument("--replay", type=Path)
    given = parser.parse_args()
    if given.replay:
        trials = replayed(given.replay)
    elif given.all:
        trials = every_choice(draw_trials(given.count or 30, given.seed))
    else:
        trials = draw_trials(given.count or 1000, given.seed)
    trials = [trial.only(given.only) for trial in trials]
    report = fuzz(trials, given.out, jobs=given.jobs, seconds=given.seconds)
    print(report.text())
    sys.exit(1 if report.failures else 0)


if __name__ == "__main__":
    main()

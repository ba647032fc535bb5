"""Every rule that ships, predicted and run: on iris, wine, a Gaussian set and small random sets.

    python tests/rules_against_runs.py                # and 30 small sets
    python tests/rules_against_runs.py --sets 2 --only lion

Each rule, where it has batches, with the sizes 1, 2 and full; on a small set with one of these, in turn. A line a rule
counts what came of its questions:

- agrees: a run by increments goes to a limit that is listed;
- contradicts: a run that had the steps to settle goes to none of them. This must not be;
- unsettled: the run would need more steps than it was given;
- refused: no limits, for a hypothesis or a trait that is named;
- undecided: no limits, though nothing is said to fail.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from fractions import Fraction
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).parent.parent))

from verify.data import Dataset, load
from verify.errors import BadInput
from verify.game import predict
from verify.game.companion import runs_beside
from verify.optimizers import optimizer
from verify.optimizers.rules import RULES

REAL = ("iris", "wine", "gaussian:n=10,d=50,seed=0")
Sizes = tuple[int | str, ...]
SIZES: Sizes = (1, 2, "full")
KINDS = ("agrees", "contradicts", "unsettled", "refused", "undecided")


def small_sets(count: int, seed: int = 0) -> list[Dataset]:
    """Integer rows on the positive side of a planted w, without zero entries: two to four rows, two to five columns."""
    random = Random(seed)
    entries = [entry for entry in range(-5, 6) if entry]
    found = []
    for number in range(count):
        n, d = random.randint(2, 4), random.randint(2, 5)
        w = [random.choice(entries) for _ in range(d)]
        rows: list[tuple[Fraction, ...]] = []
        while len(rows) < n:
            row = [random.choice(entries) for _ in range(d)]
            along = sum(a * b for a, b in zip(w, row, strict=True))
            if along:
                rows.append(tuple(Fraction(a if along > 0 else -a) for a in row))
        found.append(Dataset(f"small-{number}", tuple(rows)))
    return found


def outcome(data: Dataset, name: str, batch: int | str | None, steps: int | None) -> tuple[str, str]:
    """What came of one question, and a word more."""
    size = len(data.rows) if batch == "full" else batch
    opt = optimizer(name) if size is None else optimizer(name, batch_size=size)
    try:
        prediction = predict(data, opt, complete=False)
    except BadInput as error:  # it plays no game
        return "refused", str(error)
    if not prediction.limits:
        failed = [h.text for h in prediction.hypotheses if h.holds is not True]
        return ("refused", failed[0]) if failed else ("undecided", prediction.note or "")
    runs = runs_beside(prediction, steps)
    best = min(runs, key=lambda run: (not run.agrees, run.misalignment))
    if best.agrees:
        return "agrees", f"{best.misalignment:.0e}"
    if any(run.contradicts for run in runs):
        return "contradicts", f"{best.misalignment:.0e} after {best.steps} steps"
    return "unsettled", f"{best.misalignment:.0e}; {best.steps} steps of {best.needed}"


def main() -> None:
    """Ask, print each question and the table; status 1 if a run contradicts."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sets", type=int, default=30, help="small random sets")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", default="", help="only rules whose name contains this")
    parser.add_argument(
        "--steps", type=int, help="of each run; as many as it needs, up to some seconds' worth"
    )
    parser.add_argument("--no-real", action="store_true", help="the small sets alone")
    given = parser.parse_args()
    tables: dict[str, Counter[str]] = {}
    asked: list[tuple[Dataset, Sizes]] = [] if given.no_real else [(load(name), SIZES) for name in REAL]
    asked += [(data, SIZES[k % 3 : k % 3 + 1]) for k, data in enumerate(small_sets(given.sets, given.seed))]
    for data, sizes in asked:
        for name, rule in RULES.items():
            if given.only not in name:
                continue
            for batch in sizes if rule.batches else (None,):
                kind, more = outcome(data, name, batch, given.steps)
                tables.setdefault(name, Counter())[kind] += 1
                print(data.name, name, batch or "", kind, more, sep="\t", flush=True)
    print("rule", *KINDS, sep="\t")
    for name, counted in tables.items():
        print(name, *(counted[kind] for kind in KINDS), sep="\t")
    sys.exit(1 if any(counted["contradicts"] for counted in tables.values()) else 0)


if __name__ == "__main__":
    main()

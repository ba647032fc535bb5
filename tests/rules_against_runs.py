"""Every rule that ships, predicted and run: on iris, wine, a Gaussian set and small random sets.

    python tests/rules_against_runs.py --log runs.tsv            # and 30 small sets; goes on where the file ends
    python tests/rules_against_runs.py --sets 2 --only lion --limit 10

Each rule, where it has batches, with the sizes 1, 2 and full; on a small set with one of these, in turn. A run begins
again with up to ten times the steps until it agrees twice in a row, or once after the steps that it needs by the rate
at which it settles; or until it has had these steps, or the most that one is given. A line a rule counts what came of
its questions:

- agrees: a run by increments goes to a limit that is listed;
- contradicts: a run that had the steps to settle goes to none of them. This must not be;
- unsettled: the run would need more steps than it was given, or nobody knows how many; whether it comes nearer is said;
- refused: no limits, for a hypothesis or a trait that is named;
- undecided: no limits, though nothing is said to fail.

Limits are left in float64: that they are proved tells nothing of where runs go.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
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
# Steps of a run at first; and at most of one that would need more than HOPELESS times what is the most, as where w
# approaches like a power of log t. WORK, in products, are some seconds. A step that decomposes a matrix takes as long
# as DECOMPOSED others.
FEWEST, LOST, HOPELESS, WORK, DECOMPOSED = 2 * 10**5, 4 * 10**5, 10, 10**9, 10
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


def outcome(data: Dataset, name: str, batch: int | str | None, most: int) -> tuple[str, str]:
    """What came of one question, and a word more."""
    size = len(data.rows) if batch == "full" else batch
    opt = optimizer(name) if size is None else optimizer(name, batch_size=size)
    try:
        prediction = predict(data, opt, complete=False, prove=False)
    except BadInput as error:  # it plays no game
        return "refused", str(error)
    if not prediction.limits:
        failed = [h.text for h in prediction.hypotheses if h.holds is not True]
        return ("refused", failed[0]) if failed else ("undecided", prediction.note or "")
    price = 1 if opt.rule.matrix is None else DECOMPOSED
    steps, former, twice = FEWEST // price, math.inf, False
    most = max(steps, min(most, WORK // opt.products(len(data.rows), data.d)) // price)
    while True:
        runs = runs_beside(prediction, steps)
        best = min(runs, key=lambda run: (not run.agrees, run.misalignment))
        if best.agrees and (twice or best.could_settle):
            return "agrees", f"{best.misalignment:.0e} after {best.steps} steps"
        if not best.agrees and any(run.contradicts for run in runs):
            return "contradicts", f"{best.misalignment:.0e} after {best.steps} steps"
        needed = runs[0].needed or math.inf
        end = most if needed <= HOPELESS * most else min(most, LOST // price)
        if steps >= end:
            break
        twice, former = best.agrees, best.misalignment
        steps = min(int(needed) if steps < needed <= 10 * steps else 10 * steps, end)
    if best.agrees:
        return "agrees", f"{best.misalignment:.0e} after {best.steps} steps, the most"
    nearer = "nearer" if best.misalignment < former else "no nearer"
    return "unsettled", f"{best.misalignment:.0e}, {nearer}; {best.steps} steps of {best.needed or 'many'}"


def answered(log: Path | None) -> dict[tuple[str, ...], str]:
    """What came of the questions in a file that an earlier call has written: by data, rule and batch."""
    if log is None or not log.exists():
        return {}
    lines = (line.split("\t") for line in log.read_text().splitlines())
    return {tuple(line[:3]): line[3] for line in lines if len(line) == 5}


def main() -> None:
    """Ask, print each question as it is answered, and the table; status 1 if a run contradicts."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sets", type=int, default=30, help="small random sets")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", default="", help="only rules whose name contains this")
    parser.add_argument("--steps", type=int, default=2 * 10**7, help="the most of a run")
    parser.add_argument("--no-real", action="store_true", help="the small sets alone")
    parser.add_argument("--log", type=Path, help="write here too, and skip what is here")
    parser.add_argument("--limit", type=int, help="end after so many new questions")
    given = parser.parse_args()
    known = answered(given.log)
    tables: dict[str, Counter[str]] = {}
    asked: list[tuple[Dataset, Sizes]] = [] if given.no_real else [(load(name), SIZES) for name in REAL]
    asked += [(data, SIZES[k % 3 : k % 3 + 1]) for k, data in enumerate(small_sets(given.sets, given.seed))]
    questions = [
        (data, name, batch)
        for data, sizes in asked
        for name, rule in RULES.items()
        if given.only in name
        for batch in (sizes if rule.batches else (None,))
    ]
    new = 0
    for data, name, batch in questions:
        key = (data.name, name, str(batch or ""))
        if key not in known:
            if given.limit is not None and new >= given.limit:
                break
            new += 1
            begun = time.process_time()
            known[key], more = outcome(data, name, batch, given.steps)
            line = "\t".join(
                (*key, known[key], f"{' '.join(more.split())} ({time.process_time() - begun:.1f} s)")
            )
            print(line, flush=True)
            if given.log is not None:
                with given.log.open("a") as file:
                    file.write(line + "\n")
        tables.setdefault(name, Counter())[known[key]] += 1
    print("rule", *KINDS, sep="\t")
    for name, counted in tables.items():
        print(name, *(counted[kind] for kind in KINDS), sep="\t")
    total = sum(tables.values(), Counter[str]())
    print(f"{total.total()} of {len(questions)}", *(total[kind] for kind in KINDS), sep="\t")
    sys.exit(1 if total["contradicts"] else 0)


if __name__ == "__main__":
    main()

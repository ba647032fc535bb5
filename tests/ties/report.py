"""What a run of the fuzz found, by kind of failure."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from pathlib import Path

from ties.trials import Trial
from ties.workers import Outcome

# So many sets of a kind are written.
KEPT = 5


class Report:
    """Counts outcomes; writes the first sets of each kind of failure to ``out``, smallest names first."""

    def __init__(self, out: Path | None) -> None:
        self.out = out
        self.outcomes = 0
        self.statuses: Counter[tuple[str, str]] = Counter()
        self.failures: dict[tuple[str, str, str], list[tuple[Trial, Outcome]]] = defaultdict(list)

    def add(self, trial: Trial, outcome: Outcome) -> None:
        """Count one; keep it if it is a failure."""
        self.outcomes += 1
        command = outcome.name.split()[0]
        self.statuses[command, "-" if outcome.status is None else str(outcome.status)] += 1
        if not outcome.failure:
            return
        kind = self.failures[command, outcome.failure, outcome.place]
        kind.append((trial, outcome))
        kind.sort(key=lambda found: len(str(found[0].rows)))
        if self.out is not None:
            self.write()

    def write(self) -> None:
        """The smallest sets of each kind: rows as CSV, and all that repeats the trial as JSON."""
        assert self.out is not None
        self.out.mkdir(parents=True, exist_ok=True)
        for number, (_, found) in enumerate(self.failures.items()):
            for rank, (trial, outcome) in enumerate(found[:KEPT]):
                path = self.out / f"kind-{number:02}-{rank}"
                trial.write(path.with_suffix(".csv"))
                kept = {
                    "rows": [[str(entry) for entry in row] for row in trial.rows],
                    "options": trial.options,
                    "dtype": trial.dtype,
                    "kinds": [outcome.name] if outcome.name != "contradictions" else [],
                    "failure": [outcome.failure, outcome.place, outcome.detail],
                    "command": "marginproof " + " ".join(trial.commands[outcome.name]),
                }
                path.with_suffix(".json").write_text(json.dumps(kept, indent=1))

    def text(self) -> str:
        """A line a kind of failure, the most frequent first, each with its smallest set and command."""
        lines = [f"{self.outcomes} commands, {sum(map(len, self.failures.values()))} failed"]
        lines += [
            f"  {command} status {status}: {count}"
            for (command, status), count in sorted(self.statuses.items())
        ]
        for kind, found in sorted(self.failures.items(), key=lambda item: -len(item[1])):
            trial, outcome = found[0]
            rows = "; ".join(",".join(map(str, row)) for row in trial.rows)
            lines += [
                f"{len(found)} x {' | '.join(part for part in kind if part)}",
                f"    {outcome.detail[:200]}",
                f"    rows {rows}",
                f"    {' '.join(trial.commands[outcome.name])}",
            ]
        return "\n".join(lines)

"""A study run: each item answered once, on however many workers, and kept as it comes."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any

from verify.ask.values import whole
from verify.asked import version
from verify.drawers import split
from verify.errors import BadInput
from verify.executor.cluster import connected, outcomes
from verify.executor.guarded import DONE, FAILED, Guarded, Outcome
from verify.interrupts import answered
from verify.studies.asks import ASKS
from verify.studies.ledger import Ledger, Row, writing
from verify.studies.plan import Asked, Plan, key_of, text_of
from verify.studies.sources import code_digest, own_digest, own_texts, rule_digest
from verify.studies.spec import Spec, read
from verify.studies.swept import Estimate, Planned, Ran, Swept

# The function that answers an item, in whichever process.
ITEM = "verify.studies.item:answer"

# Items of a sample by which time is estimated, and the seconds after which it is cut short.
SAMPLE, SAMPLING = 12, 20.0

# Rows that are looked through between two words of progress, and noted at a time where another study asked for them.
PAGE = 1000

Progress = Callable[..., None]
Study = str | Path | Mapping[str, Any]


@dataclass(frozen=True)
class Item:
    """An item that is to be answered, with the digest of the files of one's own that it names, and that of the source
    of its rule and of these."""

    key: str
    asked: Asked
    own: str
    source: str


@dataclass
class Tally:
    """Items that were there; rows that rested on other code, or had not ended as done, and were asked again; ends by
    status."""

    there: int = 0
    stale: int = 0
    again: int = 0
    ended: dict[str, int] = field(default_factory=dict)

    def __str__(self) -> str:
        other = sum(count for status, count in self.ended.items() if status != DONE)
        return f"items, {other} not done" if other else "items"


def sweep(
    study: Study,
    out: str | Path,
    *,
    jobs: Any = 1,
    scheduler: str | None = None,
    retry: bool = False,
    progress: Progress = lambda done, now="": None,
) -> Swept:
    """Run a study to its end, or go on with it, and keep its rows in the ledger in ``out``.

    ``jobs`` processes answer, or the workers of the Dask scheduler at that address; ``retry`` asks again for items that
    did not end as done. An interrupt ends it early: what was kept is kept.
    """
    spec, workers = read(study), whole("jobs", jobs, 1, 256)
    begun, tally, interrupted = time.monotonic(), Tally(), False
    with writing(Path(out)) as ledger:
        run = _Run(spec, ledger, retry, tally, progress)
        try:
            run.go(workers, scheduler)
        except KeyboardInterrupt:
            answered()
            interrupted = True
    seconds = time.monotonic() - begun
    return Swept(
        Ran(spec.title, str(out), len(spec.plan), **vars(tally), interrupted=interrupted, seconds=seconds)
    )


class _Run:
    """A run of a study into a ledger."""

    def __init__(self, spec: Spec, ledger: Ledger, retry: bool, tally: Tally, progress: Progress) -> None:
        self.spec, self.ledger, self.retry, self.tally, self.progress = spec, ledger, retry, tally, progress
        self.study = spec.digest()
        self.code = code_digest(*_modules(spec.plan))
        self.under_way: set[str] = set()
        self.known: dict[tuple[str, ...], tuple[str, str]] = {}
        ledger.say(
            title=spec.title,
            about=spec.about,
            study=self.study,
            items=len(spec.plan),
            varied=spec.plan.varied(),
            plots=[dict(plot) for plot in spec.plots],
        )

    def go(self, jobs: int, scheduler: str | None) -> None:
        items = self.to_do()
        first = next(items, None)
        if first is None:
            return
        base = str(self.spec.base.resolve())
        with connected(jobs, scheduler) as client:
            for done in outcomes(
                client,
                ITEM,
                chain([first], items),
                self.spec.bounds,
                lambda item: {"asked": item.asked, "base": base, "own": item.own},
            ):
                self.ledger.write([self.row(item, outcome) for item, outcome in done])
                for item, outcome in done:
                    self.under_way.discard(item.key)
                    self.tally.ended[outcome.status] = self.tally.ended.get(outcome.status, 0) + 1
                self.tell()

    def tell(self) -> None:
        self.progress(self.tally.there + sum(self.tally.ended.values()), str(self.tally))

    def to_do(self) -> Iterator[Item]:
        """The items that have no row that stands, each once."""
        adopted: list[str] = []
        for asked in self.spec.plan:
            key = key_of(asked)
            if key in self.under_way:  # the study names it twice
                self.tally.there += 1
                continue
            own, source = self.sources(asked)
            row = self.ledger.find(key)
            if row is not None and self.stands(row, source):
                self.tally.there += 1
                if row.study != self.study:
                    adopted.append(key)
                if self.tally.there % PAGE == 0:
                    self.ledger.adopt(adopted, self.study)
                    adopted.clear()
                    self.tell()
                continue
            self.under_way.add(key)
            yield Item(key, asked, own, source)
        self.ledger.adopt(adopted, self.study)

    def stands(self, row: Row, source: str) -> bool:
        """Whether a row is what would be computed now, and is not asked for again."""
        if (row.code, row.source) != (self.code, source):
            self.tally.stale += 1
            return False
        if self.retry and row.status != DONE:
            self.tally.again += 1
            return False
        return True

    def sources(self, asked: Asked) -> tuple[str, str]:
        """The digest of files of one's own, and with it that of the rule's source, read once for the same names."""
        rule = asked.get("optimizer", {}).get("name")
        names = (str(rule), *own_texts(asked))
        if names not in self.known:
            own = own_digest(asked, self.spec.base)
            shipped = rule is not None and split(rule)[0] is None
            self.known[names] = own, f"{rule_digest(rule) if shipped else ''}{own}"
        return self.known[names]

    def row(self, item: Item, outcome: Outcome) -> tuple[Row, str | None]:
        """The row of an item, and the text of its certificate."""
        done = outcome.status == DONE
        found = outcome.value if done else {}
        row = Row(
            key=item.key,
            task=item.asked["ask"],
            asked=text_of(item.asked),
            result=found.get("result"),
            evidence=found.get("evidence"),
            seconds=outcome.seconds,
            status=outcome.status,
            error=None if done else str(outcome.value),
            version=version(),
            code=self.code,
            source=item.source,
            certificate=None,
            study=self.study,
        )
        return row, found.get("certificate")


def _modules(plan: Plan) -> list[str]:
    """The modules whose code answers the items of a study; a function of one's own may call any."""
    ask = plan[0]["ask"]
    drawn = any(axis.key == "strategy" for block in plan.blocks for axis in block.axes)
    return [
        "verify.studies.item",
        *([ASKS[ask].module] if ask in ASKS else [each.module for each in ASKS.values()]),
        *(["verify.studies.draws"] if drawn else []),
    ]


def estimate(study: Study, *, jobs: Any = 1, progress: Progress = lambda done, now="": None) -> Estimate:
    """How many items a study has, and how long it would take by a sample of them, drawn by a fixed seed. Nothing is
    written."""
    spec, workers = read(study), whole("jobs", jobs, 1, 256)
    count, begun = len(spec.plan), time.monotonic()
    chosen = random.Random(0).sample(range(count), min(SAMPLE, count))
    seen: list[Outcome] = []
    guarded = Guarded()
    try:
        for number in chosen:
            asked = spec.plan[number]
            work = {"asked": asked, "base": str(spec.base.resolve()), "own": own_digest(asked, spec.base)}
            seen.append(guarded.do(ITEM, work, spec.bounds))
            progress(len(seen), "a sample")
            if time.monotonic() - begun > SAMPLING:
                break
    finally:
        guarded.close()
    failed = [str(outcome.value) for outcome in seen if outcome.status == FAILED]
    if len(failed) == len(seen):
        raise BadInput(f"all {len(seen)} items of a sample failed, the first: {failed[0]}")
    times = [outcome.seconds for outcome in seen[1:] or seen]  # the first loads code, which is not done again
    mean = sum(times) / len(times)
    error = failed[0] if failed else None
    return Estimate(
        Planned(spec.title, count, len(seen), len(failed), error, mean, workers, mean * count / workers)
    )

"""Mutated certificates of every kind against the checker: ``python tests/fuzz_certificates.py --count 10000``.

An accepted mutant must say what its original says, or something that an independent program confirms. No mutant may
raise, take more than 30 seconds, or drive the process beyond 2 GB. A short run is part of the tests.
"""

from __future__ import annotations

import argparse
import contextlib
import copy
import json
import random
import resource
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache, partial
from pathlib import Path
from typing import Any

import independent
from forging import at, dataset, leaves, mutants, random_mutant

from verify.certificate import certificate, check_file, statement_of
from verify.certificate.refusal import Refused
from verify.data import Dataset, load
from verify.game import predict
from verify.game.flows.run_arrival import arrival_certificate
from verify.game.logit.certify import logit_certificate
from verify.game.logit.orbit import orbit_certificate
from verify.game.margins import Margins
from verify.game.proof import prediction_certificate
from verify.game.signs.certify import signs_certificate
from verify.game.smooth.certify import equilibria_certificate, equilibrium_certificate
from verify.game.smooth.dominance import Dominated, dominance_certificate
from verify.game.waves.certify import waves_certificate
from verify.margins import (
    NORMS,
    Norm,
    mahalanobis_certificate,
    mahalanobis_margin,
    margin_certificate,
    max_margin,
)
from verify.margins.certify import matrix_certificate
from verify.margins.matrix import matrix_margin
from verify.optimizers import Optimizer, optimizer
from verify.simulate import simulate
from verify.simulate.certify import iterate_certificate

Document = dict[str, Any]

SECONDS = 30.0
BYTES = 2 << 30

# What no writer of certificates would put there.
HOSTILE = (
    *("0", "1", "2", "5", "-1", "-1/2", "1/2", "9/10", "1/1000000000000", "1" + "0" * 30, "1/1" + "0" * 30),
    *(
        "9" * 5000,
        "1/" + "3" * 5001,
        "7" * 100_001,
        "-0",
        "+1",
        "1e9",
        "nan",
        "inf",
        "0x10",
        " 1",
        "1_0",
        "1/0",
    ),
    *(
        "",
        "\x1b[31m1",
        "1\n",
        "\u0661",
        "\u00e9",
        "\ud800",
        "\x00",
        "adam",
        "max-margin-l2",
        "gd",
        "exponential",
    ),
)


# Rules of signs on rows: weights of two levels, memory, memory that does not begin to fade at once, and none.
HALF, MORE = Fraction(1, 2), Fraction(3, 4)
SIGNS = {
    "two levels": (optimizer("adam", batch_size=3), ((3, -1, 0), (-1, 2, 0), (2, 2, 1))),
    "signum": (optimizer("signum", beta1=HALF), ((3, -1), (-1, 2))),
    "lion": (optimizer("lion", beta1=HALF, beta2=MORE), ((3, -1), (-1, 2), (4, 1))),
    "batches": (optimizer("signgd", batch_size=2), ((3, -1), (-1, 2), (4, 1))),
}


def signs_of(opt: Optimizer, data: Dataset) -> Document:
    """The certificate of the limits of a game of signs."""
    return signs_certificate(data, opt, [limit.point for limit in predict(data, opt, digits=0).limits])


# Weight decay at which AdamProxy has three balances; Adam that has one, and one with eps, whose U is of no degree.
DECAYED = {
    "adam-proxy": optimizer("adam-proxy", loss="exponential", weight_decay="1/10"),
    "adam": optimizer("adam", beta1=HALF, beta2=MORE, weight_decay=1),
    "adam with eps": optimizer("adam", batch_size=2, eps="1/100", weight_decay="1/10"),
}


def balances_of(opt: Optimizer, data: Dataset) -> Document:
    """The certificate of the limits with weight decay; with eps the checker takes no list for complete."""
    found = predict(data, opt, starts=0)
    points = [limit.point for limit in found.limits]
    return logit_certificate(data, opt, points, bool(found.complete) and not opt.eps)


# Constant steps: Adam's waves, one of which repels, and those of a rule that remembers nothing.
WAVES = {
    "adam": optimizer("adam", beta1=0, beta2=HALF, lr=HALF, decay=0),
    "adam-proxy": optimizer("adam-proxy", lr=HALF, decay=0),
}


def waves_of(opt: Optimizer, data: Dataset) -> Document:
    """The certificate of the waves at a constant step."""
    found = predict(data, opt, starts=0)
    return waves_certificate(data, opt, [limit.point for limit in found.limits if limit.point is not None])


# And at a constant step.
ROUND = optimizer("adam", beta1=HALF, beta2=MORE, weight_decay=1, lr=Fraction(1, 10), decay=Fraction(0))


def orbits_of(opt: Optimizer, data: Dataset) -> Document:
    """The certificate of the orbits at a constant step with weight decay."""
    return orbit_certificate(data, opt, [limit.point for limit in predict(data, opt, starts=0).limits])


# Starts whose runs are soon where they cannot leave: of a rule without memory, and of Adam, with short steps.
ARRIVALS = {
    "adam-proxy": (optimizer("adam-proxy"), dataset((2, -1), (1, 1), (4, 3)), ("17/4", "151/100")),
    "adam": (
        optimizer("adam", beta1=0, beta2=HALF, lr=Fraction(1, 10**6), decay=HALF),
        dataset((2, -1), (1, 1)),
        ("273/50", "191/100"),
    ),
}


def arrival_of(opt: Optimizer, data: Dataset, start: tuple[str, ...]) -> Document:
    """The certificate of where a run goes."""
    limit = predict(data, opt, starts=0, digits=0).limits[0]
    return arrival_certificate(data, opt, [Fraction(entry) for entry in start], limit)


# Full-batch signs: of two rows, one coordinate on the boundary and one inside.
BOXED = optimizer("signgd", weight_decay="1/10")


def boxed_of(opt: Optimizer, data: Dataset) -> Document:
    """The certificate of the least loss in the box."""
    return prediction_certificate(predict(data, opt), Margins(data))


def levels_of(opt: Optimizer, data: Dataset) -> Document:
    """The certificate of the limits with levels."""
    return prediction_certificate(predict(data, opt, starts=0), Margins(data))


def recipes() -> Mapping[str, Callable[[], Document]]:
    """How small valid certificates of every kind are made."""
    pair, lopsided = dataset((3, 1), (1, 2)), dataset(("3.01", 1), (1, 3))
    proxy, adam = optimizer("adam-proxy"), optimizer("adam", beta1=Fraction(9, 10), beta2=Fraction(9, 10))
    starts = ((0.0, 1.0), (1.0, 0.0019), (1.0, 1.0))
    three = dataset(("3.01", 1), (1, 3), ("4.01", 4))
    third = Dominated(2, (0, 1), (Fraction(1), Fraction(1)))
    classes = load("gaussian:n=4,d=2,classes=3,seed=0")
    zeros = dataset((3, -1, 0), (-1, 2, 0), (1, 3, 2))

    def matrix(dual: str) -> Document:
        return matrix_certificate(matrix_margin(classes, dual))

    def vector(norm: Norm, data: Dataset) -> Document:
        return margin_certificate(max_margin(data, norm))

    def iterate(name: str) -> Document:
        own = {"beta1": HALF, "decay": Fraction(1, 3)} if name == "signum" else {}
        opt = optimizer(name, **own)
        return iterate_certificate(lopsided, opt, simulate(lopsided, opt, 6, "ball", digits=20))

    return {
        "separable": lambda: certificate(pair.rows, "separable", {"separator": [Fraction(1), HALF]}),
        "not separable": lambda: certificate(
            dataset((1, 0), (0, 1), (-1, -2)).rows,
            "not-separable",
            {"weights": [Fraction(1, 4), HALF, Fraction(1, 4)]},
        ),
        "mahalanobis": lambda: mahalanobis_certificate(
            mahalanobis_margin(pair, [Fraction(1, 3), Fraction(2, 3)])
        ),
        "exact point": lambda: certificate(lopsided.rows, "dual-fixed-point-exact", {"point": [0, 1]}),
        "fixed point": lambda: equilibrium_certificate(lopsided, proxy, starts[2], 80),
        "vertex": lambda: equilibrium_certificate(lopsided, proxy, starts[0], 80),
        "adam": lambda: equilibrium_certificate(lopsided, adam, starts[2], 80),
        "all fixed points": lambda: equilibria_certificate(lopsided, proxy, starts, 80),
        "dominated rows": lambda: dominance_certificate(three, [third]),
        "dominated row": lambda: equilibria_certificate(
            three, proxy, [(*start, 0.0) for start in starts], 80, [third]
        ),
        "all of adam": lambda: equilibria_certificate(pair, adam, [(0.0, 1.0)], 80),
        "some fixed points": lambda: equilibria_certificate(lopsided, proxy, starts[1:], 80, complete=False),
        "stability": lambda: equilibria_certificate(
            lopsided, proxy, starts, 80, stability=("attracting", "attracting", "repelling")
        ),
        "rmsprop": lambda: equilibrium_certificate(lopsided, optimizer("rmsprop"), starts[2], 80),
        "adam-abs": lambda: equilibrium_certificate(lopsided, optimizer("adam-abs"), starts[0], 80),
        "orbit of adam": lambda: orbits_of(ROUND, lopsided),
        "least loss in a box": lambda: boxed_of(BOXED, dataset((3, 1), (2, -2))),
        **{f"balance of {name}": partial(balances_of, opt, lopsided) for name, opt in DECAYED.items()},
        **{f"waves of {name}": partial(waves_of, opt, lopsided) for name, opt in WAVES.items()},
        **{f"signs: {name}": partial(signs_of, opt, dataset(*rows)) for name, (opt, rows) in SIGNS.items()},
        **{f"arrival of {name}": partial(arrival_of, *asked) for name, asked in ARRIVALS.items()},
        "waves with levels": lambda: waves_of(
            optimizer("adam", beta1=HALF, beta2=HALF, lr=Fraction(1, 10), decay=0), zeros
        ),
        "orbit of classes": lambda: orbits_of(ROUND, classes),
        "levels": lambda: levels_of(optimizer("adam", beta1=HALF, beta2=Fraction(9, 10)), zeros),
        "levels of classes": lambda: levels_of(proxy, classes),
        **{f"{dual} margin": partial(matrix, dual) for dual in ("spectral", "nuclear")},
        **{f"{norm} margin": partial(vector, norm, pair) for norm in NORMS},
        "linf face": lambda: vector("linf", dataset((1, 2, 0), (1, -2, 0))),
        "l1 face": lambda: vector("l1", dataset((2, 2, 1))),
        **{
            f"iterate of {name}": partial(iterate, name)
            for name in ("adam", "adam-proxy", "signum", "signgd", "gd", "ngd")
        },
    }


class Made(Mapping[str, Document]):
    """The certificates of recipes, each made when it is first asked for."""

    def __init__(self, recipes: Mapping[str, Callable[[], Document]]) -> None:
        self.recipes = {name: cache(recipe) for name, recipe in recipes.items()}

    def __getitem__(self, name: str) -> Document:
        return self.recipes[name]()

    def __iter__(self) -> Iterator[str]:
        return iter(self.recipes)

    def __len__(self) -> int:
        return len(self.recipes)

    def under(self, prefix: str) -> Made:
        """Those whose names begin so, by the rest of their names."""
        return Made(
            {
                name.removeprefix(prefix): made
                for name, made in self.recipes.items()
                if name.startswith(prefix)
            }
        )


ORIGINALS = Made(recipes())


def mutant(document: Document, draw: random.Random) -> Document:
    """The document changed at a random place, in a random way."""
    way = draw.randrange(4)
    if way == 0:
        return random_mutant(document, draw)
    path = draw.choice(list(leaves(document)))
    if way == 1:
        return draw.choice(list(mutants(document, path)))
    changed = copy.deepcopy(document)
    holder, old = at(changed, path[:-1]), at(changed, path)
    if way == 2 or not isinstance(old, str):
        holder[path[-1]] = draw.choice((*HOSTILE, [old] * 300, nested(60, old), {"": old}, None))
    elif path[-1] not in ("kind", "statement", "format"):
        step = Fraction(draw.randrange(-3, 4), draw.choice((1, 2, 10, 10**6, 10**24, 10**40)))
        try:
            holder[path[-1]] = str(Fraction(old) + step)
        except ValueError:  # a word, such as the name of an optimizer
            holder[path[-1]] = draw.choice(HOSTILE)
    return changed


def nested(depth: int, value: Any) -> Any:
    """The value within so many lists."""
    for _ in range(depth):
        value = [value]
    return value


def content(original: Document, draw: random.Random) -> bytes:
    """The bytes of a mutant's file: half of them with the statement made to fit, one in eight with bytes changed."""
    changed = mutant(original, draw)
    if draw.random() < 0.5:
        with contextlib.suppress(
            Refused, KeyError, TypeError, AttributeError, ValueError
        ):  # refused already here
            changed["statement"] = statement_of(changed)
    text = bytearray(json.dumps(changed).encode())
    if draw.random() < 0.125:
        for _ in range(draw.randrange(1, 4)):
            k = draw.randrange(len(text))
            text[k : k + draw.randrange(3)] = bytes(draw.randrange(256) for _ in range(draw.randrange(3)))
    return bytes(text)


@dataclass
class Outcome:
    """What became of the mutants: counts of each obligation that refused, of accepted ones, and the failures."""

    refused: Counter[str] = field(default_factory=Counter)
    same: int = 0
    confirmed: int = 0
    failures: list[str] = field(default_factory=list)
    slowest: tuple[float, str] = (0.0, "")

    def text(self) -> str:
        """All of it, for people."""
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        lines = [
            f"{sum(self.refused.values())} refused: {dict(self.refused.most_common())}",
            f"{self.same} accepted with the statement of the original, {self.confirmed} confirmed independently",
            f"slowest: {self.slowest[0]:.1f} s ({self.slowest[1]}); peak of the process: {peak >> 20} MB",
            f"{len(self.failures)} failures",
        ]
        return "\n".join([*lines, *self.failures[:10]])


def fuzz(
    count: int, seed: int, documents: Mapping[str, Document], folder: Path, stop: bool = False
) -> Outcome:
    """Check so many mutants, taken from the documents in turn; with ``stop`` only until the first failure."""
    draw, names, outcome = random.Random(seed), list(documents), Outcome()
    path = folder / "mutant.json"
    for number in range(count):
        name = names[number % len(names)]
        path.write_bytes(content(documents[name], draw))
        begun = time.perf_counter()
        try:
            checked = check_file(path)
        except Exception as error:
            outcome.failures.append(f"{number} ({name}): {type(error).__name__}: {error}"[:300])
            continue
        seconds = time.perf_counter() - begun
        outcome.slowest = max(
            outcome.slowest, (seconds, f"{number}, {name}: {checked.obligation or 'valid'}")
        )
        if seconds > SECONDS or checked.obligation == "unforeseen" or not checked.line().isprintable():
            outcome.failures.append(f"{number} ({name}): {seconds:.1f} s: {checked.line()}"[:300])
        if not checked.valid:
            outcome.refused[checked.obligation] += 1
        elif checked.statement == documents[name]["statement"]:
            outcome.same += 1
        elif independent.is_true(json.loads(path.read_text())):
            outcome.confirmed += 1
        else:
            outcome.failures.append(f"{number} ({name}): not confirmed: {path.read_text()}"[:2000])
        if stop and outcome.failures:
            break
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    if peak > BYTES:
        outcome.failures.append(f"the process took {peak} bytes")
    return outcome


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        outcome = fuzz(given.count, given.seed, ORIGINALS, Path(folder))
    print(ascii(outcome.text())[1:-1].replace("\\n", "\n"))  # mutants hold what no terminal prints
    return 1 if outcome.failures else 0


if __name__ == "__main__":
    sys.exit(main())

"""Obligations of the enclosure of an iterate: the steps are run again, in balls.

The update rules are written out here once more on purpose: this checker shares no definition with the
simulator whose results it checks.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from verify.certificate.data import Data
from verify.certificate.effort import exponential, operation, spend
from verify.certificate.field import Balls
from verify.certificate.reading import Refused, require
from verify.errors import Undecided
from verify.numbers.balls import Ball, ball, precision, ratio, sign, sqrt

Fields = Mapping[str, Any]

OPTIMIZERS = ("adam", "adam-proxy", "signum", "signgd", "gd", "ngd")


def iterate(data: Data, claim: Fields, witness: Fields) -> None:
    """Run the steps at the witness's precision; the claim's box must contain the final ball, weight by weight."""
    require(
        claim["optimizer"] != "adam-proxy" or claim["batch_size"] == data.n,
        "parameters",
        "adam-proxy is defined for the full batch only",
    )
    used = {"adam": ("beta1", "beta2"), "signum": ("beta1",)}.get(claim["optimizer"], ())
    unused = [beta for beta in ("beta1", "beta2") if beta not in used]
    require(not any(claim[beta] for beta in unused), "parameters", "a beta that is not used is not 0")
    rounding = data.n * data.d * operation(witness["bits"])
    each = claim["batch_size"] * (exponential(witness["bits"]) + 5 * data.d * operation(witness["bits"]))
    step = each + exponential(witness["bits"]) + 10 * data.d * operation(witness["bits"])
    spend(rounding + claim["steps"] * step, f"{claim['steps']} steps in {witness['bits']} bits")
    with precision(witness["bits"]):
        try:
            w = run(data, claim)
        except (Undecided, ZeroDivisionError) as reason:
            raise Refused("precision", str(reason)) from None
        for k, (weight, center, radius) in enumerate(zip(w, claim["center"], claim["radius"], strict=True)):
            gap = abs(weight - ball(center))
            require(
                gap <= ball(radius), "enclosed", f"w[{k}] is not shown to be within its radius of its center"
            )


def run(data: Data, claim: Fields) -> Balls:
    """w_T (d), from w_0 = ``start``: cyclic batches, no eps, no bias correction, 0/0 = 0."""
    X = [[ball(x) for x in row] for row in data.rows]
    w, size, d = [ball(entry) for entry in claim["start"]], claim["batch_size"], data.d
    batches = [range(start, min(start + size, data.n)) for start in range(0, data.n, size)]
    m, v = [ball(0)] * d, [ball(0)] * d
    beta1, beta2 = ball(claim["beta1"]), ball(claim["beta2"])
    lr, decay = ball(claim["lr"]), ball(-claim["decay"])
    for t in range(claim["steps"]):
        batch = batches[t % len(batches)]
        weights = [sample_weight(claim["loss"], _dot(X[j], w)) for j in batch]
        parts = [[-weight * x for x in X[j]] for weight, j in zip(weights, batch, strict=True)]
        g = [sum(column, ball(0)) / len(batch) for column in zip(*parts, strict=True)]
        name = claim["optimizer"]
        if name in ("adam", "signum"):
            m = [beta1 * a + (1 - beta1) * b for a, b in zip(m, g, strict=True)]
        if name == "adam":
            v = [beta2 * a + (1 - beta2) * b * b for a, b in zip(v, g, strict=True)]
            update = [ratio(a, sqrt(b)) for a, b in zip(m, v, strict=True)]
        elif name == "adam-proxy":
            update = [
                ratio(a, sqrt(sum((part * part for part in column), ball(0))))
                for a, column in zip(g, zip(*parts, strict=True), strict=True)
            ]
        elif name == "ngd":
            length = sqrt(sum((a * a for a in g), ball(0)))
            update = [ratio(a, length) for a in g]
        elif name == "gd":
            update = g
        else:
            update = [ball(sign(a)) for a in (m if name == "signum" else g)]
        eta = lr * ball(t + 2) ** decay
        w = [a - eta * b for a, b in zip(w, update, strict=True)]
    return w


def sample_weight(loss: str, z: Ball) -> Ball:
    """-l'(z): 1 / (1 + exp(z)) for the logistic loss, exp(-z) for the exponential."""
    return 1 / (1 + z.exp()) if loss == "logistic" else (-z).exp()


def _dot(a: Balls, b: Balls) -> Ball:
    return sum((x * y for x, y in zip(a, b, strict=True)), ball(0))

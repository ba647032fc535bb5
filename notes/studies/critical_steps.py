"""Where waves at constant steps lose stability, and where runs go beyond that."""

from dataclasses import replace
from fractions import Fraction

import numpy as np

from verify.ask.simulation import simulate
from verify.cli.paths import path
from verify.errors import BadInput
from verify.numbers.linear.angles import degrees


def critical_steps(data, optimizer, steps=200_000):
    """Of the first wave: its critical step, None if there is none up to the largest step at which it was followed;
    its degrees to AdamProxy's limit at that step; and those of a run's increments to it at twice the critical step."""
    told = dict.fromkeys(("critical", "loses_stability", "followed", "beyond", "to_proxy"))
    try:
        found = path(data, optimizer, "lr")
    except BadInput as reason:  # such as betas whose updates grow without bound
        return told | {"why": str(reason)}
    if not found.lines:
        return told | {"why": "no wave was found"}
    first = found.lines[0]
    last = first.points[-1]
    told |= {
        "critical": first.critical[0] if first.critical else None,
        "loses_stability": bool(first.critical),
        "followed": last.at,
        "to_proxy": degrees(last.direction, found.targets["AdamProxy's limit"]),
        "why": "",
    }
    if first.critical:
        lr = Fraction(2 * first.critical[0]).limit_denominator(10**6)
        run = simulate(data, replace(optimizer, lr=lr, decay=Fraction(0)), steps=steps).to_dict()
        nearest = min(first.points, key=lambda place: abs(np.log(place.at / float(lr))))
        told["beyond"] = degrees(np.array(run["increment_direction"], dtype=float), nearest.direction)
    return told

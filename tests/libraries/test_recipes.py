"""The recipes of `diagnose --recipes` on iris, beside torch's own runs of them on a CPU, in the pinned version."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from verify.data import load
from verify.diagnose.diagnosis import cannot_fall, correct_digits
from verify.diagnose.recipes import recipe
from verify.numbers.formats import FORMATS
from verify.optimizers import optimizer
from verify.optimizers.trajectory import iterates
from verify.optimizers.watch import Limits

torch = pytest.importorskip(
    "torch", reason="torch is not installed: `make test-libraries` installs it and runs these"
)

# Nothing moves after 7,000 steps where w is in bfloat16.
STEPS = 7000
ADAM = optimizer(
    "adam", batch_size="full", bias_correction=True, eps=Fraction(1, 10**8), lr=Fraction(1, 1000), decay=0
)


@dataclass
class Seen:
    """What is seen of a run: its end, the first step without a move, the last with one, steps in which v fell."""

    w: Any
    first_still: int | None = None
    last_move: int = 0
    fell: int = 0


def run_by_torch(name: str, **choices: Any) -> Seen:
    """The recipe as one writes it in torch: the model in the format of its weights, Adam on the master's."""
    roles, X = recipe(name), load("iris").floats()
    short, long, states = (
        getattr(torch, getattr(roles, role).name) for role in ("weights", "master", "second_moments")
    )
    rows = torch.tensor(X).to(getattr(torch, roles.data.name))
    master = torch.nn.Parameter(torch.zeros(X.shape[1], dtype=long))
    kept = master if long == states else torch.nn.Parameter(torch.zeros(X.shape[1], dtype=states))
    made = torch.optim.Adam([kept], lr=1e-3, betas=(0.9, 0.999), eps=1e-8, **choices)
    seen, before_v = Seen(None), torch.zeros(X.shape[1])
    for step in range(1, STEPS + 1):
        model = master.detach().to(short).requires_grad_()
        torch.nn.functional.softplus(-(rows @ model)).mean().backward()
        before = master.detach().clone()
        kept.grad = model.grad.to(states)
        if kept is not master:  # an update in the format of the states, and the sum in that of w
            kept.data = master.data.to(states)
        made.step()
        master.data = kept.data.to(long)
        if bool((master.detach() != before).any()):
            seen.last_move = step
        elif seen.first_still is None:
            seen.first_still = step
        v = made.state[kept]["exp_avg_sq"].clone()
        seen.fell, before_v = seen.fell + int((v < before_v).any()), v
    seen.w = master.detach().double().numpy()
    return seen


def run_here(name: str) -> Any:
    (last,) = iterates(
        load("iris").floats(), ADAM, [STEPS], dtype=recipe(name), watched=Limits.of(recipe(name))
    )
    return last


def digits(w: Any, name: str) -> float:
    (exact,) = iterates(load("iris").floats(), ADAM, [STEPS])
    return correct_digits(np.asarray(w), exact.w, FORMATS[recipe(name).master.name])


@pytest.mark.parametrize(
    "name", ["float32", "pure-bf16", "bf16-fused", "bf16-float32-states", "bf16-master", "pure-fp16"]
)
def test_digits_are_those_of_torch(name: str) -> None:
    seen, here = run_by_torch(name, fused=name == "bf16-fused"), run_here(name)
    assert digits(here.w, name) == pytest.approx(digits(seen.w, name), abs=0.3)
    assert (seen.fell == 0) == ("v" in cannot_fall(ADAM, recipe(name)))
    if name != "pure-fp16":
        assert here.watched.events.get("still") == seen.first_still
    if name == "bf16-fused":  # the step computed in float32, each state rounded once: to the bit
        assert here.watched.last_move == seen.last_move
        assert np.array_equal(here.w, seen.w)

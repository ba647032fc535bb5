"""The certificate of a simulation in balls: its checker runs the steps again, from the program that is carried."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from verify.certificate.writing import Document, certificate
from verify.data.dataset import Dataset
from verify.errors import BadInput
from verify.optimizers.carried import carried_run, carried_weight
from verify.optimizers.optimizer import Optimizer
from verify.simulate.simulation import Simulation


def iterate_certificate(
    data: Dataset, opt: Optimizer, run: Simulation, start: Sequence[Fraction] = ()
) -> Document:
    """That w_T of the optimizer, from w_0 = ``start`` (0 if it is empty), lies where a run with balls found it.

    Raises BadInput for another arithmetic, and for what the format has no words for: bias correction, weight decay,
    random orders, steps and losses that no program says.
    """
    if run.radius is None:
        raise BadInput(f"arithmetic={run.arithmetic}: only balls enclose an iterate")
    if data.classes is not None:
        raise BadInput(f"{data.name}: there is no certificate of an iterate on several classes")
    for option, value, plain in (
        ("bias_correction", opt.bias_correction, not opt.bias_correction),
        ("weight_decay", opt.weight_decay, not opt.weight_decay),
        ("schedule", opt.schedule, not opt.scheduled),
        ("order", opt.order, opt.order == "cyclic" or opt.full_batch(data.n)),
    ):
        if not plain:
            raise BadInput(f"{option}={value}: there is no certificate of an iterate with that")
    claim = {
        "rule": carried_run(opt),
        "batch_size": opt.batch(data.n),
        "order": "cyclic",
        "loss": carried_weight(opt.loss),
        "lr": opt.lr,
        "decay": opt.decay,
        "start": list(start or [Fraction(0)] * data.d),
        "steps": run.steps,
        "center": [Fraction(weight) for weight in run.weights],
        "radius": [Fraction(radius) for radius in run.radius],
    }
    # At twice the bits the checker's balls are a point beside the radius.
    return certificate(data.carried, "run", claim, {"bits": 2 * run.bits})

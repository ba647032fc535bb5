"""The certificate of a simulation in balls: its checker runs the steps again, from definitions of its own."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from verify.certificate.iterate import OPTIMIZERS
from verify.certificate.writing import Document, certificate
from verify.data.dataset import Dataset
from verify.errors import BadInput
from verify.losses import LOSSES
from verify.losses.load import is_shipped
from verify.optimizers.optimizer import Optimizer
from verify.optimizers.shipped import shipped_as
from verify.simulate.simulation import Simulation


def iterate_certificate(
    data: Dataset, opt: Optimizer, run: Simulation, start: Sequence[Fraction] = ()
) -> Document:
    """That w_T of the optimizer, from w_0 = ``start`` (0 if it is empty), lies where a run with balls found it.

    Raises BadInput for another arithmetic, and for what the format has no words for: eps, bias correction,
    random orders.
    """
    if run.radius is None:
        raise BadInput(f"arithmetic={run.arithmetic}: only balls enclose an iterate")
    for option, value, plain in (
        ("eps", opt.eps, not opt.eps),
        ("bias_correction", opt.bias_correction, not opt.bias_correction),
        ("order", opt.order, opt.order == "cyclic"),
    ):
        if not plain:
            raise BadInput(f"{option}={value}: there is no certificate of an iterate with that")
    name = shipped_as(opt, OPTIMIZERS)
    if name is None:
        raise BadInput(
            f"optimizer={opt.rule.name}, weight_decay={opt.weight_decay}: there is no certificate of an iterate with "
            f"that, only for {', '.join(OPTIMIZERS)} without weight decay"
        )
    if not is_shipped(opt.loss):
        raise BadInput(
            f"loss={opt.loss.name}: there is no certificate of an iterate with that, only for {', '.join(LOSSES)}"
        )
    claim = {
        "optimizer": name,
        "batch_size": opt.batch(data.n),
        "beta1": opt.beta1,
        "beta2": opt.beta2,
        "loss": opt.loss.name,
        "lr": opt.lr,
        "decay": opt.decay,
        "start": list(start or [Fraction(0)] * data.d),
        "steps": run.steps,
        "center": [Fraction(weight) for weight in run.weights],
        "radius": [Fraction(radius) for radius in run.radius],
    }
    # At twice the bits the checker's balls are a point beside the radius.
    return certificate(data.rows, "iterate", claim, {"bits": 2 * run.bits})

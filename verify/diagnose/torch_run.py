"""The same diagnosis of the real thing: of torch's own optimizers, and of rules of signs on torch tensors.

Gradients are autograd's, the update is torch's, in the user's dtype, with torch's own rounding (its 16-bit
kernels compute in float32 inside an operation). Where torch corrects the bias it adds eps outside the root, so
it is held against the definition with these options.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

from verify.data.dataset import Dataset
from verify.diagnose.diagnosis import Diagnosis, compared, snapshot_steps
from verify.drawers import require_one_of
from verify.errors import BadInput
from verify.losses import LOSSES
from verify.losses.load import is_shipped
from verify.numbers.formats import FORMATS, Format
from verify.numbers.system import Numbers
from verify.optimizers.optimizer import Optimizer
from verify.optimizers.roles import Roles
from verify.optimizers.rule import Rule
from verify.optimizers.traits import traits
from verify.optimizers.trajectory import Snapshot, iterates
from verify.optimizers.watch import Limits, Watched, size_of_terms

if TYPE_CHECKING:
    import torch

# In formats of fewer bits torch stores, and does not compute.
LEAST_BITS = 8


def diagnose_torch(
    data: Dataset,
    opt: Optimizer,
    dtype: str,
    steps: int = 10_000,
    seed: int = 0,
    progress: Callable[[int], None] = lambda step: None,
) -> Diagnosis:
    """Diagnose ``steps`` steps of torch in the format ``dtype``, with torch's conventions.

    Raises BadInput if torch is not installed, or has no such optimizer or dtype.
    """
    try:
        import torch  # noqa: F401
    except ImportError:
        raise BadInput("torch is not installed: pip install 'marginproof[torch]'") from None
    if not (opt.rule.torch or _is_a_sign(opt.rule)):
        raise BadInput(
            f"optimizer={opt.rule.name} is none that torch runs: it needs a name in torch.optim (the rule's field "
            "torch), or an update that is the sign of gradients and of one state at most"
        )
    if data.owned > 1:
        raise BadInput(f"{data.name}: torch is run on two classes only")
    if not is_shipped(opt.loss):
        raise BadInput(
            f"loss={opt.loss.name}: of torch only the losses that ship are run, {', '.join(LOSSES)}"
        )
    computed = [name for name, form in FORMATS.items() if form.bits >= LEAST_BITS]
    require_one_of("dtype", dtype, computed)
    if opt.rule.corrects:
        opt = replace(opt, bias_correction=True, eps_place="outside")
    form, X, at = FORMATS[dtype], data.floats(), snapshot_steps(steps)
    # torch's states are not looked at for standing still, so that nothing is predicted of it.
    limits = replace(Limits.of(Roles.of(form)), bits=(53, 53))
    reference = list(iterates(X, opt, at, seed=seed, watched=limits, progress=progress))
    return compared(
        data, opt, Roles.of(form), seed, reference, list(torch_iterates(data, opt, form, at, seed, progress))
    )


def torch_iterates(
    data: Dataset,
    opt: Optimizer,
    form: Format,
    snapshots: list[int],
    seed: int = 0,
    progress: Callable[[int], None] = lambda step: None,
) -> Iterator[Snapshot]:
    """torch's iterates after the given numbers of steps, ascending, watched as the compiled runs are."""
    import torch

    dtype = getattr(torch, form.name)
    X = torch.tensor(data.floats()).to(dtype)
    n, d = X.shape
    w = torch.zeros(d, dtype=dtype, requires_grad=True)
    step = _stepper(opt, w)
    rows = (row for table in opt.tables(n, seed) for row in table)
    watch = _TorchWatch(opt, form, d)
    tau = 0.0
    for t, row in enumerate(islice(rows, snapshots[-1])):
        batch = X[torch.from_numpy(row[row >= 0])]
        z = batch @ w
        losses = torch.exp(-z) if is_shipped(opt.loss, "exponential") else torch.nn.functional.softplus(-z)
        w.grad = None
        losses.mean().backward()
        before = w.detach().clone()
        eta = float(opt.step_sizes(t, t + 1)[0])
        moments = step(eta)
        tau += eta
        watch.look(t + 1, w, before, moments)
        if t + 1 in snapshots:
            progress(t + 1)
            zeros = np.zeros(d)
            yield Snapshot(t + 1, tau, _floats(w), {}, zeros, watch.read(w, before))


def _stepper(opt: Optimizer, w: torch.Tensor) -> Callable[[float], dict[str, torch.Tensor]]:
    """A function that does one step with the step size given, and returns torch's state."""
    import torch

    rule = opt.rule
    if not rule.torch:
        return _on_tensors(opt, w)
    given: dict[str, Any] = {}
    if rule.corrects:
        given = {"betas": tuple(float(opt.values[name]) for name in rule.corrects), "eps": float(opt.eps)}
    made = getattr(torch.optim, rule.torch)([w], lr=float(opt.lr), **given)

    def step(eta: float) -> dict[str, torch.Tensor]:
        made.param_groups[0]["lr"] = eta
        made.step()
        return dict(made.state[w])

    return step


def _is_a_sign(rule: Rule) -> bool:
    """Whether a rule can be run on tensors as it is."""
    return traits(rule).update == "sign" and rule.reads == "nothing" and len(rule.states) <= 1


def _on_tensors(opt: Optimizer, w: torch.Tensor) -> Callable[[float], dict[str, torch.Tensor]]:
    """The rule's own step, on tensors: torch has no sign descent."""
    import torch

    softplus = torch.nn.functional.softplus
    numbers = Numbers("torch", float, torch.sqrt, torch.exp, torch.log, softplus, torch.sign, torch.div)
    rule, h = opt.rule.step(numbers), opt.frozen(numbers)
    state = {"exp_avg": torch.zeros_like(w)}

    def step(eta: float) -> dict[str, torch.Tensor]:
        with torch.no_grad():
            u, kept = rule(w.grad, None, (state["exp_avg"],) * len(opt.rule.states), h)
            state["exp_avg"] = kept[0] if kept else state["exp_avg"]
            w.sub_(u, alpha=eta)
        return state

    return step


def _floats(x: torch.Tensor) -> Any:
    import torch

    return x.detach().to(torch.float64).numpy().copy()


class _TorchWatch:
    """The events of a torch run, from what its state shows after each step."""

    def __init__(self, opt: Optimizer, form: Format, d: int) -> None:
        self.opt, self.normal, self.fade = opt, float(np.exp(form.log_normal)), size_of_terms(opt)[0]
        self.size, self.v_was_normal, self.m_was_normal = np.zeros(d), np.zeros(d, bool), np.zeros(d, bool)
        self.second = np.zeros(d)
        self.events: dict[str, int] = {}
        self.since: dict[str, int] = {}

    def look(self, step: int, w: torch.Tensor, before: torch.Tensor, moments: dict[str, Any]) -> None:
        gradient = _floats(w.grad)
        self.size = np.maximum(self.fade * self.size, abs(gradient))
        self._fell("m", self.size, self.m_was_normal, step)
        after = _floats(w)
        if "exp_avg_sq" in moments:
            self.second = _floats(moments["exp_avg_sq"])
            self._fell("v", self.second, self.v_was_normal, step)
            if self.opt.eps and np.all(np.sqrt(self.second) < float(self.opt.eps)):
                self.events.setdefault("eps", step)
        if not np.all(np.isfinite(after)):
            self.events.setdefault("nonfinite", step)
        should_move = np.count_nonzero(_floats(moments["exp_avg"]) if "exp_avg" in moments else gradient)
        if 2 * np.count_nonzero(after != _floats(before)) >= should_move:
            self.events.pop("stalled", None)
        else:
            self.events.setdefault("stalled", step)

    def _fell(self, event: str, sizes: Any, was_normal: Any, step: int) -> None:
        normal = sizes >= self.normal
        if np.any(was_normal & ~normal):
            self.events.setdefault(event, step)
            self.since.setdefault(event, step)
        else:
            self.since.pop(event, None)
        was_normal |= normal

    def read(self, w: torch.Tensor, before: torch.Tensor) -> Watched:
        with np.errstate(invalid="ignore"):
            update = _floats(before) - _floats(w)
        return Watched(self.size, self.second, update, dict(self.events), dict(self.since))

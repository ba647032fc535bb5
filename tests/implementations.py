"""Optimizers as people write them, in torch's style and on NumPy arrays: right ones in many conventions, and faulty.

An optimizer is a function of one parameter: ``rule(w, g, s, t, h)`` returns the weight after the step; s are its
states, t counts its gradients from 1, and h are its options, as float32.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

F = np.float32


class Optimizer:
    """What all of them share: groups, states, a counter for each parameter, and None for no gradient."""

    states = 2
    defaults: ClassVar[dict[str, Any]] = {}

    def __init__(self, params: Any, **given: Any) -> None:
        params = list(params)
        groups = params if params and isinstance(params[0], dict) else [{"params": params}]
        self.param_groups = [self.defaults | given | group for group in groups]
        self.state: dict[int, list[Any]] = {}
        self.counts: dict[int, int] = {}

    def step(self) -> None:
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is not None:
                    self.one(p, group)

    def one(self, p: Any, group: dict[str, Any]) -> None:
        key = self.key(p)
        s = self.state.setdefault(key, [np.zeros_like(p.data) for _ in range(self.states)])
        self.counts[key] = self.counts.get(key, 0) + 1
        h = {name: F(value) for name, value in group.items() if not isinstance(value, list | tuple)}
        if "betas" in group:
            h["b1"], h["b2"] = map(F, group["betas"])
        p.data = np.asarray(self.rule(p.data, p.grad, s, self.counts[key], h), p.data.dtype)

    def key(self, p: Any) -> int:
        return id(p)

    def rule(self, w: Any, g: Any, s: list[Any], t: int, h: dict[str, Any]) -> Any:
        raise NotImplementedError


def made(
    rule: Callable[..., Any], states: int = 2, base: type[Optimizer] = Optimizer, **defaults: Any
) -> Callable[..., Optimizer]:
    """A factory with these keywords, in a signature that can be read."""
    kind = type(rule.__name__, (base,), {"rule": staticmethod(rule), "states": states, "defaults": defaults})
    words = ", ".join(f"{name}={value!r}" for name, value in defaults.items())
    passed = ", ".join(f"{name}={name}" for name in defaults)
    space: dict[str, Any] = {"kind": kind}
    exec(f"def {rule.__name__}(params, {words}):\n    return kind(params, {passed})\n", space)
    factory: Callable[..., Optimizer] = space[rule.__name__]
    return factory


ADAM = {"lr": 1e-3, "betas": (0.9, 0.999), "eps": 1e-8}
ADAMW = ADAM | {"weight_decay": 0.0}
MUON = {"lr": 0.02, "momentum": 0.95, "nesterov": True, "eps": 1e-7, "weight_decay": 0.1}
SGD = {"lr": 0.1, "momentum": 0.9, "dampening": 0.0, "nesterov": False}


def moments(g: Any, s: list[Any], h: dict[str, Any]) -> None:
    s[0] = h["b1"] * s[0] + (1 - h["b1"]) * g
    s[1] = h["b2"] * s[1] + (1 - h["b2"]) * g * g


def corrected(s: list[Any], t: int, h: dict[str, Any]) -> tuple[Any, Any]:
    return s[0] / (1 - h["b1"] ** t), s[1] / (1 - h["b2"] ** t)


# --- right ones ------------------------------------------------------------------------------------------------------


def adam(w: Any, g: Any, s: Any, t: int, h: Any) -> Any:
    moments(g, s, h)
    m, v = corrected(s, t, h)
    return w - h["lr"] * m / (np.sqrt(v) + h["eps"])


def adam_lerp(w: Any, g: Any, s: Any, t: int, h: Any) -> Any:
    """As torch orders it: m moves towards g, and the correction of v is beside the root."""
    s[0] = s[0] + (1 - h["b1"]) * (g - s[0])
    s[1] = (1 - h["b2"]) * (g * g - s[1]) + s[1]
    step = h["lr"] / (1 - h["b1"] ** t)
    return w - step * (s[0] / (np.sqrt(s[1]) / np.sqrt(1 - h["b2"] ** t) + h["eps"]))


def adam_in_double(w: Any, g: Any, s: Any, t: int, h: Any) -> Any:
    """Computed in float64, with states kept in it."""
    h = {name: float(value) for name, value in h.items()}
    return adam(w.astype(np.float64), g.astype(np.float64), s, t, h)


def adam_inside(w: Any, g: Any, s: Any, t: int, h: Any) -> Any:
    moments(g, s, h)
    m, v = corrected(s, t, h)
    return w - h["lr"] * m / np.sqrt(v + h["eps"])


def adam_inside_uncorrected(w: Any, g: Any, s: Any, t: int, h: Any) -> Any:
    moments(g, s, h)
    m, _ = corrected(s, t, h)
    return w - h["lr"] * m / np.sqrt((s[1] + h["eps"]) / (1 - h["b2"] ** t))


def adam_hat(w: Any, g: Any, s: Any, t: int, h: Any) -> Any:
    moments(g, s, h)
    rate = h["lr"] * np.sqrt(1 - h["b2"] ** t) / (1 - h["b1"] ** t)
    return w - rate * s[0] / (np.sqrt(s[1]) + h["eps"])


def adam_maximum(w: Any, g: Any, s: Any, t: int, h: Any) -> Any:
    moments(g, s, h)
    m, v = corrected(s, t, h)
    return w - h["lr"] * m / np.maximum(np.sqrt(v), h["eps"])


def adam_uncorrected(w: Any, g: Any, s: Any, t: int, h: Any) -> Any:
    moments(g, s, h)
    return w - h["lr"] * s[0] / (np.sqrt(s[1]) + h["eps"])


def adam_half_corrected(w: Any, g: Any, s: Any, t: int, h: Any) -> Any:
    moments(g, s, h)
    return w - h["lr"] * s[0] / (np.sqrt(corrected(s, t, h)[1]) + h["eps"])


def adam_lazy(w: Any, g: Any, s: Any, t: int, h: Any) -> Any:
    old = [each.copy() for each in s]
    after = adam(w, g, s, t, h)
    for place, each in enumerate(old):
        s[place] = np.where(g == 0, each, s[place])
    return np.where(g == 0, w, after)


def adam_from_gradient(w: Any, g: Any, s: Any, t: int, h: Any) -> Any:
    if t == 1:
        s[0], s[1] = g.copy(), (1 - h["b2"]) * g * g
    else:
        moments(g, s, h)
    m, v = corrected(s, t, h)
    return w - h["lr"] * m / (np.sqrt(v) + h["eps"])


def adamw(w: Any, g: Any, s: Any, t: int, h: Any) -> Any:
    return adam(w * (1 - h["lr"] * h["weight_decay"]), g, s, t, h)


def adamw_after(w: Any, g: Any, s: Any, t: int, h: Any) -> Any:
    return adam(w, g, s, t, h) * (1 - h["lr"] * h["weight_decay"])


def adamw_without_lr(w: Any, g: Any, s: Any, t: int, h: Any) -> Any:
    return adam(w, g, s, t, h) - h["weight_decay"] * w


def adam_coupled(w: Any, g: Any, s: Any, t: int, h: Any) -> Any:
    return adam(w, g + h["weight_decay"] * w, s, t, h)


def amsgrad(w: Any, g: Any, s: Any, t: int, h: Any) -> Any:
    moments(g, s, h)
    s[2] = np.maximum(s[2], s[1])
    m, v = corrected([s[0], s[2]], t, h)
    return w - h["lr"] * m / (np.sqrt(v) + h["eps"])


def amsgrad_of_corrected(w: Any, g: Any, s: Any, t: int, h: Any) -> Any:
    moments(g, s, h)
    m, v = corrected(s, t, h)
    s[2] = np.maximum(s[2], v)
    return w - h["lr"] * m / (np.sqrt(s[2]) + h["eps"])


def nadam_corrected(w: Any, g: Any, s: Any, t: int, h: Any) -> Any:
    moments(g, s, h)
    ahead = h["b1"] * s[0] / (1 - h["b1"] ** (t + 1)) + (1 - h["b1"]) * g / (1 - h["b1"] ** t)
    return w - h["lr"] * ahead / (np.sqrt(s[1] / (1 - h["b2"] ** t)) + h["eps"])


def sgd(w: Any, g: Any, s: Any, t: int, h: Any) -> Any:
    s[0] = h["momentum"] * s[0] + (1 - h["dampening"]) * g
    return w - h["lr"] * (g + h["momentum"] * s[0] if h["nesterov"] else s[0])


def sgd_undampened(w: Any, g: Any, s: Any, t: int, h: Any) -> Any:
    s[0] = g.copy() if t == 1 else h["momentum"] * s[0] + (1 - h["dampening"]) * g
    return w - h["lr"] * s[0]


def sgd_averaged(w: Any, g: Any, s: Any, t: int, h: Any) -> Any:
    s[0] = h["momentum"] * s[0] + (1 - h["momentum"]) * g
    return w - h["lr"] * s[0]


def sgd_of_steps(w: Any, g: Any, s: Any, t: int, h: Any) -> Any:
    s[0] = h["momentum"] * s[0] + h["lr"] * g
    return w - s[0]


def adagrad_from_a_tenth(w: Any, g: Any, s: Any, t: int, h: Any) -> Any:
    s[0] = (F(0.1) if t == 1 else s[0]) + g * g
    return w - h["lr"] * g / (np.sqrt(s[0]) + h["eps"])


def lion(w: Any, g: Any, s: Any, t: int, h: Any) -> Any:
    step = np.sign(h["b1"] * s[0] + (1 - h["b1"]) * g)
    s[0] = h["b2"] * s[0] + (1 - h["b2"]) * g
    return w - h["lr"] * step


def muon(w: Any, g: Any, s: Any, t: int, h: Any, steps: int = 5) -> Any:
    """As torch has it, but in float32, and with eps added to the norm."""
    s[0] = h["momentum"] * s[0] + (1 - h["momentum"]) * g
    X = h["momentum"] * s[0] + (1 - h["momentum"]) * g if h["nesterov"] else s[0]
    X = X / (np.sqrt((X * X).sum()) + h["eps"])
    for _ in range(steps):
        S = X @ X.T
        X = F(3.4445) * X + (F(-4.7750) * S + F(2.0315) * S @ S) @ X
    rows, columns = X.shape
    return w * (1 - h["lr"] * h["weight_decay"]) - h["lr"] * F(max(1, rows / columns)) ** F(0.5) * X


# --- faulty ones -----------------------------------------------------------------------------------------------------


def adam_a_step_late(w: Any, g: Any, s: Any, t: int, h: Any) -> Any:
    return adam(w, g, s, t + 1, h)


def adam_swapped(w: Any, g: Any, s: Any, t: int, h: Any) -> Any:
    return adam(w, g, s, t, h | {"b1": h["b2"], "b2": h["b1"]})


def adam_square_of_mean(w: Any, g: Any, s: Any, t: int, h: Any) -> Any:
    s[0] = h["b1"] * s[0] + (1 - h["b1"]) * g
    s[1] = h["b2"] * s[1] + (1 - h["b2"]) * s[0] * s[0]
    m, v = corrected(s, t, h)
    return w - h["lr"] * m / (np.sqrt(v) + h["eps"])


def adam_stale(w: Any, g: Any, s: Any, t: int, h: Any) -> Any:
    """The root of v before its update, from the second step on."""
    before = s[1].copy() if t > 1 else None
    moments(g, s, h)
    m, v = corrected(s, t, h)
    if before is not None:
        v = before / (1 - h["b2"] ** (t - 1))
    return w - h["lr"] * m / (np.sqrt(v) + h["eps"])


def adam_size_of_gradient(w: Any, g: Any, s: Any, t: int, h: Any) -> Any:
    s[0] = h["b1"] * s[0] + (1 - h["b1"]) * g
    s[1] = h["b2"] * s[1] + (1 - h["b2"]) * abs(g)
    m, v = corrected(s, t, h)
    return w - h["lr"] * m / (np.sqrt(v) + h["eps"])


def adam_half_states(w: Any, g: Any, s: Any, t: int, h: Any) -> Any:
    after = adam(w, g, s, t, h)
    s[:] = [each.astype(np.float16).astype(F) for each in s]
    return after


def adam_in_place(w: Any, g: Any, s: Any, t: int, h: Any) -> Any:
    after = adam(w, g, s, t, h)
    g *= F(0.5)
    return after


def adam_without_tail(w: Any, g: Any, s: Any, t: int, h: Any) -> Any:
    """What is left over of eights is not written."""
    after = adam(w, g, s, t, h)
    whole = len(w) - len(w) % 8 if len(w) > 8 else len(w)
    return np.concatenate([after[:whole], w[whole:]])


def adam_cut(w: Any, g: Any, s: Any, t: int, h: Any) -> Any:
    return adam(w, np.clip(g, -100, 100), s, t, h)


def adam_cut_high(w: Any, g: Any, s: Any, t: int, h: Any) -> Any:
    return adam(w, np.clip(g, -1000, 1000), s, t, h)


def adamw_twice(w: Any, g: Any, s: Any, t: int, h: Any) -> Any:
    return adamw(w * (1 - h["lr"] * h["weight_decay"]), g, s, t, h)


def amsgrad_forgetful(w: Any, g: Any, s: Any, t: int, h: Any) -> Any:
    """The larger of v and the v before it, and not of all."""
    before = s[1].copy()
    moments(g, s, h)
    m, v = corrected([s[0], np.maximum(before, s[1])], t, h)
    return w - h["lr"] * m / (np.sqrt(v) + h["eps"])


def sgd_nesterov_of_the_old(w: Any, g: Any, s: Any, t: int, h: Any) -> Any:
    old = s[0].copy()
    s[0] = h["momentum"] * s[0] + (1 - h["dampening"]) * g
    return w - h["lr"] * (g + h["momentum"] * old if h["nesterov"] else s[0])


def lion_after(w: Any, g: Any, s: Any, t: int, h: Any) -> Any:
    """The mean is updated before the sign is taken."""
    s[0] = h["b2"] * s[0] + (1 - h["b2"]) * g
    return w - h["lr"] * np.sign(h["b1"] * s[0] + (1 - h["b1"]) * g)


def lion_without_zero(w: Any, g: Any, s: Any, t: int, h: Any) -> Any:
    before = h["b1"] * s[0] + (1 - h["b1"]) * g
    s[0] = h["b2"] * s[0] + (1 - h["b2"]) * g
    return w - h["lr"] * np.where(before >= 0, F(1), F(-1))


def muon_of_four_steps(w: Any, g: Any, s: Any, t: int, h: Any) -> Any:
    return muon(w, g, s, t, h, steps=4)


def muon_of_vectors(w: Any, g: Any, s: Any, t: int, h: Any) -> Any:
    """A matrix is taken for one row."""
    s[0] = s[0].reshape(1, -1)
    after = muon(w.reshape(1, -1), g.reshape(1, -1), s, t, h)
    return after.reshape(w.shape)


class SharedStates(Optimizer):
    """All parameters of a shape have the same states."""

    def key(self, p: Any) -> int:
        return len(p.data)


class SharedCounter(Optimizer):
    """One counter, which every parameter moves on."""

    def one(self, p: Any, group: dict[str, Any]) -> None:
        super().one(p, group)
        self.counts = dict.fromkeys([*self.counts, *map(id, group["params"])], max(self.counts.values()))


class CallCounter(Optimizer):
    """One counter, of calls: also those without a gradient."""

    calls = 0

    def step(self) -> None:
        self.calls += 1
        for group in self.param_groups:
            for p in group["params"]:
                self.counts[id(p)] = self.calls - 1
        super().step()


class NoneIsZero(Optimizer):
    """A parameter without a gradient is given one of 0."""

    def step(self) -> None:
        for group in self.param_groups:
            for p in group["params"]:
                p.grad = np.zeros_like(p.data) if p.grad is None else p.grad
        super().step()


class FirstRate(Optimizer):
    """The step size of the first group is that of all."""

    def one(self, p: Any, group: dict[str, Any]) -> None:
        super().one(p, group | {"lr": self.param_groups[0]["lr"]})


class FixedRate(Optimizer):
    """The step size is what it was at the beginning."""

    def __init__(self, params: Any, **given: Any) -> None:
        super().__init__(params, **given)
        self.rates = [group["lr"] for group in self.param_groups]

    def one(self, p: Any, group: dict[str, Any]) -> None:
        super().one(p, group | {"lr": self.rates[self.param_groups.index(group)]})


class Accumulating(Optimizer):
    """Every second call makes a step, on the sum of both gradients, times ``share``."""

    share = 0.5

    def __init__(self, params: Any, **given: Any) -> None:
        super().__init__(params, **given)
        self.kept: dict[int, Any] = {}
        self.calls = 0

    def step(self) -> None:
        self.calls += 1
        for p in [p for group in self.param_groups for p in group["params"]]:
            if p.grad is not None:
                self.kept[id(p)] = self.kept.get(id(p), F(0)) + F(self.share) * p.grad
            p.grad = self.kept.pop(id(p), None) if self.calls % 2 == 0 else None
        if self.calls % 2 == 0:
            super().step()


class AccumulatingSums(Accumulating):
    """The sum itself."""

    share = 1.0

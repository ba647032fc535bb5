"""torch and optax held against the rules, on a CPU: `make test-libraries` runs these, with the pinned versions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command import run

from libraries.page import page
from libraries.table import ALL, FOREACH, FORMATS, FUSED, MUON, SEEN, TORCH, Implementation
from marginproof import predict
from properties.conform import assert_conforms, conform

WHERE = "`make test-libraries` installs it and runs these"
torch = pytest.importorskip("torch", reason=f"torch is not installed: {WHERE}")
pytest.importorskip("optax", reason=f"optax is not installed: {WHERE}")

HERE = Path(__file__).parent


def label(part: Any) -> str | None:
    return part.text if isinstance(part, Implementation) else None


@pytest.mark.parametrize("each", [*ALL, *MUON], ids=label)
def test_it_is_its_rule_in_its_convention(each: Implementation) -> None:
    assert_conforms(each.target, each.rule, kwargs=each.kwargs, variants=each.variants, cases=each.cases)


@pytest.mark.parametrize("each", [each for each in (*ALL, *MUON) if each.variants], ids=label)
def test_its_convention_is_named(each: Implementation) -> None:
    found = conform(each.target, each.rule, kwargs=each.kwargs, cases=each.cases)
    assert not found.agrees
    assert sorted(found.variant) == sorted(each.variants)
    assert found.counterexample is not None
    assert len(found.counterexample.gradients) <= 3


def also(each: Implementation, more: str) -> str:
    return ", ".join(text for text in (each.kwargs, more) if text)


@pytest.mark.parametrize("dtype", ["float32", *FORMATS])
@pytest.mark.parametrize("each", FOREACH, ids=label)
def test_foreach_is_within_the_bound(each: Implementation, dtype: str) -> None:
    scalars = ("float32-scalars",) if each.rule == "nadam" and dtype == "float64" else ()
    kwargs = also(each, "foreach=True")
    if each.rule == "momentum":  # with nesterov it writes over gradients, which is a row of its own
        kwargs = also(each, "foreach=True, nesterov=False")
    variants = (*each.variants, *scalars)
    assert_conforms(each.target, each.rule, kwargs=kwargs, variants=variants, dtype=dtype, cases=30)


@pytest.mark.parametrize("dtype", ["float32", *FORMATS])
@pytest.mark.parametrize("each", FUSED, ids=label)
def test_fused_is_within_the_bound(each: Implementation, dtype: str) -> None:
    kwargs = also(each, "fused=True")
    assert_conforms(each.target, each.rule, kwargs=kwargs, variants=each.variants, dtype=dtype, cases=30)


@pytest.mark.parametrize("dtype", FORMATS)
@pytest.mark.parametrize("each", ALL, ids=label)
def test_other_formats_are_within_the_bound(each: Implementation, dtype: str) -> None:
    scalars = ("float32-scalars",) if each.target.endswith("NAdam") and dtype == "float64" else ()
    variants = (*each.variants, *scalars)
    found = assert_conforms(
        each.target, each.rule, kwargs=each.kwargs, variants=variants, dtype=dtype, cases=20
    )
    assert found.unjudged < 2 / 3  # AdaBelief in bfloat16, whose g - m cancels: 0.57


@pytest.mark.parametrize("each", MUON, ids=label)
def test_matrices_in_float64_are_within_the_bound(each: Implementation) -> None:
    assert (
        assert_conforms(
            each.target, each.rule, variants=each.variants, dtype="float64", cases=each.cases // 3
        ).unjudged
        < 0.1
    )


@pytest.mark.parametrize("target", ["optax:adam", "optax:sgd"])
def test_compiled_by_xla_it_is_within_the_bound(target: str) -> None:
    assert_conforms(target, "adam" if "adam" in target else "momentum", jit=True, cases=20)


def test_compiled_by_torch_it_is_within_the_bound() -> None:
    assert_conforms("torch.optim:Adam", "adam", jit=True, cases=3)


@pytest.mark.parametrize(("each", "dtype", "what"), SEEN)
def test_what_is_wrong_in_the_pinned_versions_is_seen(each: Implementation, dtype: str, what: str) -> None:
    found = conform(each.target, each.rule, kwargs=each.kwargs, variants=each.variants, dtype=dtype)
    assert not found.agrees
    assert found.difference is not None
    assert what in found.difference.text


@pytest.mark.parametrize(
    "each", [each for each in TORCH if each.rule not in ("nadam", "momentum")], ids=label
)
def test_foreach_is_plain_bit_for_bit_in_float32(each: Implementation) -> None:
    """Of the pinned version, on a CPU."""
    rng = np.random.default_rng(0)
    gradients = rng.normal(size=(30, 19)) * 10.0 ** rng.uniform(-6, 3, size=(30, 1))
    weights = []
    for foreach in (False, True):
        w = torch.nn.Parameter(torch.ones(19))
        made = getattr(torch.optim, each.target.rpartition(":")[2])(
            [w], lr=0.01, foreach=foreach, **({"amsgrad": True} if each.kwargs else {})
        )
        for gradient in gradients:
            w.grad = torch.tensor(gradient, dtype=torch.float32)
            made.step()
        weights.append(w.detach().numpy().copy())
    assert np.array_equal(*weights)


@pytest.mark.parametrize(
    "asked", [("torch.optim:Adam", "betas=(0.5, 0.75), eps=0"), ("optax:adam", "b1=0.5, b2=0.75, eps=0")]
)
def test_the_limits_of_an_implementation_are_those_of_its_rule(asked: tuple[str, str]) -> None:
    rows = [[1, -4, -1], [3, -3, 5], [4, -1, -4]]
    name, kwargs = asked
    found = predict(rows, optimizer=name, kwargs=kwargs, batch_size=1, margins="none")
    rule = predict(rows, optimizer="adam", beta1="1/2", beta2="3/4", steps=0, margins="none")
    assert (found.word, rule.word) == ("measured", "certified")
    for limit in found.limits:
        assert min(np.linalg.norm(limit.direction - other.direction) for other in rule.limits) < 1e-8


IN_FLOAT32 = """
import torch


class Adam:
    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8):
        self.master = [p.detach().float() for p in params]
        self.params, self.adam = list(params), torch.optim.Adam(self.master, lr=lr, betas=betas, eps=eps)

    def step(self):
        for p, master in zip(self.params, self.master):
            master.data.copy_(p.data)
            master.grad = None if p.grad is None else p.grad.float()
        self.adam.step()
        for p, master in zip(self.params, self.master):
            p.data.copy_(master)
"""


def test_states_that_follow_the_weights_are_no_states_in_float32(tmp_path: Path) -> None:
    """torch's Adam keeps its states in the format of the weights; one around it keeps them in float32."""
    file = tmp_path / "mine.py"
    file.write_text(IN_FLOAT32)
    asked: dict[str, Any] = {"dtype": "bfloat16", "states": "float32"}
    found = conform("torch.optim:Adam", "adam", **asked)
    assert (found.agrees, found.near) == (False, ("--states bfloat16",))
    assert assert_conforms(f"{file}:Adam", "adam", cases=100, **asked).unjudged == 0


def test_multi_steps_of_optax_accumulate_means(tmp_path: Path, capsys: Any) -> None:
    file = tmp_path / "mine.py"
    file.write_text(
        "import optax\n\n\ndef accumulating(learning_rate=0.1, b1=0.9, b2=0.999, eps=1e-8):\n"
        "    adam = optax.adam(learning_rate, b1=b1, b2=b2, eps=eps)\n"
        "    return optax.MultiSteps(adam, every_k_schedule=2)\n"
    )
    # Compiled: outside, each call of its condition is compiled anew.
    words = ["conform", f"{file}:accumulating", "--rule", "adam", "--cases", "6", "--jit"]
    assert run([*words, "--accumulate", "2", "--json", "-"]) == 0
    assert json.loads(capsys.readouterr().out)["agrees"]


def test_the_page_of_differences_is_what_was_found() -> None:
    text = (HERE.parents[1] / "notes" / "implementations.md").read_text(encoding="utf-8")
    assert text == page(), "notes/implementations.md is stale: run `make implementations`"

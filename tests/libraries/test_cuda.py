"""torch's optimizers on a GPU, held against the rules. Without one these are skipped, and say so.

On a machine with one: ``python -m pytest tests/libraries/test_cuda.py``.
"""

from __future__ import annotations

import pytest

from libraries.table import FOREACH, FUSED, TORCH, Implementation
from properties.conform import assert_conforms

WHERE = "`make test-libraries` installs it and runs these"
torch = pytest.importorskip("torch", reason=f"torch is not installed: {WHERE}")
pytestmark = pytest.mark.skipif(
    not torch.cuda.is_available(), reason="there is no GPU here: run these where one is"
)

FORMATS = ("float32", "float64", "bfloat16")


def label(part: object) -> str | None:
    return part.text if isinstance(part, Implementation) else None


def held(each: Implementation, dtype: str, more: str, cases: int = 40) -> None:
    kwargs = ", ".join(text for text in (each.kwargs, more) if text)
    scalars = ("float32-scalars",) if each.rule == "nadam" and dtype == "float64" else ()
    variants = (*each.variants, *scalars)
    assert_conforms(
        each.target, each.rule, kwargs=kwargs, variants=variants, dtype=dtype, device="cuda", cases=cases
    )


@pytest.mark.parametrize("dtype", FORMATS)
@pytest.mark.parametrize("each", TORCH, ids=label)
def test_plain_is_within_the_bound(each: Implementation, dtype: str) -> None:
    held(each, dtype, "foreach=False")


@pytest.mark.parametrize("dtype", FORMATS)
@pytest.mark.parametrize("each", [each for each in FOREACH if each.rule != "momentum"], ids=label)
def test_foreach_is_within_the_bound(each: Implementation, dtype: str) -> None:
    held(each, dtype, "foreach=True")


@pytest.mark.parametrize("dtype", FORMATS)
@pytest.mark.parametrize("each", [each for each in FUSED if "Adagrad" not in each.target], ids=label)
def test_fused_is_within_the_bound(each: Implementation, dtype: str) -> None:
    held(each, dtype, "fused=True")


@pytest.mark.parametrize(
    "each", [each for each in TORCH if "Adam" in each.target or "RMS" in each.target], ids=label
)
def test_capturable_is_within_the_bound(each: Implementation) -> None:
    held(each, "float32", "capturable=True")

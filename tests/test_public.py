"""The public names are all there, and asking for none of them costs nothing."""

from __future__ import annotations

import subprocess
import sys

import pytest

import verify


@pytest.mark.parametrize("name", verify.__all__)
def test_public_name_is_there(name: str) -> None:
    assert getattr(verify, name) is not None
    assert name in verify.__all__


def test_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="nonsense"):
        verify.nonsense  # noqa: B018


def test_importing_the_package_imports_nothing_else() -> None:
    code = "import sys, verify; sys.exit(any(name in sys.modules for name in ('numpy', 'numba', 'flint')))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

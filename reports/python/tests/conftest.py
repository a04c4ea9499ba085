"""Inputs that ci/test-python makes: a bundle, and a folder with RO-Crate metadata."""
import os
from pathlib import Path

import pytest


def _named(variable: str) -> Path:
    if variable not in os.environ:
        pytest.fail(f"{variable} is not set; ci/test-python sets it")
    return Path(os.environ[variable])


@pytest.fixture(scope="session")
def bundle_path() -> Path:
    """Of table6 at smoke: 6 cells, 18 runs."""
    return _named("TRANSFERSCALE_BUNDLE")


@pytest.fixture(scope="session")
def crate_path() -> Path:
    """Of the same runs."""
    return _named("TRANSFERSCALE_CRATE")


@pytest.fixture(scope="session")
def sources() -> Path:
    """The project's root."""
    return Path(__file__).resolve().parents[3]

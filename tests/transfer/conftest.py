from __future__ import annotations

import os
from pathlib import Path

import pytest

DATA = Path(os.environ.get("GUANXI_TEST_DATA") or Path(__file__).parents[3] / "shared" / "data" / "open")


@pytest.fixture(scope="session")
def data() -> Path:
    """The folder of public data sets that are measured against; they do not come with the program."""
    if not DATA.is_dir():
        pytest.skip("the public data sets are not here (GUANXI_TEST_DATA)")
    return DATA

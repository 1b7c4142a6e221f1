"""The company that the tests of this folder live in, with a vault that is open and networks at home that may be reached."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_network

import pytest
from tests.company import company, desk, own_world, world

from guanxi import egress, vault

__all__ = ["company", "desk", "own_world", "world"]


@pytest.fixture(autouse=True)
def _out() -> Iterator[None]:
    vault.unlock("s" * 40)
    egress.allow((ip_network("127.0.0.0/8"),))
    yield
    egress.allow(())
    vault.unlock("s" * 40)

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio
from tests.conftest import drop_database, make_database
from tests.transfer.conftest import world

from guanxi.pg import Database

__all__ = ["world"]


@pytest_asyncio.fixture
async def database_of_its_own(server_url: str, template: str) -> AsyncIterator[Database]:
    """A second installation's."""
    url = make_database(server_url, template)
    pool = await Database.open(url, max_size=4)
    yield pool
    await pool.close()
    drop_database(url)

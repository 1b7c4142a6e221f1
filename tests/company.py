"""Fixtures of the company in :mod:`tests.world`, for the folders whose tests live in it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from tests.conftest import drop_database, make_database
from tests.world import Desk, World, build, enter


@pytest.fixture(scope="session")
def company(server_url: str, template: str) -> Iterator[str]:
    """The name of a database with the company in it, to be cloned."""
    url = make_database(server_url, template)
    asyncio.run(build(url))
    yield urlsplit(url).path.lstrip("/")
    drop_database(url)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def world(server_url: str, company: str) -> AsyncIterator[World]:
    """The company, for one module: what commits stays for its other tests."""
    url = make_database(server_url, company)
    found = await enter(url)
    yield found
    await found.db.close()
    drop_database(url)


@pytest_asyncio.fixture
async def own_world(server_url: str, company: str) -> AsyncIterator[World]:
    """The company for one test alone, which may change it for good."""
    url = make_database(server_url, company)
    found = await enter(url)
    yield found
    await found.db.close()
    drop_database(url)


@pytest_asyncio.fixture
async def desk(world: World) -> AsyncIterator[Desk]:
    """A transaction in which everybody can act and that is rolled back."""
    async with world.desk() as found:
        yield found

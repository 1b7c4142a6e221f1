"""The company that the tests of this folder live in, and the same with its customers graded."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio
from tests.company import company, desk, own_world, world
from tests.standing.scene import GRADES, STAGES, all_of_it, heard, put
from tests.world import World

__all__ = ["company", "desk", "graded", "own_world", "world"]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def graded(world: World) -> AsyncIterator[World]:
    """The module's company, in which accounts are graded and have a lifecycle."""
    await put(world, "grade", GRADES)
    await put(world, "lifecycle", STAGES)
    await heard(world)
    await all_of_it(world)
    yield world

"""The company that some of these tests live in."""

from tests.company import company, desk, own_world, world

__all__ = ["company", "desk", "own_world", "world"]

"""The company that the tests of this folder live in."""

from tests.company import company, desk, own_world, world

__all__ = ["company", "desk", "own_world", "world"]

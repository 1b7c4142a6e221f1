"""The company that the tests of this folder live in, and a mail server."""

from tests.company import company, desk, own_world, world
from tests.postbox import postbox

__all__ = ["company", "desk", "own_world", "postbox", "world"]

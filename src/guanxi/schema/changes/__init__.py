"""Changes to a catalog, as the API takes them and a workspace's layer keeps them: flat objects with an ``op``.

:func:`apply` carries out one change on dictionaries of objects and pipelines. A kind of change is a function under
``@op`` in one of the modules here, which are imported below so that :data:`OPS` knows them all.
"""

from guanxi.schema.changes import access as _access
from guanxi.schema.changes import objects as _objects
from guanxi.schema.changes import retyping as _retyping
from guanxi.schema.changes import ruling as _ruling
from guanxi.schema.changes import showing as _showing
from guanxi.schema.changes.naming import namesakes
from guanxi.schema.changes.objects import titles
from guanxi.schema.changes.parts import SYSTEM_COLUMNS, read_field
from guanxi.schema.changes.registry import OPS, Objects, apply, fail
from guanxi.schema.changes.retyping import free_former
from guanxi.schema.changes.ruling import rule_json

__all__ = [
    "OPS",
    "SYSTEM_COLUMNS",
    "Objects",
    "apply",
    "fail",
    "free_former",
    "namesakes",
    "read_field",
    "rule_json",
    "titles",
]
del _access, _objects, _retyping, _ruling, _showing

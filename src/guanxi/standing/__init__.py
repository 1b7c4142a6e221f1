"""Where a customer stands: the stage of its life and its grade, reckoned by rules on facts and explained."""

from guanxi.standing.hearing import everything
from guanxi.standing.journey import journey
from guanxi.standing.model import KINDS, Scheme
from guanxi.standing.overriding import override, release
from guanxi.standing.schemes import begin, get, in_force, known, load, offered, preview, put, template
from guanxi.standing.settling import Fall, on_fall, settle
from guanxi.standing.telling import standing
from guanxi.standing.tracing import trace

__all__ = [
    "KINDS",
    "Fall",
    "Scheme",
    "begin",
    "everything",
    "get",
    "in_force",
    "journey",
    "known",
    "load",
    "offered",
    "on_fall",
    "override",
    "preview",
    "put",
    "release",
    "settle",
    "standing",
    "template",
    "trace",
]

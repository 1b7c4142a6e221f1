"""Pools (公海): customers that nobody owns, whom members claim within limits, and into which fall those whom nobody cares for."""

# These register who is in pools, what may be done with what is in them, and how it is taken back.
from guanxi.pools import back, people, verbs
from guanxi.pools.acts import assign, claim, give_back, release, transfer
from guanxi.pools.ahead import Fall, warned
from guanxi.pools.nights import Night, Warned, night, on_warning, recycle, runs, simulate
from guanxi.pools.pool import Pool
from guanxi.pools.report import my_pools, report, standing

__all__ = [
    "Fall",
    "Night",
    "Pool",
    "Warned",
    "assign",
    "back",
    "claim",
    "give_back",
    "my_pools",
    "night",
    "on_warning",
    "people",
    "recycle",
    "release",
    "report",
    "runs",
    "simulate",
    "standing",
    "transfer",
    "verbs",
    "warned",
]

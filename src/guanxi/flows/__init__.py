"""Flows: what follows rules happens by itself, exactly once, can be seen, tried on the past, and taken back."""

from guanxi.flows import acting, starts, steering  # register what comes with the program
from guanxi.flows.kinds import (
    Done,
    Fail,
    Run,
    Spawn,
    StepContext,
    Stop,
    Unknown,
    Wait,
    bulk_step,
    described,
    parameter,
    step,
    trigger,
)
from guanxi.flows.shaping import activate, change, create, get, listing, may_shape, problems, remove

__all__ = [
    "Done",
    "Fail",
    "Run",
    "Spawn",
    "StepContext",
    "Stop",
    "Unknown",
    "Wait",
    "acting",
    "activate",
    "bulk_step",
    "change",
    "create",
    "described",
    "get",
    "listing",
    "may_shape",
    "parameter",
    "problems",
    "remove",
    "starts",
    "steering",
    "step",
    "trigger",
]

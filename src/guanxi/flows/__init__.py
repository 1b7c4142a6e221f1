"""Flows: what follows rules happens by itself, exactly once, can be seen, tried on the past, and taken back."""

from guanxi.flows import acting, approvals, hearing, starts, steering, working  # register what comes with the program
from guanxi.flows.advancing import advance, lost
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
from guanxi.flows.shaping import activate, change, create, get, listing, may_shape, problems, remove, version, versions
from guanxi.flows.starting import Start, buttons, called, fire, press, start, wake
from guanxi.flows.templates import offered, template
from guanxi.flows.tending import cancel, figures, resume, retry, run, runs, skip, undo
from guanxi.flows.trying import backtest, trial
from guanxi.flows.working import tick

__all__ = [
    "Done",
    "Fail",
    "Run",
    "Spawn",
    "Start",
    "StepContext",
    "Stop",
    "Unknown",
    "Wait",
    "acting",
    "activate",
    "advance",
    "approvals",
    "backtest",
    "bulk_step",
    "buttons",
    "called",
    "cancel",
    "change",
    "create",
    "described",
    "figures",
    "fire",
    "get",
    "hearing",
    "listing",
    "lost",
    "may_shape",
    "offered",
    "parameter",
    "press",
    "problems",
    "remove",
    "resume",
    "retry",
    "run",
    "runs",
    "skip",
    "start",
    "starts",
    "steering",
    "step",
    "template",
    "tick",
    "trial",
    "trigger",
    "undo",
    "version",
    "versions",
    "wake",
    "working",
]

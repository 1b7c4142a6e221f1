"""Flows: what follows rules happens by itself, exactly once, can be seen, tried on the past, and taken back."""

from guanxi.flows import (  # register what comes with the program
    absence,
    acting,
    approvals,
    forms,
    hearing,
    leaving,
    starts,
    steering,
    working,
)
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
from guanxi.flows.pressing import buttons, outcome, press, start
from guanxi.flows.shaping import activate, change, create, get, listing, may_shape, problems, remove, version, versions
from guanxi.flows.starting import Start, called, fire, wake
from guanxi.flows.templates import offered
from guanxi.flows.tending import cancel, figures, resume, retry, run, runs, skip, undo
from guanxi.flows.trying import backtest, progress, trial
from guanxi.flows.working import tick

__all__ = [
    "Done", "Fail", "Run", "Spawn", "Start", "StepContext", "Stop", "Unknown", "Wait", "absence", "acting",
    "activate", "advance", "approvals", "backtest", "bulk_step", "buttons", "called", "cancel", "change", "create",
    "described", "figures", "fire", "forms", "get", "hearing", "leaving", "listing", "lost", "may_shape", "offered",
    "outcome", "parameter", "press", "problems", "progress", "remove", "resume", "retry", "run", "runs", "skip",
    "start", "starts", "steering", "step", "tick", "trial", "trigger", "undo", "version", "versions", "wake",
    "working",
]  # fmt: skip

"""The engine: the one way in and the one way out of records. Everything takes a :class:`Context` first."""

from guanxi.records.around import Alert, alert, alerts, panel, panel_everywhere, panels
from guanxi.records.ask import Told, ask
from guanxi.records.audit import note, note_in, spend
from guanxi.records.between import between
from guanxi.records.catalogs import catalog_of
from guanxi.records.changesets import change_sets
from guanxi.records.consult import akin, consult, effects
from guanxi.records.context import Actor, Context, Grants, Workspace, system_actor
from guanxi.records.describe import describe
from guanxi.records.ended import Ended, ended, hears_of_ends
from guanxi.records.evolve import Evolution, declare, declared, evolve, failures, load_catalog, standing
from guanxi.records.explain import explain, readers, who
from guanxi.records.figures import aggregate
from guanxi.records.journal import Through, changes, histories, history, last_change, through
from guanxi.records.making import make_ready
from guanxi.records.many import mass
from guanxi.records.merges import gone_into
from guanxi.records.moving import Place, places
from guanxi.records.outbox import Deliveries, Delivery, Entry, deliver, subscriber
from guanxi.records.pending import cancel, pendings
from guanxi.records.piecemeal import piecemeal
from guanxi.records.read import Page, count_of, find, get, related, shown, stream, visible
from guanxi.records.reshape import reshapes, take_back
from guanxi.records.reveal import reveal
from guanxi.records.rollups import repair
from guanxi.records.row import Archive, Create, Delete, Operation, Outcome, Restore, Update, Upsert
from guanxi.records.search import search
from guanxi.records.settling import analyze, settle
from guanxi.records.shares import share, shared, shares, unshare
from guanxi.records.simulate import simulate
from guanxi.records.tagging import retag, tags
from guanxi.records.timeline import met, reached, timeline
from guanxi.records.tree import Node, tree
from guanxi.records.trial import check_formula
from guanxi.records.undo import undo
from guanxi.records.undoing import begin_undo, stop_undo, undo_status
from guanxi.records.workspaces import create_workspace, load_actor, load_actors, load_workspace, migrate, workspaces
from guanxi.records.write import MAX_BATCH, write

__all__ = [
    "MAX_BATCH",
    "Actor",
    "Alert",
    "Archive",
    "Context",
    "Create",
    "Delete",
    "Deliveries",
    "Delivery",
    "Ended",
    "Entry",
    "Evolution",
    "Grants",
    "Node",
    "Operation",
    "Outcome",
    "Page",
    "Place",
    "Restore",
    "Through",
    "Told",
    "Update",
    "Upsert",
    "Workspace",
    "aggregate",
    "akin",
    "alert",
    "alerts",
    "analyze",
    "ask",
    "begin_undo",
    "between",
    "cancel",
    "catalog_of",
    "change_sets",
    "changes",
    "check_formula",
    "consult",
    "count_of",
    "create_workspace",
    "declare",
    "declared",
    "deliver",
    "describe",
    "effects",
    "ended",
    "evolve",
    "explain",
    "failures",
    "find",
    "get",
    "gone_into",
    "hears_of_ends",
    "histories",
    "history",
    "last_change",
    "load_actor",
    "load_actors",
    "load_catalog",
    "load_workspace",
    "make_ready",
    "mass",
    "met",
    "migrate",
    "note",
    "note_in",
    "panel",
    "panel_everywhere",
    "panels",
    "pendings",
    "piecemeal",
    "places",
    "reached",
    "readers",
    "related",
    "repair",
    "reshapes",
    "retag",
    "reveal",
    "search",
    "settle",
    "share",
    "shared",
    "shares",
    "shown",
    "simulate",
    "spend",
    "standing",
    "stop_undo",
    "stream",
    "subscriber",
    "system_actor",
    "tags",
    "take_back",
    "through",
    "timeline",
    "tree",
    "undo",
    "undo_status",
    "unshare",
    "visible",
    "who",
    "workspaces",
    "write",
]

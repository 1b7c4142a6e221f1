"""Which records are one: standard forms that rules compare, and a model that finds those that are written otherwise."""

from guanxi.linkage.finding import find, nightly
from guanxi.linkage.forms import Column, Form, columns, form
from guanxi.linkage.keys import key, mark
from guanxi.linkage.model import Linkage, Model, Pair
from guanxi.linkage.worklist import begin, decide, groups, likely, overview

__all__ = [
    "Column",
    "Form",
    "Linkage",
    "Model",
    "Pair",
    "begin",
    "columns",
    "decide",
    "find",
    "form",
    "groups",
    "key",
    "likely",
    "mark",
    "nightly",
    "overview",
]

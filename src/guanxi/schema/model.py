"""What an object is, as plain data: no behaviour, no back-references, nothing that knows PostgreSQL or HTTP.

Everything here is frozen; a :class:`~guanxi.schema.catalog.Catalog` holds it and everything else is a function of that.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from guanxi.base import Label

Kind = Literal["open", "on_hold", "won", "lost"]
CHANCES: Mapping[Kind, int] = {"open": 50, "on_hold": 0, "won": 100, "lost": 0}
"""The kinds of a stage, each with the probability in percent of a stage that states none."""
RuleKind = Literal["validate", "require", "show", "readonly", "default", "gate", "duplicate", "options"]
RULE_KINDS: tuple[RuleKind, ...] = (
    "validate",
    "require",
    "show",
    "readonly",
    "default",
    "gate",
    "duplicate",
    "options",
)
How = Literal["exact", "folded", "phone", "email", "standard", "similar"]
HOWS: tuple[How, ...] = ("exact", "folded", "phone", "email", "standard", "similar")
Hidden = Literal["refuse", "owner", "masked", "ignore"]
HIDDEN: tuple[Hidden, ...] = ("refuse", "owner", "masked", "ignore")
Level = Literal["read", "update", "delete"]


@dataclass(frozen=True, slots=True)
class Option:
    """One choice of a select, by API name. ``color`` is a hue name of the theme, or empty."""

    name: str
    label: Label
    color: str = ""
    active: bool = True


@dataclass(frozen=True, slots=True)
class Field:
    """A field of an object; it is stored in the column of the same name.

    ``config`` holds what belongs to the type alone (``max`` of a text, ``scale`` of a decimal): each type checks its own.
    ``search`` is a weight, "A" best to "C", or empty. ``of`` names the field that this one accompanies (the currency of
    an amount): it is written, read, hidden and retired together with it. ``right`` names the system right without which
    nobody sees it. ``firm`` names the flags that the code declares and no workspace may take back.
    ``former`` names the field that keeps what this one was before its type was changed.
    """

    name: str
    type: str
    label: Label
    help: Label = field(default_factory=dict[str, str])
    required: bool = False
    unique: bool = False
    index: bool = False
    readonly: bool = False
    default: Any = None
    track: bool = False
    search: str = ""
    options: tuple[Option, ...] = ()
    target: str | None = None
    inverse: str | None = None
    inverse_label: Label = field(default_factory=dict[str, str])
    on_delete: Literal["clear", "restrict"] = "clear"
    config: Mapping[str, Any] = field(default_factory=dict[str, Any])
    of: str | None = None
    former: str = ""
    right: str = ""
    system: bool = False
    custom: bool = False
    retired: bool = False
    firm: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Stage:
    """A step of a pipeline. ``probability`` is in percent (0–100); ``required`` names fields that must be filled here."""

    name: str
    label: Label
    kind: Kind = "open"
    probability: int = 0
    color: str = ""
    required: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Role:
    """What its holders may do: ``grants`` of objects by verb with a scope, of fields, and of the system."""

    name: str
    label: Label
    grants: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Pipeline:
    """An ordered set of stages for the records of ``object``."""

    name: str
    object: str
    label: Label
    stages: tuple[Stage, ...]
    custom: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    """A titled group of fields on a form and a record page."""

    label: Label
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Layout:
    """How a form and a record page are laid out.

    ``actions`` are the verbs offered as buttons, in this order; None offers all. The buttons of flows are offered also where
    they are not named, unless ``flows`` is false. ``header`` are the figures beside the title: fields, or the sum of related records in one of their views
    (``opportunities.open``); None shows what the engine finds fit. ``related`` are the lists on the right, above which stand the ``panels``; None shows all that there are.
    """

    sections: tuple[Section, ...] = ()
    related: tuple[str, ...] = ()
    header: tuple[str, ...] | None = ()
    actions: tuple[str, ...] | None = None
    panels: tuple[str, ...] | None = None
    flows: bool = True


ViewKind = Literal["table", "board", "calendar", "gallery", "chart"]
"""How a list is shown."""
VIEW_KINDS: Mapping[ViewKind, str] = {
    "table": "Rows and columns.",
    "board": "Cards in columns; `by` is the stage or the choice that makes the columns, `card` what a card shows, `sum` what is added up.",
    "calendar": "Records on their days; `by` is the date or time that places them.",
    "gallery": "Cards that wrap to the width; `by` is the file whose picture is the cover, `columns` what stands on a card: the name and the first four others.",
    "chart": "Bars, a line or a funnel; `by` makes the bars, `sum` is what they measure.",
}
"""What each kind makes of a view."""


@dataclass(frozen=True, slots=True)
class View:
    """A named query of an object and how it is shown."""

    name: str
    label: Label
    kind: ViewKind = "table"
    columns: tuple[str, ...] = ()
    filter: Mapping[str, Any] | None = None
    sort: str = ""
    by: str = ""
    card: tuple[str, ...] = ()
    sum: str = ""


@dataclass(frozen=True, slots=True)
class Action:
    """A verb of the domain on one record; ``input`` are the fields of its form."""

    name: str
    label: Label
    input: tuple[Field, ...] = ()
    when: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Match:
    """What two records must have in common to be duplicates: a value in any of ``fields``, as ``how`` compares values.

    ``exact``: the same. ``folded``: the same but for case, width and blanks. ``phone``: the same last ten digits.
    ``email``: the same but for case and what follows a ``+``. ``standard``: one standard form, such as that of a company's name
    wherever its region stands in it. ``similar``: what the search box would find; it only warns.
    """

    fields: tuple[str, ...]
    how: How = "exact"


@dataclass(frozen=True, slots=True)
class Rule:
    """Something that records of an object keep to, as data. ``when`` is a filter (JSON); None holds always.

    - ``validate``: a record for which ``when`` holds is refused with ``message``, at the first of ``fields`` or as a whole.
    - ``require``: where ``when`` holds, ``fields`` must not be empty.
    - ``show``: ``fields`` are shown only where ``when`` holds (of several such rules for a field: where any does). What is
      hidden keeps its value and is not asked for by ``require``.
    - ``readonly``: where ``when`` holds of the record as it is stored (of a new one: as it is to be), ``fields`` stay as they are.
    - ``default``: a new record for which ``when`` holds begins with ``value`` in each of ``fields`` that is not given: a value,
      a macro of the type (``$me``, ``{"in_days": 7}``), or what ``{"formula": "amount * 2"}`` makes of its other values.
    - ``gate``: a record enters (or, with ``way`` leave, leaves) ``stages`` of ``pipeline`` only where ``when`` holds; else it is
      refused with ``message``.
    - ``options``: where ``when`` holds, ``fields`` (choices) may only have the options whose names ``value`` lists; with ``by``,
      another choice, those that ``value`` lists for its option (all for one that it does not name).
    - ``duplicate``: two records for which ``when`` holds and which have all of ``match`` in common are duplicates. ``act`` is
      ``warn`` or ``block``; ``hidden`` says what who may not see the other record is told: ``refuse`` that there is one, where
      it blocks, ``owner`` also whose it is, ``masked`` only how that person's name begins and in which pool the record is,
      ``ignore`` nothing, as if it were not there.
    """

    name: str
    kind: RuleKind
    label: Label
    when: Mapping[str, Any] | None = None
    fields: tuple[str, ...] = ()
    message: Label = field(default_factory=dict[str, str])
    value: Any = None
    pipeline: str = ""
    stages: tuple[str, ...] = ()
    way: Literal["enter", "leave"] = "enter"
    match: tuple[Match, ...] = ()
    act: Literal["warn", "block"] = "warn"
    hidden: Hidden = "refuse"
    active: bool = True
    custom: bool = False
    by: str = ""


@dataclass(frozen=True, slots=True)
class AccessRule:
    """Records that satisfy the filter ``when``, and whom ``to`` names: ``{"role": name}``, ``{"team": id}``, ``{"user": id}``,
    ``{"owner": true}`` or ``{"everyone": true}``.

    It adds to what their roles' scopes reach, up to ``level``. With ``only`` it takes away from all others: nobody else may
    do what ``level`` says or more, whatever else they have.
    """

    name: str
    label: Label
    when: Mapping[str, Any]
    to: tuple[Mapping[str, Any], ...]
    level: Level = "read"
    only: bool = False


@dataclass(frozen=True, slots=True)
class Object:
    """A kind of record: a table of its fields.

    ``title`` names the field that stands for the record; ``owner`` the user field that scopes of access go by (or empty:
    then the creator counts). ``inherits`` names a link: who may read what it points to may read this record too.
    ``cascades`` say the same, link by link, and by level: ``none`` takes back what is declared, ``update`` lets those change
    the record who may change what the link points to. ``access`` are rules by what stands in the record. ``layouts`` are those
    of single roles by name, in place of ``layout``. ``area`` is the place in the navigation, empty for none. ``activity``
    marks what happens on other records. ``moment`` names the day or time by which its records stand on the timelines of what they
    link to (activities stand there anyway; without it by when they were noted). ``channel`` names the choice that says by which
    way somebody was reached, or is that way itself where it is the same for all. ``archivable`` is false for whom or what rights
    hang on: these are switched off instead.
    """

    name: str
    label: Label
    plural: Label
    fields: tuple[Field, ...]
    title: str = "name"
    subtitle: tuple[str, ...] = ()
    owner: str = ""
    inherits: str = ""
    cascades: Mapping[str, str] = field(default_factory=dict[str, str])
    access: tuple[AccessRule, ...] = ()
    icon: str = "box"
    area: str = ""
    activity: str = ""
    moment: str = ""
    channel: str = ""
    layout: Layout = field(default_factory=Layout)
    layouts: Mapping[str, Layout] = field(default_factory=dict[str, Layout])
    views: tuple[View, ...] = ()
    actions: tuple[Action, ...] = ()
    rules: tuple[Rule, ...] = ()
    measures: Mapping[str, Mapping[str, Any]] = field(default_factory=dict[str, Mapping[str, Any]])
    archivable: bool = True
    custom: bool = False
    retired: bool = False

    @property
    def under(self) -> tuple[str, ...]:
        """What stands under the title: the subtitle; where nobody chose one for an object of the workspace, a link and a choice."""
        links = [f.name for f in self.fields if f.target and f.target != "user" and not f.retired]
        choices = [f.name for f in self.fields if f.options and not f.retired]
        return self.subtitle or ((*links[:1], *choices[:1]) if self.custom else ())


SYSTEM_FIELDS: tuple[Field, ...] = tuple(
    replace(f, system=True, readonly=True)
    for f in (
        Field("id", "id", {"en": "Id", "zh": "编号"}),
        Field("version", "integer", {"en": "Version", "zh": "版本"}),
        Field("created_at", "datetime", {"en": "Created", "zh": "创建时间"}, index=True),
        Field("updated_at", "datetime", {"en": "Changed", "zh": "修改时间"}, index=True),
        Field("created_by", "user", {"en": "Created by", "zh": "创建人"}, target="user"),
        Field("updated_by", "user", {"en": "Changed by", "zh": "修改人"}, target="user"),
    )
)
"""The fields that every object has; the engine writes them."""

BIN_FIELDS: Mapping[str, Field] = {
    f.name: replace(f, system=True, readonly=True)
    for f in (
        Field("deleted_at", "datetime", {"en": "Deleted", "zh": "删除时间"}, index=True),
        Field("deleted_by", "user", {"en": "Deleted by", "zh": "删除人"}, target="user"),
    )
}
"""The fields that a record has in the recycle bin, and nowhere else."""

RESERVED = frozenset({f.name for f in SYSTEM_FIELDS} | {*BIN_FIELDS, "match", "and", "or", "not", "any", "none"})
"""Names that no declared or custom field may take."""

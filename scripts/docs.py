"""Write docs/reference/ from the program itself: field types, objects, operators, errors, settings, commands, changes.

``make docs`` writes; a test compares. What is said there stands in docstrings, labels and messages, nowhere else.
"""

from __future__ import annotations

import inspect
import re
import sys
from pathlib import Path

import click

import guanxi.apps
import guanxi.identity.people  # noqa: F401 - registers users, teams and roles
from guanxi.apps.roles import ROLES
from guanxi.base.messages import MESSAGES
from guanxi.base.settings import Settings
from guanxi.cli import main as command
from guanxi.records import rules
from guanxi.records.context import SCOPES, VERBS
from guanxi.records.evolve import declared
from guanxi.schema.catalog import fold
from guanxi.schema.changes import OPS
from guanxi.schema.changes.ruling import KEYS
from guanxi.schema.formula.functions import FUNCTIONS as FORMULA_FUNCTIONS
from guanxi.schema.formula.functions import GROUPS
from guanxi.schema.model import RULE_KINDS, VIEW_KINDS, Match, Rule
from guanxi.schema.query import FUNCTIONS, GRAINS
from guanxi.schema.types import TYPES

REFERENCE = Path(__file__).parents[1] / "docs" / "reference"
NOTE = "<!-- Written by `make docs` from the program. Change the program, not this page. -->\n"

VARIABLES = {
    "DATABASE_URL": ("database_url", "unset: the embedded PostgreSQL"),
    "GUANXI_DATA": ("data", "a folder of the user's own"),
    "GUANXI_SECRET": ("secret", "made at the first start and kept in the data folder"),
    "GUANXI_SECRET_BEFORE": ("earlier_secrets", "none"),
    "GUANXI_NETWORKS": ("networks", "none"),
    "GUANXI_RATE": ("rate", "60000"),
    "GUANXI_BASE_URL": ("base_url", "as the request says"),
    "GUANXI_FILES": ("files", "`files` in the data folder"),
    "GUANXI_LOG": ("log_level", "`info`"),
    "GUANXI_MAIL": ("mail", "unset: no mail is sent"),
    "GUANXI_MAIL_FROM": ("mail_from", "unset"),
}


def text_of(thing: object) -> str:
    """A docstring as Markdown: reStructuredText's double backquotes become single ones."""
    return re.sub(r":\w+:`~?[\w.]*?(\w+)`", r"`\1`", (inspect.getdoc(thing) or "").replace("``", "`"))


def cell(text: object) -> str:
    """Text inside of a table."""
    return str(text).replace("|", "\\|").replace("\n", " ")


def page_types() -> str:
    """Every field type."""
    out = [NOTE, "# Field types 字段类型\n"]
    out.append("| name | English | 中文 | stored as | custom fields |\n|---|---|---|---|---|")
    out.extend(
        f"| [`{t.name}`](#{t.name}) | {t.label['en']} | {t.label['zh']} | `{t.sql}` | {'yes' if t.custom else 'no'} |"
        for t in TYPES.values()
    )
    for t in TYPES.values():
        out.append(f"\n## {t.name}\n\n**{t.label['en']} · {t.label['zh']}**\n\n{text_of(type(t))}\n")
        out.append(f"- Must be: {t.expected['en']} · {t.expected['zh']}")
        out.append(f"- Operators: {', '.join(f'`{o}`' for o in t.operators) or 'none'}")
        out.append(
            f"- Aggregates: {', '.join(f'`{a}`' for a in t.aggregates) or 'none'}{'; by day, week, month, quarter, year' if t.grains else ''}"
        )
        traits = [
            word
            for word, holds in {
                "sorts": t.sortable and not t.many,
                "groups": t.groupable,
                "holds several values": t.many,
                "is written and never read": not t.readable,
                "is made by the engine": t.made,
            }.items()
            if holds
        ]
        out.append(f"- It {', '.join(traits) or 'is shown only'}.")
        if t.config:
            out.append("\n| setting | meaning |\n|---|---|")
            out += [f"| `{name}` | {cell(meaning)} |" for name, meaning in t.config.items()]
    return "\n".join(out) + "\n"


def page_objects() -> str:
    """Every standard object with its fields, verbs and pipelines."""
    catalog = fold(declared())
    out = [
        NOTE,
        "# Objects 对象\n",
        "Standard objects of a new workspace. Every object also has `id`, `version`, `created_at`, `updated_at`, `created_by`, `updated_by`.\n",
    ]
    for entity in catalog.entities.values():
        o = entity.definition
        out.append(
            f"\n## {o.name}\n\n**{o.label['en']} · {o.label['zh']}**. Title `{o.title}`"
            + (f", owner `{o.owner}`" if o.owner else "")
            + ".\n"
        )
        out.append("| field | type | English | 中文 | notes |\n|---|---|---|---|---|")
        for name in entity.stored:
            f = entity.fields[name]
            notes = [
                word
                for word, holds in {
                    "required": f.required,
                    "unique": f.unique,
                    "read-only": f.readonly,
                    f"of `{f.of}`": f.of,
                    f"→ `{f.target}`": f.target,
                    f"inverse `{f.inverse}`": f.inverse,
                    "searched": f.search,
                }.items()
                if holds
            ]
            if f.options and f.type not in ("stage", "pipeline"):
                notes.append("options " + " ".join(f"`{x.name}`" for x in f.options))
            out.append(
                f"| `{name}` | [`{f.type}`](field-types.md#{f.type}) | {f.label['en']} | {f.label.get('zh', '')} | {cell(', '.join(notes))} |"
            )
        if entity.children:
            out.append("\nRelated: " + ", ".join(f"`{c.name}` ({c.object})" for c in entity.children.values()) + ".")
        for verb in rules.actions(entity).values():
            inputs = ", ".join(f"`{f.name}` ({f.type})" for f in verb.input) or "nothing"
            out.append(
                f"\nAction `{verb.name}` ({verb.label['en']} · {verb.label['zh']}), input: {inputs}. {text_of(verb.run)}"
            )
    out.append("\n## Pipelines 销售流程\n")
    for p in catalog.pipelines.values():
        out.append(f"\n**`{p.name}`** of `{p.object}`: {p.label['en']} · {p.label['zh']}\n")
        out.append("| stage | English | 中文 | kind | probability | required |\n|---|---|---|---|---|---|")
        out += [
            f"| `{s.name}` | {s.label['en']} | {s.label['zh']} | {s.kind} | {s.probability} % | {' '.join(f'`{r}`' for r in s.required)} |"
            for s in p.stages
        ]
    return "\n".join(out) + "\n"


def page_queries() -> str:
    """Operators by type, aggregate functions, grains."""
    operators = list(dict.fromkeys(op for t in TYPES.values() for op in t.operators))
    out = [NOTE, "# Filters and aggregates 筛选与汇总\n", "Which operator goes with which type:\n"]
    out.append("| type | " + " | ".join(f"`{o}`" for o in operators) + " |\n|---" * 1 + "|---" * len(operators) + "|")
    out += [
        f"| `{t.name}` | " + " | ".join("•" if o in t.operators else "" for o in operators) + " |"
        for t in TYPES.values()
    ]
    out.append(
        f"\nFunctions of an aggregate: {', '.join(f'`{f}`' for f in FUNCTIONS)}. Grains of dates: {', '.join(f'`{g}`' for g in GRAINS)}.\n"
    )
    out.append(
        'Also: `and`, `or`, `not`; `formula` with a text, see [formulas](formulas.md); `any` and `none` of related records with `where`; `related` of them together, with one of `count`, `sum`, `min`, `max`, `average`, `latest` and a comparison, such as `{"related": "orders", "where": {…}, "count": {"gte": 2}}` or `"sum": {"field": "amount", "gt": 1000}`, of those that are later than the latest of another list with `"after": {"field": "starts_at", "related": "orders", "latest": "ordered_at"}`; `in_segment` with the id of a segment; `in_change_set` with that of a change set, for what it created or changed; `{"duplicate": true}`; the operator `invalid` of fields whose type can tell; `search` with a text; paths over links such as `account.industry`.'
        ' Conditions of rules that judge a change take `{"changed": "amount"}`, with `"way": "up"` or `"down"` too, and `{"was": {…}}`.'
    )
    return "\n".join(out) + "\n"


def page_formulas() -> str:
    """Every function of formulas."""
    out = [NOTE, "# Formulas 公式\n"]
    out.append(
        "What can be written in a formula. How they are used: [Formulas and roll-ups](../how-to/formulas-and-rollups.md).\n"
    )
    for group, label in GROUPS.items():
        out.append(f"## {label['en']} {label['zh']}\n")
        out.append("| function | what it tells | 说明 | example |\n|---|---|---|---|")
        out.extend(
            f"| `{cell(f.usage)}` | {cell(f.help['en'])} | {cell(f.help['zh'])} | `{cell(f.example)}` |"
            for f in FORMULA_FUNCTIONS.values()
            if f.group == group
        )
        out.append("")
    return "\n".join(out)


def page_changes() -> str:
    """Changes that the catalog takes."""
    out = [
        NOTE,
        "# Catalog changes 目录变更\n",
        "`POST /api/v1/catalog/changes` takes a list of these; all or nothing.\n",
        "| op | keys | |\n|---|---|---|",
    ]
    out += [
        f"| `{name}` | {', '.join(f'`{k}`' for k in op.keys)} | {cell(inspect.getdoc(op.carry) or '')} |"
        for name, op in OPS.items()
    ]
    out.append("\n## Kinds of views\n\n| kind | shows |\n|---|---|")
    out += [f"| `{kind}` | {cell(shows)} |" for kind, shows in VIEW_KINDS.items()]
    out.append(
        f"\n## Rules\n\n{text_of(Rule)}\n\nEvery rule has `name`, `kind`, `label`, `active`; by its kind also:\n"
    )
    out.append("| kind | keys |\n|---|---|")
    out += [f"| `{kind}` | {', '.join(f'`{k}`' for k in KEYS[kind].split())} |" for kind in RULE_KINDS]
    out.append(f'\n`match` is a list of `{{"fields": [...], "how": ...}}`. {text_of(Match)}')
    return "\n".join(out) + "\n"


def page_errors() -> str:
    """Every code with its messages."""
    out = [
        NOTE,
        "# Error codes 错误代码\n",
        "`code` of a problem and of each of its `errors`. Words in braces are filled in.\n",
        "| code | English | 中文 |\n|---|---|---|",
    ]
    out += [f"| `{code}` | {cell(m['en'])} | {cell(m['zh'])} |" for code, m in sorted(MESSAGES.items())]
    return "\n".join(out) + "\n"


def page_roles() -> str:
    """Seeded roles and what a grant may say."""
    out = [
        NOTE,
        "# Roles 角色\n",
        f"Verbs: {', '.join(f'`{v}`' for v in VERBS)}. Scopes, from nothing to everything: {', '.join(f'`{s}`' for s in SCOPES)}; `true` is `all`.\n",
    ]
    for name, label, grants in ((r.name, r.label, r.grants) for r in ROLES):
        out.append(
            f"\n## {name}\n\n{label['en']} · {label['zh']}. System rights: {', '.join(f'`{s}`' for s in grants.get('system', [])) or 'none'}.\n"
        )
        out.append("| object | " + " | ".join(VERBS) + " |\n|---" + "|---" * len(VERBS) + "|")
        for object_name, verbs in grants["objects"].items():
            said = [{True: "all", False: ""}.get(verbs.get(v, ""), verbs.get(v, "")) for v in VERBS]
            out.append(
                f"| {'all others' if object_name == '*' else f'`{object_name}`'} | "
                + " | ".join(str(s) for s in said)
                + " |"
            )
    return "\n".join(out) + "\n"


def page_settings() -> str:
    """Every setting."""
    source = inspect.getsource(Settings)
    out = [
        NOTE,
        "# Settings 设置\n",
        "From the environment, or a `.env` file in the current folder; the environment wins.\n",
        "| variable | meaning | default |\n|---|---|---|",
    ]
    for variable, (name, default) in VARIABLES.items():
        found = re.search(rf'    {name}:[^\n]*\n    """(.*?)"""', source, re.DOTALL)
        meaning = found[1] if found else "How much is logged: `debug`, `info`, `warning`, `error`."
        out.append(f"| `{variable}` | {cell(meaning.replace('``', '`'))} | {default} |")
    return "\n".join(out) + "\n"


def page_commands() -> str:
    """Every command with its options."""
    out = [NOTE, "# Commands 命令\n"]

    def walk(found: click.Command, path: str) -> None:
        if found.hidden:
            return
        context = click.Context(found, info_name=path, terminal_width=100, max_content_width=100)
        out.append(f"\n## {path}\n\n```\n{found.get_help(context)}\n```")
        if isinstance(found, click.Group):
            for name in sorted(found.commands):
                walk(found.commands[name], f"{path} {name}")

    walk(command, "guanxi")
    return "\n".join(out) + "\n"


PAGES = {
    "field-types.md": page_types,
    "objects.md": page_objects,
    "filters.md": page_queries,
    "formulas.md": page_formulas,
    "catalog-changes.md": page_changes,
    "errors.md": page_errors,
    "roles.md": page_roles,
    "settings.md": page_settings,
    "commands.md": page_commands,
}


def written() -> dict[str, str]:
    """Every page of the reference as the program would write it now."""
    pages = {name: make() for name, make in PAGES.items()}
    contents = "\n".join(f"- [{text.splitlines()[2].removeprefix('# ')}]({name})" for name, text in pages.items())
    pages["README.md"] = (
        f"{NOTE}\n# Reference 参考\n\n{contents}\n- The HTTP interface: `/api/docs` of any installation, `/api/openapi.json` for programs.\n"
    )
    return pages


def main() -> int:
    """Write the pages; with ``--check`` only say which are not current."""
    stale = [
        n for n, text in written().items() if not (REFERENCE / n).exists() or (REFERENCE / n).read_text("utf-8") != text
    ]
    if "--check" in sys.argv:
        print(
            "\n".join(f"docs/reference/{n} is not current: run make docs" for n in stale) or "docs/reference is current"
        )
        return int(bool(stale))
    REFERENCE.mkdir(parents=True, exist_ok=True)
    for name, text in written().items():
        (REFERENCE / name).write_text(text, "utf-8")
    print(f"docs/reference: {len(PAGES) + 1} pages, {len(stale)} of them changed")
    return 0


if __name__ == "__main__":
    sys.exit(main())

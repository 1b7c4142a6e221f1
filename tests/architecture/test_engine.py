"""What the engine keeps to: one module makes the SQL of reads, nothing runs text as code, and it stays small enough to know."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from configparser import ConfigParser
from functools import cache
from pathlib import Path

import pytest

from guanxi.base.text import LANGUAGES

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src/guanxi"
FILES = sorted(SOURCE.rglob("*.py"))
PACKAGES = sorted({p.relative_to(SOURCE).parts[0] for p in FILES if len(p.relative_to(SOURCE).parts) > 1})


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


@cache
def imports(path: Path) -> set[str]:
    """The top-level names of what a file imports, also inside functions."""
    found: set[str] = set()
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            found |= {a.name for a in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            found |= {node.module or "", *(f"{node.module}.{a.name}" for a in node.names)}
    return found


# -- floors ------------------------------------------------------------------------------------------------------------


def test_every_package_has_a_floor_and_keeps_to_it() -> None:
    config = ConfigParser()
    config.read(ROOT / ".importlinter")
    layers = [
        re.findall(r"\w+", line)
        for line in config["importlinter:contract:floors"]["layers"].splitlines()
        if line.strip()
    ]
    floor = {name: n for n, names in enumerate(layers) for name in names}
    for path in FILES:
        here = path.relative_to(SOURCE).parts[0].removesuffix(".py")
        if here in ("__init__", "__main__"):
            continue
        assert here in floor, f"{here} has no floor in .importlinter"
        for name in imports(path):
            parts = name.split(".")
            if parts[0] == "guanxi" and len(parts) > 1 and parts[1] in floor and parts[1] != here:
                assert floor[parts[1]] > floor[here], f"{path.relative_to(SOURCE)} may not import {name}"


@pytest.mark.parametrize(
    ("library", "home"),
    [
        ("psycopg", "pg"),
        ("psycopg_pool", "pg"),
        ("fastapi", "api"),
        ("starlette", "api"),
        ("granian", "main.py"),
        ("httpx", "nowhere"),
    ],
)
def test_a_library_has_one_home(library: str, home: str) -> None:
    for path in FILES:
        here = path.relative_to(SOURCE).parts[0]
        used = any(name.split(".")[0] == library for name in imports(path))
        if used and library == "granian":
            assert here in ("main.py", "cli.py", "commands", "api"), path
        elif used:
            assert here == home, f"{path.relative_to(SOURCE)} imports {library}"


# -- text is never code ------------------------------------------------------------------------------------------------

RUNNING_TEXT = {"eval", "exec", "compile", "__import__", "breakpoint"}
UNSAFE = {"pickle", "marshal", "shelve", "yaml", "jinja2", "dill", "cloudpickle", "code", "codeop"}


def test_no_text_is_run_as_code() -> None:
    for path in FILES:
        assert not {n.split(".")[0] for n in imports(path)} & UNSAFE, path
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id not in RUNNING_TEXT, f"{path}:{node.lineno}"
            if isinstance(node, ast.Call) and any(k.arg == "shell" for k in node.keywords):
                raise AssertionError(f"{path}:{node.lineno}: no shell")
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                assert (node.value.id, node.attr) not in {
                    ("os", "system"),
                    ("os", "popen"),
                    ("importlib", "import_module"),
                }, path


# -- one compiler ------------------------------------------------------------------------------------------------------

NAMED = re.compile(
    r"\b(?:FROM|JOIN|UPDATE|INTO)\s+(?:LATERAL\s+)?(\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\}(?:\.(?:_?\{[^}]*\}|_?\w+))?|\"?[\w.]+\"?|\()"
)
HARMLESS = re.compile(
    r"\(|\{source\}|\{lost\}|\{stored\}|\{within\}|\{those\}"  # what the compiler made, with its predicate; what was just written
    r"|guanxi\.\w+|pg_\w+"  # the installation's own tables, and PostgreSQL's
    r"|\{.*\}\._(?:\w+|\{source\})|\{\w*\.?_?(?:table|journal)\((?:(?:c\.)?ctx|'_\w+')\)\}"  # the workspace's own: journal, shares, change sets
    r"|seen|p|entered|reached|stays"  # parts of one statement
    r"|SKIP|jsonb?_\w+|unnest|generate_series|coalesce|min|SET|OF|ins|up|down|top|around|found|older|newer|g|expires|last_seen|c|i|s|r|want|gone|come|moving|moves|due|now|\{role\}"
)
OBJECT_TABLES = {
    "records/resealing.py": "seals anew values that stay what they were",
    "records/kept.py": "keeps figures beside what is written in records",
    "records/compile.py": "puts the reader's predicate beside every one",
    "records/circles.py": "asks what is above a record in a tree, whoever may see it; tells nothing but that it is itself",
    "records/reshape.py": "asks whether an option that goes was chosen in any record; tells nothing but that",
    "records/past.py": "is what the compiler's source prints of a moment, each table with the reader's predicate",
    "records/write.py": "stores rows that the compiler let it lock, checks what is unique and what is held by others",
    "records/store.py": "stores rows that the compiler let it lock, checks what is unique and what is held by others",
    "records/imagined.py": "shows rules a row as it is to be, over what the compiler let a write load",
    "records/rollups.py": "takes figures of all records, whoever may see them",
    "records/bydifference.py": "moves figures of all records, whoever may see them",
    "records/explain.py": "asks the truth of each ground of a record that the asker may see",
    "records/journal.py": "notes what is kept beside a record in the history of one that the actor may change",
    "records/shares.py": "gives what is shared with a leaver to whoever takes over",
    "records/workspaces.py": "finds out who acts, before there is an actor",
    "records/evolve.py": "counts the records in a stage that is to go, and what is to be unique",
    "records/entries.py": "makes search entries of all records, whoever may see them",
    "records/moving.py": "leads along all that points to records that become one, whoever may see it",
    "records/attached.py": "leads along rows of the workspace's own tables, whose names it is told",
    "merging/combining.py": "reads anew what the compiler let it lock, and notes merges in its history",
    "records/merges.py": "looks whether what went into others is in the bin",
    "merging/parting.py": "reads the one that stays, which its reader sees, and where what was led along is now",
    "records/retype.py": "makes the values of all records anew, whoever may see them",
    "records/making.py": "takes away the columns of a change that was given up",
    "upgrade.py": "renames fields and objects, also in what roles give",
    "records/sweep.py": "changes records that a rule of the program chose, which nobody has to see",
    "records/wholesale.py": "stores rows that the compiler let it lock, and checks what is held by others",
    "pools/acts.py": "locks what its caller was found to see, and counts what people hold",
    "pools/falling.py": "says what falls, whoever may see it; only who sets rights asks",
    "pools/nights.py": "looks whether there are pools with rules",
    "pools/people.py": "finds out who acts, before there is an actor",
    "pools/report.py": "counts for who manages a pool what came of what it gave",
    "apps/customers/contacted.py": "takes a moment of all activities, whoever may see them",
    "linkage/model.py": "works in a DuckDB of its own, of which none is a table of a workspace",
    "records/backwards.py": "finds the records that a change may concern, and tells nobody; the compiler then says who is a member",
    "identity/gate.py": "knows people by session and token, before there is an actor",
    "identity/signin.py": "knows people by e-mail, before there is an actor",
    "identity/tokens.py": "knows whose token it is",
    "identity/people.py": "compares what roles give",
    "audit/retention.py": "takes away for good what lay in the bin for long enough, whoever may see it",
    "commands/surroundings.py": "the command line finds its user",
    "flows/replaying.py": "dates records of the past that it wrote anew, in what is taken back anyway",
    "views/__init__.py": "knows the teams whose views there are, and who leads them",
    "whole/coming.py": "gives back to what lies in the bin again the number that one in use has too",
    "sample/loading.py": "spreads invented history over past years",
}
"""Modules that may name the tables of objects, and why."""


@cache
def texts(path: Path) -> list[tuple[int, str]]:
    """The texts of a file that are no docstrings; of an f-string its parts with ``{expression}`` between."""
    tree = tree_of(path)
    docs = {id(n.value) for n in ast.walk(tree) if isinstance(n, ast.Expr) and isinstance(n.value, ast.Constant)}
    inside: set[int] = set()
    out: list[tuple[int, str]] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            inside.update(id(v) for v in node.values)
            parts = [
                str(v.value) if isinstance(v, ast.Constant) else f"{{{ast.unparse(v.value)}}}" for v in node.values
            ]  # type: ignore[attr-defined]
            out.append((node.lineno, "".join(parts)))
    return out + [
        (n.lineno, n.value)
        for n in ast.walk(tree)
        if isinstance(n, ast.Constant) and isinstance(n.value, str) and id(n) not in docs | inside
    ]


def test_records_are_read_through_the_compiler_alone() -> None:
    named: set[str] = set()
    for path in FILES:
        name = path.relative_to(SOURCE).as_posix()
        if name.startswith("pg/"):
            continue
        for line, text in texts(path):
            for found in NAMED.finditer(text):
                if not HARMLESS.fullmatch(found[1]):
                    assert name in OBJECT_TABLES, f"{name}:{line} reads {found[1]}: use records.find or the compiler"
                    named.add(name)
    assert "records/write.py" in named, "this test sees what it looks for"


def test_the_compiler_prints_no_table_without_its_predicate() -> None:
    """``source`` is the one place that names an object's table, and every FROM and JOIN goes through it."""
    text = (SOURCE / "records/compile.py").read_text()
    assert len(re.findall(r"self\.table\(entity\.name\)", text)) == 1
    assert (
        text.count("self.table(")
        == text.count('self.table("_search")')
        + text.count("self.table('_search')")
        + text.count("self.table('_share')")
        + text.count('self.table("_share")')
        + 1
    )
    past = (SOURCE / "records/past.py").read_text()
    assert past.count("c.table(entity.name)") == past.count("_reach(c, entity, ") == 2
    for name in ("compile.py", "paging.py", "figures.py", "pointing.py"):
        for line, sql in texts(SOURCE / "records" / name):
            for found in re.finditer(r"(?:FROM|JOIN) \{(source|lost)\}", sql):
                beside = r"\{gone\}" if found[1] == "lost" else r"\{(?:visible|gone)\}"
                assert re.search(beside, sql[found.end() :]), f"{name}:{line}: {sql}"


def test_only_the_engine_makes_a_workspace_role_leave_its_workspace() -> None:
    for path in FILES:
        name = path.relative_to(SOURCE).as_posix()  # who signs in; who opens a request; who changes tables
        if name.startswith(("pg/", "identity/")) or name in ("api/edge.py", "api/catalog.py"):
            continue
        for line, text in texts(path):
            assert not re.search(r"\b(SET|RESET) (LOCAL |SESSION )?(ROLE|SESSION AUTHORIZATION)\b", text), (
                f"{path}:{line}"
            )


# -- size --------------------------------------------------------------------------------------------------------------


@cache
def size(path: Path) -> int:
    """Lines of code: without blank lines, comments and docstrings."""
    text = path.read_text()
    lines: set[int] = set()
    quiet = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in quiet:
            lines.update(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            lines.difference_update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return len(lines)


def test_the_engine_is_small_enough_to_know() -> None:
    """The engine without the field types, each of which stands alone."""
    engine = [
        p for p in FILES if p.relative_to(SOURCE).parts[0] in ("schema", "pg", "records") and "types" not in p.parts
    ]
    assert sum(size(p) for p in engine) <= 15_950
    assert sum(size(p) for p in FILES if "types" in p.parts) <= 4_000
    assert sum(size(p) for p in FILES) <= 59_000


LONG = {"base/messages.py": 900}
"""Files that are one thing and still longer than most."""


def test_a_file_is_one_thing() -> None:
    sizes = {p.relative_to(SOURCE).as_posix(): size(p) for p in FILES}
    assert {name: n for name, n in sizes.items() if n > LONG.get(name, 600)} == {}


BLOCK = re.compile(r"^[ \t]*\{?/\*.*?\*/\}?[ \t]*$", re.DOTALL | re.MULTILINE)
"""A comment that has its lines for itself, in JSX as well."""


def test_the_page_is_small_enough_to_know() -> None:
    """Its code, counted as the backend's; what it says in each language is no code, and every feature has to say something."""
    tests = (".test.ts", ".test.tsx", ".d.ts")
    sources = [
        p for p in (ROOT / "web/src").rglob("*.ts*") if not p.name.endswith(tests) and p.parent.name not in LANGUAGES
    ]
    written = [line.strip() for p in sources for line in BLOCK.sub("", p.read_text()).splitlines()]
    assert sum(1 for line in written if line and not line.startswith("//")) <= 51_500


def test_the_engine_asks_what_a_type_can_and_not_what_it_is_called() -> None:
    """What differs between types belongs to them: a new one needs no change in the engine."""
    for path in (SOURCE / "records").rglob("*.py"):
        asked = re.findall(r"\.type\s*(?:==|!=|in|not in)\s*[\"'(].*", path.read_text())
        assert not asked, f"{path}: {asked}"

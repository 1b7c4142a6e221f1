"""Users, teams and roles: records like all others, so that lists, history, import and permissions hold for them too."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from guanxi.base import Conflict, Invalid
from guanxi.base.json import dumps
from guanxi.identity.signin import close_sessions, drop_invitations
from guanxi.identity.tokens import revoke_all
from guanxi.pg import as_installation
from guanxi.records import Context, Grants, declare, note
from guanxi.records.context import LEVELS, LIMITS, SCOPES, SYSTEM_RIGHTS, VERBS
from guanxi.records.rules import Saved, after_save, before_save, check, on_merge
from guanxi.schema.catalog import Declared
from guanxi.schema.declare import (
    Email,
    File,
    Json,
    Link,
    Links,
    Password,
    Phone,
    Record,
    Select,
    Text,
    YesNo,
    form,
    table,
)
from guanxi.schema.declare import (
    User as UserLink,
)


class Role(
    Record,
    name="role",
    label=("Role", "角色"),
    plural=("Roles", "角色"),
    title="label",
    icon="shield",
    subtitle=("name",),
    archivable=False,
):
    """What people may do."""

    name = Text("API name", "API 名称", required=True, unique=True, max=60, search="B")
    label = Text("Name", "名称", required=True, max=120, search="A")
    grants = Json("Grants", "权限", right="roles")
    layout = form(("Role", "角色", "label name grants"))
    views = (table("all", "All roles", "全部角色", "label name updated_at", sort="label"),)


class Team(
    Record,
    name="team",
    label=("Team", "团队"),
    plural=("Teams", "团队"),
    icon="team",
    subtitle=("parent",),
    archivable=False,
):
    """People who work together; teams form a tree."""

    name = Text("Name", "名称", required=True, max=120, search="A")
    parent = Link(
        "team", "Part of", "上级团队", inverse="subteams", inverse_label=("Teams below", "下级团队"), tree=True
    )
    lead = UserLink("Lead", "负责人")
    layout = form(("Team", "团队", "name parent lead"), related="subteams members")
    views = (table("all", "All teams", "全部团队", "name parent lead", sort="name"),)


class User(
    Record,
    name="user",
    label=("User", "用户"),
    plural=("Users", "用户"),
    icon="user",
    subtitle=("email", "role"),
    archivable=False,
):
    """Somebody who signs in."""

    name = Text("Name", "姓名", required=True, max=120, search="A")
    email = Email("E-mail", "邮箱", required=True, unique=True, search="B")
    password = Password("Password", "密码")
    role = Link("role", "Role", "角色", required=True, inverse="users", on_delete="restrict")
    teams = Links("team", "Teams", "团队", inverse="members", inverse_label=("Members", "成员"))
    phone = Phone("Phone", "电话", search="C")
    photo = File("Photo", "头像")
    reference = Text(
        "Reference",
        "外部编号",
        max=120,
        index=True,
        help=("Its number in another system.", "在其他系统中的编号。"),
    )
    language = Select("Language", "语言", "en English 英文 | zh Chinese 中文")
    timezone = Text("Time zone", "时区", max=60)
    theme = Select("Theme", "主题", "system System 跟随系统 | light Light 浅色 | dark Dark 深色")
    pins = Json("Favourites", "收藏", right="users")
    starts = Json("Start views", "起始视图", right="users")
    active = YesNo("Active", "启用", default=True)
    layout = form(
        ("Person", "个人", "name email phone role teams reference active"),
        ("Preferences", "偏好", "language timezone theme password"),
    )
    views = (
        table(
            "active",
            "Active",
            "在用",
            "name email role teams active",
            sort="name",
            filter={"field": "active", "op": "eq", "value": True},
        ),
        table("all", "All users", "全部用户", "name email role teams active", sort="name"),
    )


def grants_problem(grants: Any) -> str:
    """What is wrong with a role's grants, in English; empty when nothing is."""
    if grants is None:
        return ""
    if not isinstance(grants, dict) or set(grants) - {"objects", "fields", "system", "limits"}:
        return "grants have objects, fields, system and limits only"
    objects, fields, limits = (grants.get(part) or {} for part in ("objects", "fields", "limits"))
    system = grants.get("system") or []
    if not all(isinstance(part, dict) for part in (objects, fields, limits)) or not isinstance(system, list):
        return "objects, fields and limits are objects, system is a list"
    for name, verbs in objects.items():
        if not isinstance(verbs, dict) or set(verbs) - set(VERBS):
            return f"{name}: verbs are {', '.join(VERBS)}"
        for verb, scope in verbs.items():
            if not isinstance(scope, bool) and scope not in SCOPES:
                return f"{name}.{verb} is one of {', '.join(SCOPES)}"
    for name, right in fields.items():
        if right not in LEVELS or "." not in name:
            return f"{name} is one of {', '.join(LEVELS)}, and named object.field"
    for right in system:
        if right not in SYSTEM_RIGHTS:
            return f"{right} is none of {', '.join(SYSTEM_RIGHTS)}"
    for name, most in limits.items():
        if name not in LIMITS or type(most) is not int or not 0 <= most < 2**53:
            return f"{name}: limits are whole numbers of {', '.join(LIMITS)} a day"
    return ""


@check(Role, Role.grants)
def grants_are_sound(role: Role, ctx: Context) -> tuple[str, str, dict[str, object]] | None:
    """Grants can be read, and nobody gives a role more than they have themselves."""
    reason = grants_problem(role.grants)
    if reason:
        return "grants", "bad_config", {"reason": reason}
    if not ctx.actor.system and not ctx.actor.grants.covers(Grants.of(role.grants), ctx.catalog.entities):
        return "grants", "more_than_own", {}
    return None


@check(Role, Role.name, Role.grants)
def administrators_can_do_all(role: Role, ctx: Context) -> tuple[str, str, dict[str, object]] | None:
    """The role by which a workspace is administered stays what it is: nobody could give back what it had lost."""
    old = role.old
    if ctx.actor.system or old.get("name") != "administrator":
        return None
    at = next((n for n in ("name", "grants") if getattr(role, n) != old.get(n)), None)
    return (at, "administrator_stays", {}) if at else None


@on_merge(Role)
@on_merge(Team)
@on_merge(User)
def people_are_handed_over(merged: object, lost: Sequence[object], ctx: Context) -> None:
    """Who did what stays who did it."""
    raise Conflict("merge_people")


@before_save(User, User.email)
def email_is_lower_case(user: User, ctx: Context) -> None:
    """People sign in with their address however they write it."""
    if user.email:
        user.email = user.email.lower()


@after_save(User, User.role, User.password, User.active, User.email)
async def nobody_rises(ctx: Context, saved: list[Saved]) -> None:
    """One may only make users of roles that one's own covers, and not touch those who may more."""
    if ctx.actor.system:
        return
    roles = {r for s in saved for r in (s.before.get("role"), s.after.get("role")) if r}
    if not roles:
        return
    schema = ctx.workspace.schema.replace('"', "")
    rows = await ctx.db.fetch(
        f'SELECT id, grants FROM "{schema}".role WHERE id = ANY(%(ids)s::uuid[])', {"ids": list(roles)}
    )
    for _, grants in rows:
        if not ctx.actor.grants.covers(Grants.of(grants), ctx.catalog.entities):
            raise Invalid.one("role", "more_than_own")


@after_save(User, User.teams)
async def nobody_moves_oneself(ctx: Context, saved: list[Saved]) -> None:
    """Teams decide whose records one sees: who does not set rights does not choose one's own."""
    if not ctx.actor.system and "roles" not in ctx.actor.grants.system and any(s.id == ctx.actor.id for s in saved):
        raise Invalid.one("teams", "more_than_own")


@after_save(User, User.role, User.active)
async def somebody_stays(ctx: Context, saved: list[Saved]) -> None:
    """The last active administrator can neither go nor step down."""
    if all(s.kind == "create" for s in saved):
        return
    schema = ctx.workspace.schema.replace('"', "")
    n = await ctx.db.value(
        f'SELECT count(*) FROM "{schema}".user u JOIN "{schema}".role r ON r.id = u.role'
        " WHERE r.name = 'administrator' AND u.active AND u.deleted_at IS NULL"
    )
    if not n:
        raise Invalid.one("role", "last_administrator")


@after_save(User, User.password, User.active)
async def sessions_end(ctx: Context, saved: list[Saved]) -> None:
    """Whose password somebody else changed is signed out everywhere. Who may no longer sign in also loses tokens and invitations
    for good: they do not come to life again with their owner."""
    others = [s for s in saved if s.kind != "create" and s.id != ctx.actor.id]
    gone = {s.id for s in others if s.kind == "delete" or s.after.get("active") is False}
    out = gone | {s.id for s in others if s.changed("password")}
    if out:
        async with as_installation(ctx.db):
            for user in sorted(out):
                await close_sessions(ctx.db, ctx.workspace.id, user)
            for user in sorted(gone):
                await revoke_all(ctx.db, ctx.workspace.id, user, ctx.actor.id)
                await drop_invitations(ctx.db, ctx.workspace.id, user)


def _access_changed(name: str, told: tuple[str, ...]) -> Callable[[Context, list[Saved]], Awaitable[None]]:
    """What is remembered of who may do what is forgotten, in every process; what decides about it is told to the audit."""

    async def access_changed(ctx: Context, saved: list[Saved]) -> None:
        await ctx.db.execute(
            "SELECT pg_notify('guanxi', %(p)s)", {"p": dumps({"w": ctx.workspace.id, "kind": "access"}).decode()}
        )
        for s in saved:
            fields = [n for n in told if s.changed(n)]
            if fields or s.kind != "update":
                before, after = ({n: image.get(n) for n in fields if n != "password"} for image in (s.before, s.after))
                await note(
                    ctx,
                    "permission",
                    object=name,
                    record=s.id,
                    change=s.kind,
                    fields=fields,
                    before=before,
                    after=after,
                )

    return access_changed


for _record, _told in (
    (User, ("name", "email", "role", "teams", "active", "password")),
    (Team, ("name", "parent", "lead")),
    (Role, ("name", "label", "grants")),
):
    after_save(_record)(_access_changed(_record.object.name, _told))

declare(Declared((Role.object, Team.object, User.object)), last=True)

"""First run, signing in and out, one's own preferences, invitations."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Response
from pydantic import Field

from guanxi import identity, packs, records
from guanxi.api.edge import Answer, Exchange, bad
from guanxi.api.route import Body, Route, X, needs, public, reply
from guanxi.api.wire import Header
from guanxi.base import Forbidden, Unauthorized, log
from guanxi.base.clock import zone
from guanxi.base.ids import is_id
from guanxi.identity import IDLE_DAYS, Caller
from guanxi.records import Context

router = APIRouter(route_class=Route, prefix="/api/v1", tags=["session"])

_log = log.get(__name__)

Language = Literal["en", "zh"]
Email = Annotated[str, Field(min_length=3, max_length=254)]
Password = Annotated[str, Field(min_length=1, max_length=256)]
Name = Annotated[str, Field(min_length=1, max_length=200)]
ObjectName = Annotated[str, Field(max_length=63)]
ViewKey = Annotated[str, Field(max_length=100)]


class SetupBody(Body):
    """What the first run asks for."""

    company: Name
    name: Name
    email: Email
    password: Password
    language: Language = "en"
    pack: str | None = Field(default=None, max_length=40)
    sample_data: bool = False
    timezone: str | None = Field(default=None, max_length=60)
    currency: str | None = Field(default=None, min_length=3, max_length=3)


class SignInBody(Body):
    """Credentials."""

    email: str = Field(max_length=254)
    password: str = Field(max_length=1000)
    otp: str | None = Field(default=None, max_length=20)


class Pin(Body):
    """A favourite: a record, or a list in one of its views. Never a title, which others may not see."""

    object: str = Field(max_length=63)
    id: str | None = Field(default=None, max_length=36)
    view: str | None = Field(default=None, max_length=100)


class PreferencesBody(Body):
    """What a user may change of oneself; what is left out stays."""

    language: Language | None = None
    timezone: str | None = Field(default=None, max_length=60)
    theme: Literal["light", "dark", "system"] | None = None
    name: Name | None = None
    pins: list[Pin] | None = Field(default=None, max_length=50)
    starts: dict[ObjectName, ViewKey] | None = Field(default=None, max_length=500)
    """The view that a list begins with, by object: its name, or its id."""
    password: Password | None = None
    current_password: str | None = Field(default=None, max_length=1000)


class ViewAsBody(Body):
    """As whom one wants to see."""

    user: str = Field(max_length=36)


class AcceptBody(Body):
    """The password that an invited user chooses."""

    password: Password


def session_of(caller: Caller) -> dict[str, Any]:
    """The answer to "who am I"."""
    actor, workspace = caller.actor, caller.workspace
    return {
        "user": {
            "id": actor.id,
            "name": actor.name,
            "email": actor.email,
            "role": actor.role,
            "language": actor.language,
            "timezone": actor.timezone,
            "theme": caller.theme,
            "pins": caller.pins,
            "starts": caller.starts,
        },
        "workspace": {
            "id": workspace.id,
            "name": workspace.name,
            "language": workspace.language,
            "currency": workspace.currency,
            "timezone": workspace.timezone,
        },
        "csrf": caller.csrf,
        "viewer": caller.viewer and {"id": caller.viewer.id, "name": caller.viewer.name},
    }


def _cookie(x: Exchange, secret: str | None) -> Header:
    gate = x.edge.gate
    age = IDLE_DAYS * 86_400 if secret else 0
    text = f"{gate.cookie}={secret or ''}; Path=/; Max-Age={age}; HttpOnly; SameSite=Lax" + (
        "; Secure" if gate.secure else ""
    )
    return b"set-cookie", text.encode()


def _agent(x: Exchange) -> str:
    return x.headers.get(b"user-agent", b"")[:300].decode("latin-1")


async def _signed_in(x: Exchange, secret: str, status: int) -> Response:
    caller = await x.edge.gate.caller(None, f"{x.edge.gate.cookie}={secret}".encode())
    x.caller = caller
    return reply(Answer.of(session_of(caller), status, _cookie(x, secret)))


@router.get("/setup", summary="Whether the first run is still to be done")
@public
async def setup_needed(x: X) -> Response:
    """`needed` is true while there is no workspace; then `packs` are the shapes that one can begin with."""
    async with x.edge.database.connection() as db:
        needed = await identity.setup_needed(db)
    offered = [{k: getattr(p, k) for k in ("name", "label", "description", "icon")} for p in packs.shipped().values()]
    return reply(Answer.of({"needed": needed} | ({"packs": offered} if needed else {})))


@router.post("/setup", status_code=201, summary="First run: create the workspace and its administrator, and sign in")
@public
async def set_up(x: X, body: SetupBody) -> Response:
    """Works once; afterwards it is a conflict. `sample_data` is `"failed"` where it was asked for and did not come in."""
    if body.timezone is not None:
        _check_zone(body.timezone)
    pack = packs.find(body.pack) if body.pack else None
    secret = await identity.set_up(
        x.edge.database,
        identity.FirstRun(
            company=body.company,
            name=body.name,
            email=body.email,
            password=body.password,
            language=body.language,
            timezone=body.timezone,
            currency=body.currency,
            changes=pack.changes if pack else (),
        ),
        x.address,
        _agent(x),
    )
    x.edge.gate.forget()
    answer = await _signed_in(x, secret, 201)
    if body.sample_data:
        try:
            await _load_sample(x)
        except Exception as error:  # noqa: BLE001 - the workspace stands all the same, and it cannot be set up twice
            _log.error("the sample data could not be brought in", error)
            failed = Answer.of({**session_of(x.signed_in), "sample_data": "failed"}, 201, _cookie(x, secret))
            return reply(failed)
    return answer


async def _load_sample(x: Exchange) -> dict[str, int]:
    from guanxi import sample  # here, because its dictionaries take half a second and 25 MB, for this one time

    counts = await sample.load(x.edge.database, x.signed_in.workspace)
    x.edge.gate.forget()
    return counts


@router.post("/setup/sample_data", status_code=201, summary="Bring sample data in")
@needs("session")
async def add_sample_data(x: X) -> Response:
    """Invented companies, people and deals, as one change set that can be undone. Answers how many of each were made."""
    if "settings" not in x.signed_in.actor.grants.system:
        raise Forbidden
    return reply(Answer.of({"created": await _load_sample(x)}, 201))


@router.post("/session", summary="Sign in")
@public
async def sign_in(x: X, body: SignInBody) -> Response:
    """Sets the cookie. A wrong password, an unknown user and a locked account answer alike."""
    secret = await identity.sign_in(x.edge.gate, body.email, body.password, x.address, _agent(x))
    return await _signed_in(x, secret, 200)


@router.get("/session", summary="Who am I")
async def who_am_i(x: X) -> Response:
    """The user, the workspace, and the CSRF token of this session."""
    return reply(Answer.of(session_of(x.signed_in)))


@router.delete("/session", status_code=204, summary="Sign out")
@needs("session")
async def sign_out(x: X) -> Response:
    """Ends this session."""
    caller = x.signed_in
    async with x.edge.database.transaction() as db:
        await identity.close_session(db, caller.workspace.id, caller.key)
    x.edge.gate.forget(caller.workspace.id)
    return reply(Answer(204, b"", [_cookie(x, None)]))


@router.post("/session/view_as", summary="See the workspace as another user does")
@needs("session")
async def view_as(x: X, body: ViewAsBody) -> Response:
    """From now on this session reads with the other's rights, and changes nothing; begin and end are told to the audit. Takes the
    right `view_as`, and a role that gives at least what the other's gives."""
    caller = x.signed_in
    if caller.viewer is not None:
        raise Forbidden("viewing_as", user=caller.actor.name)
    async with x.edge.database.transaction() as db:
        other = await records.load_actor(db, caller.workspace, body.user) if is_id(body.user) else None
        if "view_as" not in caller.actor.grants.system or other is None:
            raise Forbidden("forbidden_view_as")
        if not identity.may_view_as(caller.actor, other, caller.catalog):
            raise Forbidden("forbidden_view_as")
        await identity.view_as(db, caller.workspace.id, caller.key, other.id)
    return await _seen_anew(x)


@router.delete("/session/view_as", summary="See the workspace as oneself again")
@needs("session")
async def end_view_as(x: X) -> Response:
    """Ends the view; nothing happens where there is none."""
    caller = x.signed_in
    async with x.edge.database.transaction() as db:
        await identity.view_as(db, caller.workspace.id, caller.key, None)
    return await _seen_anew(x)


async def _seen_anew(x: Exchange) -> Response:
    x.edge.gate.forget(x.signed_in.workspace.id)
    x.caller = await x.edge.gate.caller(None, x.headers.get(b"cookie"))
    return reply(Answer.of(session_of(x.caller)))


@router.patch("/session", summary="Change one's own preferences")
@needs("admin")
async def change_preferences(x: X, body: PreferencesBody) -> Response:
    """Language, time zone, theme, name, favourites; a new password with the current one (then all other sessions end)."""
    caller = x.signed_in
    values: dict[str, Any] = {
        k: v
        for k, v in body.model_dump(exclude_unset=True, exclude={"password", "current_password"}).items()
        if v is not None
    }
    if "timezone" in values:
        _check_zone(values["timezone"])
    if body.password is not None:
        if caller.csrf is None:
            raise Unauthorized
        identity.refuse_weak(body.password)
        if not await identity.is_password(x.edge.database, caller, body.current_password or ""):
            raise bad("current_password", "wrong_password")
        values["password"] = body.password

    async def work(ctx: Context) -> Answer:
        if values:
            await records.write(ctx.as_system("own preferences"), "user", [records.Update(caller.actor.id, values)])
        return Answer(200, b"")

    await x.edge.write(x, work)
    if body.password is not None:
        async with x.edge.database.transaction() as db:
            await identity.close_sessions(db, caller.workspace.id, caller.actor.id, but=caller.key)
    x.edge.gate.forget(caller.workspace.id)
    x.caller = await x.edge.gate.caller(x.headers.get(b"authorization"), x.headers.get(b"cookie"))
    return reply(Answer.of(session_of(x.caller)))


@router.get("/invitations/{token}", summary="Whom an invitation is for")
@public
async def invitation(x: X, token: str) -> Response:
    """The name and company to greet with; not found when it has run out or was used."""
    return reply(Answer.of(await identity.look_at_invitation(x.edge.database, token)))


@router.post("/invitations/{token}", summary="Accept an invitation")
@public
async def accept(x: X, token: str, body: AcceptBody) -> Response:
    """Sets the password, uses the invitation up, and signs in."""
    secret = await identity.accept_invitation(x.edge.gate, token, body.password, x.address, _agent(x))
    return await _signed_in(x, secret, 200)


def _check_zone(name: str) -> None:
    try:
        zone(name)
    except ValueError:
        raise bad("timezone", "not_a_timezone", value=name[:60]) from None

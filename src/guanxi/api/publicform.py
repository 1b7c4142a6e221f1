"""A form at an address of its own: a page without a program, which works in any browser and inside other sites."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from hashlib import sha256
from html import escape
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import parse_qsl

from fastapi import APIRouter, Query, Response

from guanxi.api.edge import Answer, Exchange
from guanxi.api.route import Body, Route, X, body_of, public, refuse, reply, streams
from guanxi.api.wire import KIB, Header, is_json, parse_json, read_body
from guanxi.base import FieldError, Forbidden, Invalid, Malformed, NotFound, Problem, new_id, say
from guanxi.base.ids import is_id
from guanxi.base.messages import MESSAGES
from guanxi.flows import asking, forms
from guanxi.records import Workspace
from guanxi.schema.model import Field
from guanxi.schema.types import Bad, Env, type_of

router = APIRouter(route_class=Route, prefix="/f", tags=["flows"])

LIMIT = 128 * KIB
RATE, FORM_RATE = 12, 300
"""Forms a minute from one place, and of one form from all places."""
KEY, AGREED, TRAP, LANGUAGE = "_key", "_consent", "_site", "_lang"
OWN = frozenset({KEY, AGREED, TRAP, LANGUAGE})
Lang = Annotated[str | None, Query(pattern="^(en|zh)$")]

KINDS: Mapping[str, tuple[str, str]] = {
    "email": ("email", "email"),
    "phone": ("tel", "tel"),
    "url": ("url", "url"),
    "date": ("date", ""),
}
"""The browser's own kind of input, and what it may fill in by itself."""

STYLE = (Path(__file__).parent / "form.css").read_text(encoding="utf-8")
DARK = (Path(__file__).parent / "form.dark.css").read_text(encoding="utf-8")
"""Only for a form on a page of its own: within another page it stays as light as most of these are."""


class SentBody(Body):
    """The same form as JSON, for sites with a form of their own. The same `key` counts once."""

    values: dict[str, Any]
    consent: bool = False
    key: str | None = None
    language: str | None = None


def _page(
    form: forms.Form | None,
    title: str,
    body: str,
    language: str,
    status: int = 200,
    style: str = "",
    more: tuple[Header, ...] = (),
) -> Response:
    nonce = secrets.token_urlsafe(16)
    origins = " ".join(form.origins) if form and form.origins else "'none'"
    # Where a sent form leads on is part of what it may be sent to.
    targets = f"'self' {' '.join(form.origins)}" if form else "'self'"
    policy = f"default-src 'none'; style-src 'nonce-{nonce}'; form-action {targets}; base-uri 'none'; frame-ancestors {origins}"
    colours = STYLE if form and form.origins else STYLE + DARK
    text = (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">'
        f'<meta name="robots" content="noindex"><title>{escape(title)}</title><style nonce="{nonce}">{colours}{style}</style></head>'
        f"<body><main>{body}</main></body></html>"
    )
    headers: list[Header] = [
        (b"content-type", b"text/html; charset=utf-8"),
        (b"content-security-policy", policy.encode()),
        (b"referrer-policy", b"strict-origin-when-cross-origin"),
        (b"cache-control", b"no-store"),
        (b"cross-origin-resource-policy", b"cross-origin" if form and form.origins else b"same-origin"),
        *more,
    ]
    return reply(Answer(status, text.encode(), headers))


def _word(code: str, language: str) -> str:
    return say(MESSAGES[code], language)


def _closed(language: str) -> Response:
    title = _word("form_closed", language)
    return _page(
        None,
        title,
        f"<h1>{escape(title)}</h1><p class=intro>{escape(_word('form_closed_text', language))}</p>",
        language,
        404,
    )


# -- drawing -----------------------------------------------------------------------------------------------------------


def _attributes(**given: object) -> str:
    return "".join(
        f" {name.replace('_', '-')}" if value is True else f' {name.replace("_", "-")}="{escape(str(value))}"'
        for name, value in given.items()
        if value not in (None, False, "")
    )


def _shown(value: Any) -> str:
    return "" if value is None else str(value)


def _field(one: Mapping[str, Any], f: Field, value: Any, wrong: str | None, language: str) -> str:
    said = str(one.get("type") or "text")
    label, hint = forms.said(f.label, language), forms.said(f.help, language)
    id = f"f-{f.name}"
    told = " ".join(n for n, there in ((f"{id}-bad", wrong), (f"{id}-help", hint)) if there)
    own = {"aria_invalid": "true" if wrong else None, "aria_describedby": told}
    must = f' <span class="must">{escape(_word("form_required", language))}</span>' if f.required else ""
    notes = f'<p class="help" id="{id}-help">{escape(hint)}</p>' if hint else ""
    if wrong:
        notes += f'<p class="bad" id="{id}-bad">{escape(wrong)}</p>'
    named = {"id": id, "name": f.name, "aria_required": "true" if f.required else None, **own}
    chosen = value if isinstance(value, list) else [value]
    if said == "multi_select":
        boxes = "".join(
            f'<label class="tick"><input type="checkbox"{_attributes(name=f.name, value=o.name, id=f"{id}-{i}", checked=o.name in chosen)}>'
            f"<span>{escape(forms.said(o.label, language))}</span></label>"
            for i, o in enumerate(f.options)
        )
        return f'<fieldset class="field w-{f.name}"{_attributes(**own)}><legend>{escape(label)}{must}</legend>{boxes}{notes}</fieldset>'
    if said == "boolean":
        box = f'<input type="checkbox" value="true"{_attributes(**named, checked=value in (True, "true"))}>'
        return f'<div class="field w-{f.name}"><label class="tick">{box}<span>{escape(label)}{must}</span></label>{notes}</div>'
    if said == "select":
        options = "".join(
            f"<option{_attributes(value=o.name, id=f'{id}-{i}', selected=o.name in chosen)}>{escape(forms.said(o.label, language))}</option>"
            for i, o in enumerate(f.options)
        )
        inner = f'<select{_attributes(**named)}><option value="">{escape(_word("form_choose", language))}</option>{options}</select>'
    elif said == "long_text":
        inner = (
            f"<textarea{_attributes(**named, maxlength=f.config['max'], rows=5)}>\n{escape(_shown(value))}</textarea>"
        )
    else:
        kind, filled = KINDS.get(said, ("text", ""))
        more = {
            "inputmode": "decimal" if said == "number" else None,
            "autocomplete": filled,
            "maxlength": f.config.get("max"),
        }
        inner = f'<input type="{kind}"{_attributes(**named, **more, value=_shown(value))}>'
    return f'<div class="field w-{f.name}"><label for="{id}">{escape(label)}{must}</label>{inner}{notes}</div>'


def _dependent(form: forms.Form) -> str:
    """Fields that are asked for beside a choice are hidden until it is made; what is hidden is not read either."""
    rules: list[str] = []
    for one in form.fields:
        when = one.get("when")
        if not when:
            continue
        of = next(o for o in form.fields if o["name"] == when["field"])
        wanted = when["value"] if isinstance(when["value"], list) else [when["value"]]
        at = f"#f-{when['field']}"
        if of.get("type") == "boolean":
            chosen = [f"{at}:checked"] if wanted == [True] else [f"{at}:not(:checked)"]
        else:
            chosen = [f"{at}-{i}:checked" for i, o in enumerate(asking.options_of(of)) if o.name in wanted]
        if chosen:
            rules.append(f"form:not(:has({','.join(chosen)})) .w-{one['name']}{{display:none}}")
    return "".join(rules)


def _draw(
    form: forms.Form,
    language: str,
    values: Mapping[str, Any],
    key: str,
    errors: tuple[FieldError, ...] = (),
    status: int = 200,
) -> Response:
    wrong = {e.field: e.message(language) for e in reversed(errors)}
    other, name = ("en", "English") if language == "zh" else ("zh", "中文")
    title = forms.said(form.title, language)
    parts = [
        f'<a class="lang" href="?lang={other}" lang="{other}">{name}</a>',
        f'<p class="who">{escape(form.workspace.name)}</p><h1>{escape(title)}</h1>',
    ]
    if intro := form.say("intro", language):
        parts.append(f'<p class="intro">{escape(intro)}</p>')
    if errors:
        loose = [
            text
            for field, text in wrong.items()
            if field not in {*(one["name"] for one in form.fields), asking.CONSENT}
        ]
        parts.append(
            f'<div class="alert" role="alert">{escape(" ".join([_word("form_mend", language), *loose]))}</div>'
        )
    parts.append(f'<form method="post" action="?lang={language}" novalidate accept-charset="utf-8">')
    for one in form.fields:
        f = asking.field_of(one)
        parts.append(_field(one, f, values.get(f.name), wrong.get(f.name), language))
    if consent := form.say("consent", language):
        bad = wrong.get(asking.CONSENT)
        box = _attributes(
            checked=bool(values.get(AGREED)),
            aria_invalid="true" if bad else None,
            aria_describedby="c-bad" if bad else None,
        )
        parts.append(
            f'<div class="field"><label class="tick"><input type="checkbox" name="{AGREED}" value="true"{box}><span>{escape(consent)}</span></label>'
            + (f'<p class="bad" id="c-bad">{escape(bad)}</p>' if bad else "")
            + "</div>"
        )
    parts.append(
        f'<div class="trap" aria-hidden="true"><label>{escape(_word("form_trap", language))}'
        f'<input name="{TRAP}" tabindex="-1" autocomplete="off"></label></div><input type="hidden" name="{KEY}" value="{key}">'
        f'<button type="submit">{escape(_word("form_send", language))}</button></form>'
    )
    return _page(form, title, "".join(parts), language, status, _dependent(form))


def _thanks(form: forms.Form, language: str) -> Response:
    text = form.say("thanks", language) or _word("form_sent", language)
    title = forms.said(form.title, language)
    body = (
        f'<p class="who">{escape(form.workspace.name)}</p><h1>{escape(title)}</h1><p class="intro" role="status">{escape(text)}</p>'
        f'<p><a href="?lang={language}">{escape(_word("form_again", language))}</a></p>'
    )
    return _page(form, title, body, language)


# -- the door ----------------------------------------------------------------------------------------------------------


async def _workspace(x: Exchange, key: str) -> Workspace | None:
    async with x.edge.database.connection() as db:
        return await forms.workspace_of(db, key)


def _env(workspace: Workspace, language: str) -> Env:
    return Env(language=language, timezone=workspace.timezone, currency=workspace.currency)


def _read(form: forms.Form, pairs: list[tuple[str, str]], env: Env) -> dict[str, Any]:
    """What a browser sent, as values; what cannot be read stays as it is, and is refused by its type."""
    out: dict[str, Any] = {}
    for one in form.fields:
        f = asking.field_of(one)
        texts = [v.replace("\0", "").strip() for n, v in pairs if n == f.name]
        given = [text for text in texts if text]
        if one.get("type") == "multi_select":
            out[f.name] = given
        elif given:
            try:
                out[f.name] = type_of(f).read_text(f, given[0], env)
            except Bad:
                out[f.name] = given[0]
    known = {one["name"] for one in form.fields} | OWN
    return out | {n[:60]: v[:200] for n, v in pairs if n not in known}


def _from(x: Exchange, form: forms.Form) -> str | None:
    """The site that it was sent from, where that is another one; raises Forbidden for one that may not."""
    origin = x.headers.get(b"origin", b"").decode("latin-1")
    if not origin or origin.partition("://")[2] == x.headers.get(b"host", b"").decode("latin-1"):
        return None
    if origin not in form.origins:
        raise Forbidden("form_elsewhere")
    return origin


def _shared(origin: str | None) -> tuple[Header, ...]:
    return ((b"access-control-allow-origin", origin.encode()), (b"vary", b"origin")) if origin else ()


@router.get("/{key}", summary="A public form")
@public
async def show_form(
    x: X, key: str, lang: Lang = None, sent: Annotated[str | None, Query(pattern="^1$")] = None
) -> Response:
    """A page in the visitor's language, without a program."""
    language = lang or x.language
    workspace = await _workspace(x, key)
    if workspace is None:
        return _closed(language)
    async with x.edge.database.transaction(workspace.role) as db:
        form = await forms.opened(db, workspace, key)
    if form is None:
        return _closed(language)
    return _thanks(form, language) if sent else _draw(form, language, {}, new_id())


@router.options("/{key}", summary="Whether a site may send a public form", include_in_schema=False)
@public
async def may_send(x: X, key: str) -> Response:
    """Asked by browsers before a page of another site sends JSON."""
    workspace = await _workspace(x, key)
    if workspace is not None:
        async with x.edge.database.transaction(workspace.role) as db:
            form = await forms.opened(db, workspace, key)
        origin = _from(x, form) if form else None
        if origin:
            allow = ((b"access-control-allow-methods", b"POST"), (b"access-control-allow-headers", b"content-type"))
            return reply(Answer(204, b"", [*_shared(origin), *allow]))
    raise NotFound


@router.post("/{key}", summary="Send a public form")
@public
@streams
async def send_form(x: X, key: str, lang: Lang = None) -> Response:
    """As a browser sends it, or as JSON `{"values", "consent", "key", "language"}` from a page that may: 202 `{"thanks", "redirect"}`,
    or 422 with what is wrong at each field. It begins the flow with these values and does nothing else. The same `key` counts once;
    12 forms a minute from one place."""
    try:
        return await _taken(x, key, lang or x.language)
    except Problem as problem:
        if is_json(x.headers.get(b"content-type", b"")):
            raise
        refused = x.edge.problem_of(problem, x)
        more = ((b"retry-after", str(refused.retry_after).encode()),) if refused.retry_after else ()
        text = escape(refused.title(lang or x.language))
        return _page(
            None, text, f'<p class="alert" role="alert">{text}</p>', lang or x.language, refused.status, more=more
        )


async def _taken(x: Exchange, key: str, language: str) -> Response:
    workspace = await _workspace(x, key)
    if workspace is None:
        return _closed(language)
    digest = sha256(key.encode()).hexdigest()[:24]
    await x.edge.allowance.spend(f"f:{digest}:{sha256(x.address.encode()).hexdigest()[:16]}", RATE)
    await x.edge.allowance.spend(f"f:{digest}", FORM_RATE)
    body = await read_body(x.receive, x.headers, LIMIT)
    kind = x.headers.get(b"content-type", b"")
    async with x.edge.database.transaction(workspace.role) as db:
        form = await forms.opened(db, workspace, key)
        if form is None:
            if is_json(kind):
                raise NotFound
            return _closed(language)
        origin = _from(x, form)
        if is_json(kind):
            sent = body_of(SentBody, parse_json(body))
            language = sent.language if sent.language in ("en", "zh") else language
            again = sent.key if is_id(sent.key) else new_id()
            env = _env(workspace, language)
            try:
                await forms.send(db, form, sent.values, env=env, key=str(again), agreed=sent.consent, origin=origin)
            except Invalid as invalid:  # the page that sent it may read why
                refused = refuse(x, invalid)
                refused.raw_headers.extend(_shared(origin))
                return refused
            thanks = form.say("thanks", language) or _word("form_sent", language)
            return reply(Answer.of({"thanks": thanks, "redirect": form.redirect}, 202, *_shared(origin)))
        if not kind.startswith(b"application/x-www-form-urlencoded"):
            raise Malformed
        try:
            pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=2_000, errors="strict")
        except ValueError:
            raise Malformed from None
        given = dict(pairs)
        again = given[KEY] if is_id(given.get(KEY)) else new_id()
        env = _env(workspace, language)
        values = _read(form, pairs, env)
        agreed, held = given.get(AGREED) == "true", bool(given.get(TRAP))
        try:
            await forms.send(db, form, values, env=env, key=again, agreed=agreed, origin=origin, held=held)
        except Invalid as invalid:
            return _draw(form, language, {**values, AGREED: agreed}, again, tuple(invalid.errors), 422)
    to = form.redirect or f"/f/{key}?sent=1&lang={language}"
    return reply(Answer(303, b"", [(b"location", to.encode()), (b"cache-control", b"no-store")]))

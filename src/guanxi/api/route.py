"""How the framework's routes are made to behave like the record routes: sign-in before anything is read, one shape of
error, unknown parameters refused, bodies within their limit and parsed by the same strict parser.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.exceptions import HTTPException

from guanxi.api.edge import Answer, Exchange
from guanxi.api.wire import SYSTEM_LIMIT, Gone, is_json, parse_json, problem_answer, read_body
from guanxi.base import FieldError, Forbidden, Invalid, Malformed, NotFound, Problem
from guanxi.identity import PEOPLE, Caller

F = TypeVar("F", bound=Callable[..., Any])


class Body(BaseModel):
    """A JSON body: keys that are not declared are errors."""

    model_config = ConfigDict(extra="forbid", strict=True, str_max_length=100_000)


def public(endpoint: F) -> F:
    """Mark an endpoint as open to everybody."""
    endpoint.__dict__["public"] = True
    return endpoint


def streams(endpoint: F) -> F:
    """Mark an endpoint as reading its body itself."""
    endpoint.__dict__["streams"] = True
    return endpoint


def needs(scope: str) -> Callable[[F], F]:
    """Mark what a limited token must cover for an endpoint; ``session`` refuses every token."""

    def mark(endpoint: F) -> F:
        endpoint.__dict__["scope"] = scope
        return endpoint

    return mark


def require(caller: Caller, scope: str) -> None:
    """Raise Forbidden when the caller's credential does not cover ``scope``."""
    if scope == "session":
        if caller.csrf is None:
            raise Forbidden("session_only")
    elif not caller.may(scope):
        raise Forbidden("scope_missing", scope=scope)


def writes(caller: Caller, object_name: str) -> bool:
    """Check that the credential covers writing this object; whether it alters what somebody may do."""
    require(caller, "records:write")
    if object_name not in PEOPLE:
        return False
    require(caller, "admin")
    return True


class _Parsed(Request):
    """A request whose body was read and parsed already."""

    _value: Any = None

    async def json(self) -> Any:
        return self._value


class Route(APIRoute):
    """An endpoint of the API."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The framework's handler, between our sign-in and our errors."""
        inner = super().get_route_handler()
        marks = self.endpoint.__dict__
        is_public = bool(marks.get("public"))
        own_body = bool(marks.get("streams"))
        scope = marks.get("scope")
        names = frozenset(p.alias for p in self.dependant.query_params)
        takes_body = self.body_field is not None

        async def handle(request: Request) -> Response:
            x: Exchange = request.scope["guanxi"]
            x.route = self.path_format
            try:
                return await serve(request, x)
            except Gone:
                raise
            except Exception as error:  # noqa: BLE001 - whatever it is becomes the one shape of refusal
                return refuse(x, error)

        async def serve(request: Request, x: Exchange) -> Response:
            if not is_public:
                caller = await x.edge.identify(x)
                if scope is not None:
                    require(caller, scope)
            elif x.headers.get(b"cookie") or x.headers.get(b"authorization"):
                # An open door speaks the language of who stands there, when that is known.
                await recognise(x)
            seen: set[str] = set()
            errors: list[FieldError] = []
            for key, value in request.query_params.multi_items():
                name = key.replace("\0", "")[:100]
                if key not in names:
                    errors.append(FieldError(name, "unknown_parameter"))
                elif key in seen:
                    errors.append(FieldError(name, "repeated_parameter"))
                elif "\0" in value:
                    errors.append(FieldError(name, "control_characters"))
                seen.add(key)
            if errors:
                raise Invalid(errors=errors)
            if not own_body:
                body = await read_body(x.receive, x.headers, SYSTEM_LIMIT)
                parsed = _Parsed(request.scope)
                parsed._body = body
                if takes_body and body:
                    if not is_json(x.headers.get(b"content-type", b"application/json")):
                        raise Malformed("not_json")
                    parsed._value = parse_json(body)
                request = parsed
            try:
                return await inner(request)
            except RequestValidationError as error:
                raise refusal(error.errors()) from None
            except HTTPException as error:
                raise problem_of_status(error.status_code) from None

        return handle


async def recognise(x: Exchange) -> Caller | None:
    """Who this is, if anybody; an unknown cookie is no error on an open door."""
    try:
        x.caller = await x.edge.gate.caller(x.headers.get(b"authorization"), x.headers.get(b"cookie"))
    except Problem as problem:
        if problem.status != 401:
            raise
    return x.caller


_CODES = {
    "missing": "required",
    "extra_forbidden": "unknown_parameter",
    "string_type": "must_be_text",
    "bool_type": "must_be_boolean",
    "bool_parsing": "must_be_boolean",
    "int_type": "must_be_number",
    "int_parsing": "must_be_number",
    "int_from_float": "must_be_number",
    "float_type": "must_be_number",
    "float_parsing": "must_be_number",
    "list_type": "must_be_list",
    "dict_type": "must_be_object",
    "model_type": "must_be_object",
    "model_attributes_type": "must_be_object",
}


B = TypeVar("B", bound=BaseModel)


def body_of(model: type[B], value: Any) -> B:
    """A body that an endpoint read itself, checked like all others."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise refusal([{**e, "loc": ("body", *e["loc"])} for e in error.errors()]) from None


def refusal(found: Sequence[Any]) -> Problem:
    """What the framework found wrong with a request, in our words."""
    errors: list[FieldError] = []
    for e in found:
        where, *path = e["loc"]
        name = ".".join(str(p) for p in path).replace("\0", "")[:200] or None
        if where == "path":
            return NotFound()
        kind, values = e["type"], e.get("ctx") or {}
        if kind == "json_invalid":
            return Malformed("malformed_json")
        if kind == "string_too_short":
            code = (
                FieldError(name, "required")
                if values.get("min_length") == 1
                else FieldError(name, "too_short", {"min": values.get("min_length")})
            )
        elif kind == "string_too_long":
            code = FieldError(name, "too_long", {"max": values.get("max_length")})
        elif kind in ("literal_error", "enum"):
            code = FieldError(name, "not_an_option", {"value": str(e.get("input"))[:100]})
        elif kind in ("greater_than_equal", "greater_than"):
            code = FieldError(name, "too_small", {"min": values.get("ge", values.get("gt"))})
        elif kind in ("less_than_equal", "less_than"):
            code = FieldError(name, "too_big", {"max": values.get("le", values.get("lt"))})
        elif kind.startswith(("datetime", "timezone")):
            code = FieldError(name, "not_a_datetime", {"value": str(e.get("input"))[:100]})
        elif kind.startswith("uuid"):
            code = FieldError(name, "not_an_id", {"value": str(e.get("input"))[:100]})
        else:
            code = FieldError(name, _CODES.get(kind, "bad_config"), {"reason": e["msg"]})
        errors.append(code)
    return Invalid(errors=errors)


def refuse(x: Exchange, error: Exception) -> Response:
    """A refusal in the caller's language, for the framework."""
    status, body, headers = problem_answer(x.edge.problem_of(error, x), x.language, x.reference)
    return reply(Answer(status, body, headers))


def problem_of_status(status: int) -> Problem:
    """A refusal that the framework itself makes."""
    return NotFound("no_such_address") if status == 404 else Malformed()


class MethodNotAllowed(Problem):
    """The address exists and does not take this method."""

    status, code = 405, "method_not_allowed"


def reply(result: Answer) -> Response:
    """An Answer for the framework."""
    response = Response(result.body, result.status)
    response.raw_headers = [(k, v) for k, v in result.headers]
    response.raw_headers.append((b"content-length", str(len(result.body)).encode()))
    return response


async def _exchange(request: Request) -> Exchange:
    return request.scope["guanxi"]


X = Annotated[Exchange, Depends(_exchange)]
"""The exchange, as a parameter of an endpoint."""

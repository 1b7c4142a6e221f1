"""Steps that call other systems: a request as somebody else wants it, and a signed message of our own shape."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from guanxi import egress, flows, vault, webhooks
from guanxi.base import Conflict, Problem
from guanxi.base.json import dumps, loads
from guanxi.flows.kinds import Next
from guanxi.records import Context

KEPT = 20_000
"""Characters of an answer that later steps may use."""

_SURELY_NOT = frozenset({"egress_url", "egress_closed", "egress_name", "egress_refused", "egress_tls", "egress_header"})
"""Where nothing was sent."""

_URL = flows.parameter("url", "words", ("Address", "地址"), required=True)
_BODY = flows.parameter(
    "values", "input", ("Sends", "发送内容"), told=("Names with values, sent as JSON", "名称与值，以 JSON 发送")
)
_ENDS = (
    flows.parameter(
        "repeatable",
        "boolean",
        ("The same call twice counts once there", "对方对重复调用只处理一次"),
        told=(
            "By the header Idempotency-Key or webhook-id: then a call of which nobody knows whether it arrived is made again",
            "按请求头 Idempotency-Key 或 webhook-id 识别；不确定是否送达时会再次调用",
        ),
    ),
    flows.parameter("go_on", "boolean", ("Go on whatever the answer", "无论应答如何都继续")),
)
PAUSES = (1.0, 3.0)
"""Seconds before a call that may be repeated is made again."""


async def certain(_key: str, _ctx: Context, given: Mapping[str, Any]) -> Next | None:
    """After a worker died: a call that may be repeated is made again, of any other nobody knows."""
    return None if _repeatable(given) else flows.Unknown(Conflict("flow_unknown"))


def _repeatable(given: Mapping[str, Any]) -> bool:
    return bool(given.get("repeatable")) or given.get("method") == "GET"


_CALL: dict[str, Any] = {
    "group": "outside",
    "outside": True,
    "seconds": 25.0,
    "counts": "calls",
    "certain": certain,
    "outputs": {"status": "", "body": ""},
}


class Refused(Problem):
    """The other system answered that it will not."""

    status, code = 502, "call_refused"


@flows.step(
    "http",
    ("Call another system", "调用外部接口"),
    flows.parameter(
        "method",
        "choice",
        ("Method", "方法"),
        options=tuple((m, m, m) for m in ("GET", "POST", "PUT", "PATCH", "DELETE")),
        default="POST",
    ),
    _URL,
    _BODY,
    flows.parameter("headers", "texts", ("Headers", "请求头")),
    flows.parameter("secret", "secret", ("Secret", "密钥")),
    flows.parameter("secret_header", "text", ("Sent in the header", "所在请求头"), default="Authorization"),
    flows.parameter("secret_scheme", "text", ("After the word", "前缀"), default="Bearer", told=("Empty: the secret alone", "留空则只发送密钥")),
    *_ENDS,
    icon="globe",
    **_CALL,
    hint=("Into the public internet, and networks that the installation allows.", "可访问公网，以及安装时允许的网络。"),
)  # fmt: skip
async def http(step: flows.StepContext) -> Next:
    """A request; what the other system answers is there for later steps as ``status`` and ``body``."""
    given = step.input
    method = given.get("method") or "POST"
    headers = {"idempotency-key": step.key, **(given.get("headers") or {})}
    body = b""
    if given.get("values") is not None and method != "GET":
        body = dumps(given["values"])
        headers = {"content-type": "application/json", **headers}
    if step.dry:
        return flows.Done({"status": 200, "body": None})
    if given.get("secret"):
        scheme = given.get("secret_scheme", "Bearer")
        async with step.opened() as ctx:
            secret = await vault.value(ctx.db, ctx.workspace, given["secret"])
        headers[given.get("secret_header") or "Authorization"] = f"{scheme} {secret}" if scheme else secret
    return await _call(step, method, headers, body)


@flows.step(
    "webhook",
    ("Send a signed message", "发送签名消息"),
    _URL,
    flows.parameter("event", "text", ("Type of the message", "消息类型"), required=True, default="flow.message"),
    _BODY,
    flows.parameter("secret", "secret", ("Signed with the secret", "签名密钥"), required=True),
    *_ENDS,
    icon="webhook",
    **_CALL,
    hint=("As Standard Webhooks has it: the receiver can check who sent it.", "遵循 Standard Webhooks，对方可校验来源。"),
)  # fmt: skip
async def webhook(step: flows.StepContext) -> Next:
    """A message like those of webhooks, about whatever the flow says."""
    given, run = step.input, step.run
    about = {"object": run.object, "id": run.record} if run.record else None
    message: dict[str, Any] = {
        "type": given["event"],
        "timestamp": datetime.now(UTC),
        "flow": run.name,
        "record": about,
    }
    body = dumps({**message, "data": given.get("values") or {}})
    if step.dry:
        return flows.Done({"status": 200, "body": None})
    async with step.opened() as ctx:
        secret = await vault.value(ctx.db, ctx.workspace, given["secret"])
    stamp = int(time.time())
    headers = {
        "content-type": "application/json",
        "webhook-id": f"msg_{step.key}",
        "webhook-timestamp": str(stamp),
        "webhook-signature": webhooks.sign([secret], f"msg_{step.key}", stamp, body),
    }
    return await _call(step, "POST", headers, body)


async def _call(step: flows.StepContext, method: str, headers: Mapping[str, str], body: bytes) -> Next:
    reply = await _sent(step, method, headers, body)
    if not isinstance(reply, egress.Reply):
        return reply
    if reply.status >= 300 and not step.input.get("go_on"):
        return flows.Fail(Refused(status=reply.status, answer=reply.text[:200]))
    return flows.Done({"status": reply.status, "body": _read(reply)})


async def _sent(step: flows.StepContext, method: str, headers: Mapping[str, str], body: bytes) -> egress.Reply | Next:
    """The answer, or what becomes of the step without one."""
    again = PAUSES if _repeatable({"method": method, **step.input}) else ()
    seconds, url = 6.0 if again else 15.0, str(step.input["url"])
    for pause in again:
        try:
            return await egress.send(method, url, headers=headers, body=body, seconds=seconds)
        except egress.Unreached as problem:
            if problem.code in _SURELY_NOT:
                return flows.Fail(problem)
        await asyncio.sleep(pause)
    try:
        return await egress.send(method, url, headers=headers, body=body, seconds=seconds)
    except egress.Unreached as problem:
        return flows.Fail(problem) if problem.code in _SURELY_NOT or method == "GET" else flows.Unknown(problem)


def _read(reply: egress.Reply) -> Any:
    if "json" in reply.headers.get("content-type", "") and not reply.cut:
        try:
            value = loads(reply.body)
        except ValueError:
            return reply.text[:KEPT]
        return value if len(reply.body) <= KEPT else None
    return reply.text[:KEPT]

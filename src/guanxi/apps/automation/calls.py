"""Steps that call other systems: a request as somebody else wants it, and a signed message of our own shape."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from guanxi import egress, flows, vault, webhooks
from guanxi.base import Problem
from guanxi.base.json import dumps, loads
from guanxi.flows.kinds import Next

KEPT = 20_000
"""Characters of an answer that later steps may use."""

_SURELY_NOT = frozenset({"egress_url", "egress_closed", "egress_name", "egress_refused", "egress_tls", "egress_header"})
"""Where nothing was sent."""

_URL = flows.parameter("url", "words", ("Address", "地址"), required=True)
_BODY = flows.parameter(
    "values", "input", ("Sends", "发送内容"), told=("Names with values, sent as JSON", "名称与值，以 JSON 发送")
)
_GO_ON = flows.parameter("go_on", "boolean", ("Go on whatever the answer", "无论应答如何都继续"))


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
    flows.parameter("secret", "text", ("Secret", "密钥"), told=("Its name in the settings", "填写设置中的密钥名称")),
    flows.parameter("secret_header", "text", ("Sent in the header", "所在请求头"), default="Authorization"),
    flows.parameter("secret_scheme", "text", ("After the word", "前缀"), default="Bearer", told=("Empty: the secret alone", "留空则只发送密钥")),
    _GO_ON,
    group="outside",
    icon="globe",
    outside=True,
    seconds=25.0,
    counts="calls",
    outputs={"status": "", "body": ""},
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
    flows.parameter(
        "secret", "text", ("Signed with the secret", "签名密钥"), required=True, told=("Its name in the settings", "填写设置中的密钥名称")
    ),
    _GO_ON,
    group="outside",
    icon="webhook",
    outside=True,
    seconds=25.0,
    counts="calls",
    outputs={"status": "", "body": ""},
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
    try:
        reply = await egress.send(method, str(step.input["url"]), headers=headers, body=body)
    except egress.Unreached as problem:
        if problem.code in _SURELY_NOT or method == "GET":
            return flows.Fail(problem)
        return flows.Unknown(problem)
    if reply.status >= 300 and not step.input.get("go_on"):
        return flows.Fail(Refused(status=reply.status, answer=reply.text[:200]))
    return flows.Done({"status": reply.status, "body": _read(reply)})


def _read(reply: egress.Reply) -> Any:
    if "json" in reply.headers.get("content-type", "") and not reply.cut:
        try:
            value = loads(reply.body)
        except ValueError:
            return reply.text[:KEPT]
        return value if len(reply.body) <= KEPT else None
    return reply.text[:KEPT]

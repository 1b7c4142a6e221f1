"""The screens that are looked at for what keeps people out: each address of the page is among them."""

from __future__ import annotations

SCREENS = (
    "/",
    "/o/account?view=all",
    "/o/opportunity?view=pipeline",
    "/o/account/{account}",
    "/o/opportunity/{deal}",
    "/import",
    "/import/account",
    "/segments",
    "/changes",
    "/bin",
    "/settings",
    "/settings/objects",
    "/settings/rules/account",
    "/settings/pipelines",
    "/settings/users",
    "/settings/teams",
    "/settings/roles",
    "/settings/tokens",
    "/settings/me",
    "/settings/flows/{flow}",
    "/settings/flows/{flow}/runs/{run}",
    "/approvals",
)


ELSEWHERE = (
    "/o/opportunity?view=all&kind=calendar",
    "/o/opportunity?view=all&kind=chart",
    "/o/account?view=all&kind=gallery",
    "/o/account?view=all&group=industry",
    "/o/account?view=all&preview={account}",
    "/pools/{pool}",
    "/pools/{pool}/report",
    "/segments/{segment}",
    "/duplicates/account",
    "/apart/account/{account}",
    "/journey/account",
    "/quality/account",
    "/merge/account?ids={account},{other}",
    "/merge/account/many",
    "/sign-in",
    "/settings/objects/account",
    "/settings/flows",
    "/settings/flows/{flow}/try",
    "/settings/flows/{flow}/runs",
    "/settings/flows/{flow}/versions",
    "/settings/flows/{form}/sent",
    "/settings/standing",
    "/settings/layouts",
    "/settings/tags",
    "/settings/packs",
    "/settings/pools",
    "/settings/access",
    "/settings/everything",
    "/settings/mail",
    "/settings/audit",
    "/settings/retention",
    "/settings/webhooks",
    "/settings/secrets",
    "/settings/notifications",
    "/settings/shared",
)
"""What the screens above leave out: opened once, looked at in both themes."""

THEIR_OWN = {
    "/setup": "test_first_run.py",
    "/invitation/$token": "test_first_run.py",
    "/dev/kit": "test_kit.py",
}
"""Addresses that another browser test opens and looks at in the same way."""

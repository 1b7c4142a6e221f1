"""What becomes of values when two customers turn out to be one."""

from __future__ import annotations

from collections.abc import Sequence

from guanxi.apps.customers.account import Account
from guanxi.apps.customers.contact import Contact
from guanxi.apps.customers.lead import Lead
from guanxi.apps.customers.reachable import FLAGS, ordered
from guanxi.records import Context
from guanxi.records.rules import on_merge


@on_merge(Account)
@on_merge(Contact)
@on_merge(Lead)
def a_refusal_holds(merged: Account | Contact | Lead, lost: Sequence[Account | Contact | Lead], ctx: Context) -> None:
    """Who did not want to be called under one of the records is not called under the one that stays; so with every channel."""
    for name in FLAGS.values():
        if any(other.row.get(name) for other in lost):
            merged.row[name] = True
    if not isinstance(merged, Lead):
        all_of = (c for one in (merged, *lost) for c in one.row.get("unwanted_channels") or ())
        merged.row["unwanted_channels"] = ordered(all_of)


@on_merge(Account)
def the_last_contact_counts(merged: Account, lost: Sequence[Account], ctx: Context) -> None:
    """They were spoken to when anybody last spoke to them, under whichever name."""
    merged.last_contact_at = max(
        filter(None, (merged.last_contact_at, *(o.last_contact_at for o in lost))), default=None
    )


@on_merge(Account)
def names_are_kept(merged: Account, lost: Sequence[Account], ctx: Context) -> None:
    """What the others were called is a former name of the one that stays, so that it is found by it."""
    names = [merged.old.get("name"), *(other.name for other in lost)]
    kept = list(dict.fromkeys((*(merged.former_names or ()), *(n for n in names if n and n != merged.name))))
    merged.former_names = [n for n in kept if len(n) <= 100][:50] or None

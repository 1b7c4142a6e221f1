"""How somebody wants to be reached, and how not."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from guanxi.apps.customers import CHANNELS, NO_CALLS, NO_EMAIL
from guanxi.records import Context
from guanxi.schema.declare import MultiSelect, Record, Select, Tags, Text, YesNo

FLAGS = {"phone": "do_not_call", "email": "do_not_email"}
"""Channels that have a field of their own to refuse them by, which lists and imports know: it says what ``unwanted_channels`` says."""

_ORDER = [option.split()[0] for option in CHANNELS.split("|")]

HOURS = (
    "workdays Monday_to_Friday 周一至周五 | weekends Weekends 周末 | mornings Mornings_(8–12) 上午（8–12点）"
    " | afternoons Afternoons_(12–18) 下午（12–18点） | evenings Evenings_(18–21) 晚上（18–21点）"
)
_DAYS = {"workdays": range(5), "weekends": range(5, 7)}
_PARTS = {"mornings": (8, 12), "afternoons": (12, 18), "evenings": (18, 21)}


class Reachable(Record):
    """What accounts and contacts say about being written to, called and visited; kept wherever something is sent."""

    do_not_call = YesNo("Do not call", "勿电话联系", help=NO_CALLS)
    do_not_email = YesNo("Do not e-mail", "勿发邮件", help=NO_EMAIL)
    wanted_channels = MultiSelect("Prefers", "希望的联系方式", CHANNELS)
    unwanted_channels = MultiSelect(
        "Not by",
        "不希望的联系方式",
        CHANNELS,
        help=("Nothing is sent to them this way.", "不会以这些方式联系或发送内容。"),
    )
    contact_hours = MultiSelect(
        "Only at",
        "只在这些时段联系",
        HOURS,
        help=(
            "What is sent waits until then, by the company’s clock.",
            "其余时段要发送的内容会等到这些时段（按公司时区）。",
        ),
    )
    contact_times = Text("Best times", "方便联系的时间", max=120)
    language = Select("Language", "沟通语言", "zh Chinese 中文 | en English 英文 | other Other 其他")
    topics = Tags("Topics", "感兴趣的话题")


PREFERENCES = "wanted_channels unwanted_channels do_not_call do_not_email contact_hours contact_times language topics"
"""The fields as a section of a form."""


def one_refusal(who: Reachable, _: Context) -> None:
    """A channel that is refused is refused in both places; whichever was changed counts."""
    unwanted = list(who.unwanted_channels or ())
    before = who.old.get("unwanted_channels") or ()
    for channel, flag in FLAGS.items():
        if (channel in unwanted) != (channel in before):
            who.row[flag] = channel in unwanted
        elif bool(who.row.get(flag)) != (channel in unwanted):
            unwanted = [*unwanted, channel] if who.row.get(flag) else [c for c in unwanted if c != channel]
    if unwanted != list(who.unwanted_channels or ()):
        who.unwanted_channels = ordered(unwanted)


def ordered(channels: Iterable[str]) -> list[str] | None:
    """Channels as they are stored: each once, in the order of the options; those that a workspace made come last."""
    return sorted(dict.fromkeys(channels), key=lambda c: _ORDER.index(c) if c in _ORDER else len(_ORDER)) or None


def next_hour(now: datetime, hours: Iterable[Collection[str]], timezone: str) -> datetime | None:
    """The first moment from ``now`` on at which somebody wants to be reached; None when that is now.

    Each of ``hours`` is what one record says, by the names of :data:`HOURS`; what all say counts, and where they contradict each
    other what any says.
    """
    said = [set(h) for h in hours if h]

    def agreed(known: Collection[str]) -> set[str]:
        each = [s & set(known) for s in said if s & set(known)]
        return (set.intersection(*each) or set.union(*each)) if each else set()

    days = {d for name in agreed(_DAYS) for d in _DAYS[name]} or set(range(7))
    parts = sorted(_PARTS[name] for name in agreed(_PARTS)) or [(0, 24)]
    here = now.astimezone(ZoneInfo(timezone))
    for ahead in range(8):
        day = here.date() + timedelta(ahead)
        for begins, ends in parts if day.weekday() in days else ():
            if ahead == 0 and here.hour >= ends:
                continue
            if ahead == 0 and here.hour >= begins:
                return None
            return datetime.combine(day, time(begins), here.tzinfo)
    return None

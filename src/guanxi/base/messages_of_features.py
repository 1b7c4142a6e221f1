"""What features above the engine say when they refuse; read with the rest by :mod:`guanxi.base.messages`."""

from __future__ import annotations

FEATURES: dict[str, dict[str, str]] = {
    # segments
    "segment_used": {
        "en": "Other segments are made of it: {names}. Change those first.",
        "zh": "其他客群用到了它：{names}。请先修改那些客群。",
    },
    "segment_unknown": {"en": "There is no such segment that you may use.", "zh": "没有这个客群，或你无权使用。"},
    "segment_personal": {
        "en": "A segment that is shared can only be made of shared ones. Share the other first.",
        "zh": "共享客群只能由共享的客群组成，请先共享其中引用的客群。",
    },
    "segment_other": {"en": "That segment is of other records: {object}.", "zh": "那个客群属于其他对象：{object}。"},
    "segment_circle": {
        "en": "The segments would be made of each other in a circle.",
        "zh": "客群之间互相引用，形成了循环。",
    },
    "segment_static": {
        "en": "The members of a static segment are put there by hand; it has no filter.",
        "zh": "静态客群的成员由人工加入，没有筛选条件。",
    },
    "segment_dynamic": {
        "en": "The members of a dynamic segment follow from its filter. Change the filter, or make a static segment.",
        "zh": "动态客群的成员由筛选条件决定。请修改条件，或新建静态客群。",
    },
}

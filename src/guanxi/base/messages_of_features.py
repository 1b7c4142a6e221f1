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
    # merging
    "merge_needs_two": {
        "en": "{field}: name at least one other record that goes into this one, and each record once.",
        "zh": "{field}：请至少指定一条要并入的其他记录，且每条记录只出现一次。",
    },
    "merge_update": {
        "en": "You may not change the record that is to stay.",
        "zh": "你无权修改要保留的记录。",
    },
    "merge_delete": {
        "en": "You may not delete a record that is to go into the other.",
        "zh": "你无权删除要被并入的记录。",
    },
    "merge_choice": {
        "en": "{field}: say from which record the value comes, which value it is, or that lists are joined.",
        "zh": "{field}：请说明取自哪条记录、填写什么值，或合并列表。",
    },
    "merge_not_member": {
        "en": "{field}: this is none of the records in question.",
        "zh": "{field}：该记录不在此次范围内。",
    },
    "merge_no_list": {"en": "{field}: only lists can be joined.", "zh": "{field}：只有多值字段可以合并。"},
    "merge_hindered": {"en": "These records cannot become one as they are.", "zh": "这些记录目前无法合并。"},
    "merge_one_only": {
        "en": "{object}: each record may have only one (“{link}” is unique), and here are several. Keep one of them first.",
        "zh": "{object}：每条记录只能有一条（“{link}”不可重复），这里有多条。请先保留其中一条。",
    },
    "merge_people": {
        "en": "Users, teams and roles do not become one: hand over what they have instead.",
        "zh": "用户、团队和角色不能合并，请改用工作交接。",
    },
    "merged_meanwhile": {
        "en": "One of these records went into another meanwhile. Open it again.",
        "zh": "其中一条记录已被并入其他记录，请重新打开。",
    },
    "merged_away": {
        "en": "This record went into another one: it comes back when that one is taken apart.",
        "zh": "该记录已并入另一条记录，请在那条记录上拆分以恢复。",
    },
    "not_merged": {"en": "Nothing that went into this record can be taken out.", "zh": "该记录没有可拆分的合并。"},
    # pools
    "pool_object": {
        "en": "“{value}” cannot have pools: choose an object with an owner and a link to the pool.",
        "zh": "“{value}”不能设公海：请选择有负责人和公海字段的对象。",
    },
    "already_pooled": {"en": "It is in a pool already.", "zh": "该记录已在公海中。"},
    "not_pooled": {"en": "It is not in a pool.", "zh": "该记录不在公海中。"},
    "pool_none": {"en": "There is no pool that it could go to; name one.", "zh": "没有可退回的公海，请指定公海。"},
    "pool_member": {
        "en": "You are not a member of its pool “{pool}”.",
        "zh": "你不是其所在公海“{pool}”的成员。",
    },
    "pool_not_in_use": {
        "en": "It would go back to a pool that is not in use, where nobody would see it.",
        "zh": "它会回到已停用的公海，无人可见。",
    },
    "already_claimed": {
        "en": "Somebody else was quicker: it has just been claimed.",
        "zh": "手慢了一步：该记录刚被其他人领取。",
    },
    "claims_used_up": {
        "en": "You have claimed {limit} from “{pool}” today, as many as it allows. Go on tomorrow.",
        "zh": "你今天在“{pool}”的领取次数已用完（{limit} 条），请明天再领取。",
    },
    "held_most": {
        "en": "{user} holds {held} already; “{pool}” allows {limit}. Give some back first.",
        "zh": "{user}已持有 {held} 条，“{pool}”的保有量上限为 {limit}，请先退回一些。",
    },
    "capacity_full": {
        "en": "{user} holds {held} of “{option}” already; “{pool}” allows {limit}.",
        "zh": "{user}持有的“{option}”已有 {held} 条，“{pool}”的上限为 {limit}。",
    },
    "cooling_down": {
        "en": "You gave it up lately and may claim it again from {until} on.",
        "zh": "你近期退回过该记录，{until} 起才能再次领取。",
    },
    "nobody_free": {"en": "Nobody has room for more.", "zh": "没有可再分配的人员：保有量均已达上限。"},
    "no_former_owner": {
        "en": "Nobody had it lately to whom it could go back.",
        "zh": "近期没有可退回的原负责人。",
    },
    "pool_views": {
        "en": "Records of this pool that you may look at today: {limit}, all used. Claim the one you need, or go on tomorrow.",
        "zh": "今天查看该公海记录的次数已达上限（{limit} 条）。可先领取需要的记录，或明天再查看。",
    },
    # duplicates
    "duplicate": {"en": "“{title}” is there already ({rule}).", "zh": "已有“{title}”（{rule}）。"},
    "duplicate_hidden": {
        "en": "This one is there already, and you may not see it ({rule}).",
        "zh": "该记录已存在，但你无权查看（{rule}）。",
    },
    "duplicate_of": {
        "en": "This one is there already, and you may not see it. It belongs to {owner} ({rule}).",
        "zh": "该记录已存在，但你无权查看，负责人是 {owner}（{rule}）。",
    },
    "duplicate_of_pool": {
        "en": "This one is there already, and you may not see it. It is in the pool {pool}, with {owner} ({rule}).",
        "zh": "该记录已存在，但你无权查看：位于公海“{pool}”，负责人 {owner}（{rule}）。",
    },
    "nothing_to_compare": {
        "en": "The records of this object have no field by which they could be compared.",
        "zh": "该对象没有可用于比较的字段。",
    },
    "two_or_more": {"en": "Name two to fifty records, each by its id.", "zh": "请给出 2 到 50 条记录的 id。"},
    "duplicate_in_batch": {
        "en": "Another row before this one is the same ({rule}).",
        "zh": "与前面的一行重复（{rule}）。",
    },
    # quality
    "not_parts": {
        "en": "“{field}” gives points from 0 to 100 for each of fields, fresh and unique, not 0 for all.",
        "zh": "“{field}”须分别为 fields、fresh、unique 给出 0 到 100 的分值，且不能全部为 0。",
    },
    # standing
    "standing_not_for": {
        "en": "Records of this object are not graded.",
        "zh": "该对象的记录不参与分级。",
    },
}

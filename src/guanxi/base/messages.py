"""What the program says when it refuses, by code, in both languages.

``{field}`` is the field's name as the caller wrote it; the other placeholders are given by the place that refuses.
Sentences say what is wrong and what to do.
"""

from __future__ import annotations

from guanxi.base.messages_of_features import FEATURES

MESSAGES: dict[str, dict[str, str]] = {
    **FEATURES,
    # problems
    "internal": {"en": "Something went wrong on our side.", "zh": "服务器出错了。"},
    "malformed": {"en": "The request cannot be read.", "zh": "请求无法识别。"},
    "malformed_json": {"en": "The body is not valid JSON.", "zh": "请求内容不是有效的 JSON。"},
    "unauthorized": {"en": "Please sign in.", "zh": "请先登录。"},
    "wrong_credentials": {"en": "E-mail or password is wrong.", "zh": "邮箱或密码不正确。"},
    "csrf": {
        "en": "The X-CSRF-Token header is missing or wrong. Reload the page.",
        "zh": "缺少或错误的 X-CSRF-Token，请刷新页面。",
    },
    "forbidden": {"en": "You may not do this.", "zh": "你没有权限执行此操作。"},
    "beyond_token": {"en": "This token may not {verb} {object}.", "zh": "该令牌不能对“{object}”执行“{verb}”。"},
    "forbidden_verb": {"en": "Your role may not {verb} {object}.", "zh": "你的角色不能对“{object}”执行“{verb}”。"},
    "forbidden_scope": {
        "en": "This would put the record outside of what you may change.",
        "zh": "这样修改后，该记录将超出你的权限范围。",
    },
    "forbidden_reveal": {
        "en": "Your role may not look behind this mask.",
        "zh": "你的角色不能查看脱敏字段的原文。",
    },
    "viewing_as": {
        "en": "You see the workspace as {user}, and change nothing. End the view to work as yourself.",
        "zh": "你正在以“{user}”的身份查看，不能做任何修改。请先结束查看再操作。",
    },
    "forbidden_view_as": {
        "en": "You cannot view as this user: your role needs the right to view as others, and must give at least what theirs gives.",
        "zh": "不能以该用户的身份查看：你的角色须有“以他人身份查看”的权限，且权限不低于对方。",
    },
    "reveal_limit": {
        "en": "Today’s limit of {limit} revealed values is used up ({left} left). It begins anew tomorrow.",
        "zh": "今天查看原文的次数上限为 {limit}，还剩 {left}，明天重新计算。",
    },
    "export_limit": {
        "en": "This export has {amount} rows; of your {limit} a day {left} are left. Narrow the list down, or go on tomorrow.",
        "zh": "本次导出 {amount} 行，你每天可导出 {limit} 行，今天还剩 {left} 行。请缩小范围或明天再导出。",
    },
    "not_to_come": {"en": "{field}: choose a moment to come.", "zh": "{field}：请选择将来的时间。"},
    "share_ends": {
        "en": "{field}: the record is shared with you until {until}; share it for no longer.",
        "zh": "{field}：该记录共享给你的期限到 {until} 为止，请勿超过该时间。",
    },
    "not_found": {"en": "Not found, or not visible to you.", "zh": "未找到，或你无权查看。"},
    "unknown_object": {"en": "There is no object “{object}”.", "zh": "没有名为“{object}”的对象。"},
    "conflict": {"en": "This contradicts what is already there.", "zh": "与现有数据冲突。"},
    "idempotency_conflict": {
        "en": "This Idempotency-Key was used with another request.",
        "zh": "该 Idempotency-Key 已用于另一个请求。",
    },
    "already_set_up": {"en": "This installation is already set up.", "zh": "系统已完成初始化。"},
    "too_deep": {"en": "Rules set each other off without end ({cause}).", "zh": "规则互相触发，没有终止（{cause}）。"},
    "already_converted": {"en": "This lead is converted already.", "zh": "该线索已转化。"},
    "mail_off": {
        "en": "This installation sends no mail: set GUANXI_MAIL and GUANXI_MAIL_FROM.",
        "zh": "系统未配置发信服务器，请设置 GUANXI_MAIL 和 GUANXI_MAIL_FROM。",
    },
    "protection_is_given": {
        "en": "Protection is given by whoever administers a pool. Ask one of them.",
        "zh": "免回收由公海管理员设置，请联系管理员。",
    },
    "mail_failed": {"en": "The mail server did not take it: {reason}", "zh": "邮件服务器未接受：{reason}"},
    "already_undone": {"en": "This was undone already.", "zh": "该操作已撤销。"},
    "stale": {
        "en": "Somebody changed this record since you read it. Read it again and repeat your change.",
        "zh": "该记录已被他人修改，请重新读取后再改。",
    },
    "too_large": {"en": "That is more than is taken at once (limit: {limit}).", "zh": "超出单次上限（{limit}）。"},
    "invalid": {"en": "Some values cannot be accepted.", "zh": "有些值无法接受。"},
    "too_many": {"en": "Too many attempts. Please wait.", "zh": "尝试次数过多，请稍后再试。"},
    "unavailable": {
        "en": "The database is not available. Nothing was changed; try again shortly.",
        "zh": "数据库暂不可用。没有任何改动，请稍后重试。",
    },
    "no_chinese_font": {
        "en": "This server has no font with Chinese characters. Install one of {fonts} (on Debian: fonts-noto-cjk) and restart.",
        "zh": "服务器上没有中文字体。请安装以下任一字体后重启：{fonts}（Debian 可安装 fonts-noto-cjk）。",
    },
    # fields
    "unknown_field": {"en": "There is no field “{field}”.", "zh": "没有字段“{field}”。"},
    "unknown_parameter": {"en": "There is no parameter “{field}”.", "zh": "没有参数“{field}”。"},
    "masked_field": {
        "en": "“{field}” is masked for you: it is shown, and cannot be searched, filtered, sorted or grouped by.",
        "zh": "字段“{field}”对你脱敏显示，不能用于搜索、筛选、排序或分组。",
    },
    "read_only": {"en": "“{field}” cannot be written.", "zh": "字段“{field}”不可写。"},
    "required": {"en": "“{field}” is required.", "zh": "“{field}”为必填。"},
    "wrong_type": {"en": "“{field}” must be {expected}.", "zh": "“{field}”应为{expected}。"},
    "too_long": {"en": "“{field}” is longer than {max} characters.", "zh": "“{field}”超过 {max} 个字符。"},
    "too_small": {"en": "“{field}” must be at least {min}.", "zh": "“{field}”不能小于 {min}。"},
    "too_big": {"en": "“{field}” must be at most {max}.", "zh": "“{field}”不能大于 {max}。"},
    "too_many_digits": {
        "en": "“{field}” has more digits than can be kept ({max}).",
        "zh": "“{field}”位数过多（最多 {max}）。",
    },
    "too_many_values": {"en": "“{field}” has more than {max} values.", "zh": "“{field}”的值超过 {max} 个。"},
    "control_characters": {
        "en": "“{field}” contains characters that cannot be stored.",
        "zh": "“{field}”包含无法保存的字符。",
    },
    "not_among": {
        "en": "“{value}” cannot be asked for here. There is: {options}.",
        "zh": "这里没有“{value}”。可选：{options}。",
    },
    "not_an_option": {"en": "“{value}” is not an option of “{field}”.", "zh": "“{value}”不是“{field}”的选项。"},
    "not_an_email": {"en": "“{value}” is not an e-mail address.", "zh": "“{value}”不是有效的邮箱地址。"},
    "not_a_url": {
        "en": "“{value}” is not a web address (http or https).",
        "zh": "“{value}”不是有效的网址（http 或 https）。",
    },
    "not_a_phone": {"en": "“{value}” is not a phone number.", "zh": "“{value}”不是有效的电话号码。"},
    "not_a_date": {
        "en": "“{value}” is not a date; write it as 2026-03-05.",
        "zh": "“{value}”不是有效日期，请写成 2026-03-05。",
    },
    "not_a_datetime": {
        "en": "“{value}” is not a date and time; write it as 2026-03-05T10:00:00Z.",
        "zh": "“{value}”不是有效时间，请写成 2026-03-05T10:00:00Z。",
    },
    "not_a_currency": {"en": "“{value}” is not a currency code (ISO 4217).", "zh": "“{value}”不是有效的货币代码。"},
    "not_an_id": {"en": "“{value}” is not a record id.", "zh": "“{value}”不是记录编号。"},
    "reference_not_found": {
        "en": "“{field}”: no such record, or you cannot see it.",
        "zh": "“{field}”：没有这条记录，或你无权查看。",
    },
    "reference_ambiguous": {
        "en": "“{field}”: more than one record matches; use its id.",
        "zh": "“{field}”：匹配到多条记录，请使用编号。",
    },
    "not_unique": {
        "en": "Another record already has this value in “{field}”.",
        "zh": "“{field}”的值已被其他记录使用。",
    },
    "rule": {"en": "{message}", "zh": "{message}"},
    "rule_readonly": {
        "en": "“{field}” cannot be changed here ({message}).",
        "zh": "此时不能修改“{field}”（{message}）。",
    },
    "rule_options": {"en": "“{field}” can only be {message} here.", "zh": "此时“{field}”只能是：{message}。"},
    "archived": {
        "en": "This record is in the archive and cannot be changed. Restore it first.",
        "zh": "该记录已归档，不能修改。请先恢复。",
    },
    "reference_archived": {
        "en": "“{field}”: this record is in the archive. Restore it first, or choose another.",
        "zh": "“{field}”：所选记录已归档。请先恢复，或改选其他记录。",
    },
    "not_archivable": {
        "en": "Records of this object are not archived; they are switched off instead.",
        "zh": "该对象的记录不能归档，请改为停用。",
    },
    "still_referenced": {
        "en": "{objects} still point here: let them point elsewhere first, or delete them.",
        "zh": "还有{objects}引用它，请先改为引用其他记录或删除它们。",
    },
    "more_than_own": {
        "en": "“{field}”: nobody can give more than they have themselves.",
        "zh": "“{field}”：不能授予超出自己权限的内容。",
    },
    "administrator_stays": {
        "en": "The role of administrators stays as it is. Make another role, and give that to people.",
        "zh": "“管理员”角色不能修改。请新建角色并分配给用户。",
    },
    "last_administrator": {"en": "One active administrator must remain.", "zh": "必须至少保留一位启用的管理员。"},
    # queries
    "unknown_operator": {"en": "“{op}” cannot be used with “{field}”.", "zh": "“{field}”不支持运算“{op}”。"},
    "not_sortable": {"en": "Cannot sort by “{field}”.", "zh": "不能按“{field}”排序。"},
    "not_groupable": {"en": "Cannot group by “{field}”.", "zh": "不能按“{field}”分组。"},
    "unknown_function": {"en": "“{fn}” cannot be applied to “{field}”.", "zh": "“{field}”不支持“{fn}”计算。"},
    "not_after": {"en": "“{field}” must be later than “from”.", "zh": "“{field}”必须晚于“from”。"},
    "undo_under_way": {"en": "This is being taken back already.", "zh": "正在撤销中。"},
    "hand_over_under_way": {"en": "This person is handing over already.", "zh": "此人的交接正在进行中。"},
    "not_with_bin": {
        "en": "What is archived is not in the recycle bin: ask for either “bin” or “archived”.",
        "zh": "已归档的记录不在回收站中：“bin”与“archived”只能选其一。",
    },
    "not_of_the_past": {
        "en": "“{field}” looks into what is there now; leave it out to see the past.",
        "zh": "“{field}”只能用于当前数据；查看过去时请去掉它。",
    },
    "bad_filter": {"en": "The filter cannot be read: {reason}.", "zh": "筛选条件无法识别：{reason}。"},
    "bad_cursor": {"en": "The cursor is not one of ours, or belongs to another list.", "zh": "分页游标无效。"},
    "bad_limit": {"en": "limit is a number from 1 to {max}.", "zh": "limit 应为 1 到 {max} 的数字。"},
    "bad_skip": {"en": "skip is a number from 0 to {max}.", "zh": "skip 应为 0 到 {max} 的数字。"},
    "masked_value": {
        "en": "“{field}” is shown masked: enter the whole value, without asterisks.",
        "zh": "“{field}”以掩码显示：请输入完整的值，不含星号。",
    },
    "bad_identity": {
        "en": "“{field}” is not a number of an identity card: 18 places, a day of birth and a check digit. Check it for a slip.",
        "zh": "“{field}”不是有效的身份证号码：应为 18 位，含出生日期和校验码，请核对。",
    },
    "bad_value": {"en": "“{value}” cannot be compared with “{field}”.", "zh": "“{value}”不能与“{field}”比较。"},
    "too_complex": {"en": "This asks for more than one request may ({limit}).", "zh": "请求过于复杂（上限 {limit}）。"},
    # formulas
    "formula_empty": {"en": "The formula is empty.", "zh": "公式为空。"},
    "formula_ends": {"en": "The formula ends too early: {expected} is missing.", "zh": "公式不完整：缺少{expected}。"},
    "formula_unexpected": {
        "en": "Character {at}: “{word}” does not fit here; {expected} is expected.",
        "zh": "第 {at} 个字符：此处不应出现“{word}”，应为{expected}。",
    },
    "formula_open_text": {
        "en": "Character {at}: the text that begins here has no closing quotation mark.",
        "zh": "第 {at} 个字符：文本缺少结束引号。",
    },
    "formula_character": {
        "en": "Character {at}: “{word}” cannot be used in a formula.",
        "zh": "第 {at} 个字符：公式中不能使用“{word}”。",
    },
    "formula_number": {"en": "Character {at}: the number has too many digits.", "zh": "第 {at} 个字符：数字位数过多。"},
    "formula_unknown_field": {
        "en": "Character {at}: there is no field “{name}” in “{object}”.",
        "zh": "第 {at} 个字符：“{object}”没有字段“{name}”。",
    },
    "formula_no_link": {
        "en": "Character {at}: “{name}” leads to no other record, so nothing can follow its dot.",
        "zh": "第 {at} 个字符：“{name}”不是关联字段，点号后不能再写字段。",
    },
    "formula_no_value": {
        "en": "Character {at}: a formula cannot use “{name}” ({type}).",
        "zh": "第 {at} 个字符：公式不能使用“{name}”（{type}）。",
    },
    "formula_unknown_function": {
        "en": "Character {at}: there is no function “{name}”.",
        "zh": "第 {at} 个字符：没有函数“{name}”。",
    },
    "formula_arguments": {"en": "Character {at}: write it as {usage}.", "zh": "第 {at} 个字符：正确写法为 {usage}。"},
    "formula_kind": {
        "en": "Character {at}: {expected} is needed here; this is {found}.",
        "zh": "第 {at} 个字符：此处需要{expected}，而这是{found}。",
    },
    "formula_operator": {
        "en": "Character {at}: “{sign}” does not go between {left} and {right}.",
        "zh": "第 {at} 个字符：{left}与{right}之间不能用“{sign}”。",
    },
    "formula_option": {
        "en": "Character {at}: “{word}” is none of the options ({options}).",
        "zh": "第 {at} 个字符：“{word}”不是可选项（{options}）。",
    },
    "formula_date": {
        "en": "Character {at}: “{word}” is not a date; write it as '2026-03-05'.",
        "zh": "第 {at} 个字符：“{word}”不是有效日期，请写成 '2026-03-05'。",
    },
    "formula_result": {
        "en": "A formula cannot result in {found}; use one of its fields.",
        "zh": "公式的结果不能是{found}，请使用它的某个字段。",
    },
    "formula_result_type": {
        "en": "The formula’s result is {found}; it cannot be shown as “{type}”.",
        "zh": "公式的结果是{found}，不能显示为“{type}”。",
    },
    "formula_circle": {"en": "The formulas go round in a circle: {path}.", "zh": "公式循环引用：{path}。"},
    "rollup_children": {"en": "There is no related list “{name}”.", "zh": "没有名为“{name}”的相关列表。"},
    "rollup_unknown": {"en": "There is no field “{name}” in “{object}”.", "zh": "“{object}”没有字段“{name}”。"},
    "rollup_field": {
        "en": "“{function}” cannot be taken of “{name}”.",
        "zh": "不能对“{name}”计算“{function}”。",
    },
    "rollup_moves": {
        "en": "A roll-up cannot use “{name}”: it changes without the record itself.",
        "zh": "汇总不能使用“{name}”：它会在记录本身未修改时变化。",
    },
    "rollup_other_type": {
        "en": "“{field}” would hold another kind of value; retire it and add a new roll-up.",
        "zh": "“{field}”的值类型会改变；请停用后新建汇总字段。",
    },
    "rollup_where": {"en": "The condition of a roll-up takes {reason}.", "zh": "汇总的条件{reason}。"},
    "kept_twice": {
        "en": "Rules {first} and {second} are about the same: keep one of them.",
        "zh": "第 {first} 条和第 {second} 条规则对象相同，请只保留一条。",
    },
    # catalog
    "bad_name": {
        "en": "“{value}” is not a usable name: small letters, digits and _ , starting with a letter, at most 40.",
        "zh": "“{value}”不能用作名称：只能用小写字母、数字和下划线，以字母开头，最多 40 个字符。",
    },
    "name_taken": {"en": "The name “{value}” is taken.", "zh": "名称“{value}”已被占用。"},
    "unknown_type": {"en": "There is no field type “{value}”.", "zh": "没有字段类型“{value}”。"},
    "unknown_change": {"en": "There is no change “{value}”.", "zh": "没有变更操作“{value}”。"},
    "not_a_pack": {
        "en": "This is no pack: a file written by an export of the settings is expected (“guanxi”: “{format}”).",
        "zh": "这不是方案文件：应为从设置中导出的文件（“guanxi”: “{format}”）。",
    },
    "unknown_pack": {
        "en": "There is no pack “{value}”. There are: {known}.",
        "zh": "没有方案“{value}”。可用：{known}。",
    },
    "still_in_stage": {
        "en": "{count} records are in “{stage}”: move them first.",
        "zh": "有 {count} 条记录处于“{stage}”：请先移走它们。",
    },
    "standard_part": {
        "en": "“{value}” is a standard part and cannot be changed this way.",
        "zh": "“{value}”是标准内容，不能这样修改。",
    },
    "bad_config": {"en": "“{field}”: {reason}.", "zh": "“{field}”：{reason}。"},
    "cannot_become": {
        "en": "“{value}” cannot become a value of “{field}”. Say what is to be done with such values (on_failure).",
        "zh": "“{value}”无法转换为“{field}”的值，请说明如何处理此类值（on_failure）。",
    },
    "turned_with_others": {
        "en": "The type of a field is changed by itself: a field that there is, and only once.",
        "zh": "字段类型须单独修改：字段须已存在，且一次只改一回。",
    },
    "being_changed": {
        "en": "The type of this field is being changed. Wait until that is done, or cancel it.",
        "zh": "该字段的类型正在转换，请等待完成或先取消。",
    },
    # requests, sign-in
    "not_json": {
        "en": "The body must be JSON (Content-Type: application/json).",
        "zh": "请求内容应为 JSON（Content-Type: application/json）。",
    },
    "not_an_object": {"en": "The body must be a JSON object.", "zh": "请求内容应为 JSON 对象。"},
    "not_an_upload": {
        "en": "The body must be a form with a file (multipart/form-data).",
        "zh": "请求内容应为带文件的表单（multipart/form-data）。",
    },
    "no_such_address": {"en": "There is nothing at this address.", "zh": "该地址不存在。"},
    "method_not_allowed": {
        "en": "This address does not take {method}; it takes {allowed}.",
        "zh": "该地址不支持 {method}，仅支持 {allowed}。",
    },
    "timeout": {
        "en": "This took too long and was stopped. Nothing was changed.",
        "zh": "操作超时，已停止，没有任何改动。",
    },
    "busy": {
        "en": "Others changed the same records at the same time. Nothing was changed; try again.",
        "zh": "其他人正在修改相同的记录，没有任何改动，请重试。",
    },
    "scope_missing": {"en": "This token does not cover {scope}.", "zh": "该令牌不包含“{scope}”权限。"},
    "session_only": {
        "en": "This can only be done signed in, not with a token.",
        "zh": "此操作需要登录后进行，不能使用令牌。",
    },
    "set_up_first": {"en": "This installation is not set up yet.", "zh": "系统尚未初始化。"},
    "wrong_password": {"en": "The current password is wrong.", "zh": "当前密码不正确。"},
    "password_too_short": {"en": "A password needs at least {min} characters.", "zh": "密码至少需要 {min} 个字符。"},
    "repeated_parameter": {"en": "“{field}” is given more than once.", "zh": "参数“{field}”重复。"},
    "too_short": {"en": "“{field}” is too short (at least {min}).", "zh": "“{field}”过短（至少 {min}）。"},
    "must_be_text": {"en": "“{field}” must be a text.", "zh": "“{field}”应为文本。"},
    "must_be_number": {"en": "“{field}” must be a number.", "zh": "“{field}”应为数字。"},
    "must_be_boolean": {"en": "“{field}” must be true or false.", "zh": "“{field}”应为 true 或 false。"},
    "must_be_list": {"en": "“{field}” must be a list.", "zh": "“{field}”应为列表。"},
    "must_be_object": {"en": "“{field}” must be an object.", "zh": "“{field}”应为对象。"},
    "must_be_json": {"en": "“{field}” must be JSON.", "zh": "“{field}”应为 JSON。"},
    "one_of": {
        "en": "“{field}”: exactly one of the alternatives must be given.",
        "zh": "“{field}”：必须且只能给出其中一种。",
    },
    "not_a_timezone": {
        "en": "“{value}” is not a time zone; write it as Asia/Shanghai.",
        "zh": "“{value}”不是有效时区，请写成 Asia/Shanghai。",
    },
    "not_a_key": {
        "en": "Idempotency-Key is 1 to 255 printable characters.",
        "zh": "Idempotency-Key 应为 1 到 255 个可见字符。",
    },
    "not_a_version": {
        "en": 'If-Match holds a record\'s version, as in "3".',
        "zh": 'If-Match 应为记录的版本号，例如 "3"。',
    },
    "not_oneself": {"en": "“{field}”: this cannot be done with oneself.", "zh": "“{field}”：不能对自己执行此操作。"},
    "nobody_in_team": {"en": "“{field}”: nobody active is in this team.", "zh": "“{field}”：该团队没有启用的成员。"},
    # database
    "unavailable_commit": {
        "en": "The database went away while the change was being saved. Check whether it is there before you repeat it.",
        "zh": "保存时数据库连接中断，请先确认修改是否已保存，再决定是否重试。",
    },
    # types
    "not_a_number": {"en": "“{value}” is not a number.", "zh": "“{value}”不是有效的数字。"},
    "not_yes_or_no": {"en": "“{value}” is neither yes nor no.", "zh": "“{value}”不是“是”或“否”。"},
    "not_a_duration": {
        "en": "“{value}” is not a length of time; write it as 1:30 or 1h30m.",
        "zh": "“{value}”不是有效时长，请写成 1:30 或 1小时30分。",
    },
    "ambiguous_date": {
        "en": "“{value}” could be two different dates; state the order of day and month.",
        "zh": "“{value}”可能是两个不同的日期，请指明日和月的顺序。",
    },
    "bad_period": {
        "en": '“{value}” is not a period; examples: today, this_month, {"last_days": 30}.',
        "zh": '“{value}”不是有效的时间段，例如 today、this_month、{"last_days": 30}。',
    },
    "too_many_decimals": {
        "en": "“{field}” takes at most {max} digits after the point.",
        "zh": "“{field}”最多保留 {max} 位小数。",
    },
    "nested_too_deep": {"en": "“{field}” is nested deeper than {max} levels.", "zh": "“{field}”嵌套超过 {max} 层。"},
    "not_an_image": {"en": "“{field}” takes pictures only.", "zh": "“{field}”只接受图片。"},
    "file_too_big": {
        "en": "“{field}” takes files of at most {max} bytes.",
        "zh": "“{field}”的文件不能超过 {max} 字节。",
    },
    "not_from_text": {"en": "“{field}” cannot be filled from a spreadsheet.", "zh": "“{field}”不能从表格导入。"},
    "password_too_common": {
        "en": "This password is among the first that anybody tries. Choose another.",
        "zh": "该密码过于常见，请换一个。",
    },
    # tags
    "not_a_tag": {
        "en": "“{value}” is not among the tags of “{field}”. Choose one of them, or ask who looks after the settings to add it.",
        "zh": "“{field}”中没有标签“{value}”。请从已有标签中选择，或请管理员添加。",
    },
    "not_tags": {"en": "“{field}” is no field of tags.", "zh": "“{field}”不是标签字段。"},
    # standard forms
    "credit_code_check": {
        "en": "“{value}” is no unified social credit code: its check digit does not fit, so a character is mistyped. Compare it with the business licence.",
        "zh": "“{value}”不是有效的统一社会信用代码：校验位不符，说明有字符录错，请对照营业执照核对。",
    },
    "credit_code_letter": {
        "en": "“{value}” is no unified social credit code: the letter {letter} does not occur in one; perhaps {meant} is meant.",
        "zh": "“{value}”不是有效的统一社会信用代码：代码中不会出现字母 {letter}，可能应为 {meant}。",
    },
    "credit_code_length": {
        "en": "“{value}” is no unified social credit code: it has 18 characters, this has {n}.",
        "zh": "“{value}”不是有效的统一社会信用代码：应为 18 位，现为 {n} 位。",
    },
    "identity_check": {
        "en": "“{value}” is no number of an identity card: 18 characters, a day of birth and a check digit that fits. Compare it with the card.",
        "zh": "“{value}”不是有效的身份证号：应为 18 位，出生日期与校验位须相符，请对照证件核对。",
    },
    "not_a_domain": {
        "en": "“{value}” is not an internet domain; write it as example.com.",
        "zh": "“{value}”不是有效的域名，请写成 example.com。",
    },
    # reading and importing files
    "not_a_table": {
        "en": "This file is not a table that can be read (CSV, XLSX, XLS, ODS).",
        "zh": "无法识别该文件：请上传 CSV、XLSX、XLS 或 ODS 表格。",
    },
    "empty_file": {"en": "There is nothing in this file.", "zh": "文件中没有内容。"},
    "unknown_encoding": {"en": "“{value}” is not an encoding that can be read.", "zh": "不支持编码“{value}”。"},
    "too_many_columns": {
        "en": "The table has more columns than are taken ({count}; at most {max}).",
        "zh": "列数过多（{count} 列，最多 {max} 列）。",
    },
    "line_too_long": {"en": "The line is longer than {max} characters.", "zh": "该行超过 {max} 个字符。"},
    "no_such_header_row": {
        "en": "There is no row {value} to take the headings from.",
        "zh": "没有第 {value} 行可作表头。",
    },
    "no_such_sheet": {"en": "There is no sheet “{value}”.", "zh": "没有名为“{value}”的工作表。"},
    "workbook_broken": {
        "en": "The workbook is damaged ({reason}). Open it, save it anew and try again.",
        "zh": "工作簿已损坏（{reason}），请打开并重新保存后再试。",
    },
    "workbook_encrypted": {
        "en": "The workbook is protected by a password. Save it without one.",
        "zh": "工作簿设有密码，请去除密码后再上传。",
    },
    "workbook_doctype": {
        "en": "The workbook contains a document type declaration, which no spreadsheet needs.",
        "zh": "工作簿含有不应出现的文档类型声明，已拒绝。",
    },
    "workbook_too_large": {
        "en": "The workbook unfolds to more than is taken ({reason}). Save it as CSV.",
        "zh": "工作簿展开后过大（{reason}），请另存为 CSV 再上传。",
    },
    "bad_quotes": {"en": "The quotation marks of this row do not match.", "zh": "该行的引号不匹配。"},
    "too_few_cells": {
        "en": "The row has a single cell where the table has several columns.",
        "zh": "该行只有一个单元格，与表头列数不符。",
    },
    "too_many_cells": {"en": "The row has more cells than there are columns.", "zh": "该行的单元格多于列数。"},
    "cell_too_long": {"en": "A cell of this row is longer than is taken.", "zh": "该行有单元格过长。"},
    "disk_full": {
        "en": "The disk of the server is full. Nothing was kept; try again later.",
        "zh": "服务器磁盘空间不足，未保存任何内容，请稍后再试。",
    },
    "link_unnamed": {
        "en": "No column says which “{field}” this belongs to: map one to it, or to its name.",
        "zh": "没有列说明这属于哪个“{field}”：请将一列对应到它或它的名称。",
    },
    "unknown_column": {"en": "The file has no column “{value}”.", "zh": "文件中没有“{value}”列。"},
    "target_taken": {"en": "Two columns go into “{value}”.", "zh": "有两列都对应到“{value}”。"},
    "nothing_mapped": {"en": "No column goes into any field.", "zh": "没有任何列对应到字段。"},
    "may_not_add_options": {
        "en": "Adding options needs the right to change the catalog.",
        "zh": "添加选项需要管理对象与字段的权限。",
    },
    "options_are_fixed": {
        "en": "Options cannot be added to “{field}” by an import.",
        "zh": "不能通过导入为“{field}”添加选项。",
    },
    "link_not_found": {
        "en": "“{field}”: there is no “{value}”, or you cannot see it.",
        "zh": "“{field}”：没有“{value}”，或你无权查看。",
    },
    "link_ambiguous": {
        "en": "“{field}”: more than one record is called “{value}”; use its id or a unique field.",
        "zh": "“{field}”：有多条记录叫“{value}”，请使用编号或唯一字段。",
    },
    "link_loose": {"en": "“{field}”: “{value}” was taken for “{near}”.", "zh": "“{field}”：“{value}”已认作“{near}”。"},
    "known_several": {
        "en": "“{field}”: more than one record has “{value}”; choose which one is meant.",
        "zh": "“{field}”：有多条记录都是“{value}”，请选择是哪一条。",
    },
    "masked": {
        "en": "“{value}” is masked: nobody is known by it, and it is not written.",
        "zh": "“{value}”已脱敏：不用于识别，也不写入。",
    },
    "total_differs": {
        "en": "The amount is not the sum of the lines, with shipping, taxes and discounts or without: {value}. It is kept as the file has it.",
        "zh": "金额与明细合计（含或不含运费、税和优惠）不一致：{value}。已按文件中的金额保存。",
    },
    "link_made": {
        "en": "“{field}”: “{value}” was not there and has been created.",
        "zh": "“{field}”：“{value}”不存在，已新建。",
    },
    "left_empty": {
        "en": "“{field}” was left empty: “{value}” is not known.",
        "zh": "“{field}”已留空：无法识别“{value}”。",
    },
    "first_taken": {
        "en": "“{field}” takes one: of “{value}” the first was taken.",
        "zh": "“{field}”只能有一个：“{value}”中只取了第一个。",
    },
    "taken_as_exact": {
        "en": "“{field}”: of “{value}” the number that stands there was taken, of a range the lower one.",
        "zh": "“{field}”：“{value}”不是确切的数，已取其中的数；范围取较小的数。",
    },
    "used_otherwise": {
        "en": "“{field}” was empty where it must be filled: “{value}” was put there.",
        "zh": "“{field}”必填而为空，已填入“{value}”。",
    },
    "otherwise_not_here": {
        "en": "“{field}” takes no value for the rows that leave it empty: it is unique, a link, a file or a part of a value.",
        "zh": "“{field}”不能为留空的行统一填写：它是唯一、关联、文件或某个值的一部分。",
    },
    "not_an_option_but_near": {
        "en": "“{value}” is not an option of “{field}”. Did you mean “{near}”?",
        "zh": "“{value}”不是“{field}”的选项，是否为“{near}”？",
    },
    "option_added": {
        "en": "“{value}” was added to the options of “{field}”.",
        "zh": "已将“{value}”添加为“{field}”的选项。",
    },
    "key_missing": {"en": "The key “{field}” is empty in this row.", "zh": "该行的匹配字段“{field}”为空。"},
    "key_not_mapped": {"en": "No column goes into the key “{field}”.", "zh": "没有列对应到匹配字段“{field}”。"},
    "key_needed": {
        "en": "Updating needs a key: the field by which existing records are found.",
        "zh": "更新需要指定匹配字段，用于查找已有记录。",
    },
    "key_not_found": {"en": "No record has “{value}” in “{field}”.", "zh": "没有“{field}”为“{value}”的记录。"},
    "key_ambiguous": {
        "en": "More than one record has “{value}” in “{field}”.",
        "zh": "有多条记录的“{field}”为“{value}”。",
    },
    "already_there": {
        "en": "A record with “{value}” in “{field}” is already there.",
        "zh": "已有“{field}”为“{value}”的记录。",
    },
    "short_row": {
        "en": "The row has fewer cells than there are columns; the missing ones count as empty.",
        "zh": "该行单元格少于列数，缺少的按空处理。",
    },
    "digits_lost": {
        "en": "“{value}” is a number that a spreadsheet has shortened; its last digits are lost. Export the file anew, with this column as text.",
        "zh": "“{value}”是被表格软件缩写的数字，末尾几位已丢失。请把该列设为文本后重新导出。",
    },
    "deleted_there": {
        "en": "Deleted in the system that the file comes from (column “{column}”): not taken. To take such rows, remove that column or choose a field for it.",
        "zh": "这些行在原系统中已删除（列“{column}”），未导入。如需导入，请去掉该列或为它选择字段。",
    },
    "sum_row": {
        "en": "Rows that add up others, such as “{value}”, are no records: not taken. A record that is called so needs a text in another column.",
        "zh": "合计行（如“{value}”）不是记录，未导入。若确是记录，请在其他列中填写文字。",
    },
    "below_table": {
        "en": "What stands below the table, such as “{value}”, is no record: not taken.",
        "zh": "表格下方的说明（如“{value}”）不是记录，未导入。",
    },
    "more_problems": {"en": "Further problems of other kinds.", "zh": "其他问题。"},
    "import_interrupted": {
        "en": "The import was interrupted. What went in is there; it can be continued or undone.",
        "zh": "导入被中断。已导入的数据仍在，可以继续或撤销。",
    },
    "import_file_gone": {
        "en": "The file of this import is no longer there. Upload it again.",
        "zh": "导入的文件已不存在，请重新上传。",
    },
    "above_itself": {
        "en": "“{field}”: a record cannot be above itself; this one is below it already.",
        "zh": "“{field}”：记录不能是自己的上级，所选的已在它之下。",
    },
    "export_under_way": {
        "en": "An export of everything is under way already: wait for it, or cancel it.",
        "zh": "已有一次全部导出正在进行：请等待完成或先取消。",
    },
    "export_interrupted": {"en": "The export was interrupted. Ask for it again.", "zh": "导出被中断，请重新发起。"},
    "import_no_user": {"en": "The user who started this import may no longer sign in.", "zh": "发起导入的用户已停用。"},
    "import_not_resumable": {
        "en": "Only an import that failed, was interrupted or was cancelled can be continued.",
        "zh": "只有失败、中断或已取消的导入可以继续。",
    },
    "undecodable": {
        "en": "The row contains bytes that are not text in the encoding of the file.",
        "zh": "该行含有无法按文件编码识别的字节。",
    },
    "written_so": {
        "en": "“{field}”: put into the standard form, such as “{value}” into “{near}”.",
        "zh": "“{field}”：已转为标准写法，例如“{value}”写作“{near}”。",
    },
    "kept_in_note": {
        "en": "“{field}” of the cards has no field of its own; it stands in the column of notes, such as “{value}”.",
        "zh": "名片中的“{field}”没有对应字段，已并入“备注”列，例如“{value}”。",
    },
    # what goes out
    "secret_sealed": {
        "en": "It was sealed under another GUANXI_SECRET. Set that one as GUANXI_SECRET_BEFORE, or enter the secret anew.",
        "zh": "该密钥由另一个 GUANXI_SECRET 加密。请将原值设为 GUANXI_SECRET_BEFORE，或重新填写。",
    },
    "bad_secret": {
        "en": "{field}: one line of at most {max} characters.",
        "zh": "{field}：须为一行文本，最多 {max} 个字符。",
    },
    "no_such_secret": {
        "en": "There is no secret “{name}”. Add it under Settings → Secrets.",
        "zh": "没有名为“{name}”的密钥，请在“设置 → 密钥”中添加。",
    },
    "webhook_one_object": {"en": "{field}: choose exactly one object for this.", "zh": "{field}：须先只选一个对象。"},
    "egress_failed": {"en": "The other server could not be reached.", "zh": "无法访问对方服务器。"},
    "egress_url": {
        "en": "{field}: an address that begins with https:// or http://, without user name and password.",
        "zh": "{field}：请填写以 https:// 或 http:// 开头的地址，不含用户名和密码。",
    },
    "egress_closed": {
        "en": "This address lies in an inner network. Only public addresses are reached, and networks that GUANXI_NETWORKS names.",
        "zh": "该地址位于内部网络。只能访问公网地址，以及 GUANXI_NETWORKS 中列出的网络。",
    },
    "egress_name": {"en": "The name {host} cannot be found.", "zh": "找不到主机 {host}。"},
    "egress_refused": {"en": "The server does not take the connection.", "zh": "对方服务器拒绝连接。"},
    "egress_late": {"en": "No answer within {seconds} seconds.", "zh": "{seconds} 秒内没有应答。"},
    "egress_tls": {"en": "The server’s certificate is not trusted.", "zh": "对方服务器的证书不受信任。"},
    "egress_broke": {"en": "The connection broke off.", "zh": "连接中断。"},
    "call_refused": {"en": "The other system answered {status}: {answer}", "zh": "对方应答 {status}：{answer}"},
    "unsigned": {
        "en": "The signature is missing, wrong, or too old.",
        "zh": "缺少签名，或签名错误、已过期。",
    },
    "egress_header": {
        "en": "{field}: the header “{name}” cannot be sent. It is reserved, or holds characters that are not allowed.",
        "zh": "{field}：不能发送请求头“{name}”，它是保留的，或含有不允许的字符。",
    },
    # flows
    "flow_faulty": {
        "en": "Mend what is wrong with the flow, then switch it on again ({count}).",
        "zh": "流程有 {count} 处问题，请修正后再启用。",
    },
    "flow_name": {
        "en": "{field}: small letters, digits and _, beginning with a letter.",
        "zh": "{field}：只能用小写字母、数字和下划线，并以字母开头。",
    },
    "flow_step_id": {
        "en": "Steps need ids of small letters and digits that are all different ({id}).",
        "zh": "每个步骤的编号须由小写字母和数字组成且互不相同（{id}）。",
    },
    "flow_no_steps": {"en": "It does nothing yet: add a step.", "zh": "流程还没有步骤，请添加。"},
    "flow_unknown_path": {
        "en": "{field}: there is no “{path}” at this place of the flow.",
        "zh": "{field}：流程的这一步没有“{path}”。",
    },
    "flow_unknown_field": {"en": "{field}: there is no field “{name}”.", "zh": "{field}：没有字段“{name}”。"},
    "flow_field_kind": {
        "en": "{field}: the field “{name}” is not of a kind that fits here.",
        "zh": "{field}：字段“{name}”的类型不适用。",
    },
    "flow_no_record": {
        "en": "{field}: it points to no record at this place of the flow.",
        "zh": "{field}：在流程的这一步没有可用的记录。",
    },
    "flow_who": {
        "en": "{field}: choose at least one person, role or team.",
        "zh": "{field}：请至少选择一个人员、角色或团队。",
    },
    "flow_nobody": {"en": "There is nobody to assign to.", "zh": "没有可分配的人员。"},
    "flow_nobody_free": {"en": "Nobody has room for one more.", "zh": "没有人还有余量。"},
    "flow_record_gone": {
        "en": "The record that this step is about is not there, or not visible to the flow.",
        "zh": "该步骤涉及的记录不存在，或流程无权查看。",
    },
    "flow_gone": {"en": "The flow is not there any more as it was.", "zh": "该流程已不存在或无法识别。"},
    "flow_actor_gone": {
        "en": "Who switched the flow on is not active any more; somebody else must switch it on.",
        "zh": "启用该流程的用户已停用，请由他人重新启用。",
    },
    "record_locked": {
        "en": "An approval of this record is under way: it can be changed when that is decided or withdrawn.",
        "zh": "该记录正在审批中，审批结束或撤回后才能修改。",
    },
    "approval_decided": {"en": "This was decided already. Reload the page.", "zh": "该审批已有结果，请刷新页面。"},
    "approval_not_yours": {"en": "This is not yours to decide.", "zh": "该审批不由你处理。"},
    "approval_reminded": {
        "en": "The signers were reminded a moment ago. Try again in ten minutes.",
        "zh": "刚刚已催办过，请十分钟后再试。",
    },
    "flow_stopped": {"en": "Stopped by a step: {note}", "zh": "由步骤结束：{note}"},
    "flow_loop": {
        "en": "Stopped: flows would set each other off without end. Give one of them a condition under which it does not begin again.",
        "zh": "已停止：流程之间会无休止地互相触发。请给其中一个加上条件，使其不再重复触发。",
    },
    "flow_limit": {"en": "Stopped: the flow may not run.", "zh": "已停止：该流程的运行上限为零。"},
    "flow_passes_failed": {
        "en": "{failed} of {count} failed; retry takes up those.",
        "zh": "{count} 项中有 {failed} 项失败，重试只处理失败的部分。",
    },
    "flow_unknown": {
        "en": "Nobody knows whether this took place: the program ended in the middle. Look outside, then retry or skip.",
        "zh": "执行中途程序中断，无法确定是否已完成。请先核实，再选择重试或跳过。",
    },
    "flow_not_for_this": {
        "en": "This flow is not for this record as it is.",
        "zh": "该流程不适用于当前状态的记录。",
    },
    "flow_state": {
        "en": "This cannot be done with the run as it is by now. Reload the page.",
        "zh": "该运行已处于其他状态，不能执行此操作，请刷新页面。",
    },
    "flow_no_past": {
        "en": "Nothing in the past starts this kind of flow; test it on a record.",
        "zh": "这类流程无法用历史数据回测，请用单条记录测试。",
    },
    "form_reserved": {"en": "{field}: “{name}” is a name of our own.", "zh": "{field}：“{name}”是保留名称。"},
    "form_origin": {"en": "A site looks like https://www.example.com.", "zh": "网站形如 https://www.example.com。"},
    "form_redirect": {
        "en": "It must lie in one of the sites that may show it.",
        "zh": "该地址须位于可嵌入的网站之一。",
    },
    "form_not_on": {"en": "Only a form that is switched on has an address.", "zh": "只有已启用的表单才有公开地址。"},
    "form_inside": {
        "en": "A public form is about no record and asks for no people or records: strangers would have to see them.",
        "zh": "公开表单不能关联记录，也不能要求选择人员或记录，否则外人需要先看到它们。",
    },
    "form_consent": {"en": "Please tick this box to go on.", "zh": "请勾选后再提交。"},
    "form_elsewhere": {"en": "This site may not send the form.", "zh": "该网站无权提交此表单。"},
    "form_closed": {"en": "This form is closed.", "zh": "该表单已关闭。"},
    "form_closed_text": {"en": "Please ask whoever gave you the address.", "zh": "请联系提供此地址的人。"},
    "form_send": {"en": "Send", "zh": "提交"},
    "form_sent": {"en": "Thank you, we have received it.", "zh": "已收到，谢谢！"},
    "form_again": {"en": "Send another", "zh": "再提交一份"},
    "form_mend": {"en": "Please mend what is marked below.", "zh": "请修正下方标出的内容。"},
    "form_required": {"en": "required", "zh": "必填"},
    "form_choose": {"en": "Please choose", "zh": "请选择"},
    "form_trap": {"en": "Leave this empty", "zh": "此处请留空"},
    "flow_not_startable": {
        "en": "Choose a flow that is switched on and is started by another flow.",
        "zh": "请选择已启用且由其他流程启动的流程。",
    },
}

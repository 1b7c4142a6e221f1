"""Who we deal with: accounts, contacts, leads."""

INDUSTRIES = (
    "manufacturing Manufacturing 制造业 | machinery Machinery 装备制造 | electronics Electronics 电子 | technology Technology 科技"
    " | software Software 软件与互联网 | telecommunications Telecommunications 通信 | finance Finance 金融 | retail Retail 零售"
    " | consumer_goods Consumer_goods 快消 | medical Medical 医疗 | education Education 教育 | construction Construction 建筑房产"
    " | energy Energy 能源 | logistics Logistics 物流 | agriculture Agriculture 农业 | entertainment Entertainment 文娱"
    " | marketing Marketing 营销服务 | services Services 专业服务 | employment Employment 人力资源 | government Government 政府与公共"
    " | other Other 其他"
)
"""Options shared by whatever has an industry."""

SOURCES = (
    "referral Referral 转介绍 | website Website 官网 | exhibition Exhibition 展会 | cold_call Cold_call 陌生拜访 | campaign Campaign 市场活动"
    " | search Search_engine 搜索引擎 | social Social_media 社交媒体 | wecom WeCom 企业微信 | partner Partner 合作伙伴 | other Other 其他"
)
"""Where somebody came from."""

NO_CALLS = ("Nobody here calls them; their page says so to everyone.", "谁都不打电话；打开页面的人都会看到。")
NO_EMAIL = (
    "Nobody here writes e-mail to them; their page says so to everyone.",
    "谁都不发邮件；打开页面的人都会看到。",
)
"""What a wish to be left alone means, wherever it can be noted."""

ELSEWHERE = ("Its number in another system.", "在其他系统中的编号。")
"""What the number of a record in the system that it came from is."""

GENDERS = "female Female 女 | male Male 男 | other Other 其他"

CALENDARS = "solar Solar 公历 | lunar Lunar 农历"
"""By which calendar a birthday comes round."""
KEPT_BY = (
    "The birthday itself is written by the solar calendar; by the lunar one it is kept on the day that it was there.",
    "生日一律填公历日期；选“农历”则每年在对应的农历日子过生日。",
)

BUYING_ROLES = "decider Decides 决策者 | influencer Influences 影响者 | buyer Buys 采购 | user Uses 使用者 | gatekeeper Gatekeeper 把关人"
INFLUENCE = "high High 高 | medium Medium 中 | low Low 低"
ATTITUDES = (
    "supporter Supporter 支持 green | neutral Neutral 中立 gray | opponent Opponent 反对 red | unknown Unknown 未知"
)

CHANNELS = "phone Phone 电话 | sms Text_message 短信 | email E-mail 邮件 | wechat WeChat 微信 | visit Visit 上门 | post Post 邮寄"
"""Ways to reach somebody."""

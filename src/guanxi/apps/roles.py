"""The roles that every workspace begins with: an administrator can change them like those of the company's own."""

from __future__ import annotations

from guanxi.schema.model import Role

ROLES = (
    Role(
        "administrator",
        {"en": "Administrator", "zh": "管理员"},
        {
            "objects": {
                "*": {"read": "all", "create": True, "update": "all", "delete": "all", "export": True, "import": True}
            },
            "system": ["catalog", "users", "roles", "bin", "settings", "audit", "view_as"],
        },
    ),
    Role(
        "manager",
        {"en": "Manager", "zh": "经理"},
        {
            "objects": {
                "*": {
                    "read": "below",
                    "create": True,
                    "update": "below",
                    "delete": "below",
                    "export": True,
                    "import": True,
                },
                "product": {"read": "all", "create": True, "update": "all", "export": True},
                "user": {"read": "all", "export": True},
                "team": {"read": "all"},
                "role": {"read": "all"},
            },
            "system": ["bin"],
        },
    ),
    Role(
        "rep",
        {"en": "Sales rep", "zh": "销售"},
        {
            "objects": {
                "*": {"read": "own", "create": True, "update": "own", "delete": "own", "export": False, "import": True},
                "product": {"read": "all"},
                "user": {"read": "all"},
                "team": {"read": "all"},
                "role": {"read": "all"},
            },
            "system": ["bin"],
        },
    ),
    Role(
        "agent",
        {"en": "Service agent", "zh": "客服"},
        {
            "objects": {
                "*": {"read": "own", "create": True, "update": "own"},
                "account": {"read": "all", "create": True, "update": "own"},
                "contact": {"read": "all", "create": True, "update": "all"},
                "product": {"read": "all"},
                "user": {"read": "all"},
                "team": {"read": "all"},
                "role": {"read": "all"},
            }
        },
    ),
    Role(
        "marketer",
        {"en": "Marketer", "zh": "市场"},
        {
            "objects": {
                "*": {"read": "own", "create": True, "update": "own", "delete": "own"},
                "lead": {
                    "read": "all",
                    "create": True,
                    "update": "all",
                    "delete": "own",
                    "export": True,
                    "import": True,
                },
                "account": {"read": "all", "export": True},
                "contact": {"read": "all", "create": True, "update": "all", "export": True, "import": True},
                "opportunity": {"read": "all"},
                "product": {"read": "all"},
                "user": {"read": "all"},
                "team": {"read": "all"},
                "role": {"read": "all"},
            }
        },
    ),
    Role("read_only", {"en": "Read only", "zh": "只读"}, {"objects": {"*": {"read": "all"}}}),
)

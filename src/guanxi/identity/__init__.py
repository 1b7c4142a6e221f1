"""Who somebody is: signing in, sessions, API tokens, invitations, and the first user of all."""

from guanxi.identity.allowance import Allowance
from guanxi.identity.firstrun import FirstRun, set_up, setup_needed
from guanxi.identity.gate import PEOPLE, SCOPES, Caller, Gate, News, may_view_as, tell
from guanxi.identity.handing import begin_hand_over, hand_over_status, stop_hand_over
from guanxi.identity.handover import hand_over
from guanxi.identity.invitations import accept_invitation, invite, look_at_invitation
from guanxi.identity.passwords import refuse_weak, warm
from guanxi.identity.people import Role, Team, User
from guanxi.identity.signin import (
    IDLE_DAYS,
    close_session,
    close_sessions,
    is_password,
    open_session,
    sign_in,
    tidy,
    view_as,
)
from guanxi.identity.stirring import hear
from guanxi.identity.tokens import all_tokens, create_token, create_token_for, list_tokens, revoke_token

__all__ = [
    "IDLE_DAYS",
    "PEOPLE",
    "SCOPES",
    "Allowance",
    "Caller",
    "FirstRun",
    "Gate",
    "News",
    "Role",
    "Team",
    "User",
    "accept_invitation",
    "all_tokens",
    "begin_hand_over",
    "close_session",
    "close_sessions",
    "create_token",
    "create_token_for",
    "hand_over",
    "hand_over_status",
    "hear",
    "invite",
    "is_password",
    "list_tokens",
    "look_at_invitation",
    "may_view_as",
    "open_session",
    "refuse_weak",
    "revoke_token",
    "set_up",
    "setup_needed",
    "sign_in",
    "stop_hand_over",
    "tell",
    "tidy",
    "view_as",
    "warm",
]

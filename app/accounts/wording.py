"""Labels for roles and account states."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.accounts.types import CHAMPION, PUBLIC, SYSTEM, AccountState
from app.core.permissions import Role

ROLES = {
    Role.CHAMPION: _l("Champion"),
    Role.COORDINATOR: _l("Coordinator"),
    Role.SENSITIVE: _l("Can see who chose a sensitive network"),
    Role.TRAINER: _l("Trainer"),
    Role.ANALYST: _l("Analyst"),
    Role.ADMIN: _l("Administrator"),
    Role.SAFEGUARDING: _l("Safeguarding lead"),
    Role.PARTNER: _l("Partner coordinator"),
}
ROLE_DESCRIPTIONS = {
    Role.COORDINATOR: _l(
        "Approves people, sees their details, sends reminders and asks people to help."
    ),
    Role.SENSITIVE: _l(
        "Only for a coordinator or a safeguarding lead. Users with this role can see, for example,"
        " who supports survivors of domestic abuse. A safeguarding lead with this role can pause"
        " these people’s roles in the network."
    ),
    Role.TRAINER: _l("Runs courses, books people and marks attendance."),
    Role.ANALYST: _l("Sees statistics that do not identify anyone."),
    Role.ADMIN: _l("Manages users and reads the audit log. Cannot see people’s details."),
    Role.SAFEGUARDING: _l(
        "Reads the safeguarding queue and can pause people’s roles in the network."
    ),
}
ACCOUNTS = {
    AccountState.SET_UP: _l("Set up"),
    AccountState.NO_CODE: _l("No second factor"),
    AccountState.INVITED: _l("Not set up yet"),
    AccountState.DEACTIVATED: _l("Deactivated"),
}
ACCOUNT_TONES = {
    AccountState.SET_UP: "green",
    AccountState.NO_CODE: "amber",
    AccountState.INVITED: "blue",
    AccountState.DEACTIVATED: "grey",
}
ACTOR_NAMES = {
    SYSTEM: _l("The system"),
    PUBLIC: _l("The public"),
    CHAMPION: _l("A champion"),
}

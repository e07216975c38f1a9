"""The letters of the people room. None names a network. They go at once, whatever the hour: all but
the last answer what somebody did."""

from __future__ import annotations

from app.messages.letters import register
from app.messages.types import Letter


def install() -> None:
    """Make them known."""
    register(Letter("registration-confirm", "to prove the address of a registration"))
    register(Letter("registration-known", "to tell the owner of an address we know already"))
    register(Letter("draft-saved", "to come back to a registration"))
    register(Letter("contact-confirm", "to prove a new address"))
    register(Letter("approved", "to welcome somebody"))
    register(Letter("declined", "to answer a registration"))
    # Whatever the hour: nothing else may reach them before it.
    register(Letter("details-received", "to say where we got somebody's details from"))

"""Every verb that changes data checks the actor, even if a view forgets to."""

from __future__ import annotations

from tests.guards.sources import production
from tests.guards.verbs import Program, unchecked, writing_verbs

# Verbs for people who have not signed in, or who only have a link from their mailbox.
PUBLIC = {
    "app.signin.acceptance.accept_offer": "the link of an offer",
    "app.signin.sessions.sign_out": "ends the visitor's own session",
    "app.signin.acceptance.accept_invitation": "the link of an invitation",
    "app.signin.credentials.sign_in_with_code": "signing in",
    "app.signin.credentials.sign_in_with_password": "signing in",
    "app.signin.sign_in_links.send_link": "signing in",
    "app.signin.sign_in_links.use_link": "signing in",
    "app.signin.retry_links.send_link": "signing in after too many times",
    "app.signin.retry_links.use_link": "signing in after too many times",
    "app.changes.delayed_changes.cancel_change_by_link": "the link of a letter about a change",
    "app.changes.new_email.confirm_email": "the link that confirms an address",
    "app.changes.vouching.record_answer": "the link that the old address received",
    "app.registration.confirming.confirm_registration": "the link that confirms a registration",
    "app.registration.correcting.correct_address": "the key in the browser's cookie",
    "app.registration.saved.discard_draft": "the draft in the browser's cookie",
    "app.registration.saved.send_link_again": "anybody may request it; only the mailbox gets it",
    "app.registration.saved.save_draft": "anybody may register",
    "app.registration.service.register": "anybody may register",
    "app.web.once.claim_content": "keeps a digest, so that a copy is not stored again",
    "app.safeguarding.service.receive_report": "anybody may report a worry",
}
PLANTED = {
    "app/rooms/views.py": """
from app.rooms import service
def open_all(): service.open_all(http.actor())
def close_all(): service.close_all(http.actor())
""",
    "app/rooms/service.py": """
def open_all(actor):
    _write(actor)
def close_all(actor):
    _find(actor, 7)
    _write(actor)
def _find(actor, number):
    if not actor.may("rooms:close"):
        raise NotFound()
def _write(actor):
    if actor.may("rooms:paint"):
        paint()
    with audit.acting(actor, AuditVerb.ROOM):
        db.session.add(Room())
""",
}


def test_verbs_called_by_views_check_the_actor() -> None:
    program = Program(production())
    assert unchecked(program) == set(PUBLIC)
    assert len(writing_verbs(program)) > 120, "The guard finds too few verbs, so it is blind."


def test_the_guard_finds_a_verb_that_checks_nothing() -> None:
    assert unchecked(Program(PLANTED)) == {"app.rooms.service.open_all"}
    required = PLANTED["app/rooms/service.py"].replace(
        "def open_all(actor):", 'def open_all(actor):\n    actor.require("rooms:open")'
    )
    assert unchecked(Program(PLANTED | {"app/rooms/service.py": required})) == set()

"""From a need to an assignment, through the pages."""

from __future__ import annotations

import re
from importlib import import_module
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.areas.queries import area_by_code
from app.core import jobs
from app.core.db import db
from app.matching.models import Assignment, Need, Proposal
from app.messages.models import Message
from app.messages.rendering import ProgrammeFacts, render
from app.messages.types import Channel
from app.people.models import Presence
from app.people.types import Basis
from tests.addresses import at, public_id
from tests.factories import accounts, areas, matching

NEW = {
    "area": "thetford",
    "network": "",
    "kind": "",
    "places": "1",
    "priority": "80",
    "what_for": "To listen at the market.",
    "setting": "The market",
    "times": "Fridays",
    "contact": "Jo, 01362 555000",
}


def do_jobs() -> None:
    """Run the worker's jobs in the test's transaction."""
    import_module("app.matching.running")
    for job in db.session.scalars(select(jobs.Job).where(jobs.Job.finished_at.is_(None))):
        result = jobs.workers[job.kind](job, lambda done, total, stage: None)
        jobs.finish_job(job.id, result)
    db.session.expire_all()


def letter_link(app: Flask, message: Message) -> str:
    """Return the path of the link in a letter."""
    text = render(
        message.letter, message.channel, message.name, message.context, ProgrammeFacts.current()
    )
    found = re.search(r"http://127\.0\.0\.1:5000(/\S+)", text.text)
    assert found, text.text
    return found.group(1)


def test_a_need_is_matched_requested_and_accepted(
    app: Flask, client: FlaskClient, sign_in: Any, session: Session
) -> None:
    thetford = area_by_code("thetford")
    assert thetford and thetford.easting and thetford.northing
    home = areas.area(easting=thetford.easting + 4_200, northing=thetford.northing)
    person = matching.candidate(home, "Ann Smith")
    sign_in(accounts.coordinator())
    reply = client.post("/needs/new", data=NEW)
    assert reply.status_code == 302, reply.text
    need = db.session.scalars(select(Need)).one()

    reply = client.post("/needs/run")
    assert "/jobs/" in reply.location
    do_jobs()
    status = client.get(f"{reply.location}/status").get_json()
    assert status["state"] == "done"
    page = client.get(status["url"]).text
    assert "Ann Smith" in page
    assert "About 4 km away" in page
    assert "First champion in an area that has none" in page

    proposal = db.session.scalars(select(Proposal)).one()
    assert client.get(at(f"/needs/{need.id}")).status_code == 200
    reply = client.post(
        "/needs/ask",
        data={"proposal": [public_id("proposals", proposal.id)], "back": at(f"/needs/{need.id}")},
    )
    assert "You have asked 1 person." in client.get(reply.location).text

    client.post("/sign-out")
    message = db.session.scalars(select(Message)).one()
    assert message.channel is Channel.EMAIL
    link = letter_link(app, message)
    assert "To listen at the market." in client.get(link).text
    assert db.session.scalars(select(Assignment)).all() == []
    reply = client.post(link, data={"answer": "yes"}, follow_redirects=True)
    assert "Thank you" in reply.text
    client.post(link, data={"answer": "yes"})
    assignment = db.session.scalars(select(Assignment)).one()
    assert (assignment.person_id, assignment.need_id) == (person.id, need.id)
    serves = db.session.scalars(select(Presence).where(Presence.basis == Basis.SERVES)).one()
    assert (serves.person_id, serves.ward_id) == (person.id, need.area_id)
    assert serves.id == assignment.presence_id

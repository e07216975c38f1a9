"""The usual time to a decision comes from the programme file and is optional."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.programme import Programme
from app.messages.rendering import ProgrammeFacts, render
from app.messages.types import Channel
from tests.factories import people
from tests.integration.people import letters
from tests.integration.registration import registering


@pytest.mark.parametrize("within", ["six weeks", None])
def test_pages_and_email_give_the_usual_time_to_a_decision(
    session: Session, client: Any, within: str | None
) -> None:
    programme = session.scalars(select(Programme)).one()
    kept = {key: value for key, value in programme.settings.items() if key != "decided_within"}
    programme.settings = kept | ({"decided_within": within} if within else {})
    session.flush()
    pages = [registering.send(client).text, client.get("/confirmed").text]
    people.applicant("Ann Waiting", email="ann@within.example", confirmed=True)
    browser = letters.sign_in(client, session, "ann@within.example")
    pages += [browser.get(path).text for path in ("/", "/me")]
    purpose = "confirm-registration"
    link = {"endpoint": "registration.confirm", "purpose": purpose, "link_id": "0" * 32}
    context = {"link": link, "sign_in": {"endpoint": "accounts.sign_in", "values": {}}}
    sent = render("registration-confirm", Channel.EMAIL, "", context, ProgrammeFacts.current())
    for text in (*pages, sent.text, sent.html):
        assert "write to you" in text
        assert "two weeks" not in text
        assert ("usually within six weeks" in text) is (within is not None)

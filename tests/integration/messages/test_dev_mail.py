"""Outside production, /dev/mail lists every message that was sent."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.core import clock, links
from app.core.actor import SYSTEM
from app.messages import outbox, sent
from app.messages.types import Attachment, Channel
from tests.addresses import at
from tests.factories import messages as make

pytestmark = pytest.mark.usefixtures("letter", "mailbox")


def send(session: Session) -> None:
    """Send messages as the worker does."""
    session.commit()
    outbox.send_waiting()
    session.expire_all()


def test_sent_messages_are_listed_and_waiting_ones_counted(
    client: FlaskClient, session: Session
) -> None:
    with clock.frozen(date(2027, 3, 1)):
        make.message("first@example.org")
        send(session)
    with clock.frozen(date(2027, 3, 2)):
        make.message("second@example.org")
        send(session)
    make.message("later@example.org", send_after=clock.now() + timedelta(days=1))
    make.message("01362 000000", channel=Channel.PHONE)
    page = client.get("/dev/mail").text
    assert page.index("second@example.org") < page.index("first@example.org")
    assert "later@example.org" not in page
    assert "1 message is waiting to be sent." in page
    assert "1 is waiting for a coordinator" in page


def test_messages_can_be_searched_by_address(client: FlaskClient, session: Session) -> None:
    make.message("ann@example.org")
    make.message("bob@example.org")
    send(session)
    page = client.get("/dev/mail?to=ANN@").text
    assert "ann@example.org" in page
    assert "bob@example.org" not in page
    assert "No messages" in client.get("/dev/mail?to=%25").text


def test_a_long_list_has_further_pages(client: FlaskClient, session: Session) -> None:
    rows = [make.message() for _ in range(sent.PAGE_SIZE + 3)]
    send(session)
    first = client.get("/dev/mail")
    older = re.search(r'href="(/dev/mail\?after=[^"]+)"', first.text)
    assert older
    second = client.get(older[1].replace("&amp;", "&"))
    shown = [row.address for row in rows if row.address in first.text]
    remaining = [row.address for row in rows if row.address in second.text]
    assert len(shown) == sent.PAGE_SIZE
    assert sorted(shown + remaining) == sorted(row.address for row in rows)
    assert client.get("/dev/mail?after=nonsense").status_code == 200


def test_a_letter_can_be_read_and_its_links_work(
    client: FlaskClient, session: Session, app: Flask
) -> None:
    link_id = links.create("sign-in", 1, timedelta(minutes=30))
    context = {
        "link": {"endpoint": "accounts.use_link", "purpose": "sign-in", "link_id": str(link_id)}
    }
    row = make.message("ann@example.org", letter="sign-in", context=context)
    send(session)
    reply = client.get(at(f"/dev/mail/{row.id}"))
    token = links.token("sign-in", link_id)
    assert f'href="{app.config["PUBLIC_URL"]}/sign-in/link/{token}"' in reply.text
    assert "frame-src 'self'" in reply.headers["Content-Security-Policy"]
    assert "unsafe" not in reply.headers["Content-Security-Policy"]
    html = client.get(at(f"/dev/mail/{row.id}/html"))
    assert token in html.text
    assert html.headers["X-Frame-Options"] == "SAMEORIGIN"


def test_the_frame_allows_the_letters_own_style_and_nothing_else(
    client: FlaskClient, session: Session
) -> None:
    row = make.message(letter="sign-in", context={"link": {"endpoint": "accounts.sign_in"}})
    send(session)
    html = client.get(at(f"/dev/mail/{row.id}/html"))
    [style] = re.findall(r"<style>(.*?)</style>", html.text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = html.headers["Content-Security-Policy"]
    assert f"style-src 'sha256-{digest}'" in policy
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert " style=" not in html.text
    assert '<base target="_top">' in html.text


def test_attached_files_can_be_opened(
    client: FlaskClient, session: Session, letter: Callable[..., None]
) -> None:
    file = Attachment("day.ics", "text/calendar; method=REQUEST", b"BEGIN:VCALENDAR\r\n")
    letter("test-file", attachments=lambda context: (file,))
    row = make.message(letter="test-file")
    send(session)
    assert at(f"/dev/mail/{row.id}/files/1/day.ics") in client.get(at(f"/dev/mail/{row.id}")).text
    reply = client.get(at(f"/dev/mail/{row.id}/files/1/day.ics"))
    assert reply.data == file.content
    assert reply.headers["Content-Type"] == file.media_type
    assert reply.headers["Content-Disposition"].startswith("attachment")
    assert client.get(at(f"/dev/mail/{row.id}/files/2/day.ics")).status_code == 404
    assert client.get(at(f"/dev/mail/{row.id}/files/1/other.ics")).status_code == 404


def test_a_text_message_shows_its_text(
    client: FlaskClient, session: Session, letter: Callable[..., None]
) -> None:
    letter("test-text", sms="Short & sweet, {{ name }}")
    row = make.message("+447700900111", letter="test-text", channel=Channel.SMS)
    send(session)
    assert "Short &amp; sweet, Ann Smith" in client.get(at(f"/dev/mail/{row.id}")).text
    assert client.get(at(f"/dev/mail/{row.id}/html")).status_code == 404


def test_the_text_is_shown_after_the_subject_was_deleted(
    client: FlaskClient, session: Session, letter: Callable[..., None]
) -> None:
    letter("test-fleeting", text="See you on {{ day }}")
    row = make.message(letter="test-fleeting", context={"day": "Monday"})
    send(session)
    letter("test-fleeting", text="{{ something_new }}")
    make_again = client.get(at(f"/dev/mail/{row.id}"))
    assert make_again.status_code == 200
    assert "See you on Monday" in make_again.text


@pytest.mark.parametrize("path", ["/dev/mail/999999999", "/dev/mail/999999999/html"])
def test_missing_messages_and_files_are_not_found(client: FlaskClient, path: str) -> None:
    assert client.get(at(path)).status_code == 404


def test_an_unsent_message_is_not_shown(client: FlaskClient, session: Session) -> None:
    row = make.message(send_after=clock.now() + timedelta(days=1))
    assert client.get(at(f"/dev/mail/{row.id}")).status_code == 404


def test_in_production_there_is_no_such_page(
    app: Flask, client: FlaskClient, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = make.message()
    send(session)
    monkeypatch.setitem(
        app.config, "SETTINGS", replace(app.config["SETTINGS"], app_env="production")
    )
    for path in ("/dev/mail", at(f"/dev/mail/{row.id}"), at(f"/dev/mail/{row.id}/html")):
        assert client.get(path).status_code == 404


def test_a_message_without_a_name_shows_only_its_address(
    client: FlaskClient, session: Session
) -> None:
    row = make.message("ann@example.org", name="")
    send(session)
    assert "– ann@example.org" not in client.get("/dev/mail").text
    page = client.get(at(f"/dev/mail/{row.id}")).text
    assert re.search(r'app-summary__value">\s*ann@example\.org', page)


def test_a_persons_history_lists_messages(session: Session) -> None:
    make.message("ann@example.org", person_id=77)
    call = make.message("01362 000000", channel=Channel.PHONE, person_id=77)
    make.message("01362 000000", channel=Channel.PHONE, person_id=77)
    send(session)
    call.sent_at, call.outcome = clock.now(), "Will book in May"
    session.flush()
    texts = {entry.text for entry in sent.timeline(SYSTEM, 77)}
    assert texts == {"Email sent: “a test”", "Called: Will book in May"}
    assert sent.timeline(SYSTEM, 78) == []

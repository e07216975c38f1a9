"""The part of the programme file for the messages room."""

from __future__ import annotations

from typing import Annotated

from pydantic import StringConstraints

from app.core.programme_types import Part

TemplateId = Annotated[
    str,
    StringConstraints(pattern=r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"),
]


class NotifyTemplates(Part):
    """[programme.notify]: IDs of the general templates in GOV.UK Notify (app/messages/notify.py).

    Without a template, emails are sent by SMTP, letters are posted by hand, and text messages are
    not sent.
    """

    email: TemplateId | None = None
    sms: TemplateId | None = None
    letter: TemplateId | None = None

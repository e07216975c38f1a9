"""The PDF of a certificate, or of a record of another body's training."""

from __future__ import annotations

import io

import segno
from flask import current_app
from flask_babel import gettext

from app.certificates.codes import format_code
from app.certificates.types import CertificateRow
from app.certificates.wording import award_in_words, expiry_in_words
from app.core import pdf, programme


def _(text: str, **values: str) -> str:
    return str(gettext(text, **values))


def check_url(code: str) -> str:
    """Return the public URL for checking a code."""
    return f"{current_app.config['PUBLIC_URL']}/check/{code}"


def qr_svg(text: str) -> str:
    """Return a QR code as SVG. It can still be read if up to a quarter of it is damaged."""
    buffer = io.BytesIO()
    segno.make(text, error="q", micro=False).save(
        buffer, kind="svg", xmldecl=False, border=2, scale=4, dark="#000", light="#fff"
    )
    return str(buffer.getvalue(), "utf-8")


def document_title(row: CertificateRow) -> str:
    """Return "Certificate" for the programme's own kinds, or "Record of training" for others."""
    return _("Certificate") if row.own else _("Record of training")


def render_document(row: CertificateRow) -> bytes:
    """Return a certificate's document as a tagged PDF."""
    current_programme = programme.current()
    name = current_programme.name if current_programme else _("Champion Network")
    address = check_url(row.code)
    facts: list[tuple[str, str | None]] = [
        (_("Course"), row.kind_name),
        (_("Awarding body"), row.awarding_body),
        (_("Trained by"), row.provider),
        (_("Course ID"), row.course_reference),
        (_("Certificate number"), row.number),
        (_("Date of award"), award_in_words(row.awarded_on, row.award_known)),
        (_("Valid until"), expiry_in_words(row)),
    ]
    missing = {_("Course ID"), _("Certificate number")}
    return pdf.typeset(
        "record.typ",
        {
            "title": document_title(row),
            "programme": name,
            "organisation": current_programme.organisation if current_programme else "",
            "lead": _("This certifies that")
            if row.own
            else _("According to our records, this person has completed the training below"),
            "holder": row.holder_name,
            "facts": [
                [label, value or _("Not given")]
                for label, value in facts
                if value or label in missing
            ],
            "note": ""
            if row.own
            else _(
                "This is a record kept by %(programme)s. It is not a certificate from %(body)s,"
                " which issues its own certificates.",
                programme=name,
                body=row.awarding_body,
            ),
            "check": _("Check this document at"),
            "address": address,
            "code_label": _("Code: %(code)s", code=format_code(row.code)),
            "qr": qr_svg(address),
            "qr_alt": _("QR code that opens %(address)s", address=address),
        },
    )

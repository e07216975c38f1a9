"""The page for the audit log."""

from __future__ import annotations

from typing import Any

from flask import render_template, request, url_for

from app.accounts import audit_log, users
from app.accounts.forms import AuditFilterForm
from app.accounts.views.blueprint import blueprint
from app.core.words import long_date
from app.web import http
from app.web.http import requires


@blueprint.get("/audit", endpoint="audit_log")
@requires("audit:read")
def show_audit_log() -> str:
    """Show the audit log, newest entries first."""
    form = AuditFilterForm(people=users.staff_names())
    page = audit_log.page_of_entries(http.actor(), form.to_command(), request.args.get("after"))
    in_use = form.parameters_in_use()
    address: dict[str, Any] = {}
    for values in in_use.values():
        address |= values
    return render_template(
        "accounts/audit_log.html",
        page=page,
        filter_form=form,
        applied=_applied_filters(form, in_use),
        older_url=url_for("accounts.audit_log", **address, after=page.next) if page.next else None,
        newer_url=None if page.first else url_for("accounts.audit_log", **address),
    )


def _applied_filters(
    form: AuditFilterForm, parameters: dict[str, dict[str, Any]]
) -> list[tuple[str, str]]:
    """Return pairs of text and URL, one for each selected filter. The URL removes the filter."""
    applied = []
    for name in parameters:
        remaining: dict[str, Any] = {}
        for other, values in parameters.items():
            remaining |= values if other != name else {}
        field = form[name]
        if name in ("since", "until"):
            label = f"{field.label.text} {long_date(field.data)}"
        else:
            labels = {str(each.value): str(each.label) for each in getattr(field, "choices", ())}
            label = labels.get(str(field.data), field.data)
        applied.append((label, url_for("accounts.audit_log", **remaining)))
    return applied

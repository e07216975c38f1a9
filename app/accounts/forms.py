"""Forms for managing users and for filtering the audit log."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_babel import lazy_gettext as _l

from app.accounts.audit_wording import GROUPS, parse_subject
from app.accounts.types import AuditFilter
from app.accounts.wording import ACTOR_NAMES, ROLE_DESCRIPTIONS, ROLES
from app.core.parsing import ParseError
from app.core.permissions import Role
from app.web.fields import (
    CheckboxesField,
    Choice,
    ConfirmField,
    DateField,
    EmailField,
    FilterForm,
    FullNameField,
    PageForm,
    RadiosField,
    SearchField,
    SelectField,
    TextField,
)


class UserFilter(FilterForm):
    """A form to filter the list of users."""

    q = SearchField(_l("Name or email address"))
    gone = ConfirmField(_l("Include former users"))


def _roles_field(required: object = None) -> CheckboxesField:
    return CheckboxesField(
        _l("Which roles should they have?"),
        required=required,
        hint=_l(
            "Select all that apply. Coordinators add partner coordinators on the"
            " organisation’s page."
        ),
        coerce=Role,
        choices=[Choice(role, ROLES[role], hint=what) for role, what in ROLE_DESCRIPTIONS.items()],
    )


def _why_field() -> TextField:
    return TextField(
        _l("Why do they need this role? (optional)"),
        hint=_l("The people who can approve the role will see this."),
        max_length=300,
    )


class InviteeForm(PageForm):
    """A form for the name and email address of a person to invite."""

    name = FullNameField(_l("Full name"), required=_l("Enter their full name"), autocomplete="off")
    email = EmailField(
        _l("Email address"),
        required=_l("Enter their email address"),
        check_domain=True,
        hint=_l(
            "Use a work email address that only they have access to. They will use it to sign in."
        ),
        autocomplete="off",
    )


class InviteForm(InviteeForm):
    """A form to invite a person and choose their roles."""

    roles = _roles_field(required=_l("Choose at least one role"))
    why = _why_field()


class RolesForm(PageForm):
    """A form to change a user's roles."""

    roles = _roles_field()
    why = _why_field()


class DeputyForm(PageForm):
    """A form to give a deputy a role for certain dates."""

    role = RadiosField(
        _l("Which role will the deputy have?"),
        required=_l("Choose a role"),
        coerce=Role,
        choices=[Choice(role, ROLES[role], hint=what) for role, what in ROLE_DESCRIPTIONS.items()],
    )
    from_on = DateField(
        _l("First day"), required=_l("Enter the first day"), error_name=_l("The first day")
    )
    until_on = DateField(
        _l("Last day"), required=_l("Enter the last day"), error_name=_l("The last day")
    )
    why = _why_field()


# --- the audit log ---


class SubjectField(TextField):
    """A field for the subject of an audit log entry, such as “person” followed by an identifier."""

    def parse(self, text: str) -> tuple[str, int]:
        """Return the table and row ID. Raises ParseError."""
        found = parse_subject(text)
        if found is None:
            raise ParseError(_l("Enter the type and identifier, as shown in the list below"))
        return found

    @property
    def subject(self) -> tuple[str, int] | None:
        """Return the table and row ID, or None if the field is empty or not valid."""
        return self._parse_or_none(self.parse)


class AuditFilterForm(FilterForm):
    """A form to filter the audit log."""

    since = DateField(_l("From"), error_name=_l("The first day"))
    until = DateField(_l("To"), error_name=_l("The last day"))
    group = SelectField(
        _l("What"),
        blank=_l("Everything"),
        choices=[(name, label) for name, (label, _verbs) in GROUPS.items()],
    )
    who = SelectField(_l("Who"), blank=_l("Anyone"), rows="users")
    subject = SubjectField(
        _l("Subject"),
        hint=_l(
            "For example, “person” followed by an identifier. You can copy both from the "
            "list below."
        ),
        width=20,
    )

    def __init__(self, *, people: Sequence[tuple[int, str]], **kwargs: Any) -> None:
        self.people = people
        super().__init__(**kwargs)

    def validate(self, extra_validators: Any = None) -> bool:
        """Add the users to the choices, then validate the form."""
        self.who.choices = [
            *self.people,
            *ACTOR_NAMES.items(),
        ]
        return bool(super().validate(extra_validators))

    def parameters_in_use(self) -> dict[str, dict[str, str]]:
        """Return the query-string parameters of each filter that is valid and not empty."""
        return {
            name: {part: texts[0] for part, texts in self[name].submitted_values().items()}
            for name in self.values()
        }

    def to_command(self) -> AuditFilter:
        """Return the filter. Fields that are not valid are ignored."""
        values = self.values()
        return AuditFilter(
            group=values.get("group", ""),
            who=values.get("who", ""),
            subject=self.subject.subject,
            since=values.get("since"),
            until=values.get("until"),
        )

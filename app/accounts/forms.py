"""Forms of signing in, of users, of the audit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_babel import lazy_gettext as _l

from app.accounts.audit_wording import GROUPS, read_subject
from app.accounts.types import AuditFilter
from app.accounts.wording import ROLES, WHAT_THEY_DO, WHO
from app.core.fields import (
    CheckboxesField,
    Choice,
    ConfirmField,
    DateField,
    EmailField,
    FilterForm,
    FullNameField,
    HiddenField,
    PageForm,
    PasswordField,
    RadiosField,
    SearchField,
    SelectField,
    TextField,
)
from app.core.permissions import Role
from app.core.reading import Unreadable


def _password_now() -> PasswordField:
    return PasswordField(
        _l("Password"), required=_l("Enter your password"), autocomplete="current-password"
    )


def _new_password(label: object) -> PasswordField:
    return PasswordField(
        label,
        required=_l("Enter a password"),
        hint=_l("12 characters or more. Three random words make a good one. You can paste it."),
        autocomplete="new-password",
    )


def _code_or_recovery() -> TextField:
    return TextField(
        _l("Code from your app"),
        required=_l("Enter the code from your app"),
        hint=_l("6 digits. Or one of your recovery codes, if you do not have your phone."),
        width=20,
        autocomplete="one-time-code",
    )


def _new_code() -> TextField:
    return TextField(
        _l("Code from your app"),
        required=_l("Enter the code from your app"),
        hint=_l("6 digits, from the app you are adding."),
        width=5,
        autocomplete="one-time-code",
    )


class LinkForm(PageForm):
    """Where to send the link."""

    email = EmailField(
        _l("Email address"),
        required=_l("Enter your email address"),
        hint=_l("We will send you a link. There is no password to remember."),
    )


class TryNowForm(PageForm):
    """Where to send the link that lets the owner of an account try again at once."""

    email = EmailField(
        _l("Email address"),
        required=_l("Enter your email address"),
        hint=_l("The address you sign in with."),
    )


class UseLinkForm(PageForm):
    """What is said beside the button of a link."""

    shared = ConfirmField(
        _l("I share this device"),
        hint=_l(
            "If you select this, we will sign you out after one hour, or when you close your"
            " browser."
        ),
    )


class StaffForm(PageForm):
    """Address and password."""

    email = EmailField(_l("Email address"), required=_l("Enter your email address"))
    password = _password_now()


class CodeForm(PageForm):
    """The second factor."""

    code = _code_or_recovery()


class ProveForm(PageForm):
    """Password and second factor once more. with_code: whether they have one to give."""

    password = _password_now()
    code = _code_or_recovery()

    def __init__(self, *, with_code: bool, **more: Any) -> None:
        super().__init__(**more)
        self.with_code = with_code
        if not with_code:
            del self.code


class NewPasswordForm(PageForm):
    """Another password."""

    password = _new_password(_l("New password"))


class SecondFactorForm(PageForm):
    """Another app. secret: what the page showed, encrypted."""

    secret = HiddenField()
    code = _new_code()


class InvitationForm(PageForm):
    """A password and a second factor of one's own."""

    password = _new_password(_l("Choose a password"))
    secret = HiddenField()
    code = _new_code()


class OfferForm(InvitationForm):
    """A name, a password and a second factor, to accept an offer with."""

    name = FullNameField(
        _l("Your full name, as the team will see it"), required=_l("Enter your full name")
    )


# --- users, for an administrator ---


class UserFilter(FilterForm):
    """Which users to show."""

    q = SearchField(_l("Name or email address"))
    gone = ConfirmField(_l("Include former users"))


def _roles_field(required: object = None) -> CheckboxesField:
    return CheckboxesField(
        _l("What do they do?"),
        required=required,
        hint=_l(
            "Select all that apply. A coordinator adds partner coordinators on the page of"
            " their organisation."
        ),
        coerce=Role,
        choices=[Choice(role, ROLES[role], hint=what) for role, what in WHAT_THEY_DO.items()],
    )


def _why_field() -> TextField:
    return TextField(
        _l("Why do they need this? (optional)"),
        hint=_l("The people who can agree to the role will read this."),
        max_length=300,
    )


class WhoForm(PageForm):
    """The name and address of somebody who is invited."""

    name = FullNameField(_l("Full name"), required=_l("Enter their full name"), autocomplete="off")
    email = EmailField(
        _l("Email address"),
        required=_l("Enter their email address"),
        hint=_l("Use their own work address that nobody else can read. They will sign in with it."),
        autocomplete="off",
    )


class InviteForm(WhoForm):
    """Somebody who is to work on the service."""

    roles = _roles_field(required=_l("Choose at least one role"))
    why = _why_field()


class RolesForm(PageForm):
    """What somebody does on the service."""

    roles = _roles_field()
    why = _why_field()


class DeputyForm(PageForm):
    """A role for dates, for somebody who stands in."""

    role = RadiosField(
        _l("Which role will they stand in for?"),
        required=_l("Choose a role"),
        coerce=Role,
        choices=[Choice(role, ROLES[role], hint=what) for role, what in WHAT_THEY_DO.items()],
    )
    from_on = DateField(
        _l("First day"), required=_l("Enter the first day"), called=_l("The first day")
    )
    until_on = DateField(
        _l("Last day"), required=_l("Enter the last day"), called=_l("The last day")
    )
    why = _why_field()


# --- the audit ---


class SubjectField(TextField):
    """What something was done to: “person” and its identifier. `subject`: table and row number."""

    def read(self, text: str) -> tuple[str, int]:
        """The table and number."""
        found = read_subject(text)
        if found is None:
            raise Unreadable(_l("Enter the type and identifier, as shown in the list below"))
        return found

    @property
    def subject(self) -> tuple[str, int] | None:
        """The table and number; None when empty."""
        return self._meaning(self.read)


class TrailFilter(FilterForm):
    """What to show of the audit."""

    since = DateField(_l("From"), called=_l("The first day"))
    until = DateField(_l("To"), called=_l("The last day"))
    group = SelectField(
        _l("What"),
        blank=_l("Everything"),
        choices=[(name, label) for name, (label, _verbs) in GROUPS.items()],
    )
    who = SelectField(_l("Who"), blank=_l("Anyone"), rows="users")
    subject = SubjectField(
        _l("On what"),
        hint=_l("For example, “person” and their identifier, copied from the list below"),
        width=20,
    )

    def __init__(self, *, people: Sequence[tuple[int, str]], **more: Any) -> None:
        self.people = people
        super().__init__(**more)

    def validate(self, extra_validators: Any = None) -> bool:
        """The users come from outside, so the choices are filled before they are checked."""
        self.who.choices = [
            *self.people,
            *WHO.items(),
        ]
        return bool(super().validate(extra_validators))

    def in_use(self) -> dict[str, dict[str, str]]:
        """Filter → what stands in the address for it, of those that can be read."""
        return {
            name: {part: texts[0] for part, texts in self[name].typed().items()}
            for name in self.values()
        }

    def to_command(self) -> AuditFilter:
        """As asked; what can't be read asks for nothing."""
        values = self.values()
        return AuditFilter(
            group=values.get("group", ""),
            who=values.get("who", ""),
            subject=self.subject.subject,
            since=values.get("since"),
            until=values.get("until"),
        )

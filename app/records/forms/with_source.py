"""Forms that staff use to change a person's record. They ask who told staff about the change."""

from __future__ import annotations

from app.changes import forms
from app.changes.change_source_form import ChangeSourceForm
from app.organisations.forms import OrganisationNameForm
from app.people.forms import StaffSafeContactForm
from app.records.forms.contacting import ContactChangeForm


class NameFormWithSource(ChangeSourceForm, forms.NameForm):
    """`NameForm` with the source of the change."""


class ContactFormWithSource(ChangeSourceForm, ContactChangeForm):
    """`ContactChangeForm` with the source of the change."""


class SafeContactFormWithSource(ChangeSourceForm, StaffSafeContactForm):
    """`StaffSafeContactForm` with the source of the change."""


class PlaceFormWithSource(ChangeSourceForm, forms.PlaceForm):
    """`PlaceForm` with the source of the change."""


class ProtectionFormWithSource(ChangeSourceForm, forms.StaffProtectionForm):
    """`StaffProtectionForm` with the source of the change."""


class GeneralChampionFormWithSource(ChangeSourceForm, forms.StaffGeneralChampionForm):
    """`StaffGeneralChampionForm` with the source of the change."""


class NetworksFormWithSource(ChangeSourceForm, forms.StaffNetworkChoiceForm):
    """`StaffNetworkChoiceForm` with the source of the change."""


class TravelFormWithSource(ChangeSourceForm, forms.StaffTravelForm):
    """`StaffTravelForm` with the source of the change."""


class PauseFormWithSource(ChangeSourceForm, forms.StaffPauseForm):
    """`StaffPauseForm` with the source of the change."""


class BlockFormWithSource(ChangeSourceForm, forms.StaffBlockForm):
    """`StaffBlockForm` with the source of the change."""


class OrganisationFormWithSource(ChangeSourceForm, OrganisationNameForm):
    """`OrganisationNameForm` with the source of the change."""

"""Staff's forms for changes that a person could make themselves, with who told staff about them."""

from __future__ import annotations

from app.changes import forms
from app.changes.told_form import ToldForm
from app.organisations.forms import OrganisationNameForm
from app.people.forms import StaffSafeForm
from app.records.forms.contacting import ContactChangeForm


class ToldNameForm(ToldForm, forms.NameForm):
    """`NameForm` for staff."""


class ToldContactForm(ToldForm, ContactChangeForm):
    """`ContactChangeForm`, with who told staff about it."""


class ToldSafeForm(ToldForm, StaffSafeForm):
    """`StaffSafeForm`, with who told staff about it."""


class ToldPlaceForm(ToldForm, forms.PlaceForm):
    """`PlaceForm` for staff."""


class ToldProtectionForm(ToldForm, forms.StaffProtectionForm):
    """`StaffProtectionForm`, with who told staff about it."""


class ToldGeneralForm(ToldForm, forms.StaffGeneralForm):
    """`StaffGeneralForm`, with who told staff about it."""


class ToldNetworksForm(ToldForm, forms.StaffNetworkChoiceForm):
    """`StaffNetworkChoiceForm`, with who told staff about it."""


class ToldTravelForm(ToldForm, forms.StaffTravelForm):
    """`StaffTravelForm`, with who told staff about it."""


class ToldPauseForm(ToldForm, forms.StaffPauseForm):
    """`StaffPauseForm`, with who told staff about it."""


class ToldBlockForm(ToldForm, forms.StaffBlockForm):
    """`StaffBlockForm`, with who told staff about it."""


class ToldOrganisationForm(ToldForm, OrganisationNameForm):
    """`OrganisationNameForm` for staff."""

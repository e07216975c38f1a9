"""Read the answers in a registration draft."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from app.core.parsing import format_phone
from app.core.words import month_year
from app.people import choices
from app.people.safety import wording
from app.people.types import Basis, Interest, PlaceAnswer, Registration
from app.registration import flow, wards
from app.registration.draft import AreaCodes, RegistrationDraft
from app.registration.forms.networks import NetworksForm
from app.registration.forms.steps import AreaForm, ContactForm, PlacesForm, StartForm, TrainingForm
from app.registration.wards import ANY_WARD, NOTHING_TO_ASK, WardQuestion
from app.web.fields import PageForm

HOME_AND_WORK = (Basis.LIVES, Basis.WORKS)
POSTCODE_INPUTS = ("home", "work")
# Fields that are not saved on the server, by page.
NOT_SAVED = (
    (flow.NETWORKS, "networks"),
    (flow.NETWORKS, "general"),
    (flow.CONTACT, "organisation"),
    (flow.CONTACT, "meant"),
)


@dataclass(frozen=True)
class AnswerRow:
    """A row on the "Check your answers" page.

    ``hidden`` is the visually hidden text of the link that changes the answer.
    """

    key: str
    value: str | list[str]
    step: str
    hidden: str


def _labels(field: Any) -> dict[str, str]:
    """Return the labels of a field's choices, by value."""
    return {choice.value: str(choice.label) for choice in field.choices}


class Answers:
    """The answers in a draft, read with the form of each page."""

    def __init__(self, draft: RegistrationDraft, on: date) -> None:
        self.draft = draft
        self.on = on
        self._form_factories: dict[str, Callable[..., PageForm]] = {
            flow.START: StartForm,
            flow.NETWORKS: self._networks_form,
            flow.TRAINING: TrainingForm,
            flow.CONTACT: ContactForm,
            flow.PLACES: self._places_form,
            flow.AREA: self._area_form,
        }
        self._validated_forms: dict[str, Any] = {}
        self._questions: dict[Basis, WardQuestion] = {}

    def form(self, step: str) -> Any:
        """Return the form of a page, filled in from the request or else from the draft."""
        return self._form_factories[step](saved=self.draft.typed.get(step))

    def read(self, step: str) -> Any:
        """Return the validated form of a page, filled in from the draft. Ignores the request."""
        if step not in self._validated_forms:
            typed = self.draft.typed.get(step, {})
            pairs = MultiDict((name, item) for name, items in typed.items() for item in items)
            form = self._form_factories[step](formdata=pairs, meta={"csrf": False})
            form.validate()
            self._validated_forms[step] = form
        return self._validated_forms[step]

    def _networks_form(self, **kwargs: Any) -> NetworksForm:
        return NetworksForm(networks=choices.joinable_networks(self.on), **kwargs)

    def _places_form(self, **kwargs: Any) -> PlacesForm:
        return PlacesForm(
            wards=wards.all_wards(), has_kept_area=bool(self.draft.kept_areas), **kwargs
        )

    def _area_form(self, **kwargs: Any) -> AreaForm:
        return AreaForm(
            home=self.question(Basis.LIVES),
            work=self.question(Basis.WORKS),
            all_wards=wards.all_wards(),
            **kwargs,
        )

    def question(self, basis: Basis) -> WardQuestion:
        """Return the question about the ward of the person's home or workplace."""
        if basis not in self._questions:
            self._questions[basis] = self._question(basis)
        return self._questions[basis]

    def _question(self, basis: Basis) -> WardQuestion:
        postcode = self.read(flow.PLACES).postcodes().get(basis)
        if postcode:
            return wards.ward_question(postcode)
        kept = self.draft.kept_areas.get(basis.value)
        if kept is None:
            return ANY_WARD if basis is Basis.LIVES else NOTHING_TO_ASK
        outside = kept.district is not None and not wards.is_in_programme(kept.district)
        return WardQuestion(
            ask=kept.ward is None and not outside,
            ward=kept.ward,
            district=kept.district,
            outside=outside,
        )

    def postcode_sentences(self) -> list[str]:
        """Return a sentence about each postcode that was entered."""
        given = self.read(flow.PLACES).postcodes()
        sentences = (wards.postcode_sentence(given[basis], self.question(basis)) for basis in given)
        return list(dict.fromkeys(sentences))

    def first_invalid_step(self) -> str | None:
        """Return the first page with an invalid answer, or None.

        For example, a network may have been closed since the person chose it.
        """
        return next((step for step in flow.steps_for(self.draft) if self.read(step).errors), None)

    def without_postcodes(self) -> RegistrationDraft:
        """Return a draft in which the area replaces each postcode, for a protected person."""
        form: AreaForm = self.read(flow.AREA)
        given = self.read(flow.PLACES).postcodes()
        kept = {
            basis.value: AreaCodes(form.selected_ward(basis), form.questions[basis].district)
            for basis in HOME_AND_WORK
            if basis in given or basis.value in self.draft.kept_areas
        }
        typed = {
            name: items
            for name, items in self.draft.typed.get(flow.PLACES, {}).items()
            if name not in POSTCODE_INPUTS
        }
        return replace(self.draft, kept_areas=kept, typed={**self.draft.typed, flow.PLACES: typed})

    def draft_to_save(self) -> RegistrationDraft:
        """Return the parts of the draft that can be saved on the server.

        Anybody who can read the person's email can open a saved draft. It does not contain
        networks, the organisation or, until the question about protection is answered, postcodes.
        The saved draft does not reveal whether the person chose a sensitive network.
        """
        typed = {step: dict(answers) for step, answers in self.draft.typed.items()}
        for step, name in NOT_SAVED:
            typed.get(step, {}).pop(name, None)
        kept = replace(self.draft, typed=typed, done=self.draft.done - {flow.NETWORKS})
        if typed.get(flow.AREA, {}).get("protected"):
            return kept
        return replace(Answers(kept, self.on).without_postcodes(), done=kept.done - {flow.AREA})

    def chose_sensitive_network(self) -> bool:
        """Return whether the person chose a sensitive network."""
        networks: NetworksForm = self.read(flow.NETWORKS)
        return bool(networks.sensitive.intersection(networks.chosen_networks))

    def registration(self) -> Registration:
        """Return the registration to send. All pages must be complete and valid."""
        start: StartForm = self.read(flow.START)
        networks: NetworksForm = self.read(flow.NETWORKS)
        contact = self.read(flow.CONTACT).to_command()
        area: AreaForm = self.read(flow.AREA)
        trained = networks.chosen_interest is Interest.TRAINED
        return Registration(
            submission=self.draft.key,
            full_name=start.name.data,
            interest=networks.chosen_interest,
            over_18=not start.is_too_young,
            networks=networks.chosen_networks,
            general=networks.general_answer,
            organisation=contact.organisation,
            email=contact.email,
            phone=contact.phone,
            post=contact.post,
            preferred=contact.preferred,
            safe_to_call=contact.safe_to_call,
            wishes=contact.wishes,
            places=self.places(),
            protected=area.is_protected,
            claim=self.read(flow.TRAINING).to_command() if trained else None,
            notice_version=choices.notice_version(),
        )

    def places(self) -> tuple[PlaceAnswer, ...]:
        """Return the places where the person lives, works or could help."""
        form: PlacesForm = self.read(flow.PLACES)
        area: AreaForm = self.read(flow.AREA)
        postcodes = {} if area.is_protected else form.postcodes()
        answers = []
        for basis in HOME_AND_WORK:
            ward = area.selected_ward(basis)
            kept_area = self.draft.kept_areas.get(basis.value)
            if basis in postcodes:
                answers.append(PlaceAnswer(basis, postcodes[basis], ward))
            elif kept_area or ward:
                district = kept_area.district if kept_area else None
                answers.append(PlaceAnswer(basis, None, ward, district))
        helping = [PlaceAnswer(Basis.COULD_HELP, ward=code) for code in form.wards.data]
        return (*answers, *helping)

    def rows(self) -> list[AnswerRow]:
        """Return the rows of the "Check your answers" page."""
        start: StartForm = self.read(flow.START)
        networks: NetworksForm = self.read(flow.NETWORKS)
        names, interests = _labels(networks.networks), _labels(networks.interest)
        rows = [
            AnswerRow(
                _("18 or over"),
                _labels(start.over_18)[start.over_18.data],
                flow.START,
                _("whether you are 18 or over"),
            ),
            AnswerRow(_("Full name"), start.name.data, flow.START, _("your full name")),
            AnswerRow(
                _("Networks"),
                [names[slug] for slug in networks.chosen_networks] or _("None of these"),
                flow.NETWORKS,
                _("your networks"),
            ),
            AnswerRow(
                _("The role you would like"),
                interests[networks.chosen_interest.value],
                flow.NETWORKS,
                _("the role you would like"),
            ),
        ]
        if networks.needs_general_answer:
            answer = _labels(networks.general)[networks.general.data]
            rows.insert(
                3, AnswerRow(_("Who can see you"), answer, flow.NETWORKS, _("who can see you"))
            )
        if networks.chosen_interest is Interest.TRAINED:
            rows.append(self._training_row())
        return [*rows, *self._contact_rows(), *self._place_rows()]

    def _training_row(self) -> AnswerRow:
        claim = self.read(flow.TRAINING).to_command()
        when = _("Date unknown")
        if claim.year:
            when = month_year(date(claim.year, claim.month, 1)) if claim.month else str(claim.year)
        lines = [claim.course, claim.provider, when]
        if claim.certificate_number:
            lines.append(_("Certificate number %(number)s", number=claim.certificate_number))
        return AnswerRow(_("Training so far"), lines, flow.TRAINING, _("your training so far"))

    def _contact_rows(self) -> list[AnswerRow]:
        contact = self.read(flow.CONTACT).to_command()
        lines = {
            _("Email address"): contact.email,
            _("Phone number"): format_phone(contact.phone) if contact.phone else None,
            _("Postal address"): contact.post.splitlines() if contact.post else None,
            _("Organisation"): contact.organisation,
        }
        rows = [
            AnswerRow(key, value or "", flow.CONTACT, _("your %(what)s", what=key.lower()))
            for key, value in lines.items()
        ]
        if contact.wishes is not None:
            conditions = wording.describe_conditions(contact.wishes, own=True)
            rows.append(
                AnswerRow(
                    _("Safe contact"), conditions, flow.CONTACT, _("how to contact you safely")
                )
            )
        return rows

    def _place_rows(self) -> list[AnswerRow]:
        area: AreaForm = self.read(flow.AREA)
        titles = {
            Basis.LIVES: (_("Home"), _("your home")),
            Basis.WORKS: (_("Work"), _("your work")),
        }
        places = {place.basis: place for place in self.places()}
        rows = []
        for basis, (title, hidden) in titles.items():
            place = places.get(basis)
            step = flow.PLACES
            if (
                place is not None
                and place.postcode is None
                and basis.value not in self.draft.kept_areas
            ):
                step = flow.AREA
            rows.append(AnswerRow(title, self._place_lines(place), step, hidden))
        names = _labels(self.read(flow.PLACES).wards)
        helping = [names[code] for code in self.read(flow.PLACES).wards.data]
        rows.append(AnswerRow(_("Could help in"), helping, flow.PLACES, _("where you could help")))
        protection = (
            _("Do not keep my postcode. Keep only my ward")
            if area.is_protected
            else _("You may keep my postcode")
        )
        rows.append(AnswerRow(_("Protection"), protection, flow.AREA, _("your protection")))
        return rows

    def _place_lines(self, place: PlaceAnswer | None) -> list[str]:
        if place is None:
            return []
        district = place.district or self.question(place.basis).district
        lines = wards.place_lines(place.ward, district)
        return [place.postcode, *lines] if place.postcode else lines

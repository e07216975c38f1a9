"""A draft, read back through the forms it was typed into."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from app.core.fields import PageForm
from app.core.reading import show_phone
from app.core.words import month_year
from app.people import choices
from app.people.forms.networks import NetworksForm
from app.people.safety import wording
from app.people.types import Basis, Interest, PlaceAnswer, Registration
from app.registration import flow, wards
from app.registration.draft import AreaCodes, RegistrationDraft
from app.registration.forms.steps import AreaForm, ContactForm, PlacesForm, StartForm, TrainingForm
from app.registration.wards import ANY_WARD, NOTHING_TO_ASK, WardQuestion

HOME_AND_WORK = (Basis.LIVES, Basis.WORKS)
POSTCODE_INPUTS = ("home", "work")
# Page and name of what no saved draft keeps.
UNKEPT = ((flow.NETWORKS, "networks"), (flow.NETWORKS, "general"), (flow.CONTACT, "organisation"))


@dataclass(frozen=True)
class Row:
    """A line of "check your answers"."""

    key: str
    value: str | list[str]
    step: str
    hidden: str


def _labels(field: Any) -> dict[str, str]:
    """What a field's choices say, by value."""
    return {one.value: str(one.label) for one in field.choices}


class Answers:
    """The pages of a draft, as forms."""

    def __init__(self, draft: RegistrationDraft, on: date) -> None:
        self.draft = draft
        self.on = on
        self._makers: dict[str, Callable[..., PageForm]] = {
            flow.START: StartForm,
            flow.NETWORKS: self._networks,
            flow.TRAINING: TrainingForm,
            flow.CONTACT: ContactForm,
            flow.PLACES: self._places,
            flow.AREA: self._area,
        }
        self._read: dict[str, Any] = {}
        self._questions: dict[Basis, WardQuestion] = {}

    def form(self, step: str) -> Any:
        """The page's form: with what is sent now, else with what was typed before."""
        return self._makers[step](typed=self.draft.typed.get(step))

    def read(self, step: str) -> Any:
        """The page's form with what was typed before, whatever is sent now; checked."""
        if step not in self._read:
            typed = self.draft.typed.get(step, {})
            pairs = MultiDict((name, item) for name, items in typed.items() for item in items)
            form = self._makers[step](formdata=pairs, meta={"csrf": False})
            form.validate()
            self._read[step] = form
        return self._read[step]

    def _networks(self, **more: Any) -> NetworksForm:
        return NetworksForm(networks=choices.networks(self.on), **more)

    def _places(self, **more: Any) -> PlacesForm:
        return PlacesForm(wards=wards.all_wards(), kept=bool(self.draft.kept), **more)

    def _area(self, **more: Any) -> AreaForm:
        return AreaForm(
            home=self.question(Basis.LIVES),
            work=self.question(Basis.WORKS),
            all_wards=wards.all_wards(),
            **more,
        )

    def question(self, basis: Basis) -> WardQuestion:
        """What is still open about their home, or their work."""
        if basis not in self._questions:
            self._questions[basis] = self._question(basis)
        return self._questions[basis]

    def _question(self, basis: Basis) -> WardQuestion:
        postcode = self.read(flow.PLACES).postcodes().get(basis)
        if postcode:
            return wards.question_for(postcode)
        kept = self.draft.kept.get(basis.value)
        if kept is None:
            return ANY_WARD if basis is Basis.LIVES else NOTHING_TO_ASK
        outside = kept.district is not None and not wards.is_ours(kept.district)
        return WardQuestion(
            ask=kept.ward is None and not outside,
            ward=kept.ward,
            district=kept.district,
            outside=outside,
        )

    def known(self) -> list[str]:
        """A sentence for each postcode typed: what we know of it."""
        given = self.read(flow.PLACES).postcodes()
        said = (wards.in_a_sentence(given[basis], self.question(basis)) for basis in given)
        return list(dict.fromkeys(said))

    def broken(self) -> str | None:
        """A page whose answers no longer hold (a network was closed since), or None."""
        return next((step for step in flow.steps_of(self.draft) if self.read(step).errors), None)

    def without_postcodes(self) -> RegistrationDraft:
        """The draft with each postcode turned into what a protected person's record may keep."""
        form: AreaForm = self.read(flow.AREA)
        given = self.read(flow.PLACES).postcodes()
        kept = {
            basis.value: AreaCodes(form.ward_of(basis), form.questions[basis].district)
            for basis in HOME_AND_WORK
            if basis in given or basis.value in self.draft.kept
        }
        typed = {
            name: items
            for name, items in self.draft.typed.get(flow.PLACES, {}).items()
            if name not in POSTCODE_INPUTS
        }
        return replace(self.draft, kept=kept, typed={**self.draft.typed, flow.PLACES: typed})

    def fit_to_keep(self) -> RegistrationDraft:
        """The draft as the server may keep it for a week.

        Whoever reads the mailbox can open it, so it names no network and no organisation, whatever
        was chosen: who comes back by the link chooses again. Without an answer about protection it
        has no postcode either. Nothing that comes back differs for somebody who chose a sensitive
        network.
        """
        typed = {step: dict(answers) for step, answers in self.draft.typed.items()}
        for step, name in UNKEPT:
            typed.get(step, {}).pop(name, None)
        kept = replace(self.draft, typed=typed, done=self.draft.done - {flow.NETWORKS})
        if typed.get(flow.AREA, {}).get("protected"):
            return kept
        return replace(Answers(kept, self.on).without_postcodes(), done=kept.done - {flow.AREA})

    def chose_sensitive(self) -> bool:
        """Whether one of the chosen networks is sensitive."""
        networks: NetworksForm = self.read(flow.NETWORKS)
        return bool(networks.sensitive.intersection(networks.chosen))

    def registration(self) -> Registration:
        """Everything, ready to be sent. Only when nothing is open or broken."""
        start: StartForm = self.read(flow.START)
        networks: NetworksForm = self.read(flow.NETWORKS)
        reach = self.read(flow.CONTACT).to_command()
        area: AreaForm = self.read(flow.AREA)
        trained = networks.wanted is Interest.TRAINED
        return Registration(
            submission=self.draft.key,
            full_name=start.name.data,
            interest=networks.wanted,
            over_18=not start.too_young,
            networks=networks.chosen,
            general=networks.may_be_seen,
            organisation=reach.organisation,
            email=reach.email,
            phone=reach.phone,
            post=reach.post,
            preferred=reach.preferred,
            safe_to_call=reach.safe_to_call,
            wishes=reach.wishes,
            places=self.places(),
            protected=area.is_protected,
            claim=self.read(flow.TRAINING).to_command() if trained else None,
            notice_version=choices.notice_version(),
        )

    def places(self) -> tuple[PlaceAnswer, ...]:
        """Home, work, and where they could help."""
        form: PlacesForm = self.read(flow.PLACES)
        area: AreaForm = self.read(flow.AREA)
        given = {} if area.is_protected else form.postcodes()
        answers = []
        for basis in HOME_AND_WORK:
            ward = area.ward_of(basis)
            kept = self.draft.kept.get(basis.value)
            if basis in given:
                answers.append(PlaceAnswer(basis, given[basis], ward))
            elif kept or ward:
                district = kept.district if kept else None
                answers.append(PlaceAnswer(basis, None, ward, district))
        helping = [PlaceAnswer(Basis.COULD_HELP, ward=code) for code in form.wards.data]
        return (*answers, *helping)

    def rows(self) -> list[Row]:
        """The lines of "check your answers"."""
        start: StartForm = self.read(flow.START)
        networks: NetworksForm = self.read(flow.NETWORKS)
        names, wanted = _labels(networks.networks), _labels(networks.interest)
        rows = [
            Row(
                _("18 or over"),
                _labels(start.over_18)[start.over_18.data],
                flow.START,
                _("whether you are 18 or over"),
            ),
            Row(_("Full name"), start.name.data, flow.START, _("your full name")),
            Row(
                _("Networks"),
                [names[slug] for slug in networks.chosen] or _("None of these"),
                flow.NETWORKS,
                _("your networks"),
            ),
            Row(
                _("You would like to be"),
                wanted[networks.wanted.value],
                flow.NETWORKS,
                _("what you would like to be"),
            ),
        ]
        if networks.asks:
            said = _labels(networks.general)[networks.general.data]
            rows.insert(3, Row(_("Who may see you"), said, flow.NETWORKS, _("who may see you")))
        if networks.wanted is Interest.TRAINED:
            rows.append(self._training_row())
        return [*rows, *self._contact_rows(), *self._place_rows()]

    def _training_row(self) -> Row:
        claim = self.read(flow.TRAINING).to_command()
        known = claim.year and claim.month
        when = month_year(date(claim.year, claim.month, 1)) if known else _("Date not known")
        lines = [claim.course, claim.provider, when]
        if claim.certificate_number:
            lines.append(_("Certificate number %(number)s", number=claim.certificate_number))
        return Row(_("Training so far"), lines, flow.TRAINING, _("your training so far"))

    def _contact_rows(self) -> list[Row]:
        reach = self.read(flow.CONTACT).to_command()
        lines = {
            _("Email address"): reach.email,
            _("Phone number"): show_phone(reach.phone) if reach.phone else None,
            _("Postal address"): reach.post.splitlines() if reach.post else None,
            _("Organisation"): reach.organisation,
        }
        rows = [
            Row(key, value or "", flow.CONTACT, _("your %(what)s", what=key.lower()))
            for key, value in lines.items()
        ]
        if reach.wishes is not None:
            said = wording.conditions(reach.wishes, own=True)
            rows.append(Row(_("Safe contact"), said, flow.CONTACT, _("how to contact you safely")))
        return rows

    def _place_rows(self) -> list[Row]:
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
            if place is not None and place.postcode is None and basis.value not in self.draft.kept:
                step = flow.AREA
            rows.append(Row(title, self._place_in_words(place), step, hidden))
        names = _labels(self.read(flow.PLACES).wards)
        helping = [names[code] for code in self.read(flow.PLACES).wards.data]
        rows.append(Row(_("Could help in"), helping, flow.PLACES, _("where you could help")))
        kept = (
            _("Do not keep my postcode. Keep only my ward")
            if area.is_protected
            else _("You may keep my postcode")
        )
        rows.append(Row(_("Protection"), kept, flow.AREA, _("your protection")))
        return rows

    def _place_in_words(self, place: PlaceAnswer | None) -> list[str]:
        if place is None:
            return []
        district = place.district or self.question(place.basis).district
        known = wards.in_words(place.ward, district)
        return [place.postcode, *known] if place.postcode else known
